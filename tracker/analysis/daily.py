"""One account day by day: how many posts of each kind, how many while restricted, and with what coverage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from tracker.analysis.exposures import Exposures
from tracker.analysis.periods import edges_of, periods_of
from tracker.analysis.report import CoverageState
from tracker.analysis.series import PostSeries
from tracker.analysis.tallies import tallies_of
from tracker.analysis.units import Sight
from tracker.domain.instants import Instant, day_of
from tracker.domain.intervals import Interval
from tracker.domain.subjects import Listing
from tracker.domain.words import Every


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of an account, as its listing on that day says. Counts are None where nothing was looked at."""

    listing: Listing
    day: date
    by_kind: tuple[int, ...] | None
    """Posts by PostKind; None, too, where the platform counted and nobody read."""
    restricted: int | None
    uncertain: int | None
    coverage: CoverageState
    counted: int | None = None
    """Posts that the platform counted, without reposts; None: none of the day was counted."""

    @property
    def posts(self) -> int | None:
        if self.by_kind is None:
            return self.counted
        return sum(self.by_kind) + (self.counted or 0)


def daily(series: PostSeries, exposures: Exposures, zone: str, as_of: Instant) -> Iterator[Day]:
    """Every local day from the first that was looked at, or posted on, to the last before `as_of`, in `zone`.

    A day belongs to the listing that holds when it begins; the last one ends at `as_of`.
    """
    for listing in series.observed.account.listings:
        yield from _days_of(series, listing, exposures, zone, as_of)


def _days_of(series: PostSeries, listing: Listing, exposures: Exposures, zone: str, as_of: Instant) -> Iterator[Day]:
    covered, times = series.observed.coverage, series.posted_at
    known = [moment for moment in (covered.since, *times[:1].tolist()) if moment is not None]
    ends = [moment for moment in (covered.until, *(times[-1:] + 1).tolist()) if moment is not None]
    if not known or min(known) >= min(max(ends), as_of):
        return
    days = periods_of(day_of(min(known), zone), day_of(min(max(ends), as_of) - 1, zone), Every.DAY)
    edges = edges_of(days, zone)
    asked = Interval(int(edges[0]), as_of)
    counted = series.counted.within(asked).time
    read = covered - series.counted.time
    tallies = tallies_of(series, edges, asked, Sight(asked, read | counted, counted), exposures.of(listing))
    full, seen = tallies.full, tallies.known
    listed = (edges[:-1] >= listing.since) & (edges[:-1] < listing.until)
    for index in np.flatnonzero(listed).tolist():
        first = days[index].first
        if seen[index]:
            counts = tuple(tallies.kinds[:, index].tolist()) if tallies.read[index] else None
            state = CoverageState.FULL if full[index] else CoverageState.PARTIAL
            by_count = int(tallies.counted[index]) if tallies.by_count[index] else None
            restricted, uncertain = int(tallies.restricted[index]), int(tallies.uncertain[index])
            yield Day(listing, first, counts, restricted, uncertain, state, by_count)
        else:
            yield Day(listing, first, None, None, None, CoverageState.NONE)
