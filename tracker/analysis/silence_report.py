"""The answer to the question who has fallen silent: verdicts, each with the numbers that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tracker.domain.instants import DAY, Instant
from tracker.domain.intervals import NEVER, Intervals
from tracker.domain.subjects import Listing
from tracker.domain.words import Platform, Role

YEAR = 365.25 * DAY
"""Seconds of an account-year."""


class Track(StrEnum):
    """What an account says itself, and what it passes on: silence is judged in each apart."""

    OWN = "own"
    """Originals, replies and quotes."""
    REPOSTS = "reposts"


class Verdict(StrEnum):
    """The closed set of what is said of an account's track."""

    ALARM = "alarm"
    WITHIN_HABIT = "quiet within habit"
    NOT_ENOUGH_HISTORY = "not enough history"
    NOT_COVERED = "not covered"
    NEVER_POSTED = "never seen to post"
    GONE = "account gone"
    SUSPENDED = "suspended"
    PROTECTED = "protected"
    NOT_PUBLIC = "not public"
    REASSIGNED = "handle reassigned"
    PREVIEW_UNAVAILABLE = "preview unavailable"

    @property
    def judged(self) -> bool:
        """Whether the rule could be applied: only then can the account raise an alarm."""
        return self in (Verdict.ALARM, Verdict.WITHIN_HABIT)

    @property
    def is_state(self) -> bool:
        """Whether it is a state of the account, which is not silence."""
        return self in STATES


STATES = (
    Verdict.GONE,
    Verdict.SUSPENDED,
    Verdict.PROTECTED,
    Verdict.NOT_PUBLIC,
    Verdict.REASSIGNED,
    Verdict.PREVIEW_UNAVAILABLE,
)


@dataclass(frozen=True, slots=True)
class BackTest:
    """What the rule would have said in an account's past: each of its alarms was false, for it posted again."""

    false_alarms: int = 0
    seconds: int = 0
    """The covered time between posts over which the rule was replayed."""
    doublings: float = 0.0
    """How often the known past doubled meanwhile, in gaps: from what was known at the start to what is known now."""

    @property
    def years(self) -> float:
        return self.seconds / YEAR

    @property
    def per_year(self) -> float | None:
        """False alarms an account-year; None where nothing could be replayed."""
        return self.false_alarms / self.years if self.seconds else None

    def __add__(self, other: BackTest) -> BackTest:
        return BackTest(
            self.false_alarms + other.false_alarms, self.seconds + other.seconds, self.doublings + other.doublings
        )


NO_BACKTEST = BackTest()
"""Nothing could be replayed."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One track of one named account, at one moment. Lengths of time are in seconds; None: not known."""

    listing: Listing
    """The row of the watchlist that holds at the moment."""
    handle: str
    """The account's present name."""
    zone: str
    track: Track
    verdict: Verdict
    posts: int
    """Known posts of the track."""
    last_post: Instant | None
    covered_until: Instant | None
    """The end of the coverage: the present silence is counted up to here."""
    silence: int | None
    """From the last post to `covered_until`; None unless all of it is covered."""
    longest_gap: int | None
    """The longest covered time between two consecutive posts of the track."""
    limit: int | None
    """The silence beyond which there is an alarm; None where there is not enough history."""
    covered: int
    """Covered time between the first and the last post of the track: its history."""
    active_days: int
    """Local days of the history with a post of the track."""
    since: Instant | None
    """When the alarm began, or when the state was first seen; None for other verdicts."""
    uncovered: Intervals = NEVER
    """The time since the last post that was not looked at, where that is what forbids a judgement."""
    backtest: BackTest = NO_BACKTEST
    counted: int | None = None
    """Those of `posts` that the platform counted, and that were not read; None where nothing was counted."""

    @property
    def silence_days(self) -> float | None:
        return None if self.silence is None else self.silence / DAY

    @property
    def longest_gap_days(self) -> float | None:
        return None if self.longest_gap is None else self.longest_gap / DAY

    @property
    def limit_days(self) -> float | None:
        return None if self.limit is None else self.limit / DAY


@dataclass(frozen=True, slots=True)
class StateSeen:
    """Something about a named account that is not silence, and when it was first seen."""

    listing: Listing
    handle: str
    zone: str
    state: str
    """The word of a Verdict, or `renamed`."""
    first_seen: Instant | None
    detail: str = ""
    """Of a renamed account: `old -> new`."""


@dataclass(frozen=True, slots=True)
class GroupSilence:
    """How many at-risk subjects of one role in one country on one platform have fallen silent."""

    role: Role
    country: str
    platform: Platform
    track: Track
    subjects: int
    silent: int | None
    """None: fewer than the smallest group, which may be none."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The false alarms of one track to expect over the whole list, from the back-tests of all its accounts."""

    track: Track
    judged: int
    """Accounts to which the rule could be applied now."""
    pooled: BackTest
    """The back-tests of these accounts together."""
    per_account_year: float | None = None
    """False alarms an account-year, on the average of the past; None where no past could be replayed."""
    per_year: float | None = None
    """False alarms to expect in the next year over all judged accounts."""
    low: float | None = None
    """The exact Poisson 95 % interval of `per_year`."""
    high: float | None = None

    @property
    def per_month(self) -> float | None:
        return None if self.per_year is None else self.per_year / 12


@dataclass(frozen=True, slots=True)
class SilenceReport:
    """All verdicts, alarms first, and what is needed to read them rightly."""

    as_of: Instant
    judgements: tuple[Judgement, ...]
    """One a track and named account: alarms first, the longest beyond its limit at the top."""
    states: tuple[StateSeen, ...]
    groups: tuple[GroupSilence, ...]
    """People at risk; apart from the named."""
    expected: tuple[Expectation, ...]
    """One a track."""
    smallest_group: int
    """Fewer people at risk than these are not spoken of."""
    definitions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    @property
    def alarms(self) -> tuple[Judgement, ...]:
        return tuple(judgement for judgement in self.judgements if judgement.verdict is Verdict.ALARM)
