"""A generated world of accounts that publish, and visiting it minute by minute.

The rates of accounts differ by four orders of magnitude and drift from day to day, most accounts keep the evening
hours of one zone, and a post brings others (a Hawkes process). Time is in seconds from 0, with a history before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tracker.analysis.visiting import Floats, Integers
from tracker.domain.instants import DAY, HOUR, MINUTE

HISTORY_DAYS = 14
WARM_UP = 2 * DAY
"""Posts of the first days are not counted, nor those of the last, which nobody might come to see."""
QUARTER = 15 * MINUTE
SPAN = 1e9
"""Longer than any world: account * SPAN + time sorts the posts of all accounts in one array."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """How many posts a post brings about: for each account a number between the two."""

    least_offspring: float
    most_offspring: float


RHYTHMIC, BURSTY = Scenario(0.0, 0.6), Scenario(0.5, 0.9)


@dataclass(frozen=True, slots=True)
class World:
    """What really happens."""

    accounts: int
    days: int
    rates: Floats
    """The mean posts a second of each account: the truth."""
    drift: Floats
    """Its factor day by day, history included: a row an account."""
    shapes: Floats
    """Its factor by hour of the day."""
    posts: Floats
    """account * SPAN + time, ascending."""

    def between(self, who: Integers, since: Floats, until: Floats) -> tuple[Integers, Floats]:
        """The posts of these accounts after `since` and up to `until`: whose they are, and their times."""
        first = np.searchsorted(self.posts, who * SPAN + since, side="right")
        many = np.searchsorted(self.posts, who * SPAN + until, side="right") - first
        whose = np.repeat(who, many)
        at = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first, many)
        return whose, self.posts[at] - whose * SPAN

    def rates_at(self, now: float) -> Floats:
        """The true rate of each account on that day, over the whole day."""
        today: Floats = self.rates * self.drift[:, HISTORY_DAYS + min(int(now // DAY), self.days - 1)]
        return today


def world_of(scenario: Scenario, accounts: int, days: int, seed: int) -> World:
    """A world of so many days, the same for the same seed."""
    chance = np.random.default_rng(seed)
    all_days = HISTORY_DAYS + days
    rates = np.clip(np.exp(chance.normal(0.0, 1.8, accounts)), 0.01, 100.0) / DAY
    shapes = _shapes(chance, accounts)
    drift = _drift(chance, accounts, all_days)
    offspring = chance.uniform(scenario.least_offspring, scenario.most_offspring, accounts)
    hourly = (drift[:, :, None] * shapes[:, None, :]).reshape(accounts, all_days * 24)
    many = chance.poisson(hourly * (rates * (1 - offspring) * HOUR)[:, None])
    whose, hour = np.repeat(np.indices(many.shape).reshape(2, -1), many.ravel(), axis=1)
    times = (hour + chance.random(hour.size)) * HOUR
    generations = [(whose, times)]
    while whose.size:
        children = chance.poisson(offspring[whose])
        whose, times = np.repeat(whose, children), np.repeat(times, children)
        times = times + chance.exponential(20 * MINUTE, times.size)
        generations.append((whose, times))
    whose, times = (np.concatenate(column) for column in zip(*generations, strict=True))
    seen = times < all_days * DAY
    posts = np.sort(whose[seen] * SPAN + times[seen] - HISTORY_DAYS * DAY)
    return World(accounts, days, rates, drift, shapes, posts)


def _shapes(chance: np.random.Generator, accounts: int) -> Floats:
    """Days of two waves. Four accounts of five have their peak at about 20 o'clock, the others anywhere."""
    abroad = chance.random(accounts) >= 0.8
    peak = 20.0 + chance.normal(0.0, 1.5, accounts) + abroad * chance.uniform(0, 24, accounts)
    angle = 2 * np.pi * (np.arange(24) + 0.5 - peak[:, None]) / 24
    first, second = chance.uniform(0.4, 0.9, accounts), chance.uniform(0.0, 0.3, accounts)
    shapes = np.maximum(0.05, 1 + first[:, None] * np.cos(angle) + second[:, None] * np.cos(2 * angle))
    relative: Floats = shapes / shapes.mean(axis=1, keepdims=True)
    return relative


def _drift(chance: np.random.Generator, accounts: int, days: int) -> Floats:
    """The logarithm wanders: a tenth of it is forgotten each day, with a standard deviation of a half."""
    kept, spread = 0.9, 0.5
    wander = np.empty((accounts, days))
    wander[:, 0] = chance.normal(0.0, spread, accounts)
    for day in range(1, days):
        wander[:, day] = kept * wander[:, day - 1] + chance.normal(0.0, spread * np.sqrt(1 - kept**2), accounts)
    return np.exp(wander - spread**2 / 2)


class Rule(Protocol):
    """A way to choose when to visit whom."""

    def begin(self, last: Floats) -> Floats:
        """When each account is due, having been visited at `last`."""
        ...

    def hour(self, now: float) -> None:
        """An hour begins."""
        ...

    def visited(self, who: Integers, due: Floats, last: Floats, now: float) -> Floats:
        """When these are due next: they were due at `due`, visited at `last` before that, and are visited now."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a rule. Delays are in minutes."""

    mean: float
    median: float
    p95: float
    requests_a_day: float
    most_in_a_quarter: int
    """Of an hour."""
    hours_alone: float
    """The longest time between two visits of one account."""


def simulate(world: World, rule: Rule, cap: int) -> Outcome:
    """Visit who is due at the end of each minute, the longest overdue first, and at most `cap` in a quarter hour."""
    last = -np.random.default_rng(world.accounts).permutation(world.accounts) / world.accounts * HOUR
    due = rule.begin(last)
    visits: list[Floats] = []
    most = used = 0
    alone = 0.0
    for now in np.arange(MINUTE, world.days * DAY + 1, MINUTE, dtype=np.float64).tolist():
        if now % HOUR == MINUTE:
            rule.hour(now - MINUTE)
        if now % QUARTER == MINUTE:
            used = 0
        who = np.flatnonzero(due <= now)
        if who.size > cap - used:
            who = who[np.argsort(due[who], kind="stable")[: cap - used]]
        if who.size:
            due[who] = rule.visited(who, due[who], last[who], now)
            alone = max(alone, float((now - last[who]).max()))
            last[who] = now
            used += who.size
            most = max(most, used)
            visits.append(who * SPAN + now)
    made = np.sort(np.concatenate(visits))
    delays = _delays(world, made) / MINUTE
    median, p95 = np.quantile(delays, (0.5, 0.95)).tolist()
    alone = max(alone, world.days * DAY - float(last.min()))
    return Outcome(float(delays.mean()), median, p95, made.size / world.days, most, alone / HOUR)


def _delays(world: World, made: Floats) -> Floats:
    """For each post that counts, the seconds until the next visit to its account."""
    times = (world.posts + SPAN / 2) % SPAN - SPAN / 2
    counted = world.posts[(times >= WARM_UP) & (times < (world.days - 1) * DAY)]
    following = np.searchsorted(made, counted)
    delays: Floats = np.append(made, np.inf)[following] - counted
    return delays[delays < SPAN / 2]  # of an account that was visited again before the end
