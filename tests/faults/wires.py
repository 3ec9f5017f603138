"""Each way of reading a platform over a line that breaks on demand, from the socket to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.comparing import equal_to_the_world
from tests.runtime.making import Stage, listed, staged
from tests.sandbox.telegram_rehearsal import API_HASH
from tracker.collectors.protocol import Collector
from tracker.collectors.telegram import TelegramCollector
from tracker.collectors.telegram_session import Server
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.collectors.x import XCollector
from tracker.config.proxy import Proxy
from tracker.domain.words import Platform
from tracker.sandbox.relay import Relay
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.x_http import LOOPBACK
from tracker.sandbox.x_server import BEARER_TOKEN

POSTS = 150
HANDLE = "generated_one"
WAYS = ("x", "telegram", "telegram_web")
PATIENCE, HASTE = 30.0, 0.4
"""Seconds after which an answer is given up: long, so that a busy machine is no fault; short where none will come."""


@dataclass
class Wire:
    """One account with 150 posts, read by one way over one line."""

    stage: Stage
    way: str
    line: Relay
    pages: TelegramWebServer
    seconds: float = PATIENCE
    """After which an answer is given up."""
    platform_id: int = field(init=False)

    def __post_init__(self) -> None:
        if self.way == "x":
            self.stage.x_account(101, HANDLE, POSTS)
            self.platform_id = 101
        else:
            self.platform_id = self.stage.channel(HANDLE, POSTS)
        self.stage.watch(listed(HANDLE, platform=self.platform))
        self.point()

    @property
    def platform(self) -> Platform:
        return Platform.X if self.way == "x" else Platform.TELEGRAM

    def point(self, host: str = LOOPBACK, proxy: Proxy | None = None) -> None:
        """From here on another process reads, asking this host at the line's port."""
        self.stage.restart()
        self.stage._collectors[self.platform] = self.collector(host, proxy)

    def collector(self, host: str, proxy: Proxy | None) -> Collector:
        clock, url = (lambda: self.stage.now), f"http://{host}:{self.line.port}"
        if self.way == "x":
            x = replace(self.stage.settings.x, api_url=url, connect_timeout=self.seconds, read_timeout=self.seconds)
            return XCollector(x, BEARER_TOKEN, clock, proxy)
        telegram = replace(self.stage.settings.telegram, timeout=2 * self.seconds, web_pace=0, web_url=url)
        if self.way == "telegram_web":
            return TelegramWebCollector(telegram, clock, proxy=proxy)
        server = Server(host, self.line.port, self.stage.telegram.address.public_key)
        return TelegramCollector(telegram, self.stage.session, 1, API_HASH, clock, server, page_size=40, proxy=proxy)

    def hurry(self) -> None:
        """From here on another process reads, which soon gives up an answer that does not come."""
        self.seconds = HASTE
        self.point()

    def detail(self) -> str:
        ((detail,),) = self.stage.rows("SELECT last_detail FROM account")
        return str(detail)

    def arrived(self) -> int:
        """How many requests have come to the platform."""
        return len(self.stage.x.log) + len(self.stage.telegram.requests()) + len(self.pages.log)

    def equal(self, *, complete: bool = True) -> None:
        worlds = (self.stage.x.world, self.stage.telegram.world)
        equal_to_the_world(self.stage.path, *worlds, complete=complete, bill=self.stage.x.bill)


@contextmanager
def wired(folder: Path, way: str, *, whole: bool = False, chunked: bool = False) -> Iterator[Wire]:
    """The platforms, and the line to one of them."""
    with ExitStack() as up:
        stage = up.enter_context(staged(folder))
        pages = up.enter_context(TelegramWebServer(stage.telegram.world))
        port = {"x": stage.x.port, "telegram": stage.telegram.port, "telegram_web": pages.port}[way]
        line = up.enter_context(Relay((LOOPBACK, port), whole=whole, chunked=chunked))
        yield Wire(stage, way, line, pages)
