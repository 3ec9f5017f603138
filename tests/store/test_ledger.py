"""Coverage and holes in the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.making import NOW, listed, opened, page, post, rows, the_account, write
from tracker.domain.coverage import Stretch
from tracker.domain.instants import DAY, HOUR
from tracker.domain.intervals import Intervals
from tracker.domain.records import End
from tracker.store import ledger
from tracker.store.accounts import AccountState
from tracker.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path, listed("example", 101)) as store:
        yield store


@pytest.fixture
def account(store: Store) -> AccountState:
    return the_account(store)


def covered(path: Path) -> list[tuple[int, int, str]]:
    return [tuple(row) for row in rows(path, "SELECT since, until, how FROM coverage ORDER BY since")]


def add(store: Store, *proved: tuple[int, int], live_from: int | None = None) -> None:
    with store.transaction() as connection:
        ledger.add_coverage(connection, 1, Intervals.of(proved), live_from)


def test_touching_and_overlapping_time_becomes_one_row(store: Store, path: Path) -> None:
    add(store, (0, 10), (30, 40))
    add(store, (10, 20), (35, 50))
    add(store, (5, 6))
    assert covered(path) == [(0, 20, "backfilled"), (30, 50, "backfilled")]


def test_time_since_the_last_look_is_live_and_what_was_before_is_backfilled(store: Store, path: Path) -> None:
    add(store, (0, 10))
    add(store, (5, 30), live_from=10)
    assert covered(path) == [(0, 10, "backfilled"), (10, 30, "live")]


def test_time_keeps_the_way_in_which_it_was_first_covered(store: Store, path: Path) -> None:
    add(store, (10, 20), live_from=10)
    add(store, (0, 30))
    assert covered(path) == [(0, 10, "backfilled"), (10, 20, "live"), (20, 30, "backfilled")]


def test_nothing_proved_changes_nothing(store: Store, path: Path) -> None:
    add(store, (0, 10))
    add(store)
    add(store, (3, 4))
    assert covered(path) == [(0, 10, "backfilled")]


def test_a_first_page_leaves_its_posts_its_coverage_its_mark_and_the_hole_below(
    store: Store, account: AccountState, path: Path
) -> None:
    write(store, account, page(post(5, NOW - HOUR), post(4, NOW - DAY), cursor="below 4"))
    assert covered(path) == [(NOW - DAY + 1, NOW, "backfilled")]
    assert rows(path, "SELECT since, until, mark, cursor, unreachable FROM hole") == [
        (None, NOW - DAY + 1, None, "below 4", 0)
    ]
    assert rows(path, "SELECT last_look_at, mark FROM account") == [(NOW, "5")]


def test_a_hole_shrinks_with_each_page_and_goes_with_the_last(
    store: Store, account: AccountState, path: Path
) -> None:
    write(store, account, page(post(9, NOW - HOUR), cursor="a"))
    ((hole_id, hole),) = store.holes(account.id)
    written = write(store, account, page(post(8, NOW - DAY), cursor="b"), stretch=hole, hole_id=hole_id)
    assert written == (1, hole_id)
    ((_, smaller),) = store.holes(account.id)
    assert smaller == Stretch(NOW - DAY + 1, None, None, "b")
    written = write(store, account, page(post(7, NOW - 2 * DAY)), stretch=smaller, hole_id=hole_id)
    assert written == (1, None)
    assert store.holes(account.id) == []
    assert covered(path) == [(NOW - 2 * DAY, NOW, "backfilled")]


def test_holes_come_newest_first(store: Store, account: AccountState) -> None:
    with store.transaction() as connection:
        for until in (NOW - 5 * DAY, NOW - DAY, NOW - 3 * DAY):
            ledger.put_hole(connection, account.id, None, Stretch(until, until - HOUR, "1", "c"))
    assert [hole.until for _, hole in store.holes(account.id)] == [NOW - DAY, NOW - 3 * DAY, NOW - 5 * DAY]


def test_what_the_platform_no_longer_shows_stays_a_hole(store: Store, account: AccountState, path: Path) -> None:
    write(store, account, page(post(9, NOW - HOUR), end=End.DEPTH_LIMIT))
    assert rows(path, "SELECT until, cursor, unreachable FROM hole") == [(NOW - HOUR + 1, None, 1)]
    assert covered(path) == [(NOW - HOUR + 1, NOW, "backfilled")]


def test_an_account_that_answers_has_no_state_any_more(store: Store, account: AccountState, path: Path) -> None:
    with store.transaction() as connection:
        connection.exec_driver_sql("UPDATE account SET state = 'suspended', state_since = 5")
    write(store, account, page(post(1)))
    assert rows(path, "SELECT state, state_since FROM account") == [(None, None)]
