"""What a platform has counted of an account, in the caller's transaction: its own coverage, apart from the posts'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select

from tracker.domain.instants import Instant, next_week, start_of_week
from tracker.domain.intervals import Intervals
from tracker.domain.records import Count
from tracker.domain.words import Protection
from tracker.store import evidence
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of, insert_rows, upsert
from tracker.store.tables import Account
from tracker.store.tables import Count as CountRow

accounts = Account.metadata.tables["account"]
table = CountRow.metadata.tables["count"]

WRITE = upsert(table, update=("until", "posts", "counted_at"))
COUNTS_OF = "SELECT since, until, posts FROM count WHERE account_id = ? ORDER BY since"


def read(connection: Connection, account_id: int) -> list[Count]:
    """All that was counted, oldest first."""
    return [Count(*row) for row in driver_of(connection).execute(COUNTS_OF, (account_id,))]


def counted(connection: Connection, account_id: int) -> Intervals:
    """The time that was counted."""
    return Intervals.of((count.since, count.until) for count in read(connection, account_id))


def write(
    connection: Connection, account_id: int, found: Iterable[Count], counted_at: Instant, *, at_risk: bool = True
) -> None:
    """Keep counts, and seal them; what was counted before of the same time is replaced."""
    found = list(found)
    insert_rows(connection, WRITE, [(account_id, *count, counted_at) for count in found])
    items = {str(count.since): [count.until, count.posts] for count in found}
    evidence.seal_items(connection, Kind.COUNTS, None if at_risk else counted_at, account_id, items)


def reduce_to_weeks(connection: Connection, account_id: int, zone: str) -> None:
    """Of an account that has become at risk keep the sums of the local weeks that were counted throughout."""
    found = read(connection, account_id)
    at = connection.execute(select(table.c.counted_at).where(table.c.account_id == account_id)).scalars().all()
    connection.execute(delete(table).where(table.c.account_id == account_id))
    sums: dict[Instant, list[int]] = {}
    for since, until, posts in found:
        week = start_of_week(since, zone)
        if until <= next_week(since, zone):
            sums.setdefault(week, [0, 0])
            sums[week][0] += until - since
            sums[week][1] += posts
    whole = {week: posts for week, (length, posts) in sums.items() if length == next_week(week, zone) - week}
    if whole:
        rows = [
            {"account_id": account_id, "since": week, "until": next_week(week, zone), "posts": posts}
            for week, posts in whole.items()
        ]
        connection.execute(insert(table), [row | {"counted_at": max(at)} for row in rows])


def drop_other_weeks(connection: Connection, zones: Mapping[str, str]) -> None:
    """Drop counts of at-risk accounts that are no weeks of their zone, if the settings put them in another one.

    `zones` gives the zone of each subject.
    """
    rows = connection.execute(
        select(table.c.account_id, accounts.c.subject, table.c.since)
        .join(accounts, accounts.c.id == table.c.account_id)
        .where(accounts.c.protection == str(Protection.AT_RISK))
    )
    changed = set()
    for account_id, subject, since in rows.all():
        if subject in zones and start_of_week(since, zones[subject]) != since:
            connection.execute(delete(table).where(table.c.account_id == account_id, table.c.since == since))
            changed.add(account_id)
    for account_id in sorted(changed):
        evidence.reseal(connection, Kind.RECOUNTED, None, account_id, [Kind.COUNTS])
