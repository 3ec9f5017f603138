"""tracker report coverage."""

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
from tracker.domain.words import Every
from tracker.reports.calendars import Calendar as Calendars
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.ground_report import GroundReport
    from tracker.analysis.question import Selection
    from tracker.config.home import Config


def _week_only(every: Every | None) -> Every | None:
    if every not in (None, Every.WEEK):
        raise typer.BadParameter("coverage is divided by week only; write --every week")
    return every


def coverage(
    context: typer.Context,
    every: Annotated[
        Every | None, typer.Option(metavar="week", callback=_week_only, help="A row for each account and week.")
    ] = None,
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
    """What was looked at, and what is missing: for each account, or each account and week.

    Example: tracker report coverage --platform x --from 2020-01-01 --every week --format csv
    """
    from tracker.reports.ground import coverage_sheet, coverage_weeks_sheet

    config = config_for(context, override, reason)
    selection = selection_of(
        config, since=since, until=until, country=country, role=role, platform=platform, as_of=as_of
    )
    report = coverage_of(config, selection)
    show([coverage_sheet(report) if every is None else coverage_weeks_sheet(report)], format, as_json, calendar)


def coverage_of(config: Config, selection: Selection) -> GroundReport:
    """The coverage of the selection. Raises UsageError if no listed account passes the filters."""
    from tracker.analysis.ground import ground

    accounts = chosen(config, selection)
    with reading(config) as reader:
        series, grounds = reader.series(accounts), reader.grounds(accounts)
    return ground(series, grounds, config.settings, selection)


def register(report: typer.Typer) -> None:
    """Add the command of this file."""
    report.command("coverage")(coverage)
