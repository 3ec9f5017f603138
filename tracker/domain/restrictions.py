"""When a platform was restricted for a subject, as exactly as it is known.

A restriction's edge is known to the second, the day, the month, the year, or approximately. The time inside that
imprecision belongs neither to the restricted time nor to the free one: it is uncertain, and a post inside it is
never counted as a post on a banned platform.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tracker.domain.instants import Instant, start_of_day
from tracker.domain.intervals import FOREVER, NEVER, Interval, Intervals, span
from tracker.domain.subjects import Listing
from tracker.domain.words import (
    ANY_PLATFORM,
    BANNING_KINDS,
    STATE_ROLES,
    Precision,
    Residence,
    RestrictionKind,
    Role,
    Scope,
)


@dataclass(frozen=True, slots=True)
class Edge:
    """The start or the end of a restriction: the instants [earliest, latest] between which it lies."""

    earliest: Instant
    latest: Instant


OPEN_END = Edge(FOREVER, FOREVER)


def edge_of(day: date, precision: Precision, zone: str, approximate_days: int) -> Edge:
    """The edge that a date of a given precision stands for, in the country's zone.

    A day-precise edge lies somewhere within that local day, a month-precise one within the month, and an
    approximate one within `approximate_days` days before or after the day. `exact` takes the day's first instant.
    """
    match precision:
        case Precision.OPEN:
            return OPEN_END
        case Precision.EXACT:
            first, beyond = day, day
        case Precision.DAY:
            first, beyond = day, day + timedelta(days=1)
        case Precision.MONTH:
            first = day.replace(day=1)
            beyond = (first + timedelta(days=32)).replace(day=1)
        case Precision.YEAR:
            first, beyond = date(day.year, 1, 1), date(day.year + 1, 1, 1)
        case _:
            first = day - timedelta(days=approximate_days)
            beyond = day + timedelta(days=approximate_days + 1)
    return Edge(start_of_day(first, zone), start_of_day(beyond, zone))


@dataclass(frozen=True, slots=True)
class Restriction:
    """A country restricts a platform: how, for whom, from when until when, and who says so."""

    country: str
    platform: str
    """A platform's name, or `*` for all."""
    kind: RestrictionKind
    scope: Scope
    start: Edge
    end: Edge
    note: str = ""
    source: str = ""
    line: int = 0
    starts_as_written: str = ""
    ends_as_written: str = ""

    @property
    def certain(self) -> Intervals:
        """When it was in force without doubt."""
        return span(self.start.latest, self.end.earliest)

    @property
    def possible(self) -> Intervals:
        """When it may have been in force."""
        return span(self.start.earliest, self.end.latest)

    def concerns(self, country: str, platform: str) -> bool:
        """Whether it is about this platform in this country."""
        return self.country == country and self.platform in (platform, ANY_PLATFORM)


class Bound(StrEnum):
    """The three answers to "does it bind this subject?"."""

    YES = "yes"
    NO = "no"
    PERHAPS = "perhaps"


def binds(scope: Scope, role: Role, residence: Residence) -> Bound:
    """Whether a restriction of this scope, in the subject's country, binds the subject.

    Officials and state bodies are judged by the country they serve, wherever they sit. Outlets, journalists and
    activists are judged by where they are: abroad is not bound, unknown is perhaps. What is ordered to state
    bodies binds officials and state bodies only.
    """
    if role in STATE_ROLES:
        return Bound.YES
    if scope is Scope.STATE_BODIES or residence is Residence.ABROAD:
        return Bound.NO
    return Bound.YES if residence is Residence.INSIDE else Bound.PERHAPS


@dataclass(frozen=True, slots=True)
class Exposure:
    """When a platform was restricted for one subject; the three sets of banning and of throttling time."""

    restricted: Intervals = NEVER
    uncertain: Intervals = NEVER
    throttled: Intervals = NEVER
    """Certainly throttled, whether or not it was restricted besides."""


def exposure(
    listing: Listing, restrictions: Iterable[Restriction], kinds: frozenset[RestrictionKind] = BANNING_KINDS
) -> Exposure:
    """When the listing's platform was restricted for its subject by any restriction of these kinds."""
    certain: list[Interval] = []
    possible: list[Interval] = []
    throttled: list[Interval] = []
    for restriction in restrictions:
        if not restriction.concerns(listing.country, listing.platform):
            continue
        bound = binds(restriction.scope, listing.role, listing.residence)
        if bound is Bound.NO:
            continue
        if restriction.kind is RestrictionKind.THROTTLE and bound is Bound.YES:
            throttled.extend(restriction.certain)
        if restriction.kind in kinds:
            possible.extend(restriction.possible)
            if bound is Bound.YES:
                certain.extend(restriction.certain)
    restricted = Intervals.of(certain)
    return Exposure(restricted, Intervals.of(possible) - restricted, Intervals.of(throttled))
