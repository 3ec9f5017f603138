"""Letting nothing of others point to somebody: the forgotten, and people at risk. Their rows, and their raw answers.

What other people wrote stays theirs: where they mention a handle in their own words, that is not cut.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.domain.words import Platform, PostKind
from tracker.store import evidence, needles, pages, redaction
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of
from tracker.store.excision import TOKENS, Traces, excised, posts_in
from tracker.store.needles import Needle

Row = tuple[int, int | None, Instant, str, bytes]
"""Of a raw answer: id, visit, when it was asked for, request, packed body."""
AT_ONCE = 200
"""Raw answers in memory."""
ASIDE = "CREATE TEMP TABLE IF NOT EXISTS gone (post_id INTEGER PRIMARY KEY)"
POINTING = f"""
account_id IN (SELECT id FROM account WHERE platform = :platform AND id NOT IN (SELECT value FROM json_each(:own)))
AND (
    (:whole AND ref_author_id IN (SELECT value FROM json_each(:authors)))
    OR (:whole AND kind = {PostKind.REPOST:d} AND text LIKE 'RT @%'
        AND lower(substr(text, 5, instr(text, ':') - 5)) IN (SELECT value FROM json_each(:handles)))
    OR (ref_post_id IN (SELECT post_id FROM temp.gone)
        AND (:platform = '{Platform.X}' OR ref_author_id IN (SELECT value FROM json_each(:authors))))
)
"""
SAID = f"SELECT ref_post_id, CASE kind WHEN {PostKind.REPOST:d} THEN text END FROM post WHERE {POINTING}"
UNLINK = f"""
UPDATE post SET text = CASE kind WHEN {PostKind.REPOST:d} THEN NULL ELSE text END,
    ref_post_id = NULL, ref_author_id = NULL
WHERE {POINTING}
"""
OWN = "visit_id IN (SELECT id FROM visit WHERE account_id IN (SELECT value FROM json_each(?)))"
OTHERS = f"(visit_id IS NULL OR NOT {OWN})"
VISITS_OF_OTHERS = f"(visit_id IS NOT NULL AND NOT {OWN})"
"""Answers about these accounts, about all others, and those about all others that are no profiles."""
OWNER = "SELECT account_id FROM visit WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Pointed:
    """Somebody, or some posts of his, to whom nothing may point."""

    platform: Platform
    own: Collection[int] = ()
    """Rows of accounts that are left alone."""
    authors: Collection[int] = ()
    """Numeric ids."""
    handles: Collection[str] = ()
    """In small letters."""
    posts: Collection[int] = ()
    whole: bool = True
    """Everything of the authors, not these posts only."""


@dataclass(slots=True)
class Unlinked:
    """What went."""

    unlinked_posts: int = 0
    """Posts of others that pointed there and do so no more; what reposts repeated is gone."""
    pointed_to: set[int] = field(default_factory=set)
    """Ids of the posts that they pointed to."""
    cut_answers: int = 0
    """Raw answers about others from which something was cut out, or which went whole because that cannot be."""
    needles: list[Needle] = field(default_factory=list)
    """What to look for in files."""


def unlink_posts(connection: Connection, pointed: Pointed, unlinked: Unlinked) -> None:
    """Let no post point there; a repost loses the text, which was not its own."""
    driver, values = driver_of(connection), _bound(connection, pointed)
    for post_id, text in driver.execute(SAID, values):
        unlinked.needles += needles.of_text(text)
        if post_id is not None:
            unlinked.pointed_to.add(post_id)
    unlinked.unlinked_posts += driver.execute(UNLINK, values).rowcount


def times_of_pointing(connection: Connection, pointed: Pointed) -> tuple[Instant, Instant] | None:
    """The first and the last second of others' posts that point there; None: there is none."""
    question = f"SELECT min(posted_at), max(posted_at) FROM post WHERE {POINTING}"
    first, last = driver_of(connection).execute(question, _bound(connection, pointed)).fetchone()
    return None if first is None else (first, last)


def _bound(connection: Connection, pointed: Pointed) -> dict[str, object]:
    """The values of POINTING, and the posts in the table that it looks into."""
    driver = driver_of(connection)
    driver.execute(ASIDE)
    driver.execute("DELETE FROM temp.gone")
    driver.executemany("INSERT OR IGNORE INTO temp.gone VALUES (?)", [(number,) for number in pointed.posts])
    return {
        "platform": str(pointed.platform),
        "own": json.dumps(list(pointed.own)),
        "authors": json.dumps(list(pointed.authors)),
        "handles": json.dumps(list(pointed.handles), ensure_ascii=False),
        "whole": pointed.whole,
    }


def posts_told_of(connection: Connection, traces: Traces, which: str, account_ids: Sequence[int]) -> set[int]:
    """The posts on X that raw answers show, or link to, as being by those whom the traces name."""
    found: set[int] = set()
    for *_, body in _answers(connection, which, account_ids):
        said = zlib.decompress(body)
        if traces.in_bytes(said):
            found |= posts_in(said, traces)
    return found


def _answers(connection: Connection, which: str, account_ids: Sequence[int]) -> Iterator[Row]:
    """The raw answers, a few in memory at a time; each may be changed or removed once it was given."""
    driver, last = driver_of(connection), 0
    question = f"SELECT id, visit_id, asked_at, request, body FROM answer WHERE id > ? AND {which} ORDER BY id"
    while rows := driver.execute(f"{question} LIMIT {AT_ONCE}", (last, json.dumps(account_ids))).fetchall():
        last = rows[-1][0]
        yield from rows


def cut_answers(
    connection: Connection,
    traces: Traces,
    unlinked: Unlinked,
    why: Kind,
    at: Instant | None,
    which: str,
    account_ids: Sequence[int],
) -> None:
    """Cut the traces out of the raw answers that hold them; one from which that cannot be done goes whole.

    `which`: OWN or OTHERS, of these accounts.
    """
    driver = driver_of(connection)
    for answer_id, visit_id, asked_at, request, body in _answers(connection, which, account_ids):
        said = zlib.decompress(body)
        if not traces.in_bytes(ENCODED.sub(",", request).encode()) and not traces.in_bytes(said):
            continue
        left = excised(said, traces)
        asked = asked_without(request, traces.words)
        if left == said and asked == request:
            continue  # mentioned in others' own words
        unlinked.cut_answers += 1
        evidence.release_answers(connection, why, at, [answer_id])
        if left is None:
            driver.execute(redaction.DROP, (answer_id,))
            if visit_id is not None:
                (owner,) = driver.execute(OWNER, (visit_id,)).fetchone()
                evidence.seal_lost(connection, at, owner, asked_at)
            kept = b""
        else:
            pages.replace_answer(connection, answer_id, asked, left, at)
            (kept,) = driver.execute("SELECT body FROM answer WHERE id = ?", (answer_id,)).fetchone()
        unlinked.needles += needles.of_blob(body, kept)


def without_words(text: str, words: Collection[str]) -> str:
    """The text with a mark in place of each of the words."""
    return TOKENS.sub(lambda token: "-" if token[0].casefold() in words else token[0], text)


ENCODED = re.compile(r"(%[0-9A-Fa-f]{2})")
"""What stands in a request for a comma: its letters are no part of the word beside it."""


def asked_without(request: str, words: Collection[str]) -> str:
    """The request with a mark in place of each of the words."""
    return "".join(without_words(part, words) for part in ENCODED.split(request))
