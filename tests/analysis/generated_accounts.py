"""Accounts with known truth: all generated, from fixed seeds, none of them ever silenced."""

from __future__ import annotations

import numpy as np

from tests.analysis.making import at
from tracker.analysis.counting import Times
from tracker.domain.instants import DAY, HOUR

SINCE = at("2020-01-01")
YEARS = 2
UNTIL = SINCE + YEARS * 365 * DAY


def bursty(seed: int) -> Times:
    """Posts in bursts of a few minutes, with heavy-tailed pauses between bursts, and none at night."""
    chance = np.random.default_rng(seed)
    pauses = chance.lognormal(np.log(chance.uniform(6, 30) * HOUR), 1.3, 4000)
    bursts = SINCE + np.cumsum(pauses)
    bursts = bursts[bursts < UNTIL]
    sizes = chance.geometric(0.35, bursts.size)
    times = np.repeat(bursts, sizes) + chance.exponential(8 * 60, int(sizes.sum()))
    return _awake(times)


def steady(seed: int) -> Times:
    """A Poisson process of one to six posts a day."""
    chance = np.random.default_rng(seed)
    gaps = chance.exponential(DAY / chance.uniform(1, 6), 6000)
    times = SINCE + np.cumsum(gaps)
    return np.unique(times[times < UNTIL].astype(np.int64))


def _awake(times: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Times:
    """What would fall between midnight and seven is said in the morning."""
    whole = times.astype(np.int64)
    hour = whole % DAY
    moved: Times = np.unique(np.where(hour < 7 * HOUR, whole - hour + 7 * HOUR + hour // 7, whole))
    return moved[moved < UNTIL]
