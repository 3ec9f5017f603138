"""The file: its modes, how it is opened, one writer and any number of readers."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from tests.store.making import NOW, claim, listed, opened, page, post, rows, sync, the_account, write
from tracker.domain.errors import BusyError, StoreError
from tracker.runtime.lock import only_writer
from tracker.store.dialect import reading_engine
from tracker.store.reader import Reader
from tracker.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path, listed("example", 101)) as store:
        yield store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_database_and_its_journals_are_their_owners_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        with opened(path, listed("example")):
            files = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert files == {"tracker.db": 0o600, "tracker.db-wal": 0o600, "tracker.db-shm": 0o600}
    assert mode(path.parent) == 0o700


def test_a_database_that_others_could_read_is_closed_to_them(path: Path) -> None:
    with opened(path):
        pass
    path.chmod(0o644)
    with opened(path):
        assert mode(path) == 0o600


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
def test_the_writer_s_connection_is_set_up_as_the_design_asks(store: Store, pragma: str, value: object) -> None:
    with store.transaction() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


def test_a_transaction_of_the_writer_takes_the_lock_at_its_first_word(store: Store, path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        with store.transaction():
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


def test_a_transaction_that_fails_leaves_nothing(store: Store, path: Path) -> None:
    account = the_account(store)
    with pytest.raises(StoreError, match="nothing of this step was kept"):
        write(store, account, page(post(1), post(2, text=b"bytes in a column of text")))  # type: ignore[arg-type]
    assert rows(path, "SELECT * FROM post") == []
    assert rows(path, "SELECT * FROM coverage") == []
    assert rows(path, "SELECT * FROM answer") == []
    assert write(store, account, page(post(1), post(2))) == (2, None)


def test_a_row_cannot_belong_to_an_account_that_is_not_there(store: Store) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        store.begin_visit(999, NOW)


def test_a_reader_cannot_write(store: Store, path: Path) -> None:
    engine = reading_engine(path)
    with pytest.raises(DBAPIError, match=r"readonly|read-only|query_only"), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM account")
    engine.dispose()
    assert len(rows(path, "SELECT * FROM account")) == 1


def test_a_reader_reads_the_last_commit_while_a_transaction_is_open(store: Store, path: Path) -> None:
    with closing(Reader(path)) as reader, store.transaction() as connection:
        connection.exec_driver_sql("UPDATE account SET subject = 'changed'")
        assert [account.subject for account in reader.status()] == ["subject-of-example"]


def test_a_reader_s_long_look_does_not_change_under_it_nor_hold_up_the_writer(store: Store, path: Path) -> None:
    account = the_account(store)
    write(store, account, page(*(post(number, NOW - number) for number in range(1, 10))))
    with closing(Reader(path)) as reader:
        looking = reader.posts([listed("example", 101)])
        first = next(looking)
        later = page(post(50, NOW + 5), asked_at=NOW + 10)
        assert write(store, account, later) is not None
        seen = [first, *looking]
        assert len(seen) == 9
        assert len(list(reader.posts([listed("example", 101)]))) == 10


def test_several_threads_may_use_the_one_writer(store: Store, path: Path) -> None:
    sync(store, *(listed(f"example{number}", number) for number in range(1, 41)))
    taken: list[int] = []

    def take() -> None:
        while batch := claim(store, limit=3):
            taken.extend(account.id for account in batch)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 40


def test_a_second_writer_is_refused_while_the_first_holds_the_home(tmp_path: Path) -> None:
    lock = tmp_path / "data" / "tracker.lock"
    with only_writer(lock):
        assert mode(lock) == 0o600
        assert mode(lock.parent) == 0o700
        with pytest.raises(BusyError, match="another tracker is writing") as refused, only_writer(lock):
            pass
        assert refused.value.exit_code == 75
    with only_writer(lock):
        pass
