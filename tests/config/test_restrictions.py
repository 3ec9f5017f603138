"""The restrictions: edges as exactly as they are known, and what is refused."""

from __future__ import annotations

import pytest

from tests.config.files import BAN, SETTINGS, assert_one_error, errors, file_of, restriction_problems
from tracker.config import restrictions
from tracker.domain.instants import from_iso
from tracker.domain.restrictions import OPEN_END, Edge, Restriction
from tracker.domain.words import RestrictionKind, Scope

FILE = "config/restrictions.csv"


def read(row: dict[str, str]) -> Restriction:
    found, problems = restrictions.read_restrictions(file_of(restrictions.LAYOUT, [row]), SETTINGS)
    assert not problems
    return found[0]


def edge(earliest: str, latest: str) -> Edge:
    return Edge(from_iso(earliest), from_iso(latest))


def test_a_row_becomes_a_restriction() -> None:
    found = read(BAN | {"note": "an invented ban"})
    assert (found.country, found.platform, found.kind, found.scope) == (
        "IR",
        "x",
        RestrictionKind.BLOCK,
        Scope.PUBLIC,
    )
    assert (found.note, found.source, found.line) == ("an invented ban", "example.org", 2)
    assert (found.starts_as_written, found.ends_as_written, found.end) == ("2022-09-21", "", OPEN_END)


@pytest.mark.parametrize(
    ("written", "precision", "expected"),
    [
        ("2022-12-21", "day", edge("2022-12-21T00:00:00+03:30", "2022-12-22T00:00:00+03:30")),
        ("۲۰۲۲-۱۲-۲۱", "day", edge("2022-12-21T00:00:00+03:30", "2022-12-22T00:00:00+03:30")),
        ("2022-12", "month", edge("2022-12-01T00:00:00+03:30", "2023-01-01T00:00:00+03:30")),
        ("2022-12-21", "month", edge("2022-12-01T00:00:00+03:30", "2023-01-01T00:00:00+03:30")),
        ("2023", "year", edge("2023-01-01T00:00:00+03:30", "2024-01-01T00:00:00+03:30")),
        ("2022-12-21", "approximate", edge("2022-12-14T00:00:00+03:30", "2022-12-29T00:00:00+03:30")),
        ("2022-12-21", "exact", edge("2022-12-21T00:00:00+03:30", "2022-12-21T00:00:00+03:30")),
        ("2022-12-21T12:00:00+03:30", "exact", edge("2022-12-21T08:30:00Z", "2022-12-21T08:30:00Z")),
        ("2022-12-21T08:30Z", "exact", edge("2022-12-21T08:30:00Z", "2022-12-21T08:30:00Z")),
    ],
)
def test_an_edge_lies_where_its_precision_allows(written: str, precision: str, expected: Edge) -> None:
    assert read(BAN | {"starts": written, "starts_precision": precision}).start == expected


def test_an_end_without_date_and_precision_is_open() -> None:
    assert read(BAN | {"ends_precision": ""}).end == OPEN_END


@pytest.mark.parametrize(
    ("column", "cell", "wrong", "right"),
    [
        ("country", "Russia", "unknown country 'Russia'", "write RU for Russia"),
        ("platform", "twitter", "unknown platform 'twitter'", "did you mean x?"),
        ("platform", "telegrm", "unknown platform 'telegrm'", "did you mean telegram?"),
        ("platform", "", "is empty", "* for all"),
        ("kind", "ban", "unknown kind 'ban'", "did you mean block?"),
        ("kind", "throtle", "unknown kind 'throtle'", "did you mean throttle?"),
        ("scope", "publik", "unknown scope 'publik'", "did you mean public?"),
        ("scope", "", "is empty", "write one of public, state_bodies"),
        ("starts", "", "is empty", "write a date"),
        ("starts", "21.09.2022", "bad date '21.09.2022'", "write 2022-09-21"),
        ("starts", "2022-09", "less exact than its precision, day", "write YYYY-MM-DD, or the precision month"),
        ("starts", "2022-09-31", "there is no day", "that the calendar has"),
        ("starts_precision", "", "is empty", "write one of exact, day, month"),
        ("starts_precision", "circa", "unknown precision 'circa'", "did you mean approximate?"),
        ("starts_precision", "open", "cannot be open", "say how exact the date is"),
        ("ends", "2023-01-01", "its precision says open", "clear the date"),
        ("ends_precision", "day", "", ""),
        ("source", "", "is empty", "name where it is known from"),
    ],
)
def test_a_wrong_cell_is_named_with_what_would_be_right(column: str, cell: str, wrong: str, right: str) -> None:
    place = "ends" if column == "ends_precision" else column
    found = restriction_problems(BAN | {column: cell})
    assert_one_error(found, f"{FILE}:2: column {place}", wrong or "is empty", right or "write a date")


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("2022-12-21T12:00:00", "bad time"),
        ("2022-12-21T25:00:00Z", "bad time"),
        ("0001-01-01T00:00:00+14:00", "bad"),
        ("2525-12-21T12:00:00Z", "bad year"),
    ],
)
def test_an_exact_time_needs_its_offset_and_a_plausible_year(written: str, wrong: str) -> None:
    found = restriction_problems(BAN | {"starts": written, "starts_precision": "exact"})
    assert_one_error(found, f"{FILE}:2: column starts", wrong, "write")


@pytest.mark.parametrize(
    ("ends", "precision"),
    [("2022-09-20", "day"), ("2022-08", "month"), ("2021", "year"), ("2022-09-01", "approximate")],
)
def test_an_end_before_its_start_is_refused(ends: str, precision: str) -> None:
    found = restriction_problems(BAN | {"ends": ends, "ends_precision": precision})
    wrong = f"ends {ends} is before starts 2022-09-21"
    assert_one_error(found, f"{FILE}:2: column ends", wrong, "write a later end")


@pytest.mark.parametrize(("ends", "precision"), [("2022-09-21", "day"), ("2022-09", "month"), ("2022", "year")])
def test_an_end_within_the_imprecision_of_its_start_is_allowed(ends: str, precision: str) -> None:
    assert not restriction_problems(BAN | {"ends": ends, "ends_precision": precision})


def test_overlapping_restrictions_of_the_same_kind_name_both_lines() -> None:
    found = restriction_problems(BAN, BAN | {"platform": "telegram"}, BAN | {"starts": "2023-01-01"})
    wrong = "overlaps line 2: block of x for public in IR would be in force twice"
    assert_one_error(found, f"{FILE}:4: column starts", wrong, "make them one row")


def test_the_same_month_twice_overlaps_though_no_instant_is_certain() -> None:
    month = BAN | {"starts": "2019-11", "starts_precision": "month", "ends": "2019-11", "ends_precision": "month"}
    assert_one_error(restriction_problems(month, month), f"{FILE}:3: column starts", "overlaps line 2", "one row")


@pytest.mark.parametrize(
    "other", [{"country": "RU"}, {"platform": "*"}, {"kind": "throttle"}, {"scope": "state_bodies"}]
)
def test_restrictions_that_differ_may_hold_together(other: dict[str, str]) -> None:
    assert not restriction_problems(BAN, BAN | other)


def test_one_restriction_may_start_on_the_day_on_which_another_ends() -> None:
    first = BAN | {"ends": "2022-12-01", "ends_precision": "day"}
    assert not restriction_problems(first, BAN | {"starts": "2022-12-01"})
    assert errors(restriction_problems(first, BAN | {"starts": "2022-11-30"}))


def test_every_one_of_many_overlapping_restrictions_is_named() -> None:
    rows = [BAN] * 20_000
    found = restriction_problems(*rows)
    assert len(found) == 19_999
