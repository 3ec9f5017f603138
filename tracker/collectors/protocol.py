"""What every collector can do. A new platform is one file that does this, one registry line, one contract suite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tracker.domain.intervals import Interval
from tracker.domain.outcomes import Failure
from tracker.domain.records import CountPage, Grain, Job, Page, Profiles, Reread, Ruling, Target, Walk
from tracker.domain.words import Platform


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The platform's names for what the three calls use: a quota is counted for each."""

    resolve: str
    profiles: str
    timeline: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one call can ask for, and use up at most."""

    smallest_page: int = 1
    largest_page: int = 100
    """Posts that a page of a timeline can be asked to bring."""
    posts_each: int = 0
    """Posts charged at most for each one asked for: itself, and those that come along by expansion."""
    requests: int = 1
    """Requests that one call sends at most, where it is requests that are limited."""


class Collector(Protocol):
    """Reads one platform with one credential. Synchronous, used from one thread.

    Failures are returned, never raised; what is raised is a defect.
    """

    @property
    def platform(self) -> Platform: ...

    @property
    def endpoints(self) -> Endpoints: ...

    @property
    def bounds(self) -> Bounds: ...

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


@dataclass(frozen=True, slots=True)
class CountEndpoints:
    """The platform's names for what counts: lately, and over all time."""

    recent: str
    archive: str
    reach: int
    """How many seconds before now the recent one begins."""


@runtime_checkable
class Counter(Protocol):
    """What a collector can do besides, if its platform counts an account's posts without showing them."""

    @property
    def count_endpoints(self) -> CountEndpoints: ...

    def count(
        self, target: Target, asked: Interval, grain: Grain, *, archive: bool = False, cursor: str | None = None
    ) -> CountPage | Failure:
        """One request: how many posts the account made in the time asked for, piece by piece.

        `archive`: of all time, page by page towards the past, as `cursor` says; else of the recent endpoint's reach.
        An account that cannot be shown is counted as 0 by X: only a look at its profile tells.
        """


@dataclass(frozen=True, slots=True)
class Rereading:
    """How known posts are asked for again by their ids."""

    endpoint: str
    batch: int
    """How many ids one call takes."""
    of_several: bool
    """Whether one call may ask for posts of several accounts."""
    requests: int = 1
    """How many requests one call sends at most."""


@runtime_checkable
class Rereader(Protocol):
    """What a collector can do besides, if its platform shows posts by their ids."""

    @property
    def rereading(self) -> Rereading: ...

    def posts(self, target: Target, ids: Sequence[int]) -> Reread | Failure:
        """What became of these posts. `target` is whose they are, that of the first where several may be mixed."""


class Compliance(Protocol):
    """What X is asked in bulk: which of these posts have gone."""

    @property
    def endpoint(self) -> str: ...

    def create(self) -> Job | Failure:
        """A new job, for a list of ids that is still to be uploaded."""

    def job(self, job_id: str) -> Job | Failure:
        """How a job stands."""

    def upload(self, job: Job, ids: Iterable[int]) -> Failure | None:
        """Send the job's ids."""

    def rulings(self, job: Job) -> Sequence[Ruling] | Failure:
        """What a complete job has found."""


@runtime_checkable
class Complying(Protocol):
    """A collector whose platform can be asked in bulk which posts have gone."""

    @property
    def compliance(self) -> Compliance: ...
