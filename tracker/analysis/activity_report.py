"""Posts over time: a row for every day, week, month or year of the time asked for, with the coverage beneath it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from tracker.analysis.report import Coverage
from tracker.domain.instants import Instant
from tracker.domain.words import By, Every, Platform, Role


@dataclass(frozen=True, slots=True)
class ActivityGroup:
    """Whose posts one line of the series counts."""

    label: str
    """What names the line: a subject's name, a handle, a role, a country, a platform, `all`, or, for people at risk,
    `6 journalists at risk`."""
    at_risk: bool = False
    subject: str | None = None
    name_native: str | None = None
    handle: str | None = None
    role: Role | None = None
    country: str | None = None
    platform: Platform | None = None
    """Given where all accounts of the group have it."""


@dataclass(frozen=True, slots=True)
class ActivityPoint:
    """A group in one period. All counts are None where there is no data, never 0."""

    group: ActivityGroup
    first: date
    """The period's first local day."""
    beyond: date
    """The first local day after it."""
    label: str
    label_native: str
    """Empty but for Solar Hijri months."""
    whole: bool
    """False: the time asked for cuts the period, and the figures are those of the part inside."""
    posts: int | None
    originals: int | None
    replies: int | None
    reposts: int | None
    quotes: int | None
    posts_restricted: int | None
    posts_uncertain: int | None
    accounts: int | None
    """How many of the group's accounts existed in the period and were looked at in some of it; None: people at risk,
    of whom a change of it could point to one."""
    coverage: Coverage
    counted: int | None = None
    """The part of `posts` that the platform counted, without reposts; None: nothing was counted."""


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """The points, group by group, each group's in order of time without a gap."""

    as_of: Instant
    every: Every
    solar_hijri: bool
    """Whether months are those of the Solar Hijri calendar."""
    by: By | None
    """None: all named accounts together."""
    points: tuple[ActivityPoint, ...]
    definitions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    def series(self) -> Iterator[tuple[ActivityGroup, tuple[ActivityPoint, ...]]]:
        """Each group with its points."""
        for group, points in groupby(self.points, key=lambda point: point.group):
            yield group, tuple(points)
