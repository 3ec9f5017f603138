"""A served Telegram, a collector that is logged in to it, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.collectors import walking
from tracker.collectors.telegram import TelegramCollector
from tracker.config.settings import TelegramSettings
from tracker.domain.instants import DAY, HOUR, Instant, from_iso
from tracker.domain.records import Target
from tracker.sandbox.mtproto_keys import ServerKey
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.telegram_world import Item, World

NOW = from_iso("2026-11-20T12:00:00Z")
API_HASH = "canary0123456789canary0123456789"


@cache
def server_key() -> ServerKey:
    """One key for all tests of a run: making it takes half a second."""
    return ServerKey.generate()


def item(age: int = 0, text: str = "", **fields: object) -> Item:
    """A message published `age` seconds before NOW."""
    return Item(0, NOW - age, text, **fields)  # type: ignore[arg-type]  # fields of Item, by name


def add_channel(world: World, posts: int, handle: str, **fields: object) -> int:
    """A channel with so many plain posts, an hour apart, the newest a day old."""
    channel_id = world.add(
        handle,
        title="Invented ministry",
        created_at=NOW - 1000 * DAY,
        subscribers=1234,
        **fields,  # type: ignore[arg-type]  # arguments of World.add, by name
    )
    world.publish(channel_id, *(item(DAY + (posts - number) * HOUR, f"[ساختگی] {number}") for number in range(posts)))
    return channel_id


class Rehearsal:
    """What a test needs; `now` is what the collectors take for the present."""

    def __init__(self, server: TelegramServer, folder: Path) -> None:
        self.server = server
        self.world = server.world
        self.now: Instant = NOW
        self.session_path = server.authorised_session(folder / "private" / "telegram.session")
        self._collectors: list[TelegramCollector] = []

    def collector(self, *, timeout: float = 8.0, page_size: int = 100) -> TelegramCollector:
        """Another collector with the same session."""
        collector = TelegramCollector(
            TelegramSettings(timeout=timeout, pace=0),
            self.session_path,
            1,
            API_HASH,
            lambda: self.now,
            self.server.address,
            page_size=page_size,
        )
        self._collectors.append(collector)
        return collector

    def close(self) -> None:
        for collector in self._collectors:
            collector.close()

    def channel(self, posts: int = 0, handle: str = "generated_ministry", **fields: object) -> int:
        """A channel with so many plain posts, an hour apart, the newest a day old."""
        return add_channel(self.world, posts, handle, **fields)


@contextmanager
def rehearsal(folder: Path) -> Iterator[Rehearsal]:
    """A server with an empty world, and everything closed at the end."""
    with TelegramServer(key=server_key()) as server:
        rehearsing = Rehearsal(server, folder)
        try:
            yield rehearsing
        finally:
            rehearsing.close()


def resolved(collector: TelegramCollector, handle: str = "generated_ministry") -> Target:
    """The channel as it is known once its name has been looked up."""
    return walking.resolved(collector, handle)
