"""What time it is."""

from __future__ import annotations

import time

from tracker.domain.instants import Clock, Instant


def system_clock() -> Instant:
    """The real time."""
    return int(time.time())


def rehearsal_clock(start: Instant) -> Clock:
    """A clock that shows `start` now and then runs at its usual speed."""
    begun = time.monotonic()
    return lambda: start + int(time.monotonic() - begun)


def clock_from(start: Instant | None) -> Clock:
    """The clock that the settings ask for: the real one, or a rehearsal's."""
    return system_clock if start is None else rehearsal_clock(start)
