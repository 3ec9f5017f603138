"""A page in the database: its posts, counters and raw answer, in the caller's transaction."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from tracker.domain.instants import Instant
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Answer, Page, Post, SetAside
from tracker.domain.refreshing import next_refresh
from tracker.domain.words import PostKind
from tracker.store import evidence
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of, insert_rows, upsert
from tracker.store.tables import Metric, RawAnswer, SetAsideItem, Version, Visit, WeekCount
from tracker.store.tables import Post as PostRow

posts = PostRow.metadata.tables["post"]
versions = Version.metadata.tables["version"]
metrics = Metric.metadata.tables["metric"]
visits = Visit.metadata.tables["visit"]
answers = RawAnswer.metadata.tables["answer"]
set_aside = SetAsideItem.metadata.tables["set_aside"]
week_counts = WeekCount.metadata.tables["week_count"]

INSERT_POST = upsert(posts)
# A repost cannot be edited, but X cuts its text where the reposted post does not come along.
OTHER_TEXT = (
    "excluded.text IS NOT post.text "
    f"AND (post.kind <> {PostKind.REPOST:d} OR length(excluded.text) > length(post.text))"
)
REVISE_POST = upsert(
    posts,
    update=("version_id", "text", "lang", "edited_at", "withheld_in", "deleted_at"),
    # Telegram changes the time of the last edit at every reaction: only another text, or another id, is an edit.
    where="excluded.version_id > post.version_id OR post.deleted_at IS NOT NULL "
    f"OR (excluded.version_id = post.version_id AND {OTHER_TEXT})",
)
KEEP_VERSION = f"""
INSERT INTO version (account_id, post_id, replaced_at, version_id, text)
SELECT account_id, post_id, ?, version_id, text FROM post
WHERE account_id = ? AND post_id = ? AND version_id <= ? AND text IS NOT NULL AND text IS NOT ?
    AND kind <> {PostKind.REPOST:d} AND deleted_at IS NULL ON CONFLICT DO NOTHING
"""
INSERT_METRIC = upsert(metrics)
INSERT_ANSWER = (
    "INSERT INTO answer (visit_id, asked_at, request, sha256, body, redacted_at) VALUES (?, ?, ?, ?, ?, ?)"
)
REPLACE_ANSWER = """
UPDATE answer SET request = ?, sha256 = ?, body = ?, redacted_at = coalesce(?, asked_at) WHERE id = ?
"""
COUNT_PAGE = "UPDATE visit SET pages = pages + 1, posts_new = posts_new + ? WHERE id = ?"
COMPRESSION = 1
"""zlib level: 200 µs for a page of 100 posts, a quarter of its size."""


def begin_visit(connection: Connection, account_id: int, started_at: Instant) -> int:
    """A new visit, under way. Returns its id."""
    values = {"account_id": account_id, "started_at": started_at, "pages": 0, "posts_new": 0}
    key = connection.execute(insert(visits).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def count_page(connection: Connection, visit_id: int, posts_new: int) -> None:
    """Add a page to its visit."""
    driver_of(connection).execute(COUNT_PAGE, (posts_new, visit_id))


def note_pages(connection: Connection, visit_id: int) -> None:
    """A visit to somebody at risk has brought pages; how many is not kept, since each holds so many posts."""
    driver_of(connection).execute("UPDATE visit SET pages = 1 WHERE id = ?", (visit_id,))


def close_visit(connection: Connection, visit_id: int, ended_at: Instant, kind: OutcomeKind, detail: str) -> None:
    """Record how the visit ended."""
    connection.execute(
        update(visits).where(visits.c.id == visit_id).values(ended_at=ended_at, outcome=kind, detail=detail or None)
    )


def abandon_visit(connection: Connection, visit_id: int) -> None:
    """Remove a visit that brought nothing."""
    connection.execute(delete(visits).where(visits.c.id == visit_id, visits.c.pages == 0))


def write_posts(
    connection: Connection,
    account_id: int,
    items: tuple[Post, ...],
    seen_at: Instant,
    ages: Sequence[int] = (),
    *,
    counted: bool = True,
) -> int:
    """Store posts and their counters; a known post is revised if it was edited. Returns how many are new.

    `ages` are those, in seconds, at which a new post is to be read again; without `counted` the counters are left.
    """
    if not items:
        return 0
    oldest_first = items[::-1]  # as the trees are ordered
    # The driver takes a PostKind too, but searches its adapters for one first.
    if ages:
        rows = [
            (account_id, *post[:3], int(post.kind), *post[4:10], seen_at, next_refresh(post[2], seen_at, ages), None)
            for post in oldest_first
        ]
    else:
        rows = [(account_id, *post[:3], int(post.kind), *post[4:10], seen_at, None, None) for post in oldest_first]
    new = insert_rows(connection, INSERT_POST, rows)
    if new < len(rows):
        revise_posts(connection, account_id, oldest_first, seen_at)
    if counted:
        write_metrics(connection, account_id, oldest_first, seen_at)
    return new


def revise_posts(connection: Connection, account_id: int, items: Iterable[Post], seen_at: Instant) -> None:
    """Take up what known posts say now, and keep what an edited one said. One that is seen is deleted no more."""
    items = list(items)
    driver_of(connection).executemany(
        KEEP_VERSION, [(seen_at, account_id, post.post_id, post.version_id, post.text) for post in items]
    )
    rows = [(account_id, *post[:3], int(post.kind), *post[4:10], seen_at, None, None) for post in items]
    insert_rows(connection, REVISE_POST, rows)


def write_metrics(connection: Connection, account_id: int, items: Iterable[Post], seen_at: Instant) -> None:
    """Write down the posts' counters of this moment."""
    insert_rows(connection, INSERT_METRIC, [(account_id, post.post_id, seen_at, *post.metrics) for post in items])


def count_posts(connection: Connection, account_id: int, since: Instant) -> int:
    """Posts known since then, of a named account or, in whole weeks, of an at-risk one."""
    stored = select(func.count()).where(posts.c.account_id == account_id, posts.c.posted_at >= since)
    counted = select(func.coalesce(func.sum(week_counts.c.posts), 0)).where(
        week_counts.c.account_id == account_id, week_counts.c.week >= since
    )
    return int(connection.execute(stored).scalar_one()) + int(connection.execute(counted).scalar_one())


def write_answer(
    connection: Connection, visit_id: int | None, asked_at: Instant, answer: Answer, *, is_cut: bool = False
) -> None:
    """Keep a raw answer, compressed, with the SHA-256 of its bytes, and seal it.

    `is_cut`: it is not all that came.
    """
    digest, packed = hashlib.sha256(answer.body).hexdigest(), zlib.compress(answer.body, COMPRESSION)
    values = (visit_id, asked_at, answer.request, digest, packed, asked_at if is_cut else None)
    row = driver_of(connection).execute(INSERT_ANSWER, values)
    assert row.lastrowid is not None
    kind = Kind.PROFILES if visit_id is None else Kind.PAGE
    evidence.seal_answer(connection, kind, asked_at, row.lastrowid)


def replace_answer(connection: Connection, answer_id: int, request: str, body: bytes, at: Instant | None) -> None:
    """Keep what is left of an answer from which somebody was cut out; its SHA-256 is that of what is left.

    That of what came would let a guess of what is missing be tested. What was sealed has been released before.
    Without a time, as of people at risk, the answer counts as cut since it came.
    """
    digest, packed = hashlib.sha256(body).hexdigest(), zlib.compress(body, COMPRESSION)
    driver_of(connection).execute(REPLACE_ANSWER, (request, digest, packed, at, answer_id))
    evidence.seal_answer(connection, Kind.REMAINDER, at, answer_id)


def write_set_aside(connection: Connection, visit_id: int, items: tuple[SetAside, ...]) -> None:
    """Keep what could not be understood, and why."""
    if items:
        connection.execute(
            insert(set_aside),
            [{"visit_id": visit_id, "post_id": item.post_id, "reason": item.reason} for item in items],
        )


def write_page(
    connection: Connection,
    account_id: int,
    visit_id: int,
    page: Page,
    ages: Sequence[int] = (),
    *,
    is_cut: bool = False,
) -> int:
    """All that a page of a named account brings, but for what it proves and costs. Returns how many posts are new.

    `is_cut`: its answer is not all that came.
    """
    if page.answer is not None:
        write_answer(connection, visit_id, page.asked_at, page.answer, is_cut=is_cut)
    elif page.posts:
        evidence.seal_items(connection, Kind.PAGE, page.asked_at, account_id, {"posts": len(page.posts)})
    write_set_aside(connection, visit_id, page.set_aside)
    return write_posts(connection, account_id, page.posts, page.asked_at, ages)


def write_weeks(connection: Connection, account_id: int, weeks: dict[Instant, list[int]]) -> None:
    """Set the counts of whole weeks of an at-risk account: posts by kind. Counting a week again changes nothing."""
    if not weeks:
        return
    connection.execute(
        delete(week_counts).where(week_counts.c.account_id == account_id, week_counts.c.week.in_(list(weeks)))
    )
    rows = [
        {"account_id": account_id, "week": week, "kind": kind, "posts": count}
        for week, counts in weeks.items()
        for kind, count in enumerate(counts)
        if count
    ]
    if rows:
        connection.execute(insert(week_counts), rows)
    evidence.seal_items(
        connection, Kind.WEEKS, None, account_id, {str(week): counts for week, counts in weeks.items()}
    )


def drop_posts(connection: Connection, account_id: int) -> None:
    """Remove posts, their versions, counters and raw answers of an account that has become at risk."""
    for table in (posts, versions, metrics):
        connection.execute(delete(table).where(table.c.account_id == account_id))
    evidence.release_account(connection, Kind.REDUCED, None, account_id)
    mine = select(visits.c.id).where(visits.c.account_id == account_id)
    connection.execute(delete(answers).where(answers.c.visit_id.in_(mine)))
    connection.execute(delete(set_aside).where(set_aside.c.visit_id.in_(mine)))
    # A named account is visited by its own rhythm: when we looked would tell when it posted.
    connection.execute(delete(visits).where(visits.c.account_id == account_id, visits.c.ended_at.is_not(None)))
    connection.execute(update(visits).where(visits.c.account_id == account_id).values(posts_new=0, pages=1))


def drop_profiles(connection: Connection, names: Iterable[str]) -> None:
    """Remove the raw answers about profiles that ask for one of these names, or give it: they go whole."""
    needles = [name.casefold().encode() for name in names]
    shared = select(answers.c.id, answers.c.request, answers.c.body).where(answers.c.visit_id.is_(None))
    for row in connection.execute(shared).all():
        said = (row.request.encode() + zlib.decompress(row.body)).lower()
        if any(needle in said for needle in needles):
            evidence.release_answers(connection, Kind.REDUCED, None, [row.id])
            connection.execute(delete(answers).where(answers.c.id == row.id))
