"""Visits to X, over the sandbox's sockets: how each ends, what it leaves, and when the next is due."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace

import pytest

from tests.runtime.making import START, Stage, listed
from tests.store.making import one, rows
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Platform
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_server import XServer
from tracker.sandbox.x_world import XState

TIMELINE, USERS, USERS_BY = "/2/users/*/tweets", "/2/users", "/2/users/by"
SPREAD = 60


def test_a_first_visit_by_handle_finds_out_who_it_is_and_reads_everything(stage: Stage) -> None:
    ids = stage.x_account(101, "Example", posts=250)
    stage.watch(listed("example"))
    tally = stage.visit()
    assert tally.visits == {OutcomeKind.OK: 1}
    assert stage.stored(101) == ids
    assert stage.rows("SELECT handle, platform_id, failures FROM account") == [("Example", 101, 0)]
    assert stage.rows("SELECT pages, posts_new, outcome FROM visit") == [(3, 250, "ok")]
    assert stage.rows("SELECT endpoint, requests, posts, users, cost FROM ledger") == [
        ("users/by", 1, 0, 1, 10_000),
        ("users/:id/tweets", 1, 100, 0, 500_000),
        ("users/:id/tweets", 1, 100, 0, 500_000),
        ("users/:id/tweets", 1, 50, 0, 250_000),
    ]
    assert stage.watcher.requests == len(stage.x.log) == 4
    assert stage.watcher.micros == 1_260_000


def test_a_second_visit_asks_for_what_is_new_and_pays_for_nothing_else(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    stage.visit()
    paid = len(stage.x.delivered)
    new = stage.x.world.publish(101, START + MINUTE, "new").post_id
    stage.visit(later=2 * DAY)
    assert stage.stored(101) == [*ids, new]
    assert stage.x.delivered[paid:] == [new]
    assert stage.rows("SELECT since, until, how FROM coverage ORDER BY since") == [
        (START - 900 * DAY, START, "backfilled"),
        (START, stage.now, "live"),
    ]


def test_nothing_due_is_nothing_asked(stage: Stage) -> None:
    stage.x_account(101, "example", posts=3)
    stage.watch(listed("example", 101))
    stage.visit()
    asked = len(stage.x.log)
    assert stage.visit(later=MINUTE).visits == {}
    assert len(stage.x.log) == asked


def test_raw_answers_are_those_that_came_over_the_wire(stage: Stage) -> None:
    stage.x_account(101, "example", posts=120)
    stage.watch(listed("example", 101))
    stage.visit()
    kept = rows(stage.path, "SELECT request, sha256, body FROM answer ORDER BY id")
    assert [request.split("?")[0] for request, _, _ in kept] == ["GET /2/users", *["GET /2/users/101/tweets"] * 2]
    for _, sha256, body in kept:
        assert hashlib.sha256(zlib.decompress(body)).hexdigest() == sha256
    assert "[ساختگی] 0" in zlib.decompress(kept[1][2]).decode("unicode_escape", "replace") or (
        "[ساختگی] 0".encode() in zlib.decompress(kept[1][2])
    )


# Interrupted


def test_stopped_between_two_pages_it_goes_on_below_the_last_one_without_paying_again(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=350)
    stage.watch(listed("example", 101))

    def stop(_pages: int) -> None:
        stage.stopping = True

    stage.watcher.at_page = stop
    assert stage.visit().visits == {OutcomeKind.PARTIAL: 1}
    assert stage.stored(101) == ids[250:]
    assert stage.due_in("example") <= 0
    stage.stopping = False
    stage.watcher.at_page = lambda _pages: None
    assert stage.visit(later=1).visits == {OutcomeKind.OK: 1}
    assert stage.stored(101) == ids
    assert sorted(stage.x.delivered) == ids
    assert stage.rows("SELECT * FROM hole") == []


def test_holes_are_filled_newest_first_after_what_is_new(stage: Stage) -> None:
    stage.x_account(101, "example", posts=500)
    stage.watch(listed("example", 101))
    for _ in range(2):  # each time, one page and no more
        stage.x.fail(XFault.DROPPED, 1, TIMELINE, after=1)
        assert stage.visit(later=DAY).visits == {OutcomeKind.TRANSPORT: 1}
        for number in range(250):
            stage.x.world.publish(101, stage.now + 60 * number, "more")
    assert len(stage.rows("SELECT * FROM hole")) == 2
    before = len(stage.x.log)
    assert stage.visit(later=DAY).visits == {OutcomeKind.OK: 1}
    delivered = [post_id for served in stage.x.log[before:] for post_id in served.post_ids]
    assert delivered == sorted(delivered, reverse=True)
    assert len(stage.stored(101)) == len(set(stage.x.delivered)) == len(stage.x.delivered) == 1000
    assert stage.rows("SELECT * FROM hole") == []


def test_a_token_that_x_has_forgotten_costs_no_post(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=250)
    stage.watch(listed("example", 101))
    stage.x.fail(XFault.DROPPED, 1, TIMELINE, after=1)
    stage.visit()
    stage.x.expire_tokens()
    assert stage.visit(later=DAY).visits == {OutcomeKind.OK: 1}
    assert stage.stored(101) == sorted(stage.x.delivered) == ids


def test_what_lies_beyond_the_depth_limit_stays_a_hole_and_is_not_asked_for_again(stage: Stage) -> None:
    stage.x_account(101, "example", posts=3300, every=MINUTE)
    stage.watch(listed("example", 101))
    assert stage.visit().visits == {OutcomeKind.PARTIAL: 1}
    assert len(stage.stored(101)) == 3200
    ((since, until, unreachable),) = stage.rows("SELECT since, until, unreachable FROM hole")
    assert (since, unreachable) == (None, 1)
    asked = stage.timeline_requests()
    assert stage.visit(later=DAY).visits == {OutcomeKind.OK: 1}
    assert stage.timeline_requests() == asked + 1
    assert stage.rows("SELECT since, until, unreachable FROM hole") == [(since, until, unreachable)]


def test_an_edit_that_x_lists_anew_is_one_post_in_its_new_words(stage: Stage) -> None:
    stage.x_account(101, "example")
    first = stage.x.world.publish(101, START - MINUTE, "first words")
    stage.watch(listed("example", 101))
    stage.visit()
    stage.x.world.edit(first.post_id, "second words", START + MINUTE)
    stage.visit(later=2 * DAY)
    assert stage.rows("SELECT post_id, posted_at, text FROM post") == [
        (first.post_id, START - MINUTE, "second words")
    ]


# Something about the account


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (XState.SUSPENDED, OutcomeKind.SUSPENDED),
        (XState.GONE, OutcomeKind.GONE),
        (XState.PROTECTED, OutcomeKind.PROTECTED),
    ],
)
def test_an_account_in_a_bad_state_keeps_its_posts_and_the_others_go_on(
    stage: Stage, state: XState, kind: OutcomeKind
) -> None:
    ids = stage.x_account(101, "example", posts=3)
    stage.x_account(102, "other", posts=3)
    stage.watch(listed("example", 101), listed("other", 102))
    stage.visit()
    covered = stage.rows("SELECT until FROM coverage WHERE account_id = 1")
    stage.x.world.set_state(101, state)
    stage.visit(later=2 * DAY)
    seen = stage.now
    assert stage.outcome("example") is kind
    assert stage.outcome("other") is OutcomeKind.OK
    assert stage.stored(101) == ids
    assert stage.rows("SELECT until FROM coverage WHERE account_id = 1") == covered
    assert stage.rows("SELECT state, state_since FROM account WHERE id = 1") == [(kind, seen)]
    assert DAY <= stage.due_in("example") < DAY + SPREAD
    stage.visit(later=2 * DAY)
    assert stage.rows("SELECT state, state_since FROM account WHERE id = 1") == [(kind, seen)]
    stage.x.world.set_state(101, XState.ACTIVE)
    stage.visit(later=2 * DAY)
    assert stage.rows("SELECT state, state_since, last_outcome FROM account WHERE id = 1") == [(None, None, "ok")]


def test_an_account_that_is_back_before_its_profile_is_old_has_no_state_any_more(stage: Stage) -> None:
    stage.x_account(101, "example", posts=3)
    stage.watch(listed("example", 101))
    stage.visit()
    stage.x.world.set_state(101, XState.SUSPENDED)
    stage.store.make_due(Platform.X, None, stage.now)
    stage.visit(later=HOUR)
    assert stage.outcome("example") is OutcomeKind.SUSPENDED
    stage.x.world.set_state(101, XState.ACTIVE)
    stage.store.make_due(Platform.X, None, stage.now)
    stage.visit(later=HOUR)
    assert stage.rows("SELECT state, last_outcome FROM account") == [(None, "ok")]


def test_a_renamed_account_is_followed_and_both_names_are_known(stage: Stage) -> None:
    stage.x_account(101, "before", posts=2)
    stage.watch(listed("before", 101))
    stage.visit()
    stage.x.world.rename(101, "after")
    stage.visit(later=2 * DAY)
    assert stage.watcher.ends == [("before", OutcomeKind.RENAMED, "before is now after")]
    assert stage.rows("SELECT handle, first_seen, last_seen FROM handle ORDER BY first_seen") == [
        ("before", START, START),
        ("after", stage.now, stage.now),
    ]
    stage.visit(later=2 * DAY)
    assert stage.outcome("before") is OutcomeKind.OK


def test_two_handles_of_one_account_are_said_to_be_so(stage: Stage) -> None:
    stage.x_account(101, "example", posts=2)
    stage.watch(listed("example", 101))
    stage.visit()
    stage.x.world.rename(101, "renamed")
    stage.watch(listed("example", 101), listed("renamed"))
    stage.visit(later=MINUTE)
    ((handle, kind, detail),) = stage.watcher.ends
    assert (handle, kind) == ("renamed", OutcomeKind.REFUSED)
    assert detail == "same account as example, which is listed already; remove one of the two"
    assert len(stage.stored(101)) == 2


# Something about the wire or our credential


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (XFault.SERVER_ERROR, OutcomeKind.TRANSPORT),
        (XFault.UNAVAILABLE_HTML, OutcomeKind.TRANSPORT),
        (XFault.DROPPED, OutcomeKind.TRANSPORT),
        (XFault.TRUNCATED, OutcomeKind.TRANSPORT),
        (XFault.OK_HTML, OutcomeKind.BAD_ANSWER),
    ],
)
def test_a_broken_answer_keeps_what_was_read_and_is_tried_again_after_a_while(
    stage: Stage, fault: XFault, kind: OutcomeKind
) -> None:
    ids = stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    stage.x.fail(fault, 1, TIMELINE, after=1)
    assert stage.visit().visits == {kind: 1}
    assert stage.stored(101) == ids[50:]
    wait = stage.settings.visits.retry_after
    assert wait <= stage.due_in("example") < wait + SPREAD
    for doubled in (1, 2, 3):
        stage.x.fail(fault, 1, TIMELINE)
        stage.visit(later=stage.due_in("example"))
        assert wait << doubled <= stage.due_in("example") < (wait << doubled) + SPREAD
    assert stage.visit(later=stage.due_in("example")).visits == {OutcomeKind.OK: 1}
    assert stage.stored(101) == ids
    assert stage.rows("SELECT failures FROM account") == [(0,)]


def test_the_wait_after_failures_has_an_end(stage: Stage) -> None:
    stage.x_account(101, "example", posts=1)
    stage.watch(listed("example", 101))
    stage.x.fail(XFault.SERVER_ERROR, 40, TIMELINE)
    for _ in range(40):
        stage.visit(later=max(0, stage.due_in("example")))
    assert stage.settings.visits.longest_interval <= stage.due_in("example") <= DAY + SPREAD


STOPS = [
    (XFault.RATE_LIMITED, OutcomeKind.RATE_LIMITED, 15 * MINUTE),
    (XFault.RATE_LIMITED_WITHOUT_RESET, OutcomeKind.RATE_LIMITED, 15 * MINUTE),
    (XFault.RATE_LIMITED_PAST_RESET, OutcomeKind.RATE_LIMITED, 15 * MINUTE),
    (XFault.MONTHLY_CAP, OutcomeKind.MONTHLY_CAP, 26 * DAY + 12 * HOUR),
    (XFault.CREDITS_SPENT, OutcomeKind.CREDITS_SPENT, 5 * MINUTE),
    (XFault.UNAUTHORIZED, OutcomeKind.AUTH_FAILED, 5 * MINUTE),
]


@pytest.mark.parametrize(("fault", "kind", "wait"), STOPS)
def test_a_platform_that_stops_us_is_asked_nothing_until_its_time_and_then_everything(
    stage: Stage, fault: XFault, kind: OutcomeKind, wait: int
) -> None:
    first, second = stage.x_account(101, "example", posts=150), stage.x_account(102, "other", posts=5)
    stage.watch(listed("example", 101), listed("other", 102))
    stage.x.fail(fault, 1, TIMELINE, after=1)
    tally = stage.visit()
    assert (tally.visits, tally.stop and tally.stop.kind) == ({kind: 1}, kind)
    assert stage.stored(101) == first[50:]
    asked = len(stage.x.log)
    blocked = stage.visit(later=wait - 1)
    assert (blocked.visits, blocked.stop and blocked.stop.kind) == ({}, kind)
    assert len(stage.x.log) == asked
    assert stage.watcher.stops == [(kind, START + wait)]
    assert stage.visit(later=1).visits == {OutcomeKind.OK: 2}
    assert (stage.stored(101), stage.stored(102)) == (first, second)
    assert sorted(stage.x.delivered) == sorted([*first, *second])


def test_a_limit_is_remembered_over_a_restart_and_not_one_request_is_sent(stage: Stage) -> None:
    stage.x_account(101, "example", posts=5)
    stage.watch(listed("example", 101))
    stage.x.fail(XFault.RATE_LIMITED, 1, TIMELINE, seconds=600)
    stage.visit()
    stage.restart()
    asked = len(stage.x.log)
    tally = stage.visit(later=599)
    assert tally.stop is not None
    assert tally.stop.until == START + 600
    assert len(stage.x.log) == asked
    assert stage.visit(later=1).visits == {OutcomeKind.OK: 1}


def test_a_refused_credential_is_tried_again_by_the_next_process(stage: Stage) -> None:
    stage.x_account(101, "example", posts=5)
    stage.watch(listed("example", 101))
    stage.x.fail(XFault.UNAUTHORIZED)
    assert stage.visit().visits == {OutcomeKind.AUTH_FAILED: 1}
    stage.restart()
    assert stage.visit(later=1).visits == {OutcomeKind.OK: 1}


def test_a_spend_cap_holds_until_the_day_that_x_names(stage: Stage) -> None:
    stage.x_account(101, "example", posts=5)
    stage.watch(listed("example", 101))
    stage.x.fail(XFault.SPEND_CAP, 1, TIMELINE)
    tally = stage.visit()
    assert tally.stop is not None
    assert tally.stop.kind is OutcomeKind.SPEND_CAP
    assert tally.stop.until is not None
    assert tally.stop.until > stage.now
    assert stage.due_in("example") <= 0


def test_a_limit_of_looking_names_up_does_not_keep_the_known_accounts_from_being_read(stage: Stage) -> None:
    stage.x_account(101, "known", posts=2)
    stage.x_account(102, "unknown", posts=2)
    stage.watch(listed("unknown"), listed("known", 101))
    stage.x.fail(XFault.RATE_LIMITED, 1, USERS_BY, seconds=600)
    tally = stage.visit()
    assert tally.visits == {OutcomeKind.OK: 1, OutcomeKind.RATE_LIMITED: 1}
    assert tally.stop is None
    assert len(stage.stored(101)) == 2
    assert stage.due_in("unknown") == 600
    assert stage.visit(later=600).visits == {OutcomeKind.OK: 1}


@pytest.mark.parametrize("fault", [XFault.RATE_LIMITED, XFault.OK_HTML, XFault.SERVER_ERROR])
def test_an_old_profile_that_cannot_be_refreshed_does_not_keep_posts_from_being_read(
    stage: Stage, fault: XFault
) -> None:
    stage.x_account(101, "example", posts=2)
    stage.watch(listed("example", 101))
    stage.visit()
    stage.x.world.publish(101, START + HOUR, "new")
    stage.x.fail(fault, 1, USERS)
    assert stage.visit(later=2 * DAY).visits == {OutcomeKind.OK: 1}
    assert len(stage.stored(101)) == 3


def test_the_last_request_that_a_limit_allows_is_the_last_that_is_sent(stage: Stage) -> None:
    """X says how many are left; a 429 need not be provoked."""
    with XServer(stage.x.world, limits={"/2/users/:id/tweets": 2}, clock=lambda: stage.now) as narrow:
        stage.x = narrow
        stage.settings = replace(stage.settings, x=replace(stage.settings.x, api_url=narrow.url))
        ids = stage.x_account(101, "example", posts=250)
        stage.watch(listed("example", 101))
        assert stage.visit().visits == {OutcomeKind.RATE_LIMITED: 1}
        assert [served.status for served in narrow.log] == [200, 200, 200]
        assert stage.visit(later=15 * MINUTE).visits == {OutcomeKind.OK: 1}
        assert stage.stored(101) == sorted(narrow.delivered) == ids


# When the next visit is due


def test_accounts_that_were_visited_together_are_not_due_together(stage: Stage) -> None:
    for number in range(1, 31):
        stage.x_account(number, f"example{number}")
    stage.watch(*(listed(f"example{number}", number) for number in range(1, 31)))
    stage.visit()
    assert one(stage.path, "SELECT count(DISTINCT next_visit_at) FROM account") > 20
    assert len(stage.x.log) == 31
