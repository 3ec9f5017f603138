"""Whether a database was met damaged: SQLite notices a damaged page where it reads it, which may be after a write."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tracker.config.home import Home
from tracker.domain.errors import UnusableError

MARK = ".look-before-writing"
"""An empty file in the data folder, there since the database could not be used."""


def doubt(home: Home) -> None:
    """The database could not be used: it is looked at as a whole before anything is written to it again."""
    with suppress(OSError):  # then the next start finds out by itself
        (home.data / MARK).touch(mode=0o600)


def require(home: Home, database: Path) -> None:
    """If there is doubt, look at the whole file. Raises UnusableError if it is damaged."""
    from tracker.store.snapshot import looking, unsound

    mark = home.data / MARK
    if not mark.exists():
        return
    if database.exists():
        with looking(database) as driver:
            wrong = unsound(driver)
        if wrong:
            raise UnusableError(
                f"{database} is damaged ({wrong[0]}); nothing is written to it any more; restore a backup"
            )
    mark.unlink(missing_ok=True)
