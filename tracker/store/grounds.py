"""How each account's time is known, from the ledger: covered in which way, or in a hole."""

from __future__ import annotations

from sqlalchemy import Connection, select

from tracker.analysis.ground_report import Grounds, StoredHole
from tracker.store import counts, ledger
from tracker.store.tables import Hole

holes = Hole.metadata.tables["hole"]


def read_grounds(connection: Connection, account_id: int) -> Grounds:
    """The account's coverage by the way it was covered, and its holes, oldest first."""
    ways = ledger.read_ways(connection, account_id)
    missing = connection.execute(
        select(holes.c.since, holes.c.until, holes.c.unreachable)
        .where(holes.c.account_id == account_id)
        .order_by(holes.c.until, holes.c.id)
    )
    stored = tuple(StoredHole(since, until, bool(never)) for since, until, never in missing)
    return Grounds(
        ways[ledger.LIVE],
        ways[ledger.BACKFILLED],
        stored,
        counts.counted(connection, account_id),
        ways[ledger.IMPORTED],
    )
