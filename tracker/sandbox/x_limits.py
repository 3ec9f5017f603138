"""How often each endpoint may be asked, and what has been charged."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tracker.domain.instants import DAY, MINUTE, Clock, Instant
from tracker.sandbox.x_api import Answer, Endpoint

WINDOW = 15 * MINUTE
"""Seconds for which a limit holds, from the first request on."""

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        Endpoint.USERS_BY: 300,
        Endpoint.USERS: 300,
        Endpoint.USER_BY_NAME: 300,
        Endpoint.USER: 300,
        Endpoint.TIMELINE: 10_000,
        Endpoint.POSTS: 3_500,
    }
)
"""Requests an app may send in a window, by endpoint."""


def rate_headers(limit: int, remaining: int, reset_at: Instant) -> dict[str, str]:
    """What X says of a limit in every answer."""
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(reset_at),
    }


@dataclass(slots=True)
class _Window:
    reset_at: Instant
    used: int = 0


class RateLimits:
    """Counts the requests of each endpoint."""

    def __init__(self, limits: Mapping[str, int], clock: Clock) -> None:
        self._limits = {**LIMITS, **limits}
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[Endpoint, _Window] = {}

    def use(self, endpoint: Endpoint) -> tuple[bool, dict[str, str]]:
        """Count a request; whether it is allowed, and the headers that say so."""
        with self._lock:
            now = self._clock()
            window = self._windows.get(endpoint)
            if window is None or now >= window.reset_at:
                window = self._windows[endpoint] = _Window(now + WINDOW)
            limit = self._limits[endpoint]
            allowed = window.used < limit
            window.used += allowed
            return allowed, rate_headers(limit, limit - window.used, window.reset_at)


@dataclass(frozen=True, slots=True)
class Bill:
    """What X would charge: each post and user once a day (UTC), expanded ones included."""

    posts: int = 0
    users: int = 0


class Till:
    """Adds up the bill."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._posts: set[tuple[int, int]] = set()
        self._users: set[tuple[int, int]] = set()

    def charge(self, answer: Answer) -> None:
        with self._lock:
            day = self._clock() // DAY
            self._posts.update((day, post_id) for post_id in (*answer.post_ids, *answer.included_ids))
            self._users.update((day, user_id) for user_id in answer.user_ids)

    def bill(self) -> Bill:
        with self._lock:
            return Bill(len(self._posts), len(self._users))
