"""What chance alone would do: permutation tests, bootstrap intervals and false discovery rates, over whole weeks.

Counts come as one row for each account or group, weeks in order of time: as many before the event as after it. A week
is never taken apart, because the posts of one day or one hour come in bursts and are not independent of each other.
All rows share the same splits and the same draws, so two rows can be compared draw by draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Reals = NDArray[np.float64]

MOST_SPLITS = 20_000
"""Up to so many ways of splitting the weeks all are tried; of more, a random sample."""
RANDOM_SPLITS = 9_999
DRAWS = 9_999
"""Bootstrap draws."""
CONFIDENCE = 0.95
_SEED = 1401
_ROWS_AT_ONCE = 64
"""Bounds the memory: so many rows × splits or draws stand in memory together."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Ways of calling half of 2 n weeks "after"."""

    after: Reals
    """Shape (splits, 2 n): 1 where the week is on the side "after"."""
    exhaustive: bool
    """Whether these are all there are."""

    def p_of(self, as_extreme: Reals) -> Reals:
        """p-values from how many of the splits are at least as extreme as what was observed.

        A random sample leaves the observed split out, so it is added: p is never 0 (Phipson and Smyth, 2010).
        """
        if self.exhaustive:
            return as_extreme / len(self.after)
        return (as_extreme + 1) / (len(self.after) + 1)


@lru_cache(maxsize=8)
def splits_of(weeks: int) -> Splits:
    """The splits of `weeks` weeks before and as many after."""
    number = math.comb(2 * weeks, weeks)
    if number <= MOST_SPLITS:
        chosen = np.array(list(combinations(range(2 * weeks), weeks)), dtype=np.int64)
    else:
        chance = np.random.default_rng(_SEED)
        shuffled = chance.permuted(np.tile(np.arange(2 * weeks), (RANDOM_SPLITS, 1)), axis=1)
        chosen = shuffled[:, :weeks]
    after = np.zeros((len(chosen), 2 * weeks))
    np.put_along_axis(after, chosen, 1.0, axis=1)
    return Splits(after, number <= MOST_SPLITS)


def smallest_p(weeks: int) -> float:
    """The smallest p-value that so many weeks on each side can give: a split and its mirror image are as extreme."""
    number = math.comb(2 * weeks, weeks)
    return 2 / number if number <= MOST_SPLITS else 1 / (RANDOM_SPLITS + 1)


def p_of_change(counts: Counts) -> Reals:
    """For each row the two-sided permutation p-value of the difference between the posts after and before.

    With as many weeks before as after, the difference orders the splits exactly as |log rate ratio| does, and it is
    defined where a side has no post.
    """
    splits = splits_of(counts.shape[1] // 2)

    def extremes(part: Counts) -> Reals:
        differences = np.abs(2 * (splits.after @ part.T) - part.sum(axis=1))
        return _as_extreme(differences, np.abs(_side_sums(part) @ np.array([-1.0, 1.0])))

    return splits.p_of(_by_parts(extremes, counts))


def p_of_contrast(counts: Counts, other: Counts) -> Reals:
    """For each row the two-sided permutation p-value of its ratio divided by that of `other`, a single row.

    Both are split alike, week by week. Half a post is added to each side, so that no ratio is without a value.
    """
    splits = splits_of(counts.shape[1] // 2)

    def logs(after: Reals, total: Reals) -> Reals:
        return np.log(after + 0.5) - np.log(total - after + 0.5)

    theirs = logs(splits.after @ other, other.sum())
    observed_theirs = logs(other[len(other) // 2 :].sum(), other.sum())

    def extremes(part: Counts) -> Reals:
        total = part.sum(axis=1)
        observed = np.abs(logs(_side_sums(part)[:, 1], total) - observed_theirs)
        return _as_extreme(np.abs(logs(splits.after @ part.T, total) - theirs[:, np.newaxis]), observed)

    return splits.p_of(_by_parts(extremes, counts))


def interval_of_change(counts: Counts) -> Reals:
    """For each row the lower and the upper end of the rate ratio's interval; see `_interval`. Shape (rows, 2)."""

    def ends(part: Counts) -> Reals:
        before, after = _resampled(part)
        return _interval(after, before, part.shape[1] // 2)

    return _by_parts(ends, counts)


def interval_of_contrast(counts: Counts, other: Counts) -> Reals:
    """The same of each row's ratio divided by that of `other`, a single row drawn from the same weeks."""
    other_before, other_after = _resampled(other[np.newaxis])

    def ends(part: Counts) -> Reals:
        before, after = _resampled(part)
        return _interval(after * other_before, before * other_after, part.shape[1] // 2)

    return _by_parts(ends, counts)


def false_discovery(p: Reals) -> Reals:
    """The q-values of p-values that are judged together (Benjamini and Hochberg, 1995).

    Calling all with q <= x a discovery, at most the share x of the discoveries is expected to be false.
    """
    order = np.argsort(-p, kind="stable")
    ranks = np.arange(len(p), 0, -1)
    falling = np.minimum.accumulate(p[order] * len(p) / ranks)
    q = np.empty_like(p)
    q[order] = np.minimum(falling, 1.0)
    return q


def _resampled(counts: Counts) -> tuple[Reals, Reals]:
    """The sums before and after, in each draw of whole weeks within each side. Shape (draws, rows)."""
    weeks = counts.shape[1] // 2
    before, after = _draws(weeks)
    return before @ counts[:, :weeks].T, after @ counts[:, weeks:].T


@lru_cache(maxsize=8)
def _draws(weeks: int) -> tuple[Reals, Reals]:
    """How often each week of each side is drawn. Shape (draws, weeks)."""
    chance = np.random.default_rng(_SEED)
    alike = np.full(weeks, 1 / weeks)
    before, after = (chance.multinomial(weeks, alike, size=DRAWS).astype(np.float64) for _ in range(2))
    return before, after


def _interval(above: Reals, below: Reals, weeks: int) -> Reals:
    """The expanded percentile interval of above / below over the draws, for each row.

    Plain percentiles of so few weeks are too narrow: resampling n weeks understates the variance by (n - 1) / n and
    knows nothing of the uncertainty of the variance. The expanded ones (Hesterberg, 2015, section 3.3) make up for
    both: they read the percentiles at the normal probabilities of sqrt(n / (n - 1)) t, t with 2 n - 2 degrees of
    freedom. An undefined draw, 0 / 0, counts as 0 for the lower end and as infinite for the upper one.
    """
    if weeks < 2:
        return np.tile([0.0, np.inf], (above.shape[1], 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = above / below
    undefined = np.isnan(ratios)
    reach = math.sqrt(weeks / (weeks - 1)) * _student(1 - (1 - CONFIDENCE) / 2, 2 * weeks - 2)
    place = int(NormalDist().cdf(-reach) * len(ratios))
    lower = np.partition(np.where(undefined, 0.0, ratios), place, axis=0)[place]
    upper = np.partition(np.where(undefined, np.inf, ratios), -1 - place, axis=0)[-1 - place]
    return np.stack([lower, upper], axis=1)


@lru_cache(maxsize=64)
def _student(probability: float, degrees: int) -> float:
    """The quantile of Student's t with an even number of degrees of freedom, above the median (by bisection)."""
    low, high = 0.0, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        if _student_share(middle, degrees) < probability:
            low = middle
        else:
            high = middle
    return high


def _student_share(t: float, degrees: int) -> float:
    """P(T <= t) for an even number of degrees of freedom (Abramowitz and Stegun, 26.7.4)."""
    cosine_squared = degrees / (degrees + t * t)
    term = total = 1.0
    for k in range(1, degrees // 2):
        term *= cosine_squared * (2 * k - 1) / (2 * k)
        total += term
    return 0.5 + 0.5 * t / math.sqrt(degrees + t * t) * total


def _side_sums(counts: Counts) -> Reals:
    """Posts before and after. Shape (rows, 2)."""
    weeks = counts.shape[1] // 2
    return np.stack([counts[:, :weeks].sum(axis=1), counts[:, weeks:].sum(axis=1)], axis=1).astype(np.float64)


def _as_extreme(all_values: Reals, observed: Reals) -> Reals:
    """For each row in how many splits the value is at least the observed one, but for rounding."""
    extreme: Reals = (all_values >= observed - 1e-9).sum(axis=0).astype(np.float64)
    return extreme


def _by_parts(compute: Callable[[Counts], Reals], counts: Counts) -> Reals:
    """The results for all rows, computed for a few rows at a time."""
    parts = [compute(counts[start : start + _ROWS_AT_ONCE]) for start in range(0, len(counts), _ROWS_AT_ONCE)]
    return np.concatenate(parts) if parts else compute(counts)
