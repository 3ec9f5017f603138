"""Reading the database for reports, beside a daemon that writes: series for analysis, rows for status and export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, func, select

from tracker.analysis.series import Observed, PostSeries, Series, WeekSeries
from tracker.domain.errors import StoreError
from tracker.domain.instants import Instant
from tracker.domain.intervals import NEVER, Intervals
from tracker.domain.records import Metrics, Post
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, PostKind, Protection
from tracker.store import ledger, schema
from tracker.store.accounts import account_row, by_listing
from tracker.store.dialect import reading_engine, reading_errors
from tracker.store.tables import Account, Coverage, Hole, Metric, ProfileSnapshot, WeekCount
from tracker.store.tables import Post as PostRow

accounts = Account.metadata.tables["account"]
coverage = Coverage.metadata.tables["coverage"]
holes = Hole.metadata.tables["hole"]
posts = PostRow.metadata.tables["post"]
metrics = Metric.metadata.tables["metric"]
profiles = ProfileSnapshot.metadata.tables["profile"]
week_counts = WeekCount.metadata.tables["week_count"]

# Time and kind in one number, and all numbers in one text: no object a post between the index and the array.
SERIES = select(func.aggregate_strings(posts.c.posted_at * 4 + posts.c.kind, " ")).where(
    posts.c.account_id == bindparam("account")
)


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How collection stands for one account."""

    subject: str
    platform: Platform
    handle: str
    platform_id: int | None
    protection: Protection
    collected: bool
    state: str | None
    state_since: Instant | None
    last_visit_at: Instant | None
    last_outcome: str | None
    last_detail: str | None
    next_visit_at: Instant | None
    posts: int | None
    """None for an at-risk subject, and where nothing was looked at yet."""
    coverage: Intervals
    holes: int
    unreachable: int
    longest_hole: int | None
    """Seconds; None if a hole reaches down to the unknown beginning of the account."""


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post as stored, with its newest counters."""

    account: ListedAccount
    handle: str
    platform_id: int | None
    post: Post
    collected_at: Instant


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What an account's last profile snapshot says."""

    account: ListedAccount
    handle: str
    platform_id: int | None
    created_at: Instant | None
    state: str | None
    taken_at: Instant | None
    followers: int | None
    following: int | None
    posts: int | None


class Reader:
    """A read-only view, consistent within each method."""

    def __init__(self, path: Path) -> None:
        """Open the database for reading. Raises StoreError if there is none, SchemaError if it is not ours."""
        if not path.exists():
            raise StoreError(f"nothing is collected yet: {path} does not exist; run `tracker collect` first")
        self.path = path
        self._engine = reading_engine(path)
        with self._snapshot() as connection:
            schema.require_current(connection, path)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        with reading_errors(self.path), self._engine.begin() as connection:
            yield connection

    def series(self, listed: Iterable[ListedAccount]) -> list[Series]:
        """What is known of the posts of the listed accounts, one series each; empty where nothing was looked at."""
        with self._snapshot() as connection:
            known = by_listing(connection)
            return [self._series(connection, account, account_row(known, account)) for account in listed]

    def _series(self, connection: Connection, account: ListedAccount, row: Row[tuple[object, ...]] | None) -> Series:
        at_risk = account.protection is Protection.AT_RISK
        if row is None or (row.protection == Protection.AT_RISK) is not at_risk:
            # Not collected yet, or its protection has changed in the watchlist and not yet in the database.
            observed = Observed(account, NEVER, None, None, None)
            return _weeks(observed, []) if at_risk else PostSeries(observed, *_no_posts())
        covered = ledger.read_coverage(connection, row.id)
        observed = Observed(account, covered, row.created_at, row.last_look_at, row.state)
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

    def status(self) -> list[AccountStatus]:
        """How collection stands, for every account that is or was listed."""
        with self._snapshot() as connection:
            numbers = connection.execute(select(posts.c.account_id, func.count()).group_by(posts.c.account_id))
            counted = {account_id: count for account_id, count in numbers}  # noqa: C416  # a Row is no pair to mypy
            covered: dict[int, list[tuple[int, int]]] = {}
            for account_id, since, until in connection.execute(
                select(coverage.c.account_id, coverage.c.since, coverage.c.until)
            ):
                covered.setdefault(account_id, []).append((since, until))
            missing: dict[int, list[Row[tuple[object, ...]]]] = {}
            for hole in connection.execute(select(holes)):
                missing.setdefault(hole.account_id, []).append(hole)
            rows = connection.execute(
                select(accounts).order_by(accounts.c.subject, accounts.c.platform, accounts.c.id)
            ).all()
        return [
            _status(row, counted.get(row.id, 0), Intervals.of(covered.get(row.id, [])), missing.get(row.id, []))
            for row in rows
        ]

    def posts(self, listed: Iterable[ListedAccount]) -> Iterator[StoredPost]:
        """The posts of named accounts, account by account, oldest first, with their newest counters. Streams."""
        taken = metrics.alias()
        newest = (
            select(func.max(taken.c.taken_at))
            .where(taken.c.account_id == posts.c.account_id, taken.c.post_id == posts.c.post_id)
            .correlate(posts)
            .scalar_subquery()
        )
        counters = [metrics.c[name] for name in Metrics._fields]
        question = (
            select(posts, *[column.label(f"metric_{column.name}") for column in counters])
            .select_from(
                posts.outerjoin(
                    metrics,
                    (metrics.c.account_id == posts.c.account_id)
                    & (metrics.c.post_id == posts.c.post_id)
                    & (metrics.c.taken_at == newest),
                )
            )
            .order_by(posts.c.posted_at, posts.c.post_id)
        )
        with self._snapshot() as connection:
            known = by_listing(connection)
            for account in listed:
                row = account_row(known, account)
                if row is None or Protection.AT_RISK in (account.protection, row.protection):
                    continue
                result = connection.execution_options(yield_per=2000).execute(
                    question.where(posts.c.account_id == row.id)
                )
                for item in result:
                    post = Post._make((*item[1:4], PostKind(item.kind), *item[5:11], Metrics._make(item[12:])))
                    yield StoredPost(account, row.handle, row.platform_id, post, item.collected_at)

    def facts(self, listed: Iterable[ListedAccount]) -> Iterator[AccountFacts]:
        """The named accounts with their last profile snapshot."""
        with self._snapshot() as connection:
            known = by_listing(connection)
            for account in listed:
                row = account_row(known, account)
                if row is None or Protection.AT_RISK in (account.protection, row.protection):
                    continue
                last = connection.execute(
                    select(profiles)
                    .where(profiles.c.account_id == row.id)
                    .order_by(profiles.c.taken_at.desc())
                    .limit(1)
                ).one_or_none()
                counters = (
                    (None,) * 4 if last is None else (last.taken_at, last.followers, last.following, last.posts)
                )
                yield AccountFacts(account, row.handle, row.platform_id, row.created_at, row.state, *counters)


def _no_posts() -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    return np.empty(0, np.int64), np.empty(0, np.uint8)


def _weeks(observed: Observed, rows: list[tuple[int, int, int]]) -> WeekSeries:
    weeks = sorted({week for week, _, _ in rows})
    counts = np.zeros((len(weeks), len(PostKind)), np.int64)
    place = {week: index for index, week in enumerate(weeks)}
    for week, kind, count in rows:
        counts[place[week], kind] = count
    return WeekSeries(observed, np.array(weeks, np.int64), counts)


def _status(
    row: Row[tuple[object, ...]], count: int, covered: Intervals, missing: list[Row[tuple[object, ...]]]
) -> AccountStatus:
    at_risk = row.protection == Protection.AT_RISK
    bounded = [hole.until - hole.since for hole in missing if hole.since is not None]
    return AccountStatus(
        subject=row.subject,
        platform=Platform(row.platform),
        handle=row.handle,
        platform_id=row.platform_id,
        protection=Protection(row.protection),
        collected=bool(row.collected),
        state=row.state,
        state_since=row.state_since,
        last_visit_at=row.last_visit_at,
        last_outcome=row.last_outcome,
        last_detail=row.last_detail,
        next_visit_at=row.next_visit_at if row.collected else None,
        posts=None if at_risk or not (count or covered) else count,
        coverage=covered,
        holes=len(missing),
        unreachable=sum(hole.unreachable for hole in missing),
        longest_hole=max(bounded) if missing and len(bounded) == len(missing) else None,
    )
