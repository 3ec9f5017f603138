"""Taking out what deleted posts said: from their rows, from their versions, and from the raw answers that hold it."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.store import evidence
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of
from tracker.store.pages import COMPRESSION

ASIDE = "CREATE TEMP TABLE IF NOT EXISTS redacted (post_id INTEGER PRIMARY KEY)"
MINE = "post_id IN (SELECT post_id FROM temp.redacted)"
IDS = f"""
SELECT version_id FROM post WHERE account_id = :account AND {MINE}
UNION SELECT version_id FROM version WHERE account_id = :account AND {MINE}
"""
OLDEST = f"SELECT min(posted_at) FROM post WHERE account_id = :account AND {MINE}"
FORGET = (
    f"UPDATE post SET text = NULL WHERE account_id = :account AND {MINE}",
    f"UPDATE version SET text = NULL WHERE account_id = :account AND {MINE}",
)
# Where referenced posts are asked for, the answers about other accounts of the platform may hold them too.
ANSWERS = """
SELECT answer.id, body, visit.account_id, asked_at FROM answer JOIN visit ON visit.id = visit_id
WHERE asked_at >= :since AND (visit.account_id = :account OR request LIKE '%expansions%')
"""
REPLACE = "UPDATE answer SET body = ?, redacted_at = ? WHERE id = ?"
DROP = "DELETE FROM answer WHERE id = ?"

KEPT = frozenset(
    {
        "_",
        "author_id",
        "created_at",
        "date",
        "edit_history_post_ids",
        "edit_history_tweet_ids",
        "forwards",
        "id",
        "public_metrics",
        "views",
    }
)
"""What stays of a deleted post in a raw answer: that it was there, when, and how often it was seen."""
SAYING = frozenset({"text", "message"})
"""Only a post has one of these beside its id: accounts have ids too."""


def forget_texts(connection: Connection, account_id: int, post_ids: Sequence[int], now: Instant) -> None:
    """Remove all that these posts of one account said, in every version. What is freed is overwritten."""
    driver = driver_of(connection)
    driver.execute(ASIDE)
    driver.execute("DELETE FROM temp.redacted")
    driver.executemany("INSERT OR IGNORE INTO temp.redacted VALUES (?)", [(post_id,) for post_id in post_ids])
    account = {"account": account_id}
    ids = {str(number) for (number,) in driver.execute(IDS, account)} | {str(post_id) for post_id in post_ids}
    (since,) = driver.execute(OLDEST, account).fetchone()
    for statement in FORGET:
        driver.execute(statement, account)
    released = evidence.cut(connection, Kind.REDACTED, now, account_id, post_ids, whole=False)
    evidence.release(connection, Kind.REDACTED, now, released, {"posts": len(post_ids)})
    if since is None:
        return
    dropped: list[int] = []
    replaced: list[int] = []
    needles = [number.encode() for number in ids]
    for answer_id, body, owner, asked_at in driver.execute(ANSWERS, {**account, "since": since}).fetchall():
        said = zlib.decompress(body)
        if not any(needle in said for needle in needles):
            continue
        left = redacted(said, ids)
        if left is None:
            dropped.append(answer_id)
            driver.execute(DROP, (answer_id,))
            evidence.seal_lost(connection, now, owner, asked_at)
        elif left != said:
            replaced.append(answer_id)
            driver.execute(REPLACE, (zlib.compress(left, COMPRESSION), now, answer_id))
    evidence.release_answers(connection, Kind.REDACTED, now, [*dropped, *replaced])
    for answer_id in replaced:
        evidence.seal_answer(connection, Kind.REMAINDER, now, answer_id)


def redacted(body: bytes, ids: Collection[str]) -> bytes | None:
    """A raw answer without what the posts with these ids said; None if it is not JSON, and so has to go whole."""
    try:
        answer: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    left, changed = _without(answer, ids)
    return msgspec.json.encode(left) if changed else body


def _without(value: object, ids: Collection[str]) -> tuple[object, bool]:
    """The value without what the posts said, and whether anything was taken out."""
    if isinstance(value, dict):
        if not SAYING.isdisjoint(value) and str(value.get("id")) in ids:
            return {name: part for name, part in value.items() if name in KEPT}, True
        parts = {name: _without(part, ids) for name, part in value.items()}
        return {name: part for name, (part, _) in parts.items()}, any(changed for _, changed in parts.values())
    if isinstance(value, list):
        items = [_without(part, ids) for part in value]
        return [part for part, _ in items], any(changed for _, changed in items)
    return value, False
