"""Reading known posts again: their counters at fixed ages, and what was edited or deleted since.

Newest first: where the budget does not reach, the oldest wait. Kill the process anywhere: what is not written down as
read is asked for again, and on the same day the platform does not charge for it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tracker.collectors.protocol import Rereader
from tracker.config.settings import RefreshSettings
from tracker.domain.instants import HOUR, Clock
from tracker.domain.outcomes import ACCOUNT_STATES, Failure
from tracker.domain.records import Reread, Spend
from tracker.domain.words import Platform
from tracker.runtime.budget import Budget
from tracker.store.accounts import AccountState
from tracker.store.refreshing import DuePost, Found
from tracker.store.store import Store

PATIENCE = HOUR
"""So long a post waits for others that are due, so that requests are full."""
READ_AHEAD = 5000

Look = Callable[[Sequence[AccountState]], Mapping[int, AccountState | Failure] | Failure]
"""Reads the profiles of accounts, and records what became of those that are not there."""


def forgets_texts(platform: Platform, settings: RefreshSettings) -> bool:
    """Whether the texts of deleted posts are removed: X demands it."""
    return platform is Platform.X or settings.forget_deleted


@dataclass(frozen=True, slots=True)
class Refresher:
    """Reads the known posts of one platform again."""

    platform: Platform
    rereader: Rereader
    store: Store
    budget: Budget
    clock: Clock
    stopping: Callable[[], bool]
    look: Look

    @property
    def settings(self) -> RefreshSettings:
        return self.budget.settings.refresh

    def work(self) -> Failure | None:
        """Read again what is due, once it fills a request or has waited long enough; why it stopped early, if so."""
        count, since = self.store.posts_waiting(self.platform, self.clock())
        full = count >= self.rereader.rereading.batch
        if not self.settings.on or since is None or not (full or since <= self.clock() - PATIENCE):
            return None
        while not self.stopping():
            due = self.store.due_posts(self.platform, self.clock(), READ_AHEAD)
            if not due:
                return None
            for some in self._requests(due):
                if self.stopping():
                    return None
                asked = self._ask(some)
                if isinstance(asked, Failure):
                    return asked
                if asked < len(some):
                    break  # the budget did not reach: the newest of what is left come first
        return None

    def _requests(self, due: Sequence[DuePost]) -> Iterator[list[DuePost]]:
        """The posts, newest first, divided into what one request may ask for."""
        groups: dict[int | None, list[DuePost]] = {}
        for post in due:
            groups.setdefault(None if self.rereader.rereading.of_several else post.account_id, []).append(post)
        batch = self.rereader.rereading.batch
        for group in groups.values():
            for start in range(0, len(group), batch):
                yield group[start : start + batch]

    def _ask(self, due: Sequence[DuePost], *, again: bool = False) -> int | Failure:
        """Ask for posts and store what became of them. Returns of how many, from the first on."""
        rereading, seen_at = self.rereader.rereading, self.clock()
        exhausted = self.store.exhausted(self.platform, rereading.endpoint, seen_at)
        if exhausted is not None:
            return exhausted
        asked = self.budget.ask(
            rereading.endpoint,
            Spend(posts=1) if self.platform is Platform.X else Spend(),
            lambda granted: self.rereader.posts(due[0].target, [post.version_id for post in due[:granted]]),
            wanted=len(due),
            requests=rereading.requests,
        )
        if isinstance(asked, Failure):
            if asked.kind not in ACCOUNT_STATES:
                return asked
            self.store.missed_profile(due[0].account_id, asked.kind, seen_at)
            self._write(Found(unseen=due))
            return len(due)
        answer, reservation = asked
        due = due[: reservation.granted]
        found, unsure = self._sort(due, answer)
        owners = {post.version_id: post.account_id for post in due}
        settlement = self.budget.settlement(reservation, answer.spend, answer.resources, owners=owners)
        self.store.write_found(
            found,
            answer.asked_at,
            self.settings.ages,
            forget_texts=forgets_texts(self.platform, self.settings),
            settlement=settlement,
            quota=answer.quota,
        )
        self.budget.settled(settlement)
        failure = self._decide(unsure)
        replaced = [
            replace(post, version_id=answer.newer[post.version_id]) for post in due if post.version_id in answer.newer
        ]
        if failure is None and replaced:
            if again:
                self._write(Found(unseen=replaced))
            else:
                result = self._ask(replaced, again=True)
                failure = result if isinstance(result, Failure) else None
        return len(due) if failure is None else failure

    def _sort(self, due: Iterable[DuePost], answer: Reread) -> tuple[Found, list[DuePost]]:
        """What the answer says of each post, and those of which it may only seem to say that they are deleted."""
        due = list(due)
        present = [(post, answer.posts[post.version_id]) for post in due if post.version_id in answer.posts]
        missing = [post for post in due if post.version_id in answer.missing]
        told = answer.posts.keys() | answer.missing | answer.newer.keys()
        unseen = [post for post in due if post.version_id not in told]
        # Where a whole account is hidden, X says of each of its posts that it could not be found.
        shown = {post.account_id for post in due if post.version_id in answer.posts.keys() | answer.newer.keys()}
        certain = [post for post in missing if post.account_id in shown or not self.rereader.rereading.of_several]
        return Found(present, certain, unseen), [post for post in missing if post not in certain]

    def _decide(self, missing: Sequence[DuePost]) -> Failure | None:
        """Call posts deleted whose account is there; those of a suspended or protected one are only hidden."""
        if not missing:
            return None
        accounts = self.store.accounts_of({post.account_id for post in missing})
        seen = self.look(accounts)
        if isinstance(seen, Failure):
            return seen
        there = {account_id for account_id, who in seen.items() if isinstance(who, AccountState)}
        self._write(
            Found(
                deleted=[post for post in missing if post.account_id in there],
                unseen=[post for post in missing if post.account_id not in there],
            )
        )
        return None

    def _write(self, found: Found) -> None:
        forget = forgets_texts(self.platform, self.settings)
        self.store.write_found(found, self.clock(), self.settings.ages, forget_texts=forget)
