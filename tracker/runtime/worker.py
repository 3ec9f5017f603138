"""The worker of a platform: takes the accounts that are due, finds out who they are, and visits them.

One worker, one thread, one credential. A tick is one call of `Worker.work`.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracker.collectors.protocol import Collector, Compliance, Complying, Counter, Rereader
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, HOUR, MINUTE, Clock, Instant, next_week
from tracker.domain.outcomes import ACCOUNT_STATES, PLATFORM_STOPS, SUCCESSES, Failure, OutcomeKind
from tracker.domain.records import Spend
from tracker.domain.words import Mode, Platform, Protection
from tracker.runtime.alerts import Alerts
from tracker.runtime.budget import Budget
from tracker.runtime.compliance import CAPS, Sweep
from tracker.runtime.counting import SPREAD, Counting, due_after
from tracker.runtime.identities import Identities
from tracker.runtime.observer import Observer
from tracker.runtime.refreshing import Refresher
from tracker.runtime.timetable import Timetable
from tracker.runtime.visit import OVERTAKEN, STOPPED, Visitor
from tracker.store.accounts import AccountState
from tracker.store.store import Store

LEASE = HOUR
BATCH = 100
SWEEP_PAUSE = 10 * MINUTE
"""Between two questions how a list of ids is getting on."""
LINE_IS_DOWN = 3
"""After so many accounts in a row that could not be reached, the others are spared the attempt for a while."""


@dataclass(slots=True)
class Tally:
    """How the visits of one platform went."""

    visits: collections.Counter[OutcomeKind] = field(default_factory=collections.Counter)
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
    budget: Budget = field(init=False)
    timetable: Timetable = field(init=False)
    identities: Identities = field(init=False)
    _sweep_at: Instant = 0
    """When the next step of asking for what was deleted is taken, at the earliest."""
    _rest_until: Instant = 0
    """Until then only visits are made: what we do besides has failed."""
    _told_of: tuple[OutcomeKind, Instant | None] | None = None
    """The stop that the observer was told of last: a tick comes every few seconds."""
    _worked_at: Instant = 0
    """What the clock said at the last tick."""
    _counting_stopped: tuple[Settings, Failure] | None = None
    """Where a budget was too small for a count: until it is a new one, none is begun anew at each tick."""
    _leased: list[int] = field(default_factory=list)
    """The accounts that we are visiting, or had to leave when the database could not be written."""
    _refusals: int = 0
    """How often in a row the platform has refused our credential, or our credits, without a word until when."""

    def __post_init__(self) -> None:
        self.budget = Budget(self.platform, self.store, self.settings, self.clock, self.observer)
        self.timetable = Timetable(self.platform, self.store)
        self.identities = Identities(
            self.platform,
            self.collector,
            self.store,
            self.budget,
            self.clock,
            self.observer,
            self.stopping,
            self._remember,
            self.alerts,
        )

    @property
    def was_refused(self) -> bool:
        """Whether the platform has refused our credential, and it is time to try again."""
        paused = self.paused
        return paused is not None and paused.kind is OutcomeKind.AUTH_FAILED and (paused.until or 0) <= self.clock()

    def take_up(self, collector: Collector) -> None:
        """Go on with another collector, as with a new credential; nothing keeps it from being tried at once."""
        self.collector = self.identities.collector = collector
        self.paused = None

    def work(self, subject: str | None = None) -> Tally:
        """Visit every account that is due, then read the profiles that are old, and known posts again.

        Until nothing is left, the platform stops us, or we are to stop.
        """
        self.store.require_file()
        self._give_back()
        self.budget.settings = self.settings
        behind = self._clock_is_behind()
        if behind is not None:
            self._tell_stop(behind)
            return Tally(stop=behind)
        tally = self._visit_due(subject)
        if tally.stop is None and subject is None:
            self._attend(self.identities.read_old)
            if isinstance(self.collector, Rereader):
                look, stopping = self.identities.look_at, self.stopping
                refresher = Refresher(
                    self.platform, self.collector, self.store, self.budget, self.clock, stopping, look
                )
                self._attend(refresher.work)
        if subject is None:
            self._look_for_deletions()
        return tally

    def _clock_is_behind(self) -> Failure | None:
        """Why nothing can be done before the clock is put right; where it was ahead, what that has done is undone."""
        settings = self.settings
        wrong = self.store.put_clock_right(self.clock(), settings.refresh.ages, self.zones, settings.default_zone)
        if wrong < 0:
            said = f"the clock is {-wrong:,} seconds behind what {self.platform} has shown; set it right"
            return Failure(OutcomeKind.PARTIAL, said, requests=0)
        if wrong > 0:
            said = f"the clock was {wrong:,} seconds ahead; what was dated later than now is put right, and looked at"
            self.observer.warned(self.platform, said)
        if wrong or self.clock() < self._worked_at:
            self._sweep_at, self._rest_until, self.paused, self._counting_stopped = 0, 0, None, None
        self._worked_at = self.clock()
        return None

    def _sweep(self, compliance: Compliance) -> Failure | None:
        """Go on with asking which of all stored posts were deleted; why not, if so."""
        self._sweep_at = self.clock() + SWEEP_PAUSE
        if not self.settings.refresh.on:
            return None
        result = Sweep(compliance, self.store, self.budget, self.clock).step()
        if isinstance(result, Failure) and result.kind is OutcomeKind.REFUSED:
            self._sweep_at = self.clock() + DAY  # not every plan of X's has this
            return None
        return result if isinstance(result, Failure) else None

    def _look_for_deletions(self) -> None:
        """Go on with asking which of all stored posts were deleted, whatever keeps us from what X charges for."""
        if not isinstance(self.collector, Complying) or self._sweep_at > self.clock() or self.stopping():
            return
        paused, now = self.paused, self.clock()
        if paused is not None and (paused.until or 0) > now and paused.kind not in CAPS:
            return
        failure = self._sweep(self.collector.compliance)
        if failure is not None:
            self._sweep_at = max(self._sweep_at, self._remember(failure).until or 0)

    def _attend(self, errand: Callable[[], Failure | None]) -> None:
        """Do what is no visit, unless the platform may not be asked; after a failure it rests for a while."""
        if self._rest_until > self.clock() or self.stopping() or self._blocked() is not None:
            return
        failure = errand()
        if failure is not None and failure != STOPPED:
            until = self._remember(failure).until
            self._rest_until = until or self.clock() + self.settings.visits.retry_after

    def _visit_due(self, subject: str | None) -> Tally:
        """Visit every account that is due; where no page fits into the budget any more, those that are counted."""
        tally = Tally()
        due = self.store.count_due(self.platform, subject, self.clock())
        if not due:
            return tally
        tally.stop = self._blocked()
        if tally.stop is None:
            self.observer.due(self.platform, due)
            tally.stop = self._visit_batches(subject, tally, self._blocked)
        if tally.stop is not None and tally.stop.kind is OutcomeKind.BUDGET_SPENT:
            stop = self._visit_batches(subject, tally, self._blocked_counting, Mode.COUNTS)
            if stop is not None and stop.kind is OutcomeKind.BUDGET_SPENT:
                self._counting_stopped = self.settings, stop
        if tally.stop is not None and tally.stop.kind in PLATFORM_STOPS - {OutcomeKind.RATE_LIMITED}:
            self.store.keep_waiting(self.platform, subject, self.clock(), tally.stop)
        self._tell_stop(tally.stop)
        return tally

    def _visit_batches(
        self, subject: str | None, tally: Tally, blocked: Callable[[], Failure | None], mode: Mode | None = None
    ) -> Failure | None:
        """Visit what is due, a batch at a time; what stops us, if anything."""
        visitor = Visitor(self.collector, self.store, self.budget, self.clock, self.observer, self.stopping)
        stop = blocked()
        while stop is None and not self.stopping():
            batch = self.store.claim(self.platform, subject, self.clock(), LEASE, BATCH, mode)
            if not batch:
                break
            self._leased = [account.id for account in batch]
            try:
                stop = self._visit_all(visitor, batch, tally)
            finally:
                self._give_back()
            stop = stop or blocked()
        return stop

    def _give_back(self) -> None:
        """Give back the leases of the last batch; where the disk has failed meanwhile, the next tick does it."""
        if self._leased:
            self.store.release(self._leased)
            self._leased = []

    def _tell_stop(self, stop: Failure | None) -> None:
        news = None if stop is None else (stop.kind, stop.until)
        if stop is not None and news != self._told_of:
            self.observer.stopped(self.platform, stop.kind, stop.detail, stop.until)
        self._told_of = news

    def _blocked(self) -> Failure | None:
        """Why no page may be asked for now, if so."""
        endpoint, bounds = self.collector.endpoints.timeline, self.collector.bounds
        return self._held_back(endpoint) or self.budget.exhausted(
            endpoint, Spend(posts=bounds.posts_each), least=bounds.smallest_page, requests=bounds.requests
        )

    def _blocked_counting(self) -> Failure | None:
        """Why no account may be counted now, if so."""
        if not isinstance(self.collector, Counter):
            return Failure(OutcomeKind.REFUSED, f"{self.platform} does not count posts", requests=0)
        if self._counting_stopped is not None:
            settings, stop = self._counting_stopped
            if settings == self.settings and (stop.until or 0) > self.clock():
                return stop
        endpoint = self.collector.count_endpoints.recent
        return self._held_back(endpoint) or self.budget.exhausted(endpoint, Spend())

    def _held_back(self, endpoint: str) -> Failure | None:
        """Why the platform, or this endpoint of it, does not want to be asked now, if so."""
        now = self.clock()
        if self.paused is not None and self.paused.until is not None and self.paused.until > now:
            return self.paused
        return self.store.exhausted(self.platform, endpoint, now)

    def _visit_all(self, visitor: Visitor, batch: Sequence[AccountState], tally: Tally) -> Failure | None:
        """Visit the accounts of a batch in turn, after one common look-up; the failure that stops us, if any."""
        visits = {account.id: self.store.begin_visit(account.id, self.clock()) for account in batch}
        known: dict[int, AccountState | Failure] = {}
        for protection in Protection:
            # Answers about named accounts are kept; no at-risk account may be in them.
            group = [account for account in batch if account.protection is protection]
            known |= self.identities.introduce(group, protection)
        stop: Failure | None = None
        unreached = 0
        for account in batch:
            if stop is not None or self.stopping():
                self.store.abandon_visit(visits[account.id])
                continue
            who = known[account.id]
            failure = who if isinstance(who, Failure) else self._visit(visitor, who, visits[account.id])
            failure = None if failure is None else self.identities.taken_over(account, failure)
            kind, detail = self._told(account, who, failure)
            stop = self._end(account, visits[account.id], kind, detail, failure)
            tally.visits[kind] += 1
            self._refusals = self._refusals if kind in PLATFORM_STOPS else 0
            unreached = unreached + 1 if kind is OutcomeKind.TRANSPORT else 0
            if unreached == LINE_IS_DOWN:
                stop = self._pause(OutcomeKind.TRANSPORT, f"{unreached} accounts in a row could not be reached")
        return stop

    def _visit(self, visitor: Visitor, account: AccountState, visit_id: int) -> Failure | None:
        """Read the account's posts, or have them counted, as its mode says."""
        if account.mode is not Mode.COUNTS:
            return visitor.visit(account, visit_id, self._zone(account))
        counting = Counting(
            self.collector,
            self.store,
            self.budget,
            self.clock,
            self.observer,
            self.stopping,
            self.identities.look,
            self.settings.x.counts_archive,
            self.settings.retention.at_risk_weeks,
        )
        return counting.visit(account, visit_id, self._zone(account))

    def _pause(self, kind: OutcomeKind, detail: str, doublings: int = 0) -> Failure:
        """Ask nothing of the platform for a while; not remembered by a restart."""
        wait = min(self.settings.visits.retry_after << min(doublings, 16), DAY)
        self.paused = Failure(kind, detail, self.clock() + wait, requests=0)
        return self.paused

    def _zone(self, account: AccountState) -> str:
        return self.zones.get(account.subject, self.settings.default_zone)

    # -- how it went

    def _told(
        self, account: AccountState, who: AccountState | Failure, failure: Failure | None
    ) -> tuple[OutcomeKind, str]:
        """The outcome of a visit and its detail."""
        if failure is not None:
            return failure.kind, failure.detail
        assert not isinstance(who, Failure)
        renaming = self.identities.renaming(account, who)
        return (OutcomeKind.OK, "") if renaming is None else (OutcomeKind.RENAMED, renaming)

    def _remember(self, failure: Failure) -> Failure:
        """Keep a platform's refusal: in the database if it is a limit, else in memory. Returns it as kept.

        One that names no time holds for a while, longer each time, up to a day, if it is about money; a restart, as
        after a credential was mended or credits were bought, tries at once.
        """
        if failure.kind not in PLATFORM_STOPS or failure.requests == 0:
            return failure
        if failure.until is None and failure.endpoint is None:
            self._refusals += 1
            mended_soon = failure.kind is OutcomeKind.AUTH_FAILED
            return self._pause(failure.kind, failure.detail, 0 if mended_soon else self._refusals - 1)
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
        spread = account.spread(MINUTE)
        if kind in ACCOUNT_STATES or kind is OutcomeKind.REFUSED:
            return visits.longest_interval + spread
        if kind not in SUCCESSES and kind is not OutcomeKind.PARTIAL:
            return min(visits.retry_after << min(account.failures, 16), visits.longest_interval) + spread
        if account.mode is Mode.COUNTS:
            return due_after(account, self._zone(account), now) - now
        if account.protection is Protection.AT_RISK:
            return next_week(now, self._zone(account)) + 2 * HOUR + account.spread(SPREAD) - now
        return self.timetable.next_visit_at(account.id, now, visits) - now + spread
