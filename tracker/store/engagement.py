"""Counters of posts and profiles as arrays: numbers joined to texts by SQL, so that no snapshot becomes an object."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, Select, bindparam, func, select
from sqlalchemy.sql.elements import ColumnElement

from tracker.analysis.history import ABSENT, COUNTERS, Followers, Numbers, Snapshots
from tracker.store.tables import Metric, ProfileSnapshot
from tracker.store.tables import Post as PostRow

posts = PostRow.metadata.tables["post"]
metrics = Metric.metadata.tables["metric"]
profiles = ProfileSnapshot.metadata.tables["profile"]


def _joined(*columns: ColumnElement[int]) -> Select[*tuple[str, ...]]:
    """Each column as one text of numbers, all in the same order. A text a column is faster than one of whole rows."""
    return select(*(func.aggregate_strings(column, " ") for column in columns))


POSTS = _joined(posts.c.posted_at * 4 + posts.c.kind, posts.c.post_id).where(
    posts.c.account_id == bindparam("account")
)
"""The index of series holds the post's id too, because it is part of the key."""
SNAPSHOTS = _joined(
    metrics.c.post_id, metrics.c.taken_at, *(func.coalesce(metrics.c[name], ABSENT) for name in COUNTERS)
).where(metrics.c.account_id == bindparam("account"))
FOLLOWERS = _joined(profiles.c.taken_at, profiles.c.followers).where(
    profiles.c.account_id == bindparam("account"), profiles.c.followers.is_not(None)
)


def read_posts(connection: Connection, account_id: int) -> tuple[Numbers, Numbers]:
    """The account's posts as `posted_at * 4 + kind`, ascending, and their ids."""
    coded, ids = _numbers(connection, POSTS, account_id)
    if (coded[1:] < coded[:-1]).any():  # an aggregate promises no order, though an index gives one
        order = np.lexsort((ids, coded))
        coded, ids = coded[order], ids[order]
    return coded, ids


def read_snapshots(connection: Connection, account_id: int) -> Snapshots:
    """All counters of the account's posts."""
    numbers = _numbers(connection, SNAPSHOTS, account_id)
    post, taken_at = numbers[0], numbers[1]
    steps = np.diff(post)
    if ((steps < 0) | ((steps == 0) & (np.diff(taken_at) < 0))).any():
        numbers = numbers[:, np.lexsort((taken_at, post))]
    return Snapshots(numbers[0], numbers[1], numbers[2:])


def read_followers(connection: Connection, account_id: int) -> Followers:
    """All profile snapshots of the account that give its followers."""
    taken_at, count = _numbers(connection, FOLLOWERS, account_id)
    order = np.argsort(taken_at, kind="stable")
    return Followers(taken_at[order], count[order])


def _numbers(connection: Connection, statement: Select[*tuple[str, ...]], account_id: int) -> Numbers:
    """One row of numbers for each column of the statement."""
    texts = connection.execute(statement, {"account": account_id}).one()
    return np.stack([np.fromstring(text or "", np.int64, sep=" ") for text in texts])
