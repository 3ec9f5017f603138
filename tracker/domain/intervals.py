"""Sets of half-open intervals [since, until) of instants: coverage, restrictions and holes are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tracker.domain.instants import Instant

FOREVER: Instant = 253_402_300_800
"""10000-01-01T00:00:00Z: the end of what is still open."""

BEGINNING: Instant = -62_135_596_800
"""0001-01-01T00:00:00Z."""


class Interval(NamedTuple):
    """The instants t with since <= t < until."""

    since: Instant
    until: Instant

    @property
    def length(self) -> int:
        """In seconds."""
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Intervals:
    """A set of instants, held as sorted, disjoint, non-touching intervals. Build it with `Intervals.of`."""

    parts: tuple[Interval, ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[Instant, Instant]]) -> Intervals:
        """The union of the pairs, in any order; empty and backward ones are dropped."""
        merged: list[Interval] = []
        for since, until in sorted(pairs):
            if since >= until:
                continue
            if merged and since <= merged[-1].until:
                if until > merged[-1].until:
                    merged[-1] = Interval(merged[-1].since, until)
            else:
                merged.append(Interval(since, until))
        return cls(tuple(merged))

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __contains__(self, instant: Instant) -> bool:
        return any(since <= instant < until for since, until in self.parts)

    def __or__(self, other: Intervals) -> Intervals:
        return Intervals.of((*self.parts, *other.parts))

    def __and__(self, other: Intervals) -> Intervals:
        common: list[Interval] = []
        i = j = 0
        while i < len(self.parts) and j < len(other.parts):
            a, b = self.parts[i], other.parts[j]
            since, until = max(a.since, b.since), min(a.until, b.until)
            if since < until:
                common.append(Interval(since, until))
            if a.until < b.until:
                i += 1
            else:
                j += 1
        return Intervals(tuple(common))

    def __sub__(self, other: Intervals) -> Intervals:
        return self & other.complement()

    def complement(self) -> Intervals:
        """All other instants between BEGINNING and FOREVER."""
        edge = BEGINNING
        gaps: list[Interval] = []
        for since, until in self.parts:
            if since > edge:
                gaps.append(Interval(edge, since))
            edge = max(edge, until)
        if edge < FOREVER:
            gaps.append(Interval(edge, FOREVER))
        return Intervals(tuple(gaps))

    def covers(self, since: Instant, until: Instant) -> bool:
        """Whether every instant of [since, until) is in the set; an empty span always is."""
        return since >= until or any(a <= since and until <= b for a, b in self.parts)

    @property
    def length(self) -> int:
        """In seconds."""
        return sum(part.length for part in self.parts)

    @property
    def since(self) -> Instant | None:
        return self.parts[0].since if self.parts else None

    @property
    def until(self) -> Instant | None:
        return self.parts[-1].until if self.parts else None


NEVER = Intervals()
ALWAYS = Intervals((Interval(BEGINNING, FOREVER),))


def span(since: Instant, until: Instant) -> Intervals:
    """The set of one interval; empty if it is empty or backward."""
    return Intervals.of([(since, until)])
