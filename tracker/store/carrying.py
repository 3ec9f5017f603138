"""What a restored copy takes over from the database in whose place it comes, so that going back harms nobody.

Money that was spent stays spent, limits of platforms stay met, what was forgotten stays forgotten, and what was
deleted on a platform says nothing again. All else is as it was when the copy was made; files that were imported since
are named, for nobody else has their posts.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.domain.words import Platform
from tracker.store import evidence, forgetting, quotas, redaction, refreshing, spending, tombstones
from tracker.store.aside import IMPORTED, Imported, lost_imports
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of
from tracker.store.forgetting import Scope, Target
from tracker.store.names import stored_accounts
from tracker.store.snapshot import CHAIN, holds

ASKED = "what was forgotten already"
"""In place of a name, for a forgetting that repeats earlier ones."""
ACCOUNTS = "SELECT id, platform, platform_id, listed_handle FROM account"
LEDGER = (
    "SELECT id, platform, endpoint, account_id, reserved_at, settled_at, cost, requests, posts, users "
    "FROM ledger ORDER BY id"
)
PUT_LEDGER = "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
QUOTAS = "SELECT platform, endpoint, quota, remaining, reset_at, outcome, detail FROM quota"
BILLED = "SELECT platform, what, resource_id, day FROM billed"
FORGOTTEN = "SELECT digest, what FROM forgotten"
DELETED = "SELECT account_id, post_id, deleted_at FROM post WHERE deleted_at IS NOT NULL"
STANDING = "SELECT 1 FROM post WHERE account_id = ? AND post_id = ? AND deleted_at IS NULL"
NUMBERS = (
    "SELECT post_id, version_id FROM post WHERE account_id = ?1 "
    "UNION SELECT post_id, version_id FROM version WHERE account_id = ?1"
)


class Part(StrEnum):
    """What is taken over."""

    SPENDING = "what was spent"
    LIMITS = "the platforms' limits"
    FORGOTTEN = "what was forgotten"
    DELETED = "what was deleted on the platforms"
    IMPORTS = "the names of imported files"


READ: dict[Part, tuple[str, ...]] = {
    Part.SPENDING: (ACCOUNTS, LEDGER, BILLED),
    Part.LIMITS: (QUOTAS,),
    Part.FORGOTTEN: (tombstones.KEY, FORGOTTEN),
    Part.DELETED: (ACCOUNTS, DELETED),
    Part.IMPORTS: (IMPORTED,),
}
"""What is read of the former database for each."""


@dataclass(slots=True)
class Carried:
    """What was taken over, and what could not be."""

    requests: int = 0
    """Entries of the ledger."""
    digests: int = 0
    """Of forgotten posts."""
    forgotten: int = 0
    """Posts that the copy held though they had been forgotten, and that were removed again."""
    deleted: int = 0
    """Posts that the copy did not know to be deleted on their platform."""
    imports: list[Imported] = field(default_factory=list)
    """Files that are to be imported again: their posts are in the former database only."""
    missed: dict[Part, str] = field(default_factory=dict)
    """Why."""


def carry(connection: Connection, former: sqlite3.Connection, now: Instant, *, forget_deleted: bool) -> Carried:
    """Take everything over into the copy, in one transaction; what cannot be read of the former database is named.

    `forget_deleted`: the texts of posts that were deleted go on every platform, not on X alone.
    """
    carried = Carried()
    for part, questions in READ.items():
        if not all(_is_readable(former, question) for question in questions):
            carried.missed[part] = "it cannot be read any more"
    parts = set(Part) - carried.missed.keys()
    if Part.SPENDING in parts:
        _carry_spending(connection, former, carried)
    if Part.LIMITS in parts:
        driver_of(connection).executemany(quotas.PUT, former.execute(QUOTAS))
    if Part.FORGOTTEN in parts:
        _carry_forgotten(connection, former, carried, now)
    if Part.DELETED in parts:
        _carry_deleted(connection, former, carried, now, forget_deleted)
    if Part.IMPORTS in parts:
        carried.imports = lost_imports(driver_of(connection), former)
    return carried


def note(connection: Connection, former: tuple[int, bytes] | None, now: Instant) -> None:
    """Let the run log say that it went back, and where the one was that it does not go on from."""
    facts: dict[str, object] = {} if former is None else {"left": former[0], "hash": former[1].hex()}
    evidence.append(connection, Kind.RESTORED, now, facts)


def _is_readable(former: sqlite3.Connection, question: str) -> bool:
    """Whether all that is asked for can be read, so that reading it again cannot fail halfway."""
    try:
        for _ in former.execute(question):
            pass
    except (sqlite3.Error, UnicodeDecodeError):
        return False
    return True


def _same_accounts(connection: Connection, former: sqlite3.Connection) -> dict[int, int]:
    """The accounts of the former database that the copy has, too: number there, number here."""

    def named(driver: sqlite3.Connection) -> dict[tuple[object, ...], int]:
        found: dict[tuple[object, ...], int] = {}
        for account_id, platform, platform_id, handle in driver.execute(ACCOUNTS):
            found[platform, platform_id if platform_id is not None else handle.casefold()] = account_id
        return found

    here = named(driver_of(connection))
    return {number: here[name] for name, number in named(former).items() if name in here}


def _carry_spending(connection: Connection, former: sqlite3.Connection, carried: Carried) -> None:
    """Let the ledger hold every request of either database once.

    Where the copy is an earlier state of the former database, that one's ledger is all there is: entries of which it
    made one since are not to be counted twice. Else both have spent, and entries of one number get another.
    """
    driver = driver_of(connection)
    accounts = _same_accounts(connection, former)
    head = driver.execute(CHAIN).fetchone()
    if head is not None and holds(former, head):
        driver.execute("DELETE FROM ledger")
    here = {row[0]: (row[1], row[2], row[4]) for row in driver.execute(LEDGER)}
    (last,) = former.execute("SELECT coalesce(max(id), 0) FROM ledger").fetchone()
    numbers = count(max([last, *here]) + 1)
    for row in former.execute(LEDGER):
        number, platform, endpoint, account_id, reserved_at, *spent = row
        if number in here:
            if here[number] == (platform, endpoint, reserved_at):
                driver.execute("DELETE FROM ledger WHERE id = ?", (number,))  # settled since, perhaps
            else:
                number = next(numbers)
        values = (number, platform, endpoint, accounts.get(account_id), reserved_at, *spent)
        driver.execute(PUT_LEDGER, values)
        carried.requests += 1
    driver.executemany(spending.BILL, former.execute(BILLED))


def _carry_forgotten(connection: Connection, former: sqlite3.Connection, carried: Carried, now: Instant) -> None:
    """Take the digests over, and forget again what they cover."""
    driver = driver_of(connection)
    theirs, ours = former.execute(tombstones.KEY).fetchone(), driver.execute(tombstones.KEY).fetchone()
    if theirs is None:
        return
    if ours is not None and ours != theirs:
        carried.missed[Part.FORGOTTEN] = "the two were kept apart, and each has a key of its own"
        return
    if ours is None:
        driver.execute(tombstones.MAKE_KEY, theirs)
    for row in former.execute(FORGOTTEN):
        driver.execute(tombstones.PLANT, row)
        carried.digests += row[1] == tombstones.POST
    begun = tombstones.is_begun(connection)
    for account in stored_accounts(connection):
        numbers = [number for row in driver.execute(NUMBERS, (account.id,)) for number in row]
        gone = tombstones.buried(connection, account.id, numbers)
        posts = {post for number in gone for _, post in forgetting.posts_with_id(connection, number, [account.id])}
        if posts:
            target = Target(Scope.POST, (account,), tuple(sorted(posts)))
            forgetting.forget(connection, target, ASKED, now)
            carried.forgotten += len(posts)
    if not begun:
        tombstones.end(connection)


def _carry_deleted(
    connection: Connection, former: sqlite3.Connection, carried: Carried, now: Instant, forget_deleted: bool
) -> None:
    """Mark the posts that are known to be deleted, with when that was seen; they say nothing any more."""
    driver = driver_of(connection)
    accounts = _same_accounts(connection, former)
    seen: defaultdict[Instant, list[tuple[int, int]]] = defaultdict(list)
    for account_id, post_id, deleted_at in former.execute(DELETED):
        key = accounts.get(account_id, 0), post_id
        if driver.execute(STANDING, key).fetchone() is not None:
            seen[deleted_at].append(key)
    for deleted_at, gone in sorted(seen.items()):
        refreshing.bury(connection, gone, deleted_at, forget_texts=False)
        carried.deleted += len(gone)
    everything = (key for gone in seen.values() for key in gone)
    for account_id, post_ids in _by_account(everything).items():
        (platform,) = driver.execute("SELECT platform FROM account WHERE id = ?", (account_id,)).fetchone()
        if forget_deleted or platform == Platform.X:
            redaction.forget_texts(connection, account_id, post_ids, now)


def _by_account(keys: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for account_id, post_id in keys:
        found[account_id].append(post_id)
    return found
