"""Options that several commands have in common, and how their values are read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.domain.errors import UsageError
from tracker.domain.words import Platform, Role
from tracker.reports.calendars import Calendar as _Calendar
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.config.home import Config
    from tracker.domain.instants import Instant

Since = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day, as 2022-09-21.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="The day after the last.")]
AsOf = Annotated[
    str | None, typer.Option(metavar="DATE", help="What counts as now: the start of this day, or a time with offset.")
]


def _country(text: str | None) -> str | None:
    if text is None:
        return None
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        raise typer.BadParameter(f"{text!r} is no country; give its two letters (ISO 3166-1), as IR, or EU")
    return text.upper()


Country = Annotated[str | None, typer.Option(metavar="CC", callback=_country, help="Only this country, as IR.")]


RoleOption = Annotated[Role | None, typer.Option("--role", help="Only this role.")]
PlatformOption = Annotated[Platform | None, typer.Option("--platform", help="Only this platform.")]
Format = Annotated[ReportFormat, typer.Option("--format", help="What to print.")]
Calendar = Annotated[_Calendar, typer.Option("--calendar", help="How dates are written, but in JSON.")]
AsJson = Annotated[bool, typer.Option("--json", help="The same as --format json.")]


def require_number(value: float | None, option: str) -> None:
    """Raises UsageError for NaN, which is within any bounds."""
    if value is not None and value != value:
        raise UsageError(f"{option} is no number; write one such as 2.5")


def start_of(text: str | None, option: str, zone: str) -> Instant | None:
    """The first instant of the day that an option names, in the zone, or the time that it gives with its offset."""
    from tracker.config.cells import EARLIEST_YEAR, LATEST_YEAR
    from tracker.domain.instants import from_iso, start_of_day

    if text is None:
        return None
    try:
        year = date.fromisoformat(text.partition("T")[0]).year
        if EARLIEST_YEAR <= year <= LATEST_YEAR:
            return from_iso(text) if "T" in text else start_of_day(date.fromisoformat(text), zone)
    except ValueError:
        raise UsageError(
            f"{option} {text!r} is no date; write 2022-09-21, or a time with its offset: 2022-09-21T14:00:00+03:30"
        ) from None
    hijri = " looks like the Solar Hijri calendar and" if 1300 <= year <= 1500 else ""
    raise UsageError(
        f"{option} {text!r}{hijri} lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}; write a Gregorian date"
    )


def as_of_instant(text: str | None, config: Config, zone: str) -> Instant:
    """What counts as now: what was asked for, else the clock."""
    from tracker.runtime.clock import clock_from

    given = start_of(text, "--as-of", zone)
    return clock_from(config.settings.clock_start)() if given is None else given
