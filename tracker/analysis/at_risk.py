"""People at risk: only the sum over enough of them is ever said.

The smallest thing that a report says about them is a *cell*: all at-risk subjects of one role in one country on one
platform, if there are enough. Every other row about them is a sum of such cells, and never shares a row with named
subjects. Who is in a cell hangs on the watchlist alone, and not on the time asked for; and a week in which too few of
it were looked at counts for no figure. So no two reports, however they are grouped, filtered or cut in time, have a
difference that is smaller than a cell in a week.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.analysis.series import Series, WeekSeries
from tracker.analysis.units import Unit
from tracker.config.settings import Settings
from tracker.domain.instants import Instant, next_week, start_of_week
from tracker.domain.intervals import Intervals, span
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.words import Mode, Platform, Protection, Role

Cell = tuple[Role, str, Platform]
"""Role, country, platform."""

_PLURALS = {
    Role.OFFICIAL: "officials",
    Role.STATE_BODY: "state bodies",
    Role.OUTLET: "outlets",
    Role.JOURNALIST: "journalists",
    Role.ACTIVIST: "activists",
}


@dataclass(frozen=True, slots=True)
class Pool:
    """The cells that may be shown, and how many subjects are in none of them."""

    cells: tuple[tuple[Unit, ...], ...]
    suppressed: int


def pool(units: Iterable[Unit], smallest: int) -> Pool:
    """Sort the at-risk units into cells and keep those of at least `smallest` subjects.

    Where there is data at all, as many subjects must have contributed to it: four silent ones hide nobody.
    """
    cells: defaultdict[Cell, list[Unit]] = defaultdict(list)
    for unit in units:
        cells[_cell_of(unit.listing)].append(unit)
    shown = {cell: tuple(members) for cell, members in cells.items() if _large(members, smallest)}
    visible = {subject for members in shown.values() for subject in subjects_of(members)}
    everyone = {subject for members in cells.values() for subject in subjects_of(members)}
    return Pool(tuple(shown[cell] for cell in sorted(shown)), len(everyone - visible))


def without_thin_weeks(series: Iterable[Series], settings: Settings) -> list[Series]:
    """The series; those at risk without the weeks in which too few subjects of their cell were looked at.

    Else the totals of two times that differ by such a week would say what these few did in it. A cell of which never
    enough were looked at stays as it is: nothing of it is shown.
    """
    series = list(series)
    seen: defaultdict[Cell, defaultdict[Instant, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in series:
        if isinstance(one, WeekSeries):
            for listing in one.observed.account.listings:
                for week in _weeks_seen(one, listing, settings.zone(listing.country)):
                    seen[_cell_of(listing)][week].add(listing.subject)
    thin: dict[Cell, Intervals] = {}
    for cell, subjects in seen.items():
        if len(set().union(*subjects.values())) >= settings.report.smallest_group:
            zone = settings.zone(cell[1])
            few = [week for week, some in subjects.items() if len(some) < settings.report.smallest_group]
            thin[cell] = Intervals.of((week, next_week(week, zone)) for week in few)
    return [_without(one, thin) if isinstance(one, WeekSeries) else one for one in series]


def _weeks_seen(one: WeekSeries, listing: Listing, zone: str) -> set[Instant]:
    """The weeks of the listing of which something is known."""
    weeks = {int(week) for week in one.week if listing.since <= week < listing.until}
    for since, until in one.observed.coverage & span(listing.since, listing.until):
        week = start_of_week(since, zone)
        while week < until:
            weeks.add(week)
            week = next_week(week, zone)
    return weeks


def _without(one: WeekSeries, thin: dict[Cell, Intervals]) -> WeekSeries:
    parts = [
        thin[_cell_of(listing)] & span(listing.since, listing.until)
        for listing in one.observed.account.listings
        if _cell_of(listing) in thin
    ]
    hidden = Intervals.of(part for intervals in parts for part in intervals)
    if not hidden:
        return one
    kept = np.array([week not in hidden for week in one.week.tolist()], np.bool_)
    observed = replace(one.observed, coverage=one.observed.coverage - hidden)
    return WeekSeries(observed, one.week[kept], one.counts[kept], one.counted.outside(hidden))


def _cell_of(listing: Listing) -> Cell:
    return listing.role, listing.country, listing.platform


def platforms_of_few(listed: Iterable[ListedAccount], smallest: int) -> frozenset[Platform]:
    """The platforms on which a group of people at risk is too small for it to be said what all together have cost.

    What the named accounts have cost and the cells that are shown, taken from the whole, would say how much the
    others post. Each way of collecting has prices of its own, so within a cell each is a group.
    """
    people: defaultdict[tuple[Cell, Mode], set[str]] = defaultdict(set)
    for account in listed:
        if account.protection is Protection.AT_RISK:
            for listing in account.listings:
                people[_cell_of(listing), account.mode].add(account.subject)
    return frozenset(cell[2] for (cell, _), some in people.items() if len(some) < smallest)


def subjects_of(units: Iterable[Unit]) -> set[str]:
    """The distinct subjects of the units."""
    return {unit.listing.subject for unit in units}


def group_name(units: Sequence[Unit]) -> str:
    """What stands in place of names: `6 journalists at risk`."""
    roles = {unit.listing.role for unit in units}
    who = _PLURALS[roles.pop()] if len(roles) == 1 else "subjects"
    return f"{len(subjects_of(units))} {who} at risk"


def _large(units: Sequence[Unit], smallest: int) -> bool:
    contributing = len(subjects_of(unit for unit in units if unit.known))
    return len(subjects_of(units)) >= smallest and (contributing == 0 or contributing >= smallest)
