"""What commands open before they begin: the home, its configuration, its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    """The database for writing, alone. Raises BusyError if another tracker writes."""
    from tracker.runtime.lock import only_writer
    from tracker.store.store import Store

    with only_writer(config.home.lock), _naming_the_last_backup(config):
        store = Store(database_of(config))
        try:
            yield store
        finally:
            store.close()


@contextmanager
def _naming_the_last_backup(config: Config) -> Iterator[None]:
    """Where the database is damaged, say which backup there is to restore."""
    try:
        yield
    except UnusableError as error:
        from tracker.runtime.backup import last_backup

        last = last_backup(config.home.data)
        if last is None:
            known = "no backup was ever made"
        elif last.is_there:
            known = f"the last backup is {last.path}: `tracker restore {last.path}`"
        else:
            known = f"the last backup was {last.path}, which is not there any more"
        raise UnusableError(f"{error}; {known}") from error


@contextmanager
def reading(config: Config) -> Iterator[Reader]:
    """The database for reading, beside a daemon."""
    from tracker.store.reader import Reader

    reader = Reader(database_of(config))
    try:
        yield reader
    finally:
        reader.close()
