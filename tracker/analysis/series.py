"""What analysis works on: one account's posts as arrays, with the coverage beneath them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.counted import NOTHING_COUNTED, Counted
from tracker.domain.instants import Instant
from tracker.domain.intervals import Intervals
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import ListedAccount


class Borne(NamedTuple):
    """A handle that an account has borne."""

    handle: str
    first_seen: Instant
    last_seen: Instant


@dataclass(frozen=True, slots=True)
class Observed:
    """What was looked at: the same for every account, however its posts are kept."""

    account: ListedAccount
    coverage: Intervals
    """The instants for which every post that was there when we looked is known, read or counted by the platform."""
    created_at: Instant | None
    """When the account was made, where the platform says so."""
    last_look: Instant | None
    """When the timeline was last read successfully; None: never."""
    state: str | None
    """The account's present state if it is one of outcomes.ACCOUNT_STATES, else None."""
    state_since: Instant | None = None
    """When that state was first seen."""
    ended: OutcomeKind | None = None
    """How its last visit ended, or why the next is not made; None: never."""
    handles: tuple[Borne, ...] = ()
    """The handles that a named account has borne, the one seen last at the end."""


@dataclass(frozen=True, slots=True)
class PostSeries:
    """A named account: the times and kinds of its posts, sorted by time."""

    observed: Observed
    posted_at: NDArray[np.int64]
    """Instants, ascending."""
    kind: NDArray[np.uint8]
    """PostKind values, aligned with posted_at."""
    counted: Counted = NOTHING_COUNTED
    """What the platform counted where no posts were read; its time is in the coverage."""


@dataclass(frozen=True, slots=True)
class WeekSeries:
    """An at-risk account: how many posts of each kind in each week, and nothing finer."""

    observed: Observed
    week: NDArray[np.int64]
    """First instants of local ISO weeks, ascending."""
    counts: NDArray[np.int64]
    """Shape (weeks, 4): posts by PostKind."""
    counted: Counted = NOTHING_COUNTED
    """Whole weeks that the platform counted."""


Series = PostSeries | WeekSeries
