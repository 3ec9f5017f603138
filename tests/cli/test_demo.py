"""The demo answers the question, and its home is one like any other."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.commands import TRACKER, tracker
from tracker.sandbox.telegram_demo import demo_world
from tracker.sandbox.x_data import sample_posts


def rows_of(home: Path, *options: str) -> list[dict[str, object]]:
    ran = tracker("report", "usage", "--json", *options, home=home)
    assert ran.code == 0, ran.err
    rows: list[dict[str, object]] = json.loads(ran.out)["rows"]
    return rows


def test_the_table_by_country_is_that_of_the_data(demo: Path) -> None:
    truth = Counter(post.country for post in sample_posts())
    rows = rows_of(demo, "--by", "country", "--platform", "x")
    assert {row["country"]: row["posts"] for row in rows} == truth
    assert {row["coverage"]["state"] for row in rows} == {"full"}  # type: ignore[index]


def test_only_the_accounts_of_china_use_a_banned_platform(demo: Path) -> None:
    restricted = {row["country"]: row["posts_restricted"] for row in rows_of(demo, "--by", "country")}
    assert restricted == {"CN": 6019, "US": 0, "EU": 0, "RU": 0, "IR": 0}


def test_each_kind_of_post_is_counted_as_in_the_data(demo: Path) -> None:
    truth = Counter((post.handle, post.kind) for post in sample_posts())
    told = Counter[tuple[str, int]]()
    for row in rows_of(demo, "--by", "account", "--platform", "x"):
        for kind, key in enumerate(("originals", "replies", "reposts", "quotes")):
            if row[key]:
                told[str(row["handle"]), kind] = int(str(row[key]))
    assert told == Counter({(handle, int(kind)): count for (handle, kind), count in truth.items()})


def test_what_it_prints_answers_and_says_what_comes_next(demo: Path) -> None:
    said = (demo / "said.txt").read_text("utf-8")
    assert "report usage --by country" in said
    busiest = said.split("busiest accounts")[1]
    assert [line.split()[0] for line in busiest.splitlines()[5:8]] == ["li_baorong", "secpompeo", "mfa_russia"]
    assert "tracker init my-tracker" in said
    assert "is a sample" in said or "are a sample" in said


def test_it_writes_every_named_post_to_a_file_of_its_own(demo: Path) -> None:
    world = demo_world()
    outlets = [channel.channel_id for channel in world if (channel.handle or "").startswith("generated_outlet")]
    named = sum(len(world.posts(channel_id)) for channel_id in outlets)
    with (demo / "posts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["post_id"] for row in rows if row["platform"] == "x"} == {
        str(post.post_id) for post in sample_posts()
    }
    assert sum(row["platform"] == "telegram" and row["role"] == "outlet" for row in rows) == named
    assert oct((demo / "posts.csv").stat().st_mode)[-3:] == "600"


def test_people_at_risk_are_a_group_and_nowhere_else(demo: Path) -> None:
    group = [row for row in rows_of(demo, "--country", "IR") if row["at_risk"]]
    assert [row["name"] for row in group] == ["6 journalists at risk"]
    exported = tracker("export", "posts", home=demo).out + tracker("export", "accounts", home=demo).out
    exported += tracker("export", "daily", home=demo).out
    assert "generated_journalist_4" in exported  # abroad, and named
    assert "generated_journalist_5" not in exported
    database = sqlite3.connect(demo / "data/tracker.db")
    stored = "SELECT count(*) FROM post JOIN account ON account.id = account_id WHERE protection = 'at_risk'"
    assert database.execute(stored).fetchone() == (0,)
    database.close()


def test_a_second_demo_collects_nothing_again(demo: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    subprocess.run(["cp", "-r", demo, again], check=True)
    ran = tracker("demo", again)
    assert ran.code == 0
    assert "0 new posts, 0 requests" in ran.out


def test_a_demo_does_not_touch_the_home_of_something_else(tmp_path: Path) -> None:
    tracker("init", tmp_path)
    ran = tracker("demo", tmp_path)
    assert ran.code == 2
    assert "home of something else" in ran.err
    (tmp_path / "config" / "settings.toml").unlink()
    (tmp_path / "config" / "watchlist.csv").write_bytes(b"\xff mine")
    assert tracker("demo", tmp_path).code == 2, "settings are no must"
    assert (tmp_path / "config" / "watchlist.csv").read_bytes() == b"\xff mine"


def test_killed_in_the_middle_and_collected_again_nothing_is_lost_or_there_twice(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    demo = subprocess.Popen([TRACKER, "demo", home], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    database = home / "data/tracker.db"
    deadline = time.monotonic() + 60
    while stored(database) < 3000 and demo.poll() is None and time.monotonic() < deadline:
        pass
    demo.send_signal(signal.SIGKILL)
    demo.wait()
    assert 3000 <= stored(database) < 21_603
    ran = tracker("collect", home=home)
    assert ran.code == 0, ran.err
    connection = sqlite3.connect(database)
    on_x = "SELECT post_id FROM post JOIN account ON account.id = account_id WHERE platform = 'x'"
    ids = [row[0] for row in connection.execute(on_x)]
    holes = connection.execute("SELECT count(*) FROM hole").fetchone()
    connection.close()
    assert sorted(ids) == sorted(post.post_id for post in sample_posts())
    assert holes == (0,)


def stored(database: Path) -> int:
    """How many posts are in the database by now; 0 while it is being made."""
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        return int(connection.execute("SELECT count(*) FROM post").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize("noun", ["posts", "accounts", "daily"])
def test_an_export_is_the_same_twice_and_never_overwrites(demo: Path, tmp_path: Path, noun: str) -> None:
    target = tmp_path / "out.csv"
    assert tracker("export", noun, "-o", target, home=demo).code == 0
    first = target.read_bytes()
    refused = tracker("export", noun, "-o", target, home=demo)
    assert (refused.code, target.read_bytes()) == (2, first)
    assert tracker("export", noun, "-o", target, "--force", "--excel", home=demo).code == 0
    assert target.read_bytes() == b"\xef\xbb\xbf" + first


def test_a_reader_that_goes_away_is_no_error_with_a_traceback(demo: Path) -> None:
    command = f"'{TRACKER}' --home '{demo}' export posts | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.stdout.startswith("subject,")
    assert done.stderr == ""


def test_an_unknown_filter_says_what_emptied_the_report(demo: Path) -> None:
    ran = tracker("report", "usage", "--country", "BR", home=demo)
    assert ran.code == 2
    assert "--country BR" in ran.err
    assert "CN" in ran.err


def test_a_subject_that_is_not_listed_suggests_near_names(demo: Path) -> None:
    ran = tracker("collect", "--subject", "mfa_rusia", home=demo)
    assert ran.code == 2
    assert "mfa_russia" in ran.err


def test_where_nothing_is_due_it_says_until_when(demo: Path) -> None:
    ran = tracker("collect", "--subject", "mfa_russia", home=demo)
    assert ran.code == 0
    assert re.fullmatch(r"nothing is due before 2021-03-\d\dT\d\d:\d\d:\d\dZ; see `tracker status`\n", ran.err)


def test_where_the_output_knows_few_letters_or_is_closed_there_is_no_traceback(demo: Path) -> None:
    few = tracker("report", "usage", home=demo, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (few.code, "\\u2265" in few.out) == (0, True)
    closed = subprocess.run(
        ["/bin/sh", "-c", f"exec {TRACKER} --home {demo} status >&-"], capture_output=True, check=False, timeout=60
    )
    assert (closed.returncode, closed.stderr) == (0, b"")


def test_no_colour_and_no_control_character_reaches_a_pipe(demo: Path) -> None:
    for command in (["status"], ["report", "usage", "--by", "country"]):
        assert "\x1b" not in tracker(*command, home=demo).out


def test_status_speaks_json_and_hides_who_is_at_risk(demo: Path) -> None:
    accounts = json.loads(tracker("status", "--json", home=demo).out)["accounts"]
    assert len(accounts) == 678
    assert {account["last_outcome"] for account in accounts} == {"ok"}
    hidden = [account for account in accounts if account["at_risk"]]
    assert len(hidden) == 6
    assert all(account["handle"] is None and account["posts"] is None for account in hidden)


def test_dates_can_be_those_of_the_solar_hijri_calendar(demo: Path) -> None:
    ran = tracker("report", "usage", "--by", "country", "--calendar", "jalali", "--format", "csv", home=demo)
    china = next(row for row in csv.DictReader(ran.out.splitlines()) if row["country"] == "CN")
    assert (china["first_post"], china["last_post"]) == ("1398-10-11", "1399-12-23")
