"""What was spent on people at risk, kept as sums: of a day until it is over, then of its calendar month (UTC).

A single request's time and price would tell, beside the visit of that time, how many posts somebody made within a
week. Limits are of days and months, so their sums are all that is needed. A sum bears the first second of its day or
month, by which it is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from sqlite3 import Connection as Driver

from sqlalchemy import Connection

from tracker.domain.instants import DAY, Instant, month_around
from tracker.domain.words import Platform
from tracker.store.dialect import driver_of

# A request around midnight counts for both days, so it keeps its times.
COARSEN = f"""
UPDATE ledger SET reserved_at = reserved_at / {DAY} * {DAY}, settled_at = settled_at / {DAY} * {DAY},
    account_id = NULL
WHERE settled_at / {DAY} = reserved_at / {DAY} AND
"""
COARSEN_ENTRY, COARSEN_ACCOUNT = f"{COARSEN} id = ?", f"{COARSEN} account_id = ?"
SPAN = "SELECT min(reserved_at), max(reserved_at) FROM ledger WHERE platform = ?"
SUMS = """
SELECT id, endpoint, cost, requests, posts, users FROM ledger
WHERE platform = ? AND reserved_at = ? AND settled_at = reserved_at AND account_id IS NULL ORDER BY id
"""
LATER_BEFORE = "SELECT 1 FROM ledger WHERE platform = ? AND reserved_at >= ? AND id < ? LIMIT 1"
DROP = "DELETE FROM ledger WHERE id = ?"
SUM = """
UPDATE ledger SET reserved_at = ?, settled_at = ?, cost = ?, requests = ?, posts = ?, users = ? WHERE id = ?
"""


def fold_entry(driver: Driver, platform: Platform, entry: int, at: Instant) -> None:
    """A settled entry about a person at risk becomes part of its day's sum."""
    if driver.execute(COARSEN_ENTRY, (entry,)).rowcount:
        _fold(driver, platform, at // DAY * DAY, [at // DAY * DAY], DAY)


def fold_account(connection: Connection, platform: Platform, account_id: int) -> None:
    """An account has become at risk: so do its settled entries, and none of any kind says whose it is."""
    driver = driver_of(connection)
    driver.execute(COARSEN_ACCOUNT, (account_id,))
    driver.execute("UPDATE ledger SET account_id = NULL WHERE account_id = ?", (account_id,))
    _, last = driver.execute(SPAN, (str(platform),)).fetchone()
    if last is not None:
        _fold(driver, platform, last // DAY * DAY, [last // DAY * DAY], DAY)
        fold_days(driver, platform, last // DAY)


def fold_days(driver: Driver, platform: Platform, today: int) -> None:
    """The sums of the days before today become those of their months."""
    first, _ = driver.execute(SPAN, (str(platform),)).fetchone()
    months: defaultdict[Instant, list[Instant]] = defaultdict(list)
    for day in range(today if first is None else first // DAY, today):
        months[month_around(day * DAY)[0]].append(day * DAY)
    for month, days in months.items():
        _fold(driver, platform, month, days, month_around(month)[1] - month)


def _fold(driver: Driver, platform: Platform, since: Instant, days: Iterable[Instant], length: int) -> None:
    """One sum for each endpoint, at the beginning of the time, in place of those of these days.

    Where the clock was set back, the order of entries tells to what day they belong: such ones stay.
    """
    found: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
    for day in days:
        for number, endpoint, *spent in driver.execute(SUMS, (str(platform), day)):
            found[endpoint].append((number, *spent))
    for rows in found.values():
        numbers, *sums = zip(*rows, strict=True)
        if driver.execute(LATER_BEFORE, (str(platform), since + length, max(numbers))).fetchone() is None:
            driver.executemany(DROP, [(number,) for number in numbers if number != min(numbers)])
            driver.execute(SUM, (since, since, *map(sum, sums), min(numbers)))
