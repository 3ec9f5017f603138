"""After the clock was wrong: what is dated later than now cannot be so, and must not keep anything from being done.

What the platforms say, times of posts and limits, is never changed. Which of our own looks are to be trusted follows
from the order in which visits were begun: their numbers only ever grow, whatever the clock says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from sqlite3 import Connection as Driver

from sqlalchemy import Connection

from tracker.domain.instants import DAY, MINUTE, Instant, start_of_week
from tracker.domain.refreshing import next_refresh
from tracker.domain.words import Protection
from tracker.store import evidence
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of
from tracker.store.ledger import IMPORTED

TOLERANCE = 2 * MINUTE
"""Clocks are put right by seconds all the time."""
LONGEST_LIMIT = 32 * DAY
"""No platform's limit holds longer than a month."""

NEWEST = """
SELECT max(coalesce(last_look_at, 0), coalesce(last_visit_at, 0), coalesce(profile_at, 0)) AS at FROM account
UNION ALL SELECT max(started_at) FROM (SELECT started_at FROM visit ORDER BY id DESC LIMIT 1) ORDER BY at DESC LIMIT 1
"""
NEWEST_POST = "SELECT max(posted_at) FROM post WHERE account_id = ? AND posted_at <= ?"
VISITS = "SELECT started_at FROM visit ORDER BY id"
LOOKED_LATER = "SELECT id, protection, subject FROM account WHERE last_look_at > ? OR last_visit_at > ?"
LAST_VISIT = "SELECT max(started_at) FROM visit WHERE account_id = ? AND started_at <= ? AND pages > 0"
CUT = f"UPDATE coverage SET until = :to WHERE account_id = :id AND until > :to AND how <> '{IMPORTED}'"
DROP = f"DELETE FROM coverage WHERE account_id = :id AND since >= :to AND how <> '{IMPORTED}'"
COVERED = f"SELECT max(until) FROM coverage WHERE account_id = ? AND how <> '{IMPORTED}'"
LOOK_AGAIN = """
UPDATE account SET last_look_at = :to, last_visit_at = min(last_visit_at, :now), next_visit_at = :now WHERE id = :id
"""
DOUBTFUL_COUNTS = "DELETE FROM count WHERE account_id = ? AND counted_at > ? AND until > ?"
SEEN_LATER = """
SELECT account_id, post_id, posted_at FROM post WHERE collected_at > :now AND deleted_at IS NULL
UNION SELECT post.account_id, post.post_id, posted_at FROM metric JOIN post USING (account_id, post_id)
WHERE taken_at > :now AND deleted_at IS NULL
"""
SCHEDULE = "UPDATE post SET refresh_at = ? WHERE account_id = ? AND post_id = ?"
SPENT_LATER = "SELECT DISTINCT platform FROM ledger WHERE reserved_at > ?"
MARK = """
INSERT INTO ledger (id, platform, endpoint, reserved_at, settled_at, cost, requests, posts, users)
VALUES (?, ?, 'clock', ?, ?, 0, 0, 0, 0)
"""
REDATE = (
    "UPDATE account SET profile_at = NULL WHERE profile_at > :now",
    "UPDATE account SET state_since = :now WHERE state_since > :now",
    "UPDATE account SET next_visit_at = :now WHERE next_visit_at > :now + :longest",
    "UPDATE post SET collected_at = :now WHERE collected_at > :now",
    "UPDATE post SET deleted_at = :now WHERE deleted_at > :now",
    "UPDATE OR REPLACE version SET replaced_at = :now WHERE replaced_at > :now",
    "UPDATE OR REPLACE metric SET taken_at = :now WHERE taken_at > :now",
    "UPDATE OR REPLACE profile SET taken_at = :now WHERE taken_at > :now",
    "UPDATE handle SET first_seen = min(first_seen, :now), last_seen = :now WHERE last_seen > :now",
    "UPDATE visit SET started_at = min(started_at, :now), ended_at = :now WHERE ended_at > :now",
    "UPDATE visit SET started_at = :now WHERE started_at > :now",
    "UPDATE compliance_job SET created_at = min(created_at, :now), ended_at = min(ended_at, :now) "
    "WHERE created_at > :now OR ended_at > :now",
    "UPDATE alert SET told_at = :now WHERE told_at > :now",
    "DELETE FROM quota WHERE reset_at > :now + :longest",
)


def wrong_by(connection: Connection, now: Instant) -> int:
    """By how many seconds the clock was ahead when something was written, or, negative, by how many it is behind now.

    0 if what is written is not from the future. It is the present clock that is wrong if a platform has told of posts
    from after now: they were there when we looked.
    """
    driver = driver_of(connection)
    row = driver.execute(NEWEST).fetchone()
    newest = 0 if row is None or row[0] is None else int(row[0])
    if newest <= now + TOLERANCE:
        return 0
    ids = driver.execute("SELECT id FROM account").fetchall()
    seen = [driver.execute(NEWEST_POST, (account_id, newest)).fetchone()[0] for (account_id,) in ids]
    published = max((at for at in seen if at is not None), default=0)
    return now - published if published > now + TOLERANCE else newest - now


def put_right(
    connection: Connection,
    now: Instant,
    ages: Sequence[int],
    zones: dict[str, str],
    zone: str,
    entries: Iterator[int],
) -> None:
    """Let everything that we dated later than now be of now, and nothing be claimed of which we cannot be sure.

    Of a named account all is known up to its newest post, or to its last look before the clock went wrong; of one at
    risk, the weeks that were over at that look; the time since is looked at again, without paying again for what is
    stored. `ages` are those at which posts are read again, `zones` the zones of subjects, `zone` that of all others.
    The ledger stays as it is, what was spent was spent; an entry that costs nothing marks where the clock came
    back, so that another day is not charged for it (`spending.SPENT`). `entries` gives their numbers.
    """
    driver = driver_of(connection)
    trusted = _before_it_went_wrong(driver, now)
    looked = driver.execute(LOOKED_LATER, (trusted, trusted)).fetchall()
    for account_id, protection, subject in looked:
        _look_again(driver, account_id, protection, trusted, now, zones.get(subject, zone))
        evidence.reseal(connection, Kind.RECOUNTED, None, account_id, [Kind.COUNTS])
    evidence.append(connection, Kind.REDATED, now)
    again = driver.execute(SEEN_LATER, {"now": now}).fetchall()
    driver.executemany(SCHEDULE, [(next_refresh(at, now, ages), owner, post) for owner, post, at in again])
    for statement in REDATE:
        driver.execute(statement, {"now": now, "longest": LONGEST_LIMIT})
    for (platform,) in driver.execute(SPENT_LATER, (now,)).fetchall():
        driver.execute(MARK, (next(entries), platform, now, now))


def _before_it_went_wrong(driver: Driver, now: Instant) -> Instant:
    """When the last visit was begun before the clock was set forward; 0 if it was wrong from the first visit on.

    The clock is ahead by at least as much as the latest visit is in the future. Where the beginnings of visits make a
    leap of that length before the first that is in the future, there it was set.
    """
    begun = [at for (at,) in driver.execute(VISITS)]
    ahead = max(begun, default=now) - now
    future = next((place for place, at in enumerate(begun) if at > now), len(begun))
    leaps = [before for before, after in pairwise(begun[: future + 1]) if after - before >= ahead]
    return leaps[-1] if leaps and ahead > 0 else 0 if ahead > 0 else now


def _look_again(driver: Driver, account_id: int, protection: str, trusted: Instant, now: Instant, zone: str) -> None:
    ((visited,),) = driver.execute(LAST_VISIT, (account_id, trusted)).fetchall()
    ((published,),) = driver.execute(NEWEST_POST, (account_id, now)).fetchall()
    known = max((at for at in (visited, published) if at is not None), default=None)
    if protection == Protection.AT_RISK and known is not None:
        known = start_of_week(known - DAY, zone)
    where = {"id": account_id, "to": known or 0, "now": now}
    driver.execute(DROP, where)
    driver.execute(CUT, where)
    ((covered,),) = driver.execute(COVERED, (account_id,)).fetchall()
    if known is not None and covered is not None:
        known = min(known, covered)  # a post may be newer than the end of what was looked at
    driver.execute(LOOK_AGAIN, {**where, "to": known})
    driver.execute(DOUBTFUL_COUNTS, (account_id, trusted, known or 0))
