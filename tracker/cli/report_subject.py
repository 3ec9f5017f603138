"""tracker report subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import reading
from tracker.cli.options import AsJson, AsOf, Calendar, Format, Since, Until
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.selecting import selection_of
from tracker.cli.showing import show
from tracker.reports.calendars import Calendar as Calendars
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.question import Selection
    from tracker.analysis.subject import SubjectReport
    from tracker.config.home import Config


def subject(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The subject's id, name or handle, as the watchlist has it.")],
    since: Since = None,
    until: Until = None,
    format: Format = ReportFormat.TABLE,
    calendar: Calendar = Calendars.GREGORIAN,
    as_of: AsOf = None,
    as_json: AsJson = False,
    override: Override = False,
    reason: Reason = None,
) -> None:
    """One page on one subject: accounts, handles, activity, usage, influence, restrictions, holes, events.

    Example: tracker report subject mfa_russia --from 2020-06-01
    """
    from tracker.reports.subject import subject_sheets

    config = config_for(context, override, reason)
    selection = selection_of(config, since=since, until=until, as_of=as_of)
    report = subject_of(config, selection, name, solar_hijri=calendar is Calendars.JALALI)
    show(subject_sheets(report), format, as_json, calendar)


def subject_of(config: Config, selection: Selection, name: str, *, solar_hijri: bool = False) -> SubjectReport:
    """The page on the subject. Raises UsageError if nobody, several or somebody at risk is called so."""
    from tracker.analysis.influence import in_order
    from tracker.analysis.subject import subject_report
    from tracker.config.finding import subject_named

    accounts = in_order(subject_named(config.watchlist, name))
    with reading(config) as reader:
        histories, grounds = [*reader.histories(accounts)], reader.grounds(accounts)
        ids = {fact.account.latest.account_key: fact.platform_id for fact in reader.facts(accounts)}
    return subject_report(
        histories,
        grounds,
        [ids.get(account.latest.account_key, account.platform_id) for account in accounts],
        config.restrictions,
        config.events,
        config.settings,
        selection,
        solar_hijri=solar_hijri,
    )


def register(report: typer.Typer) -> None:
    """Add the command of this file."""
    report.command("subject")(subject)
