"""Removing an account or a post from every table in one transaction, and from what others' rows and answers say.

What other people wrote stays theirs: where they mention a handle in their own words, that is counted and not cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.domain.words import Platform
from tracker.store import cursors, evidence, needles, spending, tombstones, unlinking
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of
from tracker.store.excision import TOKENS, Traces
from tracker.store.names import NUMBERS, StoredAccount, needles_of, pointed_at, post_ids_of, traces_of
from tracker.store.needles import Needle, Trace
from tracker.store.tables import metadata
from tracker.store.unlinking import ENCODED, OTHERS, OWN, Pointed, Unlinked, cut_answers, unlink_posts, without_words

FORGOTTEN = "(forgotten)"


class Scope(StrEnum):
    """What is to be forgotten."""

    SUBJECT = "subject"
    ACCOUNT = "account"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be forgotten, as it stands in the database: whole accounts, or a post of the one account."""

    scope: Scope
    accounts: tuple[StoredAccount, ...] = ()
    posts: tuple[int, ...] = ()

    @property
    def account_ids(self) -> tuple[int, ...]:
        return tuple(account.id for account in self.accounts)


@dataclass(slots=True)
class Removed(Unlinked):
    """What went, of others too, and what to look for in the files now."""

    rows: Counter[str] = field(default_factory=Counter)
    """By table."""
    mentions: int = 0
    """Posts of others that mention a handle in their own words; they stay."""


# -- what is there


def posts_with_id(connection: Connection, number: int, account_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Posts (account, id) that bear this number, or did before or after an edit, of these accounts."""
    found: set[tuple[int, int]] = set()
    for account_id in account_ids:
        values = {"account": account_id, "number": number}
        found |= set(driver_of(connection).execute(WITH_ID, values).fetchall())
    return sorted(found)


WITH_ID = """
SELECT account_id, post_id FROM post WHERE account_id = :account AND (post_id = :number OR version_id = :number)
UNION SELECT account_id, post_id FROM version WHERE account_id = :account AND version_id = :number
"""


def extent(connection: Connection, target: Target) -> Counter[str]:
    """How many rows of each table will go."""
    found: Counter[str] = Counter()
    for account_id in target.account_ids:
        for table, where in _owned(target):
            question = f'SELECT count(*) FROM "{table}" WHERE {where}'
            (count,) = driver_of(connection).execute(question, (account_id,)).fetchone()
            found[table] += count
    return +found


def _owned(target: Target) -> Iterator[tuple[str, str]]:
    """Each table with the condition, for one account, under which its rows go."""
    if target.scope is Scope.POST:
        ids = ", ".join(map(str, target.posts))
        for table in ("post", "version", "metric"):
            yield table, f"account_id = ? AND post_id IN ({ids})"
        yield "set_aside", f"visit_id IN (SELECT id FROM visit WHERE account_id = ?) AND post_id IN ({ids})"
        return
    yield "account", "id = ?"
    for owned in metadata.sorted_tables:
        if owned.name in ("ledger", "seal"):
            continue  # the money is spent: the entries stay, and say no more whose they were; seals go with answers
        if "account_id" in owned.columns:
            yield owned.name, "account_id = ?"
        elif "visit_id" in owned.columns:
            yield owned.name, "visit_id IN (SELECT id FROM visit WHERE account_id = ?)"


# -- removing


def forget(connection: Connection, target: Target, asked: str, now: Instant) -> Removed:
    """Remove all of it. `asked`, as the user wrote it, is kept as a digest until `tombstones.end`."""
    tombstones.begin(connection, asked)
    removed = Removed(rows=extent(connection, target))
    evidence.append(connection, Kind.FORGOTTEN, now, {"scope": str(target.scope)})
    for account in target.accounts:
        if target.scope is Scope.POST:
            _forget_posts(connection, account, target.posts, removed, now)
        else:
            _forget_account(connection, account, removed, now)
    removed.needles = needles.unique(removed.needles)
    return removed


def _forget_account(connection: Connection, account: StoredAccount, removed: Removed, now: Instant) -> None:
    driver = driver_of(connection)
    ids = post_ids_of(connection, account.id)
    removed.needles += needles_of(account)
    removed.needles += _texts(connection, account.id, "")
    for number in ids:
        removed.needles += needles.of_number(number, Trace.POST_ID)
    for (body,) in driver.execute(BODIES, (account.id,)):
        removed.needles += needles.of_blob(body)
    unlink_posts(connection, pointed_at([account], ids), removed)
    evidence.release_account(connection, Kind.FORGOTTEN, now, account.id)
    driver.execute("DELETE FROM answer WHERE visit_id IN (SELECT id FROM visit WHERE account_id = ?)", (account.id,))
    traces = traces_of([account], {*ids, *removed.pointed_to})
    cut_answers(connection, traces, removed, Kind.FORGOTTEN, now, OTHERS, [account.id])
    _clean_words(connection, traces.words)
    spending.unlink(connection, account.platform, account.id)
    if account.platform_id is not None:
        spending.unbill(connection, account.platform, spending.USER, [account.platform_id])
    driver.execute("DELETE FROM account WHERE id = ?", (account.id,))  # and with it all that is its own
    removed.mentions += _mentions(connection, traces.handles)


def _forget_posts(
    connection: Connection, account: StoredAccount, post_ids: Sequence[int], removed: Removed, now: Instant
) -> None:
    driver = driver_of(connection)
    some = f"AND post_id IN ({', '.join(map(str, post_ids))})"
    ids = _all_ids(connection, account, post_ids)
    removed.needles += _texts(connection, account.id, some)
    for number in ids:
        removed.needles += needles.of_number(number, Trace.POST_ID)
    posted = f"SELECT account_id, posted_at FROM post WHERE account_id = ? {some}"
    times = driver.execute(posted, (account.id,)).fetchall()
    tombstones.plant(connection, account.id, ids)
    evidence.release(
        connection,
        Kind.FORGOTTEN,
        now,
        evidence.cut(connection, Kind.FORGOTTEN, now, account.id, post_ids, whole=True),
    )
    unlink_posts(connection, _pointed(account, ids), removed)
    for table, where in _owned(Target(Scope.POST, (account,), tuple(ids))):
        driver.execute(f'DELETE FROM "{table}" WHERE {where}', (account.id,))
    for number in reversed(ids):
        _move_marks(connection, account.id, cursors.beside(connection, account.id, number))
    driver.executemany("UPDATE alert SET since = NULL WHERE account_id = ? AND since = ?", times)
    spending.unbill(connection, account.platform, spending.POST, ids)
    traces = tombstones.traces_of(account.platform, ids)
    cut_answers(connection, traces, removed, Kind.FORGOTTEN, now, OWN, [account.id])
    if account.platform is Platform.X:
        cut_answers(connection, traces, removed, Kind.FORGOTTEN, now, OTHERS, [account.id])
        _clean_words(connection, frozenset(map(str, ids)))
    elif account.platform_id is not None:
        forwards = Traces(forwards=frozenset((str(account.platform_id), str(number)) for number in ids))
        cut_answers(connection, forwards, removed, Kind.FORGOTTEN, now, OTHERS, [account.id])


def _all_ids(connection: Connection, account: StoredAccount, post_ids: Iterable[int]) -> list[int]:
    """All ids that the posts have borne, ascending."""
    numbers = f"{NUMBERS_OF_POSTS} AND post_id IN ({', '.join(map(str, post_ids))})"
    return sorted({number for row in driver_of(connection).execute(numbers, (account.id,)) for number in row})


def _pointed(account: StoredAccount, ids: Collection[int]) -> Pointed:
    authors = () if account.platform_id is None else (account.platform_id,)
    return Pointed(account.platform, (), authors, posts=ids, whole=False)


NUMBERS_OF_POSTS = (
    f"SELECT * FROM ({NUMBERS} UNION SELECT post_id, version_id FROM version WHERE account_id = ?1) WHERE 1"
)
BODIES = "SELECT body FROM answer JOIN visit ON visit.id = visit_id WHERE account_id = ?"


def _texts(connection: Connection, account_id: int, some: str) -> Iterator[Needle]:
    """What the account said, and called itself; `some` limits it to some posts."""
    driver = driver_of(connection)
    for table in ("post", "version"):
        question = f"SELECT text FROM {table} WHERE account_id = ? AND text IS NOT NULL {some}"
        for (text,) in driver.execute(question, (account_id,)).fetchall():
            yield from needles.of_text(text)
    if not some:
        question = "SELECT DISTINCT name FROM profile WHERE account_id = ?"
        for (name,) in driver.execute(question, (account_id,)).fetchall():
            yield from needles.of_word(name, Trace.NAME)


DETAILS = (("visit", "detail"), ("account", "last_detail"), ("quota", "detail"), ("set_aside", "reason"))


def _clean_words(connection: Connection, words: frozenset[str]) -> None:
    """Take the words out of what is said of others, and forget the names of imported files that have them."""
    driver = driver_of(connection)
    for table, column in DETAILS:
        question = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"
        for (said,) in driver.execute(question).fetchall():
            left = without_words(said, words)
            if left != said:
                driver.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (left, said))
    for (name,) in driver.execute("SELECT name FROM imported_file").fetchall():
        if any(word in name.casefold() for word in words):
            driver.execute("UPDATE imported_file SET name = ? WHERE name = ?", (FORGOTTEN, name))


def _move_marks(connection: Connection, account_id: int, gone: cursors.Beside) -> None:
    """Let no mark and no cursor of the account name the post."""
    driver = driver_of(connection)
    (mark,) = driver.execute("SELECT mark FROM account WHERE id = ?", (account_id,)).fetchone()
    driver.execute("UPDATE account SET mark = ? WHERE id = ?", (cursors.moved(mark, gone), account_id))
    for hole_id, below, cursor in driver.execute(
        "SELECT id, mark, cursor FROM hole WHERE account_id = ?", (account_id,)
    ).fetchall():
        moved = cursors.moved(below, gone), cursors.moved(cursor, gone), hole_id
        driver.execute("UPDATE hole SET mark = ?, cursor = ? WHERE id = ?", moved)


def _mentions(connection: Connection, handles: frozenset[str]) -> int:
    """How many posts mention one of the handles in their own words."""
    said = " OR ".join(["instr(lower(text), '@' || ?)"] * len(handles))
    question = f"SELECT count(*) FROM post WHERE text IS NOT NULL AND ({said})"
    return int(driver_of(connection).execute(question, tuple(handles)).fetchone()[0]) if handles else 0


# -- proving


BORNE = """
SELECT 1 FROM account WHERE :word IN (lower(handle), lower(listed_handle), CAST(platform_id AS TEXT))
UNION SELECT 1 FROM handle WHERE lower(handle) = :word LIMIT 1
"""


def is_asked_for(connection: Connection, word: bytes) -> bool:
    """Whether a kept request for several accounts asks for this very handle or id, which none of the others bears.

    In small letters. A request of a visit is about its own account, which stays.
    """
    driver, wanted = driver_of(connection), word.decode(errors="replace")
    if driver.execute(BORNE, {"word": wanted}).fetchone() is not None:
        return False
    question = "SELECT request FROM answer WHERE visit_id IS NULL AND instr(CAST(lower(request) AS BLOB), ?)"
    requests = driver.execute(question, (word,)).fetchall()
    return any(wanted in TOKENS.findall(ENCODED.sub(",", request).casefold()) for (request,) in requests)


def held_in(connection: Connection, needle: Needle) -> list[str]:
    """The columns, as `post.text`, in which present rows hold what was found in a file."""
    driver, number = driver_of(connection), _number_of(needle)
    value = needle.data if number is None else number
    found = []
    for table in metadata.sorted_tables:
        for column in table.columns:
            name = f'"{column.name}"'
            said = f"lower({name})" if needle.folded else name
            where = f"instr(CAST({said} AS BLOB), ?)" if number is None else f"{name} = ?"
            if driver.execute(f'SELECT 1 FROM "{table.name}" WHERE {where} LIMIT 1', (value,)).fetchone():
                found.append(f"{table.name}.{column.name}")
    schema = "SELECT 1 FROM sqlite_schema WHERE instr(CAST(lower(sql) AS BLOB), ?) LIMIT 1"
    if needle.folded and driver.execute(schema, (needle.data,)).fetchone():
        found.append("schema")
    return found


def _number_of(needle: Needle) -> int | None:
    """The id that a needle is in SQLite's bytes; None if it is text."""
    if needle.trace not in (Trace.POST_ID, Trace.ACCOUNT_ID) or needle.data.isdigit():
        return None
    return int.from_bytes(needle.data, "big")


def times_of(connection: Connection, target: Target) -> tuple[Instant, Instant] | None:
    """The first and the last second of posts that go; None for whole accounts, of which more is known than posts."""
    if target.scope is not Scope.POST or not target.accounts:
        return None
    some = ", ".join(map(str, target.posts))
    question = f"SELECT min(posted_at), max(posted_at) FROM post WHERE account_id = ? AND post_id IN ({some})"
    first, last = driver_of(connection).execute(question, target.account_ids).fetchone()
    return None if first is None else (first, last)


def times_of_pointing(connection: Connection, target: Target) -> tuple[Instant, Instant] | None:
    """The first and the last second of others' posts that point to those that go."""
    (account,) = target.accounts
    return unlinking.times_of_pointing(connection, _pointed(account, _all_ids(connection, account, target.posts)))
