"""Days, weeks, months and years: they tile the time, in either calendar and in any zone."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import jdatetime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.periods import edges_of, periods_of
from tracker.domain.instants import DAY, HOUR, day_of
from tracker.domain.words import Every

days = st.dates(date(2006, 1, 1), date(2040, 12, 31))


@given(days, st.integers(0, 900), st.sampled_from(Every), st.booleans())
def test_periods_tile_the_days_from_the_first_to_the_last(first: date, more: int, every: Every, hijri: bool) -> None:
    last = first + timedelta(days=more)
    periods = periods_of(first, last, every, hijri)
    assert periods[0].first <= first < periods[0].beyond
    assert periods[-1].first <= last < periods[-1].beyond
    assert all(one.beyond == following.first for one, following in pairwise(periods))
    assert len({period.label for period in periods}) == len(periods)


@given(days)
def test_a_solar_hijri_month_begins_on_its_first_day_and_holds_no_other_first(day: date) -> None:
    (period,) = periods_of(day, day, Every.MONTH, True)
    inside = [period.first + timedelta(days=number) for number in range((period.beyond - period.first).days)]
    of_month = [jdatetime.date.fromgregorian(date=one).day for one in inside]
    assert of_month == [*range(1, len(inside) + 1)]


def test_the_last_month_of_a_leap_year_has_30_days_and_its_names_in_two_languages() -> None:
    (esfand,) = periods_of(date(2021, 3, 1), date(2021, 3, 1), Every.MONTH, True)
    assert (esfand.first, esfand.beyond) == (date(2021, 2, 19), date(2021, 3, 21))  # 1399 was a leap year
    assert (esfand.label, esfand.label_native) == ("1399-12 Esfand", "اسفند ۱۳۹۹")


@pytest.mark.parametrize("hijri", [False, True])
def test_a_year_is_its_twelve_months(hijri: bool) -> None:
    years = periods_of(date(2019, 6, 1), date(2026, 6, 1), Every.YEAR, hijri)
    assert len(years) == 8
    for year in years:
        months = periods_of(year.first, year.beyond - timedelta(days=1), Every.MONTH, hijri)
        assert (len(months), months[0].first, months[-1].beyond) == (12, year.first, year.beyond)
        assert all(month.label.startswith(year.label) for month in months)


def test_a_solar_hijri_year_begins_in_spring_and_is_named_in_two_scripts() -> None:
    (year,) = periods_of(date(2021, 3, 20), date(2021, 3, 20), Every.YEAR, True)  # the last day of a leap year
    assert (year.first, year.beyond) == (date(2020, 3, 20), date(2021, 3, 21))
    assert (year.label, year.label_native) == ("1399", "۱۳۹۹")


@pytest.mark.parametrize(
    ("day", "every", "label"),
    [
        (date(2021, 1, 3), Every.WEEK, "2020-W53"),
        (date(2021, 1, 4), Every.WEEK, "2021-W01"),
        (date(2021, 1, 3), Every.DAY, "2021-01-03"),
        (date(2021, 1, 3), Every.MONTH, "2021-01"),
        (date(2021, 1, 3), Every.YEAR, "2021"),
    ],
)
def test_a_period_is_named_as_iso_8601_names_it(day: date, every: Every, label: str) -> None:
    (period,) = periods_of(day, day, every)
    assert (period.label, period.label_native) == (label, "")


def test_the_day_on_which_tehran_put_its_clocks_forward_had_23_hours() -> None:
    periods = periods_of(date(2021, 3, 21), date(2021, 3, 23), Every.DAY)
    edges = edges_of(periods, "Asia/Tehran").tolist()
    assert [beyond - first for first, beyond in pairwise(edges)] == [DAY, 23 * HOUR, DAY]
    assert [day_of(edge, "Asia/Tehran") for edge in edges[:-1]] == [period.first for period in periods]


def test_nothing_lies_between_days_in_the_wrong_order() -> None:
    assert periods_of(date(2021, 3, 21), date(2021, 3, 20), Every.DAY) == ()
