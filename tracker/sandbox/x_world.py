"""What there is on the sandbox's X: accounts and their posts, in memory, changeable while it is being served."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, replace
from enum import StrEnum

from tracker.domain.instants import Instant
from tracker.domain.records import Metrics
from tracker.domain.words import PostKind

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
"""Milliseconds since 1970 at which X's ids begin to carry the time: 2010-11-04T01:42:54.657Z."""

SNOWFLAKE_SHIFT = 22
"""The low bits of an id tell apart what was made within one millisecond."""


def snowflake(milliseconds: int, sequence: int = 0) -> int:
    """The id of the sequence-th post made at so many milliseconds since 1970."""
    return (milliseconds - SNOWFLAKE_EPOCH_MS << SNOWFLAKE_SHIFT) + sequence


def snowflake_ms(post_id: int) -> int:
    """When the post of this id was made, in milliseconds since 1970."""
    return (post_id >> SNOWFLAKE_SHIFT) + SNOWFLAKE_EPOCH_MS


NO_METRICS = Metrics()


class XState(StrEnum):
    """What X lets others see of an account."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    GONE = "gone"
    PROTECTED = "protected"


@dataclass(frozen=True, slots=True)
class XAccount:
    account_id: int
    username: str
    name: str
    created_at: Instant
    followers: int = 0
    following: int = 0
    description: str = ""
    state: XState = XState.ACTIVE


@dataclass(frozen=True, slots=True)
class XPost:
    """One post, in one version. `text` is whole, however long: cutting it is the server's part."""

    post_id: int
    author_id: int
    created_at: Instant
    text: str
    kind: PostKind = PostKind.ORIGINAL
    lang: str | None = None
    ref_post_id: int | None = None
    """The post that this one replies to, reposts or quotes."""
    ref_author_id: int | None = None
    metrics: Metrics = NO_METRICS
    """Counters; None is served as 0."""
    edit_chain: tuple[int, ...] = ()
    """The ids of all versions so far, oldest first; empty for a post that was never edited."""
    withheld_in: tuple[str, ...] = ()
    """ISO 3166-1 codes of the countries in which X hides it."""

    def __post_init__(self) -> None:
        if (self.ref_post_id is None) != (self.kind is PostKind.ORIGINAL):
            raise ValueError("a reply, repost or quote refers to a post, an original to none")


class XWorld:
    """Accounts and posts. Every method may be called from any thread; what is returned never changes.

    A wrong id, or one that is taken, raises KeyError or ValueError: the sandbox's user is a programmer.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._accounts: dict[int, XAccount] = {}
        self._id_of_name: dict[str, int] = {}
        self._posts: dict[int, XPost] = {}
        self._timelines: dict[int, list[int]] = {}
        self._deleted: dict[int, list[XPost]] = {}

    # What is there

    def account(self, account_id: int) -> XAccount | None:
        with self._lock:
            return self._accounts.get(account_id)

    def account_named(self, username: str) -> XAccount | None:
        """Who has this name now; upper and lower case are the same."""
        with self._lock:
            account_id = self._id_of_name.get(username.casefold())
            return None if account_id is None else self._accounts[account_id]

    def accounts(self) -> list[XAccount]:
        """All accounts, in the order in which they were added."""
        with self._lock:
            return list(self._accounts.values())

    def post_of(self, post_id: int) -> XPost | None:
        """The post of this id; a version that an edit has replaced is still found."""
        with self._lock:
            return self._posts.get(post_id)

    def timeline(self, account_id: int) -> list[XPost]:
        """The account's posts, newest first, each in its latest version."""
        with self._lock:
            return [self._posts[post_id] for post_id in reversed(self._timelines[account_id])]

    def newest(self, account_id: int) -> int | None:
        """The id of the account's newest post."""
        with self._lock:
            ids = self._timelines[account_id]
            return ids[-1] if ids else None

    def count(self, account_id: int) -> int:
        """How many posts the account has."""
        with self._lock:
            return len(self._timelines[account_id])

    # What happens there

    def add_account(self, account: XAccount) -> XAccount:
        with self._lock:
            if account.account_id in self._accounts:
                raise ValueError(f"there is an account {account.account_id} already")
            self._claim(account.username, account.account_id)
            self._accounts[account.account_id] = account
            self._timelines[account.account_id] = []
            return account

    def rename(self, account_id: int, username: str) -> None:
        """Give the account another name; the old one becomes free."""
        with self._lock:
            account = self._accounts[account_id]
            self._claim(username, account_id)
            if username.casefold() != account.username.casefold():
                self._id_of_name.pop(account.username.casefold(), None)
            self._accounts[account_id] = replace(account, username=username)

    def set_state(self, account_id: int, state: XState) -> None:
        """Suspend, delete, protect or restore the account. One that is gone leaves its name free."""
        with self._lock:
            account = self._accounts[account_id]
            if state is XState.GONE:
                if self._id_of_name.get(account.username.casefold()) == account_id:
                    del self._id_of_name[account.username.casefold()]
            else:
                self._claim(account.username, account_id)
            self._accounts[account_id] = replace(account, state=state)

    def set_followers(self, account_id: int, followers: int) -> None:
        with self._lock:
            self._accounts[account_id] = replace(self._accounts[account_id], followers=followers)

    def add_post(self, post: XPost) -> XPost:
        with self._lock:
            if post.post_id in self._posts:
                raise ValueError(f"there is a post {post.post_id} already")
            timeline = self._timelines[post.author_id]
            self._posts[post.post_id] = post
            insort(timeline, post.post_id)
            return post

    def publish(
        self,
        author_id: int,
        at: Instant,
        text: str = "",
        kind: PostKind = PostKind.ORIGINAL,
        *,
        lang: str | None = None,
        ref_post_id: int | None = None,
        ref_author_id: int | None = None,
        metrics: Metrics = NO_METRICS,
        withheld_in: tuple[str, ...] = (),
    ) -> XPost:
        """Add a post made at that instant, under a fresh id that carries the time."""
        with self._lock:
            return self.add_post(
                XPost(
                    self._fresh_id(at),
                    author_id,
                    at,
                    text,
                    kind,
                    lang,
                    ref_post_id,
                    ref_author_id,
                    metrics,
                    withheld_in=withheld_in,
                )
            )

    def edit(self, post_id: int, text: str, at: Instant) -> XPost:
        """Replace the post by a new version with an id of its own, as X does; the new version is returned."""
        with self._lock:
            old = self._posts[post_id]
            new_id = self._fresh_id(at)
            chain = (*(old.edit_chain or (old.post_id,)), new_id)
            new = self.add_post(replace(old, post_id=new_id, created_at=at, text=text, edit_chain=chain))
            self._unlist(old)
            for version in chain[:-1]:
                self._posts[version] = replace(self._posts[version], edit_chain=chain)
            return new

    def delete(self, post_id: int) -> None:
        """Delete the post, with all its versions."""
        with self._lock:
            post = self._posts[post_id]
            versions = [self._posts.pop(version) for version in post.edit_chain or (post_id,)]
            for version in versions:
                self._unlist(version)
                self._deleted[version.post_id] = versions

    def undelete(self, post_id: int) -> None:
        """Let a deleted post, with all its versions, be there again."""
        with self._lock:
            versions = self._deleted[post_id]
            for version in versions:
                del self._deleted[version.post_id]
                self._posts[version.post_id] = version
            insort(self._timelines[versions[-1].author_id], versions[-1].post_id)

    def was_deleted(self, post_id: int) -> bool:
        """Whether a post of this id was there once."""
        with self._lock:
            return post_id in self._deleted

    def set_metrics(self, post_id: int, metrics: Metrics) -> None:
        with self._lock:
            self._posts[post_id] = replace(self._posts[post_id], metrics=metrics)

    def _claim(self, username: str, account_id: int) -> None:
        if self._id_of_name.setdefault(username.casefold(), account_id) != account_id:
            raise ValueError(f"the name {username!r} is taken")

    def _unlist(self, post: XPost) -> None:
        timeline = self._timelines[post.author_id]
        place = bisect_left(timeline, post.post_id)
        if place < bisect_right(timeline, post.post_id):
            del timeline[place]

    def _fresh_id(self, at: Instant) -> int:
        post_id = snowflake(at * 1000)
        while post_id in self._posts:
            post_id += 1
        return post_id
