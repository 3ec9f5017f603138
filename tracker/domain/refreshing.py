"""When a post's counters are read again: at fixed ages, so that posts can be compared."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.domain.instants import Instant


def next_refresh(posted_at: Instant, now: Instant, ages: Sequence[int]) -> Instant | None:
    """When a post reaches the next of these ages (seconds, ascending); None if it is past them all."""
    for age in ages:
        if posted_at + age > now:
            return posted_at + age
    return None
