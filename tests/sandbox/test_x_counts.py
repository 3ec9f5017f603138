"""The sandbox's counts, held against X's specification and against the posts that there are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import requests

from tests.sandbox.x_rehearsal import BANNED, MINISTRY, START, invented_world
from tests.sandbox.x_specification import complaints
from tracker.domain.instants import DAY, HOUR, MINUTE, Instant, from_iso, iso
from tracker.domain.words import PostKind
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XState

NOW: Instant = START + 100 * DAY + 17
HOURS = 100 * 24
"""Posts, one an hour; each fourth is a repost."""
RECENT, ARCHIVE = "/2/tweets/counts/recent", "/2/tweets/counts/all"


@pytest.fixture(params=["post", "tweet"])
def server(request: pytest.FixtureRequest) -> Iterator[XServer]:
    with XServer(invented_world(HOURS), dialect=request.param, clock=lambda: NOW) as served:
        yield served


def ask(server: XServer, path: str = RECENT, **parameters: Any) -> tuple[int, dict[str, Any]]:
    parameters = {"query": "from:Sample_Ministry", **parameters}
    answer = requests.get(
        server.url + path, params=parameters, headers={"Authorization": f"Bearer {BEARER_TOKEN}"}, timeout=5
    )
    return answer.status_code, answer.json()


def pieces(body: dict[str, Any]) -> list[tuple[Instant, Instant, int]]:
    return [
        (from_iso(one["start"]), from_iso(one["end"]), one.get("post_count", one.get("tweet_count")))
        for one in body["data"]
    ]


def total(body: dict[str, Any]) -> int:
    return int(body["meta"].get("total_post_count", body["meta"].get("total_tweet_count")))


def truth(since: Instant, until: Instant) -> int:
    """What there is but for reposts: the posts are made at full hours from START on, of every kind in turn."""
    first, beyond = (-(-(edge - START) // HOUR) for edge in (since, until))
    return sum(PostKind(hour % 4) is not PostKind.REPOST for hour in range(max(0, first), min(HOURS, beyond)))


@pytest.mark.parametrize(("grain", "seconds"), [("minute", MINUTE), ("hour", HOUR), ("day", DAY)])
def test_pieces_begin_at_full_ones_and_the_first_and_last_are_parts(
    server: XServer, grain: str, seconds: int
) -> None:
    since, until = NOW - 3 * DAY - 1234, NOW - 4321
    status, body = ask(server, granularity=grain, start_time=iso(since), end_time=iso(until))
    assert status == 200
    found = pieces(body)
    assert (found[0][0], found[-1][1]) == (since, until)
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert all(start % seconds == 0 for start, _, _ in found[1:])
    assert [posts for _, _, posts in found] == [truth(start, end) for start, end, _ in found]
    assert total(body) == truth(since, until) > 0


@pytest.mark.parametrize("dialect", ["post", "tweet"])
@pytest.mark.parametrize("path", [RECENT, ARCHIVE])
def test_answers_are_as_the_specification_says(dialect: str, path: str) -> None:
    with XServer(invented_world(HOURS), dialect=dialect, clock=lambda: NOW) as server:
        _, body = ask(server, path, start_time=iso(NOW - 6 * DAY if path == RECENT else START))
    assert ("next_token" in body["meta"]) == (path == ARCHIVE)
    assert complaints(dialect, path, body) == []


def test_the_archive_comes_in_pages_of_31_days_the_newest_first(server: XServer) -> None:
    since, until = START - 5 * DAY, NOW - HOUR
    asked: dict[str, Any] = {"start_time": iso(since), "end_time": iso(until), "granularity": "day"}
    found: list[tuple[Instant, Instant, int]] = []
    token, pages = None, 0
    while True:
        _, body = ask(server, ARCHIVE, **asked, **({} if token is None else {"next_token": token}))
        found = pieces(body) + found
        pages += 1
        token = body["meta"].get("next_token")
        if token is None:
            break
    assert pages == 4
    assert (found[0][0], found[-1][1]) == (since, until)
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert sum(posts for _, _, posts in found) == truth(since, until)
    assert server.bill.counts_all == pages


def test_a_numeric_id_names_the_account_too(server: XServer) -> None:
    assert ask(server, query=f"from:{MINISTRY}") == ask(server)


@pytest.mark.parametrize("state", [XState.SUSPENDED, XState.PROTECTED, XState.GONE])
def test_who_cannot_be_seen_has_counts_of_0_as_who_never_was(server: XServer, state: XState) -> None:
    server.world.set_state(MINISTRY, state)
    for query in (f"from:{MINISTRY}", f"from:{BANNED}", "from:nobody_at_all"):
        status, body = ask(server, query=query)
        assert (status, total(body)) == (200, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_time": iso(NOW - 7 * DAY - 1)},
        {"end_time": iso(NOW - 9)},
        {"end_time": iso(NOW + DAY)},
        {"start_time": iso(NOW - DAY), "end_time": iso(NOW - 2 * DAY)},
        {"start_time": "yesterday"},
        {"granularity": "week"},
        {"next_token": "no-token"},
        {"query": ""},
        {"query": "from:a from:b"},
        {"query": "ministry"},
        {"since_id": "5"},
        {"max_results": "10"},
    ],
)
def test_what_x_would_refuse_is_refused(server: XServer, wrong: dict[str, str]) -> None:
    status, body = ask(server, **wrong)
    assert status == 400
    assert body["errors"]


def test_each_answer_is_charged_once_and_refusals_are_not(server: XServer) -> None:
    ask(server)
    ask(server)
    ask(server, granularity="week")
    assert (server.bill.counts_recent, server.bill.counts_all) == (2, 0)
    assert (server.bill.posts, server.bill.users) == (0, 0)


def test_300_requests_are_allowed_in_a_quarter_of_an_hour(server: XServer) -> None:
    answer = requests.get(
        server.url + RECENT,
        params={"query": "from:a"},
        headers={"Authorization": f"Bearer {BEARER_TOKEN}"},
        timeout=5,
    )
    assert answer.headers["x-rate-limit-limit"] == "300"
