"""The unit of judgement: one account for as long as one row of the watchlist held for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.counted import NOTHING_COUNTED, Counted
from tracker.analysis.counting import Times, count_in, inside, last_of, local_days, slice_of, touches
from tracker.analysis.question import Selection
from tracker.analysis.series import Observed, PostSeries, Series, WeekSeries
from tracker.config.settings import Settings
from tracker.domain.instants import WEEK, Instant, next_week, start_of_week
from tracker.domain.intervals import BEGINNING, NEVER, Interval, Intervals, span
from tracker.domain.restrictions import Exposure
from tracker.domain.subjects import Listing
from tracker.domain.words import PostKind, Protection

_ANSWERS = (PostKind.REPLY, PostKind.QUOTE)
_NO_TIMES: Times = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Sight:
    """A stretch of time, and how much of it was looked at."""

    window: Interval
    """Begins at BEGINNING where nobody knows when the account began."""
    covered: Intervals
    counted: Intervals = NEVER
    """The part of it in which the platform counted, without reposts; no post of it was read."""

    @property
    def read(self) -> Intervals:
        """The part in which posts were read."""
        return self.covered - self.counted if self.counted else self.covered

    @property
    def empty(self) -> bool:
        """Whether there is no time to look at: the account did not exist yet, or was not listed."""
        return self.window.length <= 0

    @property
    def full(self) -> bool:
        """Whether every post in it is known: all of it was looked at, and in none of it reposts are missing."""
        return not self.empty and not self.counted and self.covered.covers(*self.window)

    @property
    def length(self) -> int:
        """In seconds; 0 where the beginning is unknown."""
        return 0 if self.window.since == BEGINNING else max(0, self.window.length)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was posted in the unit's window."""

    kinds: tuple[int, int, int, int]
    """Posts by PostKind, of those that were read."""
    counted: Counted
    """What the platform counted besides."""
    restricted: int
    uncertain: int
    throttled: int
    in_coverage: int
    first: Instant | None
    last: Instant | None
    times: Times
    """Of the posts that were read; empty, as `days`, where only weeks are known."""
    days: Times

    @property
    def posts(self) -> int:
        return sum(self.kinds) + self.counted.total


@dataclass(frozen=True, slots=True)
class Unit:
    """One account under one listing: what was asked for, what was looked at, and what was found."""

    observed: Observed
    listing: Listing
    zone: str
    at_risk: bool
    sight: Sight
    """Of the time asked for."""
    life: Sight
    """Of all listed time up to the end of the time asked for."""
    tally: Tally
    last_original: Instant | None
    """In `life`, as the two that follow."""
    last_answer: Instant | None
    """The last reply or quote."""
    last_repost: Instant | None

    @property
    def known(self) -> bool:
        """False: there is no data."""
        return bool(self.sight.covered) or self.tally.posts > 0

    @property
    def read(self) -> bool:
        """Whether any of it rests on posts that were read: only these have a kind and counters."""
        return bool(self.sight.read) or any(self.tally.kinds)


def is_at_risk(series: Series) -> bool:
    """Whether nothing finer than counts of groups may be said of the account."""
    return isinstance(series, WeekSeries) or series.observed.account.protection is Protection.AT_RISK


def unit_of(series: Series, listing: Listing, exposed: Exposure, question: Selection, settings: Settings) -> Unit:
    """Judge one account under one of its listings."""
    zone = settings.zone(listing.country)
    asked = question.bounds(listing)
    lived = Interval(listing.since, asked.until)
    if isinstance(series, WeekSeries):
        asked = whole_weeks(asked, zone, series.observed.last_look)
        lived = whole_weeks(lived, zone, series.observed.last_look)
    sight = sight_of(series, asked, settings.report.freshness)
    life = sight if asked == lived else sight_of(series, lived, settings.report.freshness)
    if isinstance(series, WeekSeries):
        tally = _tally_of_weeks(series, asked, sight, exposed, zone)
        original, answer, repost = _last_weeks(series, lived, zone)
    else:
        tally = _tally_of_posts(series, sight, exposed, zone)
        original, answer, repost = _last_posts(series, life.window)
    if (last := series.counted.within(life.window).active).until.size:
        # Its kind is not known; the last instant at which it can have been made is.
        original = max(int(last.until[-1]) - 1, BEGINNING if original is None else original)
    return Unit(series.observed, listing, zone, is_at_risk(series), sight, life, tally, original, answer, repost)


def sight_of(series: Series, bounds: Interval, freshness: int) -> Sight:
    """The part of the bounds in which the account existed, up to the last look if that is fresh enough."""
    since, until = bounds
    coverage = series.observed.coverage
    begun = _beginning(series)
    if begun is None:
        return Sight(bounds, NEVER)
    since = max(since, begun)
    last_look = coverage.until
    if last_look is not None and since < last_look < until <= last_look + freshness:
        until = max(last_look, _newest_before(until, series) + 1)
    window = Interval(since, until)
    if not series.counted.since.size:
        return Sight(window, coverage & span(since, until))
    counted = series.counted.within(window).time
    read = (coverage - series.counted.time) & span(since, until)
    return Sight(window, read | counted, counted)


def _beginning(series: Series) -> Instant | None:
    """When the account was made, else when its coverage starts, but never after its first post; None: unknown."""
    begun = series.observed.created_at
    if begun is None:
        begun = series.observed.coverage.since
    times = series.week if isinstance(series, WeekSeries) else series.posted_at
    evidence = [int(time) + (WEEK - 1 if isinstance(series, WeekSeries) else 0) for time in times[:1]]
    evidence += [int(until) - 1 for until in series.counted.active.until[:1]]
    return min(evidence if begun is None else [begun, *evidence], default=None)


def _newest_before(until: Instant, series: Series) -> Instant:
    """The newest post before `until`, so that trimming the end leaves no known post out."""
    if isinstance(series, WeekSeries):
        return BEGINNING
    place = int(np.searchsorted(series.posted_at, until))
    return int(series.posted_at[place - 1]) if place else BEGINNING


def _tally_of_posts(series: PostSeries, sight: Sight, exposed: Exposure, zone: str) -> Tally:
    part = slice_of(series.posted_at, sight.window)
    times = series.posted_at[part]
    read = Tally(
        kinds=_by_kind(np.bincount(series.kind[part], minlength=len(PostKind))),
        counted=NOTHING_COUNTED,
        restricted=count_in(times, exposed.restricted),
        uncertain=count_in(times, exposed.uncertain),
        throttled=count_in(times, exposed.throttled),
        in_coverage=count_in(times, sight.covered),
        first=int(times[0]) if times.size else None,
        last=int(times[-1]) if times.size else None,
        times=times,
        days=local_days(times, zone),
    )
    counted = series.counted.within(sight.window)
    if not counted.since.size:
        return read
    days = np.union1d(read.days, local_days(counted.active.days.since, zone))
    return replace(_with_counted(read, counted, exposed), days=days)


def _with_counted(read: Tally, counted: Counted, exposed: Exposure) -> Tally:
    """What was read, and what the platform counted besides: a piece that is only partly restricted is uncertain."""
    restricted, uncertain, throttled = (int(counted.posts[flags].sum()) for flags in counted.exposed(exposed))
    active = counted.active
    firsts = [*active.since[:1].tolist(), *(() if read.first is None else (read.first,))]
    lasts = [*(active.until[-1:] - 1).tolist(), *(() if read.last is None else (read.last,))]
    return replace(
        read,
        counted=counted,
        restricted=read.restricted + restricted,
        uncertain=read.uncertain + uncertain,
        throttled=read.throttled + throttled,
        in_coverage=read.in_coverage + counted.total,
        first=min(firsts, default=None),
        last=max(lasts, default=None),
    )


def _last_posts(series: PostSeries, window: Interval) -> tuple[Instant | None, Instant | None, Instant | None]:
    part = slice_of(series.posted_at, window)
    times, kinds = series.posted_at[part], series.kind[part]
    return (
        last_of(times, kinds, PostKind.ORIGINAL),
        last_of(times, kinds, *_ANSWERS),
        last_of(times, kinds, PostKind.REPOST),
    )


def whole_weeks(bounds: Interval, zone: str, last_look: Instant | None) -> Interval:
    """The whole weeks of the bounds: of a week that an end cuts, nobody knows which posts are on which side.

    The week of the last look stays, because nothing in it was seen after its end.
    """
    since, until = bounds
    if since >= until:
        return bounds
    if since != BEGINNING and start_of_week(since, zone) != since:
        since = next_week(since, zone)
    if last_look is None or last_look > until:
        until = start_of_week(until, zone)
    return Interval(since, until)


def _tally_of_weeks(series: WeekSeries, bounds: Interval, sight: Sight, exposed: Exposure, zone: str) -> Tally:
    part = slice_of(series.week, bounds)
    weeks, counts = series.week[part], series.counts[part]
    ends = np.array([next_week(int(week), zone) for week in weeks], dtype=np.int64)
    posts = counts.sum(axis=1)
    restricted = inside(weeks, ends, exposed.restricted)
    doubtful = touches(weeks, ends, exposed.restricted | exposed.uncertain) & ~restricted
    busy = weeks[posts > 0]
    read = Tally(
        kinds=_by_kind(counts.sum(axis=0)),
        counted=NOTHING_COUNTED,
        restricted=int(posts[restricted].sum()),
        uncertain=int(posts[doubtful].sum()),
        throttled=int(posts[inside(weeks, ends, exposed.throttled)].sum()),
        in_coverage=int(posts[touches(weeks, ends, sight.covered)].sum()),
        first=int(busy[0]) if busy.size else None,
        last=int(busy[-1]) if busy.size else None,
        times=_NO_TIMES,
        days=_NO_TIMES,
    )
    return _with_counted(read, series.counted.within(bounds), exposed)


def _last_weeks(
    series: WeekSeries, bounds: Interval, zone: str
) -> tuple[Instant | None, Instant | None, Instant | None]:
    """The last instants at which the last original, answer and repost can have been made."""
    part = slice_of(series.week, bounds)
    weeks, counts = series.week[part], series.counts[part]

    def last_week_of(*wanted: PostKind) -> Instant | None:
        found = weeks[counts[:, wanted].sum(axis=1) > 0]
        return min(next_week(int(found[-1]), zone), bounds.until) - 1 if found.size else None

    return last_week_of(PostKind.ORIGINAL), last_week_of(*_ANSWERS), last_week_of(PostKind.REPOST)


def _by_kind(counts: NDArray[np.int64]) -> tuple[int, int, int, int]:
    original, reply, repost, quote = (int(count) for count in counts)
    return original, reply, repost, quote
