"""How often each endpoint may be asked, and what has been charged."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
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
        Endpoint.COUNTS_RECENT: 300,
        Endpoint.COUNTS_ALL: 300,
        Endpoint.USAGE: 50,
        Endpoint.COMPLIANCE_JOBS: 150,
        Endpoint.COMPLIANCE_JOB: 150,
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


POST, USER = 5_000, 10_000
PER_REQUEST: Mapping[str, int] = MappingProxyType({Endpoint.COUNTS_RECENT: 5_000, Endpoint.COUNTS_ALL: 10_000})
"""What X charges, in millionths of a US dollar: for a post, for a user, and for a request where that is charged."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What X would charge: each post and user once a UTC day, expanded ones included, and each request for counts."""

    posts: int = 0
    users: int = 0
    counts_recent: int = 0
    counts_all: int = 0

    @property
    def micros(self) -> int:
        """Millionths of a US dollar."""
        requests = {Endpoint.COUNTS_RECENT: self.counts_recent, Endpoint.COUNTS_ALL: self.counts_all}
        return (
            self.posts * POST
            + self.users * USER
            + sum(number * PER_REQUEST[name] for name, number in requests.items())
        )


@dataclass(slots=True)
class _Day:
    """What was charged on one UTC day."""

    posts: set[int] = field(default_factory=set)
    users: set[int] = field(default_factory=set)
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def bill(self) -> Bill:
        counted = (self.requests[Endpoint.COUNTS_RECENT], self.requests[Endpoint.COUNTS_ALL])
        return Bill(len(self.posts), len(self.users), *counted)


@dataclass(frozen=True, slots=True)
class Caps:
    """Where X stops answering; None: never. Money in millionths of a US dollar."""

    credits: int | None = None
    """What was paid in advance, for ever: 402 once it is spent."""
    spend_cap: int | None = None
    """The owner's own limit for a calendar month: 403."""
    posts_a_month: int | None = None
    """X's limit for a calendar month: 429."""


class Till:
    """Adds up the bill, and says when the caps are reached."""

    def __init__(self, clock: Clock, caps: Caps = Caps()) -> None:
        self.caps = caps
        self._clock = clock
        self._lock = threading.Lock()
        self._days: defaultdict[int, _Day] = defaultdict(_Day)

    def charge(self, answer: Answer, endpoint: Endpoint) -> None:
        """An answer was given. One without data is free."""
        with self._lock:
            day = self._days[self._clock() // DAY]
            day.posts.update(answer.post_ids, answer.included_ids)
            day.users.update(answer.user_ids)
            if endpoint in PER_REQUEST and "data" in answer.body:
                day.requests[endpoint] += 1

    def bill(self) -> Bill:
        """All days together."""
        return _sum(self.days().values())

    def days(self) -> dict[int, Bill]:
        """The bill of each UTC day, counted from 1970-01-01."""
        with self._lock:
            return {day: charged.bill for day, charged in sorted(self._days.items())}

    def month(self) -> Bill:
        """The bill of the present calendar month (UTC)."""
        month = _month_of(self._clock() // DAY)
        return _sum(bill for day, bill in self.days().items() if _month_of(day) == month)

    def reached(self) -> CapReached | None:
        """Which cap keeps X from answering now."""
        month, caps = self.month(), self.caps
        if caps.credits is not None and self.bill().micros >= caps.credits:
            return CapReached.CREDITS
        if caps.spend_cap is not None and month.micros >= caps.spend_cap:
            return CapReached.SPEND_CAP
        if caps.posts_a_month is not None and month.posts >= caps.posts_a_month:
            return CapReached.POSTS
        return None


class CapReached(Enum):
    """Why X has stopped answering."""

    CREDITS = auto()
    SPEND_CAP = auto()
    POSTS = auto()


def _sum(bills: Iterable[Bill]) -> Bill:
    return Bill(*(sum(parts) for parts in zip(*map(astuple, bills), strict=True)))


def _month_of(day: int) -> tuple[int, int]:
    moment = datetime.fromtimestamp(day * DAY, UTC)
    return moment.year, moment.month
