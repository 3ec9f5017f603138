"""An upgrade that is killed at each of its statements, from each older schema: the next start completes it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.cli.commands import tracker
from tracker.store import schema
from tracker.store.dialect import writing_engine
from tracker.store.store import Store

OLDER = ["0001", "0002", "0003"]
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'alembic%' ORDER BY name"
POSTS = 50


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A filled database of each older schema."""
    folder = tmp_path_factory.mktemp("old")
    return {revision: filled(folder / f"{revision}.db", revision) for revision in OLDER}


def filled(path: Path, revision: str) -> Path:
    """A database of this schema, with a row in every table that there was from the first."""
    engine = writing_engine(path)
    schema.upgrade(engine, revision)
    with engine.begin() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT INTO account (id, platform, subject, listed_handle, handle, platform_id, protection, collected, "
            "failures, next_visit_at, leased_until) VALUES (1, 'x', 's', 'h', 'h', 101, 'named', 1, 0, 0, 0)"
        )
        for number in range(1, POSTS + 1):
            run(
                "INSERT INTO post (account_id, post_id, version_id, posted_at, kind, text, collected_at) "
                "VALUES (1, ?, ?, ?, 0, 'متن ساختگی', 2000)",
                (number, number, 1000 + number),
            )
            run("INSERT INTO metric (account_id, post_id, taken_at, likes) VALUES (1, ?, 2000, 3)", (number,))
        visit = "INSERT INTO visit (account_id, started_at, pages, posts_new{}) VALUES (1, 1500, 1, 50{})"
        spent = (", requests, posts_read, users_read, cost", ", 1, 50, 1, 260000") if revision < "0003" else ("", "")
        run(visit.format(*spent))
        run("INSERT INTO coverage (account_id, since, until, how) VALUES (1, 1000, 2000, 'live')")
    engine.dispose()
    return path


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}


def revision_of(path: Path) -> str | None:
    with closing(sqlite3.connect(path)) as connection:
        try:
            ((found,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except (sqlite3.OperationalError, ValueError):
            return None
        return str(found)


def upgrade_dying(path: Path, statement: int, moment: str) -> None:
    """Upgrade, and die before or after the n-th statement, or before the commit (0)."""
    engine = writing_engine(path)
    left = statement

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def pass_by(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            die()

    event.listen(engine, "before_cursor_execute" if moment == "before" else "after_cursor_execute", pass_by)
    if statement == 0:
        event.listen(engine, "commit", lambda _connection: die())
    schema.upgrade(engine)
    engine.dispose()


def in_a_fork(path: Path, statement: int, moment: str) -> bool:
    """Whether an upgrade in a process of its own was killed; it ends by itself after its last statement."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads; the child needs none of them
        pid = os.fork()
    if pid == 0:
        try:
            upgrade_dying(path, statement, moment)
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def fates() -> Iterator[tuple[int, str]]:
    """Ever later statements, and at last the commit."""
    number = 1
    while True:
        yield number, "before"
        yield number, "after"
        number += 1


def kill_everywhere(start: Path | None, folder: Path) -> int:
    """Kill the upgrade at each statement; each time nothing has happened, and the next one completes it. How many."""
    reference = folder / "reference.db"
    if start is not None:
        shutil.copy(start, reference)
    engine = writing_engine(reference)
    schema.upgrade(engine)
    engine.dispose()
    wanted = content(reference)
    before = None if start is None else content(start)
    kills = 0
    for statement, moment in chain([(0, "commit")], _until_it_lives(start, folder)):
        path = folder / f"{statement}{moment}.db"
        if not path.exists():
            if start is not None:
                shutil.copy(start, path)
            assert in_a_fork(path, statement, moment)
        kills += 1
        if before is not None:
            assert content(path) == before
        if before is None:
            with closing(Store(path)):  # as the daemon does with a database whose making was broken off
                pass
        else:
            engine = writing_engine(path)
            schema.upgrade(engine)
            engine.dispose()
        assert revision_of(path) == schema.HEAD
        assert content(path) == wanted
    return kills


def _until_it_lives(start: Path | None, folder: Path) -> Iterator[tuple[int, str]]:
    for statement, moment in fates():
        path = folder / f"{statement}{moment}.db"
        if start is not None:
            shutil.copy(start, path)
        if not in_a_fork(path, statement, moment):
            return
        yield statement, moment


@pytest.mark.parametrize("revision", OLDER)
def test_killed_at_each_statement_of_an_upgrade_the_next_one_completes_it(
    old: dict[str, Path], revision: str, tmp_path: Path
) -> None:
    assert kill_everywhere(old[revision], tmp_path) > 4


def test_killed_at_each_statement_while_it_is_made_it_is_made_by_the_next_start(tmp_path: Path) -> None:
    assert kill_everywhere(None, tmp_path) > 40


def test_an_upgrade_that_is_committed_step_by_step_leaves_a_half(old: dict[str, Path], tmp_path: Path) -> None:
    """The control: without the one transaction, the same kills find half-made schemas."""
    path = Path(shutil.copy(old["0002"], tmp_path / "half.db"))
    done = subprocess.run(
        [sys.executable, "-c", COMMITTING_EACH, str(path)], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert revision_of(path) == "0002"
    assert content(path) != content(old["0002"])


COMMITTING_EACH = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from tracker.store import schema
from tracker.store.dialect import driver_of, writing_engine

engine = writing_engine(Path(sys.argv[1]))
left = 12

def commit(connection, *_):
    global left
    driver = driver_of(connection)
    driver.execute("COMMIT")
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    driver.execute("BEGIN IMMEDIATE")

event.listen(engine, "after_cursor_execute", commit)
schema.upgrade(engine)
"""


@pytest.mark.parametrize(("found", "said"), [("9999", "newer"), ("0002", "tracker db upgrade")])
def test_a_newer_or_older_schema_is_named_with_what_to_do(
    old: dict[str, Path], found: str, said: str, tmp_path: Path
) -> None:
    assert tracker("init", tmp_path).code == 0
    (tmp_path / "data").mkdir(exist_ok=True)
    path = Path(shutil.copy(old["0002"], tmp_path / "data" / "tracker.db"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (found,))
        connection.commit()
    before = content(path)
    ran = tracker("collect", home=tmp_path, TRACKER_X_BEARER_TOKEN="invented")
    assert ran.code == 78
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert content(path) == before
