"""What a database has that a restore has moved aside, and the one in its place has not. Nobody writes to it now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tracker.domain.instants import Instant
from tracker.domain.words import Protection
from tracker.store.dialect import SIDE_FILES, reading_errors

IMPORTED = (
    "SELECT sha256, name, format, terms, done, started_at, ended_at FROM imported_file ORDER BY started_at, name"
)
ACCOUNTS = "SELECT platform, platform_id, listed_handle FROM account WHERE protection = ?"


class Imported(NamedTuple):
    """A file of which a database has taken in all or a part."""

    sha256: str
    name: str
    format: str
    terms: str
    done: int
    started_at: Instant
    ended_at: Instant | None


def set_aside(database: Path) -> list[Path]:
    """The databases that restores have moved aside."""
    found = sorted(database.parent.glob(f"{database.name}.before-*"))
    return [path for path in found if not path.name.endswith(SIDE_FILES)]


@contextmanager
def looking_aside(path: Path) -> Iterator[sqlite3.Connection]:
    """A look that leaves no file beside it, unless its log could not be emptied. Raises StoreError."""
    log = Path(f"{path}-wal")
    unchanged = "" if log.exists() and log.stat().st_size else "&immutable=1"
    address = f"file:{quote(str(path.absolute()))}?mode=ro{unchanged}"
    with reading_errors(path), closing(sqlite3.connect(address, uri=True)) as driver:
        yield driver


def lost_imports(here: sqlite3.Connection, former: sqlite3.Connection) -> list[Imported]:
    """The files whose posts the former database has, and this one may not: no platform will show them again."""
    known = {row[0]: Imported(*row) for row in here.execute(IMPORTED)}
    return [file for file in map(Imported._make, former.execute(IMPORTED)) if not _is_held(known, file)]


def accounts_of(driver: sqlite3.Connection, protection: Protection) -> list[tuple[str, int | None, str]]:
    """Platform, number and handle of each account that has this protection in a database."""
    return [(platform, number, handle) for platform, number, handle in driver.execute(ACCOUNTS, (protection,))]


def _is_held(known: dict[str, Imported], file: Imported) -> bool:
    found = known.get(file.sha256)
    if found is None:
        return False
    # Read again since under another watchlist, it has brought what there is to bring by now.
    whole = found.ended_at is not None and (found.terms == file.terms or found.started_at >= file.started_at)
    return whole or found == file
