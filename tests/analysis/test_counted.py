"""What X counted, in every report: never twice, never as more than is known, held against plain Python."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.making import (
    NOW,
    ORIGINAL,
    REPOST,
    SETTINGS,
    at,
    listing,
    observed,
    posts,
    question,
    restriction,
    weeks,
)
from tracker.analysis.activity import activity
from tracker.analysis.change import change
from tracker.analysis.change_report import ChangeQuestion
from tracker.analysis.counted import NOTHING_COUNTED, Counted, counted_beside
from tracker.analysis.daily import daily
from tracker.analysis.exposures import Exposures
from tracker.analysis.ground import Ground, Grounds, ground
from tracker.analysis.history import only_series
from tracker.analysis.influence import influence
from tracker.analysis.levels import Level
from tracker.analysis.question import Selection
from tracker.analysis.report import CoverageState, UsageRow
from tracker.analysis.series import PostSeries, Series
from tracker.analysis.silence import silence
from tracker.analysis.silence_report import Track, Verdict
from tracker.analysis.timeline import timeline
from tracker.analysis.usage import usage
from tracker.domain.events import Event, EventKind
from tracker.domain.instants import DAY, HOUR, WEEK, Instant, next_day, next_week, start_of_day, start_of_week
from tracker.domain.intervals import NEVER, Intervals, span
from tracker.domain.records import Count
from tracker.domain.restrictions import Restriction, edge_of
from tracker.domain.words import By, Every, Precision, Protection, Residence, Role

ZONE = "Asia/Tehran"
FIRST = start_of_day(date(2024, 3, 1), ZONE)
"""Iran's clocks no longer change: all days have 24 hours."""


def counts(since: Instant, *numbers: int, length: int = DAY) -> list[Count]:
    """Pieces one after the other."""
    edges = range(since, since + (len(numbers) + 1) * length, length)
    return [Count(*edge, number) for edge, number in zip(pairwise(edges), numbers, strict=True)]


def series(
    pieces: list[Count],
    *made: tuple[Instant, int],
    read: Intervals = NEVER,
) -> PostSeries:
    """A named account of which some time was read and some counted."""
    seen = observed(listing(), coverage=[*read, *((one.since, one.until) for one in pieces)])
    bare = posts(replace(seen, created_at=FIRST), *made)  # type: ignore[arg-type]
    own = bare.posted_at[bare.kind != REPOST]
    return replace(bare, counted=counted_beside(pieces, read, own))


def row(one: Series, bans: tuple[Restriction, ...] = (), **asked: object) -> UsageRow:
    (found,) = usage([one], bans, SETTINGS, question(by=By.ACCOUNT, **asked)).rows
    return found


def test_a_counted_account_has_posts_and_no_kinds() -> None:
    found = row(series(counts(FIRST, 3, 0, 5)), since=FIRST, until=FIRST + 3 * DAY)
    assert (found.posts, found.counted, found.active_days) == (8, 8, 2)
    assert (found.originals, found.replies, found.reposts, found.quotes) == (None,) * 4
    assert found.coverage.share == 1
    assert (found.coverage.state, found.complete) == (CoverageState.PARTIAL, False), "reposts are missing"
    assert found.per_week == pytest.approx(8 * 7 / 3)
    assert found.longest_gap_days is None
    assert found.level is Level.ACTIVE


def test_a_read_account_says_nothing_of_counts() -> None:
    found = row(series([], (FIRST + 5, ORIGINAL), read=span(FIRST, FIRST + DAY)), since=FIRST, until=FIRST + DAY)
    assert (found.posts, found.counted, found.complete) == (1, None, True)


def test_a_day_that_an_end_of_the_time_asked_for_cuts_belongs_to_neither_side() -> None:
    found = row(series(counts(FIRST, 3, 7, 5)), since=FIRST + HOUR, until=FIRST + 2 * DAY + HOUR)
    assert found.posts == 7
    assert found.coverage.share == pytest.approx(24 / 48)
    assert row(series(counts(FIRST, 3)), since=FIRST + HOUR, until=FIRST + DAY).posts is None


def test_a_day_that_a_restriction_cuts_is_uncertain() -> None:
    ban = restriction("IR", "x", "2024-03-03", ends="2024-03-05")
    one = series(counts(FIRST, 1, 2, 4, 8, 16, 32))
    found = row(one, (ban,), since=FIRST, until=FIRST + 6 * DAY)
    # Known to the day: the first and the last day are uncertain, the day between is restricted.
    assert (found.posts_restricted, found.posts_uncertain) == (8, 4 + 16)


@given(data=st.data())
def test_no_post_is_counted_twice_however_reading_and_counting_overlap(data: st.DataObject) -> None:
    chance = random.Random(data.draw(st.integers(0, 10**6)))
    days = 12
    made = sorted((FIRST + chance.randrange(days * DAY), chance.randrange(4)) for _ in range(chance.randrange(60)))
    cuts = sorted(FIRST + chance.randrange(days * DAY) for _ in range(2))
    read = span(*cuts)
    pieces = [
        Count(since, since + DAY, sum(since <= when < since + DAY and kind != REPOST for when, kind in made))
        for since in range(FIRST, FIRST + days * DAY, DAY)
        if chance.random() < 0.8
    ]
    one = series(pieces, *((when, kind) for when, kind in made if when in read), read=read)
    found = row(one, since=FIRST, until=FIRST + days * DAY)
    by_piece = Intervals.of((piece.since, piece.until) for piece in pieces)
    expected = sum(when in read or (when in by_piece and kind != REPOST) for when, kind in made)
    assert (found.posts or 0) == expected
    report = activity([one], (), SETTINGS, Selection(NOW, FIRST, FIRST + days * DAY), Every.DAY)
    assert sum(point.posts or 0 for point in report.points) == expected
    assert sum(day.posts or 0 for day in daily(one, Exposures(()), ZONE, NOW)) == expected
    drawn = timeline([one], (), SETTINGS, Selection(NOW, FIRST, FIRST + days * DAY)).rows
    assert sum(line.posts or 0 for line in drawn) == expected
    assert sum(week.posts for line in drawn for week in line.weeks) == expected


def test_a_piece_that_is_there_twice_is_counted_once() -> None:
    assert counted_beside([Count(0, 10, 3), Count(5, 15, 9)], NEVER, np.empty(0, np.int64)).total == 3
    assert counted_beside([], NEVER, np.empty(0, np.int64)) is NOTHING_COUNTED


def test_a_day_is_0_and_a_hole_has_no_data_in_activity_and_in_the_daily_export() -> None:
    one = series([*counts(FIRST, 2, 0), *counts(FIRST + 3 * DAY, 4)])
    points = activity([one], (), SETTINGS, Selection(NOW, FIRST, FIRST + 4 * DAY), Every.DAY).points
    assert [(point.posts, point.counted, point.originals) for point in points] == [
        (2, 2, None),
        (0, 0, None),
        (None, None, None),
        (4, 4, None),
    ]
    found = list(daily(one, Exposures(()), ZONE, NOW))
    assert [(day.posts, day.counted, day.by_kind) for day in found] == [
        (2, 2, None),
        (0, 0, None),
        (None, None, None),
        (4, 4, None),
    ]
    assert {day.coverage for day in found} == {CoverageState.PARTIAL, CoverageState.NONE}


def test_a_week_between_two_months_is_in_neither() -> None:
    one = series(counts(start_of_week(at("2024-03-27"), ZONE), 5, 6, length=WEEK))
    months = activity([one], (), SETTINGS, Selection(NOW, FIRST, at("2024-05-01")), Every.MONTH).points
    assert [point.posts for point in months][:2] == [5, 6]  # 25 to 31 March, 1 to 7 April: cut by nothing
    one = series(counts(start_of_week(at("2024-04-30 12:00"), ZONE), 5, length=WEEK))
    months = activity([one], (), SETTINGS, Selection(NOW, FIRST, at("2024-05-31")), Every.MONTH).points
    assert [point.posts for point in months] == [None, None, None]


# -- silence


def test_silence_is_judged_by_whole_days_and_an_alarm_holds_wherever_the_posts_were() -> None:
    numbers = [1, 0] * 100 + [0] * 2
    for quiet, verdict in ((0, Verdict.WITHIN_HABIT), (3, Verdict.ALARM)):
        pieces = counts(FIRST - 120 * DAY, *numbers, *[0] * quiet)
        as_of = pieces[-1].until
        one = series(pieces)
        report = silence([one], SETTINGS, Selection(as_of))
        own, reposts = (next(j for j in report.judgements if j.track is track) for track in Track)
        # Posts on every other day: at most 3 days apart, so more than 4.5 days without one are an alarm.
        assert own.longest_gap_days == pytest.approx(3, abs=0.001)
        assert own.silence_days == pytest.approx(3 + quiet, abs=0.001)
        assert own.verdict is verdict
        assert reposts.verdict is Verdict.NOT_COVERED
        report = silence([one], SETTINGS, Selection(as_of + 9 * DAY))
        assert report.judgements[0].verdict is Verdict.NOT_COVERED


def test_silence_tells_how_many_posts_were_counted_and_not_how_many_days_had_some() -> None:
    pieces = [Count(day, day + DAY, 3) for day in (FIRST, FIRST + DAY, FIRST + 2 * DAY)]
    own, reposts = silence([series(pieces)], SETTINGS, Selection(pieces[-1].until + HOUR)).judgements
    assert (own.posts, own.counted, own.active_days) == (9, 9, 3)
    assert (reposts.posts, reposts.counted) == (0, None)
    (read,) = [one for one in silence([series([])], SETTINGS, Selection(FIRST)).judgements if one.track is own.track]
    assert read.counted is None, "the control: nothing was counted"


def test_a_count_six_days_old_is_fresh_enough() -> None:
    pieces = counts(FIRST - 120 * DAY, *[1] * 150)
    report = silence([series(pieces)], SETTINGS, Selection(pieces[-1].until + 6 * DAY))
    assert next(j for j in report.judgements if j.track is Track.OWN).verdict is Verdict.WITHIN_HABIT


# -- change


def event(day: str) -> Event:
    when = edge_of(date.fromisoformat(day), Precision.DAY, ZONE, 7)
    return Event("e", when, day, Precision.DAY, "IR", frozenset({"*"}), EventKind.BLOCK, "t", "", "s")


def test_change_compares_weeks_without_reposts_where_some_were_counted() -> None:
    begun = start_of_day(date(2024, 3, 6), ZONE)
    read = span(begun - 4 * WEEK, begun)
    made = [(begun - 4 * WEEK + hour * 6 * HOUR, (ORIGINAL, REPOST)[hour % 2]) for hour in range(4 * 7 * 4)]
    one = series(counts(begun + DAY, *[3] * 28), *made, read=read)
    one = replace(one, observed=replace(one.observed, created_at=begun - 99 * DAY))
    asked = ChangeQuestion(as_of=NOW, weeks=4, by=By.ACCOUNT)
    (found,) = change([one], event("2024-03-06"), asked, SETTINGS).rows
    assert found.weeks_before == (14,) * 4, "the reposts are left out"
    assert found.weeks_after == (21,) * 4
    assert "without reposts" in found.remark


# -- people at risk


def test_counted_weeks_of_people_at_risk_are_in_their_group_and_nobody_else_is() -> None:
    monday = start_of_week(at("2024-03-06"), ZONE)
    someone = [
        replace(
            weeks(
                replace(
                    observed(
                        listing(
                            f"j{number}",
                            Role.JOURNALIST,
                            residence=Residence.INSIDE,
                            number=number,
                            protection=Protection.AT_RISK,
                        ),
                        coverage=[(monday, monday + 3 * WEEK)],
                    ),
                    created_at=monday - 99 * WEEK,
                )
            ),
            counted=counted_beside(counts(monday, 4, 0, 9, length=WEEK), NEVER, np.empty(0, np.int64)),
        )
        for number in range(1, 7)
    ]
    ban = restriction("IR", "x", "2024-03-13", ends="2024-04-30", precision=Precision.EXACT)
    (found,) = usage(someone, (ban,), SETTINGS, question(since=monday, until=monday + 3 * WEEK, by=By.SUBJECT)).rows
    assert (found.posts, found.counted, found.originals) == (6 * 13, 6 * 13, None)
    assert (found.posts_restricted, found.posts_uncertain) == (6 * 9, 0)
    assert found.active_days is None
    four = usage(someone[:4], (), SETTINGS, question(since=monday, until=monday + 3 * WEEK))
    assert four.rows == ()
    points = activity(someone, (), SETTINGS, Selection(NOW, monday, monday + 3 * WEEK), Every.WEEK).points
    assert [point.posts for point in points] == [24, 0, 54]


def test_weeks_that_too_few_were_counted_in_are_in_no_sum() -> None:
    monday = start_of_week(at("2024-03-06"), ZONE)

    def one(number: int, *numbers: int) -> Series:
        seen = observed(
            listing(f"j{number}", Role.JOURNALIST, number=number, protection=Protection.AT_RISK),
            coverage=[(monday, monday + len(numbers) * WEEK)],
        )
        pieces = counts(monday, *numbers, length=WEEK)
        return replace(weeks(seen), counted=counted_beside(pieces, NEVER, np.empty(0, np.int64)))

    some = [one(1, 1, 100), *(one(number, 1) for number in range(2, 7))]
    (found,) = usage(some, (), SETTINGS, question(since=monday, until=monday + 2 * WEEK)).rows
    assert found.posts == 6


# -- the rest


def test_counted_time_is_a_ground_of_its_own() -> None:
    one = series(counts(FIRST, 1, 2, 3), (FIRST + 5 * DAY, ORIGINAL), read=span(FIRST + 4 * DAY, FIRST + 6 * DAY))
    known = Grounds(live=span(FIRST + 2 * DAY, FIRST + 6 * DAY), counted=span(FIRST, FIRST + 3 * DAY))
    report = ground([one], [known], SETTINGS, Selection(NOW, FIRST, FIRST + 6 * DAY))
    parts = report.rows[0].parts
    assert (parts.of(Ground.COUNTED), parts.of(Ground.LIVE)) == (2 * DAY, 4 * DAY), "what was read is not counted"
    assert parts.covered == 1


def test_influence_has_posts_and_no_engagement_where_nothing_was_read() -> None:
    one = series(counts(FIRST, 3, 4))
    (found,) = influence([only_series(one)], SETTINGS, Selection(NOW, FIRST, FIRST + 2 * DAY)).rows
    assert (found.posts, found.originals, found.at_24h, found.at_7d) == (7, None, None, None)


def test_days_between_clock_changes_are_single_days() -> None:
    autumn = start_of_day(date(2024, 10, 27), "Europe/Berlin")
    long_day = Counted(np.array([autumn]), np.array([next_day(autumn, "Europe/Berlin")]), np.array([4]))
    assert long_day.days.total == 4
    week = Counted(np.array([autumn]), np.array([next_week(autumn, "Europe/Berlin")]), np.array([4]))
    assert week.days.total in (0, 4)
