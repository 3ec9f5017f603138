"""The audit log: what left the database, what was shown beyond the rules, what was forgotten. Never what it said.

`audit.jsonl` in the data folder: one JSON object a line, only ever appended to, and on the disk before the deed. It
names files, kinds, numbers and the reasons that the user gave; no subject, no account, no post, no text of a post.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tracker.domain.errors import StoreError
from tracker.domain.instants import Instant, from_iso, iso
from tracker.store.disk import sync

AUDIT = "audit.jsonl"

Fact = str | int | float | bool | None | Sequence[str]
"""What can be said of a deed."""


class Deed(StrEnum):
    """What is written down."""

    EXPORT = "export"
    """Data, figures or pictures were written to a file or to standard output."""
    OVERRIDE = "override"
    """More was shown than the rules allow, with a reason."""
    FORGET = "forget"
    BACKUP = "backup"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed."""

    at: Instant
    what: str
    """The word of a Deed; a later version may know others."""
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Log:
    """All that can be read of the audit log, oldest first, and how many lines cannot: a power loss tears the last."""

    entries: tuple[Entry, ...]
    damaged: int


def record(data: Path, what: Deed, at: Instant, **facts: Fact) -> None:
    """Append a deed to the audit log in this data folder; it is on the disk when this returns.

    To be called before what it tells of is done, so that nothing is done unsaid. `facts` never hold content or names;
    a path is given as text. Raises StoreError if it cannot be written.
    """
    path = data / AUDIT
    said = json.dumps({"at": iso(at), "what": str(what), **facts}, ensure_ascii=False)
    line = said.encode(errors="backslashreplace") + b"\n"  # a name of bytes that are no text, as JSON escapes them
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if stat.S_IMODE(os.fstat(handle).st_mode) != 0o600:
                os.fchmod(handle, 0o600)
            # One write: other processes that append at the same time come before or after it, never between.
            line = (b"\n" if _is_torn(handle) else b"") + line
            if os.write(handle, line) != len(line):
                raise StoreError(f"{path} cannot be written (the disk is full); nothing was done")
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            sync(data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror or error}); nothing was done") from error


def read(data: Path) -> Log:
    """The audit log of a data folder; empty where there is none. Raises StoreError if it cannot be read."""
    path = data / AUDIT
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return Log((), 0)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror or error})") from error
    found = [_entry(line) for line in lines if line.strip()]
    entries = tuple(entry for entry in found if entry is not None)
    return Log(entries, len(found) - len(entries))


def entries(data: Path, *what: Deed) -> tuple[Entry, ...]:
    """The deeds of these kinds, or all, oldest first; lines that cannot be read are left out."""
    return tuple(entry for entry in read(data).entries if not what or entry.what in what)


def _entry(line: bytes) -> Entry | None:
    try:
        said: object = json.loads(line)
        if not isinstance(said, dict):
            return None
        facts = {str(name): fact for name, fact in said.items()}
        at, what = facts.pop("at"), facts.pop("what")
        path = facts.get("path")
        if path is not None and (not isinstance(path, str) or b"\0" in os.fsencode(path)):
            return None  # edited by hand: no file is called so
        return Entry(from_iso(str(at)), str(what), facts)
    except (ValueError, KeyError, RecursionError):
        return None


def _is_torn(handle: int) -> bool:
    """Whether the last line was broken off: the next one must not become part of it."""
    size = os.fstat(handle).st_size
    return size > 0 and os.pread(handle, 1, size - 1) != b"\n"
