"""What a platform has counted, in the database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.store.making import NOW, ZONES, listed, one, opened, rows, sync, the_account
from tracker.domain.instants import DAY, WEEK, start_of_week
from tracker.domain.records import Count
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Mode, Protection
from tracker.store import counts
from tracker.store.reader import Reader

MONDAY = start_of_week(NOW, ZONES["IR"])


def by_count(account: ListedAccount, mode: Mode = Mode.COUNTS) -> ListedAccount:
    return ListedAccount(tuple(replace(listing, mode=mode) for listing in account.listings))


def test_a_change_of_mode_is_taken_up_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with opened(path, listed("counted_one", 7)) as store:
        account = the_account(store)
        assert account.mode is Mode.POSTS
        store.release()
        with store.transaction() as connection:
            connection.exec_driver_sql("UPDATE account SET next_visit_at = 99999999999")
        sync(store, by_count(listed("counted_one", 7)))
        assert the_account(store).mode is Mode.COUNTS
        sync(store, by_count(listed("counted_one", 7), Mode.OFF))
        assert one(path, "SELECT collected FROM account") == 0


def test_counting_again_replaces_what_was_counted(tmp_path: Path) -> None:
    with opened(tmp_path / "t.db", by_count(listed("counted_one", 7))) as store:
        with store.transaction() as connection:
            counts.write(connection, 1, [Count(0, 10, 3), Count(10, 20, 4)], NOW)
            counts.write(connection, 1, [Count(10, 20, 5)], NOW + 1)
            assert counts.read(connection, 1) == [Count(0, 10, 3), Count(10, 20, 5)]


def test_who_becomes_at_risk_keeps_the_weeks_that_were_counted_throughout(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with opened(path, by_count(listed("counted_one", 7))) as store:
        with store.transaction() as connection:
            days = [Count(MONDAY + day * DAY, MONDAY + (day + 1) * DAY, day) for day in range(-3, 20)]
            counts.write(connection, 1, days, NOW)
        sync(store, by_count(listed("counted_one", 7, protection=Protection.AT_RISK)))
        kept = rows(path, "SELECT since, until, posts FROM count")
        assert kept == [(MONDAY, MONDAY + WEEK, sum(range(7))), (MONDAY + WEEK, MONDAY + 2 * WEEK, sum(range(7, 14)))]


def test_weeks_of_another_zone_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    someone = by_count(listed("counted_one", 7, protection=Protection.AT_RISK))
    with opened(path, someone) as store:
        with store.transaction() as connection:
            counts.write(connection, 1, [Count(MONDAY, MONDAY + WEEK, 3)], NOW)
        sync(store, someone)
        assert one(path, "SELECT count(*) FROM count") == 1
        store.sync([someone], frozenset(), {"IR": "Europe/Berlin"})
        assert one(path, "SELECT count(*) FROM count") == 0


def test_reports_and_status_know_counted_time(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    account = by_count(listed("counted_one", 7))
    with opened(path, account) as store:
        with store.transaction() as connection:
            counts.write(connection, 1, [Count(MONDAY, MONDAY + DAY, 3)], NOW)
    reader = Reader(path)
    (series,) = reader.series([account])
    (history,) = reader.histories([account])
    for found in (series, history.series):
        assert found.counted.total == 3
        assert found.observed.coverage.covers(MONDAY, MONDAY + DAY)
        assert found.observed.last_look == MONDAY + DAY
    (known,) = reader.grounds([account])
    assert known.counted.covers(MONDAY, MONDAY + DAY)
    (status,) = reader.status()
    assert (status.mode, status.posts, status.coverage.covers(MONDAY, MONDAY + DAY)) == (Mode.COUNTS, None, True)
    assert reader.last_moment() == MONDAY + DAY
    reader.close()
