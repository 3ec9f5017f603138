"""When accounts are visited again: against the square-root law, and what a rhythm, a burst and the bounds change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.making import at
from tracker.analysis.visiting import (
    HISTORY,
    Floats,
    Habits,
    Integers,
    Policy,
    Seen,
    corrected,
    policy_for,
    price_of,
)
from tracker.domain.instants import DAY, HOUR, MINUTE, Instant
from tracker.domain.intervals import Intervals

NOW = at("2024-06-01 12:00:00")
FLAT = np.ones(24)
SHORTEST, LONGEST = 5 * MINUTE, DAY
MIDNIGHT = NOW // DAY * DAY


def seen(*times: Instant, since: Instant = NOW - HISTORY, until: Instant = NOW) -> Seen:
    return Seen(np.array(sorted(times), np.int64), Intervals.of([(since, until)]))


def every(interval: int, *, until: Instant = NOW) -> Seen:
    """An account that publishes evenly; the last post came half an interval ago."""
    return seen(*range(until - interval // 2, until - HISTORY, -interval), until=until)


def law(price: float = 600.0, *, shortest: float = SHORTEST, longest: float = LONGEST) -> Policy:
    return Policy(price, FLAT, shortest, longest)


def wait(what: Seen, policy: Policy, now: Instant = NOW) -> int:
    return policy.next_visit_at(what, now) - now


def unexcited(accounts: int) -> Habits:
    """Accounts looked at just now, without a burst. Nothing else of them is used."""
    return replace(Habits.unknown(accounts), looked_at=np.full(accounts, float(NOW)))


# The law


def test_at_a_constant_rate_intervals_are_as_the_inverse_of_its_root() -> None:
    policy = law(5_000.0, shortest=1, longest=30 * DAY)
    a_day = np.array([0.5, 2.0, 8.0, 32.0])
    habits = unexcited(4)
    habits.heat[:] = a_day / DAY * 20 * MINUTE  # what a burst's memory holds at a constant rate
    waits = policy.waits_for(a_day / DAY, np.ones((4, 24)), habits)
    assert waits == pytest.approx(np.sqrt(2 * 5_000 * DAY / a_day), rel=0.001)
    assert waits[:-1] / waits[1:] == pytest.approx([2, 2, 2], rel=0.001)


def test_the_price_lets_the_visits_of_the_law_add_up_to_what_is_allowed() -> None:
    rates = np.array([0.1, 1.0, 4.0, 25.0]) / DAY
    price = price_of(rates, np.ones((4, 24)), 100.0, SHORTEST, LONGEST)
    assert (DAY * np.sqrt(rates / (2 * price))).sum() == pytest.approx(100.0, rel=1e-4)


def test_what_the_floor_and_the_shortest_interval_take_is_left_to_the_others() -> None:
    rates = np.array([1e-4, 1.0, 4.0, 4_000.0]) / DAY
    price = price_of(rates, np.ones((4, 24)), 400.0, SHORTEST, LONGEST)
    a_day = DAY * np.sqrt(rates / (2 * price))
    assert a_day[0] < 1.0
    assert a_day[3] > DAY / SHORTEST
    assert 1.0 + a_day[1] + a_day[2] + DAY / SHORTEST == pytest.approx(400.0, rel=1e-4)


def test_who_publishes_more_is_visited_more_often() -> None:
    waits = [wait(every(interval), law(7_200.0)) for interval in (30 * MINUTE, 2 * HOUR, 8 * HOUR, 2 * DAY)]
    assert waits == sorted(waits)
    assert waits[3] / waits[1] == pytest.approx(np.sqrt(24), rel=0.3)


def test_of_posts_of_late_and_long_ago_those_of_late_count_more() -> None:
    lately = seen(*(NOW - 2 * DAY - number * HOUR for number in range(20)))
    before = seen(*(NOW - 20 * DAY - number * HOUR for number in range(20)))
    assert wait(lately, law()) < wait(before, law())


# Rhythm


def sleeper(hours: range, days: int = 50) -> Seen:
    """An account that publishes every half hour of these hours (UTC), and at no other time."""
    return seen(
        *(
            MIDNIGHT - day * DAY + hour * HOUR + minute * MINUTE
            for day in range(1, days)
            for hour in hours
            for minute in (10, 40)
        )
    )


def test_visits_fall_into_the_hours_in_which_an_account_publishes() -> None:
    habits = Habits.of([sleeper(range(8, 14))])
    policy = policy_for(habits, 12.0, SHORTEST, LONGEST)
    visits, now = [], float(MIDNIGHT)
    while now < MIDNIGHT + 10 * DAY:
        now += float(policy.waits(replace(habits, looked_at=np.array([now]), heat=np.zeros(1)))[0])
        visits.append(now)
    awake = [visit for visit in visits if 8 <= visit % DAY / HOUR < 15]
    assert len(visits) / 10 == pytest.approx(12, rel=0.3)
    assert len(awake) / len(visits) > 0.6  # seven hours of 24 are 0.29


def test_an_account_with_few_posts_takes_the_rhythm_of_the_others() -> None:
    accounts = [sleeper(range(8, 14)), seen(NOW - 3 * DAY - 9 * HOUR)]
    habits = Habits.of(accounts)
    own, borrowed = habits.shapes(habits.rhythm)
    assert own[11] > 2 > 0.5 > own[20]
    assert borrowed[11] > 2 > 0.5 > borrowed[20]
    assert own.mean() == pytest.approx(1)
    assert borrowed.mean() == pytest.approx(1)


def test_an_account_with_many_posts_keeps_its_own_rhythm() -> None:
    habits = Habits.of([*[sleeper(range(8, 14))] * 9, sleeper(range(18, 24))])
    shape = habits.shapes(habits.rhythm)[9]
    assert shape[21] > 2 > 0.5 > shape[3]
    assert shape[21] > 3 * shape[11]


# Bursts


def test_an_account_that_has_just_published_is_visited_sooner() -> None:
    calm = seen(*(NOW - 6 * HOUR - number * DAY for number in range(40)))
    posts = calm.times.tolist()
    just_now = seen(*posts, NOW - 2 * MINUTE)
    excited = seen(*posts, *(NOW - number * MINUTE for number in (1, 2, 4, 7)))
    earlier = seen(*posts, *(NOW - 5 * HOUR - number * MINUTE for number in (1, 2, 4, 7)))
    assert wait(excited, law()) < wait(just_now, law()) < wait(calm, law())
    assert wait(excited, law()) < 0.6 * wait(earlier, law())


# Bounds, and accounts of which little is known


def test_the_floor_is_kept_even_by_who_never_publishes_and_however_dear_a_visit_is() -> None:
    for price in (1e-3, 1.0, 1e9):
        for what in (seen(), every(2 * HOUR), seen(since=NOW - MINUTE)):
            assert SHORTEST <= wait(what, law(price)) <= LONGEST
    assert wait(seen(), law(1e9)) == LONGEST * 95 // 96  # a quarter of an hour is left for its turn to come


def test_a_floor_of_weeks_lets_silent_accounts_rest_for_weeks() -> None:
    assert 6 * DAY < wait(seen(), law(1e9, longest=7 * DAY)) < 7 * DAY
    assert 360 * DAY < wait(seen(), law(1e12, longest=365 * DAY)) < 365 * DAY


def test_equal_bounds_leave_no_choice() -> None:
    assert wait(every(HOUR), law(1.0, shortest=DAY, longest=DAY)) == DAY


def test_an_account_that_was_never_looked_at_is_taken_for_one_of_a_post_a_day() -> None:
    unknown = Seen(np.empty(0, np.int64), Intervals())
    assert Habits.of([unknown]).rates == pytest.approx(1 / DAY)
    assert wait(unknown, law()) == pytest.approx(np.sqrt(2 * 600 * DAY), rel=0.1)


def test_an_account_that_never_publishes_is_visited_less_the_longer_that_is_known() -> None:
    waits = [wait(seen(since=NOW - known), law()) for known in (HOUR, DAY, 7 * DAY, 50 * DAY)]
    assert waits == sorted(set(waits))


def test_time_that_was_not_watched_is_not_taken_for_silence() -> None:
    posts = [NOW - number * HOUR for number in range(1, 24)]
    watched = seen(*posts, since=NOW - DAY)
    with_a_hole = Seen(watched.times, Intervals.of([(NOW - 50 * DAY, NOW - 49 * DAY), (NOW - DAY, NOW)]))
    silent_before = seen(*posts)
    (short,), (hole,), (long,) = (Habits.of([what]).rates * DAY for what in (watched, with_a_hole, silent_before))
    assert hole == pytest.approx(short, rel=0.01)
    assert short > 15 > 7 > long


def test_a_look_that_lies_back_does_not_make_an_account_due_at_once_again_and_again() -> None:
    old = every(30 * MINUTE, until=NOW - 3 * DAY)
    assert law().next_visit_at(old, NOW) == NOW + SHORTEST


def test_the_wait_counts_from_the_look_not_from_the_end_of_the_visit() -> None:
    what = every(2 * HOUR)
    assert law().next_visit_at(what, NOW + 10 * MINUTE) == law().next_visit_at(what, NOW)


def test_nobody_to_visit_is_no_reason_to_fail() -> None:
    assert policy_for(Habits.of([]), 24.0, SHORTEST, LONGEST).waits(Habits.of([])).size == 0


def test_a_post_that_is_dated_ahead_of_our_clock_counts_as_one_of_now() -> None:
    ahead = seen(NOW + HOUR, until=NOW + 2 * HOUR)
    assert Habits.of([ahead]).posts[0] <= 1.0
    habits = Habits.unknown(1)
    habits.look(np.array([0]), NOW - DAY, NOW, np.array([0]), np.array([NOW + 5 * HOUR]))
    assert (habits.posts[0], habits.heat[0]) == (1.0, 1.0)


# Learning


def test_it_does_not_matter_in_how_many_visits_something_was_seen() -> None:
    chance = np.random.default_rng(7)
    times = np.sort(chance.integers(NOW - HISTORY, NOW, 500))
    at_once = Habits.of([Seen(times, Intervals.of([(NOW - HISTORY, NOW)]))])
    by_and_by = Habits.unknown(1)
    edges = np.unique([NOW - HISTORY, *chance.integers(NOW - HISTORY, NOW, 90), NOW])
    for since, until in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        new = times[(times >= since) & (times < until)]
        by_and_by.look(np.array([0]), since, until, np.zeros(new.size, np.int64), new)
    for name in ("posts", "watched", "hours", "heat", "looked_at"):
        assert getattr(by_and_by, name) == pytest.approx(getattr(at_once, name)), name


def test_the_forecast_is_right_for_an_account_that_publishes_by_chance_alone() -> None:
    chance = np.random.default_rng(3)
    accounts = [
        Seen(np.sort(chance.integers(NOW - HISTORY, NOW, chance.poisson(4 * HISTORY / DAY))), seen().covered)
        for _ in range(200)
    ]
    assert Habits.of(accounts).rates.mean() * DAY == pytest.approx(4, rel=0.05)


def test_too_many_visits_make_the_next_ones_fewer_and_too_few_more() -> None:
    assert corrected(1.0, 50, HOUR, 1_200) == pytest.approx(1.0)
    assert corrected(1.0, 100, HOUR, 1_200) > 1.0 > corrected(1.0, 0, HOUR, 1_200)
    excess = 1.0
    for _ in range(1_000):
        excess = corrected(excess, 0, HOUR, 1_200)
    assert excess == 0.5
    assert corrected(1.0, 10**9, 1, 1) == 2.0


# Whatever is seen

histories = st.lists(st.integers(NOW - HISTORY, NOW - 1), max_size=60)


@settings(max_examples=60, deadline=None)
@given(histories, st.floats(1e-6, 1e12), st.integers(1, 2 * DAY), st.integers(0, 20 * DAY))
def test_the_bounds_are_kept_whatever_was_seen(times: list[int], price: float, shortest: int, more: int) -> None:
    policy = law(price, shortest=shortest, longest=shortest + more)
    for what in (seen(*times), seen(*times, since=NOW - MINUTE)):
        assert shortest <= wait(what, policy) <= shortest + more


@settings(max_examples=60, deadline=None)
@given(histories, st.floats(1.0, 1e6), st.floats(1.0, 100.0))
def test_a_dearer_visit_is_a_later_one(times: list[int], price: float, factor: float) -> None:
    assert wait(seen(*times), law(price)) <= wait(seen(*times), law(price * factor))


@settings(max_examples=60, deadline=None)
@given(histories, st.floats(10.0, 1e5))
def test_among_many_accounts_each_waits_as_it_would_alone(times: list[int], price: float) -> None:
    accounts = [seen(*times), every(HOUR), seen(), seen(*times[::2])]
    together = law(price).waits(Habits.of(accounts))
    alone = [law(price).waits(Habits.of([account]))[0] for account in accounts]
    assert together == pytest.approx(alone)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-4, 1e3), min_size=1, max_size=20), st.floats(0.1, 1e4))
def test_the_law_never_foresees_more_than_is_allowed_unless_the_floor_wants_it(
    a_day: list[float], allowed: float
) -> None:
    rates = np.array(a_day) / DAY
    price = price_of(rates, np.ones((rates.size, 24)), allowed, SHORTEST, LONGEST)
    foreseen = (DAY / np.clip(np.sqrt(2 * price / rates), SHORTEST, LONGEST)).sum()
    assert foreseen <= max(allowed, rates.size) * 1.001


# In a small world whose truth is known


def published(accounts: int, days: int) -> list[Integers]:
    """Accounts of rates between 1 post in ten days and 100 a day, most of them awake for eight hours only."""
    chance = np.random.default_rng(20)
    a_day = np.geomspace(0.1, 100.0, accounts)
    found = []
    for rate in a_day.tolist():
        day = chance.integers(0, days, chance.poisson(rate * days)) * DAY
        hour = np.where(chance.random(day.size) < 0.9, 14 + 8 * chance.random(day.size), 24 * chance.random(day.size))
        found.append(np.sort(day + (hour * HOUR).astype(np.int64)))
    return found


def delays(posts: list[Integers], visits: list[list[float]]) -> Floats:
    """From each post to the next visit, of the posts between the second day and the last visit."""
    found = []
    for times, made in zip(posts, visits, strict=True):
        when = times[(times > 2 * DAY) & (times <= made[-1])]
        found.append(np.array(made)[np.searchsorted(made, when)] - when)
    return np.concatenate(found)


def test_posts_wait_for_less_than_with_even_visits_of_the_same_number() -> None:
    accounts, days, a_day = 30, 14, 24.0
    posts = published(accounts, days)
    habits, excess, made = Habits.unknown(accounts), 1.0, 0
    policy = policy_for(habits, a_day * accounts, SHORTEST, LONGEST)
    due, last = np.linspace(0, HOUR, accounts), np.zeros(accounts)
    visits: list[list[float]] = [[] for _ in range(accounts)]
    for now in range(0, days * DAY, MINUTE):
        if now and now % HOUR == 0:
            excess, made = corrected(excess, made, HOUR, a_day * accounts), 0
            policy = policy_for(habits, a_day * accounts / excess, SHORTEST, LONGEST)
        for who in np.flatnonzero(due <= now).tolist():
            times = posts[who]
            new = times[np.searchsorted(times, last[who]) : np.searchsorted(times, now)]
            row = np.array([who])
            habits.look(row, last[row], now, np.full(new.size, who), new)
            due[who] = now + policy.waits(habits.take(row))[0]
            last[who] = now
            visits[who].append(float(now))
            made += 1
    every_hour = [[float(time) for time in range(0, days * DAY, HOUR)]] * accounts
    ours, even = delays(posts, visits), delays(posts, every_hour)
    assert sum(map(len, visits)) == pytest.approx(a_day * accounts * days, rel=0.05)
    assert ours.mean() < 0.6 * even.mean()
    assert np.quantile(ours, 0.95) < np.quantile(even, 0.95)
    assert max(np.diff(made).max() for made in visits) <= LONGEST
