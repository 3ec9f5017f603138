"""Makes the files that the tests read, and looks at what was found in them. All people in them are invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracker.config import events, restrictions, watchlist
from tracker.config.csvfile import Layout
from tracker.config.problems import Problem, Severity
from tracker.config.settings import Settings
from tracker.domain.subjects import Listing

SETTINGS = Settings(zones={"IR": "Asia/Tehran", "RU": "Europe/Moscow"})

PERSON = {
    "subject": "minister-of-examples",
    "name": "Example Minister",
    "name_native": "وزیر نمونه",
    "role": "official",
    "country": "IR",
    "platform": "x",
    "handle": "exampleminister",
    "platform_id": "1234567",
    "source": "invented",
}
REPORTER = {
    "subject": "example-reporter",
    "name": "Example Reporter",
    "role": "journalist",
    "country": "IR",
    "platform": "telegram",
    "handle": "example_channel",
}
BAN = {
    "country": "IR",
    "platform": "x",
    "kind": "block",
    "scope": "public",
    "starts": "2022-09-21",
    "starts_precision": "day",
    "ends_precision": "open",
    "source": "example.org",
}
EVENT = {
    "id": "example-event",
    "date": "2022-09-21",
    "precision": "day",
    "country": "IR",
    "platforms": "x telegram",
    "kind": "block",
    "title": "An invented event",
    "source": "example.org",
}


def file_of(
    layout: Layout, rows: Sequence[Mapping[str, str]], separator: str = ",", end: str = "\n", bom: bool = False
) -> bytes:
    """A CSV file with its header in line 1 and a row in each further line, written without help from the tracker."""
    lines = [list(layout.columns), *([row.get(column, "") for column in layout.columns] for row in rows)]
    quoted = (separator.join('"' + cell.replace('"', '""') + '"' for cell in cells) + end for cells in lines)
    return "".join(quoted).encode("utf-8-sig" if bom else "utf-8")


def watchlist_of(*rows: Mapping[str, str]) -> tuple[list[Listing], list[Problem]]:
    """The listings of a watchlist with these rows, and its problems."""
    return read_watchlist(file_of(watchlist.LAYOUT, rows))


def read_watchlist(data: bytes) -> tuple[list[Listing], list[Problem]]:
    found, problems = watchlist.read_watchlist(data, SETTINGS)
    return [listing for account in found.accounts for listing in account.listings], problems


def restriction_problems(*rows: Mapping[str, str]) -> list[Problem]:
    return restrictions.read_restrictions(file_of(restrictions.LAYOUT, rows), SETTINGS)[1]


def event_problems(*rows: Mapping[str, str]) -> list[Problem]:
    return events.read_events(file_of(events.LAYOUT, rows), SETTINGS)[1]


def errors(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def assert_one_error(problems: Sequence[Problem], place: str, wrong: str, right: str) -> None:
    """There is exactly one error; it stands in `place` ("file:line: column name"), says this and hints at that."""
    found = errors(problems)
    assert [str(problem) for problem in found] == [str(problem) for problem in found[:1]]
    assert found, "no error was found"
    assert str(found[0]).startswith(place + ":")
    assert wrong in found[0].wrong
    assert right in found[0].right
    assert "\n" not in str(found[0])
