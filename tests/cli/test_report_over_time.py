"""`tracker report activity`, `coverage` and `subject` over the demo's data, against plain Python over its lists."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jdatetime
import pytest

from tests.cli.commands import tracker
from tracker.analysis.activity import ActivityReport
from tracker.analysis.ground import Ground
from tracker.analysis.report import CoverageState
from tracker.cli.report_activity import activity_of
from tracker.cli.report_coverage import coverage_of
from tracker.cli.report_subject import subject_of
from tracker.cli.selecting import selection_of
from tracker.config.home import Home, load
from tracker.domain.errors import UsageError
from tracker.domain.instants import WEEK
from tracker.domain.words import By, Every, Platform, PostKind
from tracker.sandbox.telegram_demo import demo_world
from tracker.sandbox.x_data import SAMPLE_BEGINS, sample_posts

JOURNALISTS_AT_RISK = range(9_000_000_011, 9_000_000_017)


def answer(
    home: Path, every: Every, by: By | None = None, *, solar_hijri: bool = False, **asked: object
) -> ActivityReport:
    config = load(Home(home))
    selection = selection_of(config, **asked)  # type: ignore[arg-type]  # the fields differ in type
    return activity_of(config, selection, every, by, solar_hijri=solar_hijri)


@lru_cache
def zone_of(home: Path, country: str) -> ZoneInfo:
    return ZoneInfo(load(Home(home)).settings.zone(country))


def test_each_country_and_month_has_the_posts_of_the_data(demo: Path) -> None:
    truth: Counter[tuple[str, date, PostKind]] = Counter()
    for post in sample_posts():
        day = datetime.fromtimestamp(post.posted_at, zone_of(demo, post.country)).date()
        truth[post.country, day.replace(day=1), post.kind] += 1
    told: Counter[tuple[str, date, PostKind]] = Counter()
    for point in answer(demo, Every.MONTH, By.COUNTRY, platform=Platform.X).points:
        assert point.coverage.state is CoverageState.FULL
        for kind, count in zip(PostKind, (point.originals, point.replies, point.reposts, point.quotes), strict=True):
            told[point.group.label, point.first, kind] = count or 0
    assert +told == truth


def test_solar_hijri_months_have_the_posts_of_the_data(demo: Path) -> None:
    truth: Counter[str] = Counter()
    for post in sample_posts():
        day = datetime.fromtimestamp(post.posted_at, zone_of(demo, post.country)).date()
        truth[jdatetime.date.fromgregorian(date=day).strftime("%Y-%m")] += 1
    report = answer(demo, Every.MONTH, platform=Platform.X, solar_hijri=True)
    assert {point.label.split()[0]: point.posts for point in report.points} == truth
    assert report.points[-1].label_native == "اسفند ۱۳۹۹"


def test_each_day_of_one_account_is_told_and_days_without_posts_are_0(demo: Path) -> None:
    zone = zone_of(demo, "RU")
    truth = Counter(
        datetime.fromtimestamp(post.posted_at, zone).date() for post in sample_posts() if post.handle == "mfa_russia"
    )
    points = [p for p in answer(demo, Every.DAY, By.ACCOUNT, country="RU").points if p.group.handle == "mfa_russia"]
    assert {point.first: point.posts for point in points if point.posts} == truth
    assert {point.posts for point in points if point.first not in truth} == {0}
    assert len(points) == len({point.first for point in points}) >= 437


def test_the_weeks_of_people_at_risk_are_those_of_the_group(demo: Path) -> None:
    world, tehran = demo_world(), ZoneInfo("Asia/Tehran")
    truth: Counter[str] = Counter()
    for number in JOURNALISTS_AT_RISK:
        for post in world.posts(number):
            year, week, _ = datetime.fromtimestamp(post.posted_at, tehran).date().isocalendar()
            truth[f"{year}-W{week:02}"] += 1
    points = [p for p in answer(demo, Every.WEEK, platform=Platform.TELEGRAM).points if p.group.at_risk]
    assert {point.group.label for point in points} == {"6 journalists at risk"}
    told = {point.label: point.posts for point in points if point.posts is not None}
    assert {label: truth[label] for label in told} == told
    assert set(truth) - set(told) <= {"2021-W10"}  # the week that had not ended


def test_the_table_json_and_csv_tell_the_same(demo: Path) -> None:
    asked = ("report", "activity", "--every", "month", "--by", "role", "--from", "2021-01-01")
    rows = json.loads(tracker(*asked, "--json", home=demo).out)["rows"]
    lines = list(csv.DictReader(io.StringIO(tracker(*asked, "--format", "csv", home=demo).out)))
    table = tracker(*asked, home=demo).out
    assert [(row["period"], str(row["posts"])) for row in rows] == [(line["period"], line["posts"]) for line in lines]
    assert all(f"{row['period']}  " in table for row in rows)
    assert "left out: of them only whole weeks are known" in table


def test_a_window_before_collection_began_says_when_it_began(demo: Path) -> None:
    ran = tracker(
        *("report", "activity", "--platform", "x", "--from", "2019-01-01", "--until", "2019-03-01"), home=demo
    )
    assert ran.code == 0
    said = " ".join(ran.out.split())
    assert "Nothing is covered from 2019-01-01T00:00:00Z until 2019-03-01T00:00:00Z" in said
    assert "covered only outside it, from 2020-01-01T00:00:00Z until 2021-03-13" in said


def test_all_of_the_demo_is_covered_and_told_account_by_account(demo: Path) -> None:
    config = load(Home(demo))
    report = coverage_of(config, selection_of(config, platform=Platform.X))
    assert len(report.rows) == len({post.handle for post in sample_posts()})
    for row in report.rows:
        assert row.parts.share(Ground.BACKFILLED) == 1
        assert row.parts.asked == report.as_of - SAMPLE_BEGINS
        assert row.by_week.sum() == row.parts.asked
        assert row.longest_hole is None


def test_coverage_by_week_has_a_row_for_each_account_and_week(demo: Path) -> None:
    asked = ("report", "coverage", "--role", "outlet", "--from", "2021-02-01", "--until", "2021-03-01")
    rows = json.loads(tracker(*asked, "--every", "week", "--json", home=demo).out)["rows"]
    assert len(rows) == 6 * 5  # Tehran's Monday is not yet over at the end of UTC's Sunday
    for row in rows:
        parts = [row[ground] for ground in Ground]
        assert sum(part for part in parts if part) == pytest.approx(1)
        assert sum(row[f"{ground}_days"] for ground in Ground) == pytest.approx(row["days_asked"], abs=0.02)
    refused = tracker(*asked, "--every", "month", home=demo)
    assert refused.code == 2
    assert "--every week" in " ".join(refused.err.split())


def test_nobody_at_risk_is_named_by_coverage(demo: Path) -> None:
    for more in ((), ("--every", "week")):
        said = tracker("report", "coverage", "--role", "journalist", "--json", *more, home=demo).out
        assert "6 journalists at risk" in said
        assert "generated-journalist-4" in said  # abroad, and named
        assert "ournalist 5" not in said
        assert "ournalist-5" not in said


def test_the_page_on_one_subject_has_all_its_sections(demo: Path) -> None:
    ran = tracker("report", "subject", "MFA_Russia", "--json", home=demo)
    assert ran.code == 0, ran.err
    page = json.loads(ran.out)
    sections = ["who", "accounts", "handles", "activity", "usage", "influence", "restrictions", "holes", "events"]
    assert list(page) == sections
    truth = Counter(
        datetime.fromtimestamp(post.posted_at, zone_of(demo, "RU")).strftime("%Y-%m")
        for post in sample_posts()
        if post.handle == "mfa_russia"
    )
    assert {row["period"]: row["posts"] for row in page["activity"]["rows"]} == truth
    (used,) = page["usage"]["rows"]
    assert used["posts"] == truth.total() == page["influence"]["rows"][0]["posts"]
    assert page["influence"]["rows"][0]["rank_followers"] is None
    (account,) = page["accounts"]["rows"]
    assert account["platform_id"].isdecimal()
    assert account["created"] == "2020-01-01T00:00:00Z"
    assert [row["handle"] for row in page["handles"]["rows"]] == ["mfa_russia"]
    assert page["holes"]["rows"] == []
    assert page["holes"]["notes"] == ["No hole is known in the time asked for."]


def test_restrictions_in_force_are_named_with_their_source(demo: Path) -> None:
    config = load(Home(demo))
    report = subject_of(config, selection_of(config), "li_baorong")
    (block,) = report.restrictions
    assert (block.restriction.country, block.bound, block.in_force) == ("CN", "yes", "yes")
    shown = tracker("report", "subject", "li_baorong", "--format", "md", home=demo).out
    assert block.restriction.source.split()[0] in shown


def test_events_of_the_country_and_platform_up_to_the_end_are_listed(demo: Path) -> None:
    config = load(Home(demo))
    report = subject_of(config, selection_of(config), "خبرگزاری نمونه [ساختگی]")
    end = datetime.fromtimestamp(report.as_of, UTC).date().isoformat()
    truth = sorted(
        event.id
        for event in config.events
        if event.country == "IR" and event.platforms & {"telegram", "*"} and event.date_as_written < end
    )
    assert sorted(event.id for event in report.events) == truth != []


@pytest.mark.parametrize("name", ["generated-journalist-5", "Generated_Journalist_5", "Journalist 5 [generated]"])
def test_a_subject_at_risk_is_refused_in_one_line(demo: Path, name: str) -> None:
    ran = tracker("report", "subject", name, home=demo)
    assert (ran.code, ran.out) == (2, "")
    assert "at risk" in ran.err
    assert ran.err.count("\n") == 1


def test_an_unknown_subject_is_told_near_names(demo: Path) -> None:
    config = load(Home(demo))
    with pytest.raises(UsageError, match="did you mean mfa_russia"):
        subject_of(config, selection_of(config), "mfarussia")


def test_every_week_is_seven_days_but_where_the_time_asked_for_cuts_it(demo: Path) -> None:
    config = load(Home(demo))
    report = coverage_of(config, selection_of(config, country="CN", since="2020-06-01", until="2020-09-07"))
    for row in report.rows:
        assert {week.parts.asked for week in row.weeks()} == {WEEK}
