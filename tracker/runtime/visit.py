"""One visit: a collector working on one account once, page by page, each in a transaction of its own.

The walk from the present comes first, then the holes that earlier visits left. Kill the process anywhere, and the
next visit goes on below the last page that was committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tracker.collectors.protocol import Collector
from tracker.collectors.x_answers import snowflake_time
from tracker.domain.coverage import Stretch, advance
from tracker.domain.instants import HOUR, MINUTE, Clock, Instant, next_week, start_of_week
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import End, Page, Spend, Walk
from tracker.domain.words import Platform, Protection
from tracker.runtime.budget import Budget
from tracker.runtime.observer import Observer
from tracker.store.accounts import AccountState
from tracker.store.spending import Reservation, Settlement
from tracker.store.store import Store

GRACE = HOUR + MINUTE
"""A week of an at-risk account is counted only so long after its end, for what the platform shows late.

For an hour X lets a post be edited, and then lists it at the time of the edit: perhaps in the week after its own.
"""

BEYOND = 1 << 40
"""More posts than any platform shows."""

STOPPED = Failure(OutcomeKind.PARTIAL, "stopped; the next visit goes on here", requests=0)
OVERTAKEN = Failure(
    OutcomeKind.PARTIAL, "the watchlist has changed meanwhile; the next visit begins anew", requests=0
)
TOO_DEEP = Failure(OutcomeKind.PARTIAL, "older posts are beyond what the platform shows", requests=0)
PATIENCE = 10
"""How many pages in a row may bring nothing older before a walk is given up."""
IN_A_CIRCLE = Failure(
    OutcomeKind.BAD_ANSWER,
    f"{PATIENCE} pages in a row brought nothing older, and each named a next one; the next visit tries again there",
    requests=0,
)


@dataclass(slots=True)
class _Part:
    """The part of a timeline that is being walked, and its row if it is a hole."""

    stretch: Stretch
    hole_id: int | None
    from_top: bool
    newer: int = 0
    """How many posts are known above it."""
    passed: int = 0
    """How many posts were read above it that are not counted yet, because their week is not over."""
    oldest: Instant | None = None
    """Of all items that this walk has met."""
    in_vain: int = 0
    """How many pages in a row have brought nothing older."""

    def goes_in_a_circle(self, page: Page) -> bool:
        """Whether the platform, page after page, names a next one and never comes to older posts."""
        older = page.floor is not None and (self.oldest is None or page.floor < self.oldest)
        self.oldest = page.floor if older else self.oldest
        self.in_vain = 0 if older else self.in_vain + 1
        return page.cursor is not None and self.in_vain >= PATIENCE


@dataclass(frozen=True, slots=True)
class Visitor:
    """Visits the accounts of one platform with one collector. `stopping` is asked between two pages."""

    collector: Collector
    store: Store
    budget: Budget
    clock: Clock
    observer: Observer
    stopping: Callable[[], bool]

    def visit(self, account: AccountState, visit_id: int, zone: str) -> Failure | None:
        """Read what is new since the last visit, then the holes; None if nothing was left out.

        `zone` is the zone of the account's weeks. What is read is in the database when this returns.
        """
        shortfall = self._walk_parts(account, visit_id, zone)
        self.budget.release()
        return shortfall

    def _walk_parts(self, account: AccountState, visit_id: int, zone: str) -> Failure | None:
        walk = self._count_weeks if account.protection is Protection.AT_RISK else self._store_posts
        shortfall = None
        for part in self._parts(account, zone):
            failure = walk(account, visit_id, part, zone)
            if failure is TOO_DEEP:
                shortfall = failure
            elif failure is not None:
                return failure
        return shortfall

    def _parts(self, account: AccountState, zone: str) -> Iterator[_Part]:
        """What is to be walked: from the present down to the last look, then each hole.

        A hole is not walked unless all above it is known: the platform counts its depth from the newest post.
        """
        at_risk = account.protection is Protection.AT_RISK
        present = start_of_week(self.clock() - GRACE, zone) if at_risk else self.clock()
        holes = [(hole_id, hole) for hole_id, hole in self.store.holes(account.id) if not hole.unreachable]
        since, mark = account.last_look_at, account.mark
        if since is None and not at_risk:
            since, mark = self._imported_ground(account, present)
        top = _Part(Stretch(present, since, mark), None, True)
        if account.last_look_at is None or account.last_look_at < present or holes:
            yield top
        for hole_id, hole in holes:
            yield _Part(hole, hole_id, False, self._newer(account, hole) + top.passed)

    def _imported_ground(self, account: AccountState, present: Instant) -> tuple[Instant | None, str | None]:
        """Until when files hold everything of an account that was never looked at, and the post to walk down to.

        Nothing, unless they hold everything from its beginning on: what is below a first walk is not come back to.
        And on X alone, where what is read twice is paid twice, and an id tells by itself when its post was published.
        """
        if account.platform is not Platform.X or account.created_at is None:
            return None, None
        imported, newest = self.store.imported_ground(account.id)
        until = imported.until
        if until is None or until > present or not imported.covers(account.created_at, until) or newest is None:
            return None, None
        published = snowflake_time(newest)
        return (until, str(newest)) if published is not None and published < until else (None, None)

    def _newer(self, account: AccountState, hole: Stretch) -> int:
        """How many posts lie above a hole: too many for any platform below what it did not show."""
        if any(above.unreachable and above.until > hole.until for _, above in self.store.holes(account.id)):
            return BEYOND
        return self.store.count_posts(account, hole.until - 1)  # the second of the last post read is in the hole too

    def _fetch(self, account: AccountState, walk: Walk) -> tuple[Page, Reservation] | Failure:
        """One request, unless we are to stop, its quota is used up, or it is more than the budget allows.

        The page is to be stored together with what it cost; what a failure cost is settled here.
        """
        if self.stopping():
            return STOPPED
        endpoint, bounds = self.collector.endpoints.timeline, self.collector.bounds
        exhausted = self.store.exhausted(account.platform, endpoint, self.clock())
        if exhausted is not None:
            return exhausted
        return self.budget.ask(
            endpoint,
            Spend(posts=bounds.posts_each),
            lambda granted: self.collector.fetch(account.target, replace(walk, limit=granted)),
            wanted=bounds.largest_page,
            least=bounds.smallest_page,
            requests=bounds.requests,
            account=account,
        )

    def _settlement(self, page: Page, reservation: Reservation, left: Stretch | None) -> Settlement:
        """What a page cost, and what is set aside for the next one where something is left to be walked."""
        more = left is not None and not left.unreachable
        return self.budget.settlement(reservation, page.spend, page.resources, more=more)

    def _store_posts(self, account: AccountState, visit_id: int, part: _Part, _zone: str) -> Failure | None:
        """Walk a part of a named account's timeline, each page stored whole."""
        looked_at = part.stretch.until if part.from_top else None
        left: Stretch | None = part.stretch
        while left is not None:
            answer = self._fetch(account, Walk(left.mark, left.cursor, newer=part.newer))
            if isinstance(answer, Failure):
                return answer
            page, reservation = answer
            step = advance(left, page, account.created_at)
            settlement = self._settlement(page, reservation, step.left)
            written = self.store.write_page(
                account,
                visit_id,
                page,
                settlement,
                part.hole_id,
                step,
                top=part.from_top,
                looked_at=looked_at,
                ages=self.budget.settings.refresh.ages,
            )
            self.budget.settled(settlement)
            if written is None:
                return OVERTAKEN
            new, part.hole_id = written
            part.newer += len(page.posts) + len(page.set_aside)
            self._tell(account.platform, new, page)
            looked_at, left = None, step.left
            if left is not None and left.unreachable:
                return TOO_DEEP
            if part.goes_in_a_circle(page):
                return IN_A_CIRCLE
        return None

    def _count_weeks(self, account: AccountState, visit_id: int, part: _Part, zone: str) -> Failure | None:
        """Walk a part of an at-risk account's timeline. Only counts of whole weeks leave the memory.

        The walk is bounded by time, so that nothing has to be kept to find the way back; an unfinished week is
        read again by the next visit. From the top it begins at the newest post, so as to know its depth.
        """
        looked_at = part.stretch.until if part.from_top else None
        unfinished: dict[Instant, list[int]] = {}
        left: Stretch | None = replace(part.stretch, mark=None, cursor=None)
        before = None if part.from_top else part.stretch.until
        cursor = None
        while left is not None:
            walk = Walk(None, cursor, part.stretch.since, before, part.newer)
            answer = self._fetch(account, walk)
            if isinstance(answer, Failure):
                return answer
            page, reservation = answer
            circling = part.goes_in_a_circle(page)
            for post in page.posts:
                unfinished.setdefault(start_of_week(post.posted_at, zone), [0, 0, 0, 0])[post.kind] += 1
                part.passed += post.posted_at >= part.stretch.until
            cursor = page.cursor
            # Unless the walk has ended well, the week of the oldest post may go on below this page.
            if page.end in (End.KNOWN_GROUND, End.BEGINNING):
                weeks = list(unfinished) if page.floor is None else [start_of_week(page.floor, zone), *unfinished]
                page = replace(page, floor=min(weeks, default=None))
            elif page.floor is not None:
                page = replace(page, floor=next_week(page.floor, zone) - 1)
            step = advance(
                left, page, None if account.created_at is None else start_of_week(account.created_at, zone)
            )
            left = None if step.left is None else replace(step.left, cursor=None)
            # While only posts of the week that is not over have been read, nothing is left to come back for.
            nothing_yet = left is not None and left.since is not None and left.until <= left.since
            step = replace(step, left=None if nothing_yet else left)
            finished = {week: unfinished.pop(week) for week in list(unfinished) if week in step.proved}
            settlement = self._settlement(page, reservation, left)
            written = self.store.write_weeks(
                account,
                visit_id,
                finished,
                page,
                settlement,
                part.hole_id,
                step,
                top=part.from_top,
                looked_at=looked_at,
            )
            self.budget.settled(settlement)
            if written is None:
                return OVERTAKEN
            _, part.hole_id = written
            part.newer += len(page.posts) + len(page.set_aside)
            self._tell(account.platform, 0, page)
            looked_at = None
            if left is not None and left.unreachable:
                return TOO_DEEP
            if circling:
                return IN_A_CIRCLE
        return None

    def _tell(self, platform: Platform, new: int, page: Page) -> None:
        for warning in page.warnings:
            self.observer.warned(platform, warning)
        self.observer.page(platform, new)
