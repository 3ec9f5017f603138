"""A small invented world, and a client that asks the sandbox's X for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import requests

from tracker.domain.instants import HOUR, Instant, from_iso
from tracker.domain.records import Metrics
from tracker.domain.words import PostKind
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XPost, XState, XWorld

START: Instant = from_iso("2022-09-21T14:00:00Z")

MINISTRY, EMBASSY, BANNED, LEFT, LOCKED = 101, 102, 103, 104, 105
STATES = {BANNED: XState.SUSPENDED, LEFT: XState.GONE, LOCKED: XState.PROTECTED}

OLD_FIELDS = (
    "author_id,conversation_id,created_at,edit_history_tweet_ids,in_reply_to_user_id,lang,note_tweet,"
    "possibly_sensitive,public_metrics,referenced_tweets,withheld"
)
OLD_USER_FIELDS = "created_at,description,most_recent_tweet_id,protected,public_metrics,verified,withheld"


def invented_world(posts: int = 0) -> XWorld:
    """Two accounts to be seen, three that are hidden; `posts` hourly posts of the ministry, of every kind in turn."""
    world = XWorld()
    for account_id, username in (
        (MINISTRY, "Sample_Ministry"),
        (EMBASSY, "ExampleEmbassy"),
        (BANNED, "ExampleBanned"),
        (LEFT, "ExampleLeft"),
        (LOCKED, "ExampleLocked"),
    ):
        world.add_account(XAccount(account_id, username, "وزارت نمونه (invented)", START, 1000, 10, "invented"))
    for account_id, state in STATES.items():
        world.publish(account_id, START)
        world.set_state(account_id, state)
    for hour in range(posts):
        kind = PostKind(hour % 4)
        world.publish(
            MINISTRY,
            START + hour * HOUR,
            f"نوشتهٔ {hour}",
            kind,
            lang="fa",
            ref_post_id=None if kind is PostKind.ORIGINAL else 1_000 + hour,
            ref_author_id=None if kind is PostKind.ORIGINAL else EMBASSY,
            metrics=Metrics(likes=hour, reposts=2 * hour),
        )
    return world


def ids(posts: list[XPost]) -> list[int]:
    return [post.post_id for post in posts]


def get(
    server: XServer, path: str, parameters: Mapping[str, object] = MappingProxyType({}), token: str = BEARER_TOKEN
) -> requests.Response:
    """Ask the server; a parameter `tweet_fields` is sent as `tweet.fields`. No answer for 5 s is an error."""
    query = {name.replace("_fields", ".fields"): str(value) for name, value in parameters.items()}
    return requests.get(server.url + path, query, headers={"Authorization": f"Bearer {token}"}, timeout=5)


def ask(server: XServer, path: str, **parameters: object) -> Any:
    """The body of an answer 200."""
    response = get(server, path, parameters)
    assert response.status_code == 200, response.text
    return response.json()


def timeline(account_id: int) -> str:
    return f"/2/users/{account_id}/tweets"


def walk(server: XServer, account_id: int, **parameters: object) -> Iterator[Any]:
    """All pages of a timeline."""
    page = ask(server, timeline(account_id), **parameters)
    yield page
    while token := page["meta"].get("next_token"):
        page = ask(server, timeline(account_id), **parameters, pagination_token=token)
        yield page


def walked(server: XServer, account_id: int, **parameters: object) -> list[int]:
    """The ids of all posts that a walk through a timeline meets."""
    return [int(post["id"]) for page in walk(server, account_id, **parameters) for post in page.get("data", ())]
