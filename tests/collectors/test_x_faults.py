from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from tests.collectors.walking import failed, onward, posts_of, read, walk_through
from tests.collectors.x_stage import MINISTRY_TARGET, NOW, Stage
from tests.sandbox.x_rehearsal import BANNED, LEFT, LOCKED
from tracker.domain.instants import DAY, MINUTE, Instant, from_iso
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Page, Profiles, Target, Walk
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_world import XState

TIMELINE = "users/:id/tweets"
QUARTER = NOW + 15 * MINUTE
NEXT_MONTH = from_iso("2023-01-01T00:00:00Z")
ALWAYS = 4
"""As often as one request is sent at most."""
HASTE = 0.1
"""Seconds that a collector waits for an answer that is never in time."""

FAULTS: Mapping[XFault, tuple[OutcomeKind, Instant | None, str | None, int]] = {
    XFault.RATE_LIMITED: (OutcomeKind.RATE_LIMITED, QUARTER, TIMELINE, 1),
    XFault.RATE_LIMITED_WITHOUT_RESET: (OutcomeKind.RATE_LIMITED, QUARTER, TIMELINE, 1),
    XFault.RATE_LIMITED_PAST_RESET: (OutcomeKind.RATE_LIMITED, QUARTER, TIMELINE, 1),
    XFault.MONTHLY_CAP: (OutcomeKind.MONTHLY_CAP, NEXT_MONTH, None, 1),
    XFault.CREDITS_SPENT: (OutcomeKind.CREDITS_SPENT, None, None, 1),
    XFault.SPEND_CAP: (OutcomeKind.SPEND_CAP, NEXT_MONTH, None, 1),
    XFault.CLIENT_FORBIDDEN: (OutcomeKind.REFUSED, None, None, 1),
    XFault.UNAUTHORIZED: (OutcomeKind.AUTH_FAILED, None, None, 1),
    XFault.SERVER_ERROR: (OutcomeKind.TRANSPORT, None, None, 4),
    XFault.BAD_GATEWAY_HTML: (OutcomeKind.TRANSPORT, None, None, 4),
    XFault.UNAVAILABLE_HTML: (OutcomeKind.TRANSPORT, None, None, 4),
    XFault.GATEWAY_TIMEOUT: (OutcomeKind.TRANSPORT, None, None, 4),
    XFault.OK_HTML: (OutcomeKind.BAD_ANSWER, None, None, 1),
    XFault.TRUNCATED: (OutcomeKind.TRANSPORT, None, None, 1),
    XFault.SLOW: (OutcomeKind.TRANSPORT, None, None, 1),
    XFault.DROPPED: (OutcomeKind.TRANSPORT, None, None, 1),
    XFault.DROPPED_AFTER: (OutcomeKind.TRANSPORT, None, None, 1),
}
"""What each fault is to be taken for: its outcome, until when, where, and after how many requests."""

LOST = frozenset({XFault.OK_HTML, XFault.TRUNCATED, XFault.SLOW, XFault.DROPPED, XFault.DROPPED_AFTER})
"""Faults that leave it open whether X has answered, and charged."""


def test_the_clock_is_in_december() -> None:
    assert datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%d %H:%M") == "2022-12-30 14:00"


def test_every_fault_is_told_apart_here_or_has_a_test_of_its_own() -> None:
    elsewhere = {XFault.EXPIRED_TOKEN, XFault.MALFORMED_ID, XFault.MALFORMED_METRICS}
    assert set(XFault) == elsewhere | set(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_outcome_and_nothing_is_lost_or_repeated(dialect: str, fault: XFault) -> None:
    kind, until, endpoint, requests_sent = FAULTS[fault]
    with Stage(250, dialect=dialect) as stage:
        collector = stage.collector()
        first = read(collector, MINISTRY_TARGET, Walk())
        stage.server.fail(fault, times=requests_sent)
        walk = onward(Walk(), first)
        if kind is OutcomeKind.REFUSED:
            stage.server.fail(fault)  # a refusal may be about the token: the request is sent again without it
            requests_sent += 1
        asked = stage.collector(read_timeout=HASTE) if fault is XFault.SLOW else collector
        failure = failed(asked.fetch(MINISTRY_TARGET, walk))
        assert (failure.kind, failure.until, failure.endpoint) == (kind, until, endpoint)
        assert failure.requests == requests_sent == len(stage.server.log) - 1
        assert failure.lost == (fault in LOST)
        assert failure.detail
        assert failure.detail.isprintable()
        stage.server.heal()
        rest = walk_through(collector, MINISTRY_TARGET, walk)
        assert posts_of([first, *rest]) == stage.truth()


@pytest.mark.parametrize("fault", [XFault.SERVER_ERROR, XFault.UNAVAILABLE_HTML])
def test_what_passes_soon_is_not_noticed(stage: Stage, fault: XFault) -> None:
    stage.server.fail(fault, times=3)
    page = read(stage.collector(), MINISTRY_TARGET, Walk())
    assert (len(page.posts), page.spend.requests) == (100, 4)
    assert stage.server.bill.posts == 100


def test_so_many_retries_as_the_settings_say(stage: Stage) -> None:
    stage.server.fail(XFault.SERVER_ERROR, times=9)
    assert failed(stage.collector(retries=0).fetch(MINISTRY_TARGET, Walk())).requests == 1
    assert failed(stage.collector(retries=1).fetch(MINISTRY_TARGET, Walk())).requests == 2
    assert len(stage.server.pending_faults) == 1


def test_an_expired_token_is_no_outcome_at_all(dialect: str) -> None:
    with Stage(250, dialect=dialect) as stage:
        stage.server.fail(XFault.EXPIRED_TOKEN, times=2)
        pages = walk_through(stage.collector(), MINISTRY_TARGET)
        assert posts_of(pages) == stage.truth()
        assert [page.spend.requests for page in pages] == [1, 2, 2]


def test_a_slow_answer_is_told_as_such(stage: Stage) -> None:
    stage.server.fail(XFault.SLOW, times=ALWAYS)
    failure = failed(stage.collector(read_timeout=HASTE).fetch(MINISTRY_TARGET, Walk()))
    assert failure.detail == "X did not answer in time"


def test_a_server_that_is_away_is_a_transport_error_until_it_is_back(stage: Stage) -> None:
    collector = stage.collector()
    assert len(read(collector, MINISTRY_TARGET, Walk()).posts) == 100
    stage.server.stop()
    failure = failed(collector.fetch(MINISTRY_TARGET, Walk()))
    assert (failure.kind, failure.detail) == (OutcomeKind.TRANSPORT, "could not reach X, or the connection broke")
    stage.server.start()
    assert len(read(collector, MINISTRY_TARGET, Walk()).posts) == 100


def test_the_reset_that_x_names_is_kept(stage: Stage) -> None:
    stage.server.fail(XFault.RATE_LIMITED, seconds=77)
    assert failed(stage.collector().fetch(MINISTRY_TARGET, Walk())).until == NOW + 77


def test_a_reset_in_the_far_future_stands_for_the_whole_window(stage: Stage) -> None:
    stage.server.fail(XFault.RATE_LIMITED, seconds=10 * DAY)
    assert failed(stage.collector().fetch(MINISTRY_TARGET, Walk())).until == QUARTER


@pytest.mark.parametrize("call", ["resolve", "profiles"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_look_up_has_the_same_outcomes(stage: Stage, fault: XFault, call: str) -> None:
    kind, until, endpoint, requests_sent = FAULTS[fault]
    collector = stage.collector(read_timeout=HASTE if fault is XFault.SLOW else 5.0)
    ask: Callable[[list[Target]], Profiles | Failure] = getattr(collector, call)
    stage.server.fail(fault, times=requests_sent)
    failure = failed(ask([MINISTRY_TARGET]))
    name = getattr(collector.endpoints, call)
    assert (failure.kind, failure.until, failure.endpoint) == (kind, until, endpoint and name)
    assert failure.requests == requests_sent == len(stage.server.log)
    stage.server.heal()
    assert isinstance(ask([MINISTRY_TARGET]), Profiles)


@pytest.mark.parametrize(
    ("account_id", "kind"),
    [
        (BANNED, OutcomeKind.SUSPENDED),
        (LEFT, OutcomeKind.GONE),
        (LOCKED, OutcomeKind.PROTECTED),
        (999, OutcomeKind.GONE),
    ],
)
def test_an_account_that_cannot_be_read_is_told_apart_and_is_no_empty_one(
    dialect: str, account_id: int, kind: OutcomeKind
) -> None:
    with Stage(dialect=dialect) as stage:
        failure = failed(stage.collector().fetch(Target("Example", account_id), Walk()))
        assert (failure.kind, failure.requests) == (kind, 1)


def test_an_account_suspended_in_the_middle_of_a_walk_goes_on_below_when_it_is_back(stage: Stage) -> None:
    assert MINISTRY_TARGET.platform_id is not None
    collector = stage.collector()
    first = read(collector, MINISTRY_TARGET, Walk())
    stage.world.set_state(MINISTRY_TARGET.platform_id, XState.SUSPENDED)
    assert failed(collector.fetch(MINISTRY_TARGET, onward(Walk(), first))).kind is OutcomeKind.SUSPENDED
    stage.world.set_state(MINISTRY_TARGET.platform_id, XState.ACTIVE)
    rest = walk_through(collector, MINISTRY_TARGET, onward(Walk(), first))
    assert posts_of([first, *rest]) == stage.truth()


def test_whatever_goes_wrong_before_each_page_the_walk_brings_every_post_once(stage: Stage) -> None:
    collector = stage.collector(retries=0)
    pages: list[Page] = []
    walk = Walk()
    for fault in [fault for fault in XFault if fault not in (XFault.SLOW, XFault.MALFORMED_ID)]:
        if fault is XFault.MALFORMED_METRICS or (pages and pages[-1].end):
            continue
        stage.server.fail(fault)
        answer = collector.fetch(MINISTRY_TARGET, walk)
        stage.server.heal()
        if isinstance(answer, Page):
            pages.append(answer)
            walk = onward(walk, answer)
    pages += walk_through(collector, MINISTRY_TARGET, walk)
    assert posts_of(pages) == stage.truth()


def test_closing_twice_is_harmless_and_nothing_waits(stage: Stage) -> None:
    began = time.monotonic()
    collector = stage.collector()
    stage.server.fail(XFault.SERVER_ERROR, times=ALWAYS)
    failed(collector.fetch(MINISTRY_TARGET, Walk()))
    collector.close()
    collector.close()
    assert time.monotonic() - began < 1
