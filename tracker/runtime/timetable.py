"""When the accounts of a platform are due again: the visiting policy, kept up to date from the database."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.analysis.visiting import HISTORY, Habits, Policy, corrected, policy_for
from tracker.config.settings import VisitSettings
from tracker.domain.instants import HOUR, Instant
from tracker.domain.words import Platform
from tracker.store.store import Store


@dataclass(slots=True)
class Timetable:
    """Shares the visits of a day out among the accounts of a platform.

    What each account is due for stands in the database; here is only the present policy, worked out anew every hour
    from what all accounts have published, and how far the visits that were made are from those that were meant.
    """

    platform: Platform
    store: Store
    _policy: Policy | None = None
    _visits: VisitSettings | None = None
    """The settings for which the policy is."""
    _since: Instant = 0
    """When it was worked out."""
    _made: int = 0
    """Visits since then."""
    _excess: float = 1.0

    def next_visit_at(self, account_id: int, now: Instant, visits: VisitSettings) -> Instant:
        """When an account is due again that has been visited just now."""
        policy = self._policy
        if policy is None or visits != self._visits or not 0 <= now - self._since < HOUR:
            policy = self._policy = self._reckon(now, visits)
        self._made += 1
        return policy.next_visit_at(self.store.seen(account_id, now - HISTORY), now)

    def _reckon(self, now: Instant, visits: VisitSettings) -> Policy:
        """The policy for the hour that begins."""
        seen = self.store.all_seen(self.platform, now - HISTORY)
        allowed = visits.requests_a_day * max(len(seen), 1)
        if visits == self._visits and now > self._since:
            self._excess = corrected(self._excess, self._made, now - self._since, allowed)
        self._visits, self._since, self._made = visits, now, 0
        bounds = visits.shortest_interval, visits.longest_interval
        return policy_for(Habits.of(seen), allowed / self._excess, *bounds)
