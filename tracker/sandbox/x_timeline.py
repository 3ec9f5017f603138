"""One page of a timeline: which posts X shows between two bounds, and the tokens that lead to the next ones."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.domain.instants import Instant
from tracker.domain.words import PostKind
from tracker.sandbox.x_world import XPost


@dataclass(frozen=True, slots=True)
class TimelineQuery:
    """What is asked for: since_id < id < until_id, start <= time < end, and what is left out."""

    size: int
    since_id: int | None = None
    until_id: int | None = None
    start: Instant | None = None
    end: Instant | None = None
    without_replies: bool = False
    without_reposts: bool = False

    def admits(self, post: XPost) -> bool:
        """Ids take precedence over times, as X says."""
        if self.since_id is not None:
            if post.post_id <= self.since_id:
                return False
        elif self.start is not None and post.created_at < self.start:
            return False
        if self.until_id is not None:
            if post.post_id >= self.until_id:
                return False
        elif self.end is not None and post.created_at >= self.end:
            return False
        if self.without_replies and post.kind is PostKind.REPLY:
            return False
        return not (self.without_reposts and post.kind is PostKind.REPOST)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: older than a post, or newer than it."""

    post_id: int
    newer: bool = False


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Posts newest first, and the places of the pages on both sides."""

    posts: Sequence[XPost]
    following: Place | None
    preceding: Place | None


def page_of(timeline: Sequence[XPost], query: TimelineQuery, place: Place | None, depth: int) -> TimelinePage:
    """Cut a page from a timeline that is given newest first.

    Only its newest `depth` posts are ever shown. Where there is more beneath them, the last page still names a
    following one, and that one is empty.
    """
    shown = [post for post in timeline[:depth] if query.admits(post)]
    if place is None:
        posts = shown[: query.size]
    elif place.newer:
        posts = [post for post in shown if post.post_id > place.post_id][-query.size :]
    else:
        posts = [post for post in shown if post.post_id < place.post_id][: query.size]
    if not posts:
        return TimelinePage((), None, Place(place.post_id - 1, newer=True) if place and not place.newer else None)
    newest, oldest = posts[0].post_id, posts[-1].post_id
    older = shown[-1].post_id < oldest or any(query.admits(post) for post in timeline[depth:])
    return TimelinePage(
        posts,
        Place(oldest) if older else None,
        Place(newest, newer=True) if shown[0].post_id > newest else None,
    )


class Tokens:
    """Pagination tokens: opaque to the client, good for one account, and void once `expire` is called.

    They hold all that they mean, so that a server which is started again still understands them.
    """

    _LAYOUT = struct.Struct(">QQ?H")
    _PADDED = 40

    def __init__(self) -> None:
        self._generation = 0

    def expire(self) -> None:
        """Make all tokens given out so far invalid."""
        self._generation += 1

    def write(self, account_id: int, place: Place) -> str:
        body = self._LAYOUT.pack(account_id, place.post_id, place.newer, self._generation)
        sealed = body + struct.pack(">I", binascii.crc32(body))
        return base64.b32hexencode(sealed).decode().rstrip("=").lower()

    def read(self, account_id: int, token: str) -> Place | None:
        """The place that the token stands for; None if it is not valid, or no longer."""
        try:
            sealed = base64.b32hexdecode(token.upper().ljust(self._PADDED, "="))
        except (binascii.Error, ValueError):
            return None
        body, seal = sealed[:-4], sealed[-4:]
        if len(body) != self._LAYOUT.size or seal != struct.pack(">I", binascii.crc32(body)):
            return None
        owner, post_id, newer, generation = self._LAYOUT.unpack(body)
        return Place(post_id, newer) if (owner, generation) == (account_id, self._generation) else None
