"""The events: what a row means, and what is refused."""

from __future__ import annotations

import pytest

from tests.config.files import EVENT, SETTINGS, assert_one_error, event_problems, file_of
from tracker.config import events
from tracker.domain.events import Event, EventKind
from tracker.domain.instants import from_iso
from tracker.domain.restrictions import Edge
from tracker.domain.words import Precision

FILE = "config/events.csv"


def read(row: dict[str, str]) -> Event:
    found, problems = events.read_events(file_of(events.LAYOUT, [row]), SETTINGS)
    assert not problems
    return found[0]


def test_a_row_becomes_an_event() -> None:
    found = read(EVENT | {"date": "2022-12", "precision": "month", "title_native": "رویداد نمونه"})
    assert found.when == Edge(from_iso("2022-12-01T00:00:00+03:30"), from_iso("2023-01-01T00:00:00+03:30"))
    assert (found.date_as_written, found.precision) == ("2022-12", Precision.MONTH)
    assert (found.kind, found.platforms) == (EventKind.BLOCK, frozenset({"x", "telegram"}))
    assert (found.title, found.title_native, found.source) == ("An invented event", "رویداد نمونه", "example.org")


def test_an_event_concerns_the_platforms_it_names_in_its_country() -> None:
    assert read(EVENT).concerns("IR", "x")
    assert not read(EVENT).concerns("IR", "facebook")
    assert not read(EVENT).concerns("RU", "x")
    assert read(EVENT | {"platforms": "*"}).concerns("IR", "facebook")


@pytest.mark.parametrize(
    ("column", "cell", "wrong", "right"),
    [
        ("id", "", "is empty", "write a short key"),
        ("id", "Example Event", "bad key", "write example-event"),
        ("date", "", "is empty", "write a date"),
        ("date", "2022-09", "less exact than its precision, day", "the precision month"),
        ("precision", "open", "cannot be open", "day, month or year"),
        ("country", "UK", "unknown country 'UK'", "write GB"),
        ("platforms", "x twitter", "unknown platform 'twitter'", "did you mean x?"),
        ("platforms", "", "is empty", "* for all"),
        ("kind", "unblock", "unknown kind 'unblock'", "did you mean lifted?"),
        ("title", "", "is empty", "fill it in"),
        ("source", "", "is empty", "name where it is known from"),
    ],
)
def test_a_wrong_cell_is_named_with_what_would_be_right(column: str, cell: str, wrong: str, right: str) -> None:
    assert_one_error(event_problems(EVENT | {column: cell}), f"{FILE}:2: column {column}", wrong, right)


def test_two_events_with_one_id_name_both_lines() -> None:
    found = event_problems(EVENT, EVENT | {"title": "Another"})
    wrong = "duplicate id example-event: line 2 has it too"
    assert_one_error(found, f"{FILE}:3: column id", wrong, "write another id")
