"""tracker report activity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import reading
from tracker.cli.options import (
    AsJson,
    AsOf,
    Calendar,
    Country,
    Format,
    PlatformOption,
    RoleOption,
    Since,
    Until,
)
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.selecting import chosen, selection_of
from tracker.cli.showing import show
from tracker.domain.words import By, Every
from tracker.reports.calendars import Calendar as Calendars
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.activity_report import ActivityReport
    from tracker.analysis.question import Selection
    from tracker.config.home import Config


def activity(
    context: typer.Context,
    every: Annotated[Every, typer.Option(help="How long a period is.")] = Every.WEEK,
    by: Annotated[By | None, typer.Option(help="A series for each. Default: one for all together.")] = None,
    since: Since = None,
    until: Until = None,
    country: Country = None,
    role: RoleOption = None,
    platform: PlatformOption = None,
    format: Format = ReportFormat.TABLE,
    calendar: Calendar = Calendars.GREGORIAN,
    as_of: AsOf = None,
    as_json: AsJson = False,
    override: Override = False,
    reason: Reason = None,
) -> None:
    """Posts in every day, week, month or year, each with its coverage; with --calendar jalali, months and years are
    Solar Hijri.

    Example: tracker report activity --every month --by country --calendar jalali
    """
    from tracker.reports.activity import activity_sheet

    config = config_for(context, override, reason)
    selection = selection_of(
        config, since=since, until=until, country=country, role=role, platform=platform, as_of=as_of
    )
    report = activity_of(config, selection, every, by, solar_hijri=calendar is Calendars.JALALI)
    show([activity_sheet(report)], format, as_json, calendar)


def activity_of(
    config: Config,
    selection: Selection,
    every: Every = Every.WEEK,
    by: By | None = None,
    *,
    solar_hijri: bool = False,
) -> ActivityReport:
    """The activity of the selection. Raises UsageError if no listed account passes the filters."""
    from tracker.analysis.activity import activity as activity_report

    accounts = chosen(config, selection)
    with reading(config) as reader:
        series = reader.series(accounts)
    return activity_report(
        series, config.restrictions, config.settings, selection, every, by, solar_hijri=solar_hijri
    )


def register(report: typer.Typer) -> None:
    """Add the command of this file."""
    report.command("activity")(activity)
