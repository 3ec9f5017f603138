"""tracker report usage."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import config_of, reading
from tracker.cli.options import AsOf, Country, Since, Until, as_of_instant, start_of
from tracker.domain.errors import UsageError
from tracker.domain.words import BANNING_KINDS, By, Platform, RestrictionKind, Role
from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.question import UsageQuestion
    from tracker.analysis.report import UsageReport
    from tracker.config.home import Config

report = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Answer questions from what is collected.")


@report.command("usage")
def usage(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    country: Country = None,
    role: Annotated[Role | None, typer.Option(help="Only this role.")] = None,
    platform: Annotated[Platform | None, typer.Option(help="Only this platform.")] = None,
    kind: Annotated[
        RestrictionKind | None,
        typer.Option(help="Count this kind of restriction only. Default: all but throttle."),
    ] = None,
    by: Annotated[By, typer.Option(help="What a row stands for.")] = By.SUBJECT,
    format: Annotated[ReportFormat, typer.Option(help="What to print.")] = ReportFormat.TABLE,
    calendar: Annotated[Calendar, typer.Option(help="How dates are written, but in JSON.")] = Calendar.GREGORIAN,
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Who uses a platform that is banned where they are, and how often.

    Example: tracker report usage --country IR --from 2022-09-21 --by role
    """
    from tracker.reports.usage import write_usage

    config = config_of(context)
    answer = usage_of(
        config, since=since, until=until, country=country, role=role, platform=platform, kind=kind, by=by, as_of=as_of
    )
    write_usage(answer, ReportFormat.JSON if as_json else format, sys.stdout, calendar)


def usage_of(
    config: Config,
    *,
    since: str | None = None,
    until: str | None = None,
    country: str | None = None,
    role: Role | None = None,
    platform: Platform | None = None,
    kind: RestrictionKind | None = None,
    by: By = By.SUBJECT,
    as_of: str | None = None,
) -> UsageReport:
    """The report that the options ask for. Raises UsageError if no listed account passes the filters."""
    from tracker.analysis.question import UsageQuestion
    from tracker.analysis.usage import usage as usage_report

    # Without a country, days begin in the default zone.
    zone = config.settings.zone(country) if country else config.settings.default_zone
    question = UsageQuestion(
        as_of=as_of_instant(as_of, config, zone),
        since=start_of(since, "--from", zone),
        until=start_of(until, "--until", zone),
        kinds=BANNING_KINDS if kind is None else frozenset({kind}),
        by=by,
        country=country,
        role=role,
        platform=platform,
    )
    if question.since is not None and question.since >= question.end:
        raise UsageError("nothing lies between --from and --until (or --as-of); give an earlier --from")
    chosen = [account for account in config.watchlist.accounts if any(map(question.asks_for, account.listings))]
    if not chosen:
        raise UsageError(_what_emptied(config, question))
    with reading(config) as reader:
        series = reader.series(chosen)
    return usage_report(series, config.restrictions, config.settings, question)


def _what_emptied(config: Config, question: UsageQuestion) -> str:
    """Which filter left nobody."""
    listings = [listing for account in config.watchlist.accounts for listing in account.listings]
    for option, wanted, has in (
        ("--country", question.country, [listing.country for listing in listings]),
        ("--role", question.role, [listing.role for listing in listings]),
        ("--platform", question.platform, [listing.platform for listing in listings]),
    ):
        if wanted is not None and wanted not in has:
            return f"{option} {wanted}: the watchlist lists nobody there; it has {', '.join(sorted(set(has)))}"
    return "no row of the watchlist passes all these filters together; drop one"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(report, name="report")
