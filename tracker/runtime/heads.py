"""A day's head: one line that, printed or stamped, ties everything before it to that day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from tracker.domain.errors import UsageError
from tracker.domain.instants import Instant, day_of
from tracker.store.verification import Finding, Followed, Head, Report

LINE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{1,18}) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Known:
    """A head that was seen earlier."""

    day: date
    number: int
    hash: bytes


def line_of(head: Head, now: Instant) -> str:
    """As `2026-11-24 1234 5f…`: the UTC day on which it was looked at, the entry's number, and its hash."""
    return f"{day_of(now, 'UTC').isoformat()} {head.number} {head.hash.hex()}"


def known_from(said: str) -> Known:
    """A head as it was printed, however it was spaced and wrapped since. Raises UsageError."""
    words = " ".join(said.replace(":", " ").lower().split()).split(" ", 2)
    line = " ".join([*words[:2], "".join(words[2:]).replace(" ", "")])
    match = LINE.fullmatch(line)
    try:
        if match is None:
            raise ValueError
        return Known(date.fromisoformat(match[1]), int(match[2]), bytes.fromhex(match[3]))
    except ValueError:
        example = "2026-11-24 1234 and 64 hexadecimal digits"
        raise UsageError(f"{said.strip()[:100]!r} is no head; give one as `--head` prints it: {example}") from None


def check_known(followed: Followed, known: Known, report: Report) -> None:
    """Whether the chain still holds the head."""
    found = followed.hashes.get(known.number)
    place = f"the head of {known.day.isoformat()}"
    last = followed.head.number if followed.head is not None else 0
    if found is None and known.number > last:
        what = f"is entry {known.number:,}, but the chain ends at {last:,}: its end was cut off, or this is older"
        report(Finding(place, what))
    elif found != known.hash:
        report(Finding(place, f"is not in the chain: entry {known.number:,}, or one before it, is another"))
