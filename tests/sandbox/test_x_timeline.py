from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.x_rehearsal import MINISTRY, START, ask, get, ids, invented_world, timeline, walk, walked
from tracker.domain.instants import HOUR, iso
from tracker.domain.words import PostKind
from tracker.sandbox.x_server import XServer
from tracker.sandbox.x_world import XWorld

POSTS = 57


@pytest.fixture(scope="module")
def world() -> XWorld:
    return invented_world(posts=POSTS)


@pytest.fixture(scope="module")
def server(world: XWorld) -> Iterator[XServer]:
    with XServer(world) as server:
        yield server


@pytest.fixture(scope="module")
def all_ids(world: XWorld) -> list[int]:
    return ids(world.timeline(MINISTRY))


@pytest.mark.parametrize("size", [5, 19, 56, 57, 100])
def test_walking_by_tokens_meets_every_post_once_newest_first(server: XServer, all_ids: list[int], size: int) -> None:
    pages = list(walk(server, MINISTRY, max_results=size))
    assert [int(post["id"]) for page in pages for post in page["data"]] == all_ids
    assert [page["meta"]["result_count"] for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert all(page["meta"]["newest_id"] == page["data"][0]["id"] for page in pages)
    assert all(page["meta"]["oldest_id"] == page["data"][-1]["id"] for page in pages)


def test_a_page_has_ten_posts_unless_more_are_asked_for(server: XServer) -> None:
    assert ask(server, timeline(MINISTRY))["meta"]["result_count"] == 10


def test_walking_by_until_id_meets_every_post_once(server: XServer, all_ids: list[int]) -> None:
    found: list[int] = []
    page = ask(server, timeline(MINISTRY), max_results=20)
    while "data" in page:
        found += [int(post["id"]) for post in page["data"]]
        page = ask(server, timeline(MINISTRY), max_results=20, until_id=found[-1])
    assert found == all_ids
    assert page == {"meta": {"result_count": 0}}


def test_bounds_by_id_leave_out_the_ids_themselves(server: XServer, all_ids: list[int]) -> None:
    for newer, older in ((0, 56), (3, 30), (10, 11), (7, 9)):
        bounds = {"since_id": all_ids[older], "until_id": all_ids[newer]}
        assert walked(server, MINISTRY, max_results=5, **bounds) == all_ids[newer + 1 : older]


def test_ids_are_compared_as_numbers(server: XServer, all_ids: list[int]) -> None:
    assert walked(server, MINISTRY, since_id=9, max_results=100) == all_ids
    assert walked(server, MINISTRY, until_id=9, max_results=100) == []


def test_bounds_by_time_hold_the_start_and_leave_out_the_end(server: XServer, all_ids: list[int]) -> None:
    bounds = {"start_time": iso(START + 10 * HOUR), "end_time": iso(START + 20 * HOUR)}
    assert walked(server, MINISTRY, max_results=5, **bounds) == all_ids[-20:-10]


def test_ids_take_precedence_over_times(server: XServer, all_ids: list[int]) -> None:
    bounds = {"since_id": all_ids[5], "start_time": iso(START)}
    assert walked(server, MINISTRY, max_results=100, **bounds) == all_ids[:5]


def test_replies_and_reposts_are_left_out_on_request(server: XServer, world: XWorld) -> None:
    kept = [p.post_id for p in world.timeline(MINISTRY) if p.kind in {PostKind.ORIGINAL, PostKind.QUOTE}]
    assert walked(server, MINISTRY, max_results=9, exclude="replies,retweets") == kept


def test_a_token_leads_back_too(server: XServer) -> None:
    first, second, third, *_ = walk(server, MINISTRY, max_results=10)
    assert "previous_token" not in first["meta"]
    back = ask(server, timeline(MINISTRY), max_results=10, pagination_token=third["meta"]["previous_token"])
    assert back["data"] == second["data"]
    again = ask(server, timeline(MINISTRY), max_results=10, pagination_token=back["meta"]["previous_token"])
    assert again == first


def test_a_token_is_good_for_its_own_account_only(server: XServer) -> None:
    token = ask(server, timeline(MINISTRY))["meta"]["next_token"]
    assert get(server, timeline(102), {"pagination_token": token}).status_code == 400


def test_a_token_survives_a_restart_but_not_its_expiry(world: XWorld, all_ids: list[int]) -> None:
    with XServer(world) as before:
        token = ask(before, timeline(MINISTRY), max_results=10)["meta"]["next_token"]
    with XServer(world) as after:
        page = ask(after, timeline(MINISTRY), max_results=10, pagination_token=token)
        assert [int(post["id"]) for post in page["data"]] == all_ids[10:20]
        after.expire_tokens()
        refused = get(after, timeline(MINISTRY), {"pagination_token": token})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["parameters"] == {"pagination_token": [token]}


def test_beyond_the_depth_there_is_a_successful_answer_without_data(world: XWorld, all_ids: list[int]) -> None:
    with XServer(world, depth=25) as server:
        *pages, last = walk(server, MINISTRY, max_results=10)
        assert [int(post["id"]) for page in pages for post in page["data"]] == all_ids[:25]
        assert "data" not in last
        assert last["meta"]["result_count"] == 0
        assert ask(server, timeline(MINISTRY), until_id=all_ids[24]) == {"meta": {"result_count": 0}}
        assert walked(server, MINISTRY, since_id=all_ids[50], max_results=10) == all_ids[:25]
        assert walked(server, MINISTRY, since_id=all_ids[20], max_results=10) == all_ids[:20]


def test_excluding_replies_makes_the_depth_smaller(world: XWorld) -> None:
    newest = world.timeline(MINISTRY)[:20]
    with XServer(world, depth_without_replies=20) as server:
        found = walked(server, MINISTRY, max_results=100, exclude="replies")
    assert found == [post.post_id for post in newest if post.kind is not PostKind.REPLY]


def test_what_is_published_or_deleted_during_a_walk_neither_repeats_nor_hides_other_posts() -> None:
    world = invented_world(posts=POSTS)
    expected = ids(world.timeline(MINISTRY))
    found: list[int] = []
    with XServer(world) as server:
        for page in walk(server, MINISTRY, max_results=10):
            found += [int(post["id"]) for post in page["data"]]
            world.publish(MINISTRY, START + 1000 * HOUR + len(found))
            world.delete(found[-1])
    assert found == expected


def test_an_account_without_posts_has_an_empty_page(server: XServer) -> None:
    assert ask(server, timeline(102)) == {"meta": {"result_count": 0}}
