"""Due accounts are taken under a lease, each by one, the longest overdue first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.making import NOW, claim, listed, opened, rows, sync
from tracker.domain.instants import DAY, HOUR
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Platform
from tracker.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path, *(listed(f"example{number}", number) for number in range(1, 6))) as store:
        yield store


def end(store: Store, handle: str, due: int, kind: OutcomeKind = OutcomeKind.OK, at: int = NOW) -> None:
    """A visit of the account ends so, and the next is due then."""
    (account,) = [account for account in claim(store, at) if account.handle == handle]
    store.end_visit(account, store.begin_visit(account.id, at), kind, "detail", at, due)
    store.release()


def test_two_claims_never_overlap(store: Store) -> None:
    first, second = claim(store, limit=3), claim(store, limit=3)
    assert len(first) == 3
    assert len(second) == 2
    assert not {account.id for account in first} & {account.id for account in second}
    assert claim(store) == []


def test_a_lease_ends_by_itself(store: Store) -> None:
    assert len(claim(store)) == 5
    assert claim(store, NOW + 599) == []
    assert len(claim(store, NOW + 600)) == 5


def test_a_lease_left_by_a_killed_process_is_given_back_at_the_start_of_the_next(store: Store, path: Path) -> None:
    claim(store)
    store.close()  # what a kill leaves is the file
    with opened(path) as next_process:
        assert claim(next_process) == []
        next_process.release()
        assert len(claim(next_process)) == 5


def test_the_longest_overdue_comes_first(store: Store) -> None:
    for number, due in [(1, NOW + 30), (2, NOW + 10), (3, NOW + 20), (4, NOW + 50), (5, NOW + 40)]:
        end(store, f"example{number}", due)
    assert [account.handle[-1] for account in claim(store, NOW + 100)] == list("23154")


def test_an_account_is_not_taken_before_it_is_due(store: Store) -> None:
    end(store, "example1", NOW + HOUR)
    assert len(claim(store, NOW + HOUR - 1)) == 4
    store.release()
    assert len(claim(store, NOW + HOUR)) == 5


def test_only_the_selection_is_taken(store: Store) -> None:
    sync(
        store, listed("one", 1, subject="somebody"), listed("two", 2), listed("three", 3, platform=Platform.TELEGRAM)
    )
    taken = store.claim(Platform.X, "somebody", NOW, 60, 10)
    assert [account.subject for account in taken] == ["somebody"]
    assert store.count_due(Platform.X, None, NOW) == 2
    assert store.count_due(Platform.TELEGRAM, None, NOW) == 1
    assert store.count_due(Platform.X, "nobody", NOW) == 0


def test_everything_can_be_made_due(store: Store) -> None:
    for number in range(1, 6):
        end(store, f"example{number}", NOW + DAY)
    store.make_due(Platform.X, "subject-of-example3", NOW)
    assert [account.handle for account in claim(store)] == ["example3"]
    store.make_due(Platform.X, None, NOW)
    store.release()
    assert len(claim(store)) == 5


@pytest.mark.parametrize(
    ("kinds", "failures"),
    [
        ([OutcomeKind.TRANSPORT, OutcomeKind.BAD_ANSWER], 2),
        ([OutcomeKind.TRANSPORT, OutcomeKind.OK], 0),
        ([OutcomeKind.TRANSPORT, OutcomeKind.PARTIAL], 0),
        ([OutcomeKind.GONE, OutcomeKind.GONE, OutcomeKind.GONE], 3),
        ([OutcomeKind.TRANSPORT, OutcomeKind.RATE_LIMITED, OutcomeKind.AUTH_FAILED], 1),
    ],
)
def test_failures_in_a_row_are_counted_but_not_those_of_our_credential(
    store: Store, kinds: list[OutcomeKind], failures: int
) -> None:
    for kind in kinds:
        end(store, "example1", NOW, kind)
    assert {account.handle: account.failures for account in claim(store)}["example1"] == failures


def test_a_state_keeps_the_day_on_which_it_was_first_seen(store: Store, path: Path) -> None:
    state = "SELECT state, state_since, last_outcome FROM account WHERE handle = 'example1'"
    end(store, "example1", NOW, OutcomeKind.SUSPENDED)
    end(store, "example1", NOW, OutcomeKind.TRANSPORT, NOW + DAY)
    end(store, "example1", NOW, OutcomeKind.SUSPENDED, NOW + 2 * DAY)
    assert rows(path, state) == [("suspended", NOW, "suspended")]
    end(store, "example1", NOW, OutcomeKind.GONE, NOW + 3 * DAY)
    assert rows(path, state) == [("account_gone", NOW + 3 * DAY, "account_gone")]


def test_a_visit_that_sent_nothing_leaves_no_trace(store: Store, path: Path) -> None:
    (account,) = claim(store, limit=1)
    store.abandon_visit(store.begin_visit(account.id, NOW))
    assert rows(path, "SELECT * FROM visit") == []
