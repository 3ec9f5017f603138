"""A report on influence as a sheet: both ages in files, one for people. All names are generated."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest

from tests.analysis.making import SETTINGS, listing, observed, posts
from tests.analysis.test_influence import at_risk, history, liked, report
from tracker.analysis.history import only_series
from tracker.analysis.influence import InfluenceReport
from tracker.analysis.influence_words import definitions
from tracker.domain.instants import DAY, WEEK
from tracker.domain.words import CounterAge
from tracker.reports.formats import ReportFormat
from tracker.reports.influence import influence_sheet
from tracker.reports.sheet_writing import write_sheet


def sample(age: CounterAge = CounterAge.DAY) -> InfluenceReport:
    """A row with counters of both ages, one with those of a day only, one without data, and people at risk."""
    return report(
        history(listing("old", number=1), [liked(1, 10, after=WEEK), liked(2, 20, after=WEEK)]),
        history(listing("young", number=2), [liked(3, 90, after=DAY)]),
        only_series(posts(observed(listing("never", number=3)))),
        *at_risk(5),
        age=age,
    )


def written(format: ReportFormat, age: CounterAge = CounterAge.DAY) -> str:
    out = StringIO()
    write_sheet(influence_sheet(sample(age)), format, out, width=400)
    return out.getvalue()


def test_json_and_csv_have_both_ages_whatever_is_shown() -> None:
    for age in CounterAge:
        rows = {row["subject"]: row for row in json.loads(written(ReportFormat.JSON, age))["rows"]}
        assert [rows[name]["engagement_24h"] for name in ("old", "young", "never")] == [15, 90, None]
        assert [rows[name]["engagement_7d"] for name in ("old", "young", "never")] == [15, None, None]
        assert [rows[name]["without_counters_7d"] for name in ("old", "young", "never")] == [0, 1, None]
        table = list(csv.DictReader(StringIO(written(ReportFormat.CSV, age).removeprefix("\ufeff"))))
        assert {"engagement_24h", "engagement_7d", "views_per_subscriber_24h", "rank_followers"} <= set(table[0])


@pytest.mark.parametrize("age", CounterAge)
def test_people_see_the_age_that_they_asked_for(age: CounterAge) -> None:
    shown = {column.key for column in influence_sheet(sample(age)).used()}
    other = next(each for each in CounterAge if each is not age)
    assert f"engagement_{age}" in shown
    assert not any(key.endswith(f"_{other}") for key in shown)


def test_the_formula_stands_in_the_heading() -> None:
    sheet = influence_sheet(sample())
    assert sheet.columns[sheet.place("views_per_subscriber_24h")].title == "views ÷ subscribers"


def test_no_data_reads_so_and_people_at_risk_have_no_engagement() -> None:
    lines = written(ReportFormat.TABLE).splitlines()
    never = next(line for line in lines if "Generated never" in line)
    assert "no data" in never
    cell = next(line for line in lines if "journalists at risk" in line)
    assert "no data" not in cell


def test_every_column_is_defined_and_every_definition_is_printed() -> None:
    sheet = influence_sheet(sample())
    told = {meaning for _, meaning in sheet.definitions}
    assert told == {meaning for _, meaning in definitions(SETTINGS)}
    plain = {"subject", "name", "role", "country", "platform", "accounts", "at_risk"}
    undefined = {column.key for column in sheet.columns if not column.meaning} - plain
    assert all(key.startswith("rank_") for key in undefined)  # the word `rank` is one for all
