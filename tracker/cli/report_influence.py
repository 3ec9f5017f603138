"""tracker report influence."""

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
from tracker.domain.words import CounterAge
from tracker.reports.calendars import Calendar as Calendars
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.influence_report import InfluenceReport
    from tracker.analysis.question import Selection
    from tracker.config.home import Config


def influence(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    country: Country = None,
    role: RoleOption = None,
    platform: PlatformOption = None,
    age: Annotated[CounterAge, typer.Option(help="Compare posts by their counters at this age.")] = CounterAge.DAY,
    format: Format = ReportFormat.TABLE,
    calendar: Calendar = Calendars.GREGORIAN,
    as_of: AsOf = None,
    as_json: AsJson = False,
    override: Override = False,
    reason: Reason = None,
) -> None:
    """Who is followed, read and answered: followers, engagement, views, each ranked by itself.

    Example: tracker report influence --country IR --platform telegram --from 2021-01-01 --age 7d
    """
    from tracker.reports.influence import influence_sheet

    config = config_for(context, override, reason)
    selection = selection_of(
        config, since=since, until=until, country=country, role=role, platform=platform, as_of=as_of
    )
    show([influence_sheet(influence_of(config, selection, age))], format, as_json, calendar)


def influence_of(config: Config, selection: Selection, age: CounterAge = CounterAge.DAY) -> InfluenceReport:
    """The influence of the selection. Raises UsageError if no listed account passes the filters."""
    from tracker.analysis.influence import in_order
    from tracker.analysis.influence import influence as influence_report

    accounts = in_order(chosen(config, selection))
    with reading(config) as reader:
        return influence_report(reader.histories(accounts), config.settings, selection, age)


def register(report: typer.Typer) -> None:
    """Add the command of this file."""
    report.command("influence")(influence)
