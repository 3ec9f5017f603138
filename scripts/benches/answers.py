"""X's answers without the wire: as the sandbox makes them, and a collector that is handed them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import requests

from tracker.collectors.x import PAGE, POST_FIELDS, XCollector
from tracker.config.settings import XSettings
from tracker.domain.instants import MINUTE, Instant
from tracker.domain.records import Target, Walk
from tracker.sandbox.x_api import Endpoint, XApi
from tracker.sandbox.x_dialect import DIALECTS
from tracker.sandbox.x_world import XWorld

Answers = Mapping[int, Sequence[requests.Response]]
"""The pages of each account's timeline, newest first, by platform id."""


def answers_of(served: XWorld, account_ids: Iterable[int], now: Instant) -> Answers:
    """The answers to whole walks through the accounts' timelines."""
    return {
        account_id: [_response(account_id, body, now) for body in _bodies(served, account_id)]
        for account_id in account_ids
    }


def _bodies(served: XWorld, account_id: int) -> Iterator[bytes]:
    api = XApi(served, DIALECTS["tweet"])
    question = {"max_results": str(PAGE), "tweet.fields": ",".join(POST_FIELDS)}
    while True:
        body = api.answer(Endpoint.TIMELINE, str(account_id), question).body
        yield json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        meta = body["meta"]
        if not isinstance(meta, dict) or "next_token" not in meta:
            return
        question["pagination_token"] = meta["next_token"]


def _response(account_id: int, body: bytes, now: Instant) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response._content = body
    response.headers["content-type"] = "application/json; charset=utf-8"
    response.headers["x-rate-limit-limit"] = "900"
    response.headers["x-rate-limit-remaining"] = "899"
    response.headers["x-rate-limit-reset"] = str(now + 10 * MINUTE)
    response.request = requests.Request("GET", f"https://api.x.com/2/users/{account_id}/tweets").prepare()
    return response


class OfflineCollector(XCollector):
    """The real collector, but for the request: it takes the next answer that lies ready."""

    def __init__(self, answers: Answers, now: Instant) -> None:
        super().__init__(XSettings(), "generated", lambda: now)
        self._waiting = {account_id: iter(pages) for account_id, pages in answers.items()}

    def _ask_timeline(self, target: Target, walk: Walk, cursor: object) -> requests.Response:
        assert target.platform_id is not None
        return next(self._waiting[target.platform_id])
