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
    packed: Mapping[Path, str] = field(default_factory=dict)
    """The files that cannot be searched because they are packed, and how."""
    could_hold: tuple[Path, ...] = ()
    """Other files than the tracker's own, where some of what to look for is not known or too common."""
    too_common: Mapping[str, int] = field(default_factory=dict)
    """How much of each kind was not looked for: it is too short to be told from what others say."""
    is_later: bool = False
    """An earlier run has removed something, and what that said is no longer known."""
    left: Mapping[Path, Mapping[str, int]] = field(default_factory=dict)
    """The files in which something was found, and how much of what kind."""
    of_others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What was found of each kind that stands in rows of others, which stay: in which columns."""
    holders: tuple[Holder, ...] = ()
    damaged: int = 0
    """Lines of the audit log that are not understood, of which none is among the holders."""
    was_known: bool = True
    """Whether there was anything of this name, in the database or the watchlist, or a forgetting under way."""

    @property
    def is_clean(self) -> bool:
        """Whether no file holds it or could, and nothing can hide in what SQLite freed."""
        safe = self.erasure.secure_delete and not self.erasure.busy and not self.erasure.free_pages
        return safe and not self.files_left

    @property
    def files_left(self) -> tuple[Path, ...]:
        """The files and folders that hold it, or could: something is to be done about each."""
        return *self.left, *self.unreadable, *self.packed, *self.could_hold
