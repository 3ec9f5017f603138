"""The run log, written: an entry for whatever comes into the database and for whatever lawfully goes.

All in the transaction of what it speaks of, so that neither is ever there without the other. The entries are chained
and stay for ever; the salts lie apart in `seal`, so that they can be destroyed. `chain` says what is hashed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from sqlite3 import Connection as Driver

from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.store import chain
from tracker.store.chain import Entry, Kind, StoredAnswer
from tracker.store.dialect import driver_of

LAST = "SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1"
APPEND = "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)"
SEAL = "INSERT INTO seal (entry, salt, digest, account_id, answer_id, payload) VALUES (?, ?, ?, ?, ?, ?)"
ANSWER_COLUMNS = "answer.id, visit_id, account_id, asked_at, request, sha256, redacted_at, body"
ANSWER = f"SELECT {ANSWER_COLUMNS} FROM answer LEFT JOIN visit ON visit.id = visit_id WHERE answer.id = ?"
SEAL_OF_ANSWER = "SELECT entry FROM seal WHERE answer_id = ?"
SEALS_OF_ACCOUNT = "SELECT entry FROM seal WHERE account_id = ?"
SEALED_ITEMS = """
SELECT entry, kind, payload FROM seal JOIN entry ON number = entry
WHERE account_id = ? AND payload IS NOT NULL ORDER BY entry
"""
BREAK = "DELETE FROM seal WHERE entry = ?"
WEEKS = "SELECT week, kind, posts FROM week_count WHERE account_id = ? ORDER BY week, kind"
COUNTERS = """
SELECT post_id, likes, reposts, replies, quotes, bookmarks, views, reactions, precision FROM metric
WHERE account_id = ? AND taken_at = ? AND post_id = ?
"""
COUNTS = "SELECT since, until, posts FROM count WHERE account_id = ? ORDER BY since"


# -- what comes


def append(
    connection: Connection,
    kind: Kind,
    at: Instant | None,
    facts: Mapping[str, object] | None = None,
    commitment: bytes | None = None,
) -> int:
    """Add an entry to the chain. Returns its number. `facts` may hold nothing that points to anybody."""
    return _append(driver_of(connection), kind, at, facts or {}, commitment)


def _append(
    driver: Driver, kind: Kind, at: Instant | None, facts: Mapping[str, object], commitment: bytes | None
) -> int:
    last, previous = driver.execute(LAST).fetchone() or (0, chain.NOTHING)
    said = chain.encoded(facts)
    found = chain.entry_hash(last + 1, at, kind, said, commitment, previous)
    driver.execute(APPEND, Entry(last + 1, at, str(kind), said, commitment, previous, found))
    return int(last) + 1


def _seal(
    driver: Driver,
    kind: Kind,
    at: Instant | None,
    digest: bytes,
    account_id: int | None,
    answer_id: int | None,
    payload: str | None,
) -> int:
    salt = os.urandom(chain.SALT)
    number = _append(driver, kind, at, {}, chain.committed(salt, digest))
    driver.execute(SEAL, (number, salt, digest, account_id, answer_id, payload))
    return number


def seal_answer(connection: Connection, kind: Kind, at: Instant | None, answer_id: int) -> None:
    """Commit to a raw answer as it is stored."""
    seal_answer_with(driver_of(connection), kind, at, answer_id)


def seal_answer_with(driver: Driver, kind: Kind, at: Instant | None, answer_id: int) -> None:
    """The same for whoever has nothing but the driver: the migration."""
    answer = StoredAnswer(*driver.execute(ANSWER, (answer_id,)).fetchone())
    _seal(driver, kind, at, chain.digest_of_answer(answer), answer.account_id, answer.id, None)


def seal_items(
    connection: Connection, kind: Kind, at: Instant | None, account_id: int, items: Mapping[str, object]
) -> None:
    """Commit to what is known of an account beside its answers; the items are kept with the salt."""
    if items:
        _seal_items(driver_of(connection), kind, at, account_id, items)


def _seal_items(driver: Driver, kind: Kind, at: Instant | None, account_id: int, items: Mapping[str, object]) -> None:
    payload = chain.encoded(items)
    _seal(driver, kind, at, chain.digest_of_items(kind, account_id, payload), account_id, None, payload)


def seal_lost(connection: Connection, at: Instant | None, account_id: int, asked_at: Instant) -> None:
    """Commit to it that an answer about the account went whole: nothing can be compared with it any more."""
    seal_items(connection, Kind.LOST, at, account_id, {"asked_at": asked_at})


def seal_counters(connection: Connection, at: Instant, account_id: int, post_ids: Iterable[int]) -> None:
    """Commit to the counters of that moment of some posts, as they are stored."""
    driver = driver_of(connection)
    found = [row for post_id in post_ids for row in driver.execute(COUNTERS, (account_id, at, post_id))]
    if found:
        posts = sorted(row[0] for row in found)
        items = {"at": at, "posts": posts, "sha256": chain.digest_of_counters(found)}
        _seal_items(driver, Kind.COUNTERS, at, account_id, items)


def seal_what_stands(driver: Driver, account_id: int, *kinds: Kind) -> None:
    """Commit to the present week counts, or counts, of an account in one entry; without a time."""
    for kind in kinds:
        items = weeks_in(driver, account_id) if kind is Kind.WEEKS else counts_in(driver, account_id)
        if items:
            _seal_items(driver, kind, None, account_id, items)


def weeks_in(driver: Driver, account_id: int) -> dict[str, list[int]]:
    """The week counts of an account as they are sealed: by week, posts of each kind."""
    found: dict[str, list[int]] = {}
    for week, kind, posts in driver.execute(WEEKS, (account_id,)):
        found.setdefault(str(week), [0, 0, 0, 0])[kind] = posts
    return found


def counts_in(driver: Driver, account_id: int) -> dict[str, list[int]]:
    """The counts of an account as they are sealed: by their beginning, the end and the number."""
    return {str(since): [until, posts] for since, until, posts in driver.execute(COUNTS, (account_id,))}


# -- what goes


def release(
    connection: Connection,
    why: Kind,
    at: Instant | None,
    entries: Iterable[int],
    facts: Mapping[str, object] | None = None,
) -> None:
    """Destroy the salts of these entries and say so; what is freed is overwritten (`secure_delete`).

    Without entries it is only said, if there are facts.
    """
    numbers = sorted(set(entries))
    if not numbers and not facts:
        return
    driver = driver_of(connection)
    driver.executemany(BREAK, [(number,) for number in numbers])
    said = {"entries": chain.spans(numbers)} if numbers else {}
    _append(driver, why, at, {**said, **(facts or {})}, None)


def release_answers(
    connection: Connection,
    why: Kind,
    at: Instant | None,
    answer_ids: Iterable[int],
    facts: Mapping[str, object] | None = None,
) -> None:
    """Let go of raw answers that are removed or replaced in this transaction."""
    driver = driver_of(connection)
    found = [row for answer_id in answer_ids for row in driver.execute(SEAL_OF_ANSWER, (answer_id,)).fetchall()]
    release(connection, why, at, [number for (number,) in found], facts)


def release_account(
    connection: Connection, why: Kind, at: Instant | None, account_id: int, kinds: Collection[Kind] | None = None
) -> None:
    """Let go of all that was sealed of an account, its answers included, or of items of some kinds only."""
    driver = driver_of(connection)
    if kinds is None:
        found = [number for (number,) in driver.execute(SEALS_OF_ACCOUNT, (account_id,))]
    else:
        found = [number for number, kind, _ in driver.execute(SEALED_ITEMS, (account_id,)) if kind in kinds]
    release(connection, why, at, found)


def reseal(connection: Connection, why: Kind, at: Instant | None, account_id: int, kinds: Sequence[Kind]) -> None:
    """Some of an account's week counts, or counts, have gone: let go of what was sealed, and seal what stands."""
    release_account(connection, why, at, account_id, kinds)
    seal_what_stands(driver_of(connection), account_id, *kinds)


def cut(
    connection: Connection, why: Kind, at: Instant | None, account_id: int, post_ids: Iterable[int], *, whole: bool
) -> list[int]:
    """Seal anew, without some posts, what was sealed of the account's posts when they were read again.

    `whole`: not only what they said, but that they were there, too. Returns the entries still to be released.
    """
    gone = set(post_ids)
    found = []
    for number, kind, payload in driver_of(connection).execute(SEALED_ITEMS, (account_id,)).fetchall():
        if kind != Kind.EDITS and not (whole and kind in (Kind.COUNTERS, Kind.DELETED)):
            continue
        try:
            items = json.loads(payload)
            known = set(items["posts"]) if kind == Kind.COUNTERS else set(map(int, items))
        except (ValueError, TypeError, KeyError):
            found.append(number)  # somebody has changed it: what it holds, nobody knows
            continue
        if gone.isdisjoint(known):
            continue
        found.append(number)
        if kind == Kind.COUNTERS:
            seal_counters(connection, items["at"], account_id, known - gone)
        else:
            left = {post_id: said for post_id, said in items.items() if int(post_id) not in gone}
            seal_items(connection, Kind(kind), at, account_id, left)
    return found


# -- the beginning


def begin(driver: Driver) -> None:
    """The first entry, and one for all that is in the database already; nothing before it can be vouched for.

    It bears no time and, where nothing was collected yet, no chance: the same upgrade gives the same database.
    """
    answers = [number for (number,) in driver.execute("SELECT id FROM answer ORDER BY id")]
    posts = driver.execute("SELECT count(*) FROM post").fetchone()[0]
    _append(driver, Kind.BEGUN, None, {"answers": len(answers), "posts": posts}, None)
    for number in answers:
        seal_answer_with(driver, Kind.REMAINDER, None, number)
    for (account_id,) in driver.execute("SELECT id FROM account ORDER BY id").fetchall():
        seal_what_stands(driver, account_id, Kind.WEEKS, Kind.COUNTS)
