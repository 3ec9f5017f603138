"""Whether a home has lost its database: it must not be taken for a new home, and all be read and paid for again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tracker.config.home import Home
from tracker.domain.errors import LostError

MARK = ".had-a-database"
"""An empty file, there since the database was made."""


def marks(home: Home) -> tuple[Path, Path]:
    """In the data folder, and beside it: the folder may be on a disk of its own, which may be gone as a whole."""
    return home.data / MARK, home.path / MARK


def note(home: Home) -> None:
    """The home has a database now."""
    for mark in marks(home):
        with suppress(OSError):  # the home may be closed to whoever may write the data
            mark.touch(mode=0o600)


def loss(home: Home, database: Path) -> str | None:
    """What is to be said where the database is gone; None where it is there, or never was. Raises OSError."""
    if not any(mark.exists() for mark in marks(home)) or (database.exists() and database.stat().st_size > 0):
        return None
    how = "empty" if database.exists() else "gone"
    return (
        f"{database} is {how}, though this home has had a database: put it back, or restore a backup; "
        "`tracker db create` begins with an empty one, reads everything again and pays for it"
    )


def require(home: Home, database: Path) -> None:
    """Raises LostError where the database is gone."""
    said = loss(home, database)
    if said is not None:
        raise LostError(said)
