"""An account's posts as arrays, with the coverage beneath them: the same for reports and for the running daemon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, func, select

from tracker.analysis.series import Borne, Observed, PostSeries, Series, WeekSeries
from tracker.domain.intervals import NEVER
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import PostKind, Protection
from tracker.store import ledger
from tracker.store.dialect import driver_of
from tracker.store.tables import Post, WeekCount

posts = Post.metadata.tables["post"]
week_counts = WeekCount.metadata.tables["week_count"]

# Time and kind in one number, and all numbers in one text: no object a post between the index and the array.
SERIES = select(func.aggregate_strings(posts.c.posted_at * 4 + posts.c.kind, " ")).where(
    posts.c.account_id == bindparam("account")
)
HANDLES = """
    SELECT handle, first_seen, last_seen FROM handle WHERE account_id = ? ORDER BY last_seen, first_seen, handle
"""


def read_series(connection: Connection, account: ListedAccount, row: Row[tuple[object, ...]] | None) -> Series:
    """What is known of the posts of a listed account; empty where nothing was looked at."""
    at_risk = account.protection is Protection.AT_RISK
    if row is None or (row.protection == Protection.AT_RISK) is not at_risk:
        # Not collected yet, or its protection has changed in the watchlist and not yet in the database.
        observed = Observed(account, NEVER, None, None, None)
        return _weeks(observed, []) if at_risk else PostSeries(observed, *_no_posts())
    observed = read_observed(connection, account, row)
    if at_risk:
        counts = connection.execute(
            select(week_counts.c.week, week_counts.c.kind, week_counts.c.posts).where(
                week_counts.c.account_id == row.id
            )
        )
        return _weeks(observed, [(week, kind, count) for week, kind, count in counts])
    numbers = connection.execute(SERIES, {"account": row.id}).scalar_one()
    if not numbers:
        return PostSeries(observed, *_no_posts())
    coded = np.fromstring(numbers, np.int64, sep=" ")
    coded.sort()  # an aggregate promises no order
    return PostSeries(observed, coded >> 2, (coded & 3).astype(np.uint8))


def read_observed(connection: Connection, account: ListedAccount, row: Row[tuple[object, ...]]) -> Observed:
    """What was looked at of an account; of an at-risk one without the handles that it has borne."""
    covered = ledger.read_coverage(connection, row.id)
    borne: tuple[Borne, ...] = ()
    if account.protection is not Protection.AT_RISK:
        borne = tuple(Borne(*seen) for seen in driver_of(connection).execute(HANDLES, (row.id,)))
    return Observed(account, covered, row.created_at, row.last_look_at, row.state, row.state_since, borne)


def _no_posts() -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    return np.empty(0, np.int64), np.empty(0, np.uint8)


def _weeks(observed: Observed, rows: list[tuple[int, int, int]]) -> WeekSeries:
    weeks = sorted({week for week, _, _ in rows})
    counts = np.zeros((len(weeks), len(PostKind)), np.int64)
    place = {week: index for index, week in enumerate(weeks)}
    for week, kind, count in rows:
        counts[place[week], kind] = count
    return WeekSeries(observed, np.array(weeks, np.int64), counts)
