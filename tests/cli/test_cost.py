"""What `tracker cost` says, against a plain reckoning of the prices over the sandbox's list."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import tracker
from tracker.analysis.prices import FIGURES
from tracker.collectors.x import XCollector
from tracker.domain.instants import DAY, from_iso
from tracker.sandbox.x_data import sample_posts

NOW = from_iso("2021-03-13T00:00:00Z")
POST, USER, COUNTS = 0.005, 0.010, 0.005

Rows = list[dict[str, Any]]


def near(dollars: float) -> object:
    """As printed: to a tenth of a cent; sums of many accounts are off by as many roundings."""
    return pytest.approx(dollars, abs=0.0011, rel=1e-4)


def sheets(home: Path, *options: object) -> Any:
    ran = tracker("cost", *options, "--json", home=home)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def by_handle(rows: Rows) -> dict[str, dict[str, Any]]:
    return {str(row["handle"]).lower(): row for row in rows if row["platform"] == "x"}


def by_subject(plan: Any) -> dict[str, dict[str, Any]]:
    return {row["subject"]: row for row in plan["plan"]["rows"]}


def by_way(plan: Any) -> dict[str, dict[str, Any]]:
    return {row["way"]: row for row in plan["month"]["rows"]}


def home_of(folder: Path, *rows: str, settings: str = "") -> Path:
    """A home with a watchlist of invented accounts, and nothing collected."""
    (folder / "config").mkdir(parents=True)
    head = (
        "subject,name,role,country,residence,platform,handle,platform_id,mode,"
        "name_native,protection,protection_reason,from,until,source"
    )
    whole = (f"{row},,,,,," for row in rows)
    (folder / "config" / "watchlist.csv").write_text("\n".join([head, *whole]) + "\n", "utf-8")
    (folder / "config" / "settings.toml").write_text(settings, "utf-8")
    for name in ("restrictions", "events"):
        (folder / "config" / f"{name}.csv").write_bytes((Path("config") / f"{name}.csv").read_bytes())
    return folder


def test_the_demo_s_spending_is_the_posts_and_users_that_the_sandbox_has_sent(demo: Path) -> None:
    rows = {(row["platform"], row["request"]): row for row in sheets(demo)["spent"]["rows"]}
    posts = sum(1 for _ in sample_posts())
    everything = rows["x", "all"]
    assert everything["posts_read"] == posts
    assert everything["this_month"] == near(posts * POST + everything["users_read"] * USER)
    assert everything["today"] == everything["this_month"]
    parts = [row for key, row in rows.items() if key[0] == "x" and key[1] != "all"]
    assert sum(row["this_month"] for row in parts) == near(everything["this_month"])
    assert rows["telegram", "all"]["this_month"] == 0


def test_an_account_s_rate_and_spending_are_those_of_its_posts(demo: Path) -> None:
    rows = by_handle(sheets(demo)["cost"]["rows"])
    for handle in ("spokespersonchn", "mfa_russia"):
        own = [post.posted_at for post in sample_posts() if post.handle.lower() == handle]
        lately = sum(NOW - 30 * DAY <= at < NOW for at in own)
        assert rows[handle]["posts_a_day"] == pytest.approx(lately / 30, abs=0.1)
        assert rows[handle]["on_posts"] == near(len(own) * POST)
        assert rows[handle]["on_profiles"] == USER, "its part of a request for a hundred"
        assert rows[handle]["spent"] == near(len(own) * POST + USER)
        assert rows[handle]["per_1000_posts"] == near(1000 * (POST + USER / len(own)))


def test_what_the_accounts_and_the_figures_have_cost_is_what_the_platform_has_cost(demo: Path) -> None:
    answer = sheets(demo)
    (x,) = (row for row in answer["spent"]["rows"] if (row["platform"], row["request"]) == ("x", "all"))
    accounts = by_handle(answer["cost"]["rows"]).values()
    assert sum(row["spent"] for row in accounts) == near(x["this_month"])
    month, planned = answer["figures"]["rows"]
    assert month["dollars"] == x["this_month"]
    assert month["posts"] == near(x["posts_read"] * POST)
    assert month["profiles"] == near(x["users_read"] * USER)
    assert planned["dollars"] == near(sum(row["posts_month"] for row in accounts))


def test_every_endpoint_of_x_that_is_charged_for_pays_for_a_figure() -> None:
    endpoints = XCollector.endpoints
    charged = {endpoints.resolve, endpoints.profiles, endpoints.timeline, XCollector.rereading.endpoint}
    counted = XCollector.count_endpoints
    assert charged | {counted.recent, counted.archive} == set(FIGURES)


def test_the_month_s_end_is_what_is_spent_and_the_days_left_of_a_planned_month(demo: Path) -> None:
    answer = sheets(demo)
    (x,) = (row for row in answer["spent"]["rows"] if (row["platform"], row["request"]) == ("x", "all"))
    planned = sum(row["posts_month"] for row in by_handle(answer["cost"]["rows"]).values())
    assert x["month_end"] == near(x["this_month"] + planned / 30 * 19)


def test_a_plan_needs_no_database_and_spends_nothing(tmp_path: Path) -> None:
    home = home_of(
        tmp_path, "a,A [generated],official,IR,,x,invented_a,,", "b,B [generated],outlet,IR,,telegram,inv_b,,"
    )
    plan = sheets(home, "--plan", "--posts-a-day", 4)
    assert not (home / "data").exists()
    rows, ways = by_subject(plan), by_way(plan)
    assert rows["a"]["posts_month"] == near(30 * (4 * 4 * POST + USER))
    assert rows["a"]["unrefreshed_month"] == near(30 * (4 * POST + USER))
    assert rows["a"]["counts_month"] == near(30 * (COUNTS / 6 + USER))
    assert rows["a"]["first_visit"] == near(3200 * POST + USER)
    assert (rows["b"]["posts_month"], rows["b"]["counts_month"]) == (0, None)
    listed, first = ways["as listed now"], ways["first visits and holes, once, at most"]
    assert listed["dollars"] == rows["a"]["posts_month"] == ways["all read, and again for their counters"]["dollars"]
    assert (listed["posts"], listed["counters"], listed["profiles"]) == (near(0.6), near(1.8), near(0.3))
    assert ways["all read once"]["dollars"] == rows["a"]["unrefreshed_month"]
    assert ways["all counted"]["dollars"] == rows["a"]["counts_month"]
    assert first["dollars"] == rows["a"]["first_visit"]
    assert ways["first month, at most"]["dollars"] == near(listed["dollars"] + first["dollars"])


def test_a_plan_of_what_is_no_number_is_refused(tmp_path: Path) -> None:
    home = home_of(tmp_path, "a,A [generated],official,IR,,x,invented_a,,")
    ran = tracker("cost", "--plan", "--posts-a-day", "nan", home=home)
    assert (ran.code, ran.err) == (2, "tracker: --posts-a-day is no number; write one such as 2.5\n")


def test_a_plan_takes_each_account_in_its_own_mode(tmp_path: Path) -> None:
    home = home_of(
        tmp_path,
        "a,A [generated],official,IR,,x,invented_a,,posts",
        "b,B [generated],official,IR,,x,invented_b,,counts",
        "c,C [generated],official,IR,,x,invented_c,,off",
        settings="[refresh]\non = false\n",
    )
    plan = sheets(home, "--plan", "--posts-a-day", 2)
    rows, ways = by_subject(plan), by_way(plan)
    assert ways["as listed now"]["dollars"] == near(rows["a"]["unrefreshed_month"] + rows["b"]["counts_month"])
    assert ways["all read once"]["dollars"] == near(2 * rows["a"]["unrefreshed_month"]), "what is off costs nothing"
    assert ways["first visits and holes, once, at most"]["dollars"] == rows["a"]["first_visit"]


def test_a_plan_has_the_past_in_it_that_the_archive_is_to_count(tmp_path: Path) -> None:
    home = home_of(
        tmp_path, "a,A [generated],official,IR,,x,invented_a,,counts", settings="[x]\ncounts_archive = true\n"
    )
    plan = sheets(home, "--plan", "--as-of", "2022-01-01T00:00:00Z")
    first = by_way(plan)["first visits and holes, once, at most"]
    assert (first["posts"], first["counts"]) == (0, near(192 * 0.01)), "at most as old as X: 5,758 days by thirties"


def test_an_account_that_nobody_has_made_sure_of_costs_nothing_yet(tmp_path: Path) -> None:
    home = home_of(
        tmp_path,
        "a,A [generated],official,IR,,x,invented_a,,",
        "b,B [generated],official,IR,,x,invented_b,unverified,",
    )
    plan = sheets(home, "--plan", "--posts-a-day", 2)
    rows, ways = by_subject(plan), by_way(plan)
    assert ways["as listed now"]["dollars"] == rows["a"]["posts_month"]
    assert ways["all read, and again for their counters"]["dollars"] == rows["a"]["posts_month"]
    assert ways["the unverified, if they were listed"]["dollars"] == rows["b"]["posts_month"]
    assert any("unverified" in note for note in plan["plan"]["notes"])


def test_a_plan_says_where_profiles_leave_nothing_of_a_day_s_limit(tmp_path: Path) -> None:
    rows = [f"a{number},A [generated],official,IR,,x,invented_{number},," for number in range(4)]
    home = home_of(tmp_path, *rows, settings='[budget]\nx_per_day = "6 reads"\n')
    (note,) = (note for note in sheets(home, "--plan")["plan"]["notes"] if "profiles of" in note)
    assert "4 accounts take 4 reads of 6 reads a day" in note


def test_people_at_risk_are_planned_together_and_never_by_name(tmp_path: Path) -> None:
    people = [f"p{n},P{n} [generated],journalist,IR,inside,x,invented_{n},," for n in range(6)]
    home = home_of(tmp_path, "a,A [generated],official,IR,,x,invented_a,,", *people)
    ran = tracker("cost", "--plan", home=home)
    assert ran.code == 0, ran.err
    assert "6 accounts of people at risk" in ran.out
    assert "invented_3" not in ran.out
    assert "assumption" in ran.out


def limited(demo: Path, folder: Path, settings: str) -> Path:
    """The demo's home with other settings."""
    home = folder / "home"
    home.mkdir()
    (home / "data").symlink_to(demo / "data")
    (home / "config").mkdir()
    for file in (demo / "config").iterdir():
        (home / "config" / file.name).write_bytes(file.read_bytes())
    with (home / "config" / "settings.toml").open("a") as toml:
        toml.write(f"\n[budget]\n{settings}\n")
    return home


def test_limits_say_what_is_left(demo: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(demo / "data" / "tracker.db")) as database:
        (micros,) = database.execute("SELECT SUM(cost) FROM ledger").fetchone()
    home = limited(demo, tmp_path, 'x_per_month = "1000 dollars"')
    notes = " ".join(sheets(home)["spent"]["notes"])
    assert f"x: {1000 - micros / 1e6:,.2f} dollars left of 1,000.00 dollars a month" in notes
    assert "let" not in notes


@pytest.mark.parametrize(
    ("limit", "most"),
    [
        ('x_per_month = "120 dollars"', 120.0),
        ('x_per_day = "2 dollars"', 114.635 + 18 * 2),  # today's is spent
        ('x_per_day = "1 reads"\nx_per_month = "130 dollars"', 130.0),
    ],
)
def test_no_month_ends_beyond_a_limit(demo: Path, tmp_path: Path, limit: str, most: float) -> None:
    answer = sheets(limited(demo, tmp_path, limit))
    (x,) = (row for row in answer["spent"]["rows"] if (row["platform"], row["request"]) == ("x", "all"))
    assert x["this_month"] < x["month_end"] <= most + 0.001
    assert any("stays a hole" in note for note in answer["spent"]["notes"])
    if "reads" not in limit:
        assert x["month_end"] == near(most)


def test_before_anything_is_collected_it_says_so(tmp_path: Path) -> None:
    ran = tracker("cost", home=home_of(tmp_path, "a,A [generated],official,IR,,x,invented_a,,"))
    assert ran.code != 0
    assert "nothing is collected yet" in ran.err


def with_one_at_risk(demo: Path, home: Path, platform: str) -> Path:
    """The demo with an invented person at risk on its watchlist."""
    home.mkdir()
    (home / "data").symlink_to(demo / "data")
    (home / "config").mkdir()
    for file in (demo / "config").iterdir():
        (home / "config" / file.name).write_bytes(file.read_bytes())
    listed = (home / "config" / "watchlist.csv").read_text("utf-8")
    head = next(line for line in listed.splitlines() if line.startswith("subject,")).split(",")
    person = {
        **{"subject": "one", "name": "One [generated]", "role": "journalist", "country": "IR"},
        **{"residence": "inside", "platform": platform, "handle": "invented_one"},
    }
    row = ",".join(person.get(column, "") for column in head)
    (home / "config" / "watchlist.csv").write_text(f"{listed.rstrip()}\n{row}\n", "utf-8")
    return home


def test_what_few_people_at_risk_cost_cannot_be_found_by_subtraction(demo: Path, tmp_path: Path) -> None:
    answer = sheets(with_one_at_risk(demo, tmp_path / "home", "x"))
    (x,) = (row for row in answer["spent"]["rows"] if row["platform"] == "x")
    assert (x["request"], x["posts_read"], x["this_month"]) == ("all", None, 115)
    on_x = [row for row in answer["cost"]["rows"] if row["platform"] == "x"]
    assert {(row["spent"], row["posts_read"], row["per_1000_posts"]) for row in on_x} == {(None, None, None)}
    assert "Few people at risk" in " ".join(answer["spent"]["notes"])


def test_few_people_at_risk_on_one_platform_hide_nothing_of_the_other(demo: Path, tmp_path: Path) -> None:
    before, after = sheets(demo), sheets(with_one_at_risk(demo, tmp_path / "home", "telegram"))
    assert by_handle(after["cost"]["rows"]) == by_handle(before["cost"]["rows"])
    assert any(row["spent"] for row in by_handle(after["cost"]["rows"]).values())
    assert [row for row in after["spent"]["rows"] if row["platform"] == "x"] == [
        row for row in before["spent"]["rows"] if row["platform"] == "x"
    ]


def test_an_earlier_moment_knows_nothing_of_what_was_spent_later(demo: Path) -> None:
    assert sheets(demo, "--as-of", "2021-03-12T00:00:00Z")["spent"]["rows"] == []
