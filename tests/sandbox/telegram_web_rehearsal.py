"""Telegram's public pages, served; collectors that read them; and what those should find."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from tests.sandbox.telegram_rehearsal import NOW, add_channel
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.config.settings import TelegramSettings
from tracker.domain.instants import Instant
from tracker.domain.records import Metrics, Post
from tracker.domain.words import PostKind
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.telegram_world import Item, World


class Pages:
    """What a test needs. `now` is the present; `elapsed`, in seconds, goes on only when a collector waits."""

    def __init__(self, server: TelegramWebServer) -> None:
        self.server = server
        self.world = server.world
        self.now: Instant = NOW
        self.elapsed = 0.0
        self._collectors: list[TelegramWebCollector] = []

    def collector(self, *, timeout: float = 8.0, pace: float = 0.0) -> TelegramWebCollector:
        """Another collector."""
        settings = TelegramSettings(timeout=timeout, web_url=self.server.url, web_pace=pace)
        collector = TelegramWebCollector(settings, lambda: self.now, sleep=self._wait, monotonic=lambda: self.elapsed)
        self._collectors.append(collector)
        return collector

    def channel(self, posts: int = 0, handle: str = "generated_ministry", **fields: object) -> int:
        """A channel with so many plain posts, an hour apart, the newest a day old."""
        return add_channel(self.world, posts, handle, **fields)

    def _wait(self, seconds: float) -> None:
        self.elapsed += seconds

    def close(self) -> None:
        for collector in self._collectors:
            collector.close()


@contextmanager
def public_pages(world: World | None = None, page_size: int = 20) -> Iterator[Pages]:
    """A server and everything closed at the end. The server's clock is `elapsed`."""
    holder: list[Pages] = []
    with TelegramWebServer(world or World(), page_size=page_size, clock=lambda: holder[0].elapsed) as server:
        pages = Pages(server)
        holder.append(pages)
        try:
            yield pages
        finally:
            pages.close()


def shown(world: World, channel_id: int, known: Collection[int] = ()) -> tuple[Post, ...]:
    """The channel's posts as the pages show them, newest first. `known` are the channels that forwards may name."""
    channel = world.channel(channel_id)
    assert channel is not None
    return tuple(_shown(post, channel.items, {channel_id, *known}) for post in world.posts(channel_id))


def _shown(post: Post, items: Sequence[Item], known: Collection[int]) -> Post:
    first = next(item for item in items if item.item_id == post.post_id)
    album = [item for item in items if item is first or (first.album and item.album == first.album)]
    reactions = next((list(item.reactions.values()) for item in album if item.reactions), None)
    units = [unit_of(post.metrics.views or 0), sum(unit_of(count) for count in reactions or ())]
    named = post.kind is not PostKind.REPOST or post.ref_author_id in known
    return post._replace(
        ref_author_id=post.ref_author_id if named else None,
        ref_post_id=post.ref_post_id if named else None,
        edited_at=None,
        metrics=Metrics(
            views=cut(post.metrics.views or 0),
            reactions=None if reactions is None else sum(map(cut, reactions)),
            precision=max(units) or None,
        ),
    )


def unit_of(count: int) -> int:
    """By how much the number that is shown may be less than the true one; 0: by nothing."""
    return 0 if count < 1000 else 10 ** (len(str(count)) - 3)


def cut(count: int) -> int:
    return count - count % (unit_of(count) or 1)
