"""Each named account week by week, with its holes and restrictions: what a timeline draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np

from tracker.analysis.counted import Counted
from tracker.analysis.exposures import Exposures
from tracker.analysis.question import Selection, UsageQuestion
from tracker.analysis.report import CoverageState
from tracker.analysis.series import Series
from tracker.analysis.units import Unit, is_at_risk, unit_of
from tracker.config.settings import Settings
from tracker.domain.instants import Instant, next_week, start_of_week
from tracker.domain.intervals import BEGINNING, NEVER, Intervals, span
from tracker.domain.restrictions import Restriction
from tracker.domain.subjects import Listing
from tracker.domain.wording import plural


@dataclass(frozen=True, slots=True)
class TimelineWeek:
    """The posts of one local ISO week: the instants [since, until), and how many."""

    since: Instant
    until: Instant
    posts: int
    state: CoverageState


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One named account over the time asked for."""

    listing: Listing
    """The last one in the time asked for."""
    handle: str
    zone: str
    posts: int | None
    """None: no data."""
    state: CoverageState
    weeks: tuple[TimelineWeek, ...]
    """Those with posts, in order of time."""
    holes: Intervals
    """The time asked for that was not looked at, where the account existed."""
    restricted: Intervals
    uncertain: Intervals
    """Certainly and perhaps restricted, by the kinds that count as banning."""
    first_post: Instant | None


@dataclass(frozen=True, slots=True)
class TimelineReport:
    """The accounts, those with the most posts first."""

    as_of: Instant
    since: Instant
    """Where the picture begins: what was asked for, else the first post, else the first coverage."""
    until: Instant
    rows: tuple[TimelineRow, ...]
    notes: tuple[str, ...] = ()


def timeline(
    series: Sequence[Series], restrictions: Sequence[Restriction], settings: Settings, selection: Selection
) -> TimelineReport:
    """The timeline of the selection, without people at risk: a row of weeks is finer than may be said of them."""
    question = UsageQuestion.of(selection)
    exposures = Exposures(restrictions)
    rows: list[TimelineRow] = []
    at_risk: set[str] = set()
    for one in series:
        listings = [listing for listing in one.observed.account.listings if selection.asks_for(listing)]
        if is_at_risk(one):
            at_risk.update(listing.subject for listing in listings)
            continue
        units = [unit_of(one, listing, exposures.of(listing), question, settings) for listing in listings]
        units = [unit for unit in units if not unit.sight.empty]
        if units:
            rows.append(_row(one, units, exposures))
    rows.sort(key=lambda row: (-(row.posts or 0), row.posts is None, row.listing.subject, row.handle))
    begun = [row.first_post for row in rows if row.first_post is not None]
    seen = [part.since for one in series if not is_at_risk(one) for part in one.observed.coverage.parts[:1]]
    since = selection.since if selection.since is not None else min(begun or seen, default=selection.end - 1)
    notes = []
    if at_risk:
        notes.append(
            f"{plural(len(at_risk), 'subject')} at risk not drawn: a row of weeks is finer than may be said of them."
        )
    return TimelineReport(selection.as_of, since, selection.end, tuple(rows), tuple(notes))


def _row(series: Series, units: Sequence[Unit], exposures: Exposures) -> TimelineRow:
    last, zone = units[-1], units[-1].zone
    times = np.sort(np.concatenate([unit.tally.times for unit in units]))
    asked = reduce(or_, (span(*unit.sight.window) for unit in units), NEVER)
    known = [unit for unit in units if unit.known]
    bare = [unit for unit in units if not unit.sight.full]
    exposed = [(exposures.of(unit.listing), span(unit.listing.since, unit.listing.until)) for unit in units]
    holes = asked - reduce(or_, (unit.sight.covered for unit in units), NEVER)
    return TimelineRow(
        listing=last.listing,
        handle=series.observed.account.handle,
        zone=zone,
        posts=sum(unit.tally.posts for unit in known) if known else None,
        state=CoverageState.NONE if not known else CoverageState.PARTIAL if bare else CoverageState.FULL,
        weeks=tuple(_weeks(times, [unit.tally.counted.active for unit in units], zone, holes)),
        holes=holes - span(BEGINNING, BEGINNING + 1),
        restricted=reduce(or_, (one.restricted & listed for one, listed in exposed), NEVER),
        uncertain=reduce(or_, (one.uncertain & listed for one, listed in exposed), NEVER),
        first_post=min((unit.tally.first for unit in units if unit.tally.first is not None), default=None),
    )


def _weeks(
    times: np.ndarray[tuple[int], np.dtype[np.int64]], counted: Sequence[Counted], zone: str, holes: Intervals
) -> list[TimelineWeek]:
    moments = np.concatenate([times, *(moment for one in counted for moment in (one.since, one.until - 1))])
    if not moments.size:
        return []
    edges = [start_of_week(int(moments.min()), zone)]
    while edges[-1] <= int(moments.max()):
        edges.append(next_week(edges[-1], zone))
    counts = (np.diff(np.searchsorted(times, edges)) + sum(one.summed(one.posts, edges) for one in counted)).tolist()
    return [
        TimelineWeek(since, until, count, CoverageState.PARTIAL if holes & span(since, until) else CoverageState.FULL)
        for since, until, count in zip(edges, edges[1:], counts, strict=False)
        if count
    ]
