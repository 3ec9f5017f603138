"""Coverage and holes in the database: each change is part of the transaction of the page that proves it."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from tracker.domain.coverage import Stretch
from tracker.domain.instants import Instant
from tracker.domain.intervals import FOREVER, NEVER, Intervals, span
from tracker.store.tables import Account, Coverage, Hole

LIVE, BACKFILLED = "live", "backfilled"

coverage = Coverage.metadata.tables["coverage"]
holes = Hole.metadata.tables["hole"]
accounts = Account.metadata.tables["account"]

# What runs for every page or account is built once: to build a statement takes ten times as long as to run it.
COVERAGE_OF = select(coverage.c.since, coverage.c.until, coverage.c.how).where(
    coverage.c.account_id == bindparam("account")
)
DROP_COVERAGE = delete(coverage).where(coverage.c.account_id == bindparam("account"))
INSERT_COVERAGE = insert(coverage)
INSERT_HOLE = insert(holes)
CHANGE_HOLE = update(holes).where(holes.c.id == bindparam("hole"))


def read_coverage(connection: Connection, account_id: int) -> Intervals:
    """All covered time of an account, however it was covered."""
    rows = connection.execute(COVERAGE_OF, {"account": account_id})
    return Intervals.of((since, until) for since, until, _ in rows)


def add_coverage(connection: Connection, account_id: int, proved: Intervals, live_from: Instant | None) -> None:
    """Add proved time; what lies at or after `live_from` was looked at live, the rest is backfilled.

    Time that is covered already keeps the way it was covered in.
    """
    rows = connection.execute(COVERAGE_OF, {"account": account_id}).all()
    by_how = {
        how: Intervals.of((row.since, row.until) for row in rows if row.how == how) for how in (LIVE, BACKFILLED)
    }
    new = proved - by_how[LIVE] - by_how[BACKFILLED]
    if not new:
        return
    live = NEVER if live_from is None else new & span(live_from, FOREVER)
    by_how[LIVE] |= live
    by_how[BACKFILLED] |= new - live
    connection.execute(DROP_COVERAGE, {"account": account_id})
    connection.execute(
        INSERT_COVERAGE,
        [
            {"account_id": account_id, "since": since, "until": until, "how": how}
            for how, intervals in by_how.items()
            for since, until in intervals
        ],
    )


def read_holes(connection: Connection, account_id: int) -> list[tuple[int, Stretch]]:
    """The holes of an account with their row ids, newest first; unreachable ones too."""
    rows = connection.execute(
        select(holes).where(holes.c.account_id == account_id).order_by(holes.c.until.desc(), holes.c.id.desc())
    )
    return [(row.id, Stretch(row.until, row.since, row.mark, row.cursor, bool(row.unreachable))) for row in rows]


def put_hole(connection: Connection, account_id: int, hole_id: int | None, left: Stretch | None) -> int | None:
    """Record what is left of a stretch: a new hole, a changed one, or none any more. Returns its row id."""
    if left is None:
        if hole_id is not None:
            connection.execute(delete(holes).where(holes.c.id == hole_id))
        return None
    values = {
        "account_id": account_id,
        "since": left.since,
        "until": left.until,
        "mark": left.mark,
        "cursor": left.cursor,
        "unreachable": int(left.unreachable),
    }
    if hole_id is not None:
        connection.execute(CHANGE_HOLE, {"hole": hole_id, **values})
        return hole_id
    key = connection.execute(INSERT_HOLE, values).inserted_primary_key
    assert key is not None
    return int(key[0])
