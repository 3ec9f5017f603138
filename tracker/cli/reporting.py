"""tracker report: the answers, each in a file of its own; usage here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import (
    report_activity,
    report_coverage,
    report_event,
    report_influence,
    report_network,
    report_silence,
    report_subject,
)
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
from tracker.domain.words import BANNING_KINDS, By, RestrictionKind
from tracker.reports.calendars import Calendar as Calendars
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.question import Selection
    from tracker.analysis.report import UsageReport
    from tracker.config.home import Config

report = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Answer questions from what is collected.")


@report.command("usage")
def usage(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    country: Country = None,
    role: RoleOption = None,
    platform: PlatformOption = None,
    kind: Annotated[
        RestrictionKind | None,
        typer.Option(help="Count this kind of restriction only. Default: all but throttle."),
    ] = None,
    by: Annotated[By, typer.Option(help="What a row stands for.")] = By.SUBJECT,
    format: Format = ReportFormat.TABLE,
    calendar: Calendar = Calendars.GREGORIAN,
    as_of: AsOf = None,
    as_json: AsJson = False,
    override: Override = False,
    reason: Reason = None,
) -> None:
    """Who uses a platform that is banned where they are, and how often.

    Example: tracker report usage --country IR --from 2022-09-21 --by role
    """
    from tracker.reports.usage import usage_sheet

    config = config_for(context, override, reason)
    selection = selection_of(
        config, since=since, until=until, country=country, role=role, platform=platform, as_of=as_of
    )
    show([usage_sheet(usage_of(config, selection, by, kind))], format, as_json, calendar)


def usage_of(
    config: Config, selection: Selection, by: By = By.SUBJECT, kind: RestrictionKind | None = None
) -> UsageReport:
    """The usage of the selection. Raises UsageError if no listed account passes the filters."""
    from tracker.analysis.question import UsageQuestion
    from tracker.analysis.usage import usage as usage_report

    question = UsageQuestion.of(selection, by, BANNING_KINDS if kind is None else frozenset({kind}))
    accounts = chosen(config, selection)
    with reading(config) as reader:
        series = reader.series(accounts)
    return usage_report(series, config.restrictions, config.settings, question)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for answer in (
        report_activity,
        report_coverage,
        report_event,
        report_influence,
        report_network,
        report_silence,
        report_subject,
    ):
        answer.register(report)
    app.add_typer(report, name="report")
