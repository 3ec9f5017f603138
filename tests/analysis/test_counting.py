"""The arrays against plain Python over the same instants."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.counting import (
    Times,
    count_in,
    inside,
    last_of,
    local_days,
    longest_gap,
    touches,
    union_size,
)
from tracker.domain.instants import day_of, from_iso
from tracker.domain.intervals import Intervals
from tracker.domain.words import PostKind

EPOCH = date(1970, 1, 1)
ZONES = ["Asia/Tehran", "America/Sao_Paulo", "Africa/Casablanca", "Atlantic/Azores", "Asia/Kolkata", "UTC"]

small_times = st.lists(st.integers(0, 40), max_size=12).map(sorted)
small_sets = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5).map(Intervals.of)


def array(times: list[int]) -> Times:
    return np.array(times, dtype=np.int64)


@given(small_times, small_sets)
def test_posts_in_intervals_are_counted_as_one_by_one(times: list[int], some: Intervals) -> None:
    assert count_in(array(times), some) == sum(time in some for time in times)


@given(small_times, small_sets)
def test_the_longest_gap_is_the_longest_of_those_that_are_covered(times: list[int], some: Intervals) -> None:
    gaps = [b - a for a, b in pairwise(times) if _held(a, b, some)]
    assert longest_gap(array(times), some) == max(gaps, default=None)


def _held(a: int, b: int, some: Intervals) -> bool:
    # Two posts in the same second have no time between them: they count where that second touches the coverage.
    return any(part.since <= a and b <= part.until for part in some)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=8), small_sets)
def test_spans_are_inside_or_touched_as_their_instants_say(spans: list[tuple[int, int]], some: Intervals) -> None:
    starts, ends = array([a for a, _ in spans]), array([a + n for a, n in spans])
    held = [all(t in some for t in range(a, a + n)) for a, n in spans]
    met = [any(t in some for t in range(a, a + n)) for a, n in spans]
    assert inside(starts, ends, some).tolist() == held
    assert touches(starts, ends, some).tolist() == met


@given(st.lists(st.integers(1_000_000_000, 2_500_000_000), max_size=20).map(sorted), st.sampled_from(ZONES))
def test_local_days_are_those_of_the_calendar(times: list[int], zone: str) -> None:
    days = sorted({(day_of(time, zone) - EPOCH).days for time in times})
    assert local_days(array(times), zone).tolist() == days


@pytest.mark.parametrize("zone", ZONES)
def test_local_days_are_right_at_every_half_hour_of_two_years_of_clock_changes(zone: str) -> None:
    times = range(from_iso("2017-06-01T00:00:00Z"), from_iso("2019-06-01T00:00:00Z"), 1800)
    days = sorted({(day_of(time, zone) - EPOCH).days for time in times})
    assert local_days(array(list(times)), zone).tolist() == days
    for time in times:
        if time % 86400 in (75600, 77400, 79200, 9000, 10800):  # around midnight in these zones
            assert local_days(array([time]), zone).tolist() == [(day_of(time, zone) - EPOCH).days]


def test_in_the_summer_of_2021_days_in_tehran_began_at_half_past_seven_in_the_evening_utc() -> None:
    evening = from_iso("2021-07-01T19:29:59Z")
    assert local_days(array([evening, evening + 1]), "Asia/Tehran").size == 2
    assert local_days(array([evening + 1, evening + 3601]), "Asia/Tehran").size == 1


def test_since_2022_days_in_tehran_begin_at_half_past_eight_all_year() -> None:
    evening = from_iso("2023-07-01T20:29:59Z")
    assert local_days(array([evening, evening + 1]), "Asia/Tehran").size == 2
    assert local_days(array([evening - 3600, evening]), "Asia/Tehran").size == 1


@given(st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=4))
def test_days_of_several_accounts_are_counted_once(sets: list[list[int]]) -> None:
    assert union_size([array(sorted(set(one))) for one in sets]) == len({day for one in sets for day in one})


@given(st.lists(st.sampled_from(PostKind), max_size=8))
def test_the_last_post_of_a_kind_is_found(kinds: list[PostKind]) -> None:
    times = array(list(range(100, 100 + len(kinds))))
    expected = max(
        (100 + i for i, kind in enumerate(kinds) if kind in (PostKind.REPLY, PostKind.QUOTE)), default=None
    )
    assert last_of(times, np.array(kinds, dtype=np.uint8), PostKind.REPLY, PostKind.QUOTE) == expected
