"""A report on the terminal, as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len

from tests.analysis.making import NOW, ORIGINAL, REPLY, SETTINGS, at, listing, observed, posts, question, restriction
from tracker.analysis.series import Series
from tracker.analysis.usage import By, UsageReport, usage
from tracker.domain.words import Precision
from tracker.reports.calendars import Calendar, day_text
from tracker.reports.formats import ReportFormat
from tracker.reports.sheet_csv import sheet_csv
from tracker.reports.sheet_json import sheets_json
from tracker.reports.sheet_md import sheet_md
from tracker.reports.sheet_table import sheet_table
from tracker.reports.sheet_writing import write_sheet
from tracker.reports.usage import COLUMNS, usage_sheet

BAN = restriction("IR", "x", "2009-06-01", Precision.MONTH)
YEAR = (at("2023-06-01"), NOW)
PROMISED = [
    *("subject", "name", "role", "country", "platform", "accounts"),
    *("posts", "posts_restricted", "posts_uncertain", "originals", "replies", "reposts", "quotes"),
    *("active_days", "per_week", "first_post", "last_post", "level", "coverage"),
]
ADDED = ["posts_throttled", "longest_gap_days", "at_risk", "handle", "counted"]


def watchlist() -> list[Series]:
    """One account seen in full, one in part, one never; s1 has a Persian name."""
    whole = replace(listing("s1", number=1), name="نام ساختگی")
    made = (at("2024-03-19 21:00"), ORIGINAL), (at("2024-05-30"), REPLY)
    return [
        posts(observed(whole, coverage=[YEAR]), *made),
        posts(observed(listing("s2", number=2), coverage=[(at("2024-03-01"), NOW)]), (at("2024-02-01"), ORIGINAL)),
        posts(observed(listing("s3", number=3))),
    ]


def report(by: By = By.SUBJECT, series: list[Series] | None = None) -> UsageReport:
    return usage(watchlist() if series is None else series, [BAN], SETTINGS, question(by=by))


def usage_csv(report: UsageReport, calendar: Calendar = Calendar.GREGORIAN) -> str:
    return sheet_csv(usage_sheet(report), calendar)


def usage_json(report: UsageReport) -> str:
    return sheets_json([usage_sheet(report)])


def usage_md(report: UsageReport, calendar: Calendar = Calendar.GREGORIAN) -> str:
    return sheet_md(usage_sheet(report), calendar)


def usage_table(
    report: UsageReport, out: StringIO, calendar: Calendar = Calendar.GREGORIAN, width: int | None = None
) -> None:
    sheet_table(usage_sheet(report), out, calendar, width)


def table(by: By = By.SUBJECT, width: int = 400, calendar: Calendar = Calendar.GREGORIAN) -> str:
    out = StringIO()
    usage_table(report(by), out, calendar, width)
    return out.getvalue()


def csv_rows(calendar: Calendar = Calendar.GREGORIAN) -> dict[str, dict[str, str]]:
    return {row["subject"]: row for row in csv.DictReader(StringIO(usage_csv(report(), calendar)))}


def test_json_has_exactly_the_promised_keys_in_their_order() -> None:
    whole = json.loads(usage_json(report()))
    assert list(whole) == ["as_of", "definitions", "rows", "notes"]
    assert whole["as_of"] == "2024-06-01T00:00:00Z"
    for row in whole["rows"]:
        assert list(row) == PROMISED + ADDED
        assert list(row["coverage"]) == ["state", "share", "since", "until"]


def test_json_says_null_where_there_is_no_data_and_iso_times_where_there_is() -> None:
    rows = {row["subject"]: row for row in json.loads(usage_json(report()))["rows"]}
    assert rows["s3"]["posts"] is None
    assert rows["s3"]["coverage"] == {"state": "none", "share": 0.0, "since": None, "until": None}
    assert rows["s1"]["first_post"] == "2024-03-19T21:00:00Z"
    assert rows["s1"]["coverage"] == {
        "state": "full",
        "share": 1.0,
        "since": "2023-06-01T00:00:00Z",
        "until": "2024-06-01T00:00:00Z",
    }
    assert rows["s1"]["name"] == "نام ساختگی"


def test_json_of_a_group_has_null_where_a_field_does_not_apply_and_counts_accounts_without_data() -> None:
    (row,) = json.loads(usage_json(report(By.COUNTRY)))["rows"]
    assert (row["subject"], row["name"], row["role"], row["platform"]) == (None,) * 4
    assert (row["country"], row["accounts"]) == ("IR", 3)
    assert row["coverage"]["accounts_without_data"] == 1


def test_a_share_just_short_of_all_never_reads_as_all() -> None:
    hole = [(YEAR[0], at("2024-05-01")), (at("2024-05-01") + 1, NOW)]
    found = report(series=[posts(observed(listing(), coverage=hole))])
    assert json.loads(usage_json(found))["rows"][0]["coverage"]["share"] == 0.9999
    (row,) = csv.DictReader(StringIO(usage_csv(found)))
    assert (row["posts"], row["coverage"]) == ("≥ 0", "99 %")


def test_csv_says_in_each_cell_how_far_it_can_be_trusted() -> None:
    rows = csv_rows()
    assert (rows["s1"]["posts"], rows["s1"]["coverage"]) == ("2", "full")
    assert (rows["s2"]["posts"], rows["s2"]["coverage_state"]) == ("≥ 1", "partial")
    assert rows["s2"]["first_post"] == "≤ 2024-02-01"
    assert rows["s2"]["per_week"].startswith("≈ ")
    assert (rows["s3"]["posts"], rows["s3"]["posts_restricted"]) == ("no data", "no data")


def test_csv_has_the_same_columns_whatever_is_asked() -> None:
    heads = {usage_csv(report(by)).splitlines()[0] for by in By}
    assert len(heads) == 1
    assert set(PROMISED + ADDED) <= set(heads.pop().split(","))


def test_csv_guards_names_against_formulas() -> None:
    evil = replace(listing(), name='=HYPERLINK("http://example.org")')
    (row,) = csv.DictReader(StringIO(usage_csv(report(series=[posts(observed(evil, coverage=[YEAR]))]))))
    assert row["name"] == '\'=HYPERLINK("http://example.org")'


def test_dates_are_those_of_the_subjects_zone_in_the_calendar_asked_for() -> None:
    assert csv_rows()["s1"]["first_post"] == "2024-03-20"  # 00:30 in Tehran
    assert csv_rows(Calendar.JALALI)["s1"]["first_post"] == "1403-01-01"
    assert "1403-01-01" in table(calendar=Calendar.JALALI)
    assert "1403-01-01" in usage_md(report(), Calendar.JALALI)
    out = StringIO()
    write_sheet(usage_sheet(report()), ReportFormat.JSON, out, Calendar.JALALI)
    assert "1403" not in out.getvalue()


@pytest.mark.parametrize(
    ("day", "jalali"), [("2022-03-21", "1401-01-01"), ("2021-03-20", "1399-12-30"), ("1979-02-11", "1357-11-22")]
)
def test_solar_hijri_days_are_right(day: str, jalali: str) -> None:
    assert day_text(at(day + " 12:00"), "Asia/Tehran", Calendar.JALALI) == jalali


def test_the_table_shows_every_row_its_marks_the_notes_and_the_definitions() -> None:
    text = table()
    assert "as of 2024-06-01T00:00:00Z" in text
    assert "≥ 1" in text
    assert "no data" in text
    assert "Of 3 rows, 1 fully covered" in text
    headings = {column.key: column.title for column in COLUMNS}
    for word, _ in report().definitions:
        if word == "counted":  # X was not asked to count: the column is empty, and not shown
            continue
        assert headings.get(word, word) + ":" in text
    assert "at most 30 days" in text


@pytest.mark.parametrize("width", [60, 80, 100, 140, 400])
@pytest.mark.parametrize("by", By)
def test_the_table_keeps_to_its_width_and_names_the_columns_it_leaves_out(by: By, width: int) -> None:
    text = table(by, width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert ("Left out for want of width" in text) == (width < 400)
    heading = next(line for line in text.splitlines() if "posts" in line)
    assert "while restricted" in heading
    assert "coverage" in heading
    assert "…" not in text
    if by in (By.ROLE, By.COUNTRY, By.PLATFORM):
        assert by.value in heading


def test_right_to_left_names_are_isolated_and_others_are_not() -> None:
    assert "\u2068نام ساختگی\u2069" in table()
    assert "\u2068نام ساختگی\u2069" in usage_md(report())
    assert "\u2068Generated" not in table()
    assert "\u2068" not in usage_csv(report())


def test_a_name_cannot_command_the_terminal_or_break_a_table() -> None:
    evil = replace(listing(), name="[bold]a\x1b[2Jb|c\nd")
    found = report(series=[posts(observed(evil, coverage=[YEAR]))])
    out = StringIO()
    usage_table(found, out, width=200)
    assert "\x1b" not in out.getvalue()
    assert "[bold]a [2Jb|c d" in out.getvalue()
    assert "\\[bold]a \\[2Jb\\|c d" in usage_md(found)


def test_markdown_is_one_table_with_the_notes_and_definitions_below() -> None:
    lines = usage_md(report()).splitlines()
    in_table = [line for line in lines if line.startswith("|")]
    assert len(in_table) == 2 + 3
    assert len({line.replace("\\|", "").count("|") for line in in_table}) == 1
    assert sum(line.startswith("- **") for line in lines) == len(report().definitions)


def test_colour_is_only_for_a_terminal_and_never_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    def printed() -> str:
        out = Terminal()
        usage_table(report(), out, width=120)
        return out.getvalue()

    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in printed()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed()
    assert "\x1b" not in table()


def test_an_empty_report_can_be_written_in_every_format() -> None:
    for format in ReportFormat:
        out = StringIO()
        write_sheet(usage_sheet(report(series=[])), format, out)
        assert out.getvalue()


def test_a_format_that_is_not_asked_for_loads_nothing() -> None:
    code = (
        "import sys, tracker.reports.usage, tracker.reports.sheet_json, tracker.reports.sheet_table;"
        "print(sorted({'rich', 'jdatetime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
