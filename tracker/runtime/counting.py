"""A visit of an account whose posts are counted and never read: X is asked how many there were.

The recent counts reach seven days back, so a named account is counted every six local days, six days a request, and a
day that was missed stays a hole. Of people at risk only whole local weeks may be known, and a week that is over never
lies within the last seven days: theirs come from the archive, week by week, and no part of a week is ever kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracker.analysis.counted import COUNTED_EVERY
from tracker.collectors.protocol import Collector, Counter
from tracker.domain.instants import (
    DAY,
    HOUR,
    MINUTE,
    Clock,
    Instant,
    day_of,
    next_day,
    next_week,
    start_of_day,
    start_of_week,
)
from tracker.domain.intervals import Interval, Intervals, span
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Count, CountPage, Grain, Spend
from tracker.domain.words import Protection
from tracker.runtime.budget import Budget
from tracker.runtime.observer import Observer
from tracker.runtime.visit import GRACE, OVERTAKEN, STOPPED
from tracker.store.accounts import AccountState
from tracker.store.spending import Settlement
from tracker.store.store import Store

FIRST_WEEKS = 4
"""How many weeks of an at-risk account are counted at the first visit: as many as one request brings."""
ONE_REQUEST = 30 * DAY
"""The longest time asked for at once: with a change of clocks it is less than the archive's page of 31 days."""
SPREAD = 6 * HOUR
"""Accounts that are due on the same day are spread over so long a time."""

Look = Callable[[AccountState], AccountState | Failure]
"""Reads an account's profile now: is it there, for all to see?"""


def due_after(account: AccountState, zone: str, now: Instant) -> Instant:
    """When an account that was counted now is to be counted again."""
    spread = GRACE + account.spread(SPREAD)
    if account.protection is Protection.AT_RISK:
        return next_week(now - GRACE, zone) + spread
    present = _midnight(now - GRACE, zone)
    for _ in range(COUNTED_EVERY):
        present = next_day(present, zone)
    return present + spread


@dataclass(frozen=True, slots=True)
class Question:
    """A stretch of whole local days or weeks, to be asked for with one request."""

    edges: tuple[Instant, ...]
    """Where each day or week begins, and where the last one ends."""
    archive: bool

    @property
    def asked(self) -> Interval:
        return Interval(self.edges[0], self.edges[-1])

    @property
    def grain(self) -> Grain:
        """The coarsest pieces of which the days or weeks are made: those of X begin at full hours or days of UTC."""
        inner = self.edges[1:-1]
        for grain, seconds in ((Grain.DAY, DAY), (Grain.HOUR, HOUR)):
            if all(edge % seconds == 0 for edge in inner):
                return grain
        return Grain.MINUTE

    def sums(self, pieces: Sequence[Count]) -> list[Count]:
        """The posts of each day or week that the pieces fill; one that they do not is no 0, but left out."""
        found = []
        for since, until in pairwise(self.edges):
            inside = [piece for piece in pieces if since <= piece.since and piece.until <= until]
            if sum(piece.until - piece.since for piece in inside) == until - since:
                found.append(Count(since, until, sum(piece.posts for piece in inside)))
        return found


def questions(
    account: AccountState,
    covered: Intervals,
    counted: Intervals,
    zone: str,
    now: Instant,
    *,
    reach: int,
    archive: bool,
    oldest: Instant | None = None,
) -> list[Question]:
    """What is to be asked, the newest first: whole days or weeks of which posts were neither read nor counted.

    `reach` is how far back the recent counts go; `archive` whether history is asked for too. Of people at risk no
    week before `oldest` is: it would not be kept.
    """
    known = covered | counted
    if account.protection is Protection.AT_RISK:
        present = start_of_week(now - GRACE, zone)
        begun = account.created_at if archive else None
        first = start_of_week(present - FIRST_WEEKS * 7 * DAY + DAY, zone) if begun is None else begun
        since = first if counted.since is None or begun is not None else min(first, counted.since)
        since = since if oldest is None else max(since, oldest)
        weeks = span(start_of_week(since, zone), present) - known
        return _split(weeks, lambda instant: start_of_week(instant, zone), lambda week: next_week(week, zone))
    present = _midnight(now - GRACE, zone)
    reached = next_day(now - reach + MINUTE, zone)
    days = span(reached, present) - known
    lately = []
    if days.since is not None and days.until is not None:
        edges = _edges(_midnight(days.since, zone), days.until, lambda day: next_day(day, zone))
        lately = [Question(tuple(edges), archive=False)]
    if not archive or account.created_at is None:
        return lately
    history = span(_midnight(account.created_at, zone), reached) - known
    return lately + _split(history, lambda instant: _midnight(instant, zone), lambda day: next_day(day, zone))


def _split(
    missing: Intervals, start: Callable[[Instant], Instant], following: Callable[[Instant], Instant]
) -> list[Question]:
    """Requests to the archive for all that is missing, widened to whole days or weeks, the newest first."""
    found: list[Question] = []
    for part in reversed(missing.parts):
        edges = list(_edges(start(part.since), part.until, following))
        while len(edges) > 1:
            first = next(place for place, edge in enumerate(edges) if edges[-1] - edge <= ONE_REQUEST)
            first = min(first, len(edges) - 2)
            found.append(Question(tuple(edges[first:]), archive=True))
            edges = edges[: first + 1]
    return found


def _edges(since: Instant, until: Instant, following: Callable[[Instant], Instant]) -> Iterator[Instant]:
    """`since`, and each next beginning, until one is not before `until`."""
    yield since
    while since < until:
        since = following(since)
        yield since


def _midnight(instant: Instant, zone: str) -> Instant:
    return start_of_day(day_of(instant, zone), zone)


@dataclass(slots=True)
class Sight:
    """Whether an account is there for all to see: looked at once a visit, however many counts of 0 there are."""

    account: AccountState
    ask: Look
    seen: AccountState | Failure | None = None

    def look(self) -> AccountState | Failure:
        """What its profile says now, or said earlier in this visit."""
        if self.seen is None:
            self.seen = self.ask(self.account)
        return self.seen


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts the accounts of one platform with one collector. `stopping` is asked between two requests."""

    collector: Collector
    store: Store
    budget: Budget
    clock: Clock
    observer: Observer
    stopping: Callable[[], bool]
    look: Look
    archive: bool
    """Whether named accounts are counted from their beginning on."""
    kept: int | None = None
    """How many seconds weeks of people at risk are kept; None: for ever."""

    def visit(self, account: AccountState, visit_id: int, zone: str) -> Failure | None:
        """Count what is missing, the newest first; None if nothing was left out."""
        if not isinstance(self.collector, Counter):
            return Failure(OutcomeKind.REFUSED, f"{account.platform} does not count posts; choose another mode")
        reach = self.collector.count_endpoints.reach
        covered, counted = self.store.known_time(account.id)
        now = self.clock()
        oldest = None if self.kept is None else now - self.kept
        sight = Sight(account, self.look)
        for question in questions(
            account, covered, counted, zone, now, reach=reach, archive=self.archive, oldest=oldest
        ):
            failure = self._count(self.collector, account, visit_id, question, sight)
            if failure is not None:
                return failure
        return None

    def _count(
        self,
        counter: Counter,
        account: AccountState,
        visit_id: int,
        question: Question,
        sight: Sight,
    ) -> Failure | None:
        """One question, which is one request unless the platform divides its answer."""
        pieces: list[Count] = []
        cursor: str | None = None
        kept_down_to = question.asked.until
        while True:
            answer = self._ask(counter, account, question, cursor, sight)
            if isinstance(answer, Failure):
                return answer
            page, settlement = answer
            pieces += page.counts
            cursor = page.cursor
            last = cursor is None or page.counts[0].since <= question.asked.since
            found = [count for count in question.sums(pieces) if count.until <= kept_down_to]
            kept_down_to = min((count.since for count in found), default=kept_down_to)
            if found and not any(piece.posts for piece in pieces):
                # A suspended or protected account has counts of 0 too, for all time.
                seen = sight.look()
                if isinstance(seen, Failure):
                    self.store.settle(settlement)
                    self.budget.settled(settlement)
                    return seen
            unchanged = self.store.write_counts(account, visit_id, found, page, settlement)
            self.budget.settled(settlement)
            self.observer.page(account.platform, 0)
            if not unchanged:
                return OVERTAKEN
            if last:
                return None

    def _ask(
        self, counter: Counter, account: AccountState, question: Question, cursor: str | None, sight: Sight
    ) -> tuple[CountPage, Settlement] | Failure:
        """One request, unless we are to stop, its quota is used up, or it is more than the budget allows.

        What is paid for is kept: so nothing may stand in the way of the look either that a count of 0 waits for.
        """
        if self.stopping():
            return STOPPED
        endpoints = counter.count_endpoints
        endpoint = endpoints.archive if question.archive else endpoints.recent
        to_look = sight.seen is None
        for needed in (endpoint, self.collector.endpoints.profiles) if to_look else (endpoint,):
            exhausted = self.store.exhausted(account.platform, needed, self.clock())
            if exhausted is not None:
                return exhausted
        too_much = self.budget.exhausted(endpoint, self.budget.of_a_look(account.platform_id) if to_look else Spend())
        if too_much is not None:
            return too_much
        asked = self.budget.ask(
            endpoint,
            Spend(),
            lambda _granted: counter.count(
                account.target, question.asked, question.grain, archive=question.archive, cursor=cursor
            ),
            account=account,
        )
        if isinstance(asked, Failure):
            return asked
        page, reservation = asked
        return page, self.budget.settlement(reservation, page.spend)
