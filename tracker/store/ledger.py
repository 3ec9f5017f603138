"""Coverage and holes in the database: each change is part of the transaction of the page that proves it."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from tracker.domain.coverage import Stretch
from tracker.domain.instants import Instant
from tracker.domain.intervals import FOREVER, NEVER, Intervals, span
from tracker.store.dialect import driver_of
from tracker.store.tables import Account, Coverage, Hole

LIVE, BACKFILLED, IMPORTED = "live", "backfilled", "imported"

coverage = Coverage.metadata.tables["coverage"]
holes = Hole.metadata.tables["hole"]
accounts = Account.metadata.tables["account"]

COVERAGE_OF = "SELECT since, until, how FROM coverage WHERE account_id = ?"
DROP_COVERAGE = "DELETE FROM coverage WHERE account_id = ?"
INSERT_COVERAGE = "INSERT INTO coverage (account_id, since, until, how) VALUES (?, ?, ?, ?)"
INSERT_HOLE = "INSERT INTO hole (since, until, mark, cursor, unreachable, account_id) VALUES (?, ?, ?, ?, ?, ?)"
CHANGE_HOLE = "UPDATE hole SET since = ?, until = ?, mark = ?, cursor = ?, unreachable = ? WHERE id = ?"


def read_coverage(connection: Connection, account_id: int) -> Intervals:
    """All covered time of an account, however it was covered."""
    rows = driver_of(connection).execute(COVERAGE_OF, (account_id,))
    return Intervals.of((since, until) for since, until, _ in rows)


def add_coverage(connection: Connection, account_id: int, proved: Intervals, live_from: Instant | None) -> None:
    """Add proved time; what lies at or after `live_from` was looked at live, the rest is backfilled.

    Time that is covered already keeps the way it was covered in, unless that was a file: an own look counts more.
    """
    by_how = read_ways(connection, account_id)
    new = proved - by_how[LIVE] - by_how[BACKFILLED]
    if not new:
        return
    live = NEVER if live_from is None else new & span(live_from, FOREVER)
    by_how[LIVE] |= live
    by_how[BACKFILLED] |= new - live
    by_how[IMPORTED] -= new
    _put_coverage(connection, account_id, by_how)


def add_imported(connection: Connection, account_id: int, proved: Intervals) -> None:
    """Add the time of which a file holds all; what we have looked at ourselves stays so."""
    by_how = read_ways(connection, account_id)
    new = proved - by_how[LIVE] - by_how[BACKFILLED] - by_how[IMPORTED]
    if new:
        by_how[IMPORTED] |= new
        _put_coverage(connection, account_id, by_how)


def read_ways(connection: Connection, account_id: int) -> dict[str, Intervals]:
    """The covered time of an account by the way it was covered in; the ways are disjoint."""
    rows = driver_of(connection).execute(COVERAGE_OF, (account_id,)).fetchall()
    return {way: Intervals.of(row[:2] for row in rows if row[2] == way) for way in (LIVE, BACKFILLED, IMPORTED)}


def _put_coverage(connection: Connection, account_id: int, by_how: dict[str, Intervals]) -> None:
    driver = driver_of(connection)
    driver.execute(DROP_COVERAGE, (account_id,))
    driver.executemany(
        INSERT_COVERAGE, [(account_id, *part, how) for how, intervals in by_how.items() for part in intervals]
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
    values = (left.since, left.until, left.mark, left.cursor, int(left.unreachable))
    if hole_id is not None:
        driver_of(connection).execute(CHANGE_HOLE, (*values, hole_id))
        return hole_id
    return driver_of(connection).execute(INSERT_HOLE, (*values, account_id)).lastrowid
