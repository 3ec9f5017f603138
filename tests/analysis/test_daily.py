"""Posts day by day, against a count in plain Python."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.making import at, listing
from tracker.analysis.daily import Day, daily
from tracker.analysis.exposures import Exposures
from tracker.analysis.report import CoverageState
from tracker.analysis.series import Observed, PostSeries
from tracker.domain.instants import DAY, HOUR, Instant, day_of, start_of_day
from tracker.domain.intervals import Intervals, span
from tracker.domain.subjects import ListedAccount

TEHRAN = "Asia/Tehran"
START, AS_OF = at("2021-03-18 00:00"), at("2021-03-28 00:00")  # the clocks went forward on 22 March


def series_of(times: list[Instant], covered: Intervals) -> PostSeries:
    observed = Observed(ListedAccount((listing(),)), covered, None, None, None)
    kinds = np.array([time % 4 for time in sorted(times)], np.uint8)
    return PostSeries(observed, np.array(sorted(times), np.int64), kinds)


def days_of(times: list[Instant], covered: Intervals) -> list[Day]:
    return list(daily(series_of(times, covered), Exposures(()), TEHRAN, AS_OF))


moments = st.integers(START, AS_OF + DAY)


@given(st.lists(moments, max_size=30), st.lists(st.tuples(moments, moments), max_size=3))
def test_each_day_has_the_posts_of_its_local_hours_and_the_coverage_of_all_of_them(
    times: list[Instant], pairs: list[tuple[Instant, Instant]]
) -> None:
    covered = Intervals.of(pairs)
    truth = Counter((day_of(time, TEHRAN), time % 4) for time in times if time < AS_OF)
    days = days_of(times, covered)
    told = Counter({(day.day, kind): n for day in days for kind, n in enumerate(day.by_kind or ()) if n})
    assert told == truth
    for one, following in pairwise(days):
        assert (following.day - one.day).days == 1
    for day in days:
        since, until = start_of_day(day.day, TEHRAN), start_of_day(date.fromordinal(day.day.toordinal() + 1), TEHRAN)
        hours = span(since, min(until, AS_OF))
        seen = (hours & covered).length
        if seen == hours.length:
            assert day.coverage is CoverageState.FULL
        elif seen or day.posts:
            assert day.coverage is CoverageState.PARTIAL
        else:
            assert (day.coverage, day.posts) == (CoverageState.NONE, None)


def test_a_day_that_was_looked_at_and_has_no_post_counts_0_and_one_that_was_not_has_no_data() -> None:
    seen = Intervals.of([(START, START + 2 * DAY), (START + 4 * DAY, START + 6 * DAY)])
    days = days_of([START + HOUR], seen)
    assert [day.posts for day in days if day.coverage is CoverageState.FULL] == [0, 0]
    assert [day.posts for day in days if day.coverage is CoverageState.PARTIAL] == [1, 0, 0, 0]
    assert [day.posts for day in days if day.coverage is CoverageState.NONE] == [None]


def test_an_account_that_nobody_looked_at_has_no_days() -> None:
    assert days_of([], Intervals()) == []
