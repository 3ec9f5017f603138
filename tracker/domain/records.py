"""What collectors bring home: plain frozen records, the same from every platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from tracker.domain.instants import Instant
from tracker.domain.outcomes import Failure
from tracker.domain.words import PostKind


class Metrics(NamedTuple):
    """A post's counters at one moment; None where the platform does not say."""

    likes: int | None = None
    reposts: int | None = None
    """Reposts on X, forwards on Telegram."""
    replies: int | None = None
    quotes: int | None = None
    bookmarks: int | None = None
    views: int | None = None
    reactions: int | None = None
    precision: int | None = None
    """Each counter is less than this away from the true one, where the source rounds; None: all are exact."""


class Post(NamedTuple):
    """One public item. A named tuple and not a dataclass: hundreds of thousands are made in a run."""

    post_id: int
    """The first id of an edit chain, the lowest of an album: what stays the same."""
    version_id: int
    """The id under which it stands now; equal to post_id unless edited on X."""
    posted_at: Instant
    kind: PostKind
    text: str | None = None
    lang: str | None = None
    ref_post_id: int | None = None
    """The post that this one reposts, quotes, replies to or forwards."""
    ref_author_id: int | None = None
    """The numeric id of that post's account."""
    edited_at: Instant | None = None
    withheld_in: str | None = None
    """Countries in which the platform itself hides it, as `IR,RU`."""
    metrics: Metrics = Metrics()


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile snapshot: who the account is, and its counters, at one moment."""

    platform_id: int
    handle: str
    taken_at: Instant
    name: str | None = None
    followers: int | None = None
    """Followers on X, subscribers on Telegram."""
    following: int | None = None
    posts: int | None = None
    """How many posts the platform says there are."""
    created_at: Instant | None = None
    access_key: int | None = None
    """Telegram's access hash, which saves looking the name up again."""
    precision: int | None = None
    """`followers` is less than this away from the true number, where the source rounds; None: exact."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """An item that did not fit what we expect: kept out, with its reason; the page goes on."""

    post_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Spend:
    """What a request used up, in the units that platforms charge and limit."""

    requests: int = 0
    posts: int = 0
    users: int = 0

    def __add__(self, other: Spend) -> Spend:
        return Spend(self.requests + other.requests, self.posts + other.posts, self.users + other.users)

    def __sub__(self, other: Spend) -> Spend:
        return Spend(self.requests - other.requests, self.posts - other.posts, self.users - other.users)

    def __mul__(self, times: int) -> Spend:
        return Spend(self.requests * times, self.posts * times, self.users * times)


@dataclass(frozen=True, slots=True)
class Cost:
    """What was used up, and its price in millionths of a US dollar."""

    spend: Spend = Spend()
    micros: int = 0
    by_request: int = 0
    """How many of the requests were charged for as such, whatever they brought."""

    @property
    def reads(self) -> int:
        """What a limit in reads is about: posts and users, and requests that are charged for as such."""
        return self.spend.posts + self.spend.users + self.by_request

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.spend + other.spend, self.micros + other.micros, self.by_request + other.by_request)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.spend - other.spend, self.micros - other.micros, self.by_request - other.by_request)


@dataclass(frozen=True, slots=True)
class Resources:
    """The ids of the posts and users that an answer contained, however they came along: what X charges for.

    One whose id cannot be read is in the answer's `Spend` only. Empty where reading is not charged.
    """

    posts: frozenset[int] = frozenset()
    users: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Quota:
    """What the platform said of an endpoint's limit in its last answer."""

    endpoint: str
    limit: int | None
    remaining: int
    reset_at: Instant


@dataclass(frozen=True, slots=True)
class Answer:
    """A raw answer as it came, to be kept beside what was parsed from it."""

    request: str
    """Method and path with its parameters; never a credential."""
    body: bytes


class End(StrEnum):
    """Why a walk through a timeline has no further page."""

    KNOWN_GROUND = "known_ground"
    """It met what was known before: nothing between is missing."""
    BEGINNING = "beginning"
    """It met the beginning of the account."""
    DEPTH_LIMIT = "depth_limit"
    """The platform shows nothing older, though there may be more."""


@dataclass(frozen=True, slots=True)
class Target:
    """The account to visit, as the collector needs it."""

    handle: str
    platform_id: int | None = None
    access_key: int | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk through a timeline, newest first, begins and ends.

    An ordinary walk goes down to `mark`, and is resumed with `cursor`. A walk for an at-risk account is bounded
    by time instead, [after, before), so that no post id has to be kept.
    """

    mark: str | None = None
    """The newest known ground, as an earlier page named it; None: to the beginning of the account."""
    cursor: str | None = None
    """Where an interrupted walk goes on, as its last page named it; opaque to all but its collector."""
    after: Instant | None = None
    before: Instant | None = None
    newer: int = 0
    """How many posts are known to be newer than where the walk goes on: platforms count their depth from the top."""
    limit: int | None = None
    """The most posts that the next page may bring, where reading is charged; None: as many as the platform gives."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a timeline: posts newest first, and where to go on.

    Exactly one of `cursor` and `end` is set. `floor` is the time of the oldest item the page looked at, items
    that are no posts included; None on an empty page.
    """

    asked_at: Instant
    posts: tuple[Post, ...]
    floor: Instant | None
    cursor: str | None
    end: End | None
    mark: str | None
    """The newest ground this page knows of; on the first page of a walk it is the next walk's mark."""
    spend: Spend
    set_aside: tuple[SetAside, ...] = ()
    quota: Quota | None = None
    answer: Answer | None = None
    warnings: tuple[str, ...] = ()
    resources: Resources = Resources()
    source: str | None = None
    """Over what it was read, where the platform can be read in several ways."""


class Grain(StrEnum):
    """How long the pieces are into which a platform divides what it counts. They begin at full ones of UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class Count(NamedTuple):
    """How many posts the platform counted from `since` until just before `until`; on X without reposts."""

    since: Instant
    until: Instant
    posts: int


@dataclass(frozen=True, slots=True)
class CountPage:
    """One answer of a platform that counts: its pieces, oldest first, and where to go on towards the past."""

    asked_at: Instant
    counts: tuple[Count, ...]
    cursor: str | None
    """None: this was the last page."""
    spend: Spend
    quota: Quota | None = None

    @property
    def posts(self) -> int:
        return sum(count.posts for count in self.counts)


@dataclass(frozen=True, slots=True)
class Reread:
    """The answer to asking for known posts by their present ids. An id in none of the four was not understood."""

    asked_at: Instant
    posts: Mapping[int, Post]
    """What the posts are now, by the id asked for."""
    spend: Spend
    missing: frozenset[int] = frozenset()
    """The platform says that these are not there: deleted, or their whole account is hidden."""
    hidden: frozenset[int] = frozenset()
    """There, but not shown to us: the account is protected, or the platform withholds them."""
    newer: Mapping[int, int] = field(default_factory=dict)
    """Ids that an edit has replaced, with those that took their place."""
    quota: Quota | None = None
    resources: Resources = Resources()


@dataclass(frozen=True, slots=True)
class Profiles:
    """The answer to asking for several accounts at once; every target has its profile or its failure."""

    results: Mapping[Target, Profile | Failure]
    spend: Spend
    quota: Quota | None = None
    answers: tuple[Answer, ...] = field(default=())
    warnings: tuple[str, ...] = ()
    resources: Resources = Resources()


class JobStatus(StrEnum):
    """How a compliance job stands."""

    CREATED = "created"
    """Its ids are still to come."""
    UNDER_WAY = "in_progress"
    COMPLETE = "complete"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Job:
    """A list of ids that X is asked to check, and where it goes and comes from."""

    job_id: str
    status: JobStatus
    upload_url: str
    download_url: str
    expires_at: Instant | None


class Ruling(NamedTuple):
    """What X says of a post that is no longer to be shown; of one that is fine it says nothing."""

    post_id: int
    action: str
    reason: str
    """`deleted`, or what became of its account: `suspended`, `deactivated`, `protected`."""
