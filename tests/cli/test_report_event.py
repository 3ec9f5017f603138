"""What changed after an event, asked on the demo's data and checked against the sandbox's own list of posts."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.commands import tracker
from tracker.analysis.change_report import ChangeReport
from tracker.cli.report_event import comparison_of, event_of, events_of, weeks_of
from tracker.cli.selecting import selection_of
from tracker.config.home import Home, load
from tracker.domain.errors import UsageError
from tracker.domain.words import By, PostKind
from tracker.reports.change import change_sheet, events_sheet
from tracker.reports.formats import ReportFormat
from tracker.reports.sheet_writing import write_sheet
from tracker.sandbox.x_data import sample_posts

ZONES = {"CN": "Asia/Shanghai", "EU": "Europe/Brussels", "RU": "Europe/Moscow", "US": "America/New_York"}
EVENT = "mm-2021-x-block"


def asked(demo: Path, event_id: str = EVENT, **options: object) -> ChangeReport:
    config = load(Home(demo))
    return event_of(config, selection_of(config), event_id, **options)  # type: ignore[arg-type]  # they differ in type


def truth(kind: PostKind | None = None) -> dict[str, tuple[int, int]]:
    """Posts in the 28 local days before and after 5 February 2021 (UTC), by handle."""
    before, after = Counter[str](), Counter[str]()
    edges = {}
    for country, name in ZONES.items():
        zone = ZoneInfo(name)
        first = datetime.fromisoformat("2021-02-05T00:00:00+00:00").astimezone(zone)
        last = datetime.fromisoformat("2021-02-06T00:00:00+00:00").astimezone(zone)
        ended = first.date()
        begun = last.date() + timedelta(days=bool(last.hour))
        edges[country] = zone, ended, begun
    for post in sample_posts():
        zone, ended, begun = edges[post.country]
        day: date = datetime.fromtimestamp(post.posted_at, zone).date()
        if kind is None or post.kind == kind:
            before[post.handle.lower()] += ended - timedelta(days=28) <= day < ended
            after[post.handle.lower()] += begun <= day < begun + timedelta(days=28)
    return {handle: (before[handle], after[handle]) for handle in before}


@pytest.mark.parametrize("kind", [None, PostKind.REPOST])
def test_the_posts_before_and_after_are_those_of_the_data(demo: Path, kind: PostKind | None) -> None:
    rows = asked(demo, kind=kind).rows
    told = {row.subject: (row.before, row.after) for row in rows if row.platform == "x" and (row.before or row.after)}
    assert told == {handle: counts for handle, counts in truth(kind).items() if any(counts)}


def test_the_row_of_a_country_is_the_sum_of_its_accounts(demo: Path) -> None:
    countries = {post.handle.lower(): post.country for post in sample_posts()}
    sums: dict[str, list[int]] = {country: [0, 0] for country in ZONES}
    for handle, (before, after) in truth().items():
        sums[countries[handle]][0] += before
        sums[countries[handle]][1] += after
    rows = asked(demo, by=By.COUNTRY, compare="country=RU").rows
    assert rows[0].name == "country=RU"
    told = {row.country: [row.before, row.after] for row in rows if row.country in ZONES}
    assert told == sums
    (china,) = (row for row in rows if row.country == "CN")
    ratios = {country: after / before for country, (before, after) in sums.items()}
    assert china.against is not None
    assert china.against.value == pytest.approx(ratios["CN"] / ratios["RU"])


def test_the_month_in_which_the_event_may_have_been_is_left_out(demo: Path) -> None:
    report = asked(demo, "ru-2020-telegram-lifted", by=By.PLATFORM)
    assert any("2020-05-31T21:00:00Z and 2020-06-30T21:00:00Z" in note for note in report.notes)


def test_people_at_risk_are_one_row(demo: Path) -> None:
    assert [row.name for row in asked(demo, "ru-2020-telegram-lifted").rows if row.at_risk] == [
        "6 journalists at risk"
    ]


def test_every_format_holds_the_same_figures(demo: Path) -> None:
    sheet = change_sheet(asked(demo, by=By.COUNTRY))
    written = {}
    for format in ReportFormat:
        out = io.StringIO(newline="")
        write_sheet(sheet, format, out, width=200)
        written[format] = out.getvalue()
    rows = list(csv.DictReader(io.StringIO(written[ReportFormat.CSV].removeprefix("\ufeff"))))
    assert [row["name"] for row in rows] == sheet.column_values("name")
    told = json.loads(written[ReportFormat.JSON])
    assert "Infinity" not in written[ReportFormat.JSON]
    assert [row["posts_after"] for row in told["rows"]] == sheet.column_values("posts_after")
    assert "nothing about causes" in written[ReportFormat.TABLE].replace("\n", " ")
    assert all(
        column.meaning for column in sheet.columns if column.key in ("ratio", "ratio_low", "p", "q", "finding")
    )


def test_the_list_of_events_names_those_that_can_be_asked(demo: Path) -> None:
    config = load(Home(demo))
    sheet = events_sheet(events_of(config, selection_of(config)))
    covered = dict(zip(sheet.column_values("event"), sheet.column_values("accounts_covered"), strict=True))
    assert covered[EVENT] == covered["ru-2020-telegram-lifted"] == 672
    assert covered["ir-2022-block"] == 0


def test_an_unknown_event_suggests_a_near_one_and_says_where_they_are(demo: Path) -> None:
    with pytest.raises(UsageError, match=r"did you mean mm-2021-x-block\?.*events\.csv"):
        asked(demo, "mm-2021-x-blok")


def test_an_event_still_to_come_says_when_it_can_be_asked(demo: Path) -> None:
    with pytest.raises(UsageError, match="has not happened by 2021-03-13; this can be asked from 2022-10-21 on"):
        asked(demo, "ir-2022-block")


@pytest.mark.parametrize("window", ["10d", "0d", "28", "x", "-7d", "9999w", ""])
def test_a_window_that_is_not_whole_weeks_is_refused(window: str) -> None:
    with pytest.raises(UsageError, match="whole weeks"):
        weeks_of(window)


def test_windows_are_written_in_days_or_weeks() -> None:
    assert (weeks_of("28d"), weeks_of("4w"), weeks_of("7D")) == (4, 4, 1)


@pytest.mark.parametrize("text", ["RU", "country=", "country=Russia", "role=king", "platform=y", "name=x", "="])
def test_what_names_no_group_to_compare_with_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--compare"):
        comparison_of(text)


def test_the_command_answers_and_refuses_on_one_line(demo: Path) -> None:
    ran = tracker("report", "event", EVENT, "--group", "country", "--json", home=demo)
    assert ran.code == 0, ran.err
    assert {row["country"] for row in json.loads(ran.out)["rows"]} == {"CN", "EU", "IR", "RU", "US"}
    refused = tracker("report", "event", EVENT, "--window", "9w", home=demo)
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
