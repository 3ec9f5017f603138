"""Who has the database open for reading: the one thing that keeps its log from being emptied; and who has a file
open at all. Linux tells.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path("/proc/locks")
PROCESSES = Path("/proc")
FIRST_READ_LOCK, LAST_READ_LOCK = 123, 127
"""Bytes of the `-shm` file on which SQLite's readers of the write-ahead log hold their locks."""


@dataclass(frozen=True, slots=True)
class OpenReader:
    """A process with a transaction open."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def open_readers(database: Path, locks: Path = LOCKS) -> tuple[OpenReader, ...]:
    """The other processes that hold a snapshot of this database; empty where the system does not tell."""
    try:
        shared = Path(f"{database}-shm").stat()
        lines = locks.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    wanted = shared.st_ino
    pids = {pid for line in lines if (pid := _reader_in(line, wanted)) is not None and pid != os.getpid()}
    return tuple(OpenReader(pid, _command(pid)) for pid in sorted(pids))


def is_open(path: Path, processes: Path = PROCESSES) -> bool | None:
    """Whether a process has the file open; None: that is not told to this user, or on this system. Raises OSError."""
    wanted = path.stat()
    if not (processes / "self" / "fd").is_dir():
        return None
    for process in processes.glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            if any(_is_file(handle, wanted) for handle in (process / "fd").iterdir()):
                return True
    return False if os.geteuid() in (0, wanted.st_uid) else None


def _is_file(handle: Path, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(handle.stat(), wanted)
    except OSError:
        return False  # closed meanwhile


def _reader_in(line: str, inode: int) -> int | None:
    """The process of a line `1: POSIX  ADVISORY  READ 4711 08:01:123456 124 124`, if it reads by this file."""
    words = line.split()
    if len(words) < 8 or "->" in words:
        return None
    pid, place, first, last = words[-4:]
    if place.rpartition(":")[2] != str(inode) or not pid.isdecimal():
        return None
    end = LAST_READ_LOCK if last == "EOF" else int(last)
    return int(pid) if int(first) <= LAST_READ_LOCK and end >= FIRST_READ_LOCK else None


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "unknown"
    names = [Path(word.decode(errors="replace")).name for word in words[:2] if word]
    return " ".join(names) or "unknown"
