"""What the sandbox's Telegram holds: channels and messages, without the wire, changeable while it is served."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import RLock

from tracker.domain.instants import Instant
from tracker.domain.records import Metrics, Post
from tracker.domain.words import PostKind

FIRST_CHANNEL_ID = 9_000_000_001
"""Beyond what Telegram has given out so far, so that an invented channel is never a real one."""


PAID = "paid"
"""The reaction that is bought with Telegram's stars."""


class PeerKind(StrEnum):
    """What a name can belong to."""

    CHANNEL = "channel"
    GROUP = "group"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Item:
    """One message as the server holds it: a post, one picture of an album, or a service message."""

    item_id: int
    posted_at: Instant
    text: str = ""
    views: int = 0
    forwards: int = 0
    comments: int | None = None
    reactions: Mapping[str, int] = field(default_factory=dict)
    """By emoji, by the number of a custom one, or PAID."""
    album: int | None = None
    origin: tuple[int, int] | None = None
    """Channel and post that it was forwarded from."""
    from_person: bool = False
    """Forwarded from a private person, who is never to be collected."""
    reply_to: int | None = None
    edited_at: Instant | None = None
    edit_hidden: bool = False
    """The client is told not to call it edited: what happens when a reaction is given."""
    service: bool = False
    withheld: bool = False
    """Left out of every answer, as Telegram does with what it may not show."""
    author: str = ""
    """Who signed it."""
    poll: tuple[str, ...] = ()
    """A question and its possible answers."""


@dataclass(slots=True)
class Channel:
    """One public presence. `items` ascend by id and time."""

    channel_id: int
    handle: str | None
    title: str
    created_at: Instant
    subscribers: int = 0
    kind: PeerKind = PeerKind.CHANNEL
    private: bool = False
    preview: bool = True
    """Whether it is shown to those who have no account."""
    items: list[Item] = field(default_factory=list)
    last_id: int = 0


@dataclass(frozen=True, slots=True)
class Slice:
    """What messages.getHistory asks for; zero means "not said"."""

    limit: int
    offset_id: int = 0
    offset_date: Instant = 0
    add_offset: int = 0
    min_id: int = 0
    max_id: int = 0


class World:
    """The channels. Every method may be called from any thread, while the server serves."""

    def __init__(self) -> None:
        self._channels: dict[int, Channel] = {}
        self._deleted: dict[tuple[int, int], Item] = {}
        self._lock = RLock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """No change from any other thread inside the block."""
        with self._lock:
            yield

    def __iter__(self) -> Iterator[Channel]:
        with self._lock:
            return iter(tuple(self._channels.values()))

    def add(
        self,
        handle: str,
        *,
        title: str = "",
        created_at: Instant = 0,
        subscribers: int = 0,
        kind: PeerKind = PeerKind.CHANNEL,
    ) -> int:
        """A new presence without messages; its id."""
        with self._lock:
            channel_id = FIRST_CHANNEL_ID + len(self._channels)
            self._channels[channel_id] = Channel(channel_id, handle, title or handle, created_at, subscribers, kind)
            return channel_id

    def named(self, handle: str) -> Channel | None:
        """Who has this name now; a private channel has none."""
        with self._lock:
            for channel in self._channels.values():
                if channel.handle and channel.handle.casefold() == handle.casefold() and not channel.private:
                    return channel
            return None

    def channel(self, channel_id: int) -> Channel | None:
        return self._channels.get(channel_id)

    def rename(self, channel_id: int, handle: str | None) -> None:
        with self._lock:
            self._channels[channel_id].handle = handle

    def set_private(self, channel_id: int, private: bool = True) -> None:
        with self._lock:
            self._channels[channel_id].private = private

    def set_preview(self, channel_id: int, preview: bool) -> None:
        with self._lock:
            self._channels[channel_id].preview = preview

    def set_subscribers(self, channel_id: int, subscribers: int) -> None:
        with self._lock:
            self._channels[channel_id].subscribers = subscribers

    def publish(self, channel_id: int, *drafts: Item) -> int:
        """Append messages, numbered by the channel; the drafts' own ids are not looked at. The first one's id."""
        with self._lock:
            channel = self._channels[channel_id]
            first = channel.last_id + 1
            for draft in drafts:
                channel.last_id += 1
                channel.items.append(replace(draft, item_id=channel.last_id))
            return first

    def change(self, channel_id: int, item_id: int, **fields: object) -> None:
        """Give a message other text, counters or times."""
        with self._lock:
            items = self._channels[channel_id].items
            index = self._index(items, item_id)
            items[index] = replace(items[index], **fields)  # type: ignore[arg-type]  # fields of Item, by name

    def delete(self, channel_id: int, item_id: int) -> None:
        with self._lock:
            items = self._channels[channel_id].items
            self._deleted[channel_id, item_id] = items.pop(self._index(items, item_id))

    def undelete(self, channel_id: int, item_id: int) -> None:
        """Let a deleted message be there again."""
        with self._lock:
            item = self._deleted.pop((channel_id, item_id))
            insort(self._channels[channel_id].items, item, key=lambda other: other.item_id)

    @staticmethod
    def _index(items: Sequence[Item], item_id: int) -> int:
        return next(index for index, item in enumerate(items) if item.item_id == item_id)

    def history(self, channel: Channel, wanted: Slice) -> list[Item]:
        """Newest first, as messages.getHistory gives them."""
        with self._lock:
            items = channel.items
            if wanted.offset_id:
                top = bisect_left(items, wanted.offset_id, key=lambda item: item.item_id)
            elif wanted.offset_date:
                top = bisect_left(items, wanted.offset_date, key=lambda item: item.posted_at)
            else:
                top = len(items)
            top = min(len(items), max(0, top - wanted.add_offset))
            chosen = items[max(0, top - min(wanted.limit, 100)) : top]
        return [
            item
            for item in reversed(chosen)
            if not item.withheld
            and item.item_id > wanted.min_id
            and (not wanted.max_id or item.item_id < wanted.max_id)
        ]

    def posts(self, channel_id: int) -> tuple[Post, ...]:
        """The channel's posts as they should be known, newest first: what a collector is compared with."""
        with self._lock:
            items = [item for item in self._channels[channel_id].items if not item.service and not item.withheld]
        albums: dict[int, list[Item]] = {}
        for item in items:
            albums.setdefault(item.album if item.album is not None else -item.item_id, []).append(item)
        posts = [_as_post(channel_id, album) for album in albums.values()]
        return tuple(sorted(posts, key=lambda post: post.post_id, reverse=True))


def _as_post(channel_id: int, album: Sequence[Item]) -> Post:
    first = album[0]
    kind, ref_author_id, ref_post_id = PostKind.ORIGINAL, None, None
    if first.origin:
        kind, (ref_author_id, ref_post_id) = PostKind.REPOST, first.origin
    elif first.from_person:
        kind = PostKind.REPOST
    elif first.reply_to:
        kind, ref_author_id, ref_post_id = PostKind.REPLY, channel_id, first.reply_to
    edits = [item.edited_at for item in album if item.edited_at and not item.edit_hidden]
    return Post(
        post_id=first.item_id,
        version_id=first.item_id,
        posted_at=first.posted_at,
        kind=kind,
        text=next((item.text for item in album if item.text), None),
        ref_post_id=ref_post_id,
        ref_author_id=ref_author_id,
        edited_at=max(edits, default=None),
        metrics=Metrics(
            views=max(item.views for item in album),
            reposts=max(item.forwards for item in album),
            replies=_most(item.comments for item in album),
            reactions=_most(sum(item.reactions.values()) if item.reactions else None for item in album),
        ),
    )


def _most(counts: Iterable[int | None]) -> int | None:
    return max((count for count in counts if count is not None), default=None)
