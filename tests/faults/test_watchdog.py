"""A real daemon under a service manager, a monitor and Prometheus: it says how it is, and is not fed when ill."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import TRACKER, tracker
from tests.faults.mounting import alone
from tests.faults.test_operation import ACCOUNTS, POSTS, House, house, leaves, wait_until
from tracker.runtime.lock import only_writer
from tracker.sandbox.x_server import BEARER_TOKEN

__all__ = ["house"]

FED = "WATCHDOG=1"


class Manager:
    """What a service manager hears."""

    def __init__(self, path: Path) -> None:
        self.way = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.way.bind(str(path))
        self.way.settimeout(30)

    def hears(self, words: str) -> list[str]:
        """What is said from now on until these words."""
        said: list[str] = []
        while not said or words not in said[-1]:
            said.append(self.way.recv(4096).decode())
        return said

    def forget(self) -> None:
        """Overhear what was said until now."""
        self.way.setblocking(False)
        try:
            while True:
                self.way.recv(4096)
        except BlockingIOError:
            self.way.settimeout(30)


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    monkeypatch.setenv("WATCHDOG_USEC", "1800000000")
    manager = Manager(path)
    with closing(manager.way):
        yield manager


def health(house: House) -> dict[str, list[str]]:
    """What is bad, by its sign; empty if all is well."""
    ran = tracker("status", "--health", "--json", home=house.path, CREDENTIALS_DIRECTORY=str(house.token.parent))
    return bad_in(ran.out, ran.code)


def bad_in(text: str, code: int) -> dict[str, list[str]]:
    said = json.loads(text)
    assert code == (0 if said["healthy"] else 1)
    found: dict[str, list[str]] = {}
    for sign in said["signs"]:
        if not sign["well"]:
            found.setdefault(sign["sign"], []).append(sign["says"])
    return found


def test_the_manager_hears_of_the_start_each_good_round_a_reload_and_the_end(house: House, manager: Manager) -> None:
    daemon = house.start()
    said = manager.hears("all platforms were looked after")
    assert said[0].startswith("READY=1")
    assert FED in said[:-1]  # by pages, while the first tick was under way
    manager.hears(FED)
    daemon.send_signal(signal.SIGHUP)
    manager.hears("RELOADING=1")
    assert manager.hears("READY=1")[-1].endswith("the changed configuration is in force")
    house.watchlist.write_text("broken", "utf-8")
    assert "is broken" in manager.hears("READY=1")[-1]
    log = leaves(daemon)
    manager.hears("STOPPING=1")
    for line in log.splitlines():
        assert set(json.loads(line)) == {"time", "level", "logger", "message"}
    assert BEARER_TOKEN not in log


def test_while_the_database_is_locked_it_starves_and_after_that_it_is_fed(house: House, manager: Manager) -> None:
    daemon = house.start()
    wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
    manager.hears(FED)
    assert health(house) == {}
    with closing(sqlite3.connect(house.database, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        manager.forget()
        said = manager.hears("has failed")
        assert said.count(FED) <= 1  # one that was under way when we came
        wait_until(lambda: "failed" in health(house).get("ticks", [""])[0])
        other.execute("ROLLBACK")
    manager.hears(FED)
    leaves(daemon)


def test_a_monitor_sees_whether_it_runs_without_touching_the_lock(house: House) -> None:
    assert "is not running" in health(house)["daemon"][0]
    daemon = house.start()
    wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
    assert health(house) == {}
    daemon.kill()
    daemon.wait()
    assert set(health(house)) == {"daemon"}
    with only_writer(house.path / "data" / "tracker.lock"):
        assert "another tracker" in health(house)["daemon"][0]


def test_a_monitor_sees_a_refused_credential_a_broken_configuration_and_a_lost_database(house: House) -> None:
    house.token.write_text("an-old-token", "ascii")
    settings = house.path / "config" / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace('retry_after = "1s"', 'retry_after = "5m"'), "utf-8")
    daemon = house.start()
    wait_until((house.path / "data" / "pulse.json").exists)
    wait_until(lambda: "auth_failed" in (house.path / "data" / "pulse.json").read_text("ascii"))
    found, whole = health(house), house.watchlist.read_text("utf-8")
    assert set(found) == {"stops"}
    assert "put in a new one" in found["stops"][0]
    house.watchlist.write_text("broken", "utf-8")
    found = health(house)
    assert set(found) == {"configuration"}
    assert "watchlist.csv" in found["configuration"][0]
    house.watchlist.write_text(whole, "utf-8")
    assert set(health(house)) == {"stops"}
    house.database.unlink()
    _, log = daemon.communicate(timeout=30)
    assert daemon.returncode == 1
    assert json.loads(log.splitlines()[-1])["level"] == "error"
    found = health(house)
    assert set(found) == {"daemon", "database"}
    assert "is gone, though this home has had a database" in found["database"][0]


ON_A_SMALL_DISK = """
set -eu
mount -t tmpfs -o size=1m,mode=700 tmpfs "$1/data"
"$2" --home "$1" status --health --json
"""


def test_a_monitor_sees_a_disk_with_little_room(house: House) -> None:
    """A real one: a tmpfs of 1 MB."""
    (house.path / "data").mkdir(mode=0o700)
    elsewhere = health(house)
    assert "disk" not in elsewhere
    ran = alone(ON_A_SMALL_DISK, house.path, TRACKER, {"CREDENTIALS_DIRECTORY": str(house.token.parent)})
    found = bad_in(ran.stdout, ran.returncode)
    assert set(found) == {*elsewhere, "disk"}
    assert "0.0 GB free, 0.5 are needed" in found["disk"][0]


def test_a_monitor_sees_accounts_that_wait_or_fail_and_names_nobody(house: House) -> None:
    house.start("collect").communicate(timeout=60)
    assert set(health(house)) == {"daemon"}
    with closing(sqlite3.connect(house.database)) as database, database:
        database.execute("UPDATE account SET next_visit_at = next_visit_at - 7 * 86400, last_outcome = 'bad_answer'")
        database.execute("UPDATE ledger SET reserved_at = reserved_at - 7200, settled_at = settled_at - 7200")
        database.execute("UPDATE visit SET started_at = started_at - 4 * 86400, outcome = 'bad_answer'")
    found = health(house)
    assert set(found) == {"daemon", "answers", "accounts"}
    assert found["accounts"][0].startswith(f"{ACCOUNTS} of {ACCOUNTS} named ones could not be read for 3 d")
    assert f"{ACCOUNTS} of {ACCOUNTS} named accounts are due" in found["answers"][0]
    with closing(sqlite3.connect(house.database)) as database, database:
        database.execute("UPDATE account SET protection = 'at_risk'")
    assert set(health(house)) == {"daemon"}
    assert "generated" not in tracker("status", "--health", home=house.path).out


def test_prometheus_finds_a_file_of_whole_figures(house: House) -> None:
    settings = house.path / "config" / "settings.toml"
    settings.write_text(settings.read_text("utf-8") + '[health]\nmetrics_file = "data/tracker.prom"\n', "utf-8")
    daemon = house.start()
    metrics = house.path / "data" / "tracker.prom"
    figure = 'tracker_posts_total{platform="x"}'
    wait_until(lambda: metrics.exists() and f"{figure} {ACCOUNTS * POSTS}\n" in metrics.read_text("ascii"))
    house.server.world.publish(1, int(time.time()))
    with closing(sqlite3.connect(house.database, timeout=30)) as database, database:
        database.execute("UPDATE account SET next_visit_at = 0")
    wait_until(lambda: f"{figure} {ACCOUNTS * POSTS + 1}\n" in metrics.read_text("ascii"))
    assert "generated" not in metrics.read_text("ascii")
    leaves(daemon)
