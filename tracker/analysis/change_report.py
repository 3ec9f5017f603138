"""The answer to "what changed after this event?": rows of figures, and all that is needed to read them rightly."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tracker.analysis.question import Selection
from tracker.analysis.report import Coverage
from tracker.domain.events import Event
from tracker.domain.instants import Instant
from tracker.domain.subjects import Listing
from tracker.domain.words import By, Platform, PostKind, Role

FALSE_DISCOVERY_RATE = 0.05
"""A row is said to have changed if its q-value is at most this."""
LEAST_WEEKS = 4
"""With fewer weeks on each side no interval is said: with 2 it held the truth in 3 of 4 cases only."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The named accounts that the rows are compared with: those that have this value. One field is given."""

    country: str | None = None
    role: Role | None = None
    platform: Platform | None = None

    def holds(self, listing: Listing) -> bool:
        """Whether the listing belongs to the comparison group."""
        return (
            self.country in (None, listing.country)
            and self.role in (None, listing.role)
            and self.platform in (None, listing.platform)
        )

    def __str__(self) -> str:
        given = (("country", self.country), ("role", self.role), ("platform", self.platform))
        return " ".join(f"{key}={value}" for key, value in given if value is not None)


@dataclass(frozen=True, slots=True)
class ChangeQuestion(Selection):
    """Which accounts, and how they are looked at. `since` and `until` play no part: the event says when."""

    weeks: int = 4
    """Whole weeks on each side of the event."""
    by: By = By.ACCOUNT
    kind: PostKind | None = None
    """Only posts of this kind; None: all."""
    comparison: Comparison | None = None


class Finding(StrEnum):
    """What a row says, in the only words that a report may use for it."""

    MORE = "changed after: more"
    FEWER = "changed after: fewer"
    UNSHOWN = "no change shown"
    """Not: no change."""
    NO_FIGURE = "no figure"
    COMPARISON = "comparison"


@dataclass(frozen=True, slots=True)
class Ratio:
    """Posts after for each post before, or one such ratio for each of another."""

    value: float
    low: float | None
    """The interval's lower end; None: no interval can be said."""
    high: float | None
    """Its upper end; `math.inf`: there is no upper bound; None: no interval can be said."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """An account or a group before and after the event. All figures are None where the windows are not covered."""

    name: str
    """Of the subject; what the group has in common; `6 journalists at risk`; or `country=RU` for the comparison."""
    subject: str | None
    handle: str | None
    role: Role | None
    country: str | None
    platform: Platform | None
    accounts: int
    """Accounts that the figures count; 0: no figures."""
    left_out: int
    """Accounts that belong here and are not counted, because their windows are not fully covered."""
    at_risk: bool
    concerned: bool | None
    """Whether the event is about this platform in this country; None: true of some accounts only."""
    weeks_before: tuple[int, ...]
    """Posts in each whole week, oldest first; empty: no figures."""
    weeks_after: tuple[int, ...]
    ratio: Ratio | None
    """None, too, where there is no post before."""
    p: float | None
    q: float | None
    against: Ratio | None
    """The row's ratio divided by the comparison group's."""
    against_p: float | None
    against_q: float | None
    finding: Finding
    remark: str
    """What else must be said: why a figure is missing."""
    missing_days: float | None
    """Days of the windows without coverage, rounded up to a tenth, the sum over the accounts left out; 0: none."""
    coverage: Coverage
    """Of the windows."""
    zone: str
    """In which the weeks were cut; of one of them where a group has several."""

    @property
    def known(self) -> bool:
        """False: no figures."""
        return bool(self.weeks_before)

    @property
    def before(self) -> int | None:
        """Posts before."""
        return sum(self.weeks_before) if self.known else None

    @property
    def after(self) -> int | None:
        """Posts after."""
        return sum(self.weeks_after) if self.known else None

    @property
    def per_week_before(self) -> float | None:
        return sum(self.weeks_before) / len(self.weeks_before) if self.known else None

    @property
    def per_week_after(self) -> float | None:
        return sum(self.weeks_after) / len(self.weeks_after) if self.known else None


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """The rows: the comparison group, named ones by p, groups at risk, and those without figures."""

    as_of: Instant
    event: Event
    question: ChangeQuestion
    rows: tuple[ChangeRow, ...]
    definitions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event of the list, and of how many chosen named accounts the windows around it are fully covered."""

    event: Event
    covered: int
    accounts: int
    ends: Instant
    """When the last window after it ends; later than `as_of`: it cannot be asked yet."""


@dataclass(frozen=True, slots=True)
class KnownEvents:
    """The events that can be asked about, oldest first."""

    as_of: Instant
    question: ChangeQuestion
    events: tuple[KnownEvent, ...]
    definitions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
