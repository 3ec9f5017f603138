"""One account counted period by period: posts of each kind, posts while restricted, time asked for and covered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.counting import Flags, Times, counts_between, inside, length_before, touches
from tracker.analysis.series import PostSeries, Series, WeekSeries
from tracker.analysis.units import Sight
from tracker.domain.intervals import Interval
from tracker.domain.restrictions import Exposure
from tracker.domain.words import PostKind

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tallies:
    """Arrays with one element a period; sums of those of several accounts too."""

    kinds: Counts
    """Shape (4, periods): posts by PostKind, of those that were read."""
    counted: Times
    """Posts that the platform counted besides, without reposts."""
    restricted: Times
    uncertain: Times
    asked: Times
    """Seconds of the period in which the account existed, was listed and was asked about."""
    covered: Times
    """Seconds of those that were looked at."""
    by_count: Times
    """Seconds of these in which the platform counted, and no post was read."""

    @property
    def posts(self) -> Times:
        total: Times = self.kinds.sum(axis=0) + self.counted
        return total

    @property
    def read(self) -> Flags:
        """Whether something is known of the kinds of posts."""
        flags: Flags = (self.covered > self.by_count) | (self.kinds.sum(axis=0) > 0)
        return flags

    @property
    def known(self) -> Flags:
        """False: there is no data."""
        flags: Flags = (self.covered > 0) | (self.posts > 0)
        return flags

    @property
    def full(self) -> Flags:
        """Whether all of what was asked for, and anything, was read."""
        flags: Flags = (self.asked > 0) & (self.covered == self.asked) & (self.by_count == 0)
        return flags

    def __add__(self, other: Tallies) -> Tallies:
        return Tallies(
            self.kinds + other.kinds,
            self.counted + other.counted,
            self.restricted + other.restricted,
            self.uncertain + other.uncertain,
            self.asked + other.asked,
            self.covered + other.covered,
            self.by_count + other.by_count,
        )

    def only(self, where: Flags) -> Tallies:
        """Nothing but in the periods that are True."""
        return Tallies(
            self.kinds * where,
            self.counted * where,
            self.restricted * where,
            self.uncertain * where,
            self.asked * where,
            self.covered * where,
            self.by_count * where,
        )


def together(tallies: Iterable[Tallies]) -> Tallies:
    """The sum; there is at least one."""
    return reduce(lambda one, other: one + other, tallies)


def tallies_of(series: Series, edges: Times, bounds: Interval, sight: Sight, exposed: Exposure) -> Tallies:
    """Count the series between the edges; there is one period fewer than edges.

    Posts are counted in `bounds`, the time asked for; `sight` is that of the bounds, and says how much of it was
    looked at. Of an at-risk account the edges and the bounds must be those of its weeks.
    """
    cut = np.clip(edges, bounds.since, max(bounds))
    kinds, restricted, uncertain = (
        _of_weeks(series, edges, cut, exposed) if isinstance(series, WeekSeries) else _of_posts(series, cut, exposed)
    )
    seen = np.clip(edges, sight.window.since, max(sight.window))
    pieces = series.counted.within(sight.window)
    certain, doubtful, _ = pieces.exposed(exposed)
    by_count = pieces.summed(pieces.length, seen)
    return Tallies(
        kinds,
        pieces.summed(pieces.posts, seen),
        restricted + pieces.summed(pieces.posts * certain, seen),
        uncertain + pieces.summed(pieces.posts * doubtful, seen),
        np.diff(seen),
        np.diff(length_before(seen, sight.read)) + by_count,
        by_count,
    )


def _of_posts(series: PostSeries, cut: Times, exposed: Exposure) -> tuple[Counts, Times, Times]:
    times = series.posted_at
    kinds = np.array([counts_between(times[series.kind == kind], cut) for kind in PostKind], dtype=np.int64)
    return kinds, counts_between(times, cut, exposed.restricted), counts_between(times, cut, exposed.uncertain)


def _of_weeks(series: WeekSeries, edges: Times, cut: Times, exposed: Exposure) -> tuple[Counts, Times, Times]:
    """A week that is only partly restricted is uncertain."""
    places = np.searchsorted(series.week, cut)
    sums = np.vstack([np.zeros((1, len(PostKind)), np.int64), np.cumsum(series.counts, axis=0)])
    kinds: Counts = np.diff(sums[places], axis=0).T
    posts = kinds.sum(axis=0)
    restricted = inside(edges[:-1], edges[1:], exposed.restricted)
    doubtful = touches(edges[:-1], edges[1:], exposed.restricted | exposed.uncertain) & ~restricted
    return kinds, posts * restricted, posts * doubtful
