"""The worker of a platform: takes the accounts that are due, finds out who they are, and visits them.

One worker, one thread, one credential. A tick is one call of `Worker.work`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracker.analysis.pace import next_interval
from tracker.collectors.protocol import Collector
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, HOUR, MINUTE, Clock, Instant, next_week
from tracker.domain.outcomes import ACCOUNT_STATES, PLATFORM_STOPS, SUCCESSES, Failure, OutcomeKind
from tracker.domain.records import Profile, Profiles, Spend
from tracker.domain.words import Platform, Protection
from tracker.runtime.alerts import Alerts
from tracker.runtime.observer import Observer
from tracker.runtime.visit import OVERTAKEN, STOPPED, Visitor
from tracker.store.accounts import AccountState
from tracker.store.store import ListedTwiceError, Store

LEASE = HOUR
BATCH = 100
RATE_WINDOW = 30 * DAY
"""How far back posts are counted to say how often an account posts."""
LINE_IS_DOWN = 3
"""After so many accounts in a row that could not be reached, the others are spared the attempt for a while."""
SPREAD = 6 * HOUR
"""At-risk accounts are due once a week; they are spread over so long a time after its end."""


@dataclass(slots=True)
class Tally:
    """How the visits of one platform went."""

    visits: Counter[OutcomeKind] = field(default_factory=Counter)
    stop: Failure | None = None
    """Why the platform could not be asked any further, if so."""

    @property
    def failed(self) -> int:
        return sum(count for kind, count in self.visits.items() if kind not in SUCCESSES)


@dataclass(slots=True)
class Worker:
    """Visits what is due on one platform. `zones` gives the zone of each subject."""

    platform: Platform
    collector: Collector
    store: Store
    settings: Settings
    zones: Mapping[str, str]
    clock: Clock
    observer: Observer
    stopping: Callable[[], bool]
    alerts: Alerts | None = None
    """Who tells of accounts that fall silent; None: nobody."""
    paused: Failure | None = None
    """A refusal of our credential, which no restart should remember: nothing is asked until its time."""
    _told_of: tuple[OutcomeKind, Instant | None] | None = None
    """The stop that the observer was told of last: a tick comes every few seconds."""

    def work(self, subject: str | None = None) -> Tally:
        """Visit every account that is due, until none is, the platform stops us, or we are to stop."""
        tally = Tally()
        visitor = Visitor(self.collector, self.store, self.settings.prices, self.clock, self.observer, self.stopping)
        due = self.store.count_due(self.platform, subject, self.clock())
        if not due:
            return tally
        tally.stop = self._blocked()
        if tally.stop is None:
            self.observer.due(self.platform, due)
        while tally.stop is None and not self.stopping():
            batch = self.store.claim(self.platform, subject, self.clock(), LEASE, BATCH)
            if not batch:
                break
            try:
                tally.stop = self._visit_all(visitor, batch, tally)
            finally:
                self.store.release([account.id for account in batch])
            tally.stop = tally.stop or self._blocked()
        self._tell_stop(tally.stop)
        return tally

    def _tell_stop(self, stop: Failure | None) -> None:
        news = None if stop is None else (stop.kind, stop.until)
        if stop is not None and news != self._told_of:
            self.observer.stopped(self.platform, stop.kind, stop.detail, stop.until)
        self._told_of = news

    def _blocked(self) -> Failure | None:
        """Why the platform may not be asked now, if so."""
        now = self.clock()
        if self.paused is not None and self.paused.until is not None and self.paused.until > now:
            return self.paused
        return self.store.exhausted(self.platform, self.collector.endpoints.timeline, now)

    def _visit_all(self, visitor: Visitor, batch: Sequence[AccountState], tally: Tally) -> Failure | None:
        """Visit the accounts of a batch in turn, after one common look-up; the failure that stops us, if any."""
        visits = {account.id: self.store.begin_visit(account.id, self.clock()) for account in batch}
        known: dict[int, AccountState | Failure] = {}
        for protection in Protection:
            # Answers about named accounts are kept; no at-risk account may be in them.
            group = [account for account in batch if account.protection is protection]
            known |= self._introduce(visitor, visits, group, protection)
        stop: Failure | None = None
        unreached = 0
        for account in batch:
            if stop is not None or self.stopping():
                self.store.abandon_visit(visits[account.id])
                continue
            who = known[account.id]
            failure = who if isinstance(who, Failure) else visitor.visit(who, visits[account.id], self._zone(who))
            kind, detail = self._told(account, who, failure)
            stop = self._end(account, visits[account.id], kind, detail, failure)
            tally.visits[kind] += 1
            unreached = unreached + 1 if kind is OutcomeKind.TRANSPORT else 0
            if unreached == LINE_IS_DOWN:
                stop = self._pause(OutcomeKind.TRANSPORT, f"{unreached} accounts in a row could not be reached")
        return stop

    def _pause(self, kind: OutcomeKind, detail: str) -> Failure:
        """Ask nothing of the platform for a while; not remembered by a restart."""
        self.paused = Failure(kind, detail, self.clock() + self.settings.visits.retry_after, requests=0)
        return self.paused

    def _zone(self, account: AccountState) -> str:
        return self.zones.get(account.subject, self.settings.default_zone)

    # -- who is who

    def _introduce(
        self, visitor: Visitor, visits: Mapping[int, int], group: Sequence[AccountState], protection: Protection
    ) -> dict[int, AccountState | Failure]:
        """Resolve the handles that are unknown, then read the profiles that are old or that the look-up left out."""
        known: dict[int, AccountState | Failure] = {account.id: account for account in group}
        old = self.clock() - self.settings.visits.profile_interval

        def unknown() -> list[AccountState]:
            return [account for account in group if not self.collector.knows(account.target)]

        def stale() -> list[AccountState]:
            found = [account for account in known.values() if isinstance(account, AccountState)]
            return [account for account in found if account.profile_at is None or account.profile_at <= old]

        endpoints = self.collector.endpoints
        for wanted, endpoint, ask in (
            (unknown, endpoints.resolve, self.collector.resolve),
            (stale, endpoints.profiles, self.collector.profiles),
        ):
            accounts = wanted()
            for start in range(0, len(accounts), self.collector.batch):
                chunk = accounts[start : start + self.collector.batch]
                if self.stopping():
                    known |= {account.id: STOPPED for account in chunk}
                    continue
                answer = self.store.exhausted(self.platform, endpoint, self.clock())
                if answer is None:
                    asked_at = self.clock()
                    result = ask([account.target for account in chunk])
                    if isinstance(result, Profiles):
                        if protection is Protection.NAMED:
                            about = [account.id for account in chunk]
                            self.store.write_profile_answers(asked_at, result.answers, about)
                        self.store.note_quota(self.platform, result.quota)
                        self._charge(visitor, visits, chunk, result)
                        known |= {
                            account.id: self._identify(account, result.results[account.target], wanted is stale)
                            for account in chunk
                        }
                        continue
                    visitor.charge(self.platform, visits[chunk[0].id], Spend(requests=result.requests))
                    answer = self._remember(result)
                # An old profile does not keep us from reading posts, unless it is the credential that is refused.
                if wanted is unknown or (answer.kind in PLATFORM_STOPS and answer.endpoint is None):
                    known |= {account.id: answer for account in chunk}
        return known

    def _charge(
        self, visitor: Visitor, visits: Mapping[int, int], chunk: Sequence[AccountState], result: Profiles
    ) -> None:
        """Split what a common request cost among the accounts that it found; the first bears the rest."""
        rest = result.spend
        for account in reversed(chunk):
            share = Spend(users=min(rest.users, int(isinstance(result.results[account.target], Profile))))
            rest = Spend(rest.requests, rest.posts, rest.users - share.users)
            visitor.charge(self.platform, visits[account.id], share if account is not chunk[0] else share + rest)

    def _identify(
        self, account: AccountState, found: Profile | Failure, profile_was_asked: bool
    ) -> AccountState | Failure:
        """Record who an account turned out to be, unless the handle has come to belong to somebody else."""
        if isinstance(found, Failure):
            return found
        if account.platform_id is not None and found.platform_id != account.platform_id:
            return Failure(
                OutcomeKind.REASSIGNED,
                f"the handle belongs to {found.platform_id} now, not to {account.platform_id}; nothing is attached",
                requests=0,
            )
        try:
            return self.store.identify(account.id, found, profile_was_asked or found.followers is not None)
        except ListedTwiceError as error:
            return Failure(OutcomeKind.REFUSED, str(error), requests=0)

    # -- how it went

    def _told(
        self, account: AccountState, who: AccountState | Failure, failure: Failure | None
    ) -> tuple[OutcomeKind, str]:
        """The outcome of a visit and its detail."""
        if failure is not None:
            return failure.kind, failure.detail
        assert not isinstance(who, Failure)
        if account.platform_id is not None and who.handle.casefold() != account.handle.casefold():
            return OutcomeKind.RENAMED, f"{account.handle} is now {who.handle}"
        return OutcomeKind.OK, ""

    def _remember(self, failure: Failure) -> Failure:
        """Keep a platform's refusal: in the database if it is a limit, else in memory. Returns it as kept.

        One that names no time holds for a while, so that a restart, or a new credential, is tried soon.
        """
        if failure.kind not in PLATFORM_STOPS or failure.requests == 0:
            return failure
        if failure.until is None and failure.endpoint is None:
            return self._pause(failure.kind, failure.detail)
        until = failure.until or self.clock() + self.settings.visits.retry_after
        kept = replace(failure, until=until, requests=0)
        self.store.stop(self.platform, kept, until)
        return kept

    def _end(
        self, account: AccountState, visit_id: int, kind: OutcomeKind, detail: str, failure: Failure | None
    ) -> Failure | None:
        """Record the end of a visit and when the account is due again; returns why the platform stops us, if so."""
        now = self.clock()
        due = now + self._interval(account, kind, now)
        stop = None
        if failure is not None and kind in PLATFORM_STOPS:
            failure = self._remember(failure)
            if failure.endpoint in (None, self.collector.endpoints.timeline):
                stop = failure
                due = account.next_visit_at  # it goes on as soon as the platform lets us
            elif failure.until is not None:
                due = failure.until
        elif failure in (STOPPED, OVERTAKEN):
            due = account.next_visit_at
        if account.protection is Protection.AT_RISK:
            account, detail = replace(account, handle=""), ""
        self.store.end_visit(account, visit_id, kind, detail, now, due)
        self.observer.ended(self.platform, account.handle, kind, detail)
        if self.alerts is not None:
            self.alerts.after_visit(account.id)
        return stop

    def _interval(self, account: AccountState, kind: OutcomeKind, now: Instant) -> int:
        """Seconds until the account is due again, spread a little so that accounts do not come in step."""
        visits = self.settings.visits
        spread = (account.id * 7919) % MINUTE
        if kind in ACCOUNT_STATES or kind is OutcomeKind.REFUSED:
            return visits.longest_interval + spread
        if kind not in SUCCESSES and kind is not OutcomeKind.PARTIAL:
            return min(visits.retry_after << min(account.failures, 16), visits.longest_interval) + spread
        if account.protection is Protection.AT_RISK:
            return next_week(now, self._zone(account)) + 2 * HOUR + (account.id * 7919) % SPREAD - now
        posts = self.store.count_posts(account, now - RATE_WINDOW)
        bounds = visits.posts_per_visit, visits.shortest_interval, visits.longest_interval
        return next_interval(posts, RATE_WINDOW, *bounds) + spread
