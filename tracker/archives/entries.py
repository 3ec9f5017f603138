"""What every reader of an archive brings: entries, and items that it could not understand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from tracker.domain.instants import Instant
from tracker.domain.intervals import Intervals
from tracker.domain.records import Post
from tracker.domain.words import Platform


class ArchiveFormat(StrEnum):
    """The kinds of files that can be read."""

    X_LINES = "x_lines"
    """What the X API v2 answers, as JSON Lines: a page a line, or, flattened by twarc2, a post a line."""
    X_ARCHIVE = "x_archive"
    """`tweets.js` of the archive that X gives an account's owner."""
    ZEESCHUIMER = "zeeschuimer"
    """NDJSON of X's website, as Zeeschuimer and 4CAT write it."""
    TELEGRAM = "telegram"
    """`result.json` of Telegram Desktop, of one chat or of everything."""
    CSV = "csv"
    """A table with a header; which column is what is guessed, or said."""


class Entry(NamedTuple):
    """Posts of one account, and when they were seen to be so."""

    number: int | None
    """The account's numeric id."""
    handle: str | None
    taken_at: Instant | None
    """When the file says that they were collected; None: it does not."""
    posts: Sequence[Post]


class Puzzle(NamedTuple):
    """Something that was not understood, and why; never with anything of what it said."""

    place: int
    """The line, or in a file that is one document the number of the item."""
    reason: str


class Proof(NamedTuple):
    """Time of an account's timeline of which a file holds all that was there."""

    number: int
    time: Intervals


@dataclass(frozen=True, slots=True)
class Wanted:
    """The accounts whose posts are of use even where they only came along with somebody else's."""

    numbers: set[int]
    handles: set[str]
    """Of those whose number is not known yet; in small letters."""


Beside = tuple[Sequence[Entry], Sequence[Puzzle]]
"""What came along of some accounts: whole posts, and what was not understood."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one line, or a few items, of a file brought."""

    place: int
    """Up to which line or item the file is read now: where a later reading can go on."""
    entries: Sequence[Entry] = ()
    puzzles: Sequence[Puzzle] = ()
    others: int = 0
    """Items that are no posts, such as "channel created", or that are in no channel."""
    proof: Proof | None = None
    beside: Callable[[Wanted], Beside] = lambda _wanted: ((), ())
    """Of these accounts, the whole posts that came along because one of `entries` refers to them: nothing else of
    their account need be here."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What a user says of files that do not say it themselves."""

    account: str | None = None
    """The handle of the account whose posts are in a file that names none."""
    platform: Platform | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """For CSV: our field, and the column that holds it."""
    zone: str | None = None
    """The zone of times that are written without an offset from UTC."""
    taken_at: Instant | None = None
    """When the contents were collected, where the file does not say."""
    number: int | None = None
    """The numeric id of `account`, which nobody says but the `account.js` of an archive of X."""


class Archive(Protocol):
    """An opened file in a known format."""

    platform: Platform

    def chunks(self, after: int) -> Iterator[Chunk]:
        """What the file holds beyond the place `after`. Raises UsageError if it cannot be read any further."""
