"""The weeks around an event, and what is known of one account in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.change_report import ChangeQuestion
from tracker.analysis.counting import slice_of
from tracker.analysis.series import Observed, PostSeries, Series, WeekSeries
from tracker.analysis.units import is_at_risk
from tracker.config.settings import Settings
from tracker.domain.events import Event
from tracker.domain.instants import DAY, Instant, day_of, next_week, start_of_day, start_of_week, week_of, zone_of
from tracker.domain.intervals import Interval, Intervals
from tracker.domain.subjects import Listing
from tracker.domain.words import PostKind, Precision


@dataclass(frozen=True, slots=True)
class Windows:
    """Whole weeks before and after an event, in one zone; the time between the two windows is on neither side."""

    before: tuple[Instant, ...]
    """The edges of the weeks before it, one more than there are weeks, ascending."""
    after: tuple[Instant, ...]

    @property
    def time(self) -> Intervals:
        """Both windows."""
        return Intervals.of([(self.before[0], self.before[-1]), (self.after[0], self.after[-1])])

    @property
    def reach(self) -> Interval:
        """From the first instant before to the end of the last week after."""
        return Interval(self.before[0], self.after[-1])


@lru_cache(maxsize=1024)
def windows_of(event: Event, weeks: int, zone: str, iso_weeks: bool) -> Windows:
    """The windows of so many weeks, counted outward from the event.

    The window before ends at the earliest instant at which the event can have been, the one after begins at the
    latest. Where the event is not known to the second, both are cut at local midnights, outward; a week is seven
    local days. `iso_weeks`: whole ISO weeks, all that is known of accounts at risk.
    """
    steps = range(weeks + 1)
    first, last = event.when.earliest, event.when.latest
    if iso_weeks:
        ended = week_of(first, zone)
        begun = week_of(last if start_of_week(last, zone) == last else next_week(last, zone), zone)
    elif event.precision is Precision.EXACT:
        before, after = (datetime.fromtimestamp(edge, zone_of(zone)) for edge in (first, last))
        # Adding days to an aware datetime moves the clock on the wall, as a week of seven local days should.
        return Windows(
            tuple(int((before - timedelta(days=7 * step)).timestamp()) for step in reversed(steps)),
            tuple(int((after + timedelta(days=7 * step)).timestamp()) for step in steps),
        )
    else:
        ended, begun = day_of(first, zone), day_of(last, zone)
        if start_of_day(begun, zone) < last:
            begun += timedelta(days=1)
    return Windows(
        tuple(start_of_day(ended - timedelta(days=7 * step), zone) for step in reversed(steps)),
        tuple(start_of_day(begun + timedelta(days=7 * step), zone) for step in steps),
    )


@dataclass(frozen=True, slots=True)
class Member:
    """One account in one role and country: the windows around the event, and what was looked at in them."""

    series: Series
    listing: Listing
    zone: str
    windows: Windows
    covered: Intervals
    """The part of the windows that is covered and in which it was listed so."""

    @property
    def observed(self) -> Observed:
        return self.series.observed

    @property
    def at_risk(self) -> bool:
        return is_at_risk(self.series)

    @property
    def full(self) -> bool:
        """Whether every instant of both windows is covered."""
        return self.covered == self.windows.time

    @property
    def missing_days(self) -> float:
        """Days of the windows that are not covered, rounded up to a tenth."""
        missing = math.ceil((self.windows.time.length - self.covered.length) / DAY * 10) / 10
        # A change of the clocks makes the windows an hour longer or shorter than their days.
        return min(missing, round(self.windows.time.length / DAY))

    @property
    def by_count(self) -> bool:
        """Whether X counted some of the windows: then reposts are left out of all of them, to compare alike."""
        return bool(self.series.counted.time & self.covered)

    def counts(self, kind: PostKind | None) -> NDArray[np.int64]:
        """Posts, of one kind or all, in each week before and then in each week after."""
        kinds = tuple(PostKind) if kind is None else (kind,)
        if self.by_count:
            kinds = tuple(kind for kind in kinds if kind is not PostKind.REPOST)
        times, amounts = _amounts(self.series, self.windows.reach, kinds)
        until = np.concatenate(([0], np.cumsum(amounts)))
        counted = self.series.counted
        sides = [
            np.diff(until[np.searchsorted(times, edges)]) + counted.summed(counted.posts, edges)
            for edges in (self.windows.before, self.windows.after)
        ]
        return np.concatenate(sides)


def _amounts(
    series: Series, reach: Interval, kinds: tuple[PostKind, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sorted instants within the reach, and how many posts of these kinds each stands for."""
    if isinstance(series, WeekSeries):
        part = slice_of(series.week, reach)
        return series.week[part], series.counts[part][:, kinds].sum(axis=1)
    times, by_post = _posts(series, reach)
    chosen = times if len(kinds) == len(PostKind) else times[np.isin(by_post, kinds)]
    return chosen, np.ones(len(chosen), dtype=np.int64)


def _posts(series: PostSeries, reach: Interval) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    part = slice_of(series.posted_at, reach)
    return series.posted_at[part], series.kind[part]


def members_of(series: Series, event: Event, question: ChangeQuestion, settings: Settings) -> Iterator[Member]:
    """The account once for each subject, role and country under which it was listed near the event."""
    stretches: dict[tuple[str, str, str], list[Listing]] = {}
    for listing in series.observed.account.listings:
        stretches.setdefault((listing.subject, listing.role, listing.country), []).append(listing)
    for listings in stretches.values():
        latest = listings[-1]
        zone = settings.zone(latest.country)
        windows = windows_of(event, question.weeks, zone, is_at_risk(series))
        listed = Intervals.of((listing.since, listing.until) for listing in listings) & windows.time
        if listed:
            yield Member(series, latest, zone, windows, _comparable(series, windows, question.kind) & listed)


def _comparable(series: Series, windows: Windows, kind: PostKind | None) -> Intervals:
    """What is covered of the windows: by counts only where their kind does not matter and no week cuts them."""
    counted = series.counted
    if not counted.since.size:
        return series.observed.coverage
    read = series.observed.coverage - counted.time
    if kind is not None:
        return read
    return read | counted.undivided(windows.before).time | counted.undivided(windows.after).time
