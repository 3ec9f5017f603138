"""Counters and followers as arrays, as the store gives them to analysis. All names are invented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.making import NOW, claim, listed, opened, page, post, profile, the_account, write
from tracker.analysis.history import ABSENT, COUNTERS, History
from tracker.analysis.series import PostSeries, WeekSeries
from tracker.domain.instants import DAY
from tracker.domain.records import Metrics
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import PostKind, Protection
from tracker.store.reader import Reader
from tracker.store.store import Store

LARGEST = 2**63 - 1
NAMED = listed("example", 101)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path, NAMED) as store:
        yield store


def histories(path: Path, *accounts: ListedAccount) -> list[History]:
    with closing(Reader(path)) as reader:
        return list(reader.histories(accounts))


def history(path: Path, account: ListedAccount = NAMED) -> History:
    (only,) = histories(path, account)
    return only


def test_posts_keep_their_ids_in_the_order_of_the_series(store: Store, path: Path) -> None:
    made = [
        post(LARGEST, NOW - 30, kind=PostKind.REPOST),
        post(7, NOW - 20),
        post(8, NOW - 20),
        post(3, NOW - 10, kind=PostKind.QUOTE),
    ]
    write(store, the_account(store), page(*reversed(made)))
    read = history(path)
    assert read.post.tolist() == [LARGEST, 7, 8, 3]
    assert isinstance(read.series, PostSeries)
    assert read.series.posted_at.tolist() == [NOW - 30, NOW - 20, NOW - 20, NOW - 10]
    assert read.series.kind.tolist() == [2, 0, 0, 3]
    with closing(Reader(path)) as reader:
        (series,) = reader.series([NAMED])
    assert isinstance(series, PostSeries)
    assert series.posted_at.tolist() == read.series.posted_at.tolist()
    assert series.observed == read.series.observed


def test_every_snapshot_is_there_by_post_and_time_and_what_is_unknown_is_no_number(store: Store, path: Path) -> None:
    account = the_account(store)
    first = post(LARGEST, metrics=Metrics(1, 2, 3, 4, 5, 6, 7)), post(5, metrics=Metrics(likes=0, views=2**40))
    write(store, account, page(*first))
    write(store, account, page(post(5, metrics=Metrics(reactions=9)), asked_at=NOW + DAY))
    seen = history(path).snapshots
    assert seen.post.tolist() == [5, 5, LARGEST]
    assert seen.taken_at.tolist() == [NOW, NOW + DAY, NOW]
    assert COUNTERS == ("likes", "reposts", "replies", "quotes", "reactions", "views")
    assert seen.counters.T.tolist() == [
        [0, ABSENT, ABSENT, ABSENT, ABSENT, 2**40],
        [ABSENT, ABSENT, ABSENT, ABSENT, 9, ABSENT],
        [1, 2, 3, 4, 7, 6],
    ]


def test_profile_snapshots_without_followers_are_left_out(store: Store, path: Path) -> None:
    account = the_account(store)
    for taken_at, followers in ((NOW + 5, 20), (NOW, 10), (NOW + 2, None)):
        store.identify(account.id, profile(101, "example", taken_at, followers=followers))
    read = history(path).followers
    assert read.taken_at.tolist() == [NOW, NOW + 5]
    assert read.count.tolist() == [10, 20]


def test_an_account_without_posts_has_empty_arrays(store: Store, path: Path) -> None:
    read = history(path)
    assert (read.post.size, read.snapshots.post.size, read.followers.count.size) == (0, 0, 0)
    assert read.snapshots.counters.shape == (len(COUNTERS), 0)
    unknown = history(path, listed("never_collected", 999))
    assert (unknown.post.size, bool(unknown.series.observed.coverage)) == (0, False)


def test_accounts_come_in_the_order_asked_for_and_keep_apart(path: Path) -> None:
    accounts = [listed("one", 1), listed("two", 2)]
    with opened(path, *accounts) as store:
        for account in claim(store):
            assert account.platform_id is not None
            write(store, account, page(post(account.platform_id * 10)))
    assert [read.post.tolist() for read in histories(path, accounts[1], accounts[0])] == [[20], [10]]


def test_of_people_at_risk_neither_counters_nor_followers_are_read(path: Path) -> None:
    with opened(path, listed("example", 101)) as store:
        account = the_account(store)
        write(store, account, page(post(1)))
        store.identify(account.id, profile(101, "example"))
    # The watchlist protects the account by now, and the database does not know it yet.
    read = history(path, listed("example", 101, protection=Protection.AT_RISK))
    assert isinstance(read.series, WeekSeries)
    assert (read.post.size, read.snapshots.post.size, read.followers.count.size) == (0, 0, 0)
