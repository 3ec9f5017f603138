from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator

import pytest
import requests
import tweepy

from tests.sandbox.x_rehearsal import (
    BANNED,
    EMBASSY,
    MINISTRY,
    OLD_FIELDS,
    START,
    ask,
    get,
    ids,
    invented_world,
    timeline,
    walked,
)
from tests.sandbox.x_specification import problem_complaints
from tracker.domain.errors import SandboxError
from tracker.domain.instants import DAY
from tracker.domain.words import PostKind
from tracker.sandbox.x_http import HttpServer, Request
from tracker.sandbox.x_limits import LIMITS, Bill
from tracker.sandbox.x_replies import NO_REPLY, Reply
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XWorld

PATH = timeline(MINISTRY)


class Clock:
    """Says what it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world() -> XWorld:
    return invented_world(posts=30)


@pytest.fixture
def server(world: XWorld, clock: Clock) -> Iterator[XServer]:
    with XServer(world, clock=clock, limits={"/2/users/:id/tweets": 5, "/2/users": 2}) as server:
        yield server


def told(response: requests.Response) -> tuple[int, int, int]:
    """Limit, remaining and reset."""
    return tuple(int(response.headers[f"x-rate-limit-{part}"]) for part in ("limit", "remaining", "reset"))  # type: ignore[return-value]  # a tuple of three by construction


# Who may ask


def test_without_the_right_token_nothing_is_told(server: XServer) -> None:
    wrong = get(server, PATH, token="guessed")
    missing = requests.get(server.url + PATH, timeout=5)
    for refused in (wrong, missing):
        assert refused.status_code == 401
        assert refused.json() == {
            "title": "Unauthorized",
            "type": "about:blank",
            "status": 401,
            "detail": "Unauthorized",
        }
        assert problem_complaints("tweet", refused.json()) == []
    assert server.delivered == []


def test_a_server_can_have_a_token_of_its_own(world: XWorld) -> None:
    with XServer(world, bearer_token="another") as server:
        assert get(server, PATH, token="another").status_code == 200
        assert get(server, PATH).status_code == 401


@pytest.mark.parametrize("path", ["/", "/2", "/2/users/101/likes", "/2/users/by/username", "/1.1/statuses.json"])
def test_what_is_not_served_is_not_found(server: XServer, path: str) -> None:
    assert get(server, path).status_code == 404


def test_the_api_is_only_read(server: XServer) -> None:
    for refused in (
        requests.post(server.url + "/2/tweets", timeout=5),
        requests.delete(server.url + PATH, timeout=5),
    ):
        assert refused.status_code == 405


def test_the_server_is_bound_to_loopback_alone() -> None:
    def silent(_: Request) -> Reply:
        return NO_REPLY

    with HttpServer(0, silent) as server:
        assert server.socket.getsockname() == ("127.0.0.1", server.server_port)


# How often


def test_every_answer_tells_the_limit_what_remains_and_when_it_is_reset(server: XServer, clock: Clock) -> None:
    answers = [get(server, PATH), get(server, PATH, {"max_results": 1}), get(server, PATH, token="guessed")]
    assert [answer.status_code for answer in answers] == [200, 400, 401]
    assert [told(answer) for answer in answers] == [(5, left, clock.now + 900) for left in (4, 3, 2)]


def test_beyond_the_limit_requests_are_refused_until_the_reset(server: XServer, clock: Clock) -> None:
    assert [get(server, PATH).status_code for _ in range(6)] == [200] * 5 + [429]
    clock.now += 899
    refused = get(server, PATH)
    assert (refused.status_code, refused.json()["title"]) == (429, "Too Many Requests")
    assert told(refused) == (5, 0, START + 900)
    clock.now += 1
    assert told(get(server, PATH)) == (5, 4, START + 1800)


def test_each_endpoint_has_its_own_limit_shared_by_all_accounts(server: XServer) -> None:
    assert [get(server, "/2/users", {"ids": MINISTRY}).status_code for _ in range(3)] == [200, 200, 429]
    assert told(get(server, PATH))[:2] == (5, 4)
    assert told(get(server, timeline(EMBASSY)))[:2] == (5, 3)
    assert told(get(server, f"/2/users/{MINISTRY}"))[:2] == (LIMITS["/2/users/:id"], LIMITS["/2/users/:id"] - 1)


# What was read, and what it costs


def test_the_log_tells_what_was_asked_and_which_posts_went_out(server: XServer, world: XWorld) -> None:
    ask(server, PATH, max_results=5)
    ask(server, "/2/users", ids=f"{MINISTRY},{EMBASSY},{BANNED}")
    timeline_read, users_read = server.log
    assert (timeline_read.method, timeline_read.path, timeline_read.parameters) == ("GET", PATH, {"max_results": "5"})
    assert list(timeline_read.post_ids) == ids(world.timeline(MINISTRY))[:5] == server.delivered
    assert (users_read.status, users_read.user_ids) == (200, (MINISTRY, EMBASSY))


def test_a_post_read_twice_is_charged_once_a_day(server: XServer, clock: Clock) -> None:
    ask(server, PATH, max_results=5)
    ask(server, PATH, max_results=10)
    assert server.bill == Bill(posts=10)
    clock.now += DAY
    ask(server, PATH, max_results=10)
    assert server.bill == Bill(posts=20)


def test_expanded_posts_and_users_are_charged_and_errors_are_free(server: XServer, world: XWorld) -> None:
    quoted = world.publish(EMBASSY, START).post_id
    world.publish(MINISTRY, START + DAY * 9, kind=PostKind.QUOTE, ref_post_id=quoted)
    ask(server, f"/2/users/{BANNED}")
    ask(server, timeline(BANNED))
    assert server.bill == Bill()
    ask(server, PATH, max_results=5, expansions="referenced_tweets.id,author_id")
    assert server.bill == Bill(posts=6, users=1)
    assert len(server.delivered) == 5


# Connections


def exchange(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", PATH, headers={"Authorization": f"Bearer {BEARER_TOKEN}"})
    return connection.getresponse().read()


def test_one_connection_serves_many_requests(server: XServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    bodies: list[bytes] = []
    used: set[object] = set()
    for _ in range(3):
        bodies.append(exchange(connection))
        used.add(connection.sock)
    connection.close()
    assert (len(bodies), len(set(bodies)), len(used)) == (3, 1, 1)


def test_a_stopped_server_is_gone_at_once_also_for_connections_that_were_kept(server: XServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    exchange(connection)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 1
    with pytest.raises(OSError):
        exchange(connection)
    connection.close()
    with pytest.raises(requests.ConnectionError):
        get(server, PATH)


def test_a_server_started_again_has_the_same_address_and_remembers_what_it_served(server: XServer) -> None:
    before = server.url
    ask(server, PATH)
    server.stop()
    server.start()
    ask(server, PATH)
    assert server.url == before
    assert len(server.log) == 2


def test_a_port_that_is_taken_is_an_error_that_says_so(server: XServer, world: XWorld) -> None:
    with pytest.raises(SandboxError, match=f"port {server.port} .*choose another"):
        XServer(world, port=server.port).start()


def test_a_dialect_that_does_not_exist_is_an_error_that_names_those_that_do(world: XWorld) -> None:
    with pytest.raises(SandboxError, match=r"'toot'.*tweet, post"):
        XServer(world, dialect="toot")


def test_accounts_can_be_read_while_they_change(world: XWorld) -> None:
    """Readers see every post that was there all along, however much is published and deleted meanwhile."""
    lasting = set(ids(world.timeline(MINISTRY)))
    done = threading.Event()

    def stir() -> None:
        while not done.is_set():
            world.delete(world.publish(MINISTRY, START).post_id)

    found: list[list[int]] = []
    with XServer(world) as server:
        stirrer = threading.Thread(target=stir)
        stirrer.start()
        readers = [
            threading.Thread(target=lambda: found.append(walked(server, MINISTRY, max_results=5))) for _ in range(4)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        done.set()
        stirrer.join()
    assert len(found) == 4
    assert all(lasting <= set(walk) for walk in found)


class ToSandbox(requests.adapters.HTTPAdapter):
    """Sends what is meant for X to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *arguments: object, **options: object) -> requests.Response:
        assert request.url is not None
        request.url = request.url.replace("https://api.twitter.com", self._url)
        return super().send(request, *arguments, **options)  # type: ignore[arg-type]  # handed on as they came


@pytest.mark.parametrize("dialect", ["post", "tweet"])
def test_tweepy_walks_a_timeline(world: XWorld, dialect: str) -> None:
    with XServer(world, dialect=dialect) as server:
        client = tweepy.Client(BEARER_TOKEN, return_type=dict)
        client.session.mount("https://api.twitter.com", ToSandbox(server.url))
        found: list[int] = []
        token = None
        while True:
            page = client.get_users_tweets(
                MINISTRY, max_results=10, pagination_token=token, tweet_fields=OLD_FIELDS.split(",")
            )
            found += [int(post["id"]) for post in page["data"]]
            token = page["meta"].get("next_token")
            if token is None:
                break
        users = client.get_users(usernames=["Sample_Ministry", "ExampleBanned"], user_fields=["public_metrics"])
        client.session.close()
    assert found == ids(world.timeline(MINISTRY))
    assert [user["id"] for user in users["data"]] == [str(MINISTRY)]
    assert [error["title"] for error in users["errors"]] == ["Forbidden"]
