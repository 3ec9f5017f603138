"""tracker report silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import reading
from tracker.cli.options import AsJson, AsOf, Calendar, Country, Format, PlatformOption, RoleOption
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.selecting import chosen, selection_of
from tracker.cli.showing import show
from tracker.reports.calendars import Calendar as Calendars
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.question import Selection
    from tracker.analysis.silence_report import SilenceReport
    from tracker.config.home import Config


def silence(
    context: typer.Context,
    country: Country = None,
    role: RoleOption = None,
    platform: PlatformOption = None,
    everyone: Annotated[bool, typer.Option("--all", help="List every account, not the alarms only.")] = False,
    format: Format = ReportFormat.TABLE,
    calendar: Calendar = Calendars.GREGORIAN,
    as_of: AsOf = None,
    as_json: AsJson = False,
    override: Override = False,
    reason: Reason = None,
) -> None:
    """Who has fallen silent out of character, judged by the longest gap of their own past.

    Accounts that are suspended, deleted, protected or renamed are listed apart: that is not silence.

    Example: tracker report silence --country IR --role official
    """
    from tracker.reports.silence import silence_sheets

    config = config_for(context, override, reason)
    selection = selection_of(config, country=country, role=role, platform=platform, as_of=as_of)
    show(silence_sheets(silence_of(config, selection), everyone=everyone), format, as_json, calendar)


def silence_of(config: Config, selection: Selection) -> SilenceReport:
    """The silence of the selection. Raises UsageError if no listed account passes the filters."""
    from tracker.analysis.silence import silence as silence_report

    accounts = chosen(config, selection)
    with reading(config) as reader:
        series = reader.series(accounts)
    return silence_report(series, config.settings, selection)


def register(report: typer.Typer) -> None:
    """Add the command of this file."""
    report.command("silence")(silence)
