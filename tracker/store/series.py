"""An account's posts as arrays, with the coverage beneath them: the same for reports and for the running daemon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, func, select

from tracker.analysis.counted import counted_beside
from tracker.analysis.series import Borne, Observed, PostSeries, Series, WeekSeries
from tracker.domain.intervals import NEVER, Intervals
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Count
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import PostKind, Protection
from tracker.store import counts, ledger
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
        return unseen(account)
    observed = read_observed(connection, account, row)
    found = counts.read(connection, row.id)
    read = NEVER if not found else ledger.read_coverage(connection, row.id)
    if at_risk:
        by_week = connection.execute(
            select(week_counts.c.week, week_counts.c.kind, week_counts.c.posts).where(
                week_counts.c.account_id == row.id
            )
        )
        weeks = _weeks(observed, [(week, kind, count) for week, kind, count in by_week])
        return with_counts(weeks, found, read)
    numbers = connection.execute(SERIES, {"account": row.id}).scalar_one()
    if not numbers:
        return with_counts(PostSeries(observed, *_no_posts()), found, read)
    coded = np.fromstring(numbers, np.int64, sep=" ")
    coded.sort()  # an aggregate promises no order
    return with_counts(PostSeries(observed, coded >> 2, (coded & 3).astype(np.uint8)), found, read)


def unseen(account: ListedAccount) -> Series:
    """The series of an account at which nobody has looked."""
    observed = Observed(account, NEVER, None, None, None)
    if account.protection is Protection.AT_RISK:
        return _weeks(observed, [])
    return PostSeries(observed, *_no_posts())


AnySeries = TypeVar("AnySeries", PostSeries, WeekSeries)


def with_counts(series: AnySeries, found: Sequence[Count], read: Intervals) -> AnySeries:
    """The series with what the platform counted beside what was read, in the time `read`."""
    if not found:
        return series
    if isinstance(series, WeekSeries):
        own = series.counts.sum(axis=1) - series.counts[:, PostKind.REPOST]
        times = np.repeat(series.week, own)
    else:
        times = series.posted_at[series.kind != PostKind.REPOST]
    return replace(series, counted=counted_beside(found, read, times))


def read_observed(connection: Connection, account: ListedAccount, row: Row[tuple[object, ...]]) -> Observed:
    """What was looked at of an account; of an at-risk one without the handles that it has borne."""
    counted = counts.counted(connection, row.id)
    covered = ledger.read_coverage(connection, row.id) | counted
    looks = [look for look in (row.last_look_at, counted.until) if look is not None]
    borne: tuple[Borne, ...] = ()
    if account.protection is not Protection.AT_RISK:
        borne = tuple(Borne(*seen) for seen in driver_of(connection).execute(HANDLES, (row.id,)))
    ended = None if row.last_outcome is None else OutcomeKind(row.last_outcome)
    last_look = max(looks, default=None)
    return Observed(account, covered, row.created_at, last_look, row.state, row.state_since, ended, borne)


def _no_posts() -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    return np.empty(0, np.int64), np.empty(0, np.uint8)


def _weeks(observed: Observed, rows: list[tuple[int, int, int]]) -> WeekSeries:
    weeks = sorted({week for week, _, _ in rows})
    by_kind = np.zeros((len(weeks), len(PostKind)), np.int64)
    place = {week: index for index, week in enumerate(weeks)}
    for week, kind, count in rows:
        by_kind[place[week], kind] = count
    return WeekSeries(observed, np.array(weeks, np.int64), by_kind)
