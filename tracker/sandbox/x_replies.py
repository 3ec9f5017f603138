"""What goes over the wire: a reply, how it is delivered, and the bodies that X sends when it does not answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from tracker.domain.instants import Instant
from tracker.sandbox.x_dialect import Dialect, JsonObject

JSON_TYPE, HTML_TYPE = "application/json; charset=utf-8", "text/html; charset=utf-8"

ACCOUNT_ID = 1
"""The developer account that refusals speak of."""


class Delivery(Enum):
    """How much of the reply reaches the client."""

    WHOLE = auto()
    TRUNCATED = auto()
    """Half of the body that Content-Length promises, then the connection ends."""
    NOTHING = auto()
    """The connection ends without a word."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    delivery: Delivery = Delivery.WHOLE
    delay: float = 0.0
    """Seconds to wait before it is sent."""


NO_REPLY = Reply(0, delivery=Delivery.NOTHING)


def json_reply(status: int, body: JsonObject, headers: Mapping[str, str] | None = None) -> Reply:
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, encoded, headers or {})


def html_reply(status: int, title: str) -> Reply:
    """A page, as what stands in front of the API sends it."""
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Reply(status, page.encode(), content_type=HTML_TYPE)


def plain_problem(status: int, title: str, detail: str | None = None) -> JsonObject:
    """A problem without a type of its own."""
    return {"title": title, "type": "about:blank", "status": status, "detail": detail or title}


def credits_spent(dialect: Dialect) -> JsonObject:
    """The body of 402."""
    detail = f"Your enrolled account [{ACCOUNT_ID}] does not have any credits to fulfill this request."
    return dialect.problem("credits", "CreditsDepleted", detail, account_id=ACCOUNT_ID)


def spend_cap_reached(dialect: Dialect, now: Instant) -> JsonObject:
    """The body of 403 once the owner's own limit is reached; it is lifted with the next month."""
    today = datetime.fromtimestamp(now, UTC).date()
    reset_date = (today.replace(day=1) + timedelta(days=32)).replace(day=1).isoformat()
    detail = (
        f"Your enrolled account [{ACCOUNT_ID}] has reached its billing cycle spend cap. "
        f"API requests will be blocked until the next cycle begins on {reset_date}."
    )
    return dialect.problem("credits", "SpendCapReached", detail, account_id=ACCOUNT_ID, reset_date=reset_date)


def monthly_cap_exceeded(dialect: Dialect) -> JsonObject:
    """The body of 429 that is no rate limit: the month's posts are used up."""
    return dialect.problem(
        "usage-capped",
        "UsageCapExceeded",
        "Usage cap exceeded: Monthly product cap",
        account_id=ACCOUNT_ID,
        product_name="standard-basic",
        period="Monthly",
        scope="Product",
    )


def client_forbidden(dialect: Dialect) -> JsonObject:
    """The body of 403 for an app that may not use the API."""
    detail = (
        "When authenticating requests to the X API v2 endpoints, you must use keys and tokens from a developer App "
        "that is attached to a Project."
    )
    return dialect.problem("client-forbidden", "Client Forbidden", detail, reason="client-not-enrolled")
