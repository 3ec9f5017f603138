"""The sandbox's public Telegram pages: the same world as its MTProto server, as t.me shows it to everybody."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from tracker.sandbox.telegram_web_html import HOME_PAGE, NOT_FOUND, contact_page, preview_page
from tracker.sandbox.telegram_world import Channel, PeerKind, Slice, World
from tracker.sandbox.x_http import HttpService, Request
from tracker.sandbox.x_replies import HTML_TYPE, NO_REPLY, Delivery, Reply, html_reply

PAGE_SIZE = 20
"""Messages on a page. An album is cut where a page ends, which is the worst that Telegram could do."""
LONGEST_LOG = 100_000
SLOWNESS = 30.0
"""Seconds by which an answer is late unless told otherwise."""
ELSEWHERE = "http://localhost:9/s/generated"
"""Another host, at which nobody listens."""


class WebFault(StrEnum):
    """The closed set of faults."""

    RATE_LIMITED = "rate_limited"
    """429, with Retry-After if `seconds` are given."""
    UNAVAILABLE = "unavailable"
    """503 with a page."""
    FORBIDDEN = "forbidden"
    """403."""
    TRUNCATED = "truncated"
    """Half of what Content-Length promises arrives."""
    CUT = "cut"
    """Half of the page arrives, and is said to be all."""
    SLOW = "slow"
    """The right page, `seconds` late, else half a minute."""
    DROPPED = "dropped"
    """The connection ends without a word."""
    ELSEWHERE = "elsewhere"
    """Led to another host, that of `lead_to`."""
    HOME_PAGE = "home_page"
    """200 with telegram.org's front page."""
    OTHER_PAGE = "other_page"
    """200 with a page that is not Telegram's."""
    NO_POSTS = "no_posts"
    """The preview without its posts, as those see it who have asked too often."""
    NO_LINK = "no_link"
    """The right page without the link to older posts."""
    NO_DATE = "no_date"
    """The right page, on which the newest post has no date."""
    NO_NUMBERS = "no_numbers"
    """The right page, whose counters of views are words."""


@dataclass(frozen=True, slots=True)
class Served:
    """A request, and what became of it."""

    path: str
    """With its query."""
    status: int
    at: float
    """By the server's clock."""


@dataclass(slots=True)
class _Armed:
    fault: WebFault
    times: int
    path: str
    seconds: float | None


class TelegramWebServer(HttpService):
    """Serves a world's public pages until it is stopped; a context manager. `port` 0 takes a free one."""

    def __init__(
        self,
        world: World,
        *,
        port: int = 0,
        page_size: int = PAGE_SIZE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.world = world
        super().__init__(port, "sandbox-telegram-web")
        self._page_size = page_size
        self._clock = clock
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._elsewhere = ELSEWHERE
        self._log: deque[Served] = deque(maxlen=LONGEST_LOG)

    @property
    def log(self) -> list[Served]:
        """The requests so far, oldest first."""
        with self._lock:
            return list(self._log)

    # What goes wrong

    def fail(self, fault: WebFault, times: int = 1, path: str = "/", *, seconds: float | None = None) -> None:
        """Let a fault meet the next `times` requests for what begins with `path`."""
        with self._lock:
            self._armed.append(_Armed(fault, times, path, seconds))

    def lead_to(self, address: str) -> None:
        """Where the fault ELSEWHERE leads."""
        self._elsewhere = address

    def heal(self) -> None:
        """Take back the faults that have not come true yet."""
        with self._lock:
            self._armed.clear()

    def _take(self, path: str) -> _Armed | None:
        with self._lock:
            for armed in self._armed:
                if path.startswith(armed.path) and armed.times > 0:
                    armed.times -= 1
                    return armed
        return None

    # Answering

    def _reply(self, request: Request) -> Reply:
        armed = self._take(request.target)
        reply = (armed and self._in_place(armed)) or self._answer(request.target, armed.fault if armed else None)
        with self._lock:
            self._log.append(Served(request.target, reply.status, self._clock()))
        if armed is None:
            return reply
        match armed.fault:
            case WebFault.SLOW:
                return replace(reply, delay=SLOWNESS if armed.seconds is None else armed.seconds)
            case WebFault.TRUNCATED:
                return replace(reply, delivery=Delivery.TRUNCATED)
            case WebFault.CUT:
                return replace(reply, body=reply.body[: len(reply.body) // 2])
            case _:
                return reply

    def _in_place(self, armed: _Armed) -> Reply | None:
        """The reply of a fault that takes the page's place; None for one that leaves it be."""
        match armed.fault:
            case WebFault.RATE_LIMITED:
                headers = {} if armed.seconds is None else {"Retry-After": str(int(armed.seconds))}
                return replace(html_reply(429, "429 Too Many Requests"), headers=headers)
            case WebFault.UNAVAILABLE:
                return html_reply(503, "503 Service Temporarily Unavailable")
            case WebFault.FORBIDDEN:
                return html_reply(403, "403 Forbidden")
            case WebFault.DROPPED:
                return NO_REPLY
            case WebFault.ELSEWHERE:
                return _led(self._elsewhere)
            case WebFault.HOME_PAGE:
                return _page(HOME_PAGE)
            case WebFault.OTHER_PAGE:
                return html_reply(200, "Welcome to the hotel's network")
            case _:
                return None

    def _answer(self, target: str, fault: WebFault | None) -> Reply:
        parts = urlsplit(target)
        words = parts.path.strip("/").split("/")
        if words[0] != "s":
            with self.world.held():
                found = self.world.named(words[0])
                return _page(contact_page(found, words[0])) if found else _led(NOT_FOUND)
        before = parse_qs(parts.query).get("before", ["0"])[0]
        with self.world.held():
            channel = self.world.named(words[1] if len(words) > 1 else "")
            if channel is None:
                return _led(NOT_FOUND)
            if channel.kind is not PeerKind.CHANNEL or not channel.preview:
                return _led(f"/{channel.handle}")
            return _page(_spoilt(self._preview(channel, int(before) if before.isdecimal() else 0, fault), fault))

    def _preview(self, channel: Channel, before: int, fault: WebFault | None) -> str:
        items = self.world.history(channel, Slice(limit=self._page_size, offset_id=before))[::-1]
        if fault is WebFault.NO_POSTS:
            items = []
        older = bool(items) and fault is not WebFault.NO_LINK and channel.items[0].item_id < items[0].item_id
        return preview_page(channel, items, older, self.world.channel)


def _page(text: str) -> Reply:
    return Reply(200, text.encode(), content_type=HTML_TYPE)


def _led(address: str) -> Reply:
    return Reply(302, b"", {"Location": address}, HTML_TYPE)


def _spoilt(page: str, fault: WebFault | None) -> str:
    match fault:
        case WebFault.NO_DATE:
            before, newest, after = page.rpartition('<time datetime="')
            return before + newest + "someday " + after
        case WebFault.NO_NUMBERS:
            return page.replace('message_views">', 'message_views">~')
        case _:
            return page
