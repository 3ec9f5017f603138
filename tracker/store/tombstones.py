"""Posts that were forgotten and must not come back, kept as digests under a random key that lies beside them.

How strong that is: nobody can read from the table which posts were forgotten, nor of which account. But whoever holds
the whole database can test a guess: "was this post forgotten here?". Of a forgotten account or subject nothing is
kept, so there is nothing to test; that they do not come back is the watchlist's to see to.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from tracker.domain.records import Post
from tracker.domain.words import Platform
from tracker.store.dialect import driver_of
from tracker.store.excision import Traces

POST, BEGUN = "post", "begun"
"""A post that may not come back; a forgetting that is not proved yet."""
ANY = "SELECT EXISTS (SELECT 1 FROM forgotten WHERE what = 'post')"
KEY = "SELECT key FROM forgetting_key WHERE id = 1"
MAKE_KEY = "INSERT INTO forgetting_key (id, key) VALUES (1, ?)"
PLANT = "INSERT INTO forgotten (digest, what) VALUES (?, ?) ON CONFLICT DO NOTHING"
ALL_OF = "SELECT digest FROM forgotten WHERE what = ?"
IDENTITY = "SELECT platform, platform_id, listed_handle FROM account WHERE id = ?"
PULL = "DELETE FROM forgotten WHERE what = 'begun'"


def key(connection: Connection) -> bytes:
    """The key of the digests, made when it is first needed."""
    driver = driver_of(connection)
    row = driver.execute(KEY).fetchone()
    if row is None:
        row = (secrets.token_bytes(32),)
        driver.execute(MAKE_KEY, row)
    return bytes(row[0])


def _digest(secret: bytes, *parts: object) -> bytes:
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), key=secret, digest_size=16).digest()


def _names(platform: str, platform_id: int | None, handle: str) -> tuple[str, ...]:
    """What an account's posts are told apart by; X's ids need no account."""
    if platform == Platform.X:
        return ("",)
    return (f"@{handle.casefold()}",) if platform_id is None else (str(platform_id), f"@{handle.casefold()}")


def plant(connection: Connection, account_id: int, post_ids: Iterable[int]) -> None:
    """Remember that these posts of an account may not come back."""
    platform, platform_id, handle = driver_of(connection).execute(IDENTITY, (account_id,)).fetchone()
    secret, name = key(connection), _names(platform, platform_id, handle)[0]
    rows = [(_digest(secret, platform, name, post_id), POST) for post_id in post_ids]
    driver_of(connection).executemany(PLANT, rows)


def buried(connection: Connection, account_id: int, post_ids: Iterable[int]) -> frozenset[int]:
    """Which of these posts of an account were forgotten."""
    if not _any(connection):
        return frozenset()
    platform, platform_id, handle = driver_of(connection).execute(IDENTITY, (account_id,)).fetchone()
    names = _names(platform, platform_id, handle)
    return _among(connection, platform, ((name, post_id) for post_id in set(post_ids) for name in names))


def _any(connection: Connection) -> bool:
    return bool(driver_of(connection).execute(ANY).fetchone()[0])


def _among(connection: Connection, platform: str, posts: Iterable[tuple[str, int]]) -> frozenset[int]:
    secret, known = key(connection), _planted(connection)
    return frozenset(post_id for name, post_id in posts if _digest(secret, platform, name, post_id) in known)


def _planted(connection: Connection) -> set[bytes]:
    return {digest for (digest,) in driver_of(connection).execute(ALL_OF, (POST,))}


def begin(connection: Connection, asked: str) -> None:
    """Note that something is being forgotten, so that a killed run can be finished; `asked` is kept as a digest."""
    driver_of(connection).execute(PLANT, (_digest(key(connection), BEGUN, asked), BEGUN))


def is_begun(connection: Connection, asked: str | None = None) -> bool:
    """Whether a forgetting, this one or any, was broken off before it was proved."""
    begun = {digest for (digest,) in driver_of(connection).execute(ALL_OF, (BEGUN,))}
    return bool(begun) if asked is None else _digest(key(connection), BEGUN, asked) in begun


def end(connection: Connection) -> None:
    """All that was forgotten is proved to be gone: what was asked for is remembered no more."""
    driver_of(connection).execute(PULL)


def forgotten_in(
    connection: Connection, account_id: int, platform: str, items: Sequence[Post]
) -> tuple[frozenset[int], frozenset[int]]:
    """The ids of an account's posts that were forgotten, and of those that point to a forgotten one."""
    if not _any(connection):
        return frozenset(), frozenset()
    gone = buried(connection, account_id, (number for post in items for number in (post.post_id, post.version_id)))
    secret, known = key(connection), _planted(connection)
    pointing = frozenset(
        post.post_id
        for post in items
        if post.ref_post_id is not None
        and _digest(secret, platform, "" if platform == Platform.X else post.ref_author_id, post.ref_post_id) in known
    )
    return gone, pointing


def traces_of(platform: str, post_ids: Iterable[int]) -> Traces:
    """What gives posts away in answers about their account; on Telegram their numbers mean nothing elsewhere."""
    ids = frozenset(map(str, post_ids))
    return Traces(words=ids) if platform == Platform.X else Traces(posts=ids)
