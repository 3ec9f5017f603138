"""What is stored against the sandbox's list: what was committed is there once, and nothing is claimed that is not so.

`differences` gives every sentence that is wrong; `equal_to_the_world` fails with them.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.runtime.making import ZONE
from tracker.domain.instants import Instant, start_of_week
from tracker.domain.words import Platform, PostKind, Protection
from tracker.runtime.verifying import verify
from tracker.sandbox.telegram_world import World
from tracker.sandbox.x_limits import Bill
from tracker.sandbox.x_world import XWorld, snowflake_ms

Item = tuple[Instant, int]
"""When a post was published, and its kind."""
Part = tuple[Instant, Instant]

SHOWN = 5
"""At most so many posts in a sentence."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The posts of one account as its platform has them, by id."""

    posts: dict[int, Item]
    once: set[int]
    """Those that were deleted: stored or not, both are right."""
    created_at: Instant


def of_x(world: XWorld, platform_id: int, stored: Iterable[int]) -> Truth | None:
    """An account of X; a post bears the id and the time of its first version."""
    account = world.account(platform_id)
    if account is None:
        return None
    posts = {}
    for post in world.timeline(platform_id):
        first = post.edit_chain[0] if post.edit_chain else post.post_id
        posts[first] = (snowflake_ms(first) // 1000, int(post.kind))
    return Truth(posts, {number for number in stored if world.was_deleted(number)}, account.created_at)


def of_telegram(world: World, platform_id: int, stored: Iterable[int]) -> Truth | None:
    """A channel; its numbers are given out once, so one that is missing was deleted."""
    channel = world.channel(platform_id)
    if channel is None:
        return None
    posts = {post.post_id: (post.posted_at, int(post.kind)) for post in world.posts(platform_id)}
    gone = {number for number in stored if 0 < number <= channel.last_id and number not in posts}
    return Truth(posts, gone, channel.created_at)


def differences(
    database: Path, *worlds: XWorld | World, complete: bool = True, zone: str = ZONE, bill: Bill | None = None
) -> list[str]:
    """Every way in which the database contradicts the platforms; empty if it is equal.

    Always: the file is sound, no post is there that was never published, each covered interval holds exactly the
    platform's posts (at-risk accounts: the counts of each covered week; counted accounts: each count). `complete`:
    nothing up to the last look is missing and no hole is left, but where the platform shows no more. With X's
    `bill`, the ledger is at least that. And `tracker verify` finds every entry, answer and post as it came.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        found = list(_unsound(connection))
        for account in connection.execute("SELECT * FROM account WHERE platform_id IS NOT NULL ORDER BY id"):
            mine: tuple[Truth | None, ...] = tuple(
                of_x(world, account["platform_id"], _stored(connection, account["id"]))
                if isinstance(world, XWorld)
                else of_telegram(world, account["platform_id"], _stored(connection, account["id"]))
                for world in worlds
                if isinstance(world, XWorld) is (account["platform"] == Platform.X)
            )
            for truth in mine:
                if truth is None:
                    found.append(f"{account['handle']}: there is no such account")
                else:
                    wrong = _of_account(connection, account, truth, complete, zone)
                    found += [f"{account['platform']} {account['handle']}: {sentence}" for sentence in wrong]
        if bill is not None:
            (spent,) = connection.execute("SELECT coalesce(sum(cost), 0) FROM ledger WHERE platform = 'x'").fetchone()
            if spent < bill.micros:
                found.append(f"the ledger says {spent}, the bill {bill.micros}")
    return found + [f"verify: {finding}" for finding in verify(database).findings]


def equal_to_the_world(
    database: Path, *worlds: XWorld | World, complete: bool = True, zone: str = ZONE, bill: Bill | None = None
) -> None:
    """Fail with every difference, unless there is none."""
    found = differences(database, *worlds, complete=complete, zone=zone, bill=bill)
    assert not found, "\n".join(found)


def _unsound(connection: sqlite3.Connection) -> Iterator[str]:
    for (said,) in connection.execute("PRAGMA integrity_check"):
        if said != "ok":
            yield f"integrity: {said}"
    for row in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} belongs to nothing"
    for answer in connection.execute("SELECT id, sha256, body FROM answer WHERE redacted_at IS NULL"):
        if hashlib.sha256(zlib.decompress(answer["body"])).hexdigest() != answer["sha256"]:
            yield f"answer {answer['id']} is not what came"


def _stored(connection: sqlite3.Connection, account_id: int) -> dict[int, Item]:
    rows = connection.execute("SELECT post_id, posted_at, kind FROM post WHERE account_id = ?", (account_id,))
    return {post_id: (posted_at, kind) for post_id, posted_at, kind in rows}


def _of_account(
    connection: sqlite3.Connection, account: sqlite3.Row, truth: Truth, complete: bool, zone: str
) -> Iterator[str]:
    coverage = [
        (since, until)
        for since, until in connection.execute(
            "SELECT since, until FROM coverage WHERE account_id = ? ORDER BY since", (account["id"],)
        )
    ]
    yield from _unfit(coverage, account["last_look_at"])
    yield from _counts(connection, account["id"], truth)
    if account["protection"] == Protection.AT_RISK:
        yield from _weeks(connection, account["id"], truth, coverage, zone)
    elif account["mode"] == "posts":
        yield from _posts(connection, account, truth, coverage, complete)


def _unfit(coverage: list[Part], last_look_at: Instant | None) -> Iterator[str]:
    """Intervals are disjoint, run forward, and do not reach beyond the last look."""
    for since, until in coverage:
        if since >= until:
            yield f"the covered interval {since}..{until} is none"
    for (_, until), (since, _) in pairwise(coverage):
        if since < until:
            yield f"the interval from {since} on is covered twice"
    if coverage and (last_look_at is None or coverage[-1][1] > last_look_at):
        yield f"covered until {coverage[-1][1]}, last looked at {last_look_at}"


def _posts(
    connection: sqlite3.Connection, account: sqlite3.Row, truth: Truth, coverage: list[Part], complete: bool
) -> Iterator[str]:
    stored = _stored(connection, account["id"])
    aside = {
        row[0]
        for row in connection.execute(
            "SELECT post_id FROM set_aside JOIN visit ON visit.id = visit_id WHERE account_id = ?", (account["id"],)
        )
    }
    missing = {number: item for number, item in truth.posts.items() if number not in stored and number not in aside}
    invented = stored.keys() - truth.posts.keys() - truth.once
    changed = {number for number in stored.keys() & truth.posts.keys() if stored[number] != truth.posts[number]}
    unread = {number for number, (at, _) in missing.items() if any(since <= at < until for since, until in coverage)}
    yield from _told("stored, though never published", invented)
    yield from _told("stored with another time or kind", changed)
    yield from _told("not stored, though their time is covered", unread)
    if not complete:
        return
    holes = connection.execute(
        "SELECT coalesce(since, 0) AS since, until, unreachable FROM hole WHERE account_id = ?", (account["id"],)
    ).fetchall()
    reachable = [(hole["since"], hole["until"]) for hole in holes if not hole["unreachable"]]
    if reachable:
        yield f"holes are left: {reachable}"
    looked = account["last_look_at"] or 0
    excused = [(hole["since"], hole["until"]) for hole in holes]
    lost = {
        number
        for number, (at, _) in missing.items()
        if at < looked and not any(since <= at < until for since, until in excused)
    }
    yield from _told("lost", lost)
    for (_, until), (since, _) in pairwise(coverage):
        if until < since and not any(low <= until and since <= high for low, high in excused):
            yield f"neither covered nor a hole: {until}..{since}"


def _weeks(
    connection: sqlite3.Connection, account_id: int, truth: Truth, coverage: list[Part], zone: str
) -> Iterator[str]:
    for table in ("post", "metric"):
        (rows,) = connection.execute(f"SELECT count(*) FROM {table} WHERE account_id = ?", (account_id,)).fetchone()
        if rows:
            yield f"{rows} rows of {table} about a person at risk"
    counted = {
        (week, kind): posts
        for week, kind, posts in connection.execute(
            "SELECT week, kind, posts FROM week_count WHERE account_id = ?", (account_id,)
        )
    }
    true = Counter(
        (start_of_week(at, zone), kind)
        for at, kind in truth.posts.values()
        if any(since <= at < until for since, until in coverage)
    )
    for week, kind in sorted(true.keys() | counted.keys()):
        if true[week, kind] != counted.get((week, kind), 0):
            yield f"week {week} kind {kind}: {true[week, kind]} posts, {counted.get((week, kind), 0)} counted"


def _counts(connection: sqlite3.Connection, account_id: int, truth: Truth) -> Iterator[str]:
    until_before = 0
    times = sorted(at for at, kind in truth.posts.values() if kind != PostKind.REPOST)
    for since, until, posts in connection.execute(
        "SELECT since, until, posts FROM count WHERE account_id = ? ORDER BY since", (account_id,)
    ):
        if since < until_before:
            yield f"counted twice from {since} on"
        until_before = until
        true = sum(since <= at < until for at in times)
        if true != posts:
            yield f"{since}..{until}: {true} posts, {posts} counted"


def _told(what: str, numbers: Iterable[int]) -> Iterator[str]:
    some = sorted(numbers)
    if some:
        more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
        yield f"{what}: {', '.join(map(str, some[:SHOWN]))}{more}"
