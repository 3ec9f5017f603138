"""Drills: backed up beside a living daemon, restored, gone on from; and what fails meanwhile."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import TRACKER, tracker
from tests.faults.comparing import differences, equal_to_the_world
from tests.faults.shim import Shim, compiled
from tests.faults.test_operation import ACCOUNTS, POSTS, House, house, leaves, wait_until
from tests.runtime.making import staged
from tests.runtime.restorable import POSTS as POSTS_OF_ONE
from tests.runtime.restorable import Scene
from tests.store.making import one, rows
from tracker.domain.errors import StoreError
from tracker.runtime import restoring
from tracker.runtime.restoring import Step
from tracker.runtime.verifying import verify

__all__ = ["house"]

MORE = 3


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with staged(tmp_path) as stage:
        yield Scene(stage, tmp_path)


def credentials(house: House) -> dict[str, str]:
    return {"CREDENTIALS_DIRECTORY": str(house.token.parent)}


def test_backed_up_beside_a_living_daemon_restored_and_gone_on_from_nothing_is_lost_or_doubled(
    house: House, tmp_path: Path
) -> None:
    daemon = house.start()
    wait_until(lambda: house.posts() > 0)
    file = tmp_path / "backup.db"
    backed = tracker("backup", file, "--json", home=house.path)
    assert backed.code == 0, backed.err
    wait_until(lambda: house.posts() == ACCOUNTS * POSTS)
    refused = tracker("restore", file, "--yes", home=house.path)
    assert (refused.code, refused.err.count("\n")) == (75, 1), "a living daemon is left alone"
    leaves(daemon)
    said = json.loads(backed.out)
    assert one(file, "SELECT count(*) FROM post") == said["rows"]["post"] <= ACCOUNTS * POSTS
    equal_to_the_world(file, house.server.world, complete=False)
    spent = one(house.database, "SELECT sum(cost) FROM ledger")
    restored = tracker("restore", file, "--yes", home=house.path)
    assert restored.code == 0, restored.err
    assert house.posts() == said["rows"]["post"]
    assert one(house.database, "SELECT sum(cost) FROM ledger") == spent, "what was spent stays spent"
    house.whole()


def test_a_lost_post_and_a_doubled_bill_would_be_seen_after_a_restore(scene: Scene) -> None:
    """The control of the drill."""
    scene.later(MORE)
    scene.restore()
    world, bill = scene.stage.x.world, scene.stage.x.bill
    assert differences(scene.stage.path, world, complete=False, bill=bill) == []
    with closing(sqlite3.connect(scene.stage.path)) as connection:
        connection.execute(f"DELETE FROM post WHERE post_id = {scene.ids[5]}")
        connection.execute("DELETE FROM ledger WHERE id = (SELECT max(id) FROM ledger)")
        connection.commit()
    found = "\n".join(differences(scene.stage.path, world, complete=False, bill=bill))
    assert f"not stored, though their time is covered: {scene.ids[5]}" in found
    assert "the ledger says" in found


@pytest.mark.parametrize("step", Step)
def test_a_restore_killed_at_any_step_leaves_the_old_database_or_the_new_one(scene: Scene, step: Step) -> None:
    scene.later(MORE)
    before = POSTS_OF_ONE + MORE
    scene.stage.close()
    plan = restoring.plan(scene.config, scene.file)
    child = os.fork()
    if child == 0:
        restoring.restore(scene.config, plan, scene.stage.now, told=lambda done: _die() if done is step else None)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    installed = step is Step.INSTALLED
    assert len(scene.stage.stored(101)) == (POSTS_OF_ONE if installed else before)
    assert verify(scene.stage.path).is_sound
    scene.restore()
    assert scene.stage.stored(101) == scene.ids
    assert not list(scene.stage.data.glob(".*restoring*")), "what was half done is gone"
    kept = [one(path, "SELECT count(*) FROM post") for path in scene.stage.data.glob("tracker.db.before-*")]
    assert 2 * POSTS_OF_ONE + MORE in kept, "the former database is there, whole"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_log_left_beside_the_new_database_would_be_seen(scene: Scene) -> None:
    """The control: SQLite would bring the former database's last pages into the new one."""
    scene.stage.close()
    with closing(sqlite3.connect(scene.stage.path)) as writer:
        writer.execute("UPDATE post SET text = 'of the former database'")
        writer.commit()
        left = Path(f"{scene.stage.path}-wal").read_bytes()
    shutil.copy(scene.file, scene.stage.path)
    Path(f"{scene.stage.path}-wal").write_bytes(left)
    with pytest.raises((StoreError, AssertionError)):
        assert verify(scene.stage.path).is_sound


def test_killed_at_any_change_of_a_file_it_is_restored_by_the_next_one(house: House, tmp_path: Path) -> None:
    collected = house.start("collect")
    assert collected.wait(60) == 0
    file = tmp_path / "backup.db"
    assert tracker("backup", file, home=house.path).code == 0
    shim = Shim(compiled(tmp_path), house.path / "data", tmp_path / "log", tmp_path / "control")
    done = tracker("restore", file, "--yes", home=house.path, **shim.environment(recording=True))
    assert done.code == 0, done.err
    calls = sum(1 for _ in shim.calls())
    assert calls > 50
    for place in (2, 5):
        shim.set(calls_left=calls * place // 6)
        killed = tracker("restore", file, "--yes", home=house.path, **shim.environment())
        assert killed.code == -signal.SIGKILL
        assert house.posts() == ACCOUNTS * POSTS
        assert verify(house.database).is_sound
    shim.set()
    assert tracker("restore", file, "--yes", home=house.path).code == 0
    house.whole()


def test_a_full_disk_leaves_no_half_backup_and_one_line(house: House, tmp_path: Path) -> None:
    assert house.start("collect").wait(60) == 0
    allowed = ["unshare", "-rm", "sh", "-c", f'mount -t tmpfs tmpfs "{tmp_path}"']
    if shutil.which("unshare") is None or subprocess.run(allowed, check=False, capture_output=True).returncode:
        pytest.skip("NOT TESTED: a full tmpfs needs user namespaces (unshare -rm)")
    folder = tmp_path / "backups"
    folder.mkdir()
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", ON_TMPFS, "sh", folder, TRACKER, house.path],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["full 1", "left 0"]
    (line,) = done.stderr.splitlines()
    assert "full" in line
    assert "mended 0" in done.stdout, "the control"
    assert "which is not there any more" in damaged(house), "what was begun only is not named as a backup"


ON_TMPFS = """
mount -t tmpfs -o size=64k tmpfs "$1"
"$2" --home "$3" backup "$1/full.db"; echo "full $?"
echo "left $(ls -A "$1" | wc -l)"
mount -o remount,size=64m "$1"
"$2" --home "$3" backup "$1/mended.db"; echo "mended $?"
"""


def damaged(house: House) -> str:
    """What is said of the database when it is damaged; it is whole again after that."""
    content = house.database.read_bytes()
    house.database.write_bytes(b"\x5a" * 4096 + content[4096:])
    ran = tracker("collect", home=house.path, **credentials(house))
    house.database.write_bytes(content)
    assert ran.code == 1
    return ran.err


def test_a_restore_on_a_failing_disk_leaves_the_former_database_in_its_place(house: House, tmp_path: Path) -> None:
    assert house.start("collect").wait(60) == 0
    file = tmp_path / "backup.db"
    assert tracker("backup", file, home=house.path).code == 0
    before = rows(house.database, "SELECT * FROM post ORDER BY 1, 2")
    shim = Shim(compiled(tmp_path), house.path / "data", tmp_path / "log", tmp_path / "control")
    shim.set(sync_errno=errno.EIO)
    ran = tracker("restore", file, "--yes", home=house.path, **shim.environment())
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert rows(house.database, "SELECT * FROM post ORDER BY 1, 2") == before
    shim.set()
    assert tracker("restore", file, "--yes", home=house.path, **shim.environment()).code == 0, "the control"
