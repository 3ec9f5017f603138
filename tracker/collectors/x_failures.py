"""Which outcome it is when X refuses, breaks off, or answers with something unreadable."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import requests
from urllib3.exceptions import NewConnectionError

from tracker.collectors.patience import TooLargeError, timed_out
from tracker.collectors.proxy_faults import fault_of
from tracker.collectors.x_schema import Problem, decode_problem, one_line
from tracker.domain.instants import MINUTE, Instant, month_around
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Quota

RATE_WINDOW = 15 * MINUTE


def refusal_of(response: requests.Response, endpoint: str, now: Instant) -> Failure | None:
    """Why a response is no answer; None if it is one."""
    status = response.status_code
    problem = decode_problem(response.content) if 400 <= status < 500 else Problem()
    match status:
        case 429 if problem.title == "UsageCapExceeded":
            return Failure(OutcomeKind.MONTHLY_CAP, "the month's post cap is used up", month_around(now)[1])
        case 429:
            reset = response.headers.get("x-rate-limit-reset", "")
            until = plausible_reset(int(reset) if _is_number(reset) else 0, now)
            return Failure(OutcomeKind.RATE_LIMITED, f"rate limit of {endpoint}", until, endpoint)
        case 401:
            return Failure(OutcomeKind.AUTH_FAILED, "X refused the bearer token; set TRACKER_X_BEARER_TOKEN anew")
        case 402:
            return Failure(OutcomeKind.CREDITS_SPENT, "no credits left; add some in X's developer portal")
        case 403 if problem.title == "SpendCapReached":
            detail = "the spend cap set in X's developer portal is reached"
            return Failure(OutcomeKind.SPEND_CAP, detail, _date_after(problem.reset_date, now))
    if status < 300:
        return None
    if status < 400:
        return Failure(OutcomeKind.TRANSPORT, "X answered with a redirect, which is not followed")
    if status >= 500:
        return Failure(OutcomeKind.TRANSPORT, f"X answered {status}")
    return Failure(OutcomeKind.REFUSED, one_line(problem.explained or f"X answered {status}"))


def unreadable(response: requests.Response, error: msgspec.DecodeError) -> Failure:
    """An answer that cannot be decoded."""
    kind = response.headers.get("content-type", "without a type").split(";")[0]
    detail = f"X answered {response.status_code} with something unreadable ({kind}): {error}"
    return Failure(OutcomeKind.BAD_ANSWER, one_line(detail), lost=True)


def broken(error: requests.RequestException) -> Failure:
    """A request that got no whole answer, told without addresses or headers; lost, unless there was no connection."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if timed_out(error):
        detail = "X did not answer in time"
    elif isinstance(error, TooLargeError):
        detail = f"X answered with {error}, which is not read"
    elif isinstance(error, requests.exceptions.ChunkedEncodingError):
        detail = "the answer broke off"
    elif isinstance(error, requests.ConnectionError):
        detail = "could not reach X, or the connection broke"
    else:
        detail = f"the request failed ({type(error).__name__})"
    never_sent = isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
    never_sent = never_sent or (isinstance(error, requests.exceptions.ProxyError) and fault_of(error) is not None)
    return Failure(OutcomeKind.TRANSPORT, detail, lost=not never_sent)


def quota_of(response: requests.Response, endpoint: str, now: Instant) -> Quota | None:
    """What the headers say of the limit; None if they do not."""
    limit, remaining, reset = (
        response.headers.get(f"x-rate-limit-{name}", "") for name in ("limit", "remaining", "reset")
    )
    if not (_is_number(limit) and _is_number(remaining) and _is_number(reset)):
        return None
    return Quota(endpoint, int(limit), int(remaining), plausible_reset(int(reset), now))


def plausible_reset(reset_at: Instant, now: Instant) -> Instant:
    """When a limit ends; a time that makes no sense is taken as the whole window."""
    return reset_at if now < reset_at <= now + RATE_WINDOW else now + RATE_WINDOW


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _date_after(text: str | None, now: Instant) -> Instant | None:
    """An ISO date or time as X writes it; None if it is neither, or over already."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    instant = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return instant if instant > now else None
