"""Reading the database for reports, beside a daemon that writes: series for analysis, rows for status and export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Row, func, select

from tracker.analysis.ground_report import Grounds
from tracker.analysis.history import History, only_series
from tracker.analysis.references import References
from tracker.analysis.series import Observed, PostSeries, Series
from tracker.domain.errors import StoreError
from tracker.domain.instants import Instant
from tracker.domain.intervals import BEGINNING, FOREVER, NEVER, Intervals
from tracker.domain.records import Metrics, Post
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Mode, Platform, PostKind, Protection
from tracker.store import counts, ledger, schema, vitals
from tracker.store.accounts import account_row, by_listing
from tracker.store.changes import read_all_changes, read_all_set_aside, read_changes
from tracker.store.costs import Spent, read_spent, read_spent_on_accounts
from tracker.store.csv_lines import LineFrame, Lines, read_lines
from tracker.store.dialect import reading_engine, reading_errors, release_memory
from tracker.store.engagement import read_followers, read_posts, read_snapshots
from tracker.store.grounds import read_grounds
from tracker.store.references import read_references
from tracker.store.series import read_observed, read_series, with_counts
from tracker.store.tables import Account, Count, Coverage, Hole, Metric, ProfileSnapshot, WeekCount
from tracker.store.tables import Post as PostRow
from tracker.store.vitals import Leftovers, Vitals

accounts = Account.metadata.tables["account"]
coverage = Coverage.metadata.tables["coverage"]
holes = Hole.metadata.tables["hole"]
posts = PostRow.metadata.tables["post"]
metrics = Metric.metadata.tables["metric"]
profiles = ProfileSnapshot.metadata.tables["profile"]
week_counts = WeekCount.metadata.tables["week_count"]
counted_time = Count.metadata.tables["count"]


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How collection stands for one account."""

    subject: str
    platform: Platform
    handle: str
    platform_id: int | None
    protection: Protection
    mode: Mode
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
    source: str | None = None
    """Over what it was read last, where the platform can be read in several ways."""
    deleted: int = 0
    """How many of the posts are known to be deleted by now; they are counted all the same."""
    edited: int = 0
    """Of how many posts an earlier text is kept."""
    set_aside: int = 0
    """How many items of answers could not be read, because they were not as we expect. None of people at risk."""


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post as stored, with its newest counters."""

    account: ListedAccount
    handle: str
    platform_id: int | None
    post: Post
    collected_at: Instant
    deleted_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A profile snapshot as stored."""

    account: ListedAccount
    handle: str
    platform_id: int | None
    taken_at: Instant
    name: str | None
    followers: int | None
    following: int | None
    posts: int | None
    precision: int | None = None
    """`followers` is less than this away from the true number, where the source rounds; None: exact."""


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
            return [read_series(connection, account, account_row(known, account)) for account in listed]

    def spent(self, since: Instant, as_of: Instant) -> list[Spent]:
        """What each endpoint has cost from the beginning of a UTC day or month to `as_of`."""
        with self._snapshot() as connection:
            return read_spent(connection, since, as_of)

    def spent_on(self, listed: Iterable[ListedAccount], since: Instant, as_of: Instant) -> dict[int, list[Spent]]:
        """What each named account has cost, endpoint by endpoint, by its place in `listed`."""
        with self._snapshot() as connection:
            spent = read_spent_on_accounts(connection, since, as_of)
            places = {account: place for place, account in enumerate(listed)}
            return {places[account]: spent[row.id] for account, row in _named(connection, places) if row.id in spent}

    def histories(self, listed: Iterable[ListedAccount]) -> Iterator[History]:
        """The posts of the listed accounts with their counters and followers, in the order given. Streams."""
        with self._snapshot() as connection:
            known = by_listing(connection)
            for account in listed:
                row = account_row(known, account)
                if row is None or Protection.AT_RISK in (account.protection, row.protection):
                    yield only_series(read_series(connection, account, row))
                    continue
                coded, post = read_posts(connection, row.id)
                series = PostSeries(read_observed(connection, account, row), coded >> 2, (coded & 3).astype(np.uint8))
                if found := counts.read(connection, row.id):
                    series = with_counts(series, found, ledger.read_coverage(connection, row.id))
                snapshots, followers = read_snapshots(connection, row.id), read_followers(connection, row.id)
                yield History(series, post, snapshots, followers, *read_changes(connection, row.id))

    def grounds(self, listed: Iterable[ListedAccount]) -> list[Grounds]:
        """How the time of each listed account is known; empty where nothing was looked at."""
        with self._snapshot() as connection:
            known = by_listing(connection)
            rows = [account_row(known, account) for account in listed]
            return [Grounds() if row is None else read_grounds(connection, row.id) for row in rows]

    def references(
        self, sources: Iterable[ListedAccount], everyone: Sequence[ListedAccount], since: Instant, until: Instant
    ) -> References:
        """Whom among `everyone` the posts of the sources made in [since, until) point to; nobody at risk."""
        with self._snapshot() as connection:
            return read_references(connection, sources, everyone, since, until)

    def vitals(self, platform: Platform, now: Instant, since: Instant) -> Vitals:
        """How collection stands on a platform; accounts that were not visited well since `since` are failing."""
        with self._snapshot() as connection:
            return vitals.read(connection, platform, now, since)

    def leftovers(self, now: Instant) -> Leftovers:
        """What earlier runs have begun and not ended, and by which clock."""
        with self._snapshot() as connection:
            return vitals.read_leftovers(connection, now)

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
            for account_id, since, until in connection.execute(
                select(counted_time.c.account_id, counted_time.c.since, counted_time.c.until)
            ):
                covered.setdefault(account_id, []).append((since, until))
            deleted, edited = read_all_changes(connection)
            set_aside = read_all_set_aside(connection)
            missing: dict[int, list[Row[tuple[object, ...]]]] = {}
            for hole in connection.execute(select(holes)):
                missing.setdefault(hole.account_id, []).append(hole)
            rows = connection.execute(
                select(accounts).order_by(accounts.c.subject, accounts.c.platform, accounts.c.id)
            ).all()
        return [
            replace(
                _status(row, counted.get(row.id, 0), Intervals.of(covered.get(row.id, [])), missing.get(row.id, [])),
                deleted=deleted.get(row.id, 0),
                edited=edited.get(row.id, 0),
                set_aside=set_aside.get(row.id, 0),
            )
            for row in rows
        ]

    def posts(
        self, listed: Iterable[ListedAccount], since: Instant = BEGINNING, until: Instant = FOREVER
    ) -> Iterator[StoredPost]:
        """The posts of [since, until) of named accounts, each account's oldest first, with their newest counters.

        Streams.
        """
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
            .where(posts.c.posted_at >= since, posts.c.posted_at < until)
            .order_by(posts.c.posted_at, posts.c.post_id)
        )
        with self._snapshot() as connection:
            release_memory(connection)
            for account, row in _named(connection, listed):
                result = connection.execution_options(yield_per=2000).execute(
                    question.where(posts.c.account_id == row.id)
                )
                for item in result:
                    post = Post._make(
                        (*item[1:4], PostKind(item.kind), *item[5:11], Metrics._make(item[-len(Metrics._fields) :]))
                    )
                    yield StoredPost(account, row.handle, row.platform_id, post, item.collected_at, item.deleted_at)

    def post_lines(
        self, listed: Iterable[ListedAccount], frames: Callable[[ListedAccount, str, int | None], Iterable[LineFrame]]
    ) -> Iterator[Lines]:
        """The same posts as finished lines of CSV, account by account. Streams.

        `frames` is given an account with its present handle and its numeric id.
        """
        with self._snapshot() as connection:
            release_memory(connection)
            for account, row in _named(connection, listed):
                for frame in frames(account, row.handle, row.platform_id):
                    yield from read_lines(connection, row.id, frame)

    def profiles(self, listed: Iterable[ListedAccount]) -> Iterator[StoredProfile]:
        """All profile snapshots of named accounts, each account's oldest first. Streams."""
        told = ("taken_at", "name", "followers", "following", "posts", "precision")
        question = select(*(profiles.c[name] for name in told))
        with self._snapshot() as connection:
            for account, row in _named(connection, listed):
                result = connection.execution_options(yield_per=2000).execute(
                    question.where(profiles.c.account_id == row.id).order_by(profiles.c.taken_at)
                )
                for item in result:
                    yield StoredProfile(account, row.handle, row.platform_id, *item)

    def observed(self, listed: Iterable[ListedAccount]) -> list[Observed]:
        """What was looked at of the named accounts, without their posts; of one that is new, nothing."""
        with self._snapshot() as connection:
            known = by_listing(connection)
            found = []
            for account in listed:
                row = account_row(known, account)
                if account.protection is Protection.AT_RISK or (row and row.protection == Protection.AT_RISK):
                    continue
                nothing = Observed(account, NEVER, None, None, None)
                found.append(nothing if row is None else read_observed(connection, account, row))
            return found

    def last_moment(self) -> Instant | None:
        """When something was last looked at: newer than the clock in a rehearsal, whose clock starts anew."""
        with self._snapshot() as connection:
            looked = connection.execute(select(func.max(accounts.c.last_look_at))).scalar_one()
            taken = connection.execute(select(func.max(profiles.c.taken_at))).scalar_one()
            counted = connection.execute(select(func.max(counted_time.c.until))).scalar_one()
        return max((moment for moment in (looked, taken, counted) if moment is not None), default=None)

    def facts(self, listed: Iterable[ListedAccount]) -> Iterator[AccountFacts]:
        """The named accounts with their last profile snapshot."""
        with self._snapshot() as connection:
            for account, row in _named(connection, listed):
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


def _named(
    connection: Connection, listed: Iterable[ListedAccount]
) -> Iterator[tuple[ListedAccount, Row[tuple[object, ...]]]]:
    """The listed accounts that are known and that nobody has called at risk, with their rows."""
    known = by_listing(connection)
    for account in listed:
        row = account_row(known, account)
        if row is not None and Protection.AT_RISK not in (account.protection, row.protection):
            yield account, row


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
        mode=Mode(row.mode),
        collected=bool(row.collected),
        state=row.state,
        state_since=row.state_since,
        last_visit_at=row.last_visit_at,
        last_outcome=row.last_outcome,
        last_detail=row.last_detail,
        next_visit_at=row.next_visit_at if row.collected else None,
        posts=None if at_risk or not (count or covered) or (row.mode == Mode.COUNTS and not count) else count,
        coverage=covered,
        holes=len(missing),
        unreachable=sum(hole.unreachable for hole in missing),
        longest_hole=max(bounded) if missing and len(bounded) == len(missing) else None,
        source=row.source,
    )
