"""One account day by day: how many posts of each kind, how many while restricted, and with what coverage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tracker.analysis.counting import count_in, slice_of
from tracker.analysis.exposures import Exposures
from tracker.analysis.report import CoverageState
from tracker.analysis.series import PostSeries
from tracker.domain.instants import Instant, day_of, start_of_day
from tracker.domain.intervals import Interval, span
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
    """Every local day from the first that was looked at, or posted on, to the last before `as_of`, in `zone`."""
    covered, posted_at = series.observed.coverage, series.posted_at
    known = [moment for moment in (covered.since, *posted_at[:1].tolist()) if moment is not None]
    ends = [moment for moment in (covered.until, *(posted_at[-1:] + 1).tolist()) if moment is not None]
    if not known:
        return
    day, end = day_of(min(known), zone), min(max(ends), as_of)
    since = start_of_day(day, zone)
    while since < end:
        tomorrow = day + timedelta(days=1)
        until = start_of_day(tomorrow, zone)
        listing = _listing_on(series, since)
        if listing is not None:
            yield _day(series, exposures, listing, day, Interval(since, min(until, as_of)))
        day, since = tomorrow, until


def _listing_on(series: PostSeries, instant: Instant) -> Listing | None:
    return next(
        (listing for listing in series.observed.account.listings if listing.since <= instant < listing.until), None
    )


def _day(series: PostSeries, exposures: Exposures, listing: Listing, day: date, hours: Interval) -> Day:
    covered = series.observed.coverage & span(*hours)
    place = slice_of(series.posted_at, hours)
    times = series.posted_at[place]
    if not covered and not times.size:
        return Day(listing, day, None, None, None, CoverageState.NONE)
    exposed = exposures.of(listing)
    return Day(
        listing,
        day,
        tuple(np.bincount(series.kind[place], minlength=len(PostKind)).tolist()),
        count_in(times, exposed.restricted),
        count_in(times, exposed.uncertain),
        CoverageState.FULL if covered.covers(*hours) else CoverageState.PARTIAL,
    )
