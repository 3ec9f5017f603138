"""What must be said beside the figures of change, and when there can be none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NoReturn

from tracker.analysis.change_report import FALSE_DISCOVERY_RATE, LEAST_WEEKS, ChangeQuestion, ChangeRow
from tracker.analysis.change_units import Member, windows_of
from tracker.analysis.resampling import MOST_SPLITS, smallest_p
from tracker.analysis.series import Series
from tracker.analysis.units import is_at_risk
from tracker.config.settings import Settings
from tracker.domain.errors import UsageError
from tracker.domain.events import Event
from tracker.domain.instants import Instant, day_of, iso
from tracker.domain.intervals import Intervals
from tracker.domain.wording import plural
from tracker.domain.words import ANY_PLATFORM


def too_early(members: Sequence[Member], event: Event, question: ChangeQuestion, settings: Settings) -> None:
    """Raises UsageError if the event, or the weeks after it, have not passed for all named accounts."""
    concerned = [member for member in members if not member.at_risk] or members
    ends = max((member.windows.reach.until for member in concerned), default=event.when.latest)
    if ends <= question.as_of:
        return
    zone = asking_zone(question, settings)
    what = (
        f"{event.id} ({event.date_as_written}) has not happened by {day_of(question.as_of, zone)}"
        if event.when.earliest >= question.as_of
        else f"{plural(question.weeks, 'week')} after {event.id} ({event.date_as_written}) are not over by "
        f"{day_of(question.as_of, zone)}"
    )
    raise UsageError(f"{what}; this can be asked from {first_day(ends, zone)} on, or sooner with a shorter --window")


def never_covered(
    series: Sequence[Series], members: Sequence[Member], event: Event, question: ChangeQuestion, settings: Settings
) -> NoReturn:
    """Raises the UsageError that says what the collection reaches, and what would be needed."""
    zone = asking_zone(question, settings)
    reached = [one.observed.coverage for one in series if one.observed.coverage and not is_at_risk(one)]
    before, after = _window(event, question, settings)
    needed = f"from {before} to {after}"
    if not members:
        raise UsageError(
            f"no chosen account was listed {needed}, around {event.id}; `tracker report event` lists all"
        )
    if not reached:
        raise UsageError(
            f"no figure for {event.id}: nothing is covered of the chosen named accounts; {needed} is needed"
        )
    since, until = min(c.parts[0].since for c in reached), max(c.parts[-1].until for c in reached)
    raise UsageError(
        f"no figure for {event.id}: no chosen account is covered without a gap {needed}; what is collected reaches "
        f"from {day_of(since, zone)} to {day_of(until - 1, zone)}; `tracker report event` lists what can be asked"
    )


def notes_on(
    rows: Sequence[ChangeRow],
    members: Sequence[Member],
    event: Event,
    question: ChangeQuestion,
    settings: Settings,
    events: Sequence[Event],
    suppressed: int,
) -> Iterator[str]:
    """Sentences for below the table."""
    before, after = _window(event, question, settings)
    yield (
        f"{event.id}: {event.title} ({event.date_as_written}, precision: {event.precision}; {event.country}; source: "
        f"{event.source})."
    )
    yield (
        f"{plural(question.weeks, 'week').capitalize()} before and {plural(question.weeks, 'week')} after, from "
        f"{before} to {after}. A figure says what changed after the event and nothing about causes."
    )
    windows = windows_of(event, question.weeks, settings.zone(event.country), False)
    if windows.before[-1] < windows.after[0]:
        yield (
            f"The event lies between {iso(windows.before[-1])} and {iso(windows.after[0])}; that time is left out, "
            "because nobody can say on which side its posts stand."
        )
    meanwhile = _meanwhile(event, events, question, settings)
    if meanwhile:
        yield f"In the same weeks: {', '.join(meanwhile)}. The figures cannot tell their effects apart."
    if members and not any(event.concerns(member.listing.country, member.listing.platform) for member in members):
        about = "all platforms" if ANY_PLATFORM in event.platforms else " ".join(sorted(event.platforms))
        yield f"The event is about {about} in {event.country}; none of these accounts is there."
    yield from _what_p_can_show(rows, question.weeks)
    if question.weeks < LEAST_WEEKS:
        yield f"No intervals: they need at least {LEAST_WEEKS} weeks on each side."
    left_out = sum(row.left_out for row in rows if not row.at_risk)
    if left_out:
        named = sum(row.left_out + row.accounts for row in rows if not row.at_risk)
        yield f"{left_out} of {named} named accounts are in no figure, because their windows are not fully covered."
    if any(row.at_risk for row in rows):
        yield "Rows of people at risk stand apart; rows of named subjects do not contain them."
    if suppressed:
        yield (
            f"{plural(suppressed, 'subject')} at risk left out of all figures, for want of a group of "
            f"{settings.report.smallest_group}."
        )


def _what_p_can_show(rows: Sequence[ChangeRow], weeks: int) -> Iterator[str]:
    judged = sum(row.q is not None for row in rows)
    ways = math.comb(2 * weeks, weeks)
    least = smallest_p(weeks)
    how = f"all {ways:,} are tried" if ways <= MOST_SPLITS else "of these a random sample is tried"
    yield (
        f"{plural(weeks, 'week').capitalize()} on each side can be split in {ways:,} ways ({how}): the smallest p "
        f"that can be reached is {least:.2g}."
    )
    needed = math.ceil(least * judged / FALSE_DISCOVERY_RATE - 1e-9)
    if judged and needed > judged:
        yield "So no change can be shown with this window; ask for a longer one with --window."
    elif needed > 1:
        yield (
            f"With {judged} rows judged together, at least {needed} must reach it before any q is at most "
            f"{FALSE_DISCOVERY_RATE:g}; a longer --window or fewer rows (--group, --role) can show more."
        )


def _meanwhile(event: Event, events: Sequence[Event], question: ChangeQuestion, settings: Settings) -> list[str]:
    """The other events that may lie in the windows, in the country of the event."""
    reach = windows_of(event, question.weeks, settings.zone(event.country), False).reach
    return [
        f"{other.id} ({other.date_as_written})"
        for other in sorted(events, key=lambda other: (other.when.earliest, other.id))
        if other.id != event.id
        and other.country == event.country
        and Intervals.of([(other.when.earliest, max(other.when.latest, other.when.earliest + 1))])
        & Intervals.of([reach])
    ]


def asking_zone(question: ChangeQuestion, settings: Settings) -> str:
    """The zone in which `--as-of` is read: that of the country asked for, else the default."""
    return settings.zone(question.country) if question.country else settings.default_zone


def first_day(ends: Instant, zone: str) -> str:
    """The first day whose start is not before the instant."""
    return (day_of(ends - 1, zone) + timedelta(days=1)).isoformat()


def _window(event: Event, question: ChangeQuestion, settings: Settings) -> tuple[str, str]:
    """The first day before and the last day after, in the event's own country."""
    zone = settings.zone(event.country)
    reach = windows_of(event, question.weeks, zone, False).reach
    return day_of(reach.since, zone).isoformat(), day_of(reach.until - 1, zone).isoformat()
