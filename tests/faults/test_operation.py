"""What those who run it do to it: signals at every moment, two at once, broken files, a log that is full."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import pytest

from tests.cli.commands import TRACKER
from tests.faults.comparing import equal_to_the_world
from tests.store.making import rows
from tracker.domain.instants import DAY, HOUR
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld

ACCOUNTS, POSTS = 6, 210
BORN = int(time.time()) - 300 * DAY
AWHILE = 30.0
"""Seconds after which what is waited for will not come any more."""
COLUMNS = "subject,name,name_native,role,country,residence,protection,protection_reason,platform,handle,platform_id"


class House:
    """A home, the X that it reads, and the trackers that were started on it."""

    def __init__(self, path: Path, server: XServer) -> None:
        self.path, self.server = path, server
        self.token = path / "credentials" / "x_bearer_token"
        self.token.parent.mkdir()
        self.token.write_text(BEARER_TOKEN, "ascii")
        self.token.chmod(0o600)
        self.running: list[subprocess.Popen[str]] = []
        (path / "config").mkdir()
        listed = [f"s{n},Generated {n},,official,IR,,,,x,generated_{n},,,," for n in range(1, ACCOUNTS + 1)]
        self.watchlist = path / "config" / "watchlist.csv"
        self.watchlist.write_text("\n".join([f"{COLUMNS},from,until,source", *listed, ""]), "utf-8")
        head = "country,platform,kind,scope,starts,starts_precision,ends,ends_precision,note,source\n"
        (path / "config" / "restrictions.csv").write_text(head, "utf-8")
        (path / "config" / "settings.toml").write_text(
            f'[x]\napi_url = "{server.url}"\nretries = 3\nbackoff = "2s"\n'
            '[visits]\ntick = "1s"\nretry_after = "1s"\n[zones]\nIR = "Asia/Tehran"\n',
            "utf-8",
        )

    def start(
        self, command: str = "run", *, home: Path | str | None = None, stderr: int | TextIO = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
        process = subprocess.Popen(
            [TRACKER, "--home", str(home or self.path), command],
            env={**environment, "CREDENTIALS_DIRECTORY": str(self.token.parent)},
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        self.running.append(process)
        return process

    @property
    def database(self) -> Path:
        return self.path / "data" / "tracker.db"

    def posts(self) -> int:
        with suppress(sqlite3.OperationalError):  # the tables are being made
            ((count,),) = rows(self.database, "SELECT count(*) FROM post")
            return int(count)
        return 0

    def whole(self) -> None:
        """Collect what is left, and compare."""
        self.server.heal()
        last = self.start("collect")
        _, said = last.communicate(timeout=60)
        assert last.returncode == 0, said
        assert self.posts() == ACCOUNTS * POSTS
        equal_to_the_world(self.database, self.server.world, bill=self.server.bill)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    world = XWorld()
    for number in range(1, ACCOUNTS + 1):
        world.add_account(XAccount(number, f"generated_{number}", f"Generated {number}", BORN))
        for post in range(POSTS):
            world.publish(number, BORN + post * 30 * HOUR + number)
    with XServer(world) as server:
        house = House(tmp_path, server)
        yield house
        for process in house.running:
            if process.poll() is None:
                process.kill()
            process.communicate()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + AWHILE
    while not true():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.01)


def leaves(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """It goes with 0 within the ten seconds that a service manager may give it, and without a traceback."""
    asked = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=AWHILE)
    assert process.returncode == 0, said
    assert time.monotonic() - asked < 11
    assert "Traceback" not in (said or "")
    return said or ""


@pytest.mark.parametrize("requests", [1, 2, 4, 9])
def test_asked_to_leave_between_any_two_requests_it_goes_and_nothing_is_lost(house: House, requests: int) -> None:
    daemon = house.start()
    wait_until(lambda: len(house.server.log) >= requests)
    leaves(daemon)
    house.whole()


@pytest.mark.parametrize(
    ("fault", "seconds"), [(XFault.SLOW, 60.0), (XFault.UNAVAILABLE_HTML, None), (XFault.RATE_LIMITED, 60.0)]
)
def test_asked_to_leave_in_a_request_in_the_wait_before_a_retry_or_within_a_limit_it_goes(
    house: House, fault: XFault, seconds: float | None
) -> None:
    house.server.fail(fault, 100, "/2/users/*/tweets", after=1, seconds=seconds)
    daemon = house.start()
    wait_until(lambda: any(served.fault is not None for served in house.server.log))
    leaves(daemon)
    if fault is not XFault.RATE_LIMITED:  # that is kept until its time
        house.whole()


def test_asked_to_leave_while_it_starts_it_goes(house: House) -> None:
    began = 0.0
    for step in range(8):
        daemon = house.start()
        time.sleep(began + 0.15 * step)
        daemon.send_signal(signal.SIGTERM)
        _, said = daemon.communicate(timeout=AWHILE)
        # Before any of our code has run, the signal itself ends Python; service managers take that for a good end.
        assert daemon.returncode in (0, -signal.SIGTERM), said
        assert "Traceback" not in said
    house.whole()


def test_ctrl_c_is_a_request_to_leave_too(house: House) -> None:
    daemon = house.start()
    wait_until(lambda: house.posts() > 0)
    assert "stopped:" in leaves(daemon, signal.SIGINT)
    house.whole()


def test_a_second_tracker_is_refused_in_one_line_by_whatever_name_the_home_is_called(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    daemon = house.start()
    wait_until(lambda: house.posts() > 0)
    link = tmp_path_factory.mktemp("elsewhere") / "home"
    link.symlink_to(house.path)
    for home in (str(house.path), str(link), os.path.relpath(house.path), f"{house.path}/config/.."):
        second = house.start(home=home)
        _, said = second.communicate(timeout=AWHILE)
        assert second.returncode == 75
        assert len(said.splitlines()) == 1
        assert "another tracker" in said
    leaves(daemon)
    house.whole()


def test_a_credential_that_is_exchanged_after_a_refusal_is_taken_up_without_a_restart(house: House) -> None:
    house.token.write_text("an-old-token", "ascii")
    daemon = house.start()
    wait_until(lambda: any(served.status == 401 for served in house.server.log))
    house.token.write_text(BEARER_TOKEN, "ascii")
    wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
    leaves(daemon)
    house.whole()


def test_a_credential_that_is_removed_changes_nothing_before_it_is_needed_and_is_then_said_once(house: House) -> None:
    daemon = house.start()
    wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
    house.token.unlink()
    daemon.send_signal(signal.SIGHUP)
    assert daemon.stderr is not None
    heard = next(line for line in daemon.stderr if "is missing" in line)
    assert "TRACKER_X_BEARER_TOKEN" in heard
    leaves(daemon)
    house.token.write_text(BEARER_TOKEN, "ascii")
    house.whole()


def test_hung_up_on_it_reads_its_configuration_and_stays(house: House) -> None:
    log = house.path / "said"
    with log.open("w") as file:
        daemon = house.start(stderr=file)
    wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
    read_again, in_force = "read again, as asked", "configuration is in force"
    before = log.read_text("utf-8")
    assert (read_again in before, in_force in before) == (False, False)
    daemon.send_signal(signal.SIGHUP)
    wait_until(lambda: in_force in log.read_text("utf-8").partition(read_again)[2])
    leaves(daemon)


def test_a_broken_configuration_is_said_once_and_a_mended_one_is_taken_up(house: House) -> None:
    whole = house.watchlist.read_text("utf-8")
    daemon = house.start()
    wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
    house.watchlist.write_text(whole.replace("official", "oficial", 1), "utf-8")
    assert daemon.stderr is not None
    assert "last good one stays in force" in next(line for line in daemon.stderr if "is broken" in line)
    time.sleep(2.5)  # more ticks see it as well
    house.watchlist.write_text(whole, "utf-8")
    said = []
    for line in daemon.stderr:
        said.append(line)
        if "configuration is in force" in line:
            break
    assert not [line for line in said if "is broken" in line]
    leaves(daemon)
    house.whole()


def test_where_nothing_can_be_logged_it_goes_on(house: House) -> None:
    with Path("/dev/full").open("w") as full:
        daemon = house.start(stderr=full)
        wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
        leaves(daemon)
    house.whole()


def test_where_nobody_reads_the_log_any_more_it_goes_on(house: House) -> None:
    daemon = house.start()
    assert daemon.stderr is not None
    daemon.stderr.close()
    wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(AWHILE) == 0
    house.running.remove(daemon)
    house.whole()
