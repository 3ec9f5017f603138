"""What happened outside the platforms: an order, an arrest, an election. A figure is read beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tracker.domain.restrictions import Edge
from tracker.domain.words import ANY_PLATFORM, Precision


class EventKind(StrEnum):
    BLOCK = "block"
    THROTTLE = "throttle"
    SHUTDOWN = "shutdown"
    ORDER = "order"
    LIFTED = "lifted"
    """A restriction ends, or its end is decided."""
    ELECTION = "election"
    PROTEST = "protest"
    ARREST = "arrest"
    CONFLICT = "conflict"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """Something dated outside the platforms, with its source."""

    id: str
    when: Edge
    """The instants between which it lies, as exactly as its date is known."""
    date_as_written: str
    precision: Precision
    country: str
    platforms: frozenset[str]
    """The platforms that it is about; `*` for all."""
    kind: EventKind
    title: str
    title_native: str
    source: str
    line: int = 0

    def concerns(self, country: str, platform: str) -> bool:
        """Whether it is about this platform in this country."""
        return self.country == country and not self.platforms.isdisjoint({platform, ANY_PLATFORM})
