"""Restoring goes back to a backup, but for money spent and for what must not come back. All names are invented."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.comparing import equal_to_the_world
from tests.runtime.making import staged
from tests.runtime.restorable import FIRST, POSTS, SECOND, Scene
from tests.store.making import listed, one, rows
from tracker.domain.errors import BusyError, SchemaError, StoreError, UsageError
from tracker.domain.instants import HOUR
from tracker.domain.words import Protection
from tracker.runtime import audit, restoring
from tracker.runtime.audit import Deed
from tracker.runtime.verifying import verify
from tracker.store.carrying import Part
from tracker.store.dialect import writing_engine
from tracker.store.refreshing import bury
from tracker.store.schema import HEAD, upgrade
from tracker.store.tombstones import MAKE_KEY


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with staged(tmp_path) as stage:
        yield Scene(stage, tmp_path)


def spent(path: Path) -> tuple[int, int]:
    """Requests, and millionths of a dollar."""
    ((requests, cost),) = rows(path, "SELECT count(*), sum(cost) FROM ledger")
    return int(requests), int(cost)


def test_it_is_again_what_it_was_and_goes_on_from_there(scene: Scene) -> None:
    scene.later()
    done = scene.restore()
    assert scene.stage.stored(101) == scene.ids
    assert done.contents.rows["post"] == 2 * POSTS
    assert verify(scene.stage.path).is_sound
    scene.stage.visit(later=HOUR)
    assert len(scene.stage.stored(101)) == POSTS + 3
    equal_to_the_world(scene.stage.path, scene.stage.x.world, bill=scene.stage.x.bill)


def test_the_former_database_is_kept_whole_under_another_name(scene: Scene) -> None:
    scene.later()
    before = rows(scene.stage.path, "SELECT * FROM post ORDER BY 1, 2")
    done = scene.restore()
    assert done.aside is not None
    assert done.aside.parent == scene.stage.path.parent
    assert rows(done.aside, "SELECT * FROM post ORDER BY 1, 2") == before
    assert verify(done.aside).is_sound
    again = scene.restore()
    assert again.aside not in (None, done.aside)


def test_the_run_log_says_that_it_went_back_and_from_where(scene: Scene) -> None:
    scene.later()
    left = rows(scene.stage.path, "SELECT number, hex(hash) FROM entry ORDER BY number DESC LIMIT 1")[0]
    scene.restore()
    ((facts,),) = rows(scene.stage.path, "SELECT facts FROM entry WHERE kind = 'restored'")
    assert f'"left":{left[0]}' in facts
    assert str(left[1]).lower() in facts


def test_what_was_spent_stays_spent(scene: Scene) -> None:
    scene.later()
    before, billed = spent(scene.stage.path), rows(scene.stage.path, "SELECT * FROM billed ORDER BY 1, 2, 3")
    assert before != spent(scene.file), "the control: the backup knows of less"
    done = scene.restore()
    assert spent(scene.stage.path) == before
    assert set(billed) <= set(rows(scene.stage.path, "SELECT * FROM billed"))
    assert done.carried is not None
    assert done.carried.requests == before[0]
    assert spent(scene.stage.path)[1] == scene.stage.x.bill.micros


def test_what_two_that_were_kept_apart_have_spent_is_added_up_and_counted_once_where_it_is_the_same(
    scene: Scene, tmp_path: Path
) -> None:
    common = spent(scene.file)
    scene.later()
    other = tmp_path / "other.db"
    scene.back_up(other)
    scene.restore()
    with closing(sqlite3.connect(scene.stage.path)) as connection:  # as if it had been copied by hand
        connection.execute("DELETE FROM ledger")
        connection.execute("ATTACH ? AS first", (str(scene.file),))
        connection.execute("INSERT INTO ledger SELECT * FROM first.ledger")
        connection.execute("UPDATE entry SET hash = zeroblob(32) WHERE number > 3")  # and gone another way
        connection.commit()
    scene.stage.restart()
    scene.later()
    mine, theirs = spent(scene.stage.path), spent(other)
    scene.restore(file=other)
    total = spent(scene.stage.path)
    assert total[1] == mine[1] + theirs[1] - common[1]
    assert total[0] == mine[0] + theirs[0] - common[0]


def test_limits_that_were_met_since_are_not_asked_again(scene: Scene) -> None:
    with scene.stage.store.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO quota VALUES ('x', '*', NULL, 0, 9999999999, 'credits_spent', '')"
        )
    scene.restore()
    assert one(scene.stage.path, "SELECT count(*) FROM quota WHERE reset_at = 9999999999") == 1


def test_a_post_forgotten_since_does_not_come_back(scene: Scene) -> None:
    gone = scene.ids[70]
    scene.forget(f"https://x.com/first/status/{gone}")
    assert str(gone).encode() not in scene.stage.bytes_at_rest()
    done = scene.restore()
    assert done.carried is not None
    assert (done.carried.digests, done.carried.forgotten) == (1, 1)
    assert done.again == ()
    assert gone not in scene.stage.stored(101)
    assert str(gone).encode() not in scene.stage.path.read_bytes()
    assert verify(scene.stage.path).is_sound
    scene.stage.visit(later=HOUR)
    assert gone not in scene.stage.stored(101)


def test_without_the_former_database_a_forgotten_post_is_back_and_the_audit_log_says_so(scene: Scene) -> None:
    """The control."""
    gone = scene.ids[70]
    scene.forget(f"https://x.com/first/status/{gone}")
    scene.stage.close()
    scene.stage.path.unlink()
    done = scene.restore()
    assert done.aside is None
    assert gone in scene.stage.stored(101)
    assert [entry.facts["scope"] for entry in done.again] == ["post"]


def test_an_account_forgotten_since_is_named_by_its_forgetting_and_one_forgotten_before_is_not(scene: Scene) -> None:
    scene.forget(f"https://x.com/first/status/{scene.ids[3]}")
    file = scene.folder / "after.db"
    scene.back_up(file)
    scene.stage.now += 60
    scene.forget("x:second")
    done = scene.restore(file=file)
    assert [(entry.at, entry.facts["scope"]) for entry in done.again] == [(scene.stage.now, "account")]
    assert len(scene.stage.stored(102)) == POSTS, "it is back, as is said"


def test_digests_under_two_keys_cannot_be_brought_together_and_that_is_said(scene: Scene) -> None:
    scene.forget(f"https://x.com/first/status/{scene.ids[3]}")
    with closing(sqlite3.connect(scene.file)) as connection:
        connection.execute(MAKE_KEY, (bytes(32),))
        connection.commit()
    done = scene.restore()
    assert done.carried is not None
    assert list(done.carried.missed) == [Part.FORGOTTEN]
    assert [entry.facts["scope"] for entry in done.again] == ["post"]


def test_what_was_deleted_on_the_platform_since_says_nothing_again(scene: Scene) -> None:
    gone = scene.ids[100]
    text = one(scene.file, f"SELECT text FROM post WHERE post_id = {gone}")
    with scene.stage.store.transaction() as connection:
        bury(connection, [(1, gone)], scene.stage.now + 50, forget_texts=True)
    scene.stage.now += HOUR
    done = scene.restore()
    assert text is not None
    assert done.carried is not None
    assert done.carried.deleted == 1
    question = f"SELECT text, deleted_at FROM post WHERE post_id = {gone}"
    assert rows(scene.stage.path, question) == [(None, scene.stage.now - HOUR + 50)]
    assert verify(scene.stage.path).is_sound


def test_who_has_become_at_risk_since_is_reduced_before_the_database_has_its_name(scene: Scene) -> None:
    scene.watched = (FIRST, listed("second", 102, protection=Protection.AT_RISK))
    assert b"second" in scene.file.read_bytes()
    assert len(rows(scene.file, "SELECT 1 FROM post WHERE account_id = 2")) == POSTS

    def look(step: restoring.Step) -> None:
        if step is restoring.Step.READY:
            (copy,) = scene.stage.data.glob(".tracker.db.restoring")
            assert one(copy, "SELECT count(*) FROM post WHERE account_id = 2") == 0

    scene.restore(look)
    assert one(scene.stage.path, "SELECT count(*) FROM post") == POSTS
    assert one(scene.stage.path, "SELECT count(*) FROM week_count WHERE account_id = 2") != 0
    assert verify(scene.stage.path).is_sound


def test_what_the_settings_keep_no_longer_is_not_brought_back(scene: Scene) -> None:
    kept = replace(scene.stage.settings.retention, texts=HOUR)
    scene.stage.settings = replace(scene.stage.settings, retention=kept)
    scene.stage.now += 2 * HOUR
    scene.restore()
    assert one(scene.stage.path, "SELECT count(*) FROM post WHERE text IS NOT NULL") == 0
    assert one(scene.file, "SELECT count(*) FROM post WHERE text IS NOT NULL") == 2 * POSTS


# What it is restored from


def test_an_older_backup_is_brought_to_this_schema_and_stays_as_it_is(scene: Scene, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    engine = writing_engine(old)
    upgrade(engine, "0003")
    engine.dispose()
    before = old.read_bytes()
    done = scene.restore(file=old)
    assert done.contents.schema == HEAD
    assert one(scene.stage.path, "SELECT version_num FROM alembic_version") == HEAD
    assert old.read_bytes() == before
    assert one(scene.stage.path, "SELECT count(*) FROM account") == 2, "those of the watchlist"


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        ("newer", SchemaError, "newer than this tracker"),
        ("torn", StoreError, "no sound backup"),
        ("orphaned", StoreError, "belongs to no row of account"),
        ("text", StoreError, "no sound backup"),
        ("empty", SchemaError, "not a tracker database"),
        ("missing", UsageError, "is no file"),
        ("itself", UsageError, "is the database itself"),
    ],
)
def test_what_is_no_backup_of_ours_changes_nothing(
    scene: Scene, spoil: str, error: type[Exception], said: str
) -> None:
    file = scene.file
    match spoil:
        case "newer" | "orphaned":
            with closing(sqlite3.connect(file)) as connection:
                newer = "UPDATE alembic_version SET version_num = '9999'"
                connection.execute(newer if spoil == "newer" else "INSERT INTO handle VALUES (999, 'x', 1, 1)")
                connection.commit()
        case "torn":
            content = bytearray(file.read_bytes())
            ((root,),) = rows(file, "SELECT rootpage FROM sqlite_schema WHERE name = 'post'")
            content[(root - 1) * 4096 : root * 4096] = b"\x5a" * 4096
            file.write_bytes(content)
        case "text":
            file.write_text("this is no database " * 300)
        case "empty":
            file.write_bytes(b"")
        case "missing":
            file.unlink()
        case _:
            file = scene.stage.path
    before = scene.stage.bytes_at_rest()
    with pytest.raises(error, match=said):
        restoring.plan(scene.config, file)
    assert scene.stage.bytes_at_rest() == before


# What it is put in place of


@pytest.mark.parametrize("where", ["header", "account", "ledger"])
def test_a_damaged_database_is_replaced_and_kept_and_what_can_be_read_is_taken_over(scene: Scene, where: str) -> None:
    scene.later()
    scene.stage.close()
    path = scene.stage.path
    page = 1 if where == "header" else one(path, f"SELECT rootpage FROM sqlite_schema WHERE name = '{where}'")
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\x5a" * 4096
    path.write_bytes(content)
    done = scene.restore()
    assert done.aside is not None
    assert done.aside.read_bytes() == bytes(content)
    assert scene.stage.stored(101) == scene.ids
    if where == "header":
        assert done.carried is None
        assert "cannot be used" in done.not_carried
    else:
        assert done.carried is not None
        assert Part.SPENDING in done.carried.missed
        assert Part.LIMITS not in done.carried.missed


def test_where_there_is_no_database_it_is_made(scene: Scene) -> None:
    scene.stage.close()
    scene.stage.path.unlink()
    done = scene.restore()
    assert (done.aside, done.carried, done.not_carried) == (None, None, "")
    assert scene.stage.stored(101) == scene.ids


def test_while_somebody_reads_the_former_database_nothing_is_put_in_its_place(scene: Scene) -> None:
    scene.later()
    with closing(sqlite3.connect(scene.stage.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM post").fetchone()
        scene.stage.store.begin_visit(1, scene.stage.now)  # so that its view is an old one
        before = len(scene.stage.stored(101))
        with pytest.raises(BusyError, match="has an older view"):
            restoring.restore(scene.config, restoring.plan(scene.config, scene.file), scene.stage.now)
    assert len(scene.stage.stored(101)) == before
    assert sorted(path.name for path in scene.stage.data.iterdir() if "restoring" in path.name) == []


def test_it_is_written_down_before_and_after(scene: Scene) -> None:
    scene.restore()
    begun, done = audit.entries(scene.config.home.data, Deed.RESTORE)
    assert (begun.facts["step"], done.facts["step"]) == ("begun", "done")
    assert begun.facts["path"] == str(scene.file)
    assert {account.handle for account in (FIRST, SECOND)} & set(map(str, begun.facts.values())) == set()
