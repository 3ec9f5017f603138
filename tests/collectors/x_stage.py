"""A served X, a collector that reads it, the posts that it should find, and servers that answer oddly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.sandbox.x_rehearsal import EMBASSY, MINISTRY, START, invented_world
from tracker.collectors.x import XCollector
from tracker.config.settings import XSettings
from tracker.domain.instants import DAY, Instant
from tracker.domain.records import Metrics, Post, Target
from tracker.domain.words import PostKind
from tracker.sandbox.x_http import HttpServer, Request
from tracker.sandbox.x_replies import Reply, json_reply
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XPost, XWorld, snowflake_ms

NOW: Instant = START + 100 * DAY
MINISTRY_TARGET = Target("Sample_Ministry", MINISTRY)
EMBASSY_TARGET = Target("ExampleEmbassy", EMBASSY)
TIMELINES = "/2/users/*/tweets"

Body = dict[str, Any]
"""An answer of X, before it is encoded."""


class Stage:
    """What a test needs; `now` is what server and collectors take for the present."""

    def __init__(
        self, posts: int = 0, *, dialect: str = "post", depth: int = 3200, world: XWorld | None = None
    ) -> None:
        self.now: Instant = NOW
        self.world = world or invented_world(posts)
        self.server = XServer(self.world, dialect=dialect, depth=depth, clock=lambda: self.now)
        self._collectors: list[XCollector] = []

    def __enter__(self) -> Stage:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        for collector in self._collectors:
            collector.close()
        self.server.stop()

    def collector(self, url: str | None = None, token: str = BEARER_TOKEN, **settings: Any) -> XCollector:
        """A collector that never sleeps, for this server or another address."""
        chosen = XSettings(api_url=url or self.server.url, **{"backoff": 0.0, **settings})
        collector = XCollector(chosen, token, lambda: self.now)
        self._collectors.append(collector)
        return collector

    def truth(self, account_id: int = MINISTRY) -> tuple[Post, ...]:
        """The account's posts as they should be known, newest first."""
        return tuple(as_post(post) for post in self.world.timeline(account_id))

    @contextmanager
    def meddled(self, change: Callable[[Body], None]) -> Iterator[str]:
        """The address of an X that answers like this one, but for a change to each page of a timeline."""

        def answer(request: Request) -> Reply:
            headers = {"Authorization": request.authorization or ""}
            response = requests.get(self.server.url + request.target, headers=headers, timeout=5)
            body = response.json()
            if urlsplit(request.target).path.endswith("/tweets"):
                change(body)
            return json_reply(response.status_code, body)

        with answering(answer) as url:
            yield url


@contextmanager
def answering(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """The address of a server that gives these answers."""
    server = HttpServer(0, answer)
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.stop()


def as_post(post: XPost) -> Post:
    """A post of the world as it should be known, without expansions. The sandbox mentions nobody in reposts."""
    first_id = post.edit_chain[0] if post.edit_chain else post.post_id
    cut = len(post.text) > 140 and post.kind is PostKind.REPOST
    return Post(
        post_id=first_id,
        version_id=post.post_id,
        posted_at=snowflake_ms(first_id) // 1000,
        kind=post.kind,
        text=post.text[:139] + "…" if cut else post.text,
        lang=post.lang,
        ref_post_id=post.ref_post_id,
        ref_author_id=post.ref_author_id if post.kind is PostKind.REPLY else None,
        edited_at=None if first_id == post.post_id else post.created_at,
        withheld_in=",".join(post.withheld_in) or None,
        metrics=Metrics._make([*((n or 0) for n in post.metrics[:5]), post.metrics.views or None, None, None]),
    )
