"""What it means for a user when SQLite fails: try later, make room, mend the disk, or restore a backup."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tracker.domain.errors import BusyError, StoreError, UnusableError

PRIMARY = 0xFF
"""The bits of SQLite's result codes that name the kind; the others tell where."""

KEPT = "nothing of this step was kept"
ADVICE = {
    sqlite3.SQLITE_FULL: "make room: the next attempt does it again",
    sqlite3.SQLITE_READONLY: "let this user write to the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "let this user write to the file and its folder, and see whether the disk is there",
    sqlite3.SQLITE_IOERR: "the disk fails, is full, or has gone: the next attempt does it again",
}


def meaning(path: Path, error: BaseException) -> StoreError:
    """The error to raise for one of the driver's, which may be wrapped by SQLAlchemy."""
    reason = getattr(error, "orig", None) or error
    match getattr(reason, "sqlite_errorcode", 0) & PRIMARY:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return BusyError(f"{path} is locked by another program ({reason}); {KEPT}; close it, or try again later")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return UnusableError(f"{path} is damaged ({reason}); nothing is written to it any more; restore a backup")
        case kind:
            advice = ADVICE.get(kind)
            return StoreError(f"{path} cannot be written ({reason}); {KEPT}" + (f"; {advice}" if advice else ""))
