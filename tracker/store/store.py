"""The database, as the rest of the program sees it. Every method of the writer is one transaction."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from sqlalchemy import Connection, select

from tracker.analysis.series import Series
from tracker.analysis.visiting import Seen
from tracker.domain.coverage import Step, Stretch
from tracker.domain.errors import StoreError, UnusableError
from tracker.domain.instants import Instant
from tracker.domain.intervals import FOREVER, Intervals
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Cost, Count, CountPage, Job, JobStatus, Page, Profile, Profiles, Quota
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Mode, Platform, Protection
from tracker.store import (
    accounts,
    alerts,
    compliance,
    counts,
    imports,
    ledger,
    pages,
    protect,
    quotas,
    redating,
    refreshing,
    rhythm,
    schema,
    screening,
    series,
    spending,
)
from tracker.store.accounts import AccountState
from tracker.store.alerts import Told
from tracker.store.compliance import OpenJob
from tracker.store.dialect import DATABASE_ERRORS, Erasure, empty_log, erase, writing_engine
from tracker.store.failing import meaning
from tracker.store.imports import FileKey
from tracker.store.names import stored_accounts
from tracker.store.refreshing import DuePost, Found
from tracker.store.spending import Reservation, Settlement
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
        opened = path.stat()
        self._file = opened.st_dev, opened.st_ino
        with self.transaction() as connection:
            self._entries = count(spending.last_entry(connection) + 1)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing: committed at the end, rolled back if an exception leaves. Raises StoreError."""
        try:
            with self._lock, self._engine.begin() as connection:
                yield connection
        except DATABASE_ERRORS as error:
            raise meaning(self.path, error) from error

    def put_clock_right(self, now: Instant, ages: Sequence[int], zones: Mapping[str, str], zone: str) -> int:
        """If anything was written later than now, the clock was wrong: see `redating`.

        Returns by how many seconds it was ahead, and then all is put right; or, negative, by how many it is behind
        what the platforms have told, and then nothing is changed; 0 if it is right as far as can be seen.
        """
        with self.transaction() as connection:
            wrong = redating.wrong_by(connection, now)
            if wrong > 0:
                redating.put_right(connection, now, ages, dict(zones), zone, self._entries)
            return wrong

    def require_file(self) -> None:
        """Raise UnusableError if the file was moved or removed: what is written from now on would go nowhere."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            said = f"{self.path} was removed while the tracker was running; put it back and start again"
            raise UnusableError(said) from None
        if (found.st_dev, found.st_ino) != self._file:
            raise UnusableError(f"{self.path} is another file than when the tracker was started; start it again")

    def erase(self) -> Erasure:
        """Write the file anew, without a trace of what was removed. Raises StoreError."""
        try:
            with self._lock:
                return erase(self._engine, self.path)
        except DATABASE_ERRORS as error:
            wrong = f"{self.path} cannot be written anew ({error}); what was removed may still be in it"
            raise StoreError(wrong) from error

    def empty_log(self) -> None:
        """Let nothing that was removed linger in the write-ahead log."""
        with self._lock:
            empty_log(self._engine)

    # -- accounts

    def sync(self, listed: Iterable[ListedAccount], platforms: frozenset[Platform], zones: dict[str, str]) -> None:
        """Make the accounts those of the watchlist; `zones` gives each listed country's zone.

        A subject that has become at risk loses here, at once, what must not be kept.
        """
        listed = tuple(listed)
        with self.transaction() as connection:
            before = set(stored_accounts(connection))
            changed = accounts.sync(connection, listed, platforms)
            hidden = protect.hide(connection, before, stored_accounts(connection))
            for account_id, account in changed.items():
                if account.protection is Protection.AT_RISK:
                    protect.reduce_to_weeks(connection, account_id, zones[account.latest.country])
                else:
                    protect.start_over(connection, account_id)
            zone_of = {account.subject: zones[account.latest.country] for account in listed}
            protect.drop_other_weeks(connection, zone_of)
            if changed:
                imports.begin_again(connection)
        if hidden or any(account.protection is Protection.AT_RISK for account in changed.values()):
            self._empty_log()

    def make_due(self, platform: Platform, subject: str | None, now: Instant) -> None:
        with self.transaction() as connection:
            accounts.make_due(connection, platform, subject, now)

    def count_due(self, platform: Platform, subject: str | None, now: Instant) -> int:
        with self.transaction() as connection:
            return accounts.count_due(connection, platform, subject, now)

    def next_due(self, platforms: Iterable[Platform], subject: str | None) -> Instant | None:
        """When the next account of the selection is due; None: none is visited."""
        with self.transaction() as connection:
            return accounts.next_due(connection, platforms, subject)

    def keep_waiting(self, platform: Platform, subject: str | None, now: Instant, why: Failure) -> None:
        """Write down with the accounts that are due why nobody visits them."""
        with self.transaction() as connection:
            accounts.keep_waiting(connection, platform, subject, now, why.kind, why.detail)

    def claim(
        self,
        platform: Platform,
        subject: str | None,
        now: Instant,
        lease: int,
        limit: int,
        mode: Mode | None = None,
    ) -> list[AccountState]:
        with self.transaction() as connection:
            return accounts.claim(connection, platform, subject, now, lease, limit, mode)

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
            before = stored_accounts(connection, account_id)
            accounts.identify(connection, account_id, profile, whole)
            hidden = protect.hide(connection, before, stored_accounts(connection, account_id))
            known = accounts.read(connection, account_id)
        if hidden:
            self._empty_log()
        return known

    def _empty_log(self) -> None:
        """Leave no trace of what was removed in the file beside the database."""
        with self._lock:
            empty_log(self._engine)

    # -- visits

    def begin_visit(self, account_id: int, started_at: Instant) -> int:
        with self.transaction() as connection:
            return pages.begin_visit(connection, account_id, started_at)

    def write_profiles(
        self, asked_at: Instant, found: Profiles, settlement: Settlement, about: Iterable[int], *, keep: bool
    ) -> None:
        """What a request for profiles cost and said of its limit; with `keep` its raw answers too.

        They are about these accounts; if one of them is at risk by now, nothing raw is kept.
        """
        with self.transaction() as connection:
            spending.settle(connection, settlement)
            self._note_quota(connection, settlement.reservation.platform, found.quota)
            if keep and not accounts.is_at_risk(connection, about):
                for answer in found.answers:
                    pages.write_answer(connection, None, asked_at, answer)

    def write_page(
        self,
        account: AccountState,
        visit_id: int,
        page: Page,
        settlement: Settlement,
        hole_id: int | None,
        step: Step,
        *,
        top: bool,
        looked_at: Instant | None,
        ages: Sequence[int] = (),
    ) -> tuple[int, int | None] | None:
        """A page of a named account: posts, counters, raw answer, cost, coverage, hole and mark, or nothing of it.

        `top` says that the walk began at the present; `looked_at` is when, given with its first page only. `ages` are
        those, in seconds, at which its new posts are to be read again. Returns
        how many posts are new, and the row of the hole that is left; None, and only the cost is kept, if the
        watchlist has changed meanwhile so that the account may no longer be stored.
        """
        with self.transaction() as connection:
            if not accounts.is_unchanged(connection, account):
                spending.settle(connection, settlement.without_posts)
                return None
            found = screening.screened(connection, account.id, page, step)
            page, step = found.page, found.step
            spending.settle(connection, settlement.without(found.theirs))
            new = pages.write_page(connection, account.id, visit_id, page, ages, is_cut=found.is_cut)
            pages.count_page(connection, visit_id, new)
            self._prove(connection, account, step, top=top)
            hole_id = ledger.put_hole(connection, account.id, hole_id, step.left)
            if looked_at is not None:
                accounts.looked(connection, account.id, looked_at, page.mark, page.source)
            self._note_quota(connection, account.platform, page.quota)
            return new, hole_id

    def write_weeks(
        self,
        account: AccountState,
        visit_id: int,
        weeks: dict[Instant, list[int]],
        page: Page,
        settlement: Settlement,
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
                spending.settle(connection, settlement.without_posts)
                return None
            spending.settle(connection, settlement)
            pages.write_weeks(connection, account.id, weeks)
            pages.note_pages(connection, visit_id)
            self._prove(connection, account, step, top=top)
            hole_id = ledger.put_hole(connection, account.id, hole_id, step.left)
            if looked_at is not None:
                accounts.looked(connection, account.id, looked_at, None, page.source)
            self._note_quota(connection, account.platform, page.quota)
            return 0, hole_id

    def write_counts(
        self,
        account: AccountState,
        visit_id: int,
        found: Iterable[Count],
        page: CountPage,
        settlement: Settlement,
    ) -> bool:
        """What the platform counted, with what the request cost; None of the counts if the watchlist has changed."""
        with self.transaction() as connection:
            spending.settle(connection, settlement)
            self._note_quota(connection, account.platform, page.quota)
            if not accounts.is_unchanged(connection, account):
                return False
            at_risk = account.protection is Protection.AT_RISK
            counts.write(connection, account.id, found, page.asked_at, at_risk=at_risk)
            pages.count_page(connection, visit_id, 0)
            return True

    def known_time(self, account_id: int) -> tuple[Intervals, Intervals]:
        """The time of which the account's posts were read, and the time that the platform counted."""
        with self.transaction() as connection:
            return ledger.read_coverage(connection, account_id), counts.counted(connection, account_id)

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
        """Drop a visit that was never begun in earnest."""
        with self.transaction() as connection:
            pages.abandon_visit(connection, visit_id)

    def count_posts(self, account: AccountState, since: Instant) -> int:
        """How many posts of the account are known since then; of an at-risk account, in whole weeks."""
        with self.transaction() as connection:
            return pages.count_posts(connection, account.id, since)

    def seen(self, account_id: int, since: Instant) -> Seen:
        """When a named account published since then, and when it was watched."""
        with self.transaction() as connection:
            return rhythm.read_seen(connection, account_id, since)

    def all_seen(self, platform: Platform, since: Instant) -> list[Seen]:
        """The same of every account that is visited by its own rhythm."""
        with self.transaction() as connection:
            return rhythm.read_all_seen(connection, platform, since)

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

    # -- reading again

    def old_profiles(self, platform: Platform, before: Instant) -> list[AccountState]:
        """The named accounts with a numeric id whose profile was not read since then, the oldest first."""
        with self.transaction() as connection:
            return accounts.old_profiles(connection, platform, before)

    def missed_profile(self, account_id: int, kind: OutcomeKind, asked_at: Instant) -> None:
        """An account's profile was asked for in vain; its state is recorded if that is why."""
        with self.transaction() as connection:
            accounts.missed_profile(connection, account_id, kind, asked_at)

    def accounts_of(self, account_ids: Iterable[int]) -> list[AccountState]:
        with self.transaction() as connection:
            return accounts.read_all(connection, account_ids)

    def posts_waiting(self, platform: Platform, now: Instant) -> tuple[int, Instant | None]:
        """How many posts are due to be read again, and since when the first of them is."""
        with self.transaction() as connection:
            return refreshing.waiting(connection, platform, now)

    def due_posts(self, platform: Platform, now: Instant, limit: int) -> list[DuePost]:
        """The newest posts that are due to be read again."""
        with self.transaction() as connection:
            return refreshing.due_posts(connection, platform, now, limit)

    def write_found(
        self,
        found: Found,
        seen_at: Instant,
        ages: Sequence[int],
        *,
        forget_texts: bool,
        settlement: Settlement | None = None,
        quota: Quota | None = None,
    ) -> None:
        """What became of posts that were read again, with what asking for them cost.

        `forget_texts`: of deleted posts nothing that they said stays anywhere in the database's files.
        """
        with self.transaction() as connection:
            if settlement is not None:
                spending.settle(connection, settlement)
                self._note_quota(connection, settlement.reservation.platform, quota)
            removed = refreshing.write_found(connection, found, seen_at, ages, forget_texts=forget_texts)
        if removed:
            with self._lock:
                empty_log(self._engine)

    # -- asking in bulk what was deleted on X

    def open_jobs(self) -> list[OpenJob]:
        """The compliance jobs that are not done, the oldest first."""
        with self.transaction() as connection:
            return compliance.open_jobs(connection)

    def last_sweep_at(self) -> Instant | None:
        """When all posts were checked last; before the first time, when collecting began."""
        with self.transaction() as connection:
            return compliance.last_at(connection)

    def living_ids(self) -> list[int]:
        """The present ids of all posts on X that are not known to be deleted; of named accounts only."""
        with self.transaction() as connection:
            return [version_id for _, version_id, _ in refreshing.living(connection, Platform.X)]

    def begin_job(self, job: Job, at: Instant) -> None:
        with self.transaction() as connection:
            compliance.begin(connection, job, at)

    def note_uploaded(self, job_id: str, ids: int) -> None:
        with self.transaction() as connection:
            compliance.uploaded(connection, job_id, ids)

    def end_job(self, job_id: str, status: JobStatus, at: Instant, deleted: Collection[int]) -> None:
        """A job is done, or given up; nothing that these deleted posts said stays in the database's files."""
        with self.transaction() as connection:
            removed = compliance.end(connection, job_id, status, at, deleted)
        if removed:
            with self._lock:
                empty_log(self._engine)

    # -- importing

    def begin_import(self, file: FileKey, now: Instant) -> int:
        """Note that a file is being read. Returns up to which place it was read before, if that was broken off."""
        with self.transaction() as connection:
            return imports.begin(connection, file, now)

    def broke_off(self, size: int) -> bool:
        """Whether the import of a file of so many bytes was broken off."""
        with self.transaction() as connection:
            return imports.broke_off(connection, size)

    def write_imported(
        self,
        sha256: str,
        place: int,
        posts: Mapping[int, imports.Seen],
        otherwise: Instant,
        now: Instant = FOREVER,
        ages: Sequence[int] = (),
    ) -> int:
        """Posts of named accounts, by the row of the account, from a file that is read up to this place now.

        `otherwise` is when they were seen, where the file does not say; `ages` are those, in seconds, at which they
        are read again if these are still to come. Returns how many are new.
        """
        with self.transaction() as connection:
            new = {
                account_id: imports.write(connection, account_id, seen, otherwise)
                for account_id, seen in posts.items()
            }
            for account_id, seen in posts.items():
                imports.schedule(connection, account_id, chain.from_iterable(seen.values()), now, ages)
            imports.seal(connection, sha256, place, new)
            imports.go_on(connection, sha256, place)
            return sum(new.values())

    def end_import(self, sha256s: Iterable[str], now: Instant, proved: Mapping[int, Intervals]) -> None:
        """The files are read to their end; of these accounts they hold everything in the time that is proved."""
        with self.transaction() as connection:
            for sha256 in sha256s:
                imports.end(connection, sha256, now)
            for account_id, time in proved.items():
                ledger.add_imported(connection, account_id, time)

    def imported_ground(self, account_id: int) -> tuple[Intervals, int | None]:
        """The time of which files hold everything of an account, and the newest post known from before its end."""
        with self.transaction() as connection:
            return imports.read_ground(connection, account_id)

    def import_weeks(
        self, account_id: int, posts: Iterable[tuple[Instant, int]], proved: Intervals, zone: str
    ) -> int:
        """Count the posts (time, kind) of an at-risk account in the whole weeks that files prove.

        Returns how many posts are in weeks that were not known before; those of others are left as they are.
        """
        with self.transaction() as connection:
            return imports.count_weeks(connection, account_id, posts, protect.whole_weeks(proved, zone), zone)

    def bind(self, account_id: int, platform_id: int) -> None:
        """A file names the numeric id of an account that was known by its handle only."""
        with self.transaction() as connection:
            before = stored_accounts(connection, account_id)
            imports.bind(connection, account_id, platform_id)
            hidden = protect.hide(connection, before, stored_accounts(connection, account_id))
        if hidden:
            self._empty_log()

    # -- spending

    def next_entry(self) -> int:
        """A number for an entry of the ledger that no other entry has or will get."""
        return next(self._entries)

    def reserve(self, reservation: Reservation) -> None:
        """Set aside the most that a request can cost, before it is sent."""
        with self.transaction() as connection:
            spending.reserve(connection, reservation)

    def settle(self, settlement: Settlement) -> None:
        """Put right the entry of a request that brought nothing to be stored."""
        with self.transaction() as connection:
            spending.settle(connection, settlement)

    def spent(self, platform: Platform, since: Instant, now: Instant = FOREVER) -> Cost:
        """What was spent since the beginning of a day or month; what is not settled counts in full."""
        with self.transaction() as connection:
            return spending.spent(connection, platform, since, now)

    def billed_on(self, platform: Platform, day: int) -> set[tuple[str, int]]:
        """What was charged on a UTC day, as (`post` or `user`, id); what is from other days is forgotten."""
        with self.transaction() as connection:
            return spending.billed_on(connection, platform, day)

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
