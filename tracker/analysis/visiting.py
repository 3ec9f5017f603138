"""When to visit an account again.

The objective: the least mean delay between publication and collection, over all posts, for so many visits a day; and
no account is left alone longer than a floor.

If a visit costs c and a post costs the time for which it waits, a round of length T with n(T) posts that have waited
D(T) together costs (c + D(T)) / T in the long run. That is least where T n(T) - D(T) = c. The left side is the sum,
over the waiting posts, of how long after the last visit they came: the integral of u r(u) for a rate r. It is the
index of an account, in seconds, and c is the price of a visit: an account is due when its expected index reaches the
price. At a constant rate r this means r T^2 / 2 = c: visits are as frequent as the square root of the rate says. That
is the best way to share visits out among constant rates (least sum of r / 2f for a given sum of f). The price is the
same for all accounts, and found so that their visits add up to what is allowed.

The rate that is expected is learnt from the times of posts: how many there were lately, at which hours of the day,
and whether a burst is going on, as in a Hawkes process with an exponential kernel, where posts bring others.

Everything is in seconds, and computed for many accounts at once; one account is an array of length one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.domain.instants import DAY, HOUR, MINUTE, Instant
from tracker.domain.intervals import Intervals

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RATE_MEMORY = 7 * DAY
"""What an account did so long ago counts 1/e of what it does now."""
RHYTHM_MEMORY = 28 * DAY
"""The same for its hours of the day, which are many to learn and change less."""
HISTORY = 2 * RHYTHM_MEMORY
"""Posts that are older than this need not be looked up."""
PRIOR_POSTS, PRIOR_TIME = 0.5, 12 * HOUR
"""What is assumed to have been seen of every account before anything was: a post a day, and little of it."""
POOLED_POSTS = 40.0
"""An account's own hours weigh as much as those of all accounts when it has published so many posts."""
OFFSPRING = 0.3
"""How many posts a post brings about, on average."""
BURST = 20 * MINUTE
"""After how long a post brings them, on average."""
STEP = 15 * MINUTE
"""How far apart the moments are at which the index is worked out; between them it is interpolated."""
BEFORE, AFTER = np.roll(np.arange(24), 1), np.roll(np.arange(24), -1)
"""The hours beside each."""
LATEST = 95 / 96
"""Share of the floor after which an account is due in any case: of a day, a quarter of an hour is kept in hand for
its turn to come."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one account."""

    times: Integers
    """When it published, ascending."""
    covered: Intervals
    """When it was watched."""


@dataclass(slots=True)
class Habits:
    """How some accounts publish, as far as was seen up to the last look at each."""

    posts: Floats
    """How many, recent ones counting more."""
    watched: Floats
    """For how long they were watched, weighted in the same way."""
    hours: Floats
    """How many by hour of the day (UTC), one row an account; weighted, with the longer memory."""
    heat: Floats
    """How many just now: weighted with the length of a burst."""
    looked_at: Floats

    @staticmethod
    def unknown(accounts: int) -> Habits:
        """So many accounts of which nothing was seen."""
        nothing = np.zeros((4, accounts))
        return Habits(nothing[0], nothing[1], np.zeros((accounts, 24)), nothing[2], nothing[3])

    @staticmethod
    def of(accounts: Sequence[Seen]) -> Habits:
        """The habits that all that is known of these accounts shows."""
        habits = Habits.unknown(len(accounts))
        for row, seen in enumerate(accounts):
            who = np.array([row])
            for since, until in seen.covered:
                first, last = np.searchsorted(seen.times, (since, until))
                habits.look(who, since, until, np.full(last - first, row), seen.times[first:last])
        return habits

    def look(
        self, who: Integers, since: Floats | int, until: Floats | int, whose: Integers, times: Integers | Floats
    ) -> None:
        """Take up what `who` published from `since` until `until`: the `times`, and `whose` each is."""
        passed = until - self.looked_at[who]
        fade = np.exp(-passed / RATE_MEMORY)
        self.watched[who] = self.watched[who] * fade - RATE_MEMORY * np.expm1((since - until) / RATE_MEMORY)
        self.posts[who] *= fade
        self.hours[who] *= np.exp(-passed / RHYTHM_MEMORY)[:, None]
        self.heat[who] *= np.exp(-passed / BURST)
        self.looked_at[who] = until
        ages = np.maximum(self.looked_at[whose] - times, 0.0)
        np.add.at(self.posts, whose, np.exp(-ages / RATE_MEMORY))
        np.add.at(self.hours, (whose, _hour(times)), np.exp(-ages / RHYTHM_MEMORY))
        np.add.at(self.heat, whose, np.exp(-ages / BURST))

    def take(self, who: Integers) -> Habits:
        """The habits of some of the accounts."""
        return Habits(self.posts[who], self.watched[who], self.hours[who], self.heat[who], self.looked_at[who])

    @property
    def rates(self) -> Floats:
        """Posts a second to be expected of each account, over a whole day.

        The mean of the gamma distribution that the posts leave of what was assumed; a visit shows every post with its
        time, so nothing is hidden between two visits.
        """
        return (PRIOR_POSTS + self.posts) / (PRIOR_TIME + self.watched)

    @property
    def rhythm(self) -> Floats:
        """How many times its mean the rate of all accounts together is, by hour of the day (UTC)."""
        return _shape(self.hours.sum(axis=0) + 1.0)

    def shapes(self, rhythm: Floats) -> Floats:
        """The same for each account: its own hours, and the more of the common `rhythm` the fewer they are."""
        return _shape(self.hours + POOLED_POSTS / 24 * rhythm)


def _hour(times: Integers | Floats) -> Integers:
    hours: Integers = (times // HOUR % 24).astype(np.int64)
    return hours


def _shape(hours: Floats) -> Floats:
    """Counts by hour, smoothed with the hours beside them, as multiples of their mean."""
    smooth = 0.5 * hours + 0.25 * (hours[..., BEFORE] + hours[..., AFTER])
    shape: Floats = smooth / smooth.mean(axis=-1, keepdims=True)
    return shape


@dataclass(frozen=True, slots=True)
class Policy:
    """The index at which an account is due, and the bounds of every interval; all in seconds."""

    price: float
    """What a visit costs, counted in the time for which posts wait."""
    rhythm: Floats
    """Of all accounts together."""
    shortest: float
    longest: float
    """The floor: no account is left alone longer."""

    def waits(self, habits: Habits) -> Floats:
        """Seconds from the last look at each account until it is due again."""
        return self.waits_for(habits.rates, habits.shapes(self.rhythm), habits)

    def waits_for(self, rates: Floats, shapes: Floats, habits: Habits) -> Floats:
        """The same if these are the accounts' rates, in posts a second, and their shapes of the day."""
        latest = self.longest * LATEST
        ends = STEP * np.arange(1.0, max(np.ceil(latest / STEP), 1.0) + 1.0)
        usual, bursting = _moments(ends)
        hours = _hour(habits.looked_at[:, None] + ends - STEP / 2)
        expected = rates[:, None] * np.take_along_axis(shapes, hours, axis=1)
        index = np.cumsum(expected * np.diff(usual - OFFSPRING * bursting, prepend=0.0), axis=1)
        index += (OFFSPRING / BURST * habits.heat)[:, None] * bursting
        # While a rate stays, the root of the index grows in proportion to the time.
        roots = np.hstack((np.zeros((len(rates), 1)), np.sqrt(index / self.price)))
        step = (roots[:, 1:] >= 1.0).argmax(axis=1)
        row = np.arange(len(step))
        before, after = roots[row, step], roots[row, step + 1]
        waits = np.where(after >= 1.0, STEP * (step + (1.0 - before) / (after - before)), latest)
        return np.clip(waits, min(self.shortest, latest), latest)

    def next_visit_at(self, seen: Seen, now: Instant) -> Instant:
        """When an account is due that has been visited just now; one that was never looked at counts as seen now."""
        habits = Habits.of([seen])
        if not seen.covered:
            habits.looked_at[:] = now
        due = habits.looked_at[0] + self.waits(habits)[0]
        return int(max(due, now + self.shortest))


def _moments(ends: Floats) -> tuple[Floats, Floats]:
    """The integrals of u and of u exp(-k u) from 0 to each end; k tells how a burst fades whose posts bring posts."""
    k = (1.0 - OFFSPRING) / BURST
    return ends**2 / 2, (1.0 - (1.0 + k * ends) * np.exp(-k * ends)) / k**2


def price_of(rates: Floats, shapes: Floats, visits_a_day: float, shortest: float, longest: float) -> float:
    """The price at which accounts of these rates and shapes of the day need so many visits a day.

    Each follows the square-root law hour by hour, and the bounds on the whole. The floor goes first: where it alone
    needs more visits than that, they are made.
    """
    roots = np.sqrt(rates[:, None] * shapes / 2).mean(axis=1)
    if not roots.size:
        return 1.0
    low, high = np.log(roots.min() * shortest), np.log(roots.max() * longest)
    while high - low > 1e-6:
        middle = (low + high) / 2
        visits = DAY * np.clip(roots / np.exp(middle), 1 / longest, 1 / shortest).sum()
        low, high = (middle, high) if visits > visits_a_day else (low, middle)
    return float(np.exp(low + high))


def corrected(excess: float, made: int, over: float, visits_a_day: float) -> float:
    """How many times more visits are made than the law foresees, after `made` visits in `over` seconds.

    A day of twice the visits allowed multiplies it by e. It stays between a half and two, so that it finds back from
    a time in which there was too little, or too much, to do.
    """
    beyond = made / visits_a_day - over / DAY
    return float(np.clip(excess * np.exp(np.clip(beyond, -1.0, 1.0)), 0.5, 2.0))


def policy_for(habits: Habits, visits_a_day: float, shortest: float, longest: float) -> Policy:
    """The policy under which these accounts need so many visits a day."""
    rhythm = habits.rhythm
    price = price_of(habits.rates, habits.shapes(rhythm), visits_a_day, shortest, longest)
    return Policy(price, rhythm, shortest, longest)
