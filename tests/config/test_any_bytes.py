"""Whatever a file holds: `check` reports and never raises, and what is written is read back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.config.files import BAN, EVENT, PERSON, REPORTER, SETTINGS, file_of
from tracker.config import events, restrictions, watchlist
from tracker.config.csvfile import Layout, read_rows, write_rows
from tracker.config.home import Home, check
from tracker.config.problems import Findings
from tracker.domain.instants import start_of_day
from tracker.domain.intervals import BEGINNING, FOREVER
from tracker.domain.subjects import Listing, protection_of
from tracker.domain.words import Platform, Protection, Residence, Role

SHIPPED = Path(__file__).parents[2] / "config"
NAMES = ("watchlist.csv", "restrictions.csv", "events.csv", "settings.toml")
FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

LAYOUTS = {
    "watchlist.csv": (watchlist.LAYOUT, [PERSON, REPORTER]),
    "restrictions.csv": (restrictions.LAYOUT, [BAN]),
    "events.csv": (events.LAYOUT, [EVENT]),
}
AWKWARD = st.sampled_from(
    ["", "=", "@", "-100", "9" * 40, "1E5", "0000-00-00", "2100-12-31", "1990-01-01", "2022", "2022-13", "*", "open",
     "exact", "approximate", "year", "۲۰۲۲", "²", "٣", "x", "telegram", "x.com", "t.me/s/", "t.me/", "IR", "EU",
     "unverified", "named", "at_risk", "2022-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", '"', "\x00", "\ud7ff"]
)  # fmt: skip
CELL = AWKWARD | st.text(max_size=12)


def home_with(folder: Path, name: str, data: bytes) -> Home:
    home = Home(folder)
    home.config.mkdir(exist_ok=True)
    for other in NAMES:
        path = home.config / other
        if other == name:
            path.write_bytes(data)
        elif not path.exists():
            path.write_bytes((SHIPPED / other).read_bytes())
    return home


def assert_reported(home: Home) -> None:
    for problem in check(home):
        assert problem.file.startswith("config/")
        assert problem.line >= 0
        assert len(str(problem).splitlines()) == 1, str(problem)
        assert str(problem).isprintable()


@pytest.mark.parametrize("name", NAMES)
@FAST
@given(data=st.binary(max_size=400))
def test_check_never_raises_on_arbitrary_bytes(tmp_path: Path, name: str, data: bytes) -> None:
    assert_reported(home_with(tmp_path, name, data))


@pytest.mark.parametrize("name", NAMES)
@FAST
@given(place=st.integers(0, 3000), cut=st.integers(0, 30), data=st.binary(max_size=12))
def test_check_never_raises_on_a_damaged_file(tmp_path: Path, name: str, place: int, cut: int, data: bytes) -> None:
    shipped = (SHIPPED / name).read_bytes()
    assert_reported(home_with(tmp_path, name, shipped[:place] + data + shipped[place + cut :]))


@pytest.mark.parametrize("name", LAYOUTS)
@FAST
@given(data=st.data())
def test_check_never_raises_on_arbitrary_cells(tmp_path: Path, name: str, data: st.DataObject) -> None:
    layout, rows = LAYOUTS[name]
    changes = st.dictionaries(st.sampled_from(layout.columns), CELL, max_size=4)
    changed = [row | data.draw(changes) for row in [*rows, *rows]]
    assert_reported(home_with(tmp_path, name, file_of(layout, changed)))


TOML_VALUE = st.sampled_from(
    ['""', '"x"', "1", "-1", "1e999", "nan", "true", "[]", "[1]", '["x"]', "{}", "{a.b = 1}", "1979-05-27",
     "2024-01-01T00:00:00Z", '"5s"', '"1e9s"', '"99999999999d"', '"a/b"', '"http://["', '"::a:b"', '"::"', '":1"',
     "0x" + "f" * 400, "0x" + "f" * 9000,
     "[0x" + "f" * 9000 + "]", "9" * 5000, "0001-01-01T00:00:00+14:00", '"..\\\\a"', '"\\u0000"', "'''\na'''"]
)  # fmt: skip
TOML_KEY = st.sampled_from(
    ["platforms", "database", "time", "zones", "x", "x.api_url", "time.clock_start", "time.default_zone", "zones.IR",
     "telegram.server", "telegram.pace", "visits.tick", "report.active_days", "prices.post", '"a b"', '"\\u0001"']
)  # fmt: skip


@FAST
@given(lines=st.lists(st.tuples(TOML_KEY, TOML_VALUE), max_size=3))
def test_check_never_raises_on_arbitrary_settings(tmp_path: Path, lines: list[tuple[str, str]]) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in lines)
    assert_reported(home_with(tmp_path, "settings.toml", text.encode()))


# Text as it stands in a cell after reading: no white space around it, none that would be folded, no formula.
WORDS = st.lists(st.text(st.sampled_from("abcXYZ\"',;#|.()سیدعلی‌۱۲"), min_size=1, max_size=6), min_size=1, max_size=4)
PLAIN = WORDS.map(lambda words: " ".join(words)).filter(lambda text: text == text.strip("\u200c "))
DAYS = st.dates(date(1991, 1, 1), date(2099, 12, 31))


@st.composite
def listings(draw: st.DrawFn, number: int) -> Listing:
    role = draw(st.sampled_from(Role))
    residence = draw(st.sampled_from(Residence))
    protection = draw(st.sampled_from(Protection))
    exposed = protection_of(role, residence, None) is Protection.AT_RISK
    country = draw(st.sampled_from(["IR", "RU", "EU"]))
    zone = SETTINGS.zone(country)
    first = draw(st.none() | DAYS)
    last = draw(st.none() | DAYS.filter(lambda day: first is None or day >= first))
    verified = draw(st.booleans())
    return Listing(
        subject=f"subject-{number}",
        name=draw(PLAIN),
        name_native=draw(PLAIN | st.just("")),
        role=role,
        country=country,
        residence=residence,
        protection=protection,
        protection_reason=draw(PLAIN if exposed else PLAIN | st.just("")),
        platform=draw(st.sampled_from(Platform)),
        handle=f"handle_{number}",
        platform_id=draw(st.none() | st.integers(1, 10**9).map(lambda n: n * 100 + number)) if verified else None,
        verified=verified,
        since=BEGINNING if first is None else start_of_day(first, zone),
        until=FOREVER if last is None else start_of_day(last + timedelta(days=1), zone),
        source=draw(PLAIN | st.just("")),
        line=number + 2,
    )


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_watchlist_that_is_written_is_read_back(data: st.DataObject) -> None:
    written = [data.draw(listings(number)) for number in range(data.draw(st.integers(0, 5)))]
    found, problems = watchlist.read_watchlist(watchlist.write_watchlist(written, SETTINGS), SETTINGS)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []
    assert [listing for account in found.accounts for listing in account.listings] == written


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(PLAIN, PLAIN), max_size=5))
def test_rows_that_are_written_are_read_back(cells: list[tuple[str, str]]) -> None:
    layout = Layout(("one", "two"))
    rows = [{"one": f"a{one}", "two": two} for one, two in cells]
    findings = Findings("file.csv")
    found = read_rows(write_rows(layout, rows), layout, findings)
    assert findings.problems == []
    assert [{column: row.text(column) for column in layout.columns} for row in found] == rows


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text.replace("\n", "\r\n")])
def test_the_shipped_files_survive_a_spreadsheet(tmp_path: Path, change: Callable[[str], str]) -> None:
    for name in NAMES:
        text = (SHIPPED / name).read_text(encoding="utf-8-sig")
        home = home_with(tmp_path, name, change(text).encode("utf-8-sig"))
        assert [problem for problem in check(home) if problem.severity == "error"] == []
