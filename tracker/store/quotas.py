"""What platforms said of their limits, kept so that a restart does not ask again too early."""

from __future__ import annotations

from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.words import Platform
from tracker.store.dialect import driver_of, upsert
from tracker.store.tables import QuotaState

quotas = QuotaState.metadata.tables["quota"]

EVERYWHERE = "*"
"""In place of an endpoint: the whole platform."""

PUT = upsert(quotas, update=("quota", "remaining", "reset_at", "outcome", "detail"))
EXHAUSTED = """
SELECT endpoint, reset_at, outcome, detail FROM quota
WHERE platform = ? AND endpoint IN (?, ?) AND remaining <= 0 AND reset_at > ?
ORDER BY reset_at DESC LIMIT 1
"""


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
    row = (str(platform), endpoint or EVERYWHERE, limit, remaining, reset_at, str(kind), detail)
    driver_of(connection).execute(PUT, row)


def exhausted(connection: Connection, platform: Platform, endpoint: str, now: Instant) -> Failure | None:
    """The failure that a request to the endpoint would be now, without sending it; None if it may be sent."""
    row = driver_of(connection).execute(EXHAUSTED, (str(platform), endpoint, EVERYWHERE, now)).fetchone()
    if row is None:
        return None
    about, until, kind, detail = row
    return Failure(
        OutcomeKind(kind), detail or "no requests left", until, None if about == EVERYWHERE else about, requests=0
    )
