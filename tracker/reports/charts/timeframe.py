"""A stretch of local days as the horizontal axis of a picture.

Days are given to Vega-Lite as midnights of UTC and its scale is one of UTC, so that nothing depends on the zone of
the machine. Which instant falls on which day is decided by the country's zone, before it gets here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import altair as alt

from tracker.domain.instants import Instant, zone_of
from tracker.reports.calendars import Calendar
from tracker.reports.charts import theme

_MOST_TICKS = {Calendar.GREGORIAN: 9, Calendar.JALALI: 6}
"""The names of the Solar Hijri months are longer."""
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAY_STEPS = (1, 2, 7, 14, 21)
_SOLAR_HIJRI_MONTHS = (
    *("Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar"),
    *("Mehr", "Aban", "Azar", "Dey", "Bahman", "Esfand"),
)


def millis(day: date) -> int:
    """The day as Vega-Lite counts: milliseconds since 1970, at midnight UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def local_millis(instant: Instant, zone: str) -> int:
    """What the wall clock in the zone shows, read as if it were UTC."""
    shown = datetime.fromtimestamp(instant, zone_of(zone)).replace(tzinfo=UTC)
    return int(shown.timestamp()) * 1000


@dataclass(frozen=True, slots=True)
class Timeframe:
    """The local days [first, beyond)."""

    first: date
    beyond: date
    calendar: Calendar = Calendar.GREGORIAN

    @property
    def bounds(self) -> tuple[int, int]:
        return millis(self.first), millis(self.beyond)

    def place(self, moment: int) -> float:
        """Where local milliseconds stand, in pixels; what lies outside is put on the edge."""
        since, until = self.bounds
        return round(min(max((moment - since) / (until - since), 0), 1) * theme.WIDTH, 2)

    def holds(self, moment: int) -> bool:
        since, until = self.bounds
        return since <= moment < until

    def x(self, field: str, axis: bool = True, grid: bool = False) -> alt.X:
        """The channel of a field of milliseconds."""
        scale = alt.Scale(type="utc", domain=list(self.bounds), nice=False)
        if not axis:
            return alt.X(f"{field}:T", scale=scale, axis=None)
        ticks = {str(millis(day)): label for day, label in self.ticks()}
        words = ", ".join(f"'{moment}': '{label}'" for moment, label in ticks.items())
        return alt.X(
            f"{field}:T",
            scale=scale,
            axis=alt.Axis(
                values=[int(moment) for moment in ticks],
                labelExpr=f"({{{words}}})[toString(toNumber(datum.value))]",
                labelAlign="left",
                labelOverlap=False,
                labelFlush=False,
                grid=grid,
                title=None,
            ),
        )

    def ticks(self) -> list[tuple[date, str]]:
        """The days to mark, at most nine, with what to write there."""
        days, most = (self.beyond - self.first).days, _MOST_TICKS[self.calendar]
        if days <= 70:
            step = next(step for step in _DAY_STEPS if days / step <= most)
            marked = [self.first + timedelta(days=number) for number in range(0, days, step)]
            return [(day, self._day_label(day)) for day in marked]
        starts = [day for day in map(self.first.__add__, map(timedelta, range(days))) if self._parts(day)[2] == 1]
        step = next(step for step in _MONTH_STEPS if len(starts) / step <= most)
        return [
            (day, self._month_label(day))
            for day in starts
            if (self._parts(day)[0] * 12 + self._parts(day)[1] - 1) % step == 0
        ]

    def _parts(self, day: date) -> tuple[int, int, int]:
        if self.calendar is Calendar.GREGORIAN:
            return day.year, day.month, day.day
        import jdatetime

        local = jdatetime.date.fromgregorian(date=day)
        return int(local.year), int(local.month), int(local.day)

    def _day_label(self, day: date) -> str:
        year, month, number = self._parts(day)
        return f"{year}-{month:02}-{number:02}"

    def _month_label(self, day: date) -> str:
        year, month, _ = self._parts(day)
        return (
            f"{day:%b} {year}" if self.calendar is Calendar.GREGORIAN else f"{_SOLAR_HIJRI_MONTHS[month - 1]} {year}"
        )
