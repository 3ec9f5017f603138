"""One account day by day: how many posts of each kind, how many while restricted, and with what coverage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from tracker.analysis.counting import Times, inside, touches
from tracker.analysis.exposures import Exposures
from tracker.analysis.report import CoverageState
from tracker.analysis.series import PostSeries
from tracker.domain.instants import Instant, day_of, start_of_day
from tracker.domain.subjects import Listing
from tracker.domain.words import PostKind


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of an account, as its listing on that day says. Counts are None where nothing was looked at."""

    listing: Listing
    day: date
    by_kind: tuple[int, ...] | None
    """Posts by PostKind."""
    restricted: int | None
    uncertain: int | None
    coverage: CoverageState

    @property
    def posts(self) -> int | None:
        return None if self.by_kind is None else sum(self.by_kind)


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
    days, starts = _calendar(day_of(min(known), zone), day_of(min(max(ends), as_of) - 1, zone), zone)
    ends_of_days = np.minimum(np.append(starts[1:], start_of_day(days[-1] + timedelta(days=1), zone)), as_of)
    listed = (starts >= listing.since) & (starts < listing.until)
    times, kinds = times[times < as_of], series.kind[times < as_of]
    place = np.searchsorted(starts, times, side="right") - 1
    by_kind = np.zeros((len(days), len(PostKind)), np.int64)
    np.add.at(by_kind, (place, kinds), 1)
    exposed = exposures.of(listing)
    restricted, uncertain = (
        np.bincount(place[inside(times, times + 1, when)], minlength=len(days))
        for when in (exposed.restricted, exposed.uncertain)
    )
    full, partly = inside(starts, ends_of_days, covered), touches(starts, ends_of_days, covered)
    for index in np.flatnonzero(listed).tolist():
        counts = tuple(by_kind[index].tolist())
        if full[index] or partly[index] or any(counts):
            state = CoverageState.FULL if full[index] else CoverageState.PARTIAL
            yield Day(listing, days[index], counts, int(restricted[index]), int(uncertain[index]), state)
        else:
            yield Day(listing, days[index], None, None, None, CoverageState.NONE)


@lru_cache(maxsize=64)
def _calendar(first: date, last: date, zone: str) -> tuple[tuple[date, ...], Times]:
    """The local days from the first to the last, and their first instants."""
    days = tuple(first + timedelta(days=number) for number in range((last - first).days + 1))
    return days, np.array([start_of_day(day, zone) for day in days], np.int64)
