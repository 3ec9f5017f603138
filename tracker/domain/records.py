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


@dataclass(frozen=True, slots=True)
class Profiles:
    """The answer to asking for several accounts at once; every target has its profile or its failure."""

    results: Mapping[Target, Profile | Failure]
    spend: Spend
    quota: Quota | None = None
    answers: tuple[Answer, ...] = field(default=())
    warnings: tuple[str, ...] = ()
