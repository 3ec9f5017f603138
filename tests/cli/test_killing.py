"""A process that is killed or asked to stop, anywhere: nothing lost, nothing twice, nothing paid for twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.cli.commands import TRACKER, tracker
from tracker.domain.instants import DAY
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld

KILLS = 30
ACCOUNTS, POSTS = 40, 230
PAGE = 100
TOKEN = {"TRACKER_X_BEARER_TOKEN": BEARER_TOKEN}
BORN = int(time.time()) - 300 * DAY
AWHILE = 20.0
"""Seconds after which what we wait for will not come any more."""


def crowd() -> XWorld:
    """Accounts with three pages of posts each."""
    world = XWorld()
    for number in range(1, ACCOUNTS + 1):
        world.add_account(XAccount(number, f"generated_{number}", f"Generated {number}", BORN))
        for post in range(POSTS):
            world.publish(number, BORN + post * DAY // 4 + number)
    return world


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer(crowd(), limits={}) as served:
        yield served


@pytest.fixture
def home(tmp_path: Path, server: XServer) -> Path:
    config = tmp_path / "config"
    config.mkdir()
    columns = (
        "subject,name,name_native,role,country,residence,protection,protection_reason,platform,handle,platform_id"
    )
    rows = [f"s{n},Generated {n},,official,IR,,,,x,generated_{n},,,," for n in range(1, ACCOUNTS + 1)]
    (config / "watchlist.csv").write_text("\n".join([f"{columns},from,until,source", *rows, ""]), "utf-8")
    head = "country,platform,kind,scope,starts,starts_precision,ends,ends_precision,note,source\n"
    (config / "restrictions.csv").write_text(head, "utf-8")
    (config / "settings.toml").write_text(
        f'[x]\napi_url = "{server.url}"\nretries = 0\n[visits]\ntick = "1s"\n', "utf-8"
    )
    return tmp_path


def start(home: Path, command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [TRACKER, "--home", home, command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **TOKEN},
    )


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + AWHILE
    while not true():
        assert time.monotonic() < deadline, "what was waited for did not come"


def has_served(server: XServer, requests: int) -> bool:
    return len(server.log) >= requests


def heard(process: subprocess.Popen[str], words: str) -> str:
    """The first line that the process says with these words."""
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


def truth(server: XServer) -> list[tuple[int, int]]:
    return sorted(
        (post.author_id, post.post_id)
        for account in server.world.accounts()
        for post in server.world.timeline(account.account_id)
    )


def assert_all_is_there_once(home: Path, server: XServer) -> None:
    database = sqlite3.connect(home / "data/tracker.db")
    question = "SELECT platform_id, post_id FROM post JOIN account ON account.id = account_id ORDER BY 1, 2"
    assert database.execute(question).fetchall() == truth(server)
    assert database.execute("SELECT count(*) FROM hole").fetchone() == (0,)
    before = "lag(until) OVER (PARTITION BY account_id ORDER BY since)"
    gaps = f"SELECT account_id FROM (SELECT account_id, since, {before} AS before FROM coverage) WHERE before < since"
    assert database.execute(gaps).fetchall() == []
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_killed_thirty_times_it_has_all_posts_once_and_paid_for_at_most_a_page_a_kill(
    home: Path, server: XServer
) -> None:
    chance = random.Random(20260923)
    for _ in range(KILLS):
        before = len(server.log)
        process = start(home, "collect")
        target = before + chance.randint(1, 4)
        wait_until(partial(has_served, server, target))
        nap = time.monotonic() + chance.uniform(0, 0.02)
        while time.monotonic() < nap:
            pass
        process.send_signal(signal.SIGKILL)
        process.communicate()
        author = chance.randint(1, ACCOUNTS)
        server.world.publish(author, int(time.time()))
    last = tracker("collect", "--all", home=home, **TOKEN)
    assert last.code == 0, last.err
    assert_all_is_there_once(home, server)
    assert server.bill.posts <= len(truth(server)) + KILLS * PAGE


def test_asked_to_stop_the_daemon_finishes_its_page_and_the_next_one_goes_on(home: Path, server: XServer) -> None:
    daemon = start(home, "run")
    wait_until(lambda: server.bill.posts > 0)
    asked = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    _, said = daemon.communicate(timeout=AWHILE)
    assert daemon.returncode == 0, said
    assert time.monotonic() - asked < 10
    assert "stopped:" in said
    paid = server.bill.posts
    assert 0 < paid < ACCOUNTS * POSTS
    assert tracker("collect", home=home, **TOKEN).code == 0
    assert_all_is_there_once(home, server)
    assert server.bill.posts == ACCOUNTS * POSTS


def test_a_request_that_hangs_does_not_keep_the_daemon_beyond_ten_seconds(home: Path, server: XServer) -> None:
    server.fail(XFault.SLOW, times=50, path="/2/users/*/tweets", seconds=60)
    daemon = start(home, "run")
    wait_until(lambda: any(served.path.endswith("/tweets") for served in server.log))
    asked = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    _, said = daemon.communicate(timeout=AWHILE)
    assert time.monotonic() - asked < 10
    assert daemon.returncode == 0, said


def test_a_second_tracker_is_told_to_try_later(home: Path, server: XServer) -> None:
    server.fail(XFault.SLOW, times=50, path="/2/users/*/tweets", seconds=60)
    daemon = start(home, "run")
    wait_until(lambda: bool(server.log))
    second = tracker("collect", home=home, **TOKEN)
    assert second.code == 75
    assert "another tracker" in second.err
    daemon.send_signal(signal.SIGKILL)
    daemon.communicate()


def test_a_daemon_takes_up_a_changed_watchlist_and_keeps_the_last_good_one(home: Path, server: XServer) -> None:
    watchlist = home / "config/watchlist.csv"
    whole = watchlist.read_text("utf-8")
    first_ten = "".join(whole.splitlines(keepends=True)[:11])
    watchlist.write_text(first_ten, "utf-8")
    daemon = start(home, "run")
    wait_until(lambda: server.bill.posts == 10 * POSTS)
    watchlist.write_text(whole.replace("official", "oficial"), "utf-8")
    assert "unknown role 'oficial'" in heard(daemon, "configuration is broken")
    watchlist.write_text(whole, "utf-8")
    wait_until(lambda: server.bill.posts == ACCOUNTS * POSTS)
    daemon.send_signal(signal.SIGTERM)
    daemon.communicate(timeout=AWHILE)
    assert_all_is_there_once(home, server)
