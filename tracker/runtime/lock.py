"""One writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.domain.errors import BusyError


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold the lock file. Raises BusyError if another process holds it; a killed one holds nothing."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(f"another tracker is writing to {path.parent}; stop it first, or try again later") from None
    try:
        yield
    finally:
        lock.release()
