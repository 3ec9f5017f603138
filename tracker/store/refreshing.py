"""Known posts that are to be read again, and what came of it: counters, edits, deletions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.domain.records import Post, Target
from tracker.domain.refreshing import next_refresh
from tracker.domain.words import Mode, Platform, Protection
from tracker.store import chain, evidence, pages, redaction, screening
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of

DUE = f"""
SELECT account.id, handle, platform_id, access_key, post_id, version_id, posted_at, refresh_at
FROM post JOIN account ON account.id = account_id
WHERE refresh_at <= ? AND platform = ? AND collected = 1
    AND protection = '{Protection.NAMED}' AND mode = '{Mode.POSTS}'
ORDER BY posted_at DESC, post_id DESC LIMIT ?
"""
"""Newest first: where the budget does not reach, the oldest wait."""
WAITING = f"""
SELECT count(*), min(refresh_at) FROM post JOIN account ON account.id = account_id
WHERE refresh_at <= ? AND platform = ? AND collected = 1
    AND protection = '{Protection.NAMED}' AND mode = '{Mode.POSTS}'
"""
STILL_NAMED = f"SELECT id FROM account WHERE protection = '{Protection.NAMED}' AND collected = 1"
SCHEDULE = "UPDATE post SET refresh_at = ? WHERE account_id = ? AND post_id = ?"
STATE = """
SELECT post_id, version_id, text, lang, edited_at, withheld_in FROM post WHERE account_id = ? AND post_id = ?
"""
BURY = "UPDATE post SET deleted_at = ? WHERE account_id = ? AND post_id = ? AND deleted_at IS NULL"
LIVING = f"""
SELECT account.id, version_id, post_id FROM post JOIN account ON account.id = account_id
WHERE platform = ? AND protection = '{Protection.NAMED}' AND deleted_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class DuePost:
    """A post that is to be read again."""

    account_id: int
    target: Target
    post_id: int
    version_id: int
    """The id under which to ask for it."""
    posted_at: Instant
    refresh_at: Instant


@dataclass(frozen=True, slots=True)
class Found:
    """What became of posts that were read again."""

    present: Sequence[tuple[DuePost, Post]] = ()
    deleted: Sequence[DuePost] = ()
    unseen: Sequence[DuePost] = ()
    """Of which nothing can be said; they wait for the next age."""


def waiting(connection: Connection, platform: Platform, now: Instant) -> tuple[int, Instant | None]:
    """How many posts are due to be read again, and since when the first of them is."""
    count, since = driver_of(connection).execute(WAITING, (now, str(platform))).fetchone()
    return count, since


def due_posts(connection: Connection, platform: Platform, now: Instant, limit: int) -> list[DuePost]:
    """The newest posts that are due to be read again."""
    rows = driver_of(connection).execute(DUE, (now, str(platform), limit))
    return [DuePost(row[0], Target(*row[1:4]), *row[4:]) for row in rows]


def write_found(
    connection: Connection, found: Found, seen_at: Instant, ages: Sequence[int], *, forget_texts: bool
) -> bool:
    """Store what became of posts, but for accounts that may no longer be stored. Returns whether texts were removed.

    Deleted posts keep their row, kind, time and counters.
    """
    named = {account_id for (account_id,) in driver_of(connection).execute(STILL_NAMED)}
    by_account: dict[int, list[Post]] = {}
    for due, post in found.present:
        if due.account_id in named:
            by_account.setdefault(due.account_id, []).append(post._replace(post_id=due.post_id))
    for account_id, read in by_account.items():
        posts = screening.screened_posts(connection, account_id, read)
        before = _states(connection, account_id, posts)
        pages.revise_posts(connection, account_id, posts, seen_at)
        after = _states(connection, account_id, posts)
        # The answer is not kept: it would hold what is deleted later.
        edited = {str(post_id): chain.digest_of_state(*state) for post_id, *state in after - before}
        evidence.seal_items(connection, Kind.EDITS, seen_at, account_id, edited)
        pages.write_metrics(connection, account_id, posts, seen_at)
        evidence.seal_counters(connection, seen_at, account_id, [post.post_id for post in posts])
    everything = (*(due for due, _ in found.present), *found.deleted, *found.unseen)
    driver_of(connection).executemany(
        SCHEDULE,
        [(next_refresh(due.posted_at, seen_at, ages), due.account_id, due.post_id) for due in everything],
    )
    gone = [(due.account_id, due.post_id) for due in found.deleted if due.account_id in named]
    return bury(connection, gone, seen_at, forget_texts=forget_texts)


def _states(connection: Connection, account_id: int, posts: Iterable[Post]) -> set[tuple[Any, ...]]:
    """What posts say now: id, and the columns that an edit changes."""
    driver = driver_of(connection)
    rows = (driver.execute(STATE, (account_id, post.post_id)).fetchone() for post in posts)
    return {row for row in rows if row is not None}


def bury(connection: Connection, gone: Iterable[tuple[int, int]], seen_at: Instant, *, forget_texts: bool) -> bool:
    """Mark posts (account, post) as deleted, and remove what they said if asked. Returns whether that was done."""
    gone = list(gone)
    driver_of(connection).executemany(BURY, [(seen_at, *key) for key in gone])
    owners = sorted({account_id for account_id, _ in gone})
    for account_id in owners:
        deleted = {str(post_id): seen_at for owner, post_id in gone if owner == account_id}
        evidence.seal_items(connection, Kind.DELETED, seen_at, account_id, deleted)
    if not forget_texts or not gone:
        return False
    for account_id in owners:
        mine = [post_id for owner, post_id in gone if owner == account_id]
        redaction.forget_texts(connection, account_id, mine, seen_at)
    return True


def living(connection: Connection, platform: Platform) -> list[tuple[int, int, int]]:
    """All posts of named accounts, listed or not, that are not known to be deleted: account, present id, post id."""
    return driver_of(connection).execute(LIVING, (str(platform),)).fetchall()
