"""The database, as the rest of the program sees it. Every method of the writer is one transaction."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, select

from tracker.analysis.series import Series
from tracker.domain.coverage import Step, Stretch
from tracker.domain.errors import StoreError
from tracker.domain.instants import Instant
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Answer, Page, Profile, Quota
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, Protection
from tracker.store import accounts, alerts, ledger, pages, protect, quotas, schema, series
from tracker.store.accounts import AccountState
from tracker.store.alerts import Told
from tracker.store.dialect import DATABASE_ERRORS, empty_log, writing_engine
from tracker.store.pages import Cost
from tracker.store.tables import Account

account_table = Account.metadata.tables["account"]


class ListedTwiceError(StoreError):
    """Two rows of the watchlist turn out to be one account."""


class Store:
    """The one writer. Safe to use from several threads: a lock gives the connection to one at a time."""

    def __init__(self, path: Path) -> None:
        """Open the database for writing; a missing one is made. Raises SchemaError or StoreError."""
        unmade = schema.is_unmade(path)  # before anything is opened for writing: what is not ours stays untouched
        self.path = path
        self._lock = threading.RLock()
        self._engine = writing_engine(path)
        if unmade:
            schema.upgrade(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing: committed at the end, rolled back if an exception leaves. Raises StoreError."""
        try:
            with self._lock, self._engine.begin() as connection:
                yield connection
        except DATABASE_ERRORS as error:
            reason = getattr(error, "orig", error)
            raise StoreError(f"{self.path} cannot be written ({reason}); nothing of this step was kept") from error

    # -- accounts

    def sync(self, listed: Iterable[ListedAccount], platforms: frozenset[Platform], zones: dict[str, str]) -> None:
        """Make the accounts those of the watchlist; `zones` gives each listed country's zone.

        A subject that has become at risk loses here, at once, what must not be kept.
        """
        listed = tuple(listed)
        with self.transaction() as connection:
            changed = accounts.sync(connection, listed, platforms)
            for account_id, account in changed.items():
                if account.protection is Protection.AT_RISK:
                    protect.reduce_to_weeks(connection, account_id, zones[account.latest.country])
                else:
                    protect.start_over(connection, account_id)
            zone_of = {account.subject: zones[account.latest.country] for account in listed}
            protect.drop_other_weeks(connection, zone_of)
        if any(account.protection is Protection.AT_RISK for account in changed.values()):
            with self._lock:
                empty_log(self._engine)

    def make_due(self, platform: Platform, subject: str | None, now: Instant) -> None:
        with self.transaction() as connection:
            accounts.make_due(connection, platform, subject, now)

    def count_due(self, platform: Platform, subject: str | None, now: Instant) -> int:
        with self.transaction() as connection:
            return accounts.count_due(connection, platform, subject, now)

    def claim(
        self, platform: Platform, subject: str | None, now: Instant, lease: int, limit: int
    ) -> list[AccountState]:
        with self.transaction() as connection:
            return accounts.claim(connection, platform, subject, now, lease, limit)

    def release(self, account_ids: Sequence[int] | None = None) -> None:
        with self.transaction() as connection:
            accounts.release(connection, account_ids)

    def identify(self, account_id: int, profile: Profile, whole: bool = True) -> AccountState:
        """Record who the account is; `whole`: the profile has its counters.

        Raises ListedTwiceError if another listed account has the numeric id already.
        """
        with self.transaction() as connection:
            owner = connection.execute(
                select(account_table.c.id, account_table.c.listed_handle).where(
                    account_table.c.platform
                    == select(account_table.c.platform).where(account_table.c.id == account_id).scalar_subquery(),
                    account_table.c.platform_id == profile.platform_id,
                )
            ).one_or_none()
            if owner is not None and owner.id != account_id:
                raise ListedTwiceError(
                    f"same account as {owner.listed_handle}, which is listed already; remove one of the two"
                )
            accounts.identify(connection, account_id, profile, whole)
            return accounts.read(connection, account_id)

    # -- visits

    def begin_visit(self, account_id: int, started_at: Instant) -> int:
        with self.transaction() as connection:
            return pages.begin_visit(connection, account_id, started_at)

    def write_profile_answers(self, asked_at: Instant, answers: Iterable[Answer], about: Iterable[int]) -> None:
        """Keep raw answers about these accounts, unless one of them is at risk."""
        with self.transaction() as connection:
            if accounts.is_at_risk(connection, about):
                return
            for answer in answers:
                pages.write_answer(connection, None, asked_at, answer)

    def charge(self, visit_id: int, cost: Cost) -> None:
        with self.transaction() as connection:
            pages.charge(connection, visit_id, cost)

    def write_page(
        self,
        account: AccountState,
        visit_id: int,
        page: Page,
        cost: Cost,
        hole_id: int | None,
        step: Step,
        *,
        top: bool,
        looked_at: Instant | None,
    ) -> tuple[int, int | None] | None:
        """A page of a named account: posts, counters, raw answer, cost, coverage, hole and mark, or nothing of it.

        `top` says that the walk began at the present; `looked_at` is when, given with its first page only. Returns
        how many posts are new, and the row of the hole that is left; None, and only the cost is kept, if the
        watchlist has changed meanwhile so that the account may no longer be stored.
        """
        with self.transaction() as connection:
            if not accounts.is_unchanged(connection, account):
                pages.charge(connection, visit_id, cost)
                return None
            new = pages.write_page(connection, account.id, visit_id, page)
            pages.charge(connection, visit_id, cost, pages=1, posts_new=new)
            self._prove(connection, account, step, top=top)
            hole_id = ledger.put_hole(connection, account.id, hole_id, step.left)
            if looked_at is not None:
                accounts.looked(connection, account.id, looked_at, page.mark)
            self._note_quota(connection, account.platform, page.quota)
            return new, hole_id

    def write_weeks(
        self,
        account: AccountState,
        visit_id: int,
        weeks: dict[Instant, list[int]],
        page: Page,
        cost: Cost,
        hole_id: int | None,
        step: Step,
        *,
        top: bool,
        looked_at: Instant | None,
    ) -> tuple[int, int | None] | None:
        """The whole weeks that a page of an at-risk account completes: counts, and what they prove, nothing finer.

        Returns what `write_page` does; no post is ever new.
        """
        with self.transaction() as connection:
            if not accounts.is_unchanged(connection, account):
                pages.charge(connection, visit_id, cost)
                return None
            pages.write_weeks(connection, account.id, weeks)
            pages.charge(connection, visit_id, cost, pages=1)
            self._prove(connection, account, step, top=top)
            hole_id = ledger.put_hole(connection, account.id, hole_id, step.left)
            if looked_at is not None:
                accounts.looked(connection, account.id, looked_at, None)
            self._note_quota(connection, account.platform, page.quota)
            return 0, hole_id

    def _prove(self, connection: Connection, account: AccountState, step: Step, *, top: bool) -> None:
        ledger.add_coverage(connection, account.id, step.proved, account.last_look_at if top else None)

    def holes(self, account_id: int) -> list[tuple[int, Stretch]]:
        with self.transaction() as connection:
            return ledger.read_holes(connection, account_id)

    def end_visit(
        self,
        account: AccountState,
        visit_id: int,
        kind: OutcomeKind,
        detail: str,
        ended_at: Instant,
        next_visit_at: Instant,
    ) -> None:
        """Record how a visit ended, and when the next is due; of an at-risk account without the detail."""
        with self.transaction() as connection:
            if accounts.is_at_risk(connection, [account.id]):
                detail = ""
            pages.close_visit(connection, visit_id, ended_at, kind, detail)
            accounts.end_visit(connection, account, kind, detail, ended_at, next_visit_at)

    def abandon_visit(self, visit_id: int) -> None:
        """Drop a visit that was never begun in earnest; one that spent something is kept, without an outcome."""
        with self.transaction() as connection:
            pages.abandon_visit(connection, visit_id)

    def count_posts(self, account: AccountState, since: Instant) -> int:
        """How many posts of the account are known since then; of an at-risk account, in whole weeks."""
        with self.transaction() as connection:
            return pages.count_posts(connection, account.id, since)

    # -- alerts

    def ids_of(self, listed: Iterable[ListedAccount]) -> dict[int, ListedAccount]:
        """The listed accounts by the id of their row."""
        with self.transaction() as connection:
            known = accounts.by_listing(connection)
            found = ((accounts.account_row(known, account), account) for account in listed)
            return {row.id: account for row, account in found if row is not None}

    def series(self, account_id: int, account: ListedAccount) -> Series:
        """What is known of one account's posts."""
        with self.transaction() as connection:
            row = connection.execute(select(account_table).where(account_table.c.id == account_id)).one_or_none()
            return series.read_series(connection, account, row)

    def told(self, account_id: int) -> dict[str, Told]:
        """The last changes of the account of which somebody was, or is to be, told, by track."""
        with self.transaction() as connection:
            return alerts.read(connection, account_id)

    def untold(self) -> list[int]:
        """The accounts with a change that nobody was told of yet."""
        with self.transaction() as connection:
            return alerts.untold(connection)

    def remember_change(
        self, account_id: int, track: str, verdict: str, since: Instant | None, told_at: Instant | None
    ) -> None:
        """Keep the last change of a track, and when somebody was told of it."""
        with self.transaction() as connection:
            alerts.put(connection, account_id, track, verdict, since, told_at)

    # -- quotas

    def stop(self, platform: Platform, failure: Failure, until: Instant) -> None:
        """Remember that a platform, or one endpoint of it, may not be asked until then, restarts included."""
        with self.transaction() as connection:
            quotas.put(connection, platform, failure.endpoint, 0, until, failure.kind, failure.detail)

    def note_quota(self, platform: Platform, quota: Quota | None) -> None:
        """Remember what an answer said of its endpoint's limit."""
        with self.transaction() as connection:
            self._note_quota(connection, platform, quota)

    def _note_quota(self, connection: Connection, platform: Platform, quota: Quota | None) -> None:
        if quota is not None:
            quotas.put(connection, platform, quota.endpoint, quota.remaining, quota.reset_at, limit=quota.limit)

    def exhausted(self, platform: Platform, endpoint: str, now: Instant) -> Failure | None:
        """Why nothing may be asked of an endpoint now, and until when; None if it may."""
        with self.transaction() as connection:
            return quotas.exhausted(connection, platform, endpoint, now)
