"""What changed after an event: each account and group in whole weeks before and after it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracker.analysis import resampling
from tracker.analysis.at_risk import group_name, pool
from tracker.analysis.change_notes import never_covered, notes_on, too_early
from tracker.analysis.change_report import (
    FALSE_DISCOVERY_RATE,
    LEAST_WEEKS,
    ChangeQuestion,
    ChangeReport,
    ChangeRow,
    Comparison,
    Finding,
    KnownEvent,
    KnownEvents,
    Ratio,
)
from tracker.analysis.change_units import Member, members_of
from tracker.analysis.change_words import definitions, known_definitions
from tracker.analysis.report import Coverage, CoverageState
from tracker.analysis.rows import shared
from tracker.analysis.series import Series
from tracker.analysis.units import Unit, unit_of
from tracker.config.settings import Settings
from tracker.domain.errors import UsageError
from tracker.domain.events import Event
from tracker.domain.instants import DAY
from tracker.domain.restrictions import Exposure
from tracker.domain.words import By

__all__ = [
    "ChangeQuestion",
    "ChangeReport",
    "ChangeRow",
    "Comparison",
    "Finding",
    "KnownEvent",
    "KnownEvents",
    "Ratio",
    "change",
    "known_events",
]


@dataclass(frozen=True, slots=True)
class _Group:
    """What becomes one row. For a cell at risk that may not be counted, `units` names it and nobody is counted."""

    members: tuple[Member, ...]
    at_risk: tuple[Unit, ...] = ()

    @property
    def counted(self) -> tuple[Member, ...]:
        if self.at_risk and not all(member.full for member in self.members):
            return ()
        return tuple(member for member in self.members if member.full)


def change(
    series: Sequence[Series], event: Event, question: ChangeQuestion, settings: Settings, events: Sequence[Event] = ()
) -> ChangeReport:
    """What changed after the event, for the accounts asked for and for the comparison group if there is one.

    `series` holds the accounts of both; `events` are those that may have happened in the same weeks. Raises
    UsageError if the weeks after the event have not passed by `question.as_of`, or if no account is covered around
    it.
    """
    members = [member for one in series for member in members_of(one, event, question, settings)]
    compared = [member for member in members if _compared(member, question)]
    asked = [m for m in members if question.asks_for(m.listing) and not _compared(m, question)]
    too_early(asked or compared, event, question, settings)
    named = [member for member in asked if not member.at_risk]
    at_risk, suppressed = _groups_at_risk(asked, question, settings)
    groups = [*_groups(named, question.by), *at_risk]
    if not any(group.counted for group in groups):
        never_covered(series, asked, event, question, settings)
    rows = [_row(group, event, question, settings) for group in groups]
    if question.comparison is None:
        rows = _judged(rows, None)
    else:
        theirs = _comparison(compared, event, question, settings)
        rows = [*_judged(rows, theirs), theirs]
    rows.sort(key=_order)
    notes = notes_on(rows, asked, event, question, settings, events, suppressed)
    return ChangeReport(question.as_of, event, question, tuple(rows), definitions(settings), tuple(notes))


def known_events(
    series: Sequence[Series], events: Iterable[Event], question: ChangeQuestion, settings: Settings
) -> KnownEvents:
    """The events, and around which of them the chosen named accounts are covered."""
    known: list[KnownEvent] = []
    for event in sorted(events, key=lambda event: (event.when.earliest, event.when.latest, event.id)):
        members = [
            member
            for one in series
            for member in members_of(one, event, question, settings)
            if question.asks_for(member.listing) and not member.at_risk
        ]
        ends = max((member.windows.reach.until for member in members), default=event.when.latest)
        known.append(KnownEvent(event, sum(member.full for member in members), len(members), ends))
    notes = () if known else ("config/events.csv holds no event: write one, with its date and its source.",)
    return KnownEvents(question.as_of, question, tuple(known), known_definitions(), notes)


def _compared(member: Member, question: ChangeQuestion) -> bool:
    return question.comparison is not None and not member.at_risk and question.comparison.holds(member.listing)


def _groups(members: Iterable[Member], by: By) -> list[_Group]:
    groups: defaultdict[Hashable, list[Member]] = defaultdict(list)
    for member in members:
        groups[_key(member, by)].append(member)
    return [_Group(tuple(some)) for some in groups.values()]


def _key(member: Member, by: By) -> Hashable:
    match by:
        case By.SUBJECT:
            return member.listing.subject
        case By.ACCOUNT:
            return member.listing.subject, member.observed.account.latest.account_key, member.listing.role
        case By.ROLE:
            return member.listing.role
        case By.COUNTRY:
            return member.listing.country
        case By.PLATFORM:
            return member.listing.platform


def _groups_at_risk(
    asked: Iterable[Member], question: ChangeQuestion, settings: Settings
) -> tuple[list[_Group], int]:
    """The cells that may be shown, in place of subjects and accounts, else the sums of those that share the key.

    Beside them, how many subjects are in none.

    A cell counts only if every account in it is covered: else two windows could differ by one person.
    """
    by_unit: dict[int, Member] = {}
    units: list[Unit] = []
    for member in asked:
        if member.at_risk:
            reach = member.windows.reach
            around = replace(question, since=reach.since, until=reach.until)
            unit = unit_of(member.series, member.listing, Exposure(), around, settings)
            if not unit.sight.empty:
                by_unit[id(unit)] = member
                units.append(unit)
    pooled = pool(units, settings.report.smallest_group)
    cells = [_Group(tuple(by_unit[id(unit)] for unit in cell), cell) for cell in pooled.cells]
    if question.by in (By.SUBJECT, By.ACCOUNT):
        return cells, pooled.suppressed
    sums: defaultdict[tuple[Hashable, bool], list[_Group]] = defaultdict(list)
    for cell in cells:
        sums[_key(cell.members[0], question.by), bool(cell.counted)].append(cell)
    summed = [
        _Group(tuple(m for cell in some for m in cell.members), tuple(u for cell in some for u in cell.at_risk))
        for some in sums.values()
    ]
    return summed, pooled.suppressed


def _counts(members: Iterable[Member], question: ChangeQuestion) -> NDArray[np.int64]:
    nothing = np.zeros(2 * question.weeks, dtype=np.int64)
    return sum((member.counts(question.kind) for member in members), nothing)


def _row(group: _Group, event: Event, question: ChangeQuestion, settings: Settings) -> ChangeRow:
    """The row without what is computed for all rows together."""
    members, counted = group.members, group.counted
    left_out = [member for member in members if not counted or not member.full]
    latest = members[-1].listing
    single = question.by in (By.SUBJECT, By.ACCOUNT) and not group.at_risk
    role = shared(member.listing.role for member in members)
    country = shared(member.listing.country for member in members)
    platform = shared(member.listing.platform for member in members)
    by = question.by
    fine = by in (By.SUBJECT, By.ACCOUNT)
    weeks = [int(count) for count in _counts(counted, question)] if counted else []
    key = {By.ROLE: role, By.COUNTRY: country, By.PLATFORM: platform}.get(by) or ""
    missing = round(sum(member.missing_days for member in left_out), 1)
    return ChangeRow(
        name=group_name(group.at_risk) if group.at_risk else latest.name if single else str(key),
        subject=latest.subject if single else None,
        handle=members[0].observed.account.handle if single and by is By.ACCOUNT else None,
        role=role if fine or by is By.ROLE else None,
        country=country if fine or by is By.COUNTRY else None,
        platform=platform if fine or by is By.PLATFORM else None,
        accounts=len(counted),
        left_out=len(left_out),
        at_risk=bool(group.at_risk),
        concerned=shared(event.concerns(m.listing.country, m.listing.platform) for m in members),
        weeks_before=tuple(weeks[: question.weeks]),
        weeks_after=tuple(weeks[question.weeks :]),
        ratio=None,
        p=None,
        q=None,
        against=None,
        against_p=None,
        against_q=None,
        finding=Finding.UNSHOWN if counted else Finding.NO_FIGURE,
        remark=_without_reposts(counted) if counted else _why_not(members),
        missing_days=None if group.at_risk and not counted else missing,
        coverage=_coverage(members, bool(group.at_risk), single),
        zone=members[0].zone if country else settings.default_zone,
    )


def _comparison(compared: Sequence[Member], event: Event, question: ChangeQuestion, settings: Settings) -> ChangeRow:
    """The row of the comparison group. Raises UsageError if nobody in it is covered."""
    full = sum(member.full for member in compared)
    if not full:
        raise UsageError(
            f"--compare {question.comparison}: none of its {len(compared)} named accounts is fully covered around "
            f"{event.id}; compare with another group"
        )
    row = _row(_Group(tuple(compared)), event, replace(question, by=By.PLATFORM), settings)
    name = str(question.comparison)
    (alone,) = _judged([replace(row, name=name)], None)
    group = question.comparison or Comparison()
    where = replace(alone, role=group.role, country=group.country, platform=group.platform)
    return replace(where, q=None, finding=Finding.COMPARISON)


def _judged(rows: Sequence[ChangeRow], theirs: ChangeRow | None) -> list[ChangeRow]:
    """The rows with what is computed for all of them together: ratios, intervals, p, q, and the contrast."""
    places = [place for place, row in enumerate(rows) if row.known and (row.before or row.after)]
    judged = [_with_remark(row) if row.known else row for row in rows]
    if not places:
        return judged
    counts = np.array([rows[place].weeks_before + rows[place].weeks_after for place in places], dtype=np.int64)
    p = resampling.p_of_change(counts)
    q = resampling.false_discovery(p)
    ends = resampling.interval_of_change(counts)
    for place, its_p, its_q, its_ends in zip(places, p, q, ends, strict=True):
        row = judged[place]
        value = _ratio(row.before, row.after)
        ratio = None if value is None else _bounded(value, its_ends, len(row.weeks_before))
        finding = Finding.UNSHOWN
        if its_q <= FALSE_DISCOVERY_RATE:
            finding = Finding.MORE if (row.after or 0) > (row.before or 0) else Finding.FEWER
        open_end = ratio is not None and ratio.high == math.inf
        remark = "no upper bound" if open_end and not row.remark else row.remark
        judged[place] = replace(row, ratio=ratio, p=float(its_p), q=float(its_q), finding=finding, remark=remark)
    return judged if theirs is None else _contrasted(judged, places, counts, theirs)


def _contrasted(
    rows: list[ChangeRow], places: Sequence[int], counts: NDArray[np.int64], theirs: ChangeRow
) -> list[ChangeRow]:
    """The rows with their ratios divided by that of the comparison group, where that has one that is not 0."""
    if theirs.ratio is None or not theirs.ratio.value:
        return rows
    other = np.array(theirs.weeks_before + theirs.weeks_after, dtype=np.int64)
    p = resampling.p_of_contrast(counts, other)
    q = resampling.false_discovery(p)
    ends = resampling.interval_of_contrast(counts, other)
    for place, its_p, its_q, its_ends in zip(places, p, q, ends, strict=True):
        row = rows[place]
        against = None
        if row.ratio is not None:
            against = _bounded(row.ratio.value / theirs.ratio.value, its_ends, len(row.weeks_before))
        rows[place] = replace(row, against=against, against_p=float(its_p), against_q=float(its_q))
    return rows


def _ratio(before: int | None, after: int | None) -> float | None:
    return None if not before or after is None else after / before


def _bounded(value: float, ends: NDArray[np.float64], weeks: int) -> Ratio:
    """The ratio with its interval. Drawing from weeks that are all silent can only give 0: that is no interval."""
    if weeks < LEAST_WEEKS or not value:
        return Ratio(value, None, None)
    return Ratio(value, float(ends[0]), float(ends[1]))


def _with_remark(row: ChangeRow) -> ChangeRow:
    if not row.before and not row.after:
        return replace(row, remark="no post at all")
    if not row.before:
        return replace(row, remark="no post before: no ratio")
    return row if row.after else replace(row, remark="no post after: no interval")


def _without_reposts(members: Sequence[Member]) -> str:
    """Said where X counted for some of them: their reposts are in no week."""
    by_count = sum(member.by_count for member in members)
    if not by_count:
        return ""
    return "without reposts" if by_count == len(members) else f"without reposts of {by_count} accounts"


def _why_not(members: Sequence[Member]) -> str:
    if any(member.at_risk for member in members):
        return "not every account of the group is covered"
    if len(members) > 1:
        return f"none of {len(members)} accounts is fully covered"
    (member,) = members
    days = round(member.windows.time.length / DAY)
    return f"{member.missing_days:g} of {days} days not covered"


def _coverage(members: Sequence[Member], at_risk: bool, single: bool) -> Coverage:
    """Of the windows of all members. Of people at risk, no instants are said."""
    parts = [part for member in members for part in member.covered]
    share = sum(part.length for part in parts) / sum(member.windows.time.length for member in members)
    full = all(member.full for member in members)
    return Coverage(
        CoverageState.FULL if full else CoverageState.PARTIAL if parts else CoverageState.NONE,
        share,
        since=None if at_risk else min((part.since for part in parts), default=None),
        until=None if at_risk else max((part.until for part in parts), default=None),
        accounts_without_data=None if single else sum(not member.covered for member in members),
    )


def _order(row: ChangeRow) -> tuple[int, float, int, str, str, str, str]:
    """The comparison group, named rows with figures by p and posts, groups at risk, rows without figures."""
    if row.finding is Finding.COMPARISON:
        place = 0
    else:
        place = 1 + row.at_risk if row.known else 3
    posts = (row.before or 0) + (row.after or 0)
    return (
        place,
        2.0 if row.p is None else row.p,
        -posts,
        row.name,
        row.subject or "",
        row.handle or "",
        row.role or "",
    )
