"""Intervals against the plainest model there is: a set of integers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.intervals import ALWAYS, BEGINNING, FOREVER, NEVER, Intervals, span

INSTANTS = range(-3, 33)
pairs = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)


def instants_of(pairs_: list[tuple[int, int]]) -> set[int]:
    return {instant for since, until in pairs_ for instant in range(since, until)}


def members(intervals: Intervals) -> set[int]:
    return {instant for instant in INSTANTS if instant in intervals}


@given(pairs)
def test_a_set_holds_the_instants_of_its_pairs_in_sorted_disjoint_parts_that_do_not_touch(
    some: list[tuple[int, int]],
) -> None:
    intervals = Intervals.of(some)
    assert members(intervals) == instants_of(some)
    assert all(part.since < part.until for part in intervals)
    assert all(a.until < b.since for a, b in zip(intervals.parts, intervals.parts[1:], strict=False))
    assert intervals.length == len(instants_of(some))


@given(pairs, pairs)
def test_union_intersection_and_difference_are_those_of_sets(
    some: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    a, b = Intervals.of(some), Intervals.of(others)
    assert members(a | b) == instants_of(some) | instants_of(others)
    assert members(a & b) == instants_of(some) & instants_of(others)
    assert members(a - b) == instants_of(some) - instants_of(others)


@given(pairs, pairs)
def test_equal_sets_are_equal_however_they_were_made(
    some: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    a, b = Intervals.of(some), Intervals.of(others)
    assert (a - b) | (a & b) == a
    assert a | b == Intervals.of([*others, *some])
    assert (a & b).complement() == a.complement() | b.complement()
    assert a.complement().complement() == a


@given(pairs)
def test_the_complement_holds_what_the_set_does_not(some: list[tuple[int, int]]) -> None:
    assert members(Intervals.of(some).complement()) == set(INSTANTS) - instants_of(some)


@given(pairs, st.integers(0, 30), st.integers(0, 30))
def test_a_span_is_covered_when_every_instant_of_it_is(some: list[tuple[int, int]], since: int, until: int) -> None:
    assert Intervals.of(some).covers(since, until) == (set(range(since, until)) <= instants_of(some))


@given(pairs)
def test_the_ends_are_the_first_instant_and_the_one_after_the_last(some: list[tuple[int, int]]) -> None:
    intervals, instants = Intervals.of(some), instants_of(some)
    assert intervals.since == (min(instants) if instants else None)
    assert intervals.until == (max(instants) + 1 if instants else None)
    assert bool(intervals) == bool(instants)


def test_never_and_always_are_each_others_complement() -> None:
    assert NEVER.complement() == ALWAYS
    assert ALWAYS.complement() == NEVER
    assert span(BEGINNING, FOREVER) == ALWAYS
    assert span(5, 5) == span(5, 4) == NEVER
