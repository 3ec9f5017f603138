"""The budget of a platform: every request is set aside before it is sent, and put right when its answer is stored.

How to send one (X's or Telegram's; Telegram's costs requests, not dollars):

    asked = budget.ask(endpoint, Spend(posts=1), lambda granted: collector.posts(ids[:granted]), wanted=len(ids))
    if isinstance(asked, Failure):
        return asked                       # nothing was sent (BUDGET_SPENT), or it failed; the ledger is right
    answer, reservation = asked
    settlement = budget.settlement(reservation, answer.spend, answer.resources)
    store.write_whatever(…, settlement)    # in its transaction: spending.settle(connection, settlement)
    budget.settled(settlement)

Where one request follows another, `settlement(…, more=True)` sets the next one aside in the same transaction, so that
no page needs a commit of its own for that; `release()` at the end gives back what was not needed.

Killed anywhere between, the entry stays as it was set aside and counts in full: the limits are never passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from tracker.analysis.prices import cost_of
from tracker.config.settings import Allowance, Settings
from tracker.domain.instants import DAY, MINUTE, Clock, Instant, month_around
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Cost, Resources, Spend
from tracker.domain.words import Platform, Protection
from tracker.runtime.observer import Observer
from tracker.store.accounts import AccountState
from tracker.store.spending import LATE, POST, USER, Reservation, Settlement, Share, counts
from tracker.store.store import Store

POSTS_A_MONTH = 3_000_000
"""X's own cap on reading posts in a month."""
NOBODY: Mapping[int, int] = MappingProxyType({})

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Limit:
    """How much may be spent from `since` until `until`, and of what."""

    since: Instant
    until: Instant
    most: int
    measure: Callable[[Cost], int]
    said: str
    """What a user calls it: `5.00 dollars a day`."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: `wanted` posts or accounts, or fewer, but not fewer than `least`."""

    endpoint: str
    each: Spend
    """The most that one of them costs."""
    wanted: int
    least: int
    requests: int
    """How many are sent at most."""
    account: AccountState | None
    """Whose timeline is read; None for several accounts at once."""


@dataclass(slots=True)
class Budget:
    """What may be spent on one platform. One thread uses it, the only one that spends there."""

    platform: Platform
    store: Store
    settings: Settings
    """May be exchanged at any time for changed ones."""
    clock: Clock
    observer: Observer
    _spent: dict[Instant, Cost] = field(default_factory=dict)
    """By the beginning of the day and month."""
    _billed: set[tuple[str, int]] = field(default_factory=set)
    """What was charged on `_day`, that of people at risk too: read again on that day, it is free."""
    _day: int | None = None
    _cautious: bool = False
    """A request got lost, and none was answered since: the next ones are small, so that little is lost again."""
    _latest: Request | None = None
    _ahead: Reservation | None = None
    """What is set aside already for another request like the latest."""

    def reserve(
        self,
        endpoint: str,
        each: Spend,
        *,
        wanted: int = 1,
        least: int = 1,
        requests: int = 1,
        account: AccountState | None = None,
    ) -> Reservation | Failure:
        """Set aside what a request for `wanted` posts or accounts can cost, or for as many as are left, but `least`.

        `each` is the most that one of them costs, as `Spend(users=1)`; `requests` how many are sent at most.
        `account` is whose timeline is read; None for several at once. The reservation is on the disk when this
        returns. A failure is BUDGET_SPENT until the next UTC day or month; nothing is set aside then.
        """
        request = Request(endpoint, each, wanted, least, requests, account)
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            if request == self._latest and self.clock() - ahead.at < MINUTE:
                return ahead
            self._give_back(ahead)
        self._latest = request
        reservation = self._planned(request)
        if isinstance(reservation, Reservation):
            self.store.reserve(reservation)
            self._count(reservation.at, None, reservation.most)
        return reservation

    def release(self) -> None:
        """Give back what was set aside for a request that is not to be sent."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            self._give_back(ahead)

    def _planned(self, request: Request) -> Reservation | Failure:
        """What can be set aside for a request now. Nothing is written."""
        now, endpoint = self.clock(), request.endpoint
        granted = request.least if self._cautious else request.wanted
        for limit in self._limits(now):
            left = max(0, limit.most - limit.measure(self._spent_since(limit.since)))  # what is free always fits
            fixed = limit.measure(self._cost(endpoint, Spend(request.requests)))
            more = limit.measure(self._cost(endpoint, request.each))
            fits = 0 if fixed > left else granted if more == 0 else min(granted, (left - fixed) // more)
            if fits < request.least:
                detail = f"the budget of {limit.said} is spent"
                return Failure(OutcomeKind.BUDGET_SPENT, detail, limit.until, requests=0)
            granted = fits
        most = self._cost(endpoint, Spend(request.requests) + request.each * granted)
        account = request.account
        at_risk = account is not None and account.protection is Protection.AT_RISK
        owner = None if account is None else account.id
        entry = self.store.next_entry()
        return Reservation(entry, self.platform, endpoint, owner, now, most, granted, at_risk)

    def _give_back(self, reservation: Reservation) -> None:
        """What was set aside is not needed: nothing was sent."""
        settlement = Settlement(reservation, self.clock(), Cost())
        self.store.settle(settlement)
        self._uncount(settlement)

    def ask(
        self,
        endpoint: str,
        each: Spend,
        send: Callable[[int], Answer | Failure],
        *,
        wanted: int = 1,
        least: int = 1,
        requests: int = 1,
        account: AccountState | None = None,
    ) -> tuple[Answer, Reservation] | Failure:
        """Reserve, then `send` a request for so many as are granted. What failed is settled here.

        A request that got lost is sent once more, with a reservation of its own, if the settings allow retries.
        """
        resends = min(self.settings.x.retries, 1) if self.platform is Platform.X else 0
        while True:
            reservation = self.reserve(endpoint, each, wanted=wanted, least=least, requests=requests, account=account)
            if isinstance(reservation, Failure):
                return reservation
            answer = send(reservation.granted)
            if not isinstance(answer, Failure):
                return answer, reservation
            self.failed(reservation, answer)
            if not answer.lost or resends == 0:
                return answer
            resends -= 1

    def failed(self, reservation: Reservation, failure: Failure) -> None:
        """A request brought nothing: it cost nothing, unless it was charged for as such, or got lost.

        What got lost stays counted in full.
        """
        if failure.lost:
            self._cautious = True
            self._tell(reservation, failure.requests, reservation.most.micros)
            return
        spend = Spend(requests=failure.requests)
        cost = self._cost(reservation.endpoint, spend) if failure.charged else Cost(spend)
        settlement = Settlement(reservation, self.clock(), cost)
        self.store.settle(settlement)
        self.settled(settlement)

    def settlement(
        self,
        reservation: Reservation,
        spend: Spend,
        resources: Resources = Resources(),
        *,
        more: bool = False,
        owners: Mapping[int, int] = NOBODY,
    ) -> Settlement:
        """What an answer costs, to be written in one transaction with what it brought.

        What was charged on the same UTC day already is not charged again. `more`: another request like the latest is
        to follow; it is set aside along with this, if there is room for the whole of it. `owners`: where several
        accounts were asked for at once, the rows of those to whom what was asked for belongs, by its id.
        """
        now = self.clock()
        charged_for = resources
        if reservation.at // DAY == now // DAY:  # else nobody knows on which of the two days it was charged
            known = self._charged_on(now // DAY)
            charged_for = Resources(
                frozenset(number for number in resources.posts if (POST, number) not in known),
                frozenset(number for number in resources.users if (USER, number) not in known),
            )
        again = Spend(
            posts=len(resources.posts) - len(charged_for.posts), users=len(resources.users) - len(charged_for.users)
        )
        ahead = self._next() if more else None
        shares = tuple(self._shares(reservation, charged_for, owners))
        cost = self._cost(reservation.endpoint, spend - again)
        return Settlement(reservation, now, cost, charged_for, ahead, shares)

    def _shares(self, reservation: Reservation, charged: Resources, owners: Mapping[int, int]) -> Iterator[Share]:
        """What the accounts have cost that were asked for at once. The request itself is nobody's."""
        if reservation.account_id is not None:
            return  # all of it is that account's
        posts = Counter(owners[number] for number in charged.posts if number in owners)
        users = Counter(owners[number] for number in charged.users if number in owners)
        for account in sorted(posts.keys() | users.keys()):
            spend = Spend(posts=posts[account], users=users[account])
            yield Share(self.store.next_entry(), account, self._cost(reservation.endpoint, spend))

    def _next(self) -> Reservation | None:
        """What to set aside for another request like the latest; None if there is no room for the whole of it."""
        if self._latest is None or self._cautious:
            return None
        planned = self._planned(self._latest)
        return planned if isinstance(planned, Reservation) and planned.granted == self._latest.wanted else None

    def settled(self, settlement: Settlement) -> None:
        """The settlement is on the disk: what it leaves can be spent again."""
        self._cautious = False
        self._tell(settlement.reservation, settlement.cost.spend.requests, settlement.cost.micros)
        self._uncount(settlement)
        self._ahead = settlement.ahead
        if self._ahead is not None:
            self._count(self._ahead.at, None, self._ahead.most)
        if settlement.within_a_day and settlement.at // DAY == self._day:
            self._billed |= {(POST, number) for number in settlement.resources.posts}
            self._billed |= {(USER, number) for number in settlement.resources.users}

    def _tell(self, reservation: Reservation, requests: int, micros: int) -> None:
        """Tell the observer, but not of people at risk: what a visit cost says how much somebody posted."""
        if not reservation.at_risk:
            self.observer.spent(self.platform, requests, micros)

    def exhausted(self, endpoint: str, each: Spend, *, least: int = 1, requests: int = 1) -> Failure | None:
        """Why not even the smallest such request may be sent now; None if it may."""
        for limit in self._limits(self.clock()):
            smallest = limit.measure(self._cost(endpoint, Spend(requests) + each * least))
            if limit.measure(self._spent_since(limit.since)) + smallest > limit.most:
                detail = f"the budget of {limit.said} is spent"
                return Failure(OutcomeKind.BUDGET_SPENT, detail, limit.until, requests=0)
        return None

    def of_a_look(self, user: int | None) -> Spend:
        """The most that one more look at a profile can cost: nothing where X has charged for it on this UTC day."""
        now = self.clock()
        same_day = (now + LATE) // DAY == now // DAY  # for as long as a request can take
        free = same_day and user is not None and (USER, user) in self._charged_on(now // DAY)
        return Spend() if free else Spend(users=1)

    # -- what is allowed, and what is spent

    def _cost(self, endpoint: str, spend: Spend) -> Cost:
        return cost_of(self.platform, endpoint, spend, self.settings.prices)

    def _limits(self, now: Instant) -> Iterator[Limit]:
        """The limits in force, the longer ones first: they are waited for in one go."""
        month, next_month = month_around(now)
        day = now // DAY * DAY
        budget, on_x = self.settings.budget, self.platform is Platform.X
        if on_x:
            said = f"X's own {POSTS_A_MONTH:,} posts a month"
            yield Limit(month, next_month, POSTS_A_MONTH, _posts, said)
        monthly, daily = (
            (budget.x_per_month, budget.x_per_day) if on_x else (budget.telegram_per_month, budget.telegram_per_day)
        )
        if monthly is not None:
            yield Limit(month, next_month, monthly.amount, self._measure(monthly), f"{monthly} a month")
        if daily is not None:
            yield Limit(day, day + DAY, daily.amount, self._measure(daily), f"{daily} a day")

    def _measure(self, allowance: Allowance) -> Callable[[Cost], int]:
        if allowance.dollars:
            return _micros
        return _reads if self.platform is Platform.X else _requests

    def _spent_since(self, since: Instant) -> Cost:
        if since not in self._spent:
            # Other beginnings are over; only the present day and month are asked for.
            month, _ = month_around(since)
            self._spent = {start: cost for start, cost in self._spent.items() if start in (month, since)}
            self._spent[since] = self.store.spent(self.platform, since, self.clock())
        return self._spent[since]

    def _count(self, reserved_at: Instant, settled_at: Instant | None, cost: Cost) -> None:
        for since in self._spent:
            if counts(since, reserved_at, settled_at):
                self._spent[since] += cost

    def _uncount(self, settlement: Settlement) -> None:
        """In place of what was set aside, what it did cost."""
        reservation = settlement.reservation
        self._count(reservation.at, None, Cost() - reservation.most)
        self._count(reservation.at, settlement.at, settlement.cost)

    def _charged_on(self, day: int) -> set[tuple[str, int]]:
        if day != self._day:
            self._billed, self._day = self.store.billed_on(self.platform, day), day
        return self._billed


def _micros(cost: Cost) -> int:
    return cost.micros


def _posts(cost: Cost) -> int:
    return cost.spend.posts


def _reads(cost: Cost) -> int:
    return cost.reads


def _requests(cost: Cost) -> int:
    return cost.spend.requests


__all__ = ["POSTS_A_MONTH", "Budget", "Limit", "Reservation"]
