"""One writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.domain.errors import BusyError, ClosedError
from tracker.store.dialect import HOW_TO_OPEN

LOCKS = Path("/proc/locks")


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold the lock file. Raises BusyError if another process holds it; a killed one holds nothing."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except PermissionError:
        raise ClosedError(f"{path} belongs to another user: {HOW_TO_OPEN}") from None
    except Timeout:
        raise BusyError(f"another tracker is writing to {path.parent}; stop it first, or try again later") from None
    try:
        yield
    finally:
        lock.release()


def holder(path: Path, locks: Path = LOCKS) -> int | None:
    """The process that holds the lock file, seen without touching it; None: nobody.

    Linux tells, of the processes that can be seen from here. Raises OSError where it does not tell.
    """
    try:
        inode = path.stat().st_ino
    except FileNotFoundError:
        return None
    for line in locks.read_text("ascii", "replace").splitlines():
        words = line.split()  # 1: FLOCK  ADVISORY  WRITE 4711 08:01:123456 0 EOF
        if "FLOCK" in words and "->" not in words and words[-3].rpartition(":")[2] == str(inode):
            return int(words[-4])
    return None
