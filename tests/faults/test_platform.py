"""The platforms refuse, change their answers, and lose posts: each has its outcome, its next visit, and its line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as search
from hypothesis import strategies as st

from tests.faults.comparing import equal_to_the_world
from tests.faults.wires import HANDLE, POSTS, Wire, wired
from tests.runtime.making import Stage, staged
from tests.store.making import listed
from tracker.domain.instants import DAY, HOUR, MINUTE, WEEK
from tracker.domain.outcomes import OutcomeKind as O
from tracker.reports.status import status_json
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
    flood_wait,
)
from tracker.sandbox.telegram_web import WebFault
from tracker.sandbox.telegram_world import Item
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_http import Request
from tracker.sandbox.x_replies import Reply
from tracker.sandbox.x_server import XServer
from tracker.sandbox.x_world import XState
from tracker.store.reader import Reader

TIMELINES, HISTORY = "/2/users/*/tweets", "messages.getHistory"
LONG = 40 * DAY
"""Longer than any cap or limit holds."""
X_FAULTS = {
    XFault.RATE_LIMITED: O.RATE_LIMITED,
    XFault.RATE_LIMITED_WITHOUT_RESET: O.RATE_LIMITED,
    XFault.RATE_LIMITED_PAST_RESET: O.RATE_LIMITED,
    XFault.MONTHLY_CAP: O.MONTHLY_CAP,
    XFault.CREDITS_SPENT: O.CREDITS_SPENT,
    XFault.SPEND_CAP: O.SPEND_CAP,
    XFault.CLIENT_FORBIDDEN: O.REFUSED,
    XFault.UNAUTHORIZED: O.AUTH_FAILED,
    XFault.SERVER_ERROR: O.TRANSPORT,
    XFault.BAD_GATEWAY_HTML: O.TRANSPORT,
    XFault.UNAVAILABLE_HTML: O.TRANSPORT,
    XFault.GATEWAY_TIMEOUT: O.TRANSPORT,
    XFault.OK_HTML: O.BAD_ANSWER,
    XFault.TRUNCATED: O.TRANSPORT,
    XFault.SLOW: O.TRANSPORT,
    XFault.DROPPED: O.TRANSPORT,
    XFault.DROPPED_AFTER: O.TRANSPORT,
}
X_STATES = {XState.SUSPENDED: O.SUSPENDED, XState.PROTECTED: O.PROTECTED, XState.GONE: O.GONE}
TELEGRAM_ERRORS = {
    "flood wait": (flood_wait(90), O.RATE_LIMITED),
    "dropped": (DROPPED, O.TRANSPORT),
    "silence": (SILENCE, O.TRANSPORT),
    "unknown key": (UNKNOWN_KEY, O.TRANSPORT),
    "unknown type": (UNKNOWN_TYPE, O.BAD_ANSWER),
    "internal": (INTERNAL, O.TRANSPORT),
    "private": (PRIVATE, O.NOT_PUBLIC),
    "revoked": (REVOKED, O.AUTH_FAILED),
    "key unregistered": (RpcError(401, "AUTH_KEY_UNREGISTERED"), O.AUTH_FAILED),
    "banned": (RpcError(401, "USER_DEACTIVATED_BAN"), O.AUTH_FAILED),
}
WEB_FAULTS = {
    WebFault.RATE_LIMITED: O.RATE_LIMITED,
    WebFault.UNAVAILABLE: O.TRANSPORT,
    WebFault.FORBIDDEN: O.REFUSED,
    WebFault.TRUNCATED: O.TRANSPORT,
    WebFault.CUT: O.TRANSPORT,
    WebFault.SLOW: O.TRANSPORT,
    WebFault.DROPPED: O.TRANSPORT,
    WebFault.ELSEWHERE: O.BAD_ANSWER,
    WebFault.OTHER_PAGE: O.BAD_ANSWER,
    WebFault.HOME_PAGE: O.GONE,
    WebFault.NO_POSTS: O.RATE_LIMITED,
}


def after_one_page(wire: Wire, then: Callable[[], None]) -> None:
    wire.stage.watcher.at_page = lambda pages: then() if pages == 1 else None


def fails_and_recovers(wire: Wire, kind: O, heal: Callable[[], None]) -> None:
    """The outcome is stored, shown and true; once it is over, everything is there, and nothing was paid for twice."""
    wire.stage.visit(wire.platform)
    assert wire.stage.outcome(HANDLE) is kind
    reader = Reader(wire.stage.path)
    (shown,) = json.loads(status_json(reader.status()))["accounts"]
    reader.close()
    assert kind in (shown["last_outcome"], shown["state"])
    assert shown["last_detail"]
    assert shown["holes"] == 1
    assert 0 < shown["posts"] < POSTS
    wire.equal(complete=False)
    asked = wire.arrived()
    wire.stage.visit(wire.platform, later=1)
    assert wire.arrived() == asked, "it was asked again at once"
    heal()
    wire.stage.visit(wire.platform, later=LONG)
    assert wire.stage.outcome(HANDLE) is O.OK
    assert len(wire.stage.stored(wire.platform_id)) == POSTS
    wire.equal()


@pytest.mark.parametrize("fault", X_FAULTS)
def test_each_error_of_x_has_its_outcome_is_shown_and_is_got_over(tmp_path: Path, fault: XFault) -> None:
    with wired(tmp_path, "x") as wire:
        if fault is XFault.SLOW:
            wire.hurry()
        after_one_page(wire, lambda: wire.stage.x.fail(fault, 50, TIMELINES))
        fails_and_recovers(wire, X_FAULTS[fault], wire.stage.x.heal)
        assert wire.stage.rows("SELECT sum(cost) FROM ledger")[0][0] >= wire.stage.x.bill.micros  # type: ignore[operator]


@pytest.mark.parametrize("state", X_STATES)
def test_an_account_that_x_tells_of_with_200_and_errors_has_its_outcome_and_is_read_again_once_it_is_back(
    tmp_path: Path, state: XState
) -> None:
    with wired(tmp_path, "x") as wire:
        world = wire.stage.x.world
        after_one_page(wire, lambda: world.set_state(101, state))
        fails_and_recovers(wire, X_STATES[state], lambda: world.set_state(101, XState.ACTIVE))
        assert {served.status for served in wire.stage.x.log} == {200}


@pytest.mark.parametrize("state", X_STATES)
def test_an_answer_about_several_accounts_fails_only_those_that_its_errors_name(stage: Stage, state: XState) -> None:
    ids = stage.x_account(101, "generated_first", POSTS)
    stage.x_account(102, "generated_second", POSTS)
    stage.watch(listed("generated_first", 101), listed("generated_second", 102))
    stage.x.world.set_state(102, state)
    stage.visit()
    assert (stage.outcome("generated_first"), stage.outcome("generated_second")) == (O.OK, X_STATES[state])
    assert (stage.stored(101), stage.stored(102)) == (ids, [])


@pytest.mark.parametrize("name", TELEGRAM_ERRORS)
def test_each_error_of_telegram_has_its_outcome_is_shown_and_is_got_over(tmp_path: Path, name: str) -> None:
    error, kind = TELEGRAM_ERRORS[name]
    with wired(tmp_path, "telegram") as wire:
        if error in (DROPPED, SILENCE):
            wire.hurry()
        after_one_page(wire, lambda: wire.stage.telegram.fail(error, HISTORY, FOREVER))
        fails_and_recovers(wire, kind, wire.stage.telegram.recover)


@pytest.mark.parametrize("error", [DROPPED, UNKNOWN_KEY], ids=["dropped", "unknown key"])
def test_a_connection_that_telegram_drops_once_is_made_again_within_the_visit(
    tmp_path: Path, error: Exception
) -> None:
    with wired(tmp_path, "telegram") as wire:
        after_one_page(wire, lambda: wire.stage.telegram.fail(error, HISTORY))
        assert wire.stage.visit(wire.platform).visits == {O.OK: 1}
        wire.equal()


@pytest.mark.parametrize("way", ["telegram", "telegram_web"])
def test_a_name_that_nobody_has_on_telegram_is_said_and_looked_up_again(tmp_path: Path, way: str) -> None:
    with wired(tmp_path, way) as wire:
        world = wire.stage.telegram.world
        world.rename(wire.platform_id, "generated_other")
        assert wire.stage.visit(wire.platform).visits == {O.GONE: 1}
        assert wire.stage.rows("SELECT * FROM coverage") == []
        world.rename(wire.platform_id, HANDLE)
        wire.stage.visit(wire.platform, later=LONG)
        assert wire.stage.outcome(HANDLE) is O.OK
        wire.equal()


def test_a_preview_that_is_switched_off_is_said_and_read_again_once_it_is_on(tmp_path: Path) -> None:
    with wired(tmp_path, "telegram_web") as wire:
        world, channel = wire.stage.telegram.world, wire.platform_id
        after_one_page(wire, lambda: world.set_preview(channel, False))
        fails_and_recovers(wire, O.PREVIEW_UNAVAILABLE, lambda: world.set_preview(channel, True))


@pytest.mark.parametrize("fault", WEB_FAULTS)
def test_each_error_of_the_pages_has_its_outcome_is_shown_and_is_got_over(tmp_path: Path, fault: WebFault) -> None:
    with wired(tmp_path, "telegram_web") as wire:
        if fault is WebFault.SLOW:
            wire.hurry()
        after_one_page(wire, lambda: wire.pages.fail(fault, 50))
        fails_and_recovers(wire, WEB_FAULTS[fault], wire.pages.heal)


# Drift


class Drifting(XServer):
    """An X that changes what it says of the posts on its first page."""

    change: Callable[[list[Any]], None] = staticmethod(lambda _items: None)
    left = 1

    def _reply(self, request: Request) -> Reply:
        reply = super()._reply(request)
        if "/tweets" in request.target and reply.status == 200 and self.left:
            body = json.loads(reply.body)
            if body.get("data"):
                self.left -= 1
                type(self).change(body["data"])
                reply = replace(reply, body=json.dumps(body).encode())
        return reply


@pytest.fixture
def drifting(tmp_path: Path) -> Iterator[Callable[[Callable[[list[Any]], None]], Stage]]:
    """A stage whose X drifts as it is told."""
    with ExitStack() as up:
        count = 0

        def made(change: Callable[[list[Any]], None]) -> Stage:
            nonlocal count
            count += 1
            stage = up.enter_context(staged(tmp_path / str(count)))
            kind = type("Changed", (Drifting,), {"change": staticmethod(change)})
            server = up.enter_context(kind(stage.x.world, clock=lambda: stage.now))
            stage.x = server
            stage.settings = replace(stage.settings, x=replace(stage.settings.x, api_url=server.url))
            stage.x_account(101, HANDLE, POSTS)
            stage.watch(listed(HANDLE, 101))
            return stage

        yield made


FIELDS = (
    "id",
    "created_at",
    "text",
    "public_metrics",
    "referenced_posts",
    "edit_history_post_ids",
    "entities",
    "lang",
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


@search(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(index=st.integers(0, 99), field=st.sampled_from(FIELDS), junk=JUNK)
def test_one_item_that_is_not_as_expected_is_at_most_set_aside_and_the_page_goes_on(
    drifting: Callable[[Callable[[list[Any]], None]], Stage], index: int, field: str, junk: object
) -> None:
    def garble(items: list[Any]) -> None:
        items[index][field] = junk

    stage = drifting(garble)
    ids = stage.x.world.timeline(101)
    spoiled = ids[index].post_id
    stage.visit()
    assert stage.outcome(HANDLE) is O.OK
    assert {post.post_id for post in ids} - set(stage.stored(101)) <= {spoiled}
    ((aside,),) = stage.rows("SELECT count(*) FROM set_aside")
    assert (spoiled in stage.stored(101)) is (aside == 0) or field in ("id", "edit_history_post_ids")


@pytest.mark.parametrize("spoiled", [7, 0])
def test_drift_is_counted_and_shown(drifting: Callable[[Callable[[list[Any]], None]], Stage], spoiled: int) -> None:
    def garble(items: list[Any]) -> None:
        for item in items[:spoiled]:
            item["public_metrics"] = "many"

    stage = drifting(garble)
    stage.visit()
    assert stage.outcome(HANDLE) is O.OK
    assert len(stage.stored(101)) == POSTS - spoiled
    reader = Reader(stage.path)
    (shown,) = json.loads(status_json(reader.status()))["accounts"]
    reader.close()
    assert shown["set_aside"] == spoiled


@pytest.mark.parametrize("change", [list.reverse, lambda items: items.extend(items[10:40])], ids=["order", "twice"])
def test_items_out_of_order_or_twice_on_a_page_are_stored_once_and_nothing_is_skipped(
    drifting: Callable[[Callable[[list[Any]], None]], Stage], change: Callable[[list[Any]], None]
) -> None:
    stage = drifting(change)
    stage.visit()
    assert len(stage.stored(101)) == POSTS
    equal_to_the_world(stage.path, stage.x.world)


# Posts that go


def test_posts_that_vanish_under_a_walk_are_no_reason_to_lose_others(tmp_path: Path) -> None:
    with wired(tmp_path, "x") as wire:
        ids = [post.post_id for post in wire.stage.x.world.timeline(101)]

        def vanish() -> None:
            for number in (*ids[95:99], *ids[100:104]):
                wire.stage.x.world.delete(number)

        after_one_page(wire, vanish)
        wire.stage.visit()
        wire.equal()


@pytest.mark.parametrize("way", ["x", "telegram", "telegram_web"])
def test_the_newest_known_post_may_be_deleted_and_what_is_new_is_still_found(tmp_path: Path, way: str) -> None:
    with wired(tmp_path, way) as wire:
        stage = wire.stage
        stage.visit(wire.platform)
        newest = max(stage.stored(wire.platform_id))
        if way == "x":
            stage.x.world.delete(newest)
            stage.x.world.publish(101, stage.now + HOUR, "[ساختگی] new")
        else:
            stage.telegram.world.delete(wire.platform_id, newest)
            stage.telegram.world.publish(wire.platform_id, Item(0, stage.now + HOUR, "[ساختگی] new"))
        stage.visit(wire.platform, later=2 * DAY)
        assert len(stage.stored(wire.platform_id)) == POSTS + 1
        wire.equal()


def test_of_ten_thousand_posts_x_shows_3200_and_the_rest_is_a_hole_that_is_told(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.x_account(101, HANDLE, posts=10_000, every=MINUTE)
        stage.watch(listed(HANDLE, 101))
        stage.visit()
        assert stage.outcome(HANDLE) is O.PARTIAL
        assert len(stage.stored(101)) == 3_200
        equal_to_the_world(stage.path, stage.x.world, bill=stage.x.bill)
        reader = Reader(stage.path)
        (shown,) = json.loads(status_json(reader.status()))["accounts"]
        reader.close()
        assert (shown["holes"], shown["holes_beyond_reach"]) == (1, 1)
        paid = stage.x.bill.posts
        stage.visit(later=WEEK)
        assert stage.x.bill.posts == paid, "what cannot be reached was walked again"
