"""What the tests of change promise, on generated accounts whose truth is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from tracker.analysis.resampling import (
    false_discovery,
    interval_of_change,
    interval_of_contrast,
    p_of_change,
    p_of_contrast,
    smallest_p,
    splits_of,
)

Counts = NDArray[np.int64]


def generated(kind: str, accounts: int, weeks: int, rate: float, seed: int, ratio: float = 1.0) -> Counts:
    """Posts by week of accounts whose rate after the event is `ratio` times that before."""
    chance = np.random.default_rng(seed)
    means = np.full((accounts, 2 * weeks), float(rate))
    if kind == "bursty":
        means *= chance.gamma(1.0, 1.0, means.shape)
    if kind == "clustered":
        means *= np.exp(0.6 * _following(chance, means.shape, 0.3) - 0.18)
    means[:, weeks:] *= ratio
    return chance.poisson(means)


def _following(chance: np.random.Generator, shape: tuple[int, ...], correlation: float) -> NDArray[np.float64]:
    """Normal weeks, each correlated with the one before."""
    noise = chance.normal(size=shape)
    for week in range(1, shape[1]):
        noise[:, week] = correlation * noise[:, week - 1] + np.sqrt(1 - correlation**2) * noise[:, week]
    return noise


def naive_alarms(counts: Counts) -> float:
    """How often the test that takes each post for independent calls it a change at 5 %."""
    before, after = np.split(counts, 2, axis=1)
    difference = after.sum(axis=1) - before.sum(axis=1)
    z = np.abs(difference) / np.sqrt(np.maximum(counts.sum(axis=1), 1))
    return float((z > 1.96).mean())


@pytest.mark.parametrize(
    ("kind", "weeks", "bound"),
    [
        ("poisson", 4, 0.05),
        ("poisson", 8, 0.07),
        ("bursty", 4, 0.05),
        ("bursty", 8, 0.07),
        ("clustered", 4, 0.07),
        ("clustered", 8, 0.15),
    ],
)
def test_accounts_without_a_change_are_rarely_called_changed(kind: str, weeks: int, bound: float) -> None:
    p = p_of_change(generated(kind, 1000, weeks, 20, seed=7))
    assert (p <= 0.05).mean() <= bound


@pytest.mark.parametrize("kind", ["bursty", "clustered"])
def test_a_test_that_takes_posts_for_independent_calls_half_of_them_changed(kind: str) -> None:
    assert naive_alarms(generated(kind, 1000, 4, 20, seed=7)) > 0.45


def test_a_planted_change_is_found() -> None:
    p = p_of_change(generated("poisson", 200, 4, 20, seed=3, ratio=2.0))
    assert (p <= 0.05).mean() > 0.9


@pytest.mark.parametrize(("kind", "weeks"), [("poisson", 4), ("bursty", 4), ("poisson", 8), ("bursty", 8)])
def test_the_interval_holds_the_truth_as_often_as_the_definition_says(kind: str, weeks: int) -> None:
    ratio = 1.5
    ends = interval_of_change(generated(kind, 600, weeks, 20, seed=11, ratio=ratio))
    held = ((ends[:, 0] <= ratio) & (ratio <= ends[:, 1])).mean()
    assert 0.92 <= held <= 0.98


def test_among_many_accounts_few_of_the_discoveries_are_false() -> None:
    shares = []
    for seed in range(40):
        changed = generated("poisson", 60, 8, 20, seed, ratio=2.0)
        unchanged = generated("bursty", 240, 8, 20, seed + 1000)
        found = false_discovery(p_of_change(np.concatenate([changed, unchanged]))) <= 0.05
        shares.append(found[60:].sum() / max(1, found.sum()))
        assert found[:60].mean() > 0.8
    assert np.mean(shares) <= 0.05


def test_the_p_value_is_that_of_plain_counting() -> None:
    weeks = [3, 1, 4, 1, 5, 9, 2, 6]
    differences = [
        abs(2 * sum(weeks[place] for place in after) - sum(weeks)) for after in itertools.combinations(range(8), 4)
    ]
    observed = abs(sum(weeks[4:]) - sum(weeks[:4]))
    truth = sum(one >= observed for one in differences) / len(differences)
    assert p_of_change(np.array([weeks]))[0] == pytest.approx(truth)


def test_the_q_values_are_those_of_the_definition() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.5, 0.01])
    adjusted = {one: one * len(p) / int((p <= one).sum()) for one in p.tolist()}
    truth = [min(value for other, value in adjusted.items() if other >= one) for one in p.tolist()]
    assert false_discovery(p) == pytest.approx(truth)


def test_a_split_and_its_mirror_image_bound_p_from_below() -> None:
    extreme = np.array([[0, 0, 0, 0, 9, 9, 9, 9]])
    assert p_of_change(extreme)[0] == pytest.approx(2 / 70) == pytest.approx(smallest_p(4))
    assert p_of_change(np.array([[0, 9]]))[0] == 1.0


def test_of_very_many_splits_a_sample_is_taken_and_p_is_never_0() -> None:
    assert splits_of(8).exhaustive
    assert not splits_of(9).exhaustive
    extreme = np.array([[0] * 13 + [50] * 13])
    assert p_of_change(extreme)[0] == pytest.approx(1 / 10_000)


def test_a_change_that_the_comparison_shares_is_no_contrast() -> None:
    counts = generated("poisson", 300, 6, 20, seed=5, ratio=2.0)
    other = generated("poisson", 1, 6, 200, seed=6, ratio=2.0)[0]
    assert (p_of_contrast(counts, other) <= 0.05).mean() <= 0.08
    ends = interval_of_contrast(counts, other)
    assert ((ends[:, 0] <= 1) & (ends[:, 1] >= 1)).mean() >= 0.9
    alone = generated("poisson", 1, 6, 200, seed=6)[0]
    assert (p_of_contrast(counts, alone) <= 0.05).mean() > 0.9


def test_an_interval_without_upper_bound_is_infinite_and_not_a_number_is_never_said() -> None:
    ends = interval_of_change(np.array([[1, 0, 0, 0, 0, 1, 0, 0], [0] * 8]))
    assert not np.isnan(ends).any()
    assert ends[0, 1] == np.inf
