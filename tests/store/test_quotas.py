"""Limits that platforms have named, kept over a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.making import NOW, listed, opened, page, post, the_account, write
from tracker.domain.instants import MINUTE
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Quota
from tracker.domain.words import Platform
from tracker.store.store import Store

UNTIL = NOW + 15 * MINUTE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path, listed("example", 101)) as store:
        yield store


def test_what_may_be_asked_is_not_in_the_way(store: Store) -> None:
    assert store.exhausted(Platform.X, "timeline", NOW) is None


def test_a_stop_holds_until_its_time_and_over_a_restart(store: Store, path: Path) -> None:
    store.stop(Platform.X, Failure(OutcomeKind.RATE_LIMITED, "too many", UNTIL, "timeline"), UNTIL)
    store.close()
    with opened(path) as again:
        stopped = again.exhausted(Platform.X, "timeline", UNTIL - 1)
        assert stopped == Failure(OutcomeKind.RATE_LIMITED, "too many", UNTIL, "timeline", requests=0)
        assert again.exhausted(Platform.X, "timeline", UNTIL) is None


def test_a_stop_of_one_endpoint_leaves_the_others_free(store: Store) -> None:
    store.stop(Platform.X, Failure(OutcomeKind.RATE_LIMITED, "", UNTIL, "users"), UNTIL)
    assert store.exhausted(Platform.X, "timeline", NOW) is None
    assert store.exhausted(Platform.TELEGRAM, "users", NOW) is None


def test_a_stop_of_the_platform_is_one_of_every_endpoint(store: Store) -> None:
    store.stop(Platform.X, Failure(OutcomeKind.MONTHLY_CAP, "used up", UNTIL), UNTIL)
    stopped = store.exhausted(Platform.X, "anything", NOW)
    assert stopped is not None
    assert (stopped.kind, stopped.endpoint, stopped.until) == (OutcomeKind.MONTHLY_CAP, None, UNTIL)
    assert store.exhausted(Platform.TELEGRAM, "anything", NOW) is None


def test_the_longer_of_two_stops_counts(store: Store) -> None:
    store.stop(Platform.X, Failure(OutcomeKind.RATE_LIMITED, "", UNTIL, "timeline"), UNTIL)
    store.stop(Platform.X, Failure(OutcomeKind.SPEND_CAP, "", UNTIL + 99), UNTIL + 99)
    stopped = store.exhausted(Platform.X, "timeline", NOW)
    assert stopped is not None
    assert stopped.until == UNTIL + 99


def test_a_page_that_uses_up_the_limit_stops_the_next_request_before_it_is_sent(store: Store) -> None:
    account = the_account(store)
    write(store, account, page(post(1), quota=Quota("timeline", 900, 1, UNTIL)))
    assert store.exhausted(Platform.X, "timeline", NOW) is None
    write(store, account, page(post(2), quota=Quota("timeline", 900, 0, UNTIL)))
    stopped = store.exhausted(Platform.X, "timeline", NOW)
    assert stopped is not None
    assert (stopped.kind, stopped.until) == (OutcomeKind.RATE_LIMITED, UNTIL)


def test_what_an_answer_about_profiles_says_of_its_limit_is_kept_as_well(store: Store) -> None:
    store.note_quota(Platform.X, Quota("users", 300, 0, UNTIL))
    store.note_quota(Platform.X, None)
    assert store.exhausted(Platform.X, "users", NOW) is not None
