"""A disk that is full, read-only or failing, and a database that is locked, damaged, missing, empty or replaced.

One line says what is wrong; nothing half is stored; and as soon as the fault is gone, collecting goes on to the end.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cli.commands import TRACKER, tracker
from tests.faults.comparing import equal_to_the_world
from tests.faults.mounting import alone
from tests.faults.scene import ENVIRONMENT, Scene, played
from tests.faults.shim import Shim, compiled
from tests.runtime.making import Stage, listed
from tests.store.making import rows
from tracker.domain.errors import BusyError, StoreError, TrackerError, UnusableError
from tracker.domain.outcomes import OutcomeKind
from tracker.runtime.lock import only_writer
from tracker.store import dialect
from tracker.store.store import Store

AWHILE = 30.0
POSTS = 360


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    home = tmp_path / "home"
    home.mkdir()
    with played(home) as scene:
        with (home / "config" / "settings.toml").open("a") as file:
            file.write('[visits]\ntick = "1s"\n')
        yield scene


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    return Shim(compiled(tmp_path), tmp_path / "home" / "data", tmp_path / "log", tmp_path / "control")


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + AWHILE
    while not true():
        assert time.monotonic() < deadline, f"this did not come: {what}"
        time.sleep(0.01)


class Running:
    """The daemon, and what it has said so far."""

    def __init__(self, scene: Scene, environment: dict[str, str]) -> None:
        self.log = scene.home / "said"
        with self.log.open("wb") as file:
            self.process = subprocess.Popen(
                [TRACKER, "--home", scene.home, "run"],
                stdout=subprocess.DEVNULL,
                stderr=file,
                env={**os.environ, **ENVIRONMENT, **environment},
            )

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def says(self, words: str) -> None:
        wait_until(lambda: words in self.said, f"{words!r} in: {self.said}")

    def has_visited(self, times: int) -> None:
        wait_until(lambda: self.said.count(": ok") >= times, f"{times} visits in: {self.said}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(AWHILE)


@contextmanager
def running(scene: Scene, environment: dict[str, str]) -> Iterator[Running]:
    daemon = Running(scene, environment)
    try:
        yield daemon
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
        daemon.process.wait()


def posts_in(scene: Scene) -> int:
    try:
        ((count,),) = rows(scene.path, "SELECT count(*) FROM post")
    except sqlite3.OperationalError:
        return 0
    return int(count)


# Full, failing


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"write_errno": errno.ENOSPC}, "full"),
        ({"write_errno": errno.EIO}, "disk I/O error"),
        ({"sync_errno": errno.EIO}, "disk I/O error"),
        ({"write_errno": errno.EROFS}, "disk I/O error"),
    ],
    ids=["full", "writes fail", "syncs fail", "gone read-only"],
)
def test_the_daemon_says_that_the_disk_fails_and_goes_on_as_soon_as_it_does_not(
    scene: Scene, shim: Shim, fault: dict[str, int], said: str
) -> None:
    with running(scene, shim.environment()) as daemon:
        wait_until(lambda: posts_in(scene) > 0, "the first page")
        shim.set(**fault)
        with sqlite3.connect(scene.path) as connection:  # something to do
            connection.execute("UPDATE account SET next_visit_at = 0")
        connection.close()
        daemon.says("a tick failed: ")
        assert said in next(line for line in daemon.said.splitlines() if "a tick failed: " in line)
        shim.set()
        with sqlite3.connect(scene.path) as connection:
            connection.execute("UPDATE account SET next_visit_at = 0")
        connection.close()
        failures = daemon.said.count("a tick failed")
        visited = daemon.said.count(": ok")
        wait_until(lambda: posts_in(scene) == POSTS and not scene.differences(), "all posts")
        assert daemon.stop() == 0, daemon.said
        assert "Traceback" not in daemon.said
        assert (failures, visited) != (0, 0)
    assert scene.differences() == []


ON_TMPFS = """
set -eu
mount -t tmpfs -o size=400k,mode=700 tmpfs "$1/data"
cp -a "$1/kept/." "$1/data"
set +e
"$2" --home "$1" collect; echo "full $?" >> "$1/codes"
mount -o remount,ro "$1/data"
"$2" --home "$1" collect; echo "read-only $?" >> "$1/codes"
mount -o remount,rw,size=64m "$1/data"
"$2" --home "$1" collect; echo "mended $?" >> "$1/codes"
set -e
cp -a "$1/data/." "$1/kept"
"""


def test_on_a_file_system_that_is_full_and_then_read_only_nothing_is_lost(scene: Scene) -> None:
    """A real one: a tmpfs of 400 kB in a mount namespace of its own."""
    shutil.copytree(scene.home / "data", scene.home / "kept")
    done = alone(ON_TMPFS, scene.home, TRACKER, ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert (scene.home / "codes").read_text().splitlines() == ["full 1", "read-only 1", "mended 0"], done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("tracker: ")]
    assert len(lines) == 2, done.stderr
    assert "full" in lines[0]
    assert "Read-only" in lines[1]
    shutil.rmtree(scene.home / "data")
    (scene.home / "kept").rename(scene.home / "data")
    assert scene.differences() == []


def test_a_database_that_may_not_grow_keeps_what_it_has_and_goes_on_when_it_may(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=350)
    stage.watch(listed("example", 101))
    with stage.store.transaction() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 12}")
    with pytest.raises(StoreError, match="make room"):
        stage.visit()
    equal_to_the_world(stage.path, stage.x.world, complete=False, bill=stage.x.bill)
    kept = stage.stored(101)
    assert 0 < len(kept) < 350
    with stage.store.transaction() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    stage.store.make_due(stage.worker().platform, None, stage.now)
    stage.visit(later=3600)
    assert stage.stored(101) == ids
    equal_to_the_world(stage.path, stage.x.world, bill=stage.x.bill)


# Locked


def test_while_another_program_locks_the_database_it_waits_a_bounded_time_and_says_try_later(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    assert 1 < dialect.BUSY_SECONDS <= 10
    with stage.store.transaction() as connection:
        ((patience,),) = connection.exec_driver_sql("PRAGMA busy_timeout").fetchall()
        assert patience == dialect.BUSY_SECONDS * 1000
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(stage.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match="try again later") as refused:
            stage.visit()
        assert refused.value.exit_code == 75
        assert "\n" not in str(refused.value)
    assert stage.visit(later=1).visits == {OutcomeKind.OK: 1}
    assert stage.stored(101) == ids


def test_a_database_that_another_program_keeps_for_itself_is_no_reason_to_restore_a_backup(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialect, "BUSY_SECONDS", 0.05)
    stage.store.close()
    with closing(sqlite3.connect(stage.path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BusyError, match="close it, or try again later"):
            Store(stage.path)
    Store(stage.path).close()


# Damaged, missing, empty, replaced


def damage(path: Path, at: float) -> None:
    """Overwrite a page of the file where it lies, from a part of its length on; whoever has it open keeps it open."""
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * at) // 4096 * 4096)
        file.write(b"\x5a" * 4096)


def table_page(path: Path, table: str) -> float:
    """Where in the file the root of a table lies, as a part of its length."""
    with closing(sqlite3.connect(path)) as connection:
        ((page,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchall()
        ((count,),) = connection.execute("PRAGMA page_count").fetchall()
    return (int(page) - 1) / int(count)


@pytest.mark.parametrize("where", ["header", "account", "post"])
def test_a_damaged_database_is_not_written_to_and_the_last_backup_is_named(scene: Scene, where: str) -> None:
    backup = damaged(scene, where)
    if where == "post":  # that page is read only after others were written
        refuses(scene, backup)
    before, asked = written(scene), len(scene.x.log)
    refuses(scene, backup)
    assert (written(scene), len(scene.x.log)) == (before, asked)
    if where == "post":
        assert tracker("restore", "--yes", backup, home=scene.home, **ENVIRONMENT).code == 0
        assert tracker("collect", "--all", home=scene.home, **ENVIRONMENT).code == 0
        assert scene.differences() == []


def damaged(scene: Scene, where: str) -> Path:
    """Collect, back up, and damage the header, or where a table begins; the backup."""
    assert tracker("collect", home=scene.home, **ENVIRONMENT).code == 0
    backup = scene.home / "last.db"
    assert tracker("backup", backup, home=scene.home, **ENVIRONMENT).code == 0
    damage(scene.path, 0 if where == "header" else table_page(scene.path, where))
    return backup


def refuses(scene: Scene, backup: Path) -> None:
    ran = tracker("collect", "--all", home=scene.home, **ENVIRONMENT)
    assert ran.code == 1
    (line,) = [line for line in ran.err.splitlines() if line.startswith("tracker: ")]
    assert str(scene.path) in line
    assert "restore a backup" in line
    assert f"the last backup is {backup}: `tracker --home {scene.home} restore {backup}`" in line


def written(scene: Scene) -> bytes:
    """The database and its log, as they lie on the disk."""
    log = scene.path.with_name(f"{scene.path.name}-wal")
    return scene.path.read_bytes() + (log.read_bytes() if log.exists() else b"")


def test_the_daemon_does_not_tick_on_over_a_damaged_database(scene: Scene) -> None:
    with running(scene, {}) as daemon:
        for visits in (4, 8):
            daemon.has_visited(visits)
            with closing(sqlite3.connect(scene.path, timeout=AWHILE)) as connection, connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                if visits == 8:
                    damage(scene.path, table_page(scene.path, "ledger"))
                connection.execute("UPDATE account SET next_visit_at = 0")
        assert daemon.process.wait(AWHILE) == 1, daemon.said
        assert "no backup was ever made" in daemon.said
        assert "Traceback" not in daemon.said


@pytest.mark.parametrize("content", [None, b""], ids=["missing", "empty"])
def test_a_missing_or_empty_database_is_made_and_filled(scene: Scene, content: bytes | None) -> None:
    if content is not None:
        scene.path.write_bytes(content)
    assert tracker("collect", home=scene.home, **ENVIRONMENT).code == 0
    assert scene.differences() == []


@pytest.mark.parametrize("content", [None, b""], ids=["gone", "empty"])
def test_a_home_that_has_lost_its_database_pays_for_nothing_again_until_it_is_told_to(
    scene: Scene, content: bytes | None
) -> None:
    assert tracker("collect", home=scene.home, **ENVIRONMENT).code == 0
    backup = scene.home / "last.db"
    assert tracker("backup", backup, home=scene.home, **ENVIRONMENT).code == 0
    paid = scene.x.bill.posts
    for path in scene.path.parent.glob(f"{scene.path.name}*"):
        path.unlink()
    if content is not None:
        scene.path.write_bytes(content)
    how = "gone" if content is None else "empty"
    commands = (("collect",), ("run",), ("status",), ("db", "upgrade"), ("backup", "new.db"), ("cost", "--plan"))
    for command in (*commands, ("forget", "--yes", "x:nobody")):
        ran = tracker(*command, home=scene.home, **ENVIRONMENT)
        assert ran.code == 78, (command, ran.err)
        assert f"{scene.path} is {how}, though this home has had a database" in ran.err
        assert f"`tracker --home {scene.home} restore {backup}`" in ran.err
    for command in (("status", "--health"), ("doctor",)):
        assert (
            f"is {how}, though this home has had a database" in tracker(*command, home=scene.home, **ENVIRONMENT).out
        )
    assert scene.x.bill.posts == paid
    assert tracker("restore", "--yes", backup, home=scene.home, **ENVIRONMENT).code == 0
    assert tracker("collect", home=scene.home, **ENVIRONMENT).code == 0
    assert (scene.x.bill.posts, scene.differences()) == (paid, [])
    assert tracker("db", "create", home=scene.home, **ENVIRONMENT).code == 2, "there is one"
    for path in scene.path.parent.glob(f"{scene.path.name}*"):
        path.unlink()
    assert tracker("db", "create", home=scene.home, **ENVIRONMENT).code == 0
    assert tracker("collect", home=scene.home, **ENVIRONMENT).code == 0
    assert posts_in(scene) == POSTS


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a while")
def test_a_file_of_another_user_is_told_from_a_damaged_one() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        with closing(Store(folder / "tracker.db")):
            pass
        lock = folder / "tracker.lock"
        lock.touch(0o600)
        os.chown(folder, NOBODY, NOBODY)
        for path, work in {
            folder / "tracker.db": lambda: Store(folder / "tracker.db"),
            lock: lambda: only_writer(lock).__enter__(),
        }.items():
            told = as_nobody(work)
            assert told.startswith(f"78: {path} belongs to another user"), told
            assert "restore" not in told
        os.chown(lock, NOBODY, NOBODY)
        assert as_nobody(lambda: only_writer(lock).__enter__()) == "", "the control"
        damage(folder / "tracker.db", 0)
        with pytest.raises(UnusableError, match="restore a backup"):
            Store(folder / "tracker.db")


NOBODY = 65534


def as_nobody(work: Callable[[], object]) -> str:
    """What another user's process is told, with the exit code; empty if it may."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setuid(NOBODY)
        try:
            work()
        except TrackerError as error:
            os.write(writing, f"{error.exit_code}: {error}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        os.waitpid(pid, 0)
        return said.read().decode()


@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_a_database_that_is_taken_away_under_the_daemon_stops_it(scene: Scene, replaced: bool) -> None:
    """Else all it collects would go into a file that nobody can open."""
    with running(scene, {}) as daemon:
        wait_until(lambda: posts_in(scene) == POSTS, "all posts")
        if replaced:
            shutil.copy(scene.path, scene.home / "other.db")
            (scene.home / "other.db").rename(scene.path)
        else:
            scene.path.rename(scene.home / "moved.db")
        assert daemon.process.wait(AWHILE) == 1, daemon.said
        assert ("another file" if replaced else "was removed") in daemon.said


def test_the_lock_that_a_killed_process_left_is_no_hindrance(scene: Scene) -> None:
    with running(scene, {}) as daemon:
        wait_until(lambda: posts_in(scene) > 0, "the first page")
        assert tracker("collect", home=scene.home, **ENVIRONMENT).code == 75
        daemon.process.kill()
    assert (scene.home / "data" / "tracker.lock").exists()
    assert tracker("collect", home=scene.home, **ENVIRONMENT).code == 0
    assert scene.differences() == []
