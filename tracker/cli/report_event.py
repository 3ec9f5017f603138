"""tracker report event."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import reading
from tracker.cli.options import AsJson, AsOf, Calendar, Country, Format, PlatformOption, RoleOption
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.selecting import chosen, selection_of
from tracker.cli.showing import show
from tracker.domain.errors import UsageError
from tracker.domain.words import By, Platform, PostKind, Role
from tracker.reports.calendars import Calendar as Calendars
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.change_report import ChangeQuestion, ChangeReport, Comparison, KnownEvents
    from tracker.analysis.question import Selection
    from tracker.analysis.series import Series
    from tracker.config.home import Config
    from tracker.domain.events import Event

MOST_WEEKS = 104
DEFAULT_WINDOW = "28d"
_DAYS = {"d": 1, "w": 7}


class PostKindWord(StrEnum):
    """A kind of post, as people write it."""

    ORIGINAL = "original"
    REPLY = "reply"
    REPOST = "repost"
    QUOTE = "quote"


def event(
    context: typer.Context,
    event_id: Annotated[
        str,
        typer.Argument(metavar="[EVENT-ID]", help="As in config/events.csv. Without it: the events that there are."),
    ] = "",
    window: Annotated[
        str, typer.Option(metavar="LENGTH", help="Length before and after, in whole weeks: 28d, 8w.")
    ] = DEFAULT_WINDOW,
    group: Annotated[By, typer.Option(help="What a row stands for.")] = By.ACCOUNT,
    compare: Annotated[
        str | None,
        typer.Option(metavar="KEY=VALUE", help="Compare with a group: country=RU, role=outlet or platform=x."),
    ] = None,
    kind: Annotated[PostKindWord | None, typer.Option(help="Only posts of this kind.")] = None,
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
    """What changed after an event: posts in whole weeks before and after it, and what chance alone would do.

    Example: tracker report event ir-2022-block --window 28d --group role --compare country=RU
    """
    from tracker.reports.change import change_sheet, events_sheet

    config = config_for(context, override, reason)
    selection = selection_of(config, country=country, role=role, platform=platform, as_of=as_of)
    if event_id:
        post_kind = None if kind is None else PostKind[kind.name]
        report = event_of(config, selection, event_id, window=window, by=group, compare=compare, kind=post_kind)
        show([change_sheet(report)], format, as_json, calendar)
    else:
        if compare is not None:
            raise UsageError("--compare needs an event; name one: tracker report event EVENT-ID")
        show([events_sheet(events_of(config, selection, window=window))], format, as_json, calendar)


def event_of(
    config: Config,
    selection: Selection,
    event_id: str,
    *,
    window: str = DEFAULT_WINDOW,
    by: By = By.ACCOUNT,
    compare: str | None = None,
    kind: PostKind | None = None,
) -> ChangeReport:
    """What changed after the event.

    Raises UsageError for an unknown event, a window that is not whole weeks, one that is not over or not covered, and
    for a selection without accounts.
    """
    from tracker.analysis.change import change

    asked = _question(selection, window, by, kind, None if compare is None else comparison_of(compare))
    return change(_series(config, asked), event_named(config, event_id), asked, config.settings, config.events)


def events_of(config: Config, selection: Selection, *, window: str = DEFAULT_WINDOW) -> KnownEvents:
    """The events that there are, with how many of the chosen named accounts are covered around each."""
    from tracker.analysis.change import known_events

    asked = _question(selection, window)
    return known_events(_series(config, asked), config.events, asked, config.settings)


def event_named(config: Config, event_id: str) -> Event:
    """The event of this id. Raises UsageError that suggests a near one."""
    from tracker.config.problems import nearest, shown

    for one in config.events:
        if one.id == event_id:
            return one
    near = nearest(event_id, tuple(one.id for one in config.events))
    hint = f"did you mean {near}? " if near else ""
    raise UsageError(
        f"no event {shown(event_id)}; {hint}{config.home.events} holds the events, `tracker report event` lists them"
    )


def weeks_of(window: str) -> int:
    """How many whole weeks a length such as 28d or 4w is. Raises UsageError for what is not whole weeks."""
    written = re.fullmatch(r"([0-9]{1,4})([dw])", window.strip().casefold())
    days = int(written[1]) * _DAYS[written[2]] if written else 0
    if not days or days % 7 or days // 7 > MOST_WEEKS:
        raise UsageError(
            f"--window {window!r} is not 1 to {MOST_WEEKS} whole weeks; write 28d or 4w: a week is the unit that is "
            "compared"
        )
    return days // 7


def comparison_of(text: str) -> Comparison:
    """What `country=RU`, `role=outlet` or `platform=x` stands for. Raises UsageError for anything else."""
    from tracker.analysis.change_report import Comparison
    from tracker.config.problems import suggestion

    key, _, value = text.partition("=")
    value = value.strip()
    match key.strip().casefold():
        case "country" if len(value) == 2 and value.isascii() and value.isalpha():
            return Comparison(country=value.upper())
        case "role" if value in tuple(Role):
            return Comparison(role=Role(value))
        case "role":
            raise UsageError(f"--compare {text}: no role {value!r}; {suggestion(value, tuple(Role))}")
        case "platform" if value in tuple(Platform):
            return Comparison(platform=Platform(value))
        case "platform":
            raise UsageError(f"--compare {text}: no platform {value!r}; {suggestion(value, tuple(Platform))}")
    raise UsageError(f"--compare {text!r} names no group; write country=RU, role=outlet or platform=x")


def _question(
    selection: Selection,
    window: str,
    by: By = By.ACCOUNT,
    kind: PostKind | None = None,
    comparison: Comparison | None = None,
) -> ChangeQuestion:
    from tracker.analysis.change_report import ChangeQuestion

    return ChangeQuestion(
        as_of=selection.as_of,
        country=selection.country,
        role=selection.role,
        platform=selection.platform,
        weeks=weeks_of(window),
        by=by,
        kind=kind,
        comparison=comparison,
    )


def _series(config: Config, question: ChangeQuestion) -> list[Series]:
    """Of the chosen accounts and those that they are compared with, each once."""
    listed = chosen(config, question)
    if question.comparison is not None:
        seen = {id(account) for account in listed}
        listed += [
            account
            for account in config.watchlist.accounts
            if id(account) not in seen and any(map(question.comparison.holds, account.listings))
        ]
    with reading(config) as reader:
        return reader.series(listed)


def register(report: typer.Typer) -> None:
    """Add the command."""
    report.command("event")(event)
