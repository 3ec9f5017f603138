"""What can go wrong with X, on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from tracker.domain.errors import SandboxError
from tracker.domain.instants import MINUTE, Instant
from tracker.sandbox.x_api import Answer
from tracker.sandbox.x_dialect import Dialect, JsonObject
from tracker.sandbox.x_limits import WINDOW, rate_headers
from tracker.sandbox.x_replies import (
    Reply,
    client_forbidden,
    credits_spent,
    html_reply,
    json_reply,
    monthly_cap_exceeded,
    plain_problem,
    spend_cap_reached,
)


class XFault(StrEnum):
    """The closed set of faults."""

    RATE_LIMITED = "rate_limited"
    """429 with a reset in the future: `seconds` from now, else a quarter of an hour."""
    RATE_LIMITED_WITHOUT_RESET = "rate_limited_without_reset"
    RATE_LIMITED_PAST_RESET = "rate_limited_past_reset"
    """429 with a reset that is over."""
    MONTHLY_CAP = "monthly_cap"
    """429 UsageCapExceeded, with rate limit headers that look fine."""
    CREDITS_SPENT = "credits_spent"
    """402."""
    SPEND_CAP = "spend_cap"
    """403 SpendCapReached, with its reset_date."""
    CLIENT_FORBIDDEN = "client_forbidden"
    """403 for another reason."""
    UNAUTHORIZED = "unauthorized"
    """401."""
    SERVER_ERROR = "server_error"
    """500."""
    BAD_GATEWAY_HTML = "bad_gateway_html"
    """502 with a page."""
    UNAVAILABLE_HTML = "unavailable_html"
    """503 with a page."""
    GATEWAY_TIMEOUT = "gateway_timeout"
    """504."""
    OK_HTML = "ok_html"
    """200 with a page."""
    TRUNCATED = "truncated"
    """The right answer, of which half arrives."""
    SLOW = "slow"
    """The right answer, `seconds` late, else half a minute."""
    DROPPED = "dropped"
    """The connection ends before the request is looked at."""
    DROPPED_AFTER = "dropped_after"
    """The request is answered and charged, and the connection ends before the answer is sent."""
    EXPIRED_TOKEN = "expired_token"
    """400 for the next request that has a pagination token."""
    MALFORMED_ID = "malformed_id"
    """The right page, in which one post has no id."""
    MALFORMED_METRICS = "malformed_metrics"
    """The right page, in which one post's counters are a word."""


UNDELIVERED = frozenset({XFault.TRUNCATED, XFault.SLOW, XFault.DROPPED, XFault.DROPPED_AFTER})
"""Faults after which the client has not got the answer; that a patient one gets a slow one is not counted."""

_MALFORMED = frozenset({XFault.MALFORMED_ID, XFault.MALFORMED_METRICS})


@dataclass(slots=True)
class ArmedFault:
    """A fault that waits for its requests."""

    fault: XFault
    times: int
    path: str | None
    after: int
    seconds: float | None

    def concerns(self, path: str, parameters: Mapping[str, str]) -> bool:
        if self.path is not None and not fnmatchcase(path, self.path):
            return False
        if self.fault is XFault.EXPIRED_TOKEN:
            return "pagination_token" in parameters
        return self.fault not in _MALFORMED or path.endswith("/tweets")


def ordered(text: bytes) -> ArmedFault:
    """A fault as another process asks for it, in JSON. Raises SandboxError with what is wrong."""
    try:
        order = json.loads(text)
    except ValueError as error:
        raise SandboxError(f"the order is not JSON: {error}") from error
    if not isinstance(order, dict) or not order.keys() <= {"fault", "times", "path", "after", "seconds"}:
        raise SandboxError('expected {"fault": …, "times": …, "path": …, "after": …, "seconds": …}')
    fault, path, seconds = order.get("fault"), order.get("path"), order.get("seconds")
    times, after = order.get("times", 1), order.get("after", 0)
    if fault not in list(XFault):
        raise SandboxError(f"there is no fault {fault!r}: it is one of {', '.join(XFault)}")
    if not isinstance(times, int) or not isinstance(after, int):
        raise SandboxError("times and after are whole numbers")
    if not isinstance(path, str | None):
        raise SandboxError("path is a text, as /2/users/*/tweets")
    if not isinstance(seconds, int | float | None):
        raise SandboxError("seconds is a number")
    return ArmedFault(XFault(fault), times, path, after, seconds)


class FaultQueue:
    """The faults asked for, in order; each request meets at most one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[ArmedFault] = []

    def arm(self, fault: ArmedFault) -> None:
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def pending(self) -> list[XFault]:
        """The faults that have not come true as often as asked."""
        with self._lock:
            return [armed.fault for armed in self._armed]

    def take(self, path: str, parameters: Mapping[str, str]) -> ArmedFault | None:
        """The fault that this request meets, if any."""
        with self._lock:
            for armed in self._armed:
                if not armed.concerns(path, parameters):
                    continue
                if armed.after > 0:
                    armed.after -= 1
                    continue
                armed.times -= 1
                if armed.times <= 0:
                    self._armed.remove(armed)
                return armed
            return None


def refusal(armed: ArmedFault, dialect: Dialect, now: Instant, headers: Mapping[str, str]) -> Reply | None:
    """The reply of a fault that takes the answer's place; None for one that leaves it be.

    `headers` are those that tell the rate limit truly.
    """
    too_many = plain_problem(429, "Too Many Requests")
    limit = int(headers["x-rate-limit-limit"])
    match armed.fault:
        case XFault.RATE_LIMITED:
            reset = now + int(WINDOW if armed.seconds is None else armed.seconds)
            return json_reply(429, too_many, rate_headers(limit, 0, reset))
        case XFault.RATE_LIMITED_PAST_RESET:
            return json_reply(429, too_many, rate_headers(limit, 0, now - MINUTE))
        case XFault.RATE_LIMITED_WITHOUT_RESET:
            return json_reply(429, too_many)
        case XFault.MONTHLY_CAP:
            return json_reply(429, monthly_cap_exceeded(dialect), headers)
        case XFault.CREDITS_SPENT:
            return json_reply(402, credits_spent(dialect), headers)
        case XFault.SPEND_CAP:
            return json_reply(403, spend_cap_reached(dialect, now), headers)
        case XFault.CLIENT_FORBIDDEN:
            return json_reply(403, client_forbidden(dialect), headers)
        case XFault.UNAUTHORIZED:
            return json_reply(401, plain_problem(401, "Unauthorized"), headers)
        case XFault.SERVER_ERROR:
            return json_reply(500, plain_problem(500, "Internal Server Error"), headers)
        case XFault.BAD_GATEWAY_HTML:
            return html_reply(502, "502 Bad Gateway")
        case XFault.UNAVAILABLE_HTML:
            return html_reply(503, "503 Service Temporarily Unavailable")
        case XFault.GATEWAY_TIMEOUT:
            return json_reply(504, plain_problem(504, "Gateway Timeout"), headers)
        case XFault.OK_HTML:
            return html_reply(200, "X")
        case _:
            return None


def spoil(answer: Answer, fault: XFault) -> int | None:
    """Make the middle post of a page malformed; its id is returned, None where nothing could be spoiled."""
    data = answer.body.get("data")
    if fault not in _MALFORMED or not isinstance(data, list) or not data:
        return None
    middle = len(data) // 2
    post: JsonObject = data[middle]
    if fault is XFault.MALFORMED_ID:
        del post["id"]
    else:
        post["public_metrics"] = "many"
    return answer.post_ids[middle]
