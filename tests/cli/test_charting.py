"""tracker chart, on the demo's data."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import pytest

from tests.cli.commands import tracker
from tests.cli.test_start import imported_by, running
from tests.reports.charts.seeing import png_size, values_with, words
from tracker.cli.charting import ChartKind, picture_of
from tracker.cli.selecting import selection_of
from tracker.config.home import Home, load
from tracker.domain.instants import from_iso
from tracker.domain.words import PostKind
from tracker.reports.calendars import Calendar
from tracker.reports.charts.drawing import MISSING, Picture
from tracker.sandbox.x_data import sample_posts


def picture(demo: Path, kind: ChartKind, **asked: str) -> Picture:
    config = load(Home(demo))
    return picture_of(config, kind, selection_of(config, **asked))  # type: ignore[arg-type]  # all are texts here


def test_the_timeline_counts_what_the_sample_holds(demo: Path) -> None:
    drawn = picture(demo, ChartKind.TIMELINE, country="RU")
    counted = Counter(post.handle for post in sample_posts() if post.country == "RU")
    busiest = dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:12])
    weeks: Counter[str] = Counter()
    for week in values_with(drawn, "handle", "class"):
        weeks[week["handle"]] += week["posts"]
    assert dict(weeks) == busiest


def test_activity_counts_each_week_of_the_sample_in_the_country_s_zone(demo: Path) -> None:
    drawn = picture(demo, ChartKind.ACTIVITY, country="RU")
    moscow = ZoneInfo("Europe/Moscow")
    counted: Counter[date] = Counter()
    for post in sample_posts():
        if post.country == "RU":
            day = datetime.fromtimestamp(post.posted_at, moscow).date()
            counted[day - timedelta(days=day.weekday())] += 1
    bars: Counter[date] = Counter()
    for bar in values_with(drawn, "group", "part"):
        bars[datetime.fromtimestamp(bar["since"] / 1000, UTC).date()] += bar["posts"]
    assert bars == counted


def test_silence_draws_the_alarms_that_the_report_raises(demo: Path) -> None:
    drawn = picture(demo, ChartKind.SILENCE)
    alarms = {point["name"] for point in values_with(drawn, "verdict", "days") if point["verdict"] == "alarm"}
    told = tracker("report", "silence", "--json", home=demo)
    assert alarms
    assert all(f'"{name}"' in told.out for name in alarms)


def test_influence_draws_the_median_of_the_sample(demo: Path) -> None:
    drawn = picture(demo, ChartKind.INFLUENCE, country="RU")
    engagement: dict[str, list[int]] = {}
    for post in sample_posts():
        # The counters were taken at the end of the sample: too early for the posts of the last day.
        old = post.posted_at <= from_iso("2021-03-12T00:00:00Z")
        if post.country == "RU" and post.kind is PostKind.ORIGINAL and old:
            engagement.setdefault(post.handle, []).append(post.engagement)
    points = {point["name"]: point["median"] for point in values_with(drawn, "median")}
    assert len(points) == 12
    assert points == {name: pytest.approx(median(engagement[name])) for name in points}
    assert min(points.values()) >= sorted(median(counts) for counts in engagement.values())[-12]


def test_usage_draws_the_posts_that_the_sample_holds(demo: Path) -> None:
    drawn = picture(demo, ChartKind.USAGE, country="CN")
    counted = Counter(post.handle for post in sample_posts() if post.country == "CN")
    bars = {bar["name"]: bar["posts"] for bar in values_with(drawn, "part")}
    assert bars == dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:12])
    assert {bar["part"] for bar in values_with(drawn, "part")} == {"restricted"}


@pytest.mark.parametrize("kind", list(ChartKind))
def test_every_picture_of_the_demo_is_drawn_with_its_source(demo: Path, kind: ChartKind) -> None:
    drawn = picture(demo, kind, country="IR")
    said = " ".join(words(drawn.svg()))
    assert "Source: public posts and profiles of 16 accounts on Telegram" in said
    assert "As of 2021-03-13" in said
    assert drawn.description
    for number in range(5, 11):
        assert f"Journalist {number} " not in drawn.svg()
    width, height = png_size(drawn.png(1))
    assert width > 900
    assert height > 200


def test_the_same_command_gives_the_same_bytes_in_any_zone(demo: Path, tmp_path: Path) -> None:
    for number, zone in enumerate(("UTC", "Asia/Tehran", "America/Los_Angeles")):
        ran = tracker("chart", "timeline", "--country", "IR", "-o", tmp_path / f"{number}.svg", home=demo, TZ=zone)
        assert ran.code == 0, ran.err
    first, *others = (path.read_bytes() for path in sorted(tmp_path.glob("*.svg")))
    assert others == [first, first]


def test_a_file_is_not_replaced_unless_told(demo: Path, tmp_path: Path) -> None:
    target = tmp_path / "usage.png"
    target.write_text("mine")
    refused = tracker("chart", "usage", "-o", target, home=demo)
    assert refused.code == 2
    assert target.read_text() == "mine"
    assert tracker("chart", "usage", "--country", "IR", "--scale", 1, "--force", "-o", target, home=demo).code == 0
    assert png_size(target.read_bytes())[0] > 900


def test_another_kind_of_file_is_refused(demo: Path, tmp_path: Path) -> None:
    ran = tracker("chart", "usage", "-o", tmp_path / "usage.pdf", home=demo)
    assert ran.code == 2
    assert ran.err.strip().endswith("ends in .png or .svg")
    assert not list(tmp_path.iterdir())


def test_solar_hijri_months_stand_on_the_axis(demo: Path) -> None:
    config = load(Home(demo))
    drawn = picture_of(config, ChartKind.TIMELINE, selection_of(config, country="IR"), Calendar.JALALI)
    assert "Farvardin 1399" in words(drawn.svg())


@pytest.mark.parametrize("library", ["altair", "vl_convert"])
def test_without_the_extra_one_line_says_what_to_install(library: str, demo: Path, tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules[{library!r}] = None
from tracker.cli.main import main
sys.argv = ["tracker", "--home", {str(demo)!r}, "chart", "usage", "-o", {str(tmp_path / "usage.png")!r}]
main()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 78
    assert ran.stderr.splitlines() == [f"tracker: {MISSING}"]
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_no_half_picture(demo: Path) -> None:
    ran = tracker("chart", "timeline", "--country", "IR", "-o", "/proc/usage.png", home=demo)
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1


def test_help_of_chart_draws_nothing() -> None:
    assert imported_by(running("chart", "--help")) == set()
    done = subprocess.run(
        [sys.executable, "-c", "import sys, tracker.cli.charting; print('altair' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
