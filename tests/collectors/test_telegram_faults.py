from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from tests.collectors.walking import failed, looked_up, posts_of, read, walk_through
from tests.sandbox.telegram_rehearsal import (
    API_HASH,
    NOW,
    Rehearsal,
    item,
    rehearsal,
    resolved,
    server_key,
)
from tracker.collectors.telegram import ENDPOINTS
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Page, Profile, Target, Walk
from tracker.sandbox.mtproto import RpcError
from tracker.sandbox.telegram_server import (
    DROPPED,
    FOREVER,
    INTERNAL,
    PRIVATE,
    REVOKED,
    SILENCE,
    UNKNOWN_KEY,
    UNKNOWN_TYPE,
    TelegramServer,
    flood_wait,
)
from tracker.sandbox.telegram_tl import Login

HISTORY = ENDPOINTS.timeline


@pytest.fixture
def telegram(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Rehearsal]:
    """A rehearsal after which nothing is left running, nothing complains, and no secret stands in the log."""
    caplog.set_level(logging.DEBUG)
    with rehearsal(tmp_path) as rehearsing:
        yield rehearsing
    gc.collect()
    logged = [*caplog.get_records("call"), *caplog.records]
    assert [record.getMessage() for record in logged if record.levelno >= logging.WARNING] == []
    assert not any(API_HASH in record.getMessage() for record in logged)


PASSING = [
    (flood_wait(30), OutcomeKind.RATE_LIMITED),
    (RpcError(420, "FLOOD_PREMIUM_WAIT_30"), OutcomeKind.RATE_LIMITED),
    (REVOKED, OutcomeKind.AUTH_FAILED),
    (RpcError(401, "AUTH_KEY_UNREGISTERED"), OutcomeKind.AUTH_FAILED),
    (RpcError(401, "USER_DEACTIVATED"), OutcomeKind.AUTH_FAILED),
    (RpcError(406, "AUTH_KEY_DUPLICATED"), OutcomeKind.AUTH_FAILED),
    (PRIVATE, OutcomeKind.NOT_PUBLIC),
    (RpcError(400, "MSG_ID_INVALID"), OutcomeKind.REFUSED),
    (UNKNOWN_TYPE, OutcomeKind.BAD_ANSWER),
    (INTERNAL, OutcomeKind.TRANSPORT),
]


@pytest.mark.parametrize(("error", "kind"), PASSING, ids=lambda value: str(value))
def test_each_fault_has_its_outcome_and_nothing_is_lost_or_repeated(
    telegram: Rehearsal, error: Exception, kind: OutcomeKind
) -> None:
    channel_id = telegram.channel(posts=60)
    collector = telegram.collector(page_size=25)
    target = resolved(collector)
    first = read(collector, target, Walk())
    telegram.server.fail(error, HISTORY)
    failure = failed(collector.fetch(target, Walk(cursor=first.cursor)))
    assert (failure.kind, failure.requests) == (kind, 1)
    assert "\n" not in failure.detail
    telegram.now += 31
    rest = walk_through(collector, target, Walk(cursor=first.cursor))
    assert posts_of([first, *rest]) == telegram.world.posts(channel_id)


@pytest.mark.parametrize("error", [DROPPED, UNKNOWN_KEY], ids=["dropped", "unknown key"])
def test_what_a_connection_lost_once_left_open_is_asked_for_again_at_once(
    telegram: Rehearsal, error: Exception
) -> None:
    channel_id = telegram.channel(posts=60)
    collector = telegram.collector(page_size=25)
    target = resolved(collector)
    telegram.server.fail(error, HISTORY)
    pages = walk_through(collector, target)
    assert posts_of(pages) == telegram.world.posts(channel_id)
    assert [page.spend.requests for page in pages] == [2, 1, 1]


@pytest.mark.parametrize("error", [DROPPED, UNKNOWN_KEY], ids=["dropped", "unknown key"])
def test_a_connection_that_is_always_lost_is_a_transport_error_soon(telegram: Rehearsal, error: Exception) -> None:
    telegram.channel(posts=3)
    collector = telegram.collector()
    target = resolved(collector)
    telegram.server.fail(error, HISTORY, FOREVER)
    began = time.monotonic()
    failure = failed(collector.fetch(target, Walk()))
    assert time.monotonic() - began < 4
    assert (failure.kind, failure.requests) == (OutcomeKind.TRANSPORT, 2)
    telegram.server.recover()
    assert len(read(collector, target, Walk()).posts) == 3


@pytest.mark.parametrize("method", [HISTORY, "users.getUsers", "help.getConfig"])
def test_a_server_that_never_answers_is_a_transport_error_in_time(telegram: Rehearsal, method: str) -> None:
    telegram.channel(posts=3)
    target = resolved(telegram.collector())
    collector = telegram.collector(timeout=0.4)
    telegram.server.fail(SILENCE, method, FOREVER)
    began = time.monotonic()
    failure = failed(collector.fetch(target, Walk()))
    assert time.monotonic() - began < 3
    assert (failure.kind, failure.detail) == (OutcomeKind.TRANSPORT, f"no answer to {HISTORY} in time")
    telegram.server.recover()
    assert len(read(telegram.collector(), target, Walk()).posts) == 3
    assert isinstance(collector.fetch(target, Walk()), Page)


def test_a_connection_that_was_refused_its_greeting_is_made_anew(telegram: Rehearsal) -> None:
    telegram.channel(posts=3)
    target = resolved(telegram.collector())
    collector = telegram.collector()
    telegram.server.fail(flood_wait(30), "help.getConfig")
    assert failed(collector.fetch(target, Walk())).kind is OutcomeKind.RATE_LIMITED
    telegram.now += 30
    assert len(read(collector, target, Walk()).posts) == 3
    assert len(telegram.server.requests("help.getConfig")) == 3


def test_a_connection_that_was_closed_between_two_calls_is_made_anew(telegram: Rehearsal) -> None:
    telegram.channel(posts=3)
    collector = telegram.collector()
    target = resolved(collector)
    for _ in range(3):
        telegram.server.drop_connections()
        assert len(read(collector, target, Walk()).posts) == 3


def test_a_server_that_is_away_is_a_transport_error_until_it_is_back(tmp_path: Path) -> None:
    server = TelegramServer(key=server_key())
    server.start()
    rehearsing = Rehearsal(server, tmp_path)
    rehearsing.channel(posts=3)
    collector = rehearsing.collector()
    target = resolved(collector)
    server.stop()
    assert failed(collector.fetch(target, Walk())).kind is OutcomeKind.TRANSPORT
    server.start()
    assert len(read(collector, target, Walk()).posts) == 3
    rehearsing.close()
    server.stop()


def test_a_wait_holds_for_its_method_only_and_nothing_is_sent_before_it_is_over(telegram: Rehearsal) -> None:
    telegram.channel(posts=3)
    collector = telegram.collector()
    target = resolved(collector)
    telegram.server.fail(flood_wait(300), HISTORY)
    failure = failed(collector.fetch(target, Walk()))
    assert (failure.kind, failure.until, failure.endpoint) == (OutcomeKind.RATE_LIMITED, NOW + 300, HISTORY)
    telegram.now += 299
    assert failed(collector.fetch(target, Walk())).requests == 0
    assert len(telegram.server.requests(HISTORY)) == 1
    assert not isinstance(collector.profiles([target]), Failure)
    telegram.now += 1
    assert len(read(collector, target, Walk()).posts) == 3


def test_a_limited_look_up_is_the_call_s_failure_and_not_the_account_s(telegram: Rehearsal) -> None:
    telegram.channel()
    telegram.server.fail(flood_wait(80_000), ENDPOINTS.resolve)
    failure = failed(telegram.collector().resolve([Target("generated_ministry")]))
    assert (failure.kind, failure.until, failure.endpoint) == (
        OutcomeKind.RATE_LIMITED,
        NOW + 80_000,
        ENDPOINTS.resolve,
    )


@pytest.mark.parametrize("error", [None, RpcError(400, "USERNAME_INVALID")], ids=["free", "impossible"])
def test_a_name_that_nobody_has_is_an_account_gone(telegram: Rehearsal, error: Exception | None) -> None:
    if error is not None:
        telegram.server.fail(error, ENDPOINTS.resolve)
    assert failed(looked_up(telegram.collector(), "generated_nobody")).kind is OutcomeKind.GONE


def test_a_channel_made_private_is_not_public_until_it_is_opened_again(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=3)
    collector = telegram.collector()
    target = resolved(collector)
    telegram.world.set_private(channel_id)
    failure = failed(collector.fetch(target, Walk()))
    assert (failure.kind, failure.detail) == (OutcomeKind.NOT_PUBLIC, "the channel is private now")
    telegram.world.set_private(channel_id, False)
    assert len(read(collector, target, Walk()).posts) == 3


def test_after_all_sessions_were_ended_a_new_login_is_used_at_once(telegram: Rehearsal) -> None:
    telegram.channel(posts=3)
    collector = telegram.collector()
    target = resolved(collector)
    telegram.server.logins.revoke_all()
    failure = failed(collector.fetch(target, Walk()))
    assert (failure.kind, "tracker login telegram" in failure.detail) == (OutcomeKind.AUTH_FAILED, True)
    telegram.server.authorised_session(telegram.session_path)
    assert len(read(collector, target, Walk()).posts) == 3


def test_without_a_login_nothing_is_sent_and_no_file_is_made(telegram: Rehearsal) -> None:
    telegram.channel(posts=3)
    telegram.session_path.unlink()
    collector = telegram.collector()
    failure = failed(collector.fetch(Target("generated_ministry", 1, 2), Walk()))
    assert (failure.kind, failure.requests) == (OutcomeKind.AUTH_FAILED, 0)
    assert telegram.server.requests() == ()
    assert not telegram.session_path.exists()


def test_a_session_file_that_is_none_is_a_failed_login(telegram: Rehearsal) -> None:
    telegram.session_path.write_text("not a database, but long enough to be taken for one" * 99)
    failure = failed(telegram.collector().fetch(Target("generated_ministry", 1, 2), Walk()))
    assert (failure.kind, failure.requests) == (OutcomeKind.AUTH_FAILED, 0)


def test_with_another_login_s_access_key_the_name_is_looked_up_once_more(telegram: Rehearsal) -> None:
    telegram.channel(posts=3)
    collector = telegram.collector()
    old = resolved(collector)
    telegram.server.authorised_session(telegram.session_path, Login(user_id=77, phone="99966200002"))
    successor = telegram.collector()
    page = read(successor, old, Walk())
    assert (len(page.posts), page.spend.requests) == (3, 3)
    assert read(successor, old, Walk()).spend.requests == 1
    answer = successor.profiles([old])
    assert not isinstance(answer, Failure)
    profile = answer.results[old]
    assert isinstance(profile, Profile)
    assert profile.access_key not in (None, old.access_key)


def test_a_name_that_leads_to_another_channel_now_is_an_alarm_and_brings_no_posts(telegram: Rehearsal) -> None:
    first = telegram.channel(posts=3)
    telegram.world.rename(first, "generated_elsewhere")
    telegram.channel(posts=5)
    failure = failed(telegram.collector().fetch(Target("generated_ministry", first, access_key=1), Walk()))
    assert failure.kind is OutcomeKind.REASSIGNED


def test_whatever_goes_wrong_before_each_page_the_walk_brings_every_post_once(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=40)
    telegram.world.publish(channel_id, *(item(60 + age, album=9, views=age) for age in range(5)))
    collector = telegram.collector(page_size=12)
    target = resolved(collector)
    pages: list[Page] = []
    faults = cycle([DROPPED, flood_wait(9), UNKNOWN_KEY, REVOKED, UNKNOWN_TYPE])
    while not pages or pages[-1].end is None:
        telegram.server.fail(next(faults), HISTORY)
        telegram.now += 10
        answer = collector.fetch(target, Walk(cursor=pages[-1].cursor if pages else None))
        if isinstance(answer, Page):
            pages.append(answer)
    assert posts_of(pages) == telegram.world.posts(channel_id)
