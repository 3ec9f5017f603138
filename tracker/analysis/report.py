"""The answer to a usage question: rows of figures, each with the coverage beneath it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tracker.analysis.levels import Level
from tracker.domain.instants import Instant
from tracker.domain.words import By, Platform, Role


class CoverageState(StrEnum):
    """How far a figure can be trusted: exactly, as "at least", or not at all."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a row's time was looked at without a gap."""

    state: CoverageState
    share: float
    """Covered time over asked-for time, summed over the accounts, from 0 to 1; 1 with the state PARTIAL where some of
    it was counted by the platform, which leaves reposts out."""
    since: Instant | None = None
    """The first covered instant."""
    until: Instant | None = None
    """The end of the last covered interval."""
    accounts_without_data: int | None = None
    """None where the row is one subject or one account."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """The figures of a subject, an account or a group. All counts are None where there is no data, never 0."""

    subject: str | None
    name: str | None
    role: Role | None
    country: str | None
    platform: Platform | None
    accounts: int
    posts: int | None
    posts_restricted: int | None
    posts_uncertain: int | None
    originals: int | None
    replies: int | None
    reposts: int | None
    quotes: int | None
    active_days: int | None
    per_week: float | None
    first_post: Instant | date | None
    """The Monday of the week where the row is about people at risk, else the instant."""
    last_post: Instant | date | None
    level: Level
    coverage: Coverage
    posts_throttled: int | None
    longest_gap_days: float | None
    at_risk: bool
    handle: str | None
    """The present name of the account, where the row is one account."""
    zone: str
    """The zone in which the row's days are printed."""
    counted: int | None = None
    """The part of `posts` that the platform counted and nobody read, without reposts; None: nothing was counted."""

    @property
    def known(self) -> bool:
        """False: there is no data."""
        return self.posts is not None

    @property
    def complete(self) -> bool:
        """False: the counts are "at least" ones."""
        return self.coverage.state is CoverageState.FULL


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The rows, most posts under restriction first, and all that is needed to read them rightly."""

    as_of: Instant
    by: By
    definitions: tuple[tuple[str, str], ...]
    """(word, what it means), in plain sentences, with the thresholds used."""
    rows: tuple[UsageRow, ...]
    notes: tuple[str, ...] = ()

    def busiest(self, count: int) -> UsageReport:
        """Only the named rows with the most posts; without notes and definitions, which the whole report gives."""
        named = (row for row in self.rows if not row.at_risk)
        rows = sorted(named, key=lambda row: -1 if row.posts is None else row.posts, reverse=True)
        return replace(self, rows=tuple(rows[:count]), definitions=(), notes=())
