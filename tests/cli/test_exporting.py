"""`tracker export` on the demo: every noun in every format, made again by its own command, and counted by hand."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.commands import tracker
from tests.store.making import one, rows
from tracker.cli.exporting import Noun
from tracker.cli.main import app
from tracker.domain.errors import TrackerError
from tracker.domain.instants import from_iso, iso
from tracker.domain.words import Platform
from tracker.reports.formats import ExportFormat
from tracker.sandbox.x_data import sample_posts

FILTERS = ["--platform", "telegram", "--country", "IR", "--from", "2021-01-01"]
WITH_IDS = {Noun.POSTS, Noun.ACCOUNTS, Noun.PROFILES}


def export(home: Path, *arguments: object) -> None:
    """Run the command in this process; a foreseen error is raised."""
    done = CliRunner().invoke(app, ["--home", str(home), "export", *map(str, arguments)])
    if done.exception is not None:
        raise done.exception


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def package(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("noun", Noun)
def test_the_command_in_method_md_makes_the_same_bytes_again(
    noun: Noun, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats = [format for format in ExportFormat if format is not ExportFormat.IDS or noun in WITH_IDS]
    times = FILTERS if noun is not Noun.ACCOUNTS else FILTERS[:4]
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    for format in formats:
        export(demo, noun, "--format", format, *times, "-o", first / f"{noun}.{format}")
    commands = re.findall(r"^tracker export .*$", (first / "METHOD.md").read_text("utf-8"), re.MULTILINE)
    assert len(commands) == len(formats)
    monkeypatch.chdir(again)
    for command in commands:
        export(demo, *shlex.split(command)[2:])
    assert {path.name for path in first.iterdir()} == {path.name for path in again.iterdir()}
    for path in first.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.stat().st_size > 100


def test_the_ids_of_x_are_those_of_the_sample(demo: Path, tmp_path: Path) -> None:
    export(demo, "posts", "--platform", "x", "--format", "ids", "-o", tmp_path / "x.ids")
    written = (tmp_path / "x.ids").read_text().splitlines()
    assert sorted(map(int, written)) == sorted(post.post_id for post in sample_posts())


def test_posts_between_two_moments_are_those_of_the_sample(demo: Path, tmp_path: Path) -> None:
    since, until = from_iso("2020-03-01T00:00:00Z"), from_iso("2020-04-01T00:00:00Z")
    options = ["--platform", "x", "--country", "CN", "--from", iso(since), "--until", iso(until)]
    export(demo, "posts", *options, "-o", tmp_path / "posts.csv")
    expected = Counter(
        (post.handle, str(post.post_id), post.kind.word, iso(post.posted_at))
        for post in sample_posts()
        if post.country == "CN" and since <= post.posted_at < until
    )
    found = table(tmp_path / "posts.csv")
    assert Counter((row["handle"], row["post_id"], row["kind"], row["posted_at"]) for row in found) == expected
    assert sum(expected.values()) > 100
    assert {row["restricted"] for row in found} == {"yes"}  # X is blocked in China throughout


def test_daily_between_two_days_sums_to_the_posts_of_the_sample(demo: Path, tmp_path: Path) -> None:
    options = ["--platform", "x", "--country", "RU", "--from", "2020-05-01", "--until", "2020-06-01"]
    export(demo, "daily", *options, "-o", tmp_path / "daily.csv")
    found = table(tmp_path / "daily.csv")
    moscow = 3 * 3600
    expected = Counter(
        (post.handle, iso(post.posted_at + moscow)[:10])
        for post in sample_posts()
        if post.country == "RU" and iso(post.posted_at + moscow)[:7] == "2020-05"
    )
    assert {
        (row["handle"], row["day"]): int(row["posts"]) for row in found if row["posts"] not in ("", "0")
    } == expected
    assert {row["day"] for row in found} == {f"2020-05-{day:02}" for day in range(1, 32)}


def test_every_profile_snapshot_of_the_named_is_exported(demo: Path, tmp_path: Path) -> None:
    export(demo, "profiles", "-o", tmp_path / "profiles.csv")
    expected = rows(
        demo / "data" / "tracker.db",
        "SELECT account.platform, account.platform_id, taken_at, profile.followers, following, posts, name "
        "FROM profile JOIN account ON account.id = account_id WHERE protection = 'named'",
    )
    found = [
        (
            row["platform"],
            int(row["platform_id"]),
            from_iso(row["taken_at"]),
            *(int(row[key]) if row[key] else None for key in ("followers", "following", "posts")),
            row["profile_name"] or None,
        )
        for row in table(tmp_path / "profiles.csv")
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_nobody_at_risk_is_in_any_export_or_description(demo: Path, tmp_path: Path) -> None:
    for noun in Noun:
        export(demo, noun, "--platform", "telegram", "-o", tmp_path / f"{noun}.csv")
    everything = "".join(path.read_text("utf-8") for path in tmp_path.iterdir())
    hidden = rows(demo / "data" / "tracker.db", "SELECT handle FROM account WHERE protection = 'at_risk'")
    assert len(hidden) == 6
    assert not [handle for (handle,) in hidden if re.search(rf"\b{re.escape(handle)}\b", everything)]
    assert "6 of the chosen subjects are at risk" in (tmp_path / "METHOD.md").read_text("utf-8")


def test_an_export_says_its_rows_restrictions_and_watchlist(demo: Path, tmp_path: Path) -> None:
    export(demo, "posts", "--platform", "telegram", "-o", tmp_path / "posts.csv")
    (resource,) = package(tmp_path)["resources"]
    assert resource["rows"] == len(table(tmp_path / "posts.csv"))
    assert resource["rows"] == one(
        demo / "data" / "tracker.db",
        "SELECT count(*) FROM post JOIN account ON account.id = account_id WHERE platform = 'telegram'",
    )
    kinds = {restriction["kind"] for restriction in resource["method"]["restrictions"]}
    assert kinds <= {"block", "order", "shutdown"}
    assert all(restriction["source"] for restriction in resource["method"]["restrictions"])
    assert str(demo) not in (tmp_path / "METHOD.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["daily", "--format", "ids"], "posts, accounts and profiles"),
        (["posts", "--format", "xlsx"], "-o FILE"),
        (["posts", "--format", "parquet"], "-o FILE"),
        (["accounts", "--from", "2020-01-01"], "no time of its own"),
        (["posts", "--format", "jsonl", "--excel"], "--excel marks CSV"),
        (["posts", "--country", "BR"], "--country BR"),
        (["posts", "-o", "nowhere/a.csv"], "no folder nowhere"),
        (["accounts", "-o", "a.xlsx"], "a.xlsx would hold csv: say --format xlsx, or name it .csv"),
        (["accounts", "-o", "a.CSV", "--format", "parquet"], "would hold parquet"),
        (["accounts", "-o", "-"], "without -o the export goes to standard output"),
        (["accounts", "-o", "a\n.csv"], "a line break or a control character"),
    ],
)
def test_what_cannot_be_written_so_is_said_and_leaves_nothing(
    arguments: list[str], said: str, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrackerError, match=re.escape(said)) as refused:
        export(demo, *arguments)
    assert refused.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_ids_go_to_a_pipe_and_leave_no_description(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tracker("export", "posts", "--format", "ids", "--platform", Platform.TELEGRAM, home=demo)
    assert ran.code == 0
    assert ran.err == ""
    assert all(line.isdecimal() for line in ran.out.splitlines())
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # names only
