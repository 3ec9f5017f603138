"""Imported files: where each stands, and its posts, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert as upserting

from tracker.domain.instants import Instant, start_of_week
from tracker.domain.intervals import Intervals
from tracker.domain.records import Post
from tracker.domain.refreshing import next_refresh
from tracker.domain.words import PostKind, Protection
from tracker.store import evidence, ledger, pages, screening
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of
from tracker.store.tables import Account, ImportedFile

table = ImportedFile.metadata.tables["imported_file"]
accounts = Account.metadata.tables["account"]

Seen = dict[Instant | None, list[Post]]
"""Posts of an account as a file has them, by when they were seen so; None: the file does not say."""
ANY_BETWEEN = "SELECT 1 FROM post WHERE account_id = ? AND post_id BETWEEN ? AND ? LIMIT 1"
SCHEDULE = """
UPDATE post SET refresh_at = ? WHERE account_id = ? AND post_id = ? AND refresh_at IS NULL AND deleted_at IS NULL
"""
NEWEST_BEFORE = "SELECT max(post_id) FROM post WHERE account_id = ? AND posted_at < ?"
IS_AT_RISK = "SELECT 1 FROM account WHERE id = ? AND protection = ?"
AT_ONCE = 10_000
"""Parameters in one statement; SQLite takes 32,766."""


@dataclass(frozen=True, slots=True)
class FileKey:
    """What names a file, and how it is read."""

    sha256: str
    name: str
    format: str
    size: int
    terms: str
    """A digest of the watchlist and the options: under others the file is read from its beginning."""


class _Known(NamedTuple):
    version_id: int
    edited_at: Instant | None
    collected_at: Instant
    deleted_at: Instant | None


def begin(connection: Connection, file: FileKey, now: Instant) -> int:
    """Note that the file is being read. Returns up to which place it was read before, if that was broken off."""
    row = connection.execute(select(table).where(table.c.sha256 == file.sha256)).one_or_none()
    if row is not None and row.ended_at is None and (row.terms, row.format) == (file.terms, file.format):
        return int(row.done)
    values = {"name": file.name, "format": file.format, "size": file.size, "terms": file.terms}
    values |= {"done": 0, "started_at": now, "ended_at": None}
    statement = upserting(table).values(sha256=file.sha256, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=values))
    return 0


def broke_off(connection: Connection, size: int) -> bool:
    """Whether a file of so many bytes was read in part only."""
    broken_off = select(table).where(table.c.size == size, table.c.ended_at.is_(None))
    return connection.execute(broken_off.limit(1)).first() is not None


def go_on(connection: Connection, sha256: str, done: int) -> None:
    """The file is read up to this place."""
    connection.execute(update(table).where(table.c.sha256 == bindparam("file")).values(done=done), {"file": sha256})


def seal(connection: Connection, sha256: str, place: int, new: Mapping[int, int]) -> None:
    """Commit to it that the file, read up to this place, brought each named account so many new posts."""
    (at,) = (
        driver_of(connection).execute("SELECT started_at FROM imported_file WHERE sha256 = ?", (sha256,)).fetchone()
    )
    for account_id, count in new.items():
        items = {"file": sha256, "place": place, "new": count}
        evidence.seal_items(connection, Kind.IMPORTED, at, account_id, items)


def end(connection: Connection, sha256: str, now: Instant) -> None:
    """The file is read to its end."""
    connection.execute(update(table).where(table.c.sha256 == sha256).values(ended_at=now))


def begin_again(connection: Connection) -> None:
    """Files that are read in part are to be read from the beginning: what may be kept of whom has changed."""
    connection.execute(update(table).where(table.c.ended_at.is_(None)).values(done=0))


def bind(connection: Connection, account_id: int, platform_id: int) -> None:
    """A file names the numeric id of an account that was known by its handle only."""
    connection.execute(
        update(accounts)
        .where(accounts.c.id == account_id, accounts.c.platform_id.is_(None))
        .values(platform_id=platform_id)
    )


def schedule(
    connection: Connection, account_id: int, seen: Iterable[Post], now: Instant, ages: Sequence[int]
) -> None:
    """Have those of these posts read again, some of whose ages (seconds, ascending) still lie ahead."""
    eldest = now - max(ages, default=0)
    young = [post for post in seen if post.posted_at > eldest]
    driver_of(connection).executemany(
        SCHEDULE, [(next_refresh(post.posted_at, now, ages), account_id, post.post_id) for post in young]
    )


def write(connection: Connection, account_id: int, seen: Seen, otherwise: Instant) -> int:
    """Store posts of a named account; returns how many are new. `otherwise`: when they were seen, if no file says.

    A known post is only revised by what is certainly newer. Counters are kept where their time is known. Nothing is
    ever stored of somebody at risk, whoever asks for it.
    """
    if driver_of(connection).execute(IS_AT_RISK, (account_id, Protection.AT_RISK)).fetchone() is not None:
        return 0
    known = _known(connection, account_id, [post.post_id for posts in seen.values() for post in posts])
    new = 0
    for taken_at, found in sorted(seen.items(), key=lambda part: part[0] or 0):
        posts = list(screening.screened_posts(connection, account_id, found))
        posts.sort(key=itemgetter(0), reverse=True)  # newest first, as pages come
        if known:
            wanted = [post for post in posts if _is_news(known.get(post.post_id), post, taken_at)]
            news = {post.post_id for post in wanted}
            stale = [post for post in posts if post.post_id not in news]
        else:
            wanted, stale = posts, []
        new += pages.write_posts(
            connection,
            account_id,
            tuple(wanted),
            otherwise if taken_at is None else taken_at,
            counted=taken_at is not None,
        )
        if taken_at is not None:
            pages.write_metrics(connection, account_id, stale, taken_at)
        if len(seen) > 1:
            known |= {
                post.post_id: _Known(post.version_id, post.edited_at, taken_at or otherwise, None) for post in wanted
            }
    return new


def _is_news(known: _Known | None, post: Post, taken_at: Instant | None) -> bool:
    """Whether what a file says of a post is certainly newer than what is known of it.

    X gives an edit a higher id; Telegram a later time. A file that does not say when it was collected, and one from
    before the post was deleted, bring back nothing.
    """
    if known is None:
        return True
    if known.deleted_at is not None and (taken_at is None or taken_at <= known.deleted_at):
        return False
    if post.version_id != known.version_id:
        return post.version_id > known.version_id
    if taken_at is None or taken_at <= known.collected_at:
        return False
    return post.edited_at is not None and post.edited_at > (known.edited_at or 0)


def _known(connection: Connection, account_id: int, post_ids: Sequence[int]) -> dict[int, _Known]:
    driver, found = driver_of(connection), dict[int, _Known]()
    if not post_ids or driver.execute(ANY_BETWEEN, (account_id, min(post_ids), max(post_ids))).fetchone() is None:
        return found  # as with most files: it need not be asked for each
    for start in range(0, len(post_ids), AT_ONCE):
        some = post_ids[start : start + AT_ONCE]
        rows = driver.execute(
            "SELECT post_id, version_id, edited_at, collected_at, deleted_at FROM post "
            f"WHERE account_id = ? AND post_id IN ({', '.join('?' * len(some))})",
            (account_id, *some),
        )
        found |= {post_id: _Known(*rest) for post_id, *rest in rows}
    return found


def read_ground(connection: Connection, account_id: int) -> tuple[Intervals, int | None]:
    """The time of which files hold everything of an account, and the newest post known from before its end."""
    imported = ledger.read_ways(connection, account_id)[ledger.IMPORTED]
    (newest,) = driver_of(connection).execute(NEWEST_BEFORE, (account_id, imported.until)).fetchone()
    return imported, newest


def count_weeks(
    connection: Connection, account_id: int, posts: Iterable[tuple[Instant, int]], proved: Intervals, zone: str
) -> int:
    """Keep how many posts (time, kind) of an at-risk account there were in each of the whole weeks proved.

    Weeks that are known already stay as they are. Returns how many posts are in the others.
    """
    new = proved - ledger.read_coverage(connection, account_id)
    weeks: dict[Instant, list[int]] = {}
    for posted_at, kind in posts:
        if posted_at in new:
            weeks.setdefault(start_of_week(posted_at, zone), [0] * len(PostKind))[kind] += 1
    pages.write_weeks(connection, account_id, weeks)
    ledger.add_imported(connection, account_id, new)
    return sum(map(sum, weeks.values()))
