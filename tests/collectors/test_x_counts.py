"""How X's counts are read: exact, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.collectors.x_stage import MINISTRY_TARGET, NOW, Body, Stage, answering
from tests.sandbox.x_rehearsal import MINISTRY, START
from tracker.collectors.protocol import Counter
from tracker.domain.instants import DAY, MINUTE
from tracker.domain.intervals import Interval
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import CountPage, Grain
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_replies import json_reply

DAYS = Interval(NOW - 6 * DAY, NOW - DAY)


@pytest.fixture(params=["post", "tweet"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with Stage(100 * 24, dialect=request.param) as made:
        yield made


def test_a_request_brings_the_counts_of_all_days_in_either_dialect(stage: Stage) -> None:
    collector = stage.collector()
    assert isinstance(collector, Counter)
    page = collector.count(MINISTRY_TARGET, DAYS, Grain.DAY)
    assert isinstance(page, CountPage)
    assert (page.counts[0].since, page.counts[-1].until) == DAYS
    assert page.posts == 5 * 18, "of 24 posts a day 6 are reposts"
    assert (page.cursor, page.spend.requests, page.spend.posts) == (None, 1, 0)
    assert page.quota is not None
    assert page.quota.endpoint == collector.count_endpoints.recent


def test_the_account_is_named_by_its_number_because_a_handle_may_change_hands(stage: Stage) -> None:
    stage.world.rename(MINISTRY, "Another_Name")
    page = stage.collector().count(MINISTRY_TARGET, DAYS, Grain.DAY)
    assert isinstance(page, CountPage)
    assert page.posts == 5 * 18


def test_the_archive_goes_on_where_the_cursor_says(stage: Stage) -> None:
    asked = Interval(START - DAY, NOW - MINUTE)
    cursor, posts, until = None, 0, asked.until
    while True:
        page = stage.collector().count(MINISTRY_TARGET, asked, Grain.DAY, archive=True, cursor=cursor)
        assert isinstance(page, CountPage)
        assert page.counts[-1].until == until
        posts, until, cursor = posts + page.posts, page.counts[0].since, page.cursor
        if cursor is None:
            break
    assert until == asked.since
    assert posts == 100 * 18


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (XFault.RATE_LIMITED, OutcomeKind.RATE_LIMITED),
        (XFault.SPEND_CAP, OutcomeKind.SPEND_CAP),
        (XFault.TRUNCATED, OutcomeKind.TRANSPORT),
    ],
)
def test_a_refusal_is_a_failure_and_no_count(stage: Stage, fault: XFault, kind: OutcomeKind) -> None:
    stage.server.fail(fault)
    failure = stage.collector(retries=0).count(MINISTRY_TARGET, DAYS, Grain.DAY)
    assert isinstance(failure, Failure)
    assert failure.kind is kind


def piece(start: str, end: str, **count: Any) -> Body:
    return {"start": f"2022-12-{start}T00:00:00.000Z", "end": f"2022-12-{end}T00:00:00.000Z", **count}


@pytest.mark.parametrize(
    "body",
    [
        {"meta": {"total_post_count": 0}},
        {"data": [piece("20", "21")], "meta": {}},
        {"data": [piece("21", "20", post_count=1)]},
        {"data": [piece("20", "21", post_count=-1)]},
        {"data": [piece("20", "22", post_count=1), piece("21", "23", post_count=1)]},
        {"data": [piece("20", "21", post_count=1)], "meta": {"total_post_count": 2}},
        {"data": [piece("20", "21", post_count="many")]},
    ],
)
def test_an_answer_that_contradicts_itself_is_no_count(body: Body) -> None:
    with Stage() as stage, answering(lambda _request: json_reply(200, body)) as url:
        failure = stage.collector(url).count(MINISTRY_TARGET, DAYS, Grain.DAY)
    assert isinstance(failure, Failure)
    assert failure.kind is OutcomeKind.BAD_ANSWER
