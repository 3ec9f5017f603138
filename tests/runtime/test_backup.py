"""A backup is the database as it was at one moment, whole, and nothing beside it. All names are invented."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.forgettable import CANARY, HANDLE, config_of, filled
from tests.store.making import NOW, one, rows
from tracker.config.home import Config
from tracker.config.naming import named
from tracker.domain.errors import SchemaError, StoreError, UnusableError, UsageError
from tracker.runtime import backup
from tracker.runtime.backup import Backup
from tracker.runtime.forgetting import forget, plan
from tracker.store import snapshot
from tracker.store.snapshot import contents, differences, looking
from tracker.store.store import Store


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return config_of(tmp_path)


@pytest.fixture
def path(config: Config) -> Path:
    return config.home.database(config.settings)


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with filled(path) as store:
        yield store


@pytest.fixture
def part(tmp_path: Path) -> Path:
    part = tmp_path / "part"
    part.touch(0o600)
    return part


def made(path: Path, part: Path, progress: snapshot.Progress = snapshot.silent) -> Backup:
    return backup.make(path, part, progress)


def test_it_holds_every_row_and_says_how_many(store: Store, path: Path, part: Path) -> None:
    done = made(path, part)
    assert done.quiet
    assert done.contents.rows["post"] == 45
    assert done.size == part.stat().st_size
    for table in done.contents.rows:
        assert rows(part, f'SELECT * FROM "{table}"') == rows(path, f'SELECT * FROM "{table}"')
    assert not list(part.parent.glob("part-*")), "no log is left beside it"


def test_what_lingers_in_free_pages_of_the_database_is_not_in_it(store: Store, path: Path, part: Path) -> None:
    store.close()
    with closing(sqlite3.connect(path)) as careless:
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("DELETE FROM post")
        careless.execute("DELETE FROM answer")
        careless.commit()
        careless.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert CANARY.encode() in path.read_bytes()
    made(path, part)
    assert CANARY.encode() not in part.read_bytes()


def test_what_is_written_meanwhile_is_whole_in_it_or_not_at_all(
    store: Store, path: Path, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "STEPS", 20)
    written: list[int] = []

    def write(_count: int) -> None:
        if len(written) < 3:
            written.append(store.begin_visit(1, NOW))

    done = made(path, part, write)
    assert len(written) == 3
    assert not done.quiet, "somebody wrote: rows cannot be compared"
    assert one(part, "SELECT count(*) FROM visit") == one(path, "SELECT count(*) FROM visit") - 3
    assert rows(part, "PRAGMA integrity_check") == [("ok",)]


def test_a_copy_that_is_not_a_moment_of_the_database_is_found(store: Store, path: Path, part: Path) -> None:
    """The control of the comparison, with and without somebody who writes meanwhile."""
    copied = snapshot.copy(path, part)
    with looking(part) as driver:
        same = contents(driver)
    less = replace(same, rows={**same.rows, "post": 44, "invented": 1})
    assert differences(copied, same, path) == []
    assert differences(copied, less, path) == [
        "invented has 1 rows in place of 0",
        "post has 44 rows in place of 45",
    ]
    busy = replace(copied, quiet=False)
    assert differences(busy, same, path) == []
    assert same.head is not None
    for head in ((same.head[0], bytes(32)), (same.head[0] - 1, same.head[1]), (same.head[0] + 1, same.head[1])):
        assert differences(busy, replace(same, head=head), path) == ["its run log is not that of the database"]


def test_a_damaged_database_is_not_backed_up_and_is_the_one_that_is_named(
    store: Store, path: Path, part: Path
) -> None:
    store.close()
    content = bytearray(path.read_bytes())
    ((root,),) = rows(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'post'")
    content[(root - 1) * 4096 : root * 4096] = b"\x5a" * 4096
    path.write_bytes(content)
    with pytest.raises(UnusableError) as refused:
        made(path, part)
    assert str(path) in str(refused.value)


def test_rows_that_belong_to_nothing_are_no_sound_backup(store: Store, path: Path, part: Path) -> None:
    with closing(sqlite3.connect(path)) as careless:
        careless.execute("INSERT INTO handle VALUES (999, 'nobody', 1, 1)")
        careless.commit()
    with pytest.raises(StoreError, match="a row of handle belongs to no row of account"):
        made(path, part)


def test_a_file_that_is_no_database_of_ours_is_refused(tmp_path: Path, part: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (x)")
    with pytest.raises(SchemaError, match="not a tracker database"):
        with looking(other):
            pass


def test_an_interrupted_copy_is_an_interruption(
    store: Store, path: Path, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "STEPS", 20)

    def interrupt(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(path, part, interrupt)


def test_the_last_backup_is_one_that_was_verified_and_rather_one_that_is_there(
    store: Store, path: Path, part: Path, config: Config, tmp_path: Path
) -> None:
    data = config.home.data
    assert backup.last_backup(data) is None
    done = made(path, part)
    older, newer = tmp_path / "older.db", tmp_path / "newer.db"
    for at, target in ((NOW, older), (NOW + 5, newer)):
        backup.announce(data, target, at)
        backup.confirm(data, target, done, at)
    backup.announce(data, tmp_path / "broken-off.db", NOW + 9)
    last = backup.last_backup(data)
    assert last is not None
    assert (last.path, last.at, last.is_there) == (newer, NOW + 5, False)
    older.touch()
    last = backup.last_backup(data)
    assert last is not None
    assert (last.path, last.is_there) == (older, True)


def test_forgetting_lists_each_backup_once_also_one_that_was_broken_off(
    store: Store, path: Path, part: Path, config: Config, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole.db", tmp_path / "broken-off.db"
    done = made(path, part)
    backup.announce(config.home.data, whole, NOW)
    backup.confirm(config.home.data, whole, done, NOW)
    backup.announce(config.home.data, broken, NOW)
    proof = forget(store, config, plan(store, config, named(f"x:{HANDLE}")), NOW)
    assert [(held.what, held.path) for held in proof.holders] == [("backup", str(whole)), ("backup", str(broken))]


def test_in_a_folder_it_is_named_after_the_time_and_odd_places_are_refused(tmp_path: Path) -> None:
    assert backup.place_for(tmp_path, NOW).name.startswith("tracker-2")
    assert backup.place_for(tmp_path / "new.db", NOW) == tmp_path / "new.db"
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="it is a link"):
        backup.place_for(tmp_path / "link", NOW)
    with pytest.raises(UsageError, match="not UTF-8"):
        backup.place_for(tmp_path / "\udcff.db", NOW)


def test_only_its_owner_can_read_it(store: Store, path: Path, part: Path) -> None:
    made(path, part)
    assert stat.S_IMODE(part.stat().st_mode) == 0o600
