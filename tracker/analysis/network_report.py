"""Who points to whom: the nodes, the edges and the flows between roles of a network, and how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tracker.analysis.report import Coverage, CoverageState
from tracker.domain.instants import Instant
from tracker.domain.words import By, Platform, Role


class Tie(IntEnum):
    """How a post points to an account. One that does so in two ways counts for the first of them here."""

    REPOST = 0
    FORWARD = 1
    """A repost on Telegram."""
    QUOTE = 2
    REPLY = 3
    MENTION = 4

    @property
    def plural(self) -> str:
        """`reposts`, `replies`, as columns are called."""
        return "replies" if self is Tie.REPLY else f"{self.name.lower()}s"


@dataclass(frozen=True, slots=True)
class Ties:
    """How many posts point from one end to the other, by the way in which they do."""

    reposts: int = 0
    forwards: int = 0
    quotes: int = 0
    replies: int = 0
    mentions: int = 0

    @property
    def posts(self) -> int:
        """The weight: each post once."""
        return self.reposts + self.forwards + self.quotes + self.replies + self.mentions


@dataclass(frozen=True, slots=True)
class Node:
    """A named subject, or one of its accounts, at an end of at least one edge. Never one at risk."""

    key: str
    """Names the node in files: the subject's key; for an account its platform and numeric id, else its handle."""
    subject: str
    name: str
    name_native: str
    role: Role
    """In the last watchlist row before the end of the time asked for."""
    country: str
    platform: Platform | None
    """None where the node is a subject."""
    handle: str | None
    """The present one; None where the node is a subject."""
    in_degree: int
    """How many others point to it, as `in_posts` among the sources that were asked for."""
    out_degree: int | None
    """How many others it points to; None, as `out_posts`, if its own posts were not asked for or not looked at."""
    in_posts: int
    out_posts: int | None
    pagerank: float
    """From 0 to 1; all nodes together make 1."""
    community: int
    """From 1, the largest community first."""
    coverage: Coverage
    """Of its own posts in the time asked for."""

    @property
    def state(self) -> CoverageState:
        """How far what goes out of it can be trusted."""
        return self.coverage.state


@dataclass(frozen=True, slots=True)
class Edge:
    """From who points to who is pointed to; never from a subject to itself."""

    source: Node
    target: Node
    ties: Ties
    state: CoverageState
    """PARTIAL: the counts are "at least", because the source was not fully covered."""

    @property
    def posts(self) -> int:
        return self.ties.posts


@dataclass(frozen=True, slots=True)
class Flow:
    """All that goes from one role to another, by the roles that both ends had when the posts were made."""

    source: Role
    target: Role
    ties: Ties
    pairs: int
    """How many pairs of nodes the posts connect."""
    state: CoverageState

    @property
    def posts(self) -> int:
        return self.ties.posts


@dataclass(frozen=True, slots=True)
class NetworkReport:
    """The network, most pointed-to nodes first, heaviest edges and flows first."""

    as_of: Instant
    by: By
    """SUBJECT or ACCOUNT: what a node stands for."""
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    flows: tuple[Flow, ...]
    complete: bool
    """False: some source was not fully covered, so what goes into any node is "at least"."""
    definitions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
