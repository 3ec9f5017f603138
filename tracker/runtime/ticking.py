"""A tick every so many seconds, that misses none and makes up for none, whatever happens to the wall clock."""

from __future__ import annotations

from datetime import datetime

from apscheduler.triggers.interval import IntervalTrigger


class Tick(IntervalTrigger):  # type: ignore[misc]  # APScheduler has no types
    """After a sleep, or a clock set forward, the next tick is the next one from now on.

    APScheduler's own trigger walks through every tick that was missed: of a year, thirty million.
    """

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The next time after a previous one; never one that is over already."""
        following: datetime | None = super().get_next_fire_time(previous, now)
        if previous is None or following is None or following > now:
            return following
        return now + self.interval  # type: ignore[no-any-return]  # as above
