"""What a walk through a timeline proves, page by page.

Pages come newest first. Until a walk meets known ground, the beginning of the account, or the platform's depth
limit, what lies below its last page is a stretch that nobody has seen: it is kept, and a later visit goes on there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tracker.domain.instants import Instant
from tracker.domain.intervals import NEVER, Intervals, span
from tracker.domain.records import End, Page


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a timeline not yet walked: posts older than `until`, down to `since`."""

    until: Instant
    since: Instant | None = None
    """None: the beginning of the account."""
    mark: str | None = None
    """The newest known post below the stretch, for the collector."""
    cursor: str | None = None
    """Where the collector goes on; None at the top."""
    unreachable: bool = False
    """The platform shows nothing older: it stays a hole for ever."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a page has done to a stretch: the time it proves, and what is left, if anything."""

    proved: Intervals
    left: Stretch | None


def advance(stretch: Stretch, page: Page, created_at: Instant | None) -> Step:
    """What is known after this page of the stretch.

    The second of the oldest item on a page is not proved by it: another post of the same second may be next.
    """
    floor = stretch.until if page.floor is None else min(stretch.until, page.floor + 1)
    seen = span(floor, stretch.until)
    if page.cursor is not None:
        return Step(seen, replace(stretch, until=floor, cursor=page.cursor))
    match page.end:
        case End.KNOWN_GROUND if stretch.since is not None:
            return Step(span(stretch.since, stretch.until), None)
        case End.DEPTH_LIMIT:
            return Step(seen, replace(stretch, until=floor, cursor=None, unreachable=True))
        case _:
            # On an empty last page there is nothing below the second that the pages above have left unproved.
            last = stretch.until - 1 if stretch.cursor is not None else None
            oldest = min((instant for instant in (created_at, page.floor, last) if instant is not None), default=None)
            if oldest is None:
                return Step(NEVER, None)
            return Step(span(oldest, stretch.until), None)
