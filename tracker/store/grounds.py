"""How each account's time is known, from the ledger: covered in which way, or in a hole."""

from __future__ import annotations

from sqlalchemy import Connection, select

from tracker.analysis.ground_report import Grounds, StoredHole
from tracker.domain.intervals import Intervals
from tracker.store.ledger import BACKFILLED, LIVE
from tracker.store.tables import Coverage, Hole

coverage = Coverage.metadata.tables["coverage"]
holes = Hole.metadata.tables["hole"]


def read_grounds(connection: Connection, account_id: int) -> Grounds:
    """The account's coverage by the way it was covered, and its holes, oldest first."""
    covered = connection.execute(
        select(coverage.c.since, coverage.c.until, coverage.c.how).where(coverage.c.account_id == account_id)
    ).all()
    missing = connection.execute(
        select(holes.c.since, holes.c.until, holes.c.unreachable)
        .where(holes.c.account_id == account_id)
        .order_by(holes.c.until, holes.c.id)
    )
    live, backfilled = (
        Intervals.of((since, until) for since, until, how in covered if how == way) for way in (LIVE, BACKFILLED)
    )
    return Grounds(live, backfilled, tuple(StoredHole(since, until, bool(never)) for since, until, never in missing))
