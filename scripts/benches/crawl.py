"""How long posts wait to be collected: the visiting policy against other ways to spend the same requests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field

import numpy as np

from scripts.benches.crawl_world import (
    BURSTY,
    HISTORY_DAYS,
    RHYTHMIC,
    Outcome,
    Scenario,
    World,
    simulate,
    world_of,
)
from scripts.benches.measuring import Effort, Metric, Result
from tracker.analysis.visiting import Floats, Habits, Integers, Policy, corrected, policy_for, price_of
from tracker.config.settings import VisitSettings
from tracker.domain.instants import DAY, HOUR

ACCOUNTS, DAYS, SEEDS = 1_000, 28, (1, 2, 3)
FEWEST_ACCOUNTS, FEWEST_DAYS = 20, 4
"""With less, nothing can be said of a delay."""
QUARTERS = 96
"""Of an hour, in a day."""
VISITS = VisitSettings()
SCENARIOS: Mapping[str, tuple[Scenario, float]] = {"rhythmic": (RHYTHMIC, 0.5), "bursty": (BURSTY, 0.4)}
"""With the share of uniform's mean delay that is wanted at most."""
OURS, UNIFORM, TOLD = "tracker", "uniform", "tracker, told the true rates"
COLUMNS = ("mean", "median", "p95", "requests", "in 15 min", "hours alone")
"""Minutes; requests a day, the most of them in a quarter of an hour; the longest that an account was left alone."""


def crawl(effort: Effort) -> Result:
    """Minutes from publication to collection; every way has as many requests a day as ours has made."""
    accounts, days = max(effort.of(ACCOUNTS), FEWEST_ACCOUNTS), max(effort.of(DAYS), FEWEST_DAYS)
    seeds = SEEDS[: effort.rounds]
    lines: list[str] = []
    metrics: list[Metric] = []
    for name, (scenario, wanted) in SCENARIOS.items():
        runs = [_outcomes(world_of(scenario, accounts, days, seed)) for seed in seeds]
        lines.append(f"{name:<28}" + "".join(f"{column:>12}" for column in COLUMNS))
        for way in runs[0]:
            figures = np.mean([astuple(run[way]) for run in runs], axis=0)
            lines.append(f"{way:<28}" + "".join(f"{figure:>12,.1f}" for figure in figures))
        mean = [[run[way].mean for run in runs] for way in (OURS, UNIFORM, TOLD)]
        p95 = [[run[way].p95 for run in runs] for way in (OURS, UNIFORM)]
        metrics += [
            Metric(f"{name}_mean_over_uniform", _ratio(mean[0], mean[1]), at_most=wanted),
            Metric(f"{name}_mean_over_oracle", _ratio(mean[0], mean[2])),
            Metric(f"{name}_p95_over_uniform", _ratio(p95[0], p95[1]), at_most=1),
        ]
    task = f"delay in minutes of the posts of {accounts:,} accounts in {days} days, mean of {len(seeds)} seeds"
    return Result(task, tuple(metrics), lines=tuple(lines))


def _outcomes(world: World) -> dict[str, Outcome]:
    """What comes of each way to spend the same requests."""
    cap = math.ceil(2 * VISITS.requests_a_day * world.accounts / QUARTERS)
    ours = simulate(world, Ours(world, VISITS.requests_a_day * world.accounts), cap)
    a_day = ours.requests_a_day
    outcomes = {
        UNIFORM: simulate(world, Even.sharing(np.ones(world.accounts), a_day), cap),
        "proportional to true rates": simulate(world, Even.sharing(world.rates, a_day), cap),
        "square root of true rates": simulate(world, Even.sharing(np.sqrt(world.rates), a_day), cap),
        OURS: ours,
        TOLD: simulate(world, Told(world, a_day), cap),
    }
    for way in (OURS, TOLD):
        if outcomes[way].most_in_a_quarter > cap or outcomes[way].hours_alone > VISITS.longest_interval / HOUR:
            raise AssertionError(f"{way} went beyond its bounds: {outcomes[way]}")
    return outcomes


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The mean of the ratios of each seed."""
    return float(np.mean(np.divide(ours, theirs)))


@dataclass(slots=True)
class Even:
    """Each account in equal intervals, as often as its share of the visits says, but not beyond the floor."""

    every: Floats

    @classmethod
    def sharing(cls, shares: Floats, visits_a_day: float) -> Even:
        floor, often = 1 / VISITS.longest_interval, visits_a_day / DAY
        low, high = 0.0, often / shares.min()
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (low, middle) if np.maximum(shares * middle, floor).sum() > often else (middle, high)
        return cls(1 / np.maximum(shares * low, floor))

    def begin(self, last: Floats) -> Floats:
        return last / HOUR * self.every + self.every

    def hour(self, now: float) -> None: ...

    def visited(self, who: Integers, due: Floats, last: Floats, now: float) -> Floats:
        return due + self.every[who]


@dataclass(slots=True)
class Ours:
    """The program's policy, having read the history of each account."""

    world: World
    visits_a_day: float
    habits: Habits = field(init=False)
    policy: Policy = field(init=False)
    excess: float = 1.0
    made: int = 0

    def begin(self, last: Floats) -> Floats:
        everyone = np.arange(self.world.accounts)
        since = np.full(everyone.size, -float(HISTORY_DAYS * DAY))
        self.habits = Habits.unknown(everyone.size)
        whose, times = self.world.between(everyone, since, last)
        self.habits.look(everyone, since, last, whose, times)
        self.policy = self.policy_at(0.0, self.visits_a_day)
        return last + self.waits(everyone, 0.0)

    def hour(self, now: float) -> None:
        if now:
            self.excess = corrected(self.excess, self.made, HOUR, self.visits_a_day)
            self.policy = self.policy_at(now, self.visits_a_day / self.excess)
            self.made = 0

    def visited(self, who: Integers, due: Floats, last: Floats, now: float) -> Floats:
        self.made += who.size
        self.habits.look(who, last, np.full(who.size, now), *self.world.between(who, last, np.full(who.size, now)))
        return now + self.waits(who, now)

    def policy_at(self, now: float, visits_a_day: float) -> Policy:
        return policy_for(self.habits, visits_a_day, VISITS.shortest_interval, VISITS.longest_interval)

    def waits(self, who: Integers, now: float) -> Floats:
        return self.policy.waits(self.habits.take(who))


@dataclass(slots=True)
class Told(Ours):
    """The same policy, told the true rates of the day and hour."""

    def policy_at(self, now: float, visits_a_day: float) -> Policy:
        bounds = VISITS.shortest_interval, VISITS.longest_interval
        price = price_of(self.world.rates_at(now), self.world.shapes, visits_a_day, *bounds)
        return Policy(price, np.ones(24), *bounds)

    def waits(self, who: Integers, now: float) -> Floats:
        return self.policy.waits_for(self.world.rates_at(now)[who], self.world.shapes[who], self.habits.take(who))
