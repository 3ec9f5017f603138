"""Days as people write them: in the Gregorian or the Solar Hijri calendar, in a zone."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from tracker.domain.instants import Instant, day_of


class Calendar(StrEnum):
    GREGORIAN = "gregorian"
    JALALI = "jalali"
    """The Solar Hijri calendar of Iran and Afghanistan."""


def day_text(moment: Instant | date, zone: str, calendar: Calendar = Calendar.GREGORIAN) -> str:
    """The local day of an instant, or the day itself, as year-month-day in plain digits."""
    day = moment if isinstance(moment, date) else day_of(moment, zone)
    if calendar is Calendar.GREGORIAN:
        return day.isoformat()
    import jdatetime

    return str(jdatetime.date.fromgregorian(date=day).isoformat())
