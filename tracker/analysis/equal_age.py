"""Counters of posts at one age: of each post the first snapshot taken at or after that age.

A post collects likes for days; a post of this morning beside one of last year says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.counting import slice_of
from tracker.analysis.history import ABSENT, COUNTERS, PARTS, History, Numbers
from tracker.analysis.series import PostSeries
from tracker.domain.intervals import Interval
from tracker.domain.words import Platform, PostKind


@dataclass(frozen=True, slots=True)
class Counted:
    """The original posts of one or more accounts that have counters of one age; aligned arrays."""

    counters: Numbers
    """Shape (len(COUNTERS), posts); ABSENT where the platform does not say."""
    age: Numbers
    """Seconds from the post to the snapshot that was used."""
    per_subscriber: NDArray[np.float64]
    """Views ÷ subscribers; one place for each post where both are known, so it may be shorter."""
    without: int
    """How many original posts have no counters of that age."""

    @property
    def engagement(self) -> Numbers:
        """The sum of a post's parts; of the posts for which at least one part is given."""
        parts = self.counters[: len(PARTS)]
        given = (parts != ABSENT).any(axis=0)
        engagement: Numbers = np.maximum(parts, 0).sum(axis=0)[given]
        return engagement


def counted_at(history: History, windows: Sequence[Interval], ages: Sequence[int]) -> list[Counted]:
    """The counters of the account's original posts in the windows, which do not overlap, at each age in seconds.

    Snapshots that lead to the same choice for two ages give the same object twice.
    """
    post, posted_at = _originals(history, windows)
    snapshots = history.snapshots
    place = np.minimum(np.searchsorted(post, snapshots.post), post.size - 1)
    usable = np.flatnonzero(post[place] == snapshots.post) if post.size else np.empty(0, np.int64)
    place = place[usable]
    age = snapshots.taken_at[usable] - posted_at[place]
    found: list[Counted] = []
    chosen_before: Numbers | None = None
    for wanted in ages:
        old = np.flatnonzero(age >= wanted)
        # Snapshots are sorted by post and time, so the first one of a run is the first that is old enough.
        chosen = old[np.diff(place[old], prepend=-1) != 0]
        if chosen_before is not None and np.array_equal(chosen, chosen_before):
            found.append(found[-1])
            continue
        counters = snapshots.counters[:, usable[chosen]]
        taken_at = snapshots.taken_at[usable[chosen]]
        reach = _per_subscriber(history, counters[COUNTERS.index("views")], taken_at)
        found.append(Counted(counters, age[chosen], reach, post.size - chosen.size))
        chosen_before = chosen
    return found


def together(parts: Sequence[Counted]) -> Counted:
    """Several accounts as one."""
    if len(parts) == 1:
        return parts[0]
    return Counted(
        np.concatenate([part.counters for part in parts], axis=1),
        np.concatenate([part.age for part in parts]),
        np.concatenate([part.per_subscriber for part in parts]),
        sum(part.without for part in parts),
    )


def top_tenth(engagement: Numbers) -> tuple[int, int, float | None]:
    """How many the top tenth are (rounded up), what all have together, and the share of it that the top tenth has."""
    top, total = -(-engagement.size // 10), int(engagement.sum())
    if not total:
        return top, total, None
    beyond = engagement.size - top
    return top, total, int(np.partition(engagement, beyond)[beyond:].sum()) / total


def _originals(history: History, windows: Sequence[Interval]) -> tuple[Numbers, Numbers]:
    """Ids, ascending, and times of the original posts in the windows."""
    series = history.series
    if not isinstance(series, PostSeries):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    places = [np.arange(part.start, part.stop) for part in (slice_of(series.posted_at, each) for each in windows)]
    place = np.concatenate(places) if places else np.empty(0, np.int64)
    place = place[series.kind[place] == PostKind.ORIGINAL]
    post, posted_at = history.post[place], series.posted_at[place]
    if (post[1:] < post[:-1]).any():
        order = np.argsort(post)
        post, posted_at = post[order], posted_at[order]
    return post, posted_at


def _per_subscriber(history: History, views: Numbers, taken_at: Numbers) -> NDArray[np.float64]:
    """Views ÷ subscribers at the last profile snapshot by then, else at the first one after; on Telegram only."""
    followers = history.followers
    if history.series.observed.account.platform is not Platform.TELEGRAM or not followers.count.size:
        return np.empty(0, np.float64)
    latest = np.maximum(np.searchsorted(followers.taken_at, taken_at, side="right") - 1, 0)
    subscribers = followers.count[latest]
    known = (views != ABSENT) & (subscribers > 0)
    share: NDArray[np.float64] = views[known] / subscribers[known]
    return share
