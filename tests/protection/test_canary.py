"""A text, an id and an exact time of people at risk, served to everything that a user can run: they are nowhere."""

from __future__ import annotations

import gzip
import logging
import signal
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.commands import TRACKER
from tests.faults.dying import KILLED, Nursery
from tests.faults.shim import Shim, compiled
from tests.faults.test_operation import wait_until
from tests.hostile.test_places import here
from tests.protection.scanning import Canary, found_below, varint
from tests.protection.scene import HANDLES, POSTS, Scene, archives, environment, played, ran, said
from tests.runtime.making import Stage
from tests.runtime.test_at_risk import CANARY, Reporter
from tests.runtime.test_at_risk import reporter as reporter
from tracker.domain.instants import WEEK, start_of_week
from tracker.domain.words import Platform
from tracker.sandbox.x_faults import XFault

FORMATS = ("table", "json", "csv", "md")
REPORTS = ("usage", "activity", "coverage", "influence", "network", "silence", "subject minister")
EXPORTS = ("posts", "accounts", "profiles", "daily", "network")
TIMELINE = "/2/users/*/tweets"


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    home = tmp_path / "home"
    home.mkdir()
    return Shim(compiled(tmp_path), home, tmp_path / "log", tmp_path / "control")


def commands(scene: Scene) -> Iterator[list[str]]:
    """All that only looks, or writes somewhere else."""
    out = scene.home / "out"
    yield from ([*f"report {name}".split(), "--format", format] for name in REPORTS for format in FORMATS)
    yield ["report", "activity", "--every", "day"]
    yield ["report", "usage", "--by", "account", "--calendar", "jalali"]
    yield ["report", "network", "--output", str(out / "network.gexf")]
    for name in EXPORTS:
        for format in ("csv", "jsonl", "parquet", "xlsx"):
            yield ["export", name, "--format", format, "-o", str(out / f"{name}.{format}")]
    yield ["export", "posts", "--format", "ids", "-o", str(out / "ids.txt")]
    yield from (["chart", kind, "-o", str(out / f"{kind}.svg")] for kind in ("usage", "timeline"))
    yield from (["status"], ["status", "--json"], ["status", "--health"], ["cost"], ["cost", "--plan"])
    yield ["publish", str(out / "page")]
    yield from (["verify"], ["audit"], ["audit", "--json"], ["db", "upgrade"], ["check"])


def visited(nursery: Nursery, scene: Scene) -> str:
    """Collect in both of Telegram's ways, with broken answers and a kill in the middle; all that was said."""
    scene.x.fail(XFault.MALFORMED_ID, 1, TIMELINE)
    scene.x.fail(XFault.MALFORMED_METRICS, 1, TIMELINE, after=1)
    told = ran(nursery, scene, "collect", "--all").said
    for place, fault in enumerate((XFault.TRUNCATED, XFault.OK_HTML, XFault.DROPPED_AFTER)):
        scene.configure(now=scene.now + WEEK, source=("web", "api")[place % 2])
        scene.x.fail(fault, 1, TIMELINE)
        told += ran(nursery, scene, "collect", "--all").said
        scene.x.heal()
    return told


def killed(nursery: Nursery, scene: Scene) -> str:
    """Killed where weeks of somebody at risk are being written."""
    done = nursery.run(scene.home, "collect", point="write_weeks inside")
    assert done.code == KILLED
    return done.said


def run_as_daemon(scene: Scene) -> str:
    """The daemon, as a service that logs JSON, until it was told to leave."""
    asked = len(scene.x.log)
    scene.configure(now=scene.now + WEEK)
    process = subprocess.Popen(
        [TRACKER, "--home", str(scene.home), "run", "--log-format", "json"],
        env=environment(scene.home),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    wait_until(lambda: len(scene.x.log) > asked + 3)
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 0, told
    return told


def everything_said(nursery: Nursery, scene: Scene, folder: Path, canary: Canary) -> str:
    """All that a user can run, one after the other; after each step the data folder is looked through."""
    told = killed(nursery, scene)
    nothing_in(scene, canary, "kill")
    told += visited(nursery, scene)
    nothing_in(scene, canary, "visits")
    for path, options in archives(folder / "given", canary):
        done = ran(nursery, scene, "import", path, *options)
        assert done.code in (0, 3), done.said
        told += done.said
    nothing_in(scene, canary, "imports")
    told += run_as_daemon(scene)
    told += ran(nursery, scene, "compliance").said
    nothing_in(scene, canary, "daemon")
    for words in commands(scene):
        looked = here(*words, home=scene.home)
        assert looked.code in (0, 1), looked.err
        told += looked.out + looked.err
    return told


def nothing_in(scene: Scene, canary: Canary, step: str) -> None:
    """No canary is below the home; for the control nothing is asked."""
    if not scene.named:
        assert found_below(scene.home, canary) == {}, step


def test_nothing_that_people_at_risk_said_is_in_any_file_or_output(
    tmp_path: Path, shim: Shim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(shim.folder / "tmp"))
    with (
        played(shim.folder) as scene,
        Nursery(tmp_path, {**environment(shim.folder), **shim.environment(recording=True)}) as nursery,
    ):
        canary = scene.canary
        told = everything_said(nursery, scene, tmp_path, canary)
        assert counted(scene) > POSTS, "they were not even counted"
        assert canary.found_in(told.encode()) == set()
        assert [handle for handle in HANDLES if handle in told] == []
        nothing_in(scene, canary, "page")
        named_in = {
            path.relative_to(scene.home).parts[0]
            for path in scene.home.rglob("*")
            if path.is_file() and any(handle.encode() in path.read_bytes() for handle in HANDLES)
        }
        assert named_in == {"config", "data"}
        assert not list((scene.home / "tmp").iterdir())
        for handle in HANDLES:
            platform = "telegram" if handle == HANDLES[2] else "x"
            told = ran(nursery, scene, "forget", f"{platform}:{handle}", "--yes").said
            assert canary.found_in(told.encode()) == set()
        nothing_in(scene, canary, "forget")
    written = b"".join(call.data for call in shim.calls())
    assert len(written) > 1_000_000
    assert canary.found_in(written) == set()


def counted(scene: Scene) -> int:
    with closing(sqlite3.connect(scene.database)) as connection:
        ((posts,),) = connection.execute(
            "SELECT (SELECT coalesce(sum(posts), 0) FROM week_count) + (SELECT coalesce(sum(posts), 0) FROM count)"
        )
    return int(posts)


def test_the_same_people_named_are_found_where_they_belong(tmp_path: Path) -> None:
    """The control."""
    with (
        played(tmp_path / "home", named=True) as scene,
        Nursery(tmp_path, environment(scene.home)) as nursery,
    ):
        canary = scene.canary
        visited(nursery, scene)
        for path, options in archives(tmp_path / "given", canary):
            ran(nursery, scene, "import", path, *options)
        for format in ("csv", "jsonl", "parquet", "xlsx"):
            path = scene.home / "out" / f"posts.{format}"
            assert ran(nursery, scene, "export", "posts", "--format", format, "-o", path).code == 0
        found = found_below(scene.home, canary)
        assert {f"out/posts.{format}" for format in ("csv", "jsonl", "parquet", "xlsx")} <= found.keys()
        assert {"canaryword", "قناری"} <= found["out/posts.xlsx"]
        kinds = {one.split()[0] for one in found["data/tracker.db"]}
        assert kinds == {"canaryword", "قناری", "id", "time", "value"}
        assert all(handle in ran(nursery, scene, "status").said for handle in HANDLES)


def test_a_canary_that_is_planted_in_any_kind_of_file_is_found(tmp_path: Path) -> None:
    """The control of the search itself."""
    canary = Canary()
    number, at = 1_577_000_000_000_000_123, 1_664_712_017
    canary.post(number, at, said(1))
    planted = {
        "plain.txt": said(1).encode(),
        "wide.txt": said(1).encode("utf-16"),
        "escaped.json": b'"\\u0642\\u0646\\u0627\\u0631\\u06cc"',
        "upper.txt": said(1).upper().encode(),
        "packed.gz": gzip.compress(said(1).encode()),
        "id.txt": f"see {number}.".encode(),
        "id.big": b"..." + number.to_bytes(8, "big"),
        "id.little": b"..." + number.to_bytes(8, "little"),
        "id.varint": b"..." + varint(number),
        "moment.txt": str((number >> 22) + 1_288_834_974_657).encode(),
        "seconds.txt": str(at).encode(),
        "milliseconds.txt": str(at * 1000).encode(),
        "iso.txt": b"2022-10-02T12:00:17Z",
        "tehran.txt": b"2022-10-02T15:30:17+03:30",
        "hijri.txt": b"1401-07-10 15:30:17",
        "twitter.txt": b"Sun Oct 02 12:00:17 +0000 2022",
    }
    for name, data in planted.items():
        (tmp_path / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("sheet1.xml", said(1))
    with closing(sqlite3.connect(tmp_path / "one.db")) as connection:
        connection.execute("CREATE TABLE answer (body BLOB)")
        connection.execute("INSERT INTO answer VALUES (?)", (zlib.compress(said(1).encode()),))
        connection.commit()
    with closing(sqlite3.connect(tmp_path / "two.db")) as connection:
        connection.execute("CREATE TABLE post (posted_at INTEGER)")
        connection.execute("INSERT INTO post VALUES (?)", (at,))
        connection.commit()
    assert found_below(tmp_path, canary).keys() == planted.keys() | {"book.xlsx", "one.db", "two.db"}
    assert canary.found_in(b"2022-10-03T00:00:00Z 1664712000 nothing") == set()


OURS = {
    "account": {"last_visit_at", "profile_at", "next_visit_at", "leased_until", "created_at", "state_since"},
    "visit": {"started_at", "ended_at"},
    "profile": {"taken_at"},
    "handle": {"first_seen", "last_seen"},
    "count": {"counted_at"},
}
"""Moments of our own doings, and when an account was made or seen to be gone; none of a post."""
MOMENTS = range(1_600_000_000, 1_800_000_000)


@dataclass
class Told:
    """What the tables hold of some people's time."""

    weeks: int = 0
    """Moments that are the beginning of a local week."""
    finer: set[str] = field(default_factory=set)
    """Where there is something finer: a table and a column, or a table that should have no row of theirs."""


def told_of(connection: sqlite3.Connection, accounts: set[int]) -> Told:
    """Look through all tables for these accounts."""
    connection.row_factory = sqlite3.Row
    told = Told()
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        key = "id" if table == "account" else "account_id"
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            if key not in set(row.keys()) or row[key] not in accounts:
                continue
            if table in ("post", "version", "metric", "ledger"):
                told.finer.add(table)
            told.finer |= {f"{table}.{name}" for name in {"mark", "cursor"} & set(row.keys()) if row[name]}
            if table == "visit" and row["pages"] not in (0, 1):
                told.finer.add("visit.pages")
            for name in set(row.keys()) - OURS.get(table, set()):
                if isinstance(row[name], int) and row[name] in MOMENTS:
                    if row[name] == start_of_week(row[name], "Asia/Tehran"):
                        told.weeks += 1
                    else:
                        told.finer.add(f"{table}.{name}")
    return told


def test_no_moment_of_a_person_at_risk_is_finer_than_a_week(tmp_path: Path) -> None:
    """There is no cursor and no high-water mark: what the tables hold of time are beginnings of local weeks."""
    with played(tmp_path / "home") as scene, Nursery(tmp_path, environment(scene.home)) as nursery:
        killed(nursery, scene)
        visited(nursery, scene)
        with closing(sqlite3.connect(scene.database)) as connection:
            ids = connection.execute("SELECT id, protection = 'at_risk' FROM account").fetchall()
            at_risk = {number for number, hidden in ids if hidden}
            assert len(at_risk) == len(HANDLES)
            found = told_of(connection, at_risk)
            assert (found.finer, found.weeks > POSTS) == (set(), True)
            control = told_of(connection, {number for number, _ in ids} - at_risk)
            assert control.finer >= {"post", "metric", "ledger", "account.mark", "post.posted_at", "coverage.until"}
            summed = "SELECT count(*) FROM ledger WHERE endpoint IN ('users/:id/tweets', 'tweets/counts/all')"
            finer = "AND settled_at % 86400"
            assert connection.execute(f"{summed} {finer} AND account_id IS NULL").fetchone()[0] == 0
            assert connection.execute(f"{summed} {finer} AND account_id IS NOT NULL").fetchone()[0] > 0


def test_the_libraries_tell_a_log_at_debug_level_nothing_either(
    stage: Stage, reporter: Reporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.visit(reporter.platform)
    stage.visit(reporter.platform, later=WEEK)
    assert stage.rows("SELECT * FROM week_count")
    assert CANARY not in caplog.text
    for number in (*reporter.post_ids, *reporter.times):
        assert str(number) not in caplog.text
    assert not any(handle in caplog.text for handle in ("canary_reporter", "7000000007"))


def test_at_its_own_debug_level_a_library_would_tell_who_is_asked_about(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The control: the collectors keep urllib3 from it."""
    reporter = Reporter(stage, Platform.X)
    stage.collector(reporter.platform)
    caplog.set_level(logging.DEBUG, "urllib3")
    stage.visit(reporter.platform)
    assert "7000000007" in caplog.text
