"""Posts in the database: what is new, what is an edit, what is neither; raw answers; cost."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.making import NOW, listed, one, opened, page, post, rows, the_account, write
from tracker.domain.instants import DAY
from tracker.domain.records import Answer, Metrics, SetAside
from tracker.domain.words import PostKind
from tracker.store.accounts import AccountState
from tracker.store.reader import Reader
from tracker.store.store import Store

LARGEST = 2**63 - 1


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


def new(written: tuple[int, int | None] | None) -> int:
    assert written is not None
    return written[0]


def test_only_posts_that_were_not_there_count_as_new(store: Store, account: AccountState, path: Path) -> None:
    assert new(write(store, account, page(post(1), post(2), post(3)))) == 3
    assert new(write(store, account, page(post(2), post(3), post(4), asked_at=NOW + 1))) == 1
    assert new(write(store, account, page(post(2), asked_at=NOW + 2))) == 0
    assert new(write(store, account, page(asked_at=NOW + 3))) == 0
    assert rows(path, "SELECT post_id FROM post") == [(1,), (2,), (3,), (4,)]
    assert rows(path, "SELECT posts_new FROM visit ORDER BY id") == [(3,), (1,), (0,), (0,)]


def test_a_post_keeps_the_moment_at_which_it_was_first_seen(store: Store, account: AccountState, path: Path) -> None:
    write(store, account, page(post(1)))
    write(store, account, page(post(1, text="changed"), asked_at=NOW + DAY))
    assert one(path, "SELECT collected_at FROM post") == NOW


def test_an_edit_on_x_brings_a_new_id_and_revises_the_post(store: Store, account: AccountState, path: Path) -> None:
    write(store, account, page(post(10, text="first")))
    edited = post(10, text="second", version_id=20, edited_at=NOW + 60)
    assert new(write(store, account, page(edited, asked_at=NOW + 100))) == 0
    assert rows(path, "SELECT post_id, version_id, text, edited_at FROM post") == [(10, 20, "second", NOW + 60)]


def test_an_older_version_never_replaces_a_newer_one_of_the_same_text(
    store: Store, account: AccountState, path: Path
) -> None:
    write(store, account, page(post(10, version_id=20, edited_at=NOW)))
    write(store, account, page(post(10), asked_at=NOW + 1))
    assert rows(path, "SELECT version_id, edited_at FROM post") == [(20, NOW)]


def test_a_changed_text_on_telegram_is_an_edit_under_the_same_id(
    store: Store, account: AccountState, path: Path
) -> None:
    write(store, account, page(post(10, text="پیش از ویرایش")))
    write(store, account, page(post(10, text="پس از ویرایش", edited_at=NOW + 5), asked_at=NOW + 9))
    assert rows(path, "SELECT text, edited_at FROM post") == [("پس از ویرایش", NOW + 5)]


def test_a_reaction_that_moves_the_time_of_the_last_edit_is_no_edit(
    store: Store, account: AccountState, path: Path
) -> None:
    write(store, account, page(post(10)))
    write(store, account, page(post(10, edited_at=NOW + 5, metrics=Metrics(reactions=7)), asked_at=NOW + 9))
    assert rows(path, "SELECT edited_at FROM post") == [(None,)]
    assert rows(path, "SELECT taken_at, reactions FROM metric") == [(NOW, None), (NOW + 9, 7)]


def test_a_text_that_appears_or_goes_is_an_edit_too(store: Store, account: AccountState, path: Path) -> None:
    write(store, account, page(post(1, text=None), post(2)))  # type: ignore[arg-type]  # a picture without words
    write(store, account, page(post(1), post(2, text=None), asked_at=NOW + 1))  # type: ignore[arg-type]
    assert rows(path, "SELECT text FROM post") == [("متن ساختگی",), (None,)]


def test_every_field_of_a_post_comes_back_as_it_was(store: Store, account: AccountState, path: Path) -> None:
    whole = post(
        7,
        NOW - 5,
        "نقل‌قول 🙂 \x00 end",
        version_id=8,
        kind=PostKind.QUOTE,
        lang="fa",
        ref_post_id=5,
        ref_author_id=6,
        edited_at=NOW,
        withheld_in="IR,RU",
        metrics=Metrics(1, 2, 3, 4, 5, 6, 7),
    )
    write(store, account, page(whole))
    with closing(Reader(path)) as reader:
        (stored,) = reader.posts([listed("example", 101)])
    assert stored.post == whole


def test_ids_are_numbers_up_to_the_largest_of_64_bits(store: Store, account: AccountState, path: Path) -> None:
    """As texts 9… would come after 10…; as floats neighbours would become one."""
    ids = [9, 10, 2**53, 2**53 + 1, LARGEST - 1, LARGEST]
    assert new(write(store, account, page(*(post(number, ref_author_id=LARGEST) for number in ids)))) == len(ids)
    assert [number for (number,) in rows(path, "SELECT post_id FROM post ORDER BY post_id")] == ids
    assert set(rows(path, "SELECT typeof(post_id), typeof(version_id) FROM post")) == {("integer", "integer")}


def test_two_accounts_may_have_posts_of_the_same_id(tmp_path: Path) -> None:
    """Telegram numbers the posts of each channel from 1."""
    path = tmp_path / "tracker.db"
    with opened(path, listed("one", 1), listed("two", 2)) as store:
        for account in store.claim(listed("one").platform, None, NOW, 60, 10):
            assert new(write(store, account, page(post(1)))) == 1
    assert one(path, "SELECT count(*) FROM post") == 2


def test_a_raw_answer_is_kept_as_it_came(store: Store, account: AccountState, path: Path) -> None:
    body = '{"data":[{"text":"سلام"}]}'.encode() * 50
    write(store, account, page(post(1), answer=Answer("GET /2/users/101/tweets", body)))
    ((request, sha256, kept),) = rows(path, "SELECT request, sha256, body FROM answer")
    assert request == "GET /2/users/101/tweets"
    assert zlib.decompress(kept) == body
    assert hashlib.sha256(zlib.decompress(kept)).hexdigest() == sha256
    assert len(kept) < len(body)


def test_what_did_not_fit_is_kept_with_its_reason(store: Store, account: AccountState, path: Path) -> None:
    write(store, account, page(post(1), set_aside=[SetAside(5, "no date"), SetAside(None, "no id")]))
    assert rows(path, "SELECT post_id, reason FROM set_aside ORDER BY id") == [(5, "no date"), (None, "no id")]


def test_a_visit_counts_its_pages_and_the_ledger_what_they_cost(
    store: Store, account: AccountState, path: Path
) -> None:
    visit_id = store.begin_visit(account.id, NOW)
    write(store, account, page(post(1), post(2), cursor="on"), visit_id=visit_id)
    write(store, account, page(post(3)), visit_id=visit_id)
    assert rows(path, "SELECT pages, posts_new FROM visit") == [(2, 3)]
    spent = "SELECT count(*), sum(requests), sum(posts), sum(users), sum(cost) FROM ledger"
    assert rows(path, spent) == [(2, 2, 3, 0, 15_000)]


def test_posts_are_counted_since_a_time_for_the_pace_of_visits(store: Store, account: AccountState) -> None:
    write(store, account, page(*(post(number, NOW - number * DAY) for number in range(1, 11))))
    assert store.count_posts(account, NOW - 3 * DAY) == 3
