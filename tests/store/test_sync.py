"""The watchlist in the database: who is who, who is visited, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.making import NOW, claim, listed, one, opened, page, post, profile, rows, sync, the_account, write
from tracker.domain.words import Platform
from tracker.store.reader import Reader
from tracker.store.store import ListedTwiceError, Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path) as store:
        yield store


def handles_due(store: Store) -> list[str]:
    due = claim(store)
    store.release()
    return [account.handle for account in due]


def test_an_account_is_the_same_row_however_often_it_is_listed(store: Store, path: Path) -> None:
    for _ in range(3):
        sync(store, listed("Example"), listed("Other", 102))
    assert rows(path, "SELECT id, handle, platform_id FROM account") == [(1, "Example", None), (2, "Other", 102)]


def test_upper_and_lower_case_make_no_other_account(store: Store, path: Path) -> None:
    sync(store, listed("Example"))
    sync(store, listed("EXAMPLE"))
    assert rows(path, "SELECT listed_handle FROM account") == [("EXAMPLE",)]


def test_the_same_name_on_two_platforms_is_two_accounts(store: Store, path: Path) -> None:
    sync(store, listed("example"), listed("example", platform=Platform.TELEGRAM))
    assert one(path, "SELECT count(*) FROM account") == 2


def test_a_numeric_id_finds_the_account_under_another_handle(store: Store, path: Path) -> None:
    sync(store, listed("before", 101))
    sync(store, listed("after", 101))
    assert rows(path, "SELECT listed_handle, platform_id FROM account") == [("after", 101)]


def test_a_handle_that_was_looked_up_may_be_listed_with_its_id_later(store: Store, path: Path) -> None:
    sync(store, listed("example"))
    account = the_account(store)
    store.identify(account.id, profile(101, "example"))
    write(store, account, page(post(1)))
    sync(store, listed("example", 101))
    sync(store, listed("renamed", 101))
    assert rows(path, "SELECT id, platform_id FROM account") == [(account.id, 101)]
    assert one(path, "SELECT count(*) FROM post") == 1


def test_a_handle_listed_for_another_id_than_before_is_another_account(store: Store, path: Path) -> None:
    sync(store, listed("example", 101))
    write(store, the_account(store), page(post(1)))
    sync(store, listed("example", 202))
    assert rows(path, "SELECT platform_id, collected FROM account ORDER BY id") == [(101, 0), (202, 1)]
    with closing(Reader(path)) as reader:
        assert list(reader.posts([listed("example", 202)])) == []
        assert len(list(reader.posts([listed("example", 101)]))) == 1


def test_a_handle_put_right_in_the_watchlist_is_the_one_that_is_asked_for(store: Store) -> None:
    """Telegram looks names up even where the id is listed, to learn the access key."""
    wrong = listed("exmaple_channel", 9, platform=Platform.TELEGRAM)
    sync(store, wrong)
    sync(store, listed("example_channel", 9, platform=Platform.TELEGRAM))
    assert the_account(store, platform=Platform.TELEGRAM).handle == "example_channel"


def test_a_handle_that_stays_as_it_was_listed_does_not_undo_a_rename(store: Store) -> None:
    sync(store, listed("before", 101))
    store.identify(the_account(store).id, profile(101, "after"))
    store.release()
    sync(store, listed("before", 101))
    assert handles_due(store) == ["after"]


def test_an_account_no_longer_listed_stays_with_its_posts_and_is_not_visited(store: Store, path: Path) -> None:
    sync(store, listed("stays", 1), listed("goes", 2))
    for account in claim(store):
        write(store, account, page(post(1)))
    store.release()
    sync(store, listed("stays", 1))
    assert handles_due(store) == ["stays"]
    assert one(path, "SELECT count(*) FROM post") == 2
    sync(store, listed("stays", 1), listed("goes", 2))
    assert handles_due(store) == ["stays", "goes"]


def test_an_account_that_is_not_confirmed_is_not_visited(store: Store) -> None:
    sync(store, listed("confirmed"), listed("unconfirmed", verified=False))
    assert handles_due(store) == ["confirmed"]


def test_a_platform_that_is_switched_off_is_not_visited(store: Store) -> None:
    sync(store, listed("example"), platforms=frozenset({Platform.TELEGRAM}))
    assert handles_due(store) == []


def test_two_handles_that_turn_out_to_be_one_account_are_told_apart_from_a_broken_database(store: Store) -> None:
    sync(store, listed("first", 101), listed("second"))
    _, second = claim(store)
    with pytest.raises(ListedTwiceError, match="same account as first, which is listed already"):
        store.identify(second.id, profile(101, "first"))


def test_a_name_has_a_history_with_its_first_and_last_day(store: Store, path: Path) -> None:
    sync(store, listed("before", 101))
    account = the_account(store)
    for day, handle in enumerate(["before", "before", "after", "after"]):
        store.identify(account.id, profile(101, handle, NOW + day))
    assert rows(path, "SELECT handle, first_seen, last_seen FROM handle ORDER BY first_seen") == [
        ("before", NOW, NOW + 1),
        ("after", NOW + 2, NOW + 3),
    ]
    assert one(path, "SELECT count(*) FROM profile") == 4


def test_five_thousand_accounts_are_taken_up_once(store: Store, path: Path) -> None:
    many = [listed(f"example{number}", number if number % 2 else None) for number in range(1, 5001)]
    sync(store, *many)
    sync(store, *many)
    assert one(path, "SELECT count(*) FROM account WHERE collected") == 5000
