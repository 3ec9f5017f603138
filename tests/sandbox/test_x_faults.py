from __future__ import annotations

import http.client
import time
from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.x_rehearsal import MINISTRY, START, ask, get, ids, invented_world, timeline
from tests.sandbox.x_specification import problem_complaints
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XWorld

PATH = timeline(MINISTRY)
AUTHORIZED = {"Authorization": f"Bearer {BEARER_TOKEN}"}


@pytest.fixture
def world() -> XWorld:
    return invented_world(posts=30)


@pytest.fixture
def server(world: XWorld) -> Iterator[XServer]:
    with XServer(world, clock=lambda: START) as server:
        yield server


@pytest.mark.parametrize(
    ("fault", "status", "title"),
    [
        (XFault.RATE_LIMITED, 429, "Too Many Requests"),
        (XFault.RATE_LIMITED_WITHOUT_RESET, 429, "Too Many Requests"),
        (XFault.RATE_LIMITED_PAST_RESET, 429, "Too Many Requests"),
        (XFault.MONTHLY_CAP, 429, "UsageCapExceeded"),
        (XFault.CREDITS_SPENT, 402, "CreditsDepleted"),
        (XFault.SPEND_CAP, 403, "SpendCapReached"),
        (XFault.CLIENT_FORBIDDEN, 403, "Client Forbidden"),
        (XFault.UNAUTHORIZED, 401, "Unauthorized"),
        (XFault.SERVER_ERROR, 500, "Internal Server Error"),
        (XFault.GATEWAY_TIMEOUT, 504, "Gateway Timeout"),
        (XFault.EXPIRED_TOKEN, 400, "Invalid Request"),
    ],
)
def test_a_fault_meets_one_request_and_delivers_nothing(
    server: XServer, fault: XFault, status: int, title: str
) -> None:
    token = ask(server, PATH)["meta"]["next_token"]
    before = server.delivered
    server.fail(fault)
    refused = get(server, PATH, {"pagination_token": token})
    assert (refused.status_code, refused.json()["title"]) == (status, title)
    assert server.delivered == before
    assert ask(server, PATH, pagination_token=token)["data"]
    assert [(served.status, served.fault) for served in server.log] == [(200, None), (status, fault), (200, None)]


def reset_told(server: XServer) -> int | None:
    told = get(server, PATH).headers.get("x-rate-limit-reset")
    return None if told is None else int(told)


def test_a_rate_limit_tells_its_reset_or_none_or_one_that_is_over(server: XServer) -> None:
    server.fail(XFault.RATE_LIMITED)
    server.fail(XFault.RATE_LIMITED, seconds=90)
    server.fail(XFault.RATE_LIMITED_WITHOUT_RESET)
    server.fail(XFault.RATE_LIMITED_PAST_RESET)
    assert [reset_told(server) for _ in range(4)] == [START + 900, START + 90, None, START - 60]


def test_the_monthly_cap_looks_as_if_much_remained(server: XServer) -> None:
    server.fail(XFault.MONTHLY_CAP)
    refused = get(server, PATH)
    assert int(refused.headers["x-rate-limit-remaining"]) > 9_000
    assert refused.json()["period"] == "Monthly"


def test_the_spend_cap_is_lifted_with_the_next_month(server: XServer) -> None:
    server.fail(XFault.SPEND_CAP)
    assert get(server, PATH).json()["reset_date"] == "2022-10-01"


def test_the_refusal_of_a_token_is_as_the_specification_says(server: XServer) -> None:
    token = ask(server, PATH)["meta"]["next_token"]
    server.fail(XFault.EXPIRED_TOKEN)
    assert ask(server, PATH)["data"], "a request without a token has none to expire"
    refused = get(server, PATH, {"pagination_token": token})
    assert problem_complaints("post", refused.json()) == []
    assert refused.json()["errors"][0]["parameters"] == {"pagination_token": [token]}


@pytest.mark.parametrize(
    ("fault", "status"),
    [(XFault.BAD_GATEWAY_HTML, 502), (XFault.UNAVAILABLE_HTML, 503), (XFault.OK_HTML, 200)],
)
def test_a_page_in_place_of_json(server: XServer, fault: XFault, status: int) -> None:
    server.fail(fault)
    page = get(server, PATH)
    assert page.status_code == status
    assert page.headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.JSONDecodeError):
        page.json()


def test_a_truncated_answer_is_shorter_than_it_says(server: XServer) -> None:
    server.fail(XFault.TRUNCATED)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", PATH, headers=AUTHORIZED)
    response = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as caught:
        response.read()
    connection.close()
    assert len(caught.value.partial) == int(response.headers["Content-Length"]) // 2
    assert caught.value.partial.startswith(b'{"data":[')
    assert server.delivered == []
    assert len(server.log[0].post_ids) == 10, "the log tells what was on the way"


def test_a_slow_answer_outlasts_the_clients_patience_but_does_not_hold_up_the_stop(server: XServer) -> None:
    server.fail(XFault.SLOW)
    with pytest.raises(requests.ReadTimeout):
        requests.get(server.url + PATH, headers=AUTHORIZED, timeout=(5, 0.1))
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 2
    assert server.bill.posts == 10, "X charges for what it answered"


def test_a_patient_client_gets_a_slow_answer(server: XServer) -> None:
    server.fail(XFault.SLOW, seconds=0.05)
    assert len(ask(server, PATH)["data"]) == 10


def test_a_connection_dropped_before_the_request_is_looked_at_costs_nothing(server: XServer) -> None:
    server.fail(XFault.DROPPED)
    with pytest.raises(requests.ConnectionError):
        get(server, PATH)
    assert (server.log[0].status, server.log[0].post_ids, server.bill.posts) == (0, (), 0)


def test_a_connection_dropped_after_the_answer_was_made_is_charged(server: XServer) -> None:
    server.fail(XFault.DROPPED_AFTER)
    with pytest.raises(requests.ConnectionError):
        get(server, PATH)
    assert (server.log[0].status, len(server.log[0].post_ids), server.bill.posts) == (200, 10, 10)
    assert server.delivered == []


def test_one_post_without_an_id_among_good_ones(server: XServer, world: XWorld) -> None:
    server.fail(XFault.MALFORMED_ID)
    posts = ask(server, PATH)["data"]
    bad = server.log[0].spoiled
    assert [int(post["id"]) for post in posts if "id" in post] == [
        post_id for post_id in ids(world.timeline(MINISTRY))[:10] if post_id != bad
    ]


def test_one_post_with_a_word_for_counters_among_good_ones(server: XServer) -> None:
    server.fail(XFault.MALFORMED_METRICS)
    posts = ask(server, PATH, tweet_fields="public_metrics")["data"]
    assert [int(post["id"]) for post in posts if post["public_metrics"] == "many"] == [server.log[0].spoiled]
    assert len(posts) == 10


def test_a_malformed_item_waits_for_a_request_for_posts(server: XServer) -> None:
    server.fail(XFault.MALFORMED_ID)
    assert ask(server, f"/2/users/{MINISTRY}")["data"]["id"] == str(MINISTRY)
    assert server.pending_faults == [XFault.MALFORMED_ID]


def test_a_fault_can_be_asked_for_several_times_later_and_for_some_paths_only(server: XServer) -> None:
    server.fail(XFault.SERVER_ERROR, 2, "/2/users/*/tweets", after=1)
    paths = [PATH, "/2/users/101", PATH, "/2/users/101", PATH, PATH]
    assert [get(server, path).status_code for path in paths] == [200, 200, 500, 200, 500, 200]


def test_faults_come_true_in_the_order_asked(server: XServer) -> None:
    server.fail(XFault.CREDITS_SPENT)
    server.fail(XFault.UNAUTHORIZED)
    server.fail(XFault.SERVER_ERROR, path="/2/users")
    assert [get(server, PATH).status_code for _ in range(3)] == [402, 401, 200]
    server.heal()
    assert get(server, "/2/users", {"ids": 101}).status_code == 200


def test_a_fault_in_the_middle_of_a_walk_leaves_the_rest_of_the_walk_whole(server: XServer, world: XWorld) -> None:
    server.fail(XFault.SERVER_ERROR, after=1)
    first = ask(server, PATH, max_results=10)
    token = first["meta"]["next_token"]
    assert get(server, PATH, {"max_results": 10, "pagination_token": token}).status_code == 500
    second = ask(server, PATH, max_results=10, pagination_token=token)
    found = [int(post["id"]) for post in first["data"] + second["data"]]
    assert found == ids(world.timeline(MINISTRY))[:20] == server.delivered


def test_faults_can_be_asked_for_over_the_wire(server: XServer) -> None:
    control = server.url + "/sandbox/faults"
    order = {"fault": "credits_spent", "times": 2, "path": "/2/users/*/tweets", "after": 1, "seconds": None}
    assert requests.post(control, json=order, timeout=5).json()["pending"] == ["credits_spent"]
    assert [get(server, PATH).status_code for _ in range(2)] == [200, 402]
    assert requests.delete(control, timeout=5).json()["pending"] == []
    assert get(server, PATH).status_code == 200
    assert set(requests.get(control, timeout=5).json()["faults"]) == set(XFault)
    assert all(served.path == PATH for served in server.log), "orders are no requests to X"


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ("nonsense", "not JSON"),
        ("[]", "expected"),
        ('{"fault": "slow", "when": "now"}', "expected"),
        ('{"fault": "fire"}', "no fault 'fire'"),
        ("{}", "no fault None"),
        ('{"fault": ["slow"]}', "no fault"),
        ('{"fault": "slow", "times": "twice"}', "whole numbers"),
        ('{"fault": "slow", "path": 2}', "path is a text"),
        ('{"fault": "slow", "seconds": "long"}', "seconds is a number"),
    ],
)
def test_a_wrong_order_is_refused_with_what_is_wrong(server: XServer, order: str, complaint: str) -> None:
    refused = requests.post(server.url + "/sandbox/faults", order, timeout=5)
    assert refused.status_code == 400
    assert complaint in refused.json()["detail"]
    assert server.pending_faults == []
