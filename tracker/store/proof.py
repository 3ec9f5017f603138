"""What can be said of the files of the data folder after something was forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracker.domain.instants import Instant
from tracker.store.dialect import Erasure
from tracker.store.forgetting import Removed


@dataclass(frozen=True, slots=True)
class Holder:
    """An export or a backup, written earlier, that may still hold what is forgotten now."""

    at: Instant
    what: str
    path: str | None
    """None: it was written to standard output."""
    exists: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """What went, how the database was written anew, and what a search of every file has found."""

    removed: Removed
    erasure: Erasure
    readers: tuple[str, ...]
    """Who has the database open, where that prevents the proof."""
    searched: Mapping[str, int]
    """How many pieces of bytes of each kind were looked for."""
    files: int
    size: int
    unreadable: tuple[Path, ...]
    left: Mapping[Path, Mapping[str, int]] = field(default_factory=dict)
    """The files in which something was found, and how much of what kind."""
    of_others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What was found of each kind that stands in rows of others, which stay: in which columns."""
    holders: tuple[Holder, ...] = ()
    was_known: bool = True
    """Whether there was anything of this name, in the database or the watchlist, or a forgetting under way."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, everything could be looked at, and nothing can hide in what SQLite freed."""
        safe = self.erasure.secure_delete and not self.erasure.busy and not self.erasure.free_pages
        return safe and not self.left and not self.unreadable
