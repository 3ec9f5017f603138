"""The answer to a question of influence: rows of figures, none of them mixed into a score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.analysis.report import Coverage, CoverageState
from tracker.domain.instants import Instant
from tracker.domain.words import CounterAge, Platform, Role


@dataclass(frozen=True, slots=True)
class Engagement:
    """What the original posts of a row met with, all counters taken at one age. Figures are None without counters."""

    age: CounterAge
    posts: int
    """Original posts with counters of that age: those that the figures are about."""
    without_counters: int
    """Original posts without: left out of every figure here."""
    median: float | None = None
    """Of a post's engagement: the sum of those of its parts that the platform gives."""
    mean: float | None = None
    likes: float | None = None
    """A median, as the next four: over the posts for which the platform gives the part."""
    reposts: float | None = None
    replies: float | None = None
    quotes: float | None = None
    reactions: float | None = None
    views: float | None = None
    """The median views of a post."""
    views_per_subscriber: float | None = None
    """The median of views ÷ subscribers when the views were counted; Telegram only."""
    counters_age_days: float | None = None
    """The median age of the posts when their counters were taken."""
    top_tenth: float | None = None
    """The share, 0 to 1, of the row's engagement that the top tenth of these posts holds."""
    rank: int | None = None
    """Of the median, among the rows of the platform; the highest is 1, ties share a rank."""
    rank_views: int | None = None
    rank_views_per_subscriber: int | None = None


@dataclass(frozen=True, slots=True)
class InfluenceRow:
    """The figures of one named subject on one platform, or of one cell of people at risk.

    Of people at risk only `accounts`, `posts` and `originals` are given.
    """

    subject: str | None
    """None: people at risk."""
    name: str
    role: Role | None
    country: str | None
    platform: Platform
    accounts: int
    posts: int | None
    """None: no data."""
    originals: int | None
    followers_first: int | None
    """Followers or subscribers at the beginning of the row's time; None unless known for every account."""
    followers_first_day: date | None
    """The day in the row's zone on which they were counted; the earliest, where accounts differ."""
    followers_last: int | None
    followers_last_day: date | None
    """The latest, where accounts differ."""
    followers_per_week: float | None
    """Change for each week between the two counts."""
    at_24h: Engagement | None
    """None: people at risk, or no data."""
    at_7d: Engagement | None
    coverage: Coverage
    at_risk: bool
    zone: str
    """The zone of the row's days."""
    rank_followers: int | None = None
    rank_followers_per_week: int | None = None
    rank_posts: int | None = None
    rank_originals: int | None = None

    @property
    def known(self) -> bool:
        """False: there is no data."""
        return self.posts is not None

    @property
    def complete(self) -> bool:
        """False: the counts are "at least" ones."""
        return self.coverage.state is CoverageState.FULL

    def engagement(self, age: CounterAge) -> Engagement | None:
        """The figures from counters of that age."""
        return self.at_24h if age is CounterAge.DAY else self.at_7d


@dataclass(frozen=True, slots=True)
class TopTenth:
    """How unevenly the engagement of a whole selection is spread over its original posts."""

    age: CounterAge
    platform: Platform | None
    """None: all platforms together."""
    posts: int
    """Original posts with counters of that age."""
    top_posts: int
    """A tenth of them, rounded up."""
    engagement: int
    """Of all of them."""
    share: float | None
    """Of it, what the top posts hold, 0 to 1; None: there is no engagement to share."""


@dataclass(frozen=True, slots=True)
class InfluenceReport:
    """The rows, by median engagement at `age`, and all that is needed to read them rightly."""

    as_of: Instant
    age: CounterAge
    """The age of counters that the table shows and sorts by; the rows hold both."""
    definitions: tuple[tuple[str, str], ...]
    """(column key or word, what it means), in plain sentences."""
    rows: tuple[InfluenceRow, ...]
    top_tenths: tuple[TopTenth, ...] = ()
    """For each age: all platforms together, then each platform that has rows."""
    notes: tuple[str, ...] = ()
