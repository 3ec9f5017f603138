"""What is asked of a report."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.instants import Instant
from tracker.domain.intervals import BEGINNING, Interval
from tracker.domain.subjects import Listing
from tracker.domain.words import BANNING_KINDS, By, Platform, RestrictionKind, Role


@dataclass(frozen=True, slots=True)
class Selection:
    """Which listings, over which time: what every report is asked.

    The time asked for is [since, until), and never reaches beyond `as_of`, which stands for "now".
    """

    as_of: Instant
    since: Instant | None = None
    """None: from the beginning of each account."""
    until: Instant | None = None
    """None: until `as_of`."""
    country: str | None = None
    role: Role | None = None
    platform: Platform | None = None

    @property
    def end(self) -> Instant:
        """Where the time asked for ends."""
        return self.as_of if self.until is None else min(self.until, self.as_of)

    def asks_for(self, listing: Listing) -> bool:
        """Whether the listing passes the filters."""
        return (
            self.country in (None, listing.country)
            and self.role in (None, listing.role)
            and self.platform in (None, listing.platform)
        )

    def bounds(self, listing: Listing) -> Interval:
        """The part of the time asked for in which the listing holds; backward or empty if there is none."""
        since = BEGINNING if self.since is None else self.since
        return Interval(max(since, listing.since), min(self.end, listing.until))


@dataclass(frozen=True, slots=True)
class UsageQuestion(Selection):
    """Who used which platform, how often, and how much of it while it was restricted."""

    kinds: frozenset[RestrictionKind] = BANNING_KINDS
    """The kinds of restriction that count as restricted."""
    by: By = By.SUBJECT

    @classmethod
    def of(
        cls, selection: Selection, by: By = By.SUBJECT, kinds: frozenset[RestrictionKind] = BANNING_KINDS
    ) -> UsageQuestion:
        """What a usage report is asked of the selection."""
        return cls(
            selection.as_of,
            selection.since,
            selection.until,
            selection.country,
            selection.role,
            selection.platform,
            kinds,
            by,
        )
