"""Who the accounts are: handles resolved to numbers, profiles read, names that changed or went to somebody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tracker.collectors.protocol import Collector
from tracker.config.settings import Settings
from tracker.domain.instants import Clock, Instant
from tracker.domain.outcomes import PLATFORM_STOPS, Failure, OutcomeKind
from tracker.domain.records import Profile, Profiles, Spend, Target
from tracker.domain.words import Platform, Protection
from tracker.runtime.alerts import Alerts
from tracker.runtime.budget import Budget
from tracker.runtime.observer import Observer
from tracker.runtime.visit import STOPPED
from tracker.store.accounts import AccountState
from tracker.store.store import ListedTwiceError, Store

A_PROFILE = Spend(users=1)
PROFILE_REQUESTS = 30
"""At most so many before the visits that are due have their turn."""


def profiles_are_old_before(settings: Settings, now: Instant) -> Instant:
    """All at the same moment, so that they fill requests; for a day, X's own: it charges a user once in it."""
    return now // settings.visits.profile_interval * settings.visits.profile_interval


@dataclass(slots=True)
class Identities:
    """Finds out who the accounts of one platform are, in as few requests as possible."""

    platform: Platform
    collector: Collector
    store: Store
    budget: Budget
    clock: Clock
    observer: Observer
    stopping: Callable[[], bool]
    remember: Callable[[Failure], Failure]
    """Keeps a refusal that stops the platform; returns it as kept."""
    alerts: Alerts | None
    """Who is to know of accounts that are gone."""
    _renamed: dict[int, str] = field(default_factory=dict)
    """Accounts found under another handle since their last visit, with the one known before."""

    # -- all profiles at once

    def read_old(self) -> Failure | None:
        """Read the old profiles of named accounts that are not due; why not all, if so."""
        answer = self.look_at(self._with_old_profiles()[: PROFILE_REQUESTS * self.collector.batch])
        return answer if isinstance(answer, Failure) else None

    def _with_old_profiles(self) -> list[AccountState]:
        """The named accounts, due or not, whose profile is to be read."""
        old = self.store.old_profiles(self.platform, self._profiles_are_old_before())
        return [account for account in old if self.collector.knows(account.target)]

    def _profiles_are_old_before(self) -> Instant:
        return profiles_are_old_before(self.budget.settings, self.clock())

    def look_at(self, accounts: Sequence[AccountState]) -> dict[int, AccountState | Failure] | Failure:
        """Read the profiles of named accounts now, and record what became of those that are not there."""
        seen: dict[int, AccountState | Failure] = {}
        left = list(accounts)
        while left:
            if self.stopping():
                return STOPPED
            ask = self.collector.profiles
            endpoint = self.collector.endpoints.profiles
            answer = self._ask_profiles(endpoint, ask, left[: self.collector.batch], keep=True)
            if isinstance(answer, Failure):
                return answer
            chunk, found = answer
            seen |= {account.id: self._seen(account, found.results[account.target]) for account in chunk}
            left = left[len(chunk) :]
        return seen

    def _seen(self, account: AccountState, found: Profile | Failure) -> AccountState | Failure:
        """Record what asking for the profile of a named account has brought, outside of a visit to it."""
        who = self._identify(account, found, True)
        if isinstance(who, Failure):
            who = self.taken_over(account, who)
            self.store.missed_profile(account.id, who.kind, self.clock())
            if self.alerts is not None:
                self.alerts.after_visit(account.id)
        elif who.handle.casefold() != account.handle.casefold():
            self._renamed.setdefault(account.id, account.handle)
        return who

    def look(self, account: AccountState) -> AccountState | Failure:
        """Read the account's profile now, however fresh the last one is."""
        endpoint, keep = self.collector.endpoints.profiles, account.protection is Protection.NAMED
        each = self.budget.of_a_look(account.platform_id)
        answer = self._ask_profiles(endpoint, self.collector.profiles, [account], keep=keep, each=each)
        if isinstance(answer, Failure):
            return answer
        return self._identify(account, answer[1].results[account.target], profile_was_asked=True)

    # -- who is who

    def introduce(self, group: Sequence[AccountState], protection: Protection) -> dict[int, AccountState | Failure]:
        """Resolve the handles that are unknown, then read the profiles that are old or that the look-up left out."""
        known: dict[int, AccountState | Failure] = {account.id: account for account in group}
        old = self._profiles_are_old_before()

        def unknown() -> list[AccountState]:
            return [account for account in group if not self.collector.knows(account.target)]

        def stale() -> list[AccountState]:
            found = [account for account in known.values() if isinstance(account, AccountState)]
            return [account for account in found if account.profile_at is None or account.profile_at < old]

        endpoints = self.collector.endpoints
        for wanted, endpoint, ask in (
            (unknown, endpoints.resolve, self.collector.resolve),
            (stale, endpoints.profiles, self.collector.profiles),
        ):
            left = wanted()
            if wanted is stale and protection is Protection.NAMED:
                # What is left of the last request takes others along.
                room = -len(left) % self.collector.batch
                left += [account for account in self._with_old_profiles() if account.id not in known][:room]
            while left:
                chunk = left[: self.collector.batch]
                answer: tuple[list[AccountState], Profiles] | Failure = STOPPED
                if not self.stopping():
                    answer = self._ask_profiles(endpoint, ask, chunk, keep=protection is Protection.NAMED)
                if not isinstance(answer, Failure):
                    chunk, found = answer
                    known |= {
                        account.id: self._identify(account, found.results[account.target], wanted is stale)
                        for account in chunk
                        if account.id in known
                    }
                    for account in chunk:
                        if account.id not in known:
                            self._seen(account, found.results[account.target])
                # An old profile does not keep us from reading posts, unless it is the credential that is refused:
                # what is left of a budget may be too little for a profile, and enough for a count.
                elif (
                    answer is STOPPED
                    or wanted is unknown
                    or (answer.kind in PLATFORM_STOPS - {OutcomeKind.BUDGET_SPENT} and answer.endpoint is None)
                ):
                    known |= {account.id: answer for account in chunk if account.id in known}
                left = left[len(chunk) :]
        return known

    def _ask_profiles(
        self,
        endpoint: str,
        ask: Callable[[Sequence[Target]], Profiles | Failure],
        chunk: Sequence[AccountState],
        *,
        keep: bool,
        each: Spend = A_PROFILE,
    ) -> tuple[list[AccountState], Profiles] | Failure:
        """Ask for the profiles of as many of these accounts, from the first on, as the budget allows."""
        exhausted = self.store.exhausted(self.platform, endpoint, self.clock())
        if exhausted is not None:
            return exhausted
        asked_at = self.clock()
        asked = self.budget.ask(
            endpoint,
            each,
            lambda granted: ask([account.target for account in chunk[:granted]]),
            wanted=len(chunk),
            requests=self.collector.bounds.requests,
            account=chunk[0] if len(chunk) == 1 else None,
        )
        if isinstance(asked, Failure):
            return self.remember(asked)
        found, reservation = asked
        about = list(chunk[: reservation.granted])
        results = ((account, found.results[account.target]) for account in about)
        owners = {who.platform_id: account.id for account, who in results if isinstance(who, Profile)}
        settlement = self.budget.settlement(reservation, found.spend, found.resources, owners=owners)
        self.store.write_profiles(asked_at, found, settlement, [account.id for account in about], keep=keep)
        self.budget.settled(settlement)
        return about, found

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

    def taken_over(self, account: AccountState, failure: Failure) -> Failure:
        """An account that is gone may have left its name to somebody else: an alarm, and nothing is attached."""
        if failure.kind is not OutcomeKind.GONE or account.platform_id is None or self.platform is not Platform.X:
            return failure
        if account.state != OutcomeKind.REASSIGNED:
            owner = self._owner_of(account.handle, account)
            if owner is None:
                return failure
        detail = f"the account is gone, and its handle {account.handle} belongs to somebody else; nothing is attached"
        return Failure(OutcomeKind.REASSIGNED, detail, requests=0)

    def _owner_of(self, handle: str, account: AccountState) -> Profile | None:
        """Who else than the account has the handle now; None: nobody, or it could not be asked."""
        asked = replace(account, handle=handle, platform_id=None)
        answer = self._ask_profiles(self.collector.endpoints.resolve, self.collector.resolve, [asked], keep=False)
        found = None if isinstance(answer, Failure) else answer[1].results[asked.target]
        return found if isinstance(found, Profile) and found.platform_id != account.platform_id else None

    def renaming(self, account: AccountState, who: AccountState) -> str | None:
        """What is to be told if the account has another handle than at its last visit; else None."""
        before = self._renamed.pop(account.id, account.handle)
        if account.platform_id is None or who.handle.casefold() == before.casefold():
            return None
        detail = f"{before} is now {who.handle}"
        named_on_x = self.platform is Platform.X and account.protection is Protection.NAMED
        if named_on_x and self._owner_of(before, account) is not None:
            detail += f"; {before} belongs to somebody else now, of whom nothing is attached"
            self.observer.warned(self.platform, detail)
        return detail
