"""The exact interval of a Poisson count, without a statistics library."""

from __future__ import annotations

import math

import numpy as np

_STEPS = 100


def poisson_interval(count: int, level: float = 0.95) -> tuple[float, float]:
    """The exact (Garwood) interval of the mean of which `count` was counted.

    F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936): the means under which so many or
    more, and so many or fewer, would be counted with half of the remaining probability each.
    """
    tail = (1 - level) / 2
    high = _mean_with(count, tail)
    return (_mean_with(count - 1, 1 - tail) if count else 0.0), high


def _mean_with(count: int, probability: float) -> float:
    """The mean under which `count` or fewer are counted with this probability, by bisection."""
    numbers = np.arange(count + 1)
    factorials = np.concatenate(([0.0], np.cumsum(np.log(numbers[1:]))))  # their logarithms
    below, above = 0.0, count + 10.0 * math.sqrt(count + 1) + 10.0
    for _ in range(_STEPS):
        mean = (below + above) / 2
        if float(np.exp(numbers * math.log(mean) - mean - factorials).sum()) > probability:
            below = mean
        else:
            above = mean
    return (below + above) / 2
