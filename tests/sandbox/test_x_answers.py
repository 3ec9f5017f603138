from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.x_rehearsal import (
    BANNED,
    EMBASSY,
    LEFT,
    LOCKED,
    MINISTRY,
    OLD_FIELDS,
    OLD_USER_FIELDS,
    START,
    ask,
    get,
    ids,
    invented_world,
    timeline,
)
from tests.sandbox.x_specification import complaints, problem_complaints
from tracker.domain.instants import HOUR
from tracker.domain.words import PostKind
from tracker.sandbox.x_server import XServer
from tracker.sandbox.x_world import XWorld


@pytest.fixture
def world() -> XWorld:
    """Posts of every kind, one of them long, one edited, one withheld, one quoting another that can be seen."""
    world = invented_world(posts=8)
    longest = world.publish(MINISTRY, START + 20 * HOUR, "بلند " * 100, lang="fa", withheld_in=("IR", "RU"))
    world.edit(longest.post_id, "بلندتر " * 100, START + 21 * HOUR)
    quoted = world.publish(EMBASSY, START, "quoted").post_id
    world.publish(MINISTRY, START + 22 * HOUR, "quoting", PostKind.QUOTE, ref_post_id=quoted, ref_author_id=EMBASSY)
    world.publish(MINISTRY, START + 23 * HOUR, "repost " * 60, PostKind.REPOST, ref_post_id=quoted)
    return world


@pytest.fixture(params=["post", "tweet"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(dialect: str, world: XWorld) -> Iterator[XServer]:
    with XServer(world, dialect=dialect) as server:
        yield server


ALL: dict[str, object] = {"tweet_fields": OLD_FIELDS, "user_fields": OLD_USER_FIELDS}
EXPANDED: dict[str, object] = {**ALL, "expansions": "author_id,referenced_tweets.id"}
EVERYBODY = f"{MINISTRY},{EMBASSY},{BANNED},{LEFT},{LOCKED},999"
NAMES = "Sample_Ministry,exampleembassy,ExampleBanned,ExampleLeft,ExampleLocked,nobody"


def test_every_answer_is_as_the_specification_says(server: XServer, dialect: str, world: XWorld) -> None:
    posts = ids(world.timeline(MINISTRY))
    hidden = [world.timeline(account)[0].post_id for account in (BANNED, LEFT, LOCKED)]
    requests: list[tuple[str, str, dict[str, object]]] = [
        ("/2/users/by", "/2/users/by", {"usernames": NAMES, **ALL}),
        ("/2/users", "/2/users", {"ids": EVERYBODY, **ALL}),
        ("/2/users", "/2/users", {"ids": LEFT}),
        ("/2/tweets", "/2/tweets", {"ids": ",".join(map(str, [*posts, *hidden, 7])), **EXPANDED}),
        *(("/2/users/:id", f"/2/users/{account}", ALL) for account in EVERYBODY.split(",")),
        *(("/2/users/by/username/:username", f"/2/users/by/username/{name}", ALL) for name in NAMES.split(",")),
        *(("/2/users/:id/tweets", timeline(int(account)), EXPANDED) for account in EVERYBODY.split(",")),
        ("/2/users/:id/tweets", timeline(MINISTRY), {}),
        ("/2/users/:id/tweets", timeline(MINISTRY), {"since_id": posts[0]}),
    ]
    for endpoint, path, parameters in requests:
        body = ask(server, path, **parameters)
        assert body, "an answer always says something"
        assert complaints(dialect, endpoint, body) == [], path


def test_an_answer_in_the_other_dialect_would_be_noticed(server: XServer, dialect: str) -> None:
    other = {"post": "tweet", "tweet": "post"}[dialect]
    assert complaints(other, "/2/users/:id/tweets", ask(server, timeline(MINISTRY)))
    assert complaints(other, "/2/users/:id", ask(server, f"/2/users/{MINISTRY}", user_fields="public_metrics"))
    assert complaints(other, "/2/users/:id", ask(server, f"/2/users/{LEFT}"))


def test_refusals_of_parameters_are_as_the_specification_says(server: XServer, dialect: str) -> None:
    for path, parameters, blamed in BAD_REQUESTS:
        response = get(server, path, parameters)
        assert response.status_code == 400, (path, parameters)
        assert problem_complaints(dialect, response.json()) == []
        (error,) = response.json()["errors"]
        assert [*error["parameters"]] == [blamed], (path, parameters)


BAD_REQUESTS: list[tuple[str, dict[str, Any], str]] = [
    (timeline(MINISTRY), {"max_results": 4}, "max_results"),
    (timeline(MINISTRY), {"max_results": 101}, "max_results"),
    (timeline(MINISTRY), {"max_results": "many"}, "max_results"),
    (timeline(MINISTRY), {"since_id": "x"}, "since_id"),
    (timeline(MINISTRY), {"since_id": "1" * 20}, "since_id"),
    (timeline(MINISTRY), {"since_id": 9, "until_id": 9}, "since_id"),
    (timeline(MINISTRY), {"start_time": "yesterday"}, "start_time"),
    (timeline(MINISTRY), {"start_time": "2009-01-01T00:00:00Z"}, "start_time"),
    (timeline(MINISTRY), {"start_time": "2022-01-02T00:00:00Z", "end_time": "2022-01-01T00:00:00Z"}, "start_time"),
    (timeline(MINISTRY), {"exclude": "quotes"}, "exclude"),
    (timeline(MINISTRY), {"pagination_token": "made-up"}, "pagination_token"),
    (timeline(MINISTRY), {"tweet_fields": "created_at,colour"}, "tweet.fields"),
    (timeline(MINISTRY), {"expansions": "everything"}, "expansions"),
    (timeline(MINISTRY), {"page": 2}, "page"),
    ("/2/users/example/tweets", {}, "id"),
    ("/2/users/example", {}, "id"),
    ("/2/users", {}, "ids"),
    ("/2/users", {"ids": ""}, "ids"),
    ("/2/users", {"ids": "1,two"}, "ids"),
    ("/2/users", {"ids": ",".join(map(str, range(1, 102)))}, "ids"),
    ("/2/users/by", {"usernames": "@Sample_Ministry"}, "usernames"),
    ("/2/tweets", {"ids": "1e18"}, "ids"),
]


def test_only_the_default_fields_come_unasked(server: XServer, dialect: str) -> None:
    history = {"post": "edit_history_post_ids", "tweet": "edit_history_tweet_ids"}[dialect]
    posts = ask(server, timeline(MINISTRY))["data"]
    assert all(post.keys() == {"id", "text", history} for post in posts)
    assert ask(server, f"/2/users/{MINISTRY}")["data"].keys() == {"id", "name", "username"}


def test_the_old_names_are_understood_and_answered_in_the_dialect_that_is_spoken(
    server: XServer, dialect: str
) -> None:
    noun, repost = {"post": ("post", "repost"), "tweet": ("tweet", "retweet")}[dialect]
    page = ask(server, timeline(MINISTRY), **EXPANDED)
    by_text = {post["text"]: post for post in page["data"]}
    reply = by_text["نوشتهٔ 5"]
    assert reply[f"referenced_{noun}s"] == [{"type": "replied_to", "id": "1005"}]
    assert reply["in_reply_to_user_id"] == str(EMBASSY)
    assert (reply["public_metrics"][f"{repost}_count"], reply["public_metrics"]["like_count"]) == (10, 5)
    assert [post["text"] for post in page["includes"][f"{noun}s"]] == ["quoted"]
    user = ask(server, f"/2/users/{MINISTRY}", **ALL)["data"]
    assert user["public_metrics"][f"{noun}_count"] == 11
    assert user[f"most_recent_{noun}_id"] == page["data"][0]["id"]


def test_only_the_newer_dialect_understands_the_new_names(server: XServer, dialect: str) -> None:
    expected = {"post": 200, "tweet": 400}[dialect]
    asked = [{"post_fields": "created_at"}, {"tweet_fields": "note_post"}, {"expansions": "referenced_posts"}]
    assert [get(server, timeline(MINISTRY), parameters).status_code for parameters in asked] == [expected] * 3


def test_a_long_post_is_cut_and_told_in_full_only_when_asked(server: XServer, dialect: str) -> None:
    note = {"post": "note_post", "tweet": "note_tweet"}[dialect]
    (long,) = [post for post in ask(server, timeline(MINISTRY), **ALL)["data"] if note in post]
    assert long[note]["text"] == "بلندتر " * 100
    assert len(long["text"]) == 280
    assert long["text"].endswith("…")


def test_the_text_of_a_repost_is_cut_at_140_and_never_told_in_full(server: XServer) -> None:
    newest = ask(server, timeline(MINISTRY), **ALL)["data"][0]
    assert len(newest["text"]) == 140
    assert not newest.keys() & {"note_post", "note_tweet"}


def test_an_edited_post_stands_once_in_the_timeline_and_names_all_its_versions(server: XServer, dialect: str) -> None:
    history = {"post": "edit_history_post_ids", "tweet": "edit_history_tweet_ids"}[dialect]
    (edited,) = [post for post in ask(server, timeline(MINISTRY))["data"] if len(post[history]) == 2]
    first, last = edited[history]
    assert edited["id"] == last
    (looked_up,) = ask(server, "/2/tweets", ids=first)["data"]
    assert (looked_up["id"], looked_up[history]) == (first, [first, last])


def test_where_a_post_is_withheld_is_told_by_country(server: XServer, dialect: str) -> None:
    (withheld,) = [post["withheld"] for post in ask(server, timeline(MINISTRY), **ALL)["data"] if "withheld" in post]
    assert withheld == {"copyright": False, "country_codes": ["IR", "RU"], "scope": dialect}


def test_an_account_that_cannot_be_shown_is_an_error_inside_an_answer_200(server: XServer) -> None:
    for account, title in (
        (BANNED, "Forbidden"),
        (LEFT, "Not Found Error"),
        (LOCKED, "Authorization Error"),
        (999, "Not Found Error"),
    ):
        for path in (f"/2/users/{account}", timeline(account)):
            body = ask(server, path)
            assert "data" not in body
            assert [(error["title"], error["resource_id"]) for error in body["errors"]] == [(title, str(account))]


def test_a_list_mixes_what_is_found_with_what_is_not_in_the_order_asked(server: XServer) -> None:
    by_name = ask(server, "/2/users/by", usernames=NAMES)
    assert [user["id"] for user in by_name["data"]] == [str(MINISTRY), str(EMBASSY)]
    assert [error["value"] for error in by_name["errors"]] == NAMES.split(",")[2:]
    by_id = ask(server, "/2/users", ids=f"{LEFT},{EMBASSY},{BANNED},{MINISTRY},{EMBASSY}")
    assert [user["id"] for user in by_id["data"]] == [str(EMBASSY), str(MINISTRY)]
    assert [error["title"] for error in by_id["errors"]] == ["Not Found Error", "Forbidden"]


def test_posts_of_hidden_accounts_and_deleted_ones_cannot_be_looked_up(server: XServer, world: XWorld) -> None:
    kept, deleted = ids(world.timeline(MINISTRY))[:2]
    world.delete(deleted)
    hidden = [world.timeline(account)[0].post_id for account in (BANNED, LEFT, LOCKED)]
    body = ask(server, "/2/tweets", ids=",".join(map(str, [deleted, kept, *hidden])))
    assert [int(post["id"]) for post in body["data"]] == [kept]
    assert [error["title"] for error in body["errors"]] == ["Not Found Error"] * 3 + ["Authorization Error"]


def test_a_post_that_is_referred_to_but_not_there_is_a_partial_error(server: XServer) -> None:
    body = ask(server, timeline(MINISTRY), expansions="referenced_tweets.id", max_results=100)
    assert len(body["data"]) == 11
    assert [error["resource_id"] for error in body["errors"]] == ["1007", "1006", "1005", "1003", "1002", "1001"]


def test_a_renamed_account_is_found_by_its_id_and_its_new_name_only(server: XServer, world: XWorld) -> None:
    world.rename(MINISTRY, "NewMinistry")
    assert ask(server, f"/2/users/{MINISTRY}")["data"]["username"] == "NewMinistry"
    assert ask(server, "/2/users/by/username/NEWMINISTRY")["data"]["id"] == str(MINISTRY)
    assert "data" not in ask(server, "/2/users/by/username/Sample_Ministry")


def test_a_protected_profile_is_shown_where_the_server_is_told_so(world: XWorld) -> None:
    with XServer(world, shows_protected_profiles=True) as server:
        assert ask(server, f"/2/users/{LOCKED}", user_fields="protected")["data"]["protected"] is True
        assert ask(server, timeline(LOCKED))["errors"][0]["title"] == "Authorization Error"
