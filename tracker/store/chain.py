"""The arithmetic of the chain of evidence: what is hashed, and how. Pure.

The format is a promise (docs/evidence.md): whoever has the entries can follow them with any SHA-256. A head that was
printed once must be found years later, so nothing here may ever change; another format gets another name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from tracker.domain.instants import Instant

FORMAT = "tracker-entry-1"
SALT = 16
"""Bytes."""
NOTHING = bytes(32)
"""In place of the hash before the first entry."""


class Kind(StrEnum):
    """What an entry of the chain stands for."""

    BEGUN = "begun"
    """The chain begins; what was in the database by then is sealed by the entries that follow."""
    PAGE = "page"
    PROFILES = "profiles"
    WEEKS = "weeks"
    """Whole weeks of a person at risk; without a time."""
    COUNTS = "counts"
    IMPORTED = "imported"
    EDITS = "edits"
    """What posts said when they were read again and had changed."""
    COUNTERS = "counters"
    """The counters of posts that were read again."""
    LOST = "lost"
    """A raw answer had to go whole, because what it told of somebody else could not be cut out."""
    DELETED = "deleted"
    """Posts were seen to be gone from the platform."""
    REMAINDER = "remainder"
    """What is left of a payload of which a part was lawfully removed, sealed anew."""
    FORGOTTEN = "forgotten"
    REDACTED = "redacted"
    """Posts that were deleted on the platform say nothing here any more."""
    EXPIRED = "expired"
    """The settings keep it no longer."""
    REDUCED = "reduced"
    """A subject has become at risk: everything finer than a week went."""
    RECOUNTED = "recounted"
    """Counts were dropped, to be made anew: a zone, a protection or a wrong clock has changed."""
    REDATED = "redated"
    """The clock had been wrong; our own times that lay in the future were put right."""
    RESTORED = "restored"
    """A backup came in place of the database: the log goes on from here; `left` and `hash`: the head left behind."""


RELEASING = frozenset({Kind.FORGOTTEN, Kind.REDACTED, Kind.EXPIRED, Kind.REDUCED, Kind.RECOUNTED})
"""Kinds that say of which entries the salts were destroyed."""
BARE = RELEASING | {Kind.BEGUN, Kind.REDATED, Kind.RESTORED}
"""Kinds without a payload of their own: such an entry commits to nothing but its facts."""


class Entry(NamedTuple):
    """A link of the chain. It names no account, no post and no text, nor a time where somebody is at risk."""

    number: int
    at: Instant | None
    kind: str
    facts: str
    """JSON: numbers, and nothing about anybody."""
    commitment: bytes | None
    """SHA-256 of the salt and the payload's digest, which lie apart; it says nothing once the salt is destroyed."""
    previous: bytes
    hash: bytes


class StoredAnswer(NamedTuple):
    """A raw answer as it lies in the database, with whose it is."""

    id: int
    visit_id: int | None
    account_id: int | None
    asked_at: Instant
    request: str
    sha256: str
    redacted_at: Instant | None
    body: bytes


def encoded(value: object) -> str:
    """JSON in one way only: ASCII, no spaces, keys in order."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def entry_hash(
    number: int, at: Instant | None, kind: str, facts: str, commitment: bytes | None, previous: bytes
) -> bytes:
    """What the next entry takes over, and what a head shows."""
    said = [FORMAT, number, at, kind, facts, None if commitment is None else commitment.hex(), previous.hex()]
    return sha256(encoded(said).encode()).digest()


def committed(salt: bytes, digest: bytes) -> bytes:
    """The commitment to a payload."""
    return sha256(salt + digest).digest()


def digest_of_answer(answer: StoredAnswer) -> bytes:
    """The digest of a raw answer: every column, and the body byte for byte as it is stored."""
    return sha256(encoded(["answer", *answer[:7]]).encode() + b"\n" + answer.body).digest()


def digest_of_items(kind: str, account_id: int | None, payload: str) -> bytes:
    """The digest of a payload that is kept with its salt."""
    return sha256(
        encoded(["items", kind, account_id]).encode() + b"\n" + payload.encode(errors="surrogatepass")
    ).digest()


def digest_of_state(
    version_id: int, text: str | None, lang: str | None, edited_at: Instant | None, withheld_in: str | None
) -> str:
    """What stands for a post's words among the edits."""
    return sha256(encoded([version_id, text, lang, edited_at, withheld_in]).encode()).hexdigest()


def digest_of_counters(rows: Iterable[tuple[int | None, ...]]) -> str:
    """What stands for counters of one moment: each row the post's id and its counters."""
    return sha256(encoded(sorted(rows, key=lambda row: row[:1])).encode()).hexdigest()


def spans(numbers: Iterable[int]) -> str:
    """Numbers as `3,5-9`."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def numbers_in(said: str) -> Iterator[tuple[int, int]]:
    """The spans, first and last. Raises ValueError."""
    for part in said.split(",") if said else ():
        first, _, last = part.partition("-")
        yield int(first), int(last or first)
