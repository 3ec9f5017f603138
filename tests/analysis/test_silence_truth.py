"""The rule of silence on generated accounts with known truth: how often it is wrong, and what it finds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.analysis.generated_accounts import SINCE, UNTIL, YEARS, bursty, steady
from tests.analysis.making import SETTINGS
from tracker.analysis.counting import Times
from tracker.analysis.habit import Habit, habit_of, replay
from tracker.analysis.poisson import poisson_interval
from tracker.analysis.silence_report import NO_BACKTEST, BackTest, Verdict
from tracker.domain.instants import DAY, HOUR, day_of
from tracker.domain.intervals import Intervals, span

RULE, ZONE, FRESH = SETTINGS.silence, "Asia/Tehran", SETTINGS.report.freshness
BURSTY = [bursty(seed) for seed in range(150)]
STEADY = [steady(seed) for seed in range(1000, 1040)]
EVERYTHING = span(SINCE, UNTIL)


def judged(times: Times, coverage: Intervals = EVERYTHING, as_of: int = UNTIL) -> Habit:
    return habit_of(times[times < as_of], coverage & span(SINCE, as_of), as_of, FRESH, ZONE, RULE)


def pooled(accounts: list[Times]) -> BackTest:
    return sum((judged(times).backtest for times in accounts), NO_BACKTEST)


def slowly(times: Times, coverage: Intervals) -> BackTest:
    """The replay in plain Python, gap by gap, from the definition."""
    alarms = seconds = covered = known = first = 0
    longest: int | None = None
    days = {day_of(int(times[0]), ZONE)}
    for before, after in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
        gap = after - before
        whole = any(since <= before and after <= until for since, until in coverage)
        if whole:
            if longest is not None and covered >= RULE.covered_days * DAY and len(days) >= RULE.active_days:
                first = first or known
                seconds += gap
                alarms += gap > RULE.factor * longest
            known += 1
            longest = gap if longest is None else max(longest, gap)
        covered += sum(max(0, min(after, until) - max(before, since)) for since, until in coverage)
        days.add(day_of(after, ZONE))
    return BackTest(alarms, seconds, math.log2(known / first))


@pytest.mark.parametrize("seed", [1, 2, 3, 1001])
@pytest.mark.parametrize(
    "coverage",
    [EVERYTHING, EVERYTHING - span(SINCE + 40 * DAY, SINCE + 47 * DAY) - span(SINCE + 400 * DAY, SINCE + 430 * DAY)],
    ids=["covered", "with holes"],
)
def test_the_replay_is_that_of_the_definition(seed: int, coverage: Intervals) -> None:
    times = (bursty if seed < 1000 else steady)(seed)
    assert judged(times, coverage).backtest == slowly(times, coverage)


def test_bursty_accounts_raise_less_than_one_false_alarm_a_year() -> None:
    total = pooled(BURSTY)
    assert total.years > 200
    assert total.per_year is not None
    assert 0.1 < total.per_year < 1.0


def test_steady_accounts_raise_fewer_still() -> None:
    total = pooled(STEADY)
    assert total.per_year is not None
    assert total.per_year < 0.5


def test_a_fixed_number_of_days_and_a_poisson_test_would_alarm_many_times_as_often() -> None:
    ours = pooled(BURSTY).per_year
    account_years = YEARS * len(BURSTY)
    fixed = sum(int((np.diff(times) > 4 * DAY).sum()) for times in BURSTY) / account_years
    poisson = (
        sum(int((np.exp(-np.diff(times) * times.size / (UNTIL - SINCE)) < 0.001).sum()) for times in BURSTY)
        / account_years
    )
    assert ours is not None
    assert fixed > 8 * ours
    assert poisson > 15 * ours


def test_what_the_first_half_leads_one_to_expect_comes_in_the_second() -> None:
    middle = (SINCE + UNTIL) // 2
    past = [judged(times, as_of=middle) for times in BURSTY]
    assert all(habit.limit is not None for habit in past)
    known = sum((habit.backtest for habit in past), NO_BACKTEST)
    ahead = sum(math.log2(1 + (UNTIL - middle) / habit.covered) for habit in past)
    expected = known.false_alarms / known.doublings * ahead
    came = sum((replay(times[:-1], np.diff(times), middle, RULE.factor) for times in BURSTY), NO_BACKTEST)
    assert came.false_alarms >= 20
    assert expected / 1.5 < came.false_alarms < expected * 1.5
    # An average a year would have led one to expect three times as many.
    assert known.per_year is not None
    assert known.per_year * came.years > 3 * came.false_alarms


def test_a_planted_silence_is_found_and_only_that() -> None:
    plain = [judged(times).verdict for times in BURSTY]
    assert plain.count(Verdict.ALARM) <= 5
    for times in BURSTY:
        silenced = int(times[times < UNTIL - 250 * DAY][-1])
        habit = judged(times[times <= silenced])
        assert habit.limit is not None
        assert habit.limit < 250 * DAY
        assert habit.verdict is Verdict.ALARM
        # The day before the limit is passed there is none yet.
        early = habit_of(
            times[times <= silenced], span(SINCE, silenced + habit.limit), silenced + habit.limit, FRESH, ZONE, RULE
        )
        assert early.verdict is Verdict.WITHIN_HABIT


def test_a_hole_of_an_hour_in_the_silence_blocks_the_alarm_and_is_named() -> None:
    times = BURSTY[0][BURSTY[0] < UNTIL - 180 * DAY]
    hole = span(UNTIL - 90 * DAY, UNTIL - 90 * DAY + HOUR)
    habit = judged(times, EVERYTHING - hole)
    assert habit.verdict is Verdict.NOT_COVERED
    assert habit.silence is None
    assert habit.uncovered == hole


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_the_interval_is_that_of_the_published_tables(count: int, low: float, high: float) -> None:
    """Garwood 1936, as in any table of exact Poisson limits."""
    assert poisson_interval(count) == pytest.approx((low, high), abs=1e-3)


def test_the_interval_of_a_large_count_is_near_the_normal_one() -> None:
    low, high = poisson_interval(10_000)
    assert low == pytest.approx(10_000 - 1.96 * math.sqrt(10_000), rel=1e-3)
    assert high == pytest.approx(10_000 + 1.96 * math.sqrt(10_000), rel=1e-3)
