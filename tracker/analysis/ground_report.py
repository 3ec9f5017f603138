"""The answer to "on what ground do the figures stand": what was looked at, how, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.analysis.counting import Times
from tracker.domain.instants import Instant
from tracker.domain.intervals import NEVER, Intervals
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Platform, Role


class Ground(StrEnum):
    """How an instant of an account's timeline is known. Each instant is one of them."""

    LIVE = "live"
    BACKFILLED = "backfilled"
    IMPORTED = "imported"
    """Of it a file that was imported holds everything."""
    COUNTED = "counted"
    """Counted by the platform, without reposts; no post was read."""
    TRUNCATED = "truncated"
    """In a hole that the platform does not let us fill."""
    UNPROVEN = "unproven"
    """In a hole that a later visit fills."""
    UNOBSERVED = "unobserved"


LOOKED_AT = (Ground.LIVE, Ground.BACKFILLED, Ground.IMPORTED, Ground.COUNTED)
"""The grounds on which figures stand; they come first."""
MISSING = tuple(ground for ground in Ground if ground not in LOOKED_AT)


@dataclass(frozen=True, slots=True)
class StoredHole:
    """A part of a timeline that no walk has reached."""

    since: Instant | None
    """None: it reaches down to the beginning of the account."""
    until: Instant
    unreachable: bool


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the ledger holds of one account."""

    live: Intervals = NEVER
    backfilled: Intervals = NEVER
    holes: tuple[StoredHole, ...] = ()
    counted: Intervals = NEVER
    imported: Intervals = NEVER


@dataclass(frozen=True, slots=True)
class Parts:
    """How much time is of each ground; together they are the time asked for."""

    seconds: tuple[int, ...]
    """In the order of `Ground`."""

    @property
    def asked(self) -> int:
        """Seconds."""
        return sum(self.seconds)

    def of(self, ground: Ground) -> int:
        """The seconds of this ground."""
        return self.seconds[tuple(Ground).index(ground)]

    def share(self, ground: Ground) -> float | None:
        """From 0 to 1; None where no time was asked for."""
        return self.of(ground) / self.asked if self.asked else None

    @property
    def missing(self) -> int:
        """Seconds that were not looked at."""
        return sum(map(self.of, MISSING))

    @property
    def covered(self) -> float | None:
        """The share that was looked at, in any way."""
        return sum(map(self.of, LOOKED_AT)) / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of the time asked for without coverage."""

    since: Instant | None
    """None: it reaches down to the unknown beginning of the account, and nobody can say how long it is."""
    until: Instant

    @property
    def seconds(self) -> int | None:
        return None if self.since is None else self.until - self.since


@dataclass(frozen=True, slots=True)
class GroundWeek:
    """A local ISO week of a row; cut where the account began or the time asked for ends."""

    monday: date
    parts: Parts


@dataclass(frozen=True, slots=True)
class GroundRow:
    """One account, or a group of people at risk."""

    subject: str | None
    name: str
    role: Role
    country: str
    platform: Platform
    handle: str | None
    at_risk: bool
    accounts: int
    zone: str
    parts: Parts
    longest_hole: Gap | None
    """None: there is none, or the row is about people at risk."""
    last_look: Instant | None
    """None: never, or the row is about people at risk."""
    cause: OutcomeKind | None
    """Why the collector does not go on where time is missing; None: it does, or the row is about people at risk."""
    mondays: tuple[date, ...]
    """All weeks of the time asked for, in order of time."""
    by_week: Times
    """Shape (len(Ground), weeks): seconds, in the order of `Ground`."""

    def weeks(self) -> Iterator[GroundWeek]:
        """The weeks one by one."""
        for monday, seconds in zip(self.mondays, self.by_week.T.tolist(), strict=True):
            yield GroundWeek(monday, Parts(tuple(seconds)))

    def strip(self, weeks: int) -> tuple[Ground | None, ...]:
        """The ground of each of the last weeks; None: the account did not exist, or was not asked about.

        A week that was looked at throughout is what most of it is; one with a gap is what most of the gap is.
        """
        return tuple(_ground_of(seconds) for seconds in self.by_week.T[-weeks:].tolist())


@dataclass(frozen=True, slots=True)
class GroundReport:
    """The accounts, worst covered first; those of people at risk last."""

    as_of: Instant
    rows: tuple[GroundRow, ...]
    definitions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def _ground_of(seconds: list[int]) -> Ground | None:
    looked_at, missing = seconds[: len(LOOKED_AT)], seconds[len(LOOKED_AT) :]
    if any(missing):
        return MISSING[missing.index(max(missing))]
    return LOOKED_AT[looked_at.index(max(looked_at))] if any(looked_at) else None
