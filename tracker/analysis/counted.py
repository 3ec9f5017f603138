"""What a platform itself has counted, where no post was read: how many there were, not when, nor of which kind.

X counts originals, replies and quotes, and leaves reposts out. A piece of counted time can be cut by nothing: what an
edge divides belongs to neither side, and is not looked at there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.analysis.counting import Flags, Times, inside, touches
from tracker.domain.instants import DAY, HOUR
from tracker.domain.intervals import Interval, Intervals, span
from tracker.domain.records import Count
from tracker.domain.restrictions import Exposure

COUNTED_EVERY = 6
"""Local days from one count of a named account to the next: the most that recent counts are sure to hold whole."""
LONGEST_DAY = DAY + HOUR
"""On which the clocks are set back."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Pieces of time in order, none of which overlap, with the posts of each."""

    since: Times
    until: Times
    posts: Times

    @property
    def time(self) -> Intervals:
        return Intervals.of(zip(self.since.tolist(), self.until.tolist(), strict=True))

    @property
    def total(self) -> int:
        return int(self.posts.sum())

    @property
    def length(self) -> Times:
        """Of each piece, in seconds."""
        return self.until - self.since

    @property
    def active(self) -> Counted:
        """The pieces with a post."""
        return self.where(self.posts > 0)

    @property
    def days(self) -> Counted:
        """The pieces that are no longer than a day."""
        return self.where(self.length <= LONGEST_DAY)

    def where(self, chosen: Flags) -> Counted:
        """The pieces that are True."""
        return Counted(self.since[chosen], self.until[chosen], self.posts[chosen])

    def within(self, window: Interval) -> Counted:
        """The pieces that lie wholly in the window."""
        return self.where((self.since >= window.since) & (self.until <= window.until))

    def outside(self, hidden: Intervals) -> Counted:
        """The pieces that the set does not touch."""
        return self.where(~touches(self.since, self.until, hidden))

    def exposed(self, exposed: Exposure) -> tuple[Flags, Flags, Flags]:
        """Which pieces were certainly restricted, which perhaps, because only in part; which throttled."""
        restricted = inside(self.since, self.until, exposed.restricted)
        doubtful = touches(self.since, self.until, exposed.restricted | exposed.uncertain) & ~restricted
        return restricted, doubtful, inside(self.since, self.until, exposed.throttled)

    def undivided(self, edges: Sequence[int] | Times) -> Counted:
        """The pieces that lie between the first edge and the last, and that none of them divides."""
        return self.where(self._period(np.asarray(edges, dtype=np.int64)) >= 0)

    def summed(self, values: Times, edges: Sequence[int] | Times) -> Times:
        """Each piece's value added up in the period that holds it; there is one period fewer than edges."""
        ends = np.asarray(edges, dtype=np.int64)
        sums = np.zeros(max(0, ends.size - 1), dtype=np.int64)
        period = self._period(ends)
        np.add.at(sums, period[period >= 0], values[period >= 0])
        return sums

    def _period(self, edges: Times) -> Times:
        """The number of the period that holds each piece; -1: none does."""
        period = np.searchsorted(edges, self.since, side="right") - 1
        beyond = np.clip(period + 1, 0, edges.size - 1)
        held = (period >= 0) & (period < edges.size - 1) & (self.until <= edges[beyond])
        return np.where(held, period, -1)


def _nothing() -> Times:
    return np.empty(0, dtype=np.int64)


NOTHING_COUNTED = Counted(_nothing(), _nothing(), _nothing())


def counted_beside(counts: Iterable[Count], read: Intervals, own: Times) -> Counted:
    """The counts without what was read: so that no post is counted twice.

    `read` is the time in which the account's posts were read, `own` the sorted times of those that are no reposts. Of
    a piece that was read in part the rest is left, with the posts that were not read.
    """
    left: list[tuple[int, int, int]] = []
    for since, until, posts in sorted(counts):
        if left and since < left[-1][1]:
            continue  # counted twice
        rest = span(since, until) - read
        if rest:
            first, beyond = np.searchsorted(own, (since, until)).tolist()
            # Where the rest is in several parts, nobody knows which of its posts are in which.
            whole = Interval(rest.parts[0].since, rest.parts[-1].until)
            left.append((*whole, max(0, posts - (beyond - first))))
    if not left:
        return NOTHING_COUNTED
    columns = np.array(left, dtype=np.int64).T
    return Counted(columns[0], columns[1], columns[2])
