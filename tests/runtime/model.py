"""A platform small enough to be true by inspection: one timeline in memory, read by an honest collector.

It does what the collectors' Protocol says and nothing of its own accord: the test says how large pages are, and
where a request fails or the process dies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tracker.collectors.protocol import Bounds, Endpoints
from tracker.domain.instants import HOUR, Instant
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import End, Page, Post, Profile, Profiles, Spend, Target, Walk
from tracker.domain.words import Platform, PostKind

ACCOUNT_ID = 101
EDITABLE = HOUR
"""So long a post can be edited, and is then listed at the time of the edit."""

BROKEN = Failure(OutcomeKind.TRANSPORT, "the wire broke")


class KilledError(Exception):
    """The process dies here."""


class Item(NamedTuple):
    """A post as it stands in the timeline. An edit gives it a new id and place, as X does."""

    item_id: int
    shown_at: Instant
    post_id: int
    posted_at: Instant
    kind: PostKind


@dataclass
class Timeline:
    """What the platform has, and how it behaves. `depth`: how many of the newest items it shows."""

    created_at: Instant
    now: Instant
    depth: int = 10**9
    items: list[Item] = field(default_factory=list)
    """Oldest first."""
    last_id: int = 10

    def publish(self, at: Instant, kind: PostKind = PostKind.ORIGINAL) -> None:
        self.last_id += 1
        self.items.append(Item(self.last_id, at, self.last_id, at, kind))

    def edit(self, item: Item) -> None:
        self.last_id += 1
        self.items.remove(item)
        self.items.append(item._replace(item_id=self.last_id, shown_at=self.now))


@dataclass
class ModelCollector:
    """Reads the timeline. `script` holds what happens to the next requests, as page sizes or "fail"/"kill"/"lose"."""

    timeline: Timeline
    script: list[int | str] = field(default_factory=list)
    requests: int = 0
    billed: Counter[int] = field(default_factory=Counter)
    """How often each item was delivered."""
    lost: Counter[int] = field(default_factory=Counter)
    """How often it was delivered to a process that died before it could keep it."""

    platform = Platform.X
    endpoints = Endpoints("resolve", "profiles", "timeline")
    bounds = Bounds()
    batch = 100

    def knows(self, target: Target) -> bool:
        return target.platform_id is not None

    def resolve(self, targets: Sequence[Target]) -> Profiles | Failure:
        return self.profiles(targets)

    def profiles(self, targets: Sequence[Target]) -> Profiles | Failure:
        self.requests += 1
        found = {
            target: Profile(ACCOUNT_ID, target.handle, self.timeline.now, created_at=self.timeline.created_at)
            for target in targets
        }
        return Profiles(found, Spend(1, 0, len(found)))

    def fetch(self, target: Target, walk: Walk) -> Page | Failure:
        self.requests += 1
        what = self.script.pop(0) if self.script else 5
        if what == "fail":
            return BROKEN
        if what == "kill":
            raise KilledError
        size = what if isinstance(what, int) else 3
        page = self._page(walk, size)
        delivered = [post.version_id for post in page.posts]
        self.billed.update(delivered)
        if what == "lose":
            self.lost.update(delivered)
            raise KilledError
        return page

    def close(self) -> None:
        pass

    def _page(self, walk: Walk, size: int) -> Page:
        shown = self.timeline.items[-self.timeline.depth :][::-1]
        wanted = [
            item
            for item in shown
            if (walk.mark is None or item.item_id > int(walk.mark))
            and (walk.after is None or item.shown_at >= walk.after)
            and (walk.before is None or item.shown_at < walk.before + EDITABLE)
            and (walk.cursor is None or item.item_id < int(walk.cursor))
        ]
        items = wanted[:size]
        # Like X, it names a further page wherever this one is full, even if that is empty.
        cursor = str(items[-1].item_id) if len(items) == size else None
        end = None
        if cursor is None:
            if walk.newer + len(items) >= self.timeline.depth:
                end = End.DEPTH_LIMIT
            else:
                end = End.BEGINNING if walk.mark is None and walk.after is None else End.KNOWN_GROUND
        return Page(
            asked_at=self.timeline.now,
            posts=tuple(
                Post(item.post_id, item.item_id, item.posted_at, item.kind)
                for item in items
                if (walk.after is None or item.posted_at >= walk.after)
                and (walk.before is None or item.posted_at < walk.before)
            ),
            floor=min((item.shown_at for item in items), default=None),
            cursor=cursor,
            end=end,
            mark=str(items[0].item_id) if items else walk.mark,
            spend=Spend(1, len(items)),
        )
