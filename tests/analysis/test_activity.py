"""Posts over time, against counts in plain Python."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.making import (
    NOW,
    ORIGINAL,
    REPLY,
    REPOST,
    SETTINGS,
    at,
    listing,
    observed,
    posts,
    restriction,
    weeks,
)
from tracker.analysis.activity import ActivityPoint, ActivityReport, activity
from tracker.analysis.question import Selection
from tracker.analysis.report import CoverageState
from tracker.analysis.series import Series
from tracker.domain.instants import DAY, HOUR, WEEK, Instant, day_of, start_of_day, start_of_week
from tracker.domain.intervals import Intervals, span
from tracker.domain.words import By, Every, PostKind, Protection, Role

START, END = at("2024-01-01"), at("2024-04-01")
FULL, PARTIAL, NONE = CoverageState
ZONES = {"IR": "Asia/Tehran", "RU": "Europe/Moscow"}


def asked(since: Instant | None = START, until: Instant | None = END) -> Selection:
    return Selection(NOW, since, until)


def points(series: list[Series], every: Every, by: By | None = None, **fields: object) -> tuple[ActivityPoint, ...]:
    return activity(series, [], SETTINGS, replace(asked(), **fields), every, by).points  # type: ignore[arg-type]


def first_of(day: date, every: Every) -> date:
    """The plain Python idea of where a period begins."""
    if every is Every.WEEK:
        return day - timedelta(days=day.weekday())
    if every is Every.YEAR:
        return day.replace(month=1, day=1)
    return day.replace(day=1) if every is Every.MONTH else day


moments = st.integers(START - 3 * DAY, END + 3 * DAY)
made = st.lists(st.tuples(moments, st.sampled_from(PostKind)), max_size=25)
looked_at = st.lists(st.tuples(moments, moments), max_size=3)
accounts = st.lists(st.tuples(st.sampled_from(sorted(ZONES)), made, looked_at), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(accounts, st.sampled_from(Every))
def test_each_period_adds_up_what_each_account_did_on_its_local_days(
    chosen: list[tuple[str, list[tuple[Instant, PostKind]], list[tuple[Instant, Instant]]]], every: Every
) -> None:
    series: list[Series] = []
    truth: Counter[tuple[date, PostKind]] = Counter()
    for number, (country, things, pairs) in enumerate(chosen):
        row = listing(f"s{number}", country=country, number=number + 1)
        series.append(posts(observed(row, coverage=pairs, created_at=START - WEEK), *things))
        truth.update(
            (first_of(day_of(moment, ZONES[country]), every), kind)
            for moment, kind in things
            if START <= moment < END
        )
    told = points(series, every)
    counts: Counter[tuple[date, PostKind]] = Counter()
    for point in told:
        for kind, count in zip(PostKind, (point.originals, point.replies, point.reposts, point.quotes), strict=True):
            counts[point.first, kind] = count or 0
    assert +counts == truth
    for point in told:
        spans, seen, looked = [], [], 0
        for number, (country, _, pairs) in enumerate(chosen):
            zone = ZONES[country]
            inside = span(start_of_day(point.first, zone), start_of_day(point.beyond, zone)) & span(START, END)
            covered = Intervals.of(pairs) & inside
            last_look = Intervals.of(pairs).until
            if last_look is not None and END - SETTINGS.report.freshness <= last_look < END:
                newest = max((m for m, _ in chosen[number][1] if m < END), default=START)
                inside = inside & span(START, max(last_look, newest + 1))
            spans.append(inside.length)
            seen.append((covered & inside).length)
            looked += bool(covered)
        assert point.accounts == looked
        if point.posts is None:
            assert not sum(seen)
            assert point.coverage.state is NONE
        else:
            assert (point.coverage.state is FULL) is (0 < sum(spans) == sum(seen))


def test_every_period_stands_there_with_0_at_least_or_no_data() -> None:
    seen = [(at("2024-01-01"), at("2024-01-10")), (at("2024-01-20"), at("2024-03-01"))]
    one = posts(observed(listing(country="ZZ"), coverage=seen, created_at=START), (at("2024-01-09 12:00"), ORIGINAL))
    told = points([one], Every.WEEK, until=at("2024-02-05"))
    assert [(point.label, point.posts, point.coverage.state) for point in told] == [
        ("2024-W01", 0, FULL),
        ("2024-W02", 1, PARTIAL),
        ("2024-W03", 0, PARTIAL),
        ("2024-W04", 0, FULL),
        ("2024-W05", 0, FULL),
    ]
    (missing,) = points([one], Every.DAY, since=at("2024-01-12"), until=at("2024-01-13"))
    assert (missing.posts, missing.coverage.state, missing.accounts) == (None, NONE, 0)


def test_a_period_that_the_time_asked_for_cuts_is_not_whole_and_exact_for_its_part() -> None:
    one = posts(
        observed(listing(country="ZZ"), coverage=[(START, END)], created_at=START),
        (at("2024-01-10"), ORIGINAL),
        (at("2024-01-20"), REPLY),
        (at("2024-02-20"), REPOST),
    )
    told = points([one], Every.MONTH, since=at("2024-01-15"), until=at("2024-03-01"))
    assert [(point.label, point.whole, point.posts) for point in told] == [
        ("2024-01", False, 1),
        ("2024-02", True, 1),
    ]
    assert {point.coverage.state for point in told} == {FULL}


def test_without_a_beginning_a_series_begins_with_its_first_account() -> None:
    young = posts(observed(listing(country="ZZ"), coverage=[(START, END)], created_at=at("2024-02-10")))
    old = posts(observed(listing("s2", number=2, country="ZZ"), coverage=[(START, END)], created_at=START))
    told = points([young, old], Every.MONTH, By.SUBJECT, since=None)
    assert [(point.group.subject, point.label) for point in told] == [
        ("s1", "2024-02"),
        ("s1", "2024-03"),
        ("s2", "2024-01"),
        ("s2", "2024-02"),
        ("s2", "2024-03"),
    ]


def test_an_account_that_was_never_looked_at_makes_its_group_partial() -> None:
    seen = posts(observed(listing(country="ZZ"), coverage=[(START, END)], created_at=START))
    never = posts(observed(listing("s2", number=2, country="ZZ")))
    told = points([seen, never], Every.MONTH)
    assert {(point.posts, point.accounts, point.coverage.state) for point in told} == {(0, 1, PARTIAL)}


def test_posts_are_judged_by_the_restriction_of_their_moment() -> None:
    ban = restriction("IR", "x", "2024-02-01")
    one = posts(
        observed(listing(), coverage=[(START, END)], created_at=START),
        (at("2024-01-31 10:00"), ORIGINAL),
        (at("2024-02-01 10:00"), ORIGINAL),
        (at("2024-02-03 10:00"), ORIGINAL),
    )
    told = activity([one], [ban], SETTINGS, asked(until=at("2024-03-31")), Every.MONTH).points
    assert [(point.posts_restricted, point.posts_uncertain) for point in told] == [(0, 0), (1, 1), (0, 0)]


def journalists(count: int, *, seen_until: dict[int, Instant] | None = None) -> list[Series]:
    """At-risk accounts with one original a week, covered from START until END or earlier."""
    first = start_of_week(START + WEEK, "Asia/Tehran")
    found: list[Series] = []
    for number in range(count):
        until = (seen_until or {}).get(number, first + 8 * WEEK)
        row = listing(f"j{number}", Role.JOURNALIST, number=100 + number, protection=Protection.AT_RISK)
        seen = observed(row, coverage=[(first, until)], created_at=START)
        made = [(first + week * WEEK, (1, 0, 0, 0)) for week in range(8) if first + week * WEEK < until]
        found.append(weeks(replace(seen, last_look=END + DAY), *made))
    return found


def of_at_risk(report: ActivityReport) -> list[ActivityPoint]:
    return [point for point in report.points if point.group.at_risk]


@pytest.mark.parametrize("by", [None, *By])
def test_people_at_risk_are_counted_in_groups_by_weeks_and_apart(by: By | None) -> None:
    report = activity(journalists(5), [], SETTINGS, asked(), Every.WEEK, by)
    assert {point.group.label for point in report.points} == {"5 journalists at risk"}
    counts = [point.posts for point in of_at_risk(report)]
    assert [count for count in counts if count is not None] == [5] * 8
    assert {point.group.subject for point in report.points} == {None}


def test_a_week_in_which_fewer_than_the_smallest_group_were_looked_at_has_no_data() -> None:
    first = start_of_week(START + WEEK, "Asia/Tehran")
    told = of_at_risk(activity(journalists(5, seen_until={0: first + 4 * WEEK}), [], SETTINGS, asked(), Every.WEEK))
    counts = [point.posts for point in told if point.posts is not None]
    assert counts == [5] * 4
    assert {point.accounts for point in told} == {None}


def test_a_group_that_is_too_small_is_left_out_and_counted() -> None:
    report = activity(journalists(4), [], SETTINGS, asked(), Every.WEEK)
    assert report.points == ()
    assert any(note.startswith("4 subjects at risk are left out") for note in report.notes)


@pytest.mark.parametrize("every", [Every.DAY, Every.MONTH])
def test_days_and_months_of_people_at_risk_are_left_out_with_a_note(every: Every) -> None:
    named = posts(observed(listing(), coverage=[(START, END)], created_at=START), (START + HOUR, ORIGINAL))
    report = activity([named, *journalists(5)], [], SETTINGS, asked(), every)
    assert not of_at_risk(report)
    assert sum(point.posts or 0 for point in report.points) == 1
    assert any("--every week" in note for note in report.notes)


def test_a_report_over_no_data_says_what_is_missing() -> None:
    report = activity([posts(observed(listing()))], [], SETTINGS, Selection(NOW), Every.WEEK)
    assert report.points == ()
    assert report.notes[0].startswith("Nothing is covered")


def test_a_series_of_people_at_risk_does_not_tell_when_the_first_of_them_began() -> None:
    first = start_of_week(START + WEEK, "Asia/Tehran")
    early, *others = journalists(5)
    row = early.observed.account.listings[0]
    began = observed(row, coverage=[(first - 4 * WEEK, first + 8 * WEEK)], created_at=first - 4 * WEEK)
    report = activity([weeks(began, (first - 4 * WEEK, (1, 0, 0, 0))), *others], [], SETTINGS, Selection(NOW))
    assert report.points[0].first == day_of(first, "Asia/Tehran")
