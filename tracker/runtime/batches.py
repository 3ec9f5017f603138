"""Posts on their way from a file into the database: those of one batch are written while the next are read."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from tracker.domain.instants import Clock, Instant
from tracker.domain.records import Post
from tracker.store.imports import FileKey, Seen
from tracker.store.store import Store

SWITCH = 0.0005
"""Seconds for which the reading thread may keep the interpreter from the writing one."""


class Counted(Protocol):
    """What counts the posts that were written."""

    new: int
    known: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A file whose import is noted in the database."""

    key: FileKey
    resumed: int
    """Up to which place it was read before."""


class Batch:
    """Posts on their way into the database, which are written while the next are read."""

    def __init__(
        self,
        store: Store,
        writing: Executor,
        file: Counted,
        begun: Future[Begun],
        otherwise: Instant,
        clock: Clock,
        ages: Sequence[int],
    ) -> None:
        """`writing` has one thread, in which the file was begun before anything of it is written."""
        self._store, self._writing, self._file = store, writing, file
        self._begun, self._otherwise = begun, otherwise
        self._clock, self._ages = clock, ages
        self._waiting: dict[int, Seen] = {}
        self._under_way: tuple[Future[int], int] | None = None
        """How many posts are new of those that are being written, and how many these are."""
        self.place = 0
        """Up to where nothing need be read again, if the import is broken off."""
        self.posts = 0

    def add(self, account_id: int, taken_at: Instant | None, posts: Sequence[Post]) -> None:
        self._waiting.setdefault(account_id, {}).setdefault(taken_at, []).extend(posts)
        self.posts += len(posts)

    def write(self) -> None:
        """All that waits, in one transaction, once the one before is done. Raises what went wrong in it."""
        self.wait()
        if self.place or self._waiting:
            self._under_way = self._writing.submit(self._written, self.place, self._waiting), self.posts
        self._waiting = {}
        self.posts = 0

    def _written(self, place: int, posts: dict[int, Seen]) -> int:
        sha256 = self._begun.result().key.sha256
        return self._store.write_imported(sha256, place, posts, self._otherwise, self._clock(), self._ages)

    def wait(self) -> None:
        """Until nothing is under way. Raises what went wrong."""
        if self._under_way is not None:
            written, posts = self._under_way
            self._under_way = None
            new = written.result()
            self._file.new += new
            self._file.known += posts - new


@contextmanager
def hurried() -> Iterator[None]:
    """The interpreter set for one thread that reads and one that writes, and put back.

    What is read holds no cycles; looking for some among thousands of posts takes a fifth of the time. And the writing
    thread, whose every statement ends with waiting for the interpreter, is let in before 5 ms have passed.
    """
    was_enabled, was_interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(was_interval)
        if was_enabled:
            gc.enable()
