"""What every collector can do. A new platform is one file that does this, one registry line, one contract suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tracker.domain.outcomes import Failure
from tracker.domain.records import Page, Profiles, Target, Walk
from tracker.domain.words import Platform


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The platform's names for what the three calls use: a quota is counted for each."""

    resolve: str
    profiles: str
    timeline: str


class Collector(Protocol):
    """Reads one platform with one credential. Synchronous, used from one thread.

    Failures are returned, never raised; what is raised is a defect.
    """

    @property
    def platform(self) -> Platform: ...

    @property
    def endpoints(self) -> Endpoints: ...

    @property
    def batch(self) -> int:
        """How many targets `resolve` and `profiles` take at once."""

    def knows(self, target: Target) -> bool:
        """Whether the target can be asked for as it is; if not, it has to be resolved first."""

    def resolve(self, targets: Sequence[Target]) -> Profiles | Failure:
        """Look handles up, once in the life of an account: who has this name now?"""

    def profiles(self, targets: Sequence[Target]) -> Profiles | Failure:
        """Profile snapshots of accounts known by their numeric id."""

    def fetch(self, target: Target, walk: Walk) -> Page | Failure:
        """One page of the target's timeline, newest first: the walk's first, or the one its cursor names."""

    def close(self) -> None:
        """Let go of connections. A closed collector is not used again."""
