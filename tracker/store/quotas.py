"""What platforms said of their limits, kept so that a restart does not ask again too early."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from tracker.domain.instants import Instant
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.words import Platform
from tracker.store.tables import QuotaState

quotas = QuotaState.metadata.tables["quota"]

EVERYWHERE = "*"
"""In place of an endpoint: the whole platform."""

# What runs with every page is built once: to build a statement takes ten times as long as to run it.
INSERT = insert(quotas)
PUT = INSERT.on_conflict_do_update(
    index_elements=["platform", "endpoint"],
    set_={name: INSERT.excluded[name] for name in ("quota", "remaining", "reset_at", "outcome", "detail")},
)
EXHAUSTED = (
    select(quotas)
    .where(
        quotas.c.platform == bindparam("platform"),
        quotas.c.endpoint.in_([bindparam("endpoint"), EVERYWHERE]),
        quotas.c.remaining <= 0,
        quotas.c.reset_at > bindparam("now"),
    )
    .order_by(quotas.c.reset_at.desc())
    .limit(1)
)


def put(
    connection: Connection,
    platform: Platform,
    endpoint: str | None,
    remaining: int,
    reset_at: Instant,
    kind: OutcomeKind = OutcomeKind.RATE_LIMITED,
    detail: str = "",
    *,
    limit: int | None = None,
) -> None:
    """Remember how many requests are left for an endpoint until a time, and what it means when there are none."""
    connection.execute(
        PUT,
        {
            "platform": str(platform),
            "endpoint": endpoint or EVERYWHERE,
            "quota": limit,
            "remaining": remaining,
            "reset_at": reset_at,
            "outcome": str(kind),
            "detail": detail,
        },
    )


def exhausted(connection: Connection, platform: Platform, endpoint: str, now: Instant) -> Failure | None:
    """The failure that a request to the endpoint would be now, without sending it; None if it may be sent."""
    row = connection.execute(EXHAUSTED, {"platform": platform, "endpoint": endpoint, "now": now}).one_or_none()
    if row is None:
        return None
    endpoint_or_all = None if row.endpoint == EVERYWHERE else row.endpoint
    return Failure(
        OutcomeKind(row.outcome), row.detail or "no requests left", row.reset_at, endpoint_or_all, requests=0
    )
