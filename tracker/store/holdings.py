"""What the database holds of one account, to be compared with the raw answers it came from. Reads only."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import Connection as Driver
from typing import NamedTuple

from tracker.domain.instants import Instant
from tracker.domain.words import Platform
from tracker.store import chain, evidence
from tracker.store.chain import Kind

ACCOUNTS = "SELECT id, platform, platform_id FROM account ORDER BY id"
POSTS = """
SELECT post_id, version_id, posted_at, kind, text, lang, ref_post_id, ref_author_id, edited_at, withheld_in,
    collected_at, deleted_at FROM post WHERE account_id = ?
"""
ANSWERS = """
SELECT answer.id, asked_at, request, body, redacted_at FROM answer JOIN visit ON visit.id = visit_id
WHERE account_id = ? ORDER BY answer.id
"""
VERSIONS = "SELECT post_id, text FROM version WHERE account_id = ? AND text IS NOT NULL"
METRICS = """
SELECT post_id, taken_at, likes, reposts, replies, quotes, bookmarks, views, reactions, precision
FROM metric WHERE account_id = ?
"""


class PostRow(NamedTuple):
    """A post as it is stored."""

    post_id: int
    version_id: int
    posted_at: Instant
    kind: int
    text: str | None
    lang: str | None
    ref_post_id: int | None
    ref_author_id: int | None
    edited_at: Instant | None
    withheld_in: str | None
    collected_at: Instant
    deleted_at: Instant | None


class KeptAnswer(NamedTuple):
    """A raw answer about the account, unpacked."""

    id: int
    asked_at: Instant
    request: str
    body: bytes | None
    """None: it cannot be unpacked."""
    is_redacted: bool


@dataclass(frozen=True, slots=True)
class Holding:
    """One account: what is stored of its posts, and what was sealed of them beside the answers."""

    account_id: int
    platform: Platform | None
    platform_id: int | None
    posts: dict[int, PostRow]
    versions: dict[int, set[str]]
    metrics: dict[tuple[int, Instant], tuple[int | None, ...]]
    edits: frozenset[tuple[int, str]]
    """Post, and the digest of what it said when it was read again."""
    counters: tuple[tuple[Instant, tuple[int, ...], str], ...]
    """Of posts that were read again: when, of which, and the digest of what they were."""
    deleted: frozenset[int]
    """Posts that were seen to be gone."""
    without_answer: int
    """How many posts, at most, came from files, and on pages that could not be kept."""
    imported: bool
    lost: frozenset[Instant]
    """When the answers came that went whole, because what they told of somebody else could not be cut out."""


def holdings(driver: Driver) -> Iterator[Holding]:
    """Account by account."""
    for account_id, platform, platform_id in driver.execute(ACCOUNTS).fetchall():
        versions: dict[int, set[str]] = {}
        for post_id, text in driver.execute(VERSIONS, (account_id,)):
            versions.setdefault(post_id, set()).add(text)
        edits: set[tuple[int, str]] = set()
        counters: list[tuple[Instant, tuple[int, ...], str]] = []
        deleted: set[int] = set()
        lost: set[Instant] = set()
        without_answer, imported = 0, False
        for _, kind, payload in driver.execute(evidence.SEALED_ITEMS, (account_id,)):
            items = _items(payload)
            if kind == Kind.EDITS:
                edits |= {(int(post_id), str(digest)) for post_id, digest in items.items() if post_id.isdecimal()}
            elif kind == Kind.COUNTERS:
                posts = items.get("posts")
                known = tuple(posts) if isinstance(posts, list) else ()
                counters.append((_count(items.get("at")), known, str(items.get("sha256"))))
            elif kind == Kind.DELETED:
                deleted |= {int(post_id) for post_id in items if post_id.isdecimal()}
            elif kind == Kind.LOST:
                lost.add(_count(items.get("asked_at")))
            elif kind == Kind.IMPORTED:
                imported = True
                without_answer += _count(items.get("new"))
            elif kind == Kind.PAGE:
                without_answer += _count(items.get("posts"))
        yield Holding(
            account_id,
            Platform(platform) if platform in set(Platform) else None,
            platform_id,
            {row[0]: PostRow(*row) for row in driver.execute(POSTS, (account_id,))},
            versions,
            {row[:2]: row[2:] for row in driver.execute(METRICS, (account_id,))},
            frozenset(edits),
            tuple(counters),
            frozenset(deleted),
            without_answer,
            imported,
            frozenset(lost),
        )


def _items(payload: str) -> dict[str, object]:
    """What was sealed; nothing where it was changed, which the seal tells."""
    try:
        items: object = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return items if isinstance(items, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def answers_of(driver: Driver, account_id: int) -> Iterator[KeptAnswer]:
    """The kept answers about an account, in the order in which they came."""
    for answer_id, asked_at, request, body, redacted_at in driver.execute(ANSWERS, (account_id,)):
        try:
            said = zlib.decompress(body)
        except zlib.error:
            said = None
        yield KeptAnswer(answer_id, asked_at, request, said, redacted_at is not None)


def digest_of(row: PostRow) -> str:
    """What stands for the post's words among the edits."""
    return chain.digest_of_state(row.version_id, row.text, row.lang, row.edited_at, row.withheld_in)
