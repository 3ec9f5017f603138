"""Time: an instant is an integer, seconds since 1970-01-01T00:00:00Z, everywhere in the program and the database.

Days and weeks are those of a zone, given by its IANA name; weeks are ISO weeks and begin on Monday.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Instant = int
"""Seconds since 1970-01-01T00:00:00Z."""

Clock = Callable[[], Instant]
"""What "now" is. Injected, so that a test or a rehearsal can say what time it is."""

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises zoneinfo.ZoneInfoNotFoundError or ValueError for a bad one."""
    from zoneinfo import ZoneInfo  # here, because a command's help has no use for it

    return ZoneInfo(name)


def start_of_day(day: date, zone: str) -> Instant:
    """The first instant of a local day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)).timestamp())


def day_of(instant: Instant, zone: str) -> date:
    """The local day that holds the instant."""
    return datetime.fromtimestamp(instant, zone_of(zone)).date()


def next_day(instant: Instant, zone: str) -> Instant:
    """The first instant of the local day after the one that holds the instant."""
    return start_of_day(day_of(instant, zone) + timedelta(days=1), zone)


def week_of(instant: Instant, zone: str) -> date:
    """The Monday of the local ISO week that holds the instant."""
    day = day_of(instant, zone)
    return day - timedelta(days=day.weekday())


def start_of_week(instant: Instant, zone: str) -> Instant:
    """The first instant of the local ISO week that holds the instant."""
    return start_of_day(week_of(instant, zone), zone)


def next_week(instant: Instant, zone: str) -> Instant:
    """The first instant of the local ISO week after the one that holds the instant."""
    return start_of_day(week_of(instant, zone) + timedelta(days=7), zone)


def from_iso(text: str) -> Instant:
    """Parse ISO 8601 with an offset or `Z`. Raises ValueError for anything else, naive times included."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without an offset from UTC: {text!r}")
    return int(moment.timestamp())


def iso(instant: Instant) -> str:
    """The instant as `2022-09-21T14:05:00Z`."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def month_around(instant: Instant) -> tuple[Instant, Instant]:
    """The beginning of the UTC month that holds the instant, and that of the next."""
    moment = datetime.fromtimestamp(instant, UTC)
    first = datetime(moment.year, moment.month, 1, tzinfo=UTC)
    following = datetime(moment.year + moment.month // 12, moment.month % 12 + 1, 1, tzinfo=UTC)
    return int(first.timestamp()), int(following.timestamp())
