"""What a monitor asks the database: is it answering, and how long has each platform been silent. Names nobody."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from tracker.domain.instants import HOUR, Instant
from tracker.domain.outcomes import ACCOUNT_STATES, SUCCESSES, OutcomeKind
from tracker.domain.words import Platform
from tracker.store import redating, tombstones
from tracker.store.dialect import driver_of

WELL = SUCCESSES | ACCOUNT_STATES | {OutcomeKind.PARTIAL}
"""A visit that ended so has brought what there was."""
_WELL = ", ".join(f"'{kind}'" for kind in sorted(WELL))
_COLLECTED = "collected = 1 AND mode <> 'off' AND protection <> 'at_risk'"

LIMITS = "SELECT outcome, reset_at FROM quota WHERE platform = ? AND remaining <= 0 AND reset_at > ?"
# By the index on (platform, reserved_at): what was settled last was nearly always reserved last.
ANSWERED = """
SELECT settled_at FROM ledger WHERE platform = ? AND settled_at IS NOT NULL ORDER BY reserved_at DESC LIMIT 1
"""
ACCOUNTS = f"""
SELECT count(*), coalesce(sum(next_visit_at < :now - {HOUR}), 0), coalesce(sum(
    last_outcome NOT IN ({_WELL})
    AND EXISTS (SELECT 1 FROM visit WHERE account_id = account.id AND started_at < :since)
    AND NOT EXISTS (
        SELECT 1 FROM visit WHERE account_id = account.id AND started_at >= :since AND outcome IN ({_WELL})
    )
), 0) FROM account WHERE platform = :platform AND {_COLLECTED}
"""


@dataclass(frozen=True, slots=True)
class Vitals:
    """How collection stands on one platform. Of accounts only the named ones are counted."""

    limits: tuple[tuple[OutcomeKind, Instant], ...]
    """Why the platform, or one of its endpoints, may not be asked, and until when."""
    answered_at: Instant | None
    """When the last request was answered; None: never."""
    accounts: int
    overdue: int
    """Have been due for more than an hour."""
    failing: int
    """Have been visited for long, and not well since the time asked for."""


def read(connection: Connection, platform: Platform, now: Instant, since: Instant) -> Vitals:
    """The vitals of one platform now; accounts that were not visited well since `since` are failing."""
    driver = driver_of(connection)
    limits = driver.execute(LIMITS, (str(platform), now)).fetchall()
    answered = driver.execute(ANSWERED, (str(platform),)).fetchone()
    accounts, overdue, failing = driver.execute(
        ACCOUNTS, {"platform": str(platform), "now": now, "since": since}
    ).fetchone()
    return Vitals(
        tuple((OutcomeKind(kind), until) for kind, until in limits),
        None if answered is None else answered[0],
        accounts,
        overdue,
        failing,
    )


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a database tells of itself at rest: what was begun and not ended, and by which clock."""

    leases: int
    """Accounts that a process has taken to visit and not given back."""
    forgetting: bool
    """A forgetting was begun and is not proved."""
    clock_wrong_by: int
    """See `redating.wrong_by`: ahead once, or, negative, behind now. Seconds."""
    since: Instant | None
    """When collecting began."""


def read_leftovers(connection: Connection, now: Instant) -> Leftovers:
    """What is left of earlier runs; a look that changes nothing."""
    driver = driver_of(connection)
    (leases,) = driver.execute("SELECT count(*) FROM account WHERE leased_until > ?", (now,)).fetchone()
    (since,) = driver.execute("SELECT min(started_at) FROM visit").fetchone()
    return Leftovers(leases, tombstones.is_begun(connection), redating.wrong_by(connection, now), since)
