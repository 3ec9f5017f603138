"""A real daemon whose machine's clock is set, or stands still with the machine, as on a laptop."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from tests.cli.commands import TRACKER
from tests.faults.comparing import differences
from tests.faults.scene import COLUMNS, RESTRICTIONS
from tests.faults.shim import Shim, compiled
from tracker.domain.instants import DAY, HOUR, Instant
from tracker.runtime.ticking import Tick
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld

YEAR = 365 * DAY


@pytest.fixture
def clocked(tmp_path: Path) -> Shim:
    return Shim(compiled(tmp_path), tmp_path / "home", tmp_path / "log", tmp_path / "control")


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, f"this did not come: {what}"
        time.sleep(0.01)


def make_due(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.execute("UPDATE account SET next_visit_at = 0")
        connection.commit()


def looked_after(path: Path, at: Instant) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        ((looked,),) = connection.execute("SELECT last_visit_at FROM account").fetchall()
    return looked is not None and bool(looked > at)


@dataclass
class Running:
    """A daemon by a clock that the test sets, and the X that it reads."""

    server: XServer
    world: XWorld
    path: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def leaves(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        assert "Traceback" not in self.said
        assert differences(self.path, self.world) == []


@contextmanager
def running(home: Path, clock: Shim) -> Iterator[Running]:
    """A daemon that has collected the 61 posts that there are."""
    (home / "config").mkdir(parents=True)
    born = int(time.time()) - 30 * DAY
    world = XWorld()
    world.add_account(XAccount(101, "gen_minister", "[ساختگی]", born))
    for number in range(60):
        world.publish(101, born + number * 11 * HOUR)
    world.publish(101, int(time.time()) - 1)
    watchlist = f"{COLUMNS}\nminister,Generated,,official,IR,,,,x,gen_minister,101,,,,\n"
    (home / "config/watchlist.csv").write_text(watchlist, "utf-8")
    (home / "config/restrictions.csv").write_text(RESTRICTIONS, "utf-8")
    with XServer(world, limits={}) as server:
        (home / "config/settings.toml").write_text(
            f'platforms = ["x"]\n[x]\napi_url = {json.dumps(server.url)}\nretries = 0\n'
            '[visits]\ntick = "1s"\nshortest_interval = "1s"\nlongest_interval = "2s"\nrequests_a_day = 1440\n',
            "utf-8",
        )
        log = home / "said"
        with log.open("wb") as said:
            environment = {**os.environ, **clock.environment(), "TRACKER_X_BEARER_TOKEN": BEARER_TOKEN}
            process = subprocess.Popen([TRACKER, "--home", home, "run"], stderr=said, env=environment)
        daemon = Running(server, world, home / "data" / "tracker.db", log, process)
        try:
            wait_until(lambda: len(server.delivered) == 61 and looked_after(daemon.path, born), "the first visit")
            yield daemon
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    "jump", [-YEAR, -HOUR, HOUR, YEAR], ids=["a year back", "an hour back", "an hour on", "a year on"]
)
def test_the_daemon_ticks_on_when_the_machine_s_clock_is_set_and_set_back(
    tmp_path: Path, clocked: Shim, jump: int
) -> None:
    """APScheduler alone would wait for the old time to come again."""
    with running(tmp_path / "home", clocked) as daemon:
        clocked.set(clock=jump)
        make_due(daemon.path)
        wait_until(lambda: jump > 0 or "behind" in daemon.said, "a tick")
        wait_until(lambda: jump < 0 or looked_after(daemon.path, int(time.time()) + HOUR // 2), "a visit")
        daemon.world.publish(101, int(time.time()) - 1)
        clocked.set()
        wait_until(lambda: jump < 0 or "ahead" in daemon.said, "a tick")
        make_due(daemon.path)
        wait_until(
            lambda: len(daemon.server.delivered) >= 62 and not differences(daemon.path, daemon.world), "all posts"
        )
        daemon.leaves()


def test_apscheduler_s_own_trigger_would_make_up_for_every_tick_that_was_missed() -> None:
    """The control: of a year, thirty million, one after the other."""
    asleep = datetime(2022, 10, 5, tzinfo=UTC)
    second, awake = timedelta(seconds=1), asleep + timedelta(days=365)
    assert Tick(seconds=1, timezone="UTC").get_next_fire_time(asleep, awake) == awake + second
    assert IntervalTrigger(seconds=1, timezone="UTC").get_next_fire_time(asleep, awake) == asleep + second


def test_a_daemon_that_was_suspended_for_three_days_collects_all_of_them(tmp_path: Path, clocked: Shim) -> None:
    """As on a laptop: the process stands still, and finds the wall clock three days on."""
    with running(tmp_path / "home", clocked) as daemon:
        daemon.process.send_signal(signal.SIGSTOP)
        before = int(time.time())
        for hour in range(1, 72, 5):
            daemon.world.publish(101, before + hour * HOUR)
        clocked.set(clock=3 * DAY)
        daemon.process.send_signal(signal.SIGCONT)
        wait_until(lambda: len(daemon.server.delivered) == 61 + 15, "the posts of three days")
        daemon.leaves()
        assert "clock" not in daemon.said
