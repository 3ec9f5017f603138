"""The sandbox's compliance jobs, asked over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.x_rehearsal import BANNED, LEFT, LOCKED, MINISTRY, ask, get, ids, invented_world
from tracker.sandbox.x_server import BEARER_TOKEN, XServer

JOBS = "/2/compliance/jobs"


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer(invented_world(posts=4)) as server:
        yield server


def create(server: XServer, order: object = {"type": "tweets", "name": "a test"}) -> requests.Response:
    headers = {"Authorization": f"Bearer {BEARER_TOKEN}"}
    return requests.post(server.url + JOBS, json=order, headers=headers, timeout=5)


def results(server: XServer, job: Any, post_ids: list[int]) -> dict[int, tuple[str, str]]:
    """Upload ids, wait, and download what is wrong with them."""
    text = "\n".join(map(str, post_ids))
    assert requests.put(job["upload_url"], text, timeout=5).status_code == 200
    assert requests.get(job["download_url"], timeout=5).status_code == 404
    assert ask(server, f"{JOBS}/{job['id']}")["data"]["status"] == "in_progress"
    assert ask(server, f"{JOBS}/{job['id']}")["data"]["status"] == "complete"
    lines = map(json.loads, requests.get(job["download_url"], timeout=5).text.splitlines())
    return {int(line["id"]): (line["action"], line["reason"]) for line in lines}


def test_what_is_wrong_with_posts_is_told_line_by_line_and_nothing_of_those_that_are_fine(server: XServer) -> None:
    fine, deleted, *_ = ids(server.world.timeline(MINISTRY))
    hidden = [server.world.newest(account_id) or 0 for account_id in (BANNED, LEFT, LOCKED)]
    server.world.delete(deleted)
    job = create(server).json()["data"]
    assert job["status"] == "created"
    assert results(server, job, [fine, deleted, *hidden]) == {
        deleted: ("delete", "deleted"),
        hidden[0]: ("delete", "suspended"),
        hidden[1]: ("delete", "deactivated"),
        hidden[2]: ("protect", "protected"),
    }
    assert server.bill.micros == 0


def test_jobs_are_listed_newest_first(server: XServer) -> None:
    assert ask(server, JOBS, type="tweets") == {"meta": {"result_count": 0}}
    made = [create(server).json()["data"]["id"] for _ in range(2)]
    assert [job["id"] for job in ask(server, JOBS, type="tweets")["data"]] == made[::-1]


@pytest.mark.parametrize("order", [{}, {"type": "posts"}, ["tweets"]])
def test_an_order_that_x_would_not_understand_is_refused(server: XServer, order: object) -> None:
    assert create(server, order).status_code == 400


def test_what_there_is_not_cannot_be_had(server: XServer) -> None:
    assert get(server, f"{JOBS}/7").status_code == 400
    assert requests.get(f"{server.url}/sandbox/compliance/guessed", timeout=5).status_code == 403
    assert requests.post(server.url + JOBS, json={"type": "tweets"}, timeout=5).status_code == 401


def test_a_deleted_post_can_be_there_again_with_all_its_versions(server: XServer) -> None:
    post_id = ids(server.world.timeline(MINISTRY))[0]
    new = server.world.edit(post_id, "ویرایش", server.world.timeline(MINISTRY)[0].created_at + 5)
    before = server.world.timeline(MINISTRY)
    server.world.delete(new.post_id)
    assert "errors" in ask(server, "/2/tweets", ids=f"{post_id},{new.post_id}")
    server.world.undelete(post_id)
    assert server.world.timeline(MINISTRY) == before
    assert len(ask(server, "/2/tweets", ids=f"{post_id},{new.post_id}")["data"]) == 2
