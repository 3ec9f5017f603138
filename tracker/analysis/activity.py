"""Posts over time: one series a group, a point for every day, week, month or year of the time asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tracker.analysis.activity_report import ActivityGroup, ActivityPoint, ActivityReport
from tracker.analysis.activity_words import definitions
from tracker.analysis.at_risk import Pool, group_name, pool, without_thin_weeks
from tracker.analysis.counting import Flags, Times
from tracker.analysis.exposures import Exposures
from tracker.analysis.periods import edges_of, periods_of
from tracker.analysis.question import Selection
from tracker.analysis.report import Coverage, CoverageState
from tracker.analysis.series import Observed, Series, WeekSeries
from tracker.analysis.tallies import Tallies, tallies_of, together
from tracker.analysis.units import Sight, Unit, is_at_risk, sight_of, unit_of, whole_weeks
from tracker.analysis.usage import counted_note, key_of
from tracker.analysis.window import window_notes
from tracker.config.settings import Settings
from tracker.domain.instants import day_of
from tracker.domain.intervals import BEGINNING, Interval
from tracker.domain.restrictions import Restriction
from tracker.domain.subjects import Listing
from tracker.domain.wording import are, plural
from tracker.domain.words import By, Every

__all__ = ["ALL", "ActivityGroup", "ActivityPoint", "ActivityReport", "activity"]

ALL = "all"
"""The label of all named accounts together."""


@dataclass(frozen=True, slots=True)
class _Member:
    """One account under one listing."""

    series: Series
    listing: Listing
    zone: str
    bounds: Interval
    sight: Sight

    @property
    def observed(self) -> Observed:
        return self.series.observed


@dataclass(frozen=True, slots=True)
class _Line:
    """What one series of the report is about."""

    group: ActivityGroup
    members: tuple[_Member, ...]
    cells: tuple[tuple[_Member, ...], ...] = ()
    """The cells of people at risk that the line adds up."""


def activity(
    series: Sequence[Series],
    restrictions: Iterable[Restriction],
    settings: Settings,
    selection: Selection,
    every: Every = Every.WEEK,
    by: By | None = None,
    *,
    solar_hijri: bool = False,
) -> ActivityReport:
    """Count the selection's posts period by period, in the zone of each subject's country.

    Without a beginning in the selection a group's series begins with its first account. People at risk are counted
    by whole weeks only; by days or months they are left out, and a note says so.
    """
    exposures = Exposures(restrictions)
    members = [
        _member(one, listing, selection, settings)
        for one in series
        for listing in one.observed.account.listings
        if selection.asks_for(listing)
    ]
    named = [member for member in members if not is_at_risk(member.series)]
    pooled = _pooled(members, exposures, selection, settings)
    lines = [*_lines(named, by), *(_lines_at_risk(members, pooled, by) if every is Every.WEEK else ())]
    beginning = _first_day(named, selection)
    points: list[ActivityPoint] = []
    for line in lines:
        points += _points(line, beginning, exposures, settings, selection, every, solar_hijri=solar_hijri)
    notes = (*window_notes(series, selection), *_notes(points, pooled, len(members) - len(named), settings, every))
    return ActivityReport(selection.as_of, every, solar_hijri, by, tuple(points), definitions(settings), notes)


def _member(series: Series, listing: Listing, selection: Selection, settings: Settings) -> _Member:
    zone, bounds = settings.zone(listing.country), selection.bounds(listing)
    if isinstance(series, WeekSeries):
        bounds = whole_weeks(bounds, zone, series.observed.last_look)
    return _Member(series, listing, zone, bounds, sight_of(series, bounds, settings.report.freshness))


def _pooled(members: Iterable[_Member], exposures: Exposures, selection: Selection, settings: Settings) -> Pool:
    at_risk = [member for member in members if is_at_risk(member.series)]
    # An account that was listed in several ways is here once for each.
    each = {id(member.series): member.series for member in at_risk}
    shown = dict(zip(each, without_thin_weeks(each.values(), settings), strict=True))
    units = [
        unit_of(shown[id(member.series)], member.listing, exposures.of(member.listing), selection, settings)
        for member in at_risk
    ]
    return pool(units, settings.report.smallest_group)


def _lines(members: Iterable[_Member], by: By | None) -> list[_Line]:
    groups: defaultdict[object, list[_Member]] = defaultdict(list)
    for member in members:
        groups[ALL if by is None else key_of(by)(member)].append(member)
    lines = [_Line(_group_of([member.listing for member in group], by), tuple(group)) for group in groups.values()]
    return sorted(lines, key=_in_order)


def _in_order(line: _Line) -> tuple[str, ...]:
    group = line.group
    return group.label.casefold(), group.subject or "", group.platform or "", group.handle or ""


def _lines_at_risk(members: Sequence[_Member], pooled: Pool, by: By | None) -> list[_Line]:
    """The cells themselves in place of subjects and accounts, else the sums of those that share the key."""
    found = {(id(member.observed.account), member.listing): member for member in members}
    groups: defaultdict[object, list[tuple[Unit, ...]]] = defaultdict(list)
    for cell in pooled.cells:
        fine = by in (By.SUBJECT, By.ACCOUNT)
        groups[ALL if by is None else id(cell) if fine else key_of(by)(cell[0])].append(cell)
    lines = []
    for shown in groups.values():
        units = [unit for cell in shown for unit in cell]
        cells = tuple(tuple(found[id(unit.observed.account), unit.listing] for unit in cell) for cell in shown)
        group = _group_of([unit.listing for unit in units], by)
        group = replace(group, label=group_name(units), at_risk=True, subject=None, name_native=None, handle=None)
        lines.append(_Line(group, tuple(member for cell in cells for member in cell), cells))
    return lines


def _group_of(listings: Sequence[Listing], by: By | None) -> ActivityGroup:
    latest = max(listings, key=lambda listing: (listing.until, listing.since))
    label = {
        None: ALL,
        By.SUBJECT: latest.name,
        By.ACCOUNT: latest.handle,
        By.ROLE: latest.role.value,
        By.COUNTRY: latest.country,
        By.PLATFORM: latest.platform.value,
    }[by]
    single = by in (By.SUBJECT, By.ACCOUNT)
    return ActivityGroup(
        label,
        subject=latest.subject if single else None,
        name_native=latest.name_native or None if single else None,
        handle=latest.handle if by is By.ACCOUNT else None,
        role=latest.role if len({listing.role for listing in listings}) == 1 else None,
        country=latest.country if len({listing.country for listing in listings}) == 1 else None,
        platform=latest.platform if len({listing.platform for listing in listings}) == 1 else None,
    )


def _first_day(members: Iterable[_Member], selection: Selection) -> date | None:
    """The local day on which the time asked for begins, else the first day of any account; None: nobody knows."""
    members = list(members)
    if selection.since is not None:
        return min((day_of(selection.since, member.zone) for member in members), default=None)
    known = [member for member in members if not member.sight.empty and member.sight.window.since != BEGINNING]
    return min((day_of(member.sight.window.since, member.zone) for member in known), default=None)


def _points(
    line: _Line,
    beginning: date | None,
    exposures: Exposures,
    settings: Settings,
    selection: Selection,
    every: Every,
    *,
    solar_hijri: bool,
) -> Iterator[ActivityPoint]:
    first = _first_day(line.members, selection) or beginning
    if first is None:
        return
    last = max(day_of(selection.end - 1, member.zone) for member in line.members)
    periods = periods_of(first, last, every, solar_hijri)
    if not periods:
        return

    def counted(member: _Member) -> Tallies:
        edges = edges_of(periods, member.zone)
        return tallies_of(member.series, edges, member.bounds, member.sight, exposures.of(member.listing))

    tallies = [counted(member) for member in line.members]
    if line.cells:
        shown = _enough(line, tallies, settings.report.smallest_group)
        tallies = [one.only(where) for one, where in zip(tallies, shown, strict=True)]
    observed, silent = _accounts(line.members, tallies)
    whole = np.ones(len(periods), dtype=np.bool_)
    for edges in (edges_of(periods, zone) for zone in {member.zone for member in line.members}):
        whole &= (edges[1:] <= selection.end) & (selection.since is None or edges[:-1] >= selection.since)
    cells = zip(_figures(together(tallies)), whole.tolist(), observed.tolist(), silent.tolist(), strict=True)
    hidden = bool(line.cells)
    begun = selection.since is not None
    for period, ((counts, state, share), is_whole, seen, unseen) in zip(periods, cells, strict=True):
        begun = begun or state is not CoverageState.NONE
        if hidden and not begun:
            # When the first of a group at risk began is nobody's business.
            continue
        posts, originals, replies, reposts, quotes, restricted, uncertain, by_count = counts
        yield ActivityPoint(
            group=line.group,
            first=period.first,
            beyond=period.beyond,
            label=period.label,
            label_native=period.label_native,
            whole=is_whole,
            posts=posts,
            originals=originals,
            replies=replies,
            reposts=reposts,
            quotes=quotes,
            posts_restricted=restricted,
            posts_uncertain=uncertain,
            accounts=None if hidden else seen,
            coverage=Coverage(state, share, accounts_without_data=None if hidden else unseen),
            counted=by_count,
        )


def _figures(sums: Tallies) -> Iterator[tuple[Sequence[int | None], CoverageState, float]]:
    """For each period: posts, those of each kind, restricted, uncertain, counted; how far to trust them; the share
    covered. What nobody read has no kinds."""
    posts, restricted, uncertain = sums.posts.tolist(), sums.restricted.tolist(), sums.uncertain.tolist()
    kinds = [
        tuple(by_kind) if read else (None,) * 4
        for by_kind, read in zip(sums.kinds.T.tolist(), sums.read, strict=True)
    ]
    counted = [
        number if seconds else None for number, seconds in zip(sums.counted.tolist(), sums.by_count, strict=True)
    ]
    shares = sums.covered / np.maximum(sums.asked, 1)
    columns = (posts, kinds, restricted, uncertain, counted, sums.known.tolist(), sums.full.tolist(), shares.tolist())
    for total, by_kind, banned, doubtful, by_count, known, full, share in zip(*columns, strict=True):
        if known:
            state = CoverageState.FULL if full else CoverageState.PARTIAL
            yield (total, *by_kind, banned, doubtful, by_count), state, share
        else:
            yield (None,) * 8, CoverageState.NONE, 0.0


def _enough(line: _Line, tallies: Sequence[Tallies], smallest: int) -> list[Flags]:
    """For each member, the periods in which enough subjects of its cell were looked at: four hide nobody."""
    seen_by_member = dict(zip(map(id, line.members), tallies, strict=True))
    where: dict[int, Flags] = {}
    for cell in line.cells:
        by_subject: defaultdict[str, list[Flags]] = defaultdict(list)
        for member in cell:
            by_subject[member.listing.subject].append(seen_by_member[id(member)].known)
        seen = [np.logical_or.reduce(flags) for flags in by_subject.values()]
        enough: Flags = np.sum(seen, axis=0) >= smallest
        where.update((id(member), enough) for member in cell)
    return [where[id(member)] for member in line.members]


def _accounts(members: Sequence[_Member], tallies: Sequence[Tallies]) -> tuple[Times, Times]:
    """In each period: how many accounts were looked at, and how many existed without being looked at."""
    asked: dict[object, Flags] = {}
    seen: dict[object, Flags] = {}
    for member, one in zip(members, tallies, strict=True):
        key = member.observed.account.latest.account_key
        asked[key] = asked.get(key, False) | (one.asked > 0)
        seen[key] = seen.get(key, False) | (one.covered > 0)
    observed: Times = np.sum(list(seen.values()), axis=0)
    existing: Times = np.sum(list(asked.values()), axis=0)
    return observed, existing - observed


def _notes(
    points: Sequence[ActivityPoint], pooled: Pool, at_risk: int, settings: Settings, every: Every
) -> Iterator[str]:
    lacking = sum(point.posts is None for point in points)
    partial = sum(point.coverage.state is CoverageState.PARTIAL for point in points)
    if lacking or partial:
        yield (
            f"Of {len(points)} rows, {len(points) - lacking - partial} fully covered, {partial} at least what is "
            f"said (≥), {lacking} without data, which is not 0."
        )
    if by_count := sum(point.counted is not None for point in points):
        yield counted_note(by_count)
    if any(not point.whole for point in points):
        yield "Periods that the time asked for cuts hold the part inside it only."
    if at_risk and every is not Every.WEEK:
        yield (
            "People at risk are left out: of them only whole weeks are known. Groups of at least "
            f"{settings.report.smallest_group} are shown with --every week."
        )
    elif pooled.cells:
        yield "Rows of people at risk stand apart; rows of named subjects do not contain them."
    if pooled.suppressed and every is Every.WEEK:
        who = f"{plural(pooled.suppressed, 'subject')} at risk {are(pooled.suppressed)}"
        yield f"{who} left out of all figures, for want of a group of {settings.report.smallest_group}."
