"""What analysis of influence works on: an account's posts with their counters, and its followers, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.series import Series

Numbers = NDArray[np.int64]

PARTS = ("likes", "reposts", "replies", "quotes", "reactions")
"""What engagement is the sum of; each platform gives some of them."""
COUNTERS = (*PARTS, "views")
"""The rows of `Snapshots.counters`."""
ABSENT = -1
"""In place of a number that the platform does not give."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The counters of an account's posts, sorted by post and time: one place a metric snapshot."""

    post: Numbers
    """Ids of posts."""
    taken_at: Numbers
    """Instants."""
    counters: Numbers
    """Shape (len(COUNTERS), snapshots); ABSENT where the platform does not say."""


@dataclass(frozen=True, slots=True)
class Followers:
    """An account's profile snapshots that give followers (Telegram: subscribers), sorted by time."""

    taken_at: Numbers
    count: Numbers


@dataclass(frozen=True, slots=True)
class History:
    """All of an account that influence is measured by. Of an at-risk account only the series holds anything."""

    series: Series
    post: Numbers
    """Ids of the posts, aligned with a PostSeries."""
    snapshots: Snapshots
    followers: Followers
    deleted: int = 0
    """How many of the posts are known to be deleted by now."""
    edited: int = 0
    """Of how many posts an earlier text is kept."""


def empty_snapshots() -> Snapshots:
    """Of an account whose posts have no counters."""
    return Snapshots(_none(), _none(), np.empty((len(COUNTERS), 0), np.int64))


def only_series(series: Series) -> History:
    """The history of an account of which nothing but the series may be known, or is: no post has a name in it."""
    return History(series, _none(), empty_snapshots(), Followers(_none(), _none()))


def _none() -> Numbers:
    return np.empty(0, np.int64)
