"""Collecting once, and the daemon, in this process; in processes of their own: tests/cli/test_killing.py."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.config.files import file_of
from tests.runtime.making import START, Stage
from tracker.collectors.protocol import Collector
from tracker.config import restrictions, watchlist
from tracker.config.home import Config, Home, load, platforms_in_use
from tracker.domain.errors import ConfigError, UnusableError
from tracker.domain.instants import DAY, MINUTE
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Platform
from tracker.runtime.local import Daemon, Work, collect
from tracker.runtime.worker import Tally

SETTINGS = '[zones]\nIR = "Asia/Tehran"\n[visits]\ntick = "1s"\n'
AWHILE = 20.0
"""Seconds after which what is waited for will not come any more."""


def row(handle: str, platform: str = "x", **cells: str) -> dict[str, str]:
    return {
        "subject": handle.replace("_", "-"),
        "name": "Generated Person",
        "role": "official",
        "country": "IR",
        "platform": platform,
        "handle": handle,
        "source": "invented",
        **cells,
    }


@dataclass
class House:
    """A home with its configuration, and what a daemon says."""

    stage: Stage
    home: Home
    told: list[str] = field(default_factory=list)

    def write(self, *rows: Mapping[str, str]) -> None:
        """Save the watchlist, as an editor does: another file takes the old one's place."""
        new = self.home.watchlist.with_suffix(".new")
        new.write_bytes(file_of(watchlist.LAYOUT, rows))
        new.replace(self.home.watchlist)

    def work(self, openers: Mapping[Platform, Callable[[], Collector]] | None = None) -> Work:
        config = load(self.home)
        config = replace(config, settings=replace(config.settings, telegram=self.stage.settings.telegram))
        clock = lambda: self.stage.now  # noqa: E731
        return Work(config, self.stage.store, openers or self.stage.openers(), clock, self.stage.watcher)

    def collect(self, *, everything: bool = False, subject: str | None = None) -> dict[Platform, Tally]:
        work = self.work()
        return collect(work, platforms_in_use(work.config), subject=subject, everything=everything)

    @contextmanager
    def daemon(self) -> Iterator[Daemon]:
        """A daemon that runs in a thread for as long as the block."""
        daemon = Daemon(self.work(), self.told.append)
        thread = threading.Thread(target=daemon.run)
        thread.start()
        try:
            yield daemon
        finally:
            daemon.work.stop.set()
            thread.join(AWHILE)
        assert not thread.is_alive()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + AWHILE
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def house(stage: Stage, tmp_path: Path) -> House:
    """Two X accounts and two channels, all listed."""
    home = Home(tmp_path)
    home.config.mkdir()
    home.settings.write_text(SETTINGS, "utf-8")
    home.restrictions.write_bytes(file_of(restrictions.LAYOUT, []))
    house = House(stage, home)
    stage.x_account(101, "generated_one", posts=150)
    stage.x_account(102, "generated_two", posts=20)
    stage.channel("generated_three", posts=150)
    stage.channel("generated_four", posts=20)
    house.write(
        row("generated_one"),
        row("generated_two"),
        row("generated_three", "telegram"),
        row("generated_four", "telegram"),
    )
    return house


def posts(house: House) -> int:
    ((count,),) = house.stage.rows("SELECT count(*) FROM post")
    return int(str(count))


def asked(house: House) -> tuple[int, int]:
    return len(house.stage.x.log), len(house.stage.telegram.requests("messages.getHistory"))


def test_collecting_once_reads_both_platforms_and_a_second_time_asks_nothing(house: House) -> None:
    tallies = house.collect()
    assert {platform: tally.visits for platform, tally in tallies.items()} == {
        Platform.X: {OutcomeKind.OK: 2},
        Platform.TELEGRAM: {OutcomeKind.OK: 2},
    }
    assert posts(house) == 340
    before = asked(house)
    assert all(not tally.visits for tally in house.collect().values())
    assert asked(house) == before
    house.stage.now += MINUTE
    house.collect(everything=True)
    assert asked(house) > before
    assert posts(house) == 340


def test_collecting_once_reads_old_profiles_though_no_account_is_due(house: House) -> None:
    """A count is due every six days, a profile every day; neither is paid for twice on a day."""
    house.write(row("generated_one", mode="counts"))
    house.collect()
    assert (house.stage.x.bill.users, house.stage.x.bill.counts_recent) == (1, 1)
    for day in (2, 3):
        house.stage.now += DAY
        house.collect()
        house.collect()
        house.collect(subject="generated_one")
        assert (house.stage.x.bill.users, house.stage.x.bill.counts_recent) == (day, 1)


def test_one_subject_can_be_collected_alone(house: House) -> None:
    house.collect(subject="generated-two")
    assert house.stage.stored(102)
    assert posts(house) == 20


def test_a_missing_login_of_one_platform_does_not_keep_the_other_from_being_collected(house: House) -> None:
    def refuse() -> Collector:
        raise ConfigError("Telegram: no login yet")

    work = house.work({**house.stage.openers(), Platform.TELEGRAM: refuse})
    with pytest.raises(ConfigError, match="no login yet"):
        collect(work, list(Platform), subject=None, everything=False)
    assert posts(house) == 170


def test_a_daemon_that_waits_to_be_idle_collects_all_and_ends_by_itself(house: House) -> None:
    daemon = Daemon(house.work(), house.told.append, until_idle=True)
    assert daemon.run()
    assert daemon.is_idle
    assert posts(house) == 340
    assert house.told == []


def test_it_ends_as_well_where_a_platform_has_no_account(house: House) -> None:
    house.write(row("generated_one"))
    daemon = Daemon(house.work(), house.told.append, until_idle=True)
    assert daemon.run()
    assert daemon.is_idle
    assert posts(house) == 150


def test_it_ends_and_says_why_where_a_tick_is_broken(house: House) -> None:
    def defect() -> Collector:
        raise RuntimeError("a defect")

    daemon = Daemon(house.work(dict.fromkeys(Platform, defect)), house.told.append, until_idle=True)
    daemon.run()
    assert not daemon.is_idle
    assert "a tick failed: a defect" in house.told


def test_a_daemon_visits_what_becomes_due(house: House) -> None:
    with house.daemon():
        wait_until(lambda: posts(house) == 340)
        house.stage.x.world.publish(101, START + 5, "new")
        house.stage.now += 2 * DAY
        wait_until(lambda: posts(house) == 341)


def test_a_daemon_that_is_stopped_finishes_its_page_and_the_next_one_goes_on(house: House) -> None:
    house.write(row("generated_one"))
    daemon = Daemon(house.work(), house.told.append)
    house.stage.watcher.at_page = lambda _pages: daemon.work.stop.set()
    assert daemon.run()
    assert posts(house) == 100
    assert house.stage.rows("SELECT last_outcome, leased_until FROM account WHERE platform_id = 101") == [
        ("partial", 0)
    ]
    house.stage.restart()
    assert Daemon(house.work(), house.told.append, until_idle=True).run()
    assert posts(house) == 150
    assert sorted(house.stage.x.delivered) == house.stage.stored(101)


def test_a_changed_watchlist_is_taken_up_and_a_broken_one_is_said_once(house: House) -> None:
    whole: Config = load(house.home)
    house.write(row("generated_two"))
    with house.daemon():
        wait_until(lambda: posts(house) == 20)
        house.write(row("generated_two", role="spy"))
        wait_until(lambda: bool(house.told))
        time.sleep(1.2)  # another tick sees it as well
        assert len(house.told) == 1
        assert "the last good one stays in force" in house.told[0]
        house.write(row("generated_two"), row("generated_one"))
        wait_until(lambda: posts(house) == 170)
        assert house.told[1:] == ["the changed configuration is in force"]
    assert len(whole.watchlist.accounts) == 4


def test_a_subject_that_becomes_at_risk_under_a_running_daemon_is_reduced_at_once(house: House) -> None:
    house.write(row("generated_one"))
    with house.daemon():
        wait_until(lambda: posts(house) == 150)
        house.write(row("generated_one", role="journalist", residence="inside"))
        wait_until(lambda: posts(house) == 0)
        wait_until(lambda: "[ساختگی] 7".encode() not in house.stage.bytes_at_rest())
        wait_until(lambda: bool(house.stage.rows("SELECT 1 FROM week_count WHERE posts > 0")))
    assert house.stage.rows("SELECT * FROM answer WHERE request LIKE '%tweets%'") == []


def test_where_one_platform_finds_the_database_unusable_no_other_goes_on_writing(house: House) -> None:
    path, aside = house.stage.path, house.home.path / "aside.db"

    def of_x() -> Collector:
        path.rename(aside)
        return house.stage.collector(Platform.X)

    def of_telegram() -> Collector:
        work.stop.wait(AWHILE)  # until the other has noticed
        aside.rename(path)
        return house.stage.collector(Platform.TELEGRAM)

    work = house.work({Platform.X: of_x, Platform.TELEGRAM: of_telegram})
    with pytest.raises(UnusableError, match="was removed"):
        collect(work, Platform, subject=None, everything=False)
    assert house.stage.rows("SELECT * FROM visit") == []


class Unlocked:
    """No lock at all."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def acquire(self, timeout: float) -> bool:
        return True

    def release(self) -> None: ...


@pytest.mark.parametrize("locked", [True, False], ids=["as it is", "the control, without the lock"])
def test_a_daemon_does_not_leave_while_it_looks_at_its_configuration(house: House, locked: bool) -> None:
    told, may_go_on = threading.Event(), threading.Event()
    work = house.work()

    def tell(_: str) -> None:
        work.stop.set()
        told.set()
        may_go_on.wait(AWHILE)

    daemon = Daemon(work, tell) if locked else Daemon(work, tell, _housekeeping=Unlocked())  # type: ignore[arg-type]
    house.home.watchlist.write_bytes(b"broken")
    daemon.look_again()
    try:
        assert daemon.run(grace=0.1) is not locked
        assert told.is_set()
    finally:
        may_go_on.set()
