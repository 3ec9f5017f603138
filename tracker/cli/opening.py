"""What commands open before they begin: the home, its configuration, its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import typer

from tracker.domain.errors import ConfigError, UnusableError

if TYPE_CHECKING:
    from pathlib import Path

    from tracker.config.home import Config, Home
    from tracker.store.reader import Reader
    from tracker.store.store import Store


def home_of(context: typer.Context) -> Home:
    """The home that `--home` or the environment names."""
    from tracker.config.home import Home

    return Home(context.obj)


def config_of(context: typer.Context) -> Config:
    """The home's configuration. Raises ConfigError."""
    from tracker.config.home import load

    home = home_of(context)
    if not home.watchlist.exists():
        raise ConfigError(
            f"{home.watchlist} does not exist; name a home with --home, or make one: `tracker init DIR`"
        )
    return load(home)


def database_of(config: Config) -> Path:
    """The database file."""
    return config.home.database(config.settings)


@contextmanager
def writing(config: Config) -> Iterator[Store]:
    """The database for writing, alone. Raises BusyError if another tracker writes, UnusableError if it is damaged."""
    from tracker.runtime import presence, soundness
    from tracker.runtime.lock import only_writer
    from tracker.store.store import Store

    with only_writer(config.home.lock), naming_the_last_backup(config.home):
        presence.require(config.home, database_of(config))
        try:
            soundness.require(config.home, database_of(config))
            with closing(Store(database_of(config))) as store:
                presence.note(config.home)
                yield store
        except UnusableError:
            soundness.doubt(config.home)
            raise


@contextmanager
def naming_the_last_backup(home: Home) -> Iterator[None]:
    """Where the database is damaged or gone, say which backup there is to restore."""
    try:
        yield
    except UnusableError as error:
        from tracker.runtime.backup import known_backup

        raise type(error)(f"{error}; {known_backup(home)}") from error


@contextmanager
def reading(config: Config) -> Iterator[Reader]:
    """The database for reading, beside a daemon."""
    from tracker.runtime import presence
    from tracker.store.reader import Reader

    with naming_the_last_backup(config.home):
        presence.require(config.home, database_of(config))
        reader = Reader(database_of(config))
        try:
            yield reader
        finally:
            reader.close()
