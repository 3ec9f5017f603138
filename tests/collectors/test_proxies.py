"""Each platform through each kind of proxy; and a listener on the direct way that must never hear anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.collectors.ways import CANARY, HTTP, ONLY_THE_PROXY_KNOWS, SECRET, SOCKS, Kind, Listener, proxy_at
from tests.collectors.x_stage import MINISTRY_TARGET, Stage
from tests.sandbox.telegram_rehearsal import API_HASH, NOW, add_channel, server_key
from tracker.collectors.telegram import TelegramCollector
from tracker.collectors.telegram_session import Server
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.collectors.x import XCollector
from tracker.config.proxy import Proxy
from tracker.config.settings import TelegramSettings, XSettings
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Page, Profile, Target, Walk
from tracker.sandbox.proxies import Asked, MtProxy, SocksProxy
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.x_server import BEARER_TOKEN

HANDLE = "generated_ministry"


# X


def x_through(proxy: Proxy | None, port: int, host: str = ONLY_THE_PROXY_KNOWS, retries: int = 0) -> Page | Failure:
    settings = XSettings(api_url=f"http://{host}:{port}", retries=retries, backoff=0.0)
    collector = XCollector(settings, BEARER_TOKEN, lambda: NOW, proxy)
    try:
        return collector.fetch(MINISTRY_TARGET, Walk())
    finally:
        collector.close()


@pytest.fixture
def x() -> Iterator[tuple[str, int]]:
    with Stage(20) as stage:
        host, _, port = stage.server.url.removeprefix("http://").partition(":")
        yield host, int(port)


@pytest.mark.parametrize("kind", [SOCKS, HTTP])
def test_x_is_read_through_a_proxy_that_alone_can_resolve_its_name(
    kind: Kind, x: tuple[str, int], listener: Listener
) -> None:
    with kind.server(x) as server:
        page = x_through(proxy_at(kind.address, server), listener.port)
    assert isinstance(page, Page), page
    assert len(page.posts) == 20
    assert server.asked == [Asked(ONLY_THE_PROXY_KNOWS, listener.port)]
    assert listener.heard == 0


@pytest.mark.parametrize("kind", [SOCKS, HTTP])
def test_when_the_proxy_is_down_x_is_not_asked_directly(kind: Kind, x: tuple[str, int], listener: Listener) -> None:
    with kind.server(x) as server:
        proxy = proxy_at(kind.address, server)
    answer = x_through(proxy, listener.port, "127.0.0.1", retries=2)
    assert isinstance(answer, Failure)
    assert (answer.kind, answer.lost) == (OutcomeKind.TRANSPORT, False)
    assert f"127.0.0.1:{server.port}" in answer.detail
    assert listener.heard == 0


def test_when_the_proxy_refuses_us_x_is_not_asked_directly(x: tuple[str, int], listener: Listener) -> None:
    with SocksProxy(x, "generated", "right") as server:
        proxy = proxy_at(f"socks5h://generated:{CANARY}@127.0.0.1:{{port}}", server)
        answer = x_through(proxy, listener.port, "127.0.0.1")
    assert isinstance(answer, Failure)
    assert answer.kind is OutcomeKind.TRANSPORT
    assert CANARY not in answer.detail
    assert (server.asked, listener.heard) == ([], 0)


def test_a_user_and_a_password_are_told_to_the_proxy(x: tuple[str, int], listener: Listener) -> None:
    with SocksProxy(x, "generated", "p@ss") as server:
        page = x_through(proxy_at("socks5h://generated:p%40ss@127.0.0.1:{port}", server), listener.port)
    assert isinstance(page, Page)
    assert listener.heard == 0


def test_without_a_proxy_the_listener_hears_us(listener: Listener) -> None:
    assert isinstance(x_through(None, listener.port, "127.0.0.1"), Failure)
    assert listener.heard == 1


# Telegram's API


@dataclass
class Channel:
    """A served Telegram with a channel of three posts."""

    server: TelegramServer
    session: Path
    key: str

    @property
    def place(self) -> tuple[str, int]:
        return self.server.address.host, self.server.address.port

    def through(self, proxy: Proxy | None, host: str, port: int) -> Profile | Failure:
        """What the API tells of the channel, if Telegram were at this address."""
        settings = TelegramSettings(pace=0, timeout=8.0)
        server = Server(host, port, self.key)
        collector = TelegramCollector(settings, self.session, 1, API_HASH, lambda: NOW, server, proxy=proxy)
        try:
            answer = collector.resolve([Target(HANDLE)])
        finally:
            collector.close()
        return answer if isinstance(answer, Failure) else answer.results[Target(HANDLE)]


@pytest.fixture
def telegram(tmp_path: Path) -> Iterator[Channel]:
    with TelegramServer(key=server_key()) as server:
        add_channel(server.world, 3, HANDLE)
        session = server.authorised_session(tmp_path / "private" / "telegram.session")
        yield Channel(server, session, server.address.public_key)


@pytest.mark.parametrize("kind", [SOCKS, HTTP])
def test_telegram_is_read_through_a_proxy_that_alone_can_resolve_its_name(
    kind: Kind, telegram: Channel, listener: Listener
) -> None:
    with kind.server(telegram.place) as server:
        found = telegram.through(proxy_at(kind.address, server), ONLY_THE_PROXY_KNOWS, listener.port)
    assert isinstance(found, Profile), found
    assert {asked.host for asked in server.asked} == {ONLY_THE_PROXY_KNOWS}
    assert listener.heard == 0


@pytest.mark.parametrize("secret", [SECRET, "dd" + SECRET])
def test_telegram_is_read_through_an_mtproxy(secret: str, telegram: Channel, listener: Listener) -> None:
    with MtProxy(telegram.place, secret) as server:
        proxy = proxy_at(f"mtproxy://{secret}@127.0.0.1:{{port}}", server)
        found = telegram.through(proxy, "127.0.0.1", listener.port)
    assert isinstance(found, Profile), found
    assert len(server.asked) >= 1
    assert listener.heard == 0


@pytest.mark.parametrize("address", [SOCKS.address, HTTP.address, f"mtproxy://{SECRET}@127.0.0.1:{{port}}"])
def test_when_the_proxy_is_down_telegram_is_not_asked_directly(
    address: str, telegram: Channel, listener: Listener
) -> None:
    with SocksProxy(telegram.place) as server:
        proxy = proxy_at(address, server)
    answer = telegram.through(proxy, "127.0.0.1", listener.port)
    assert isinstance(answer, Failure)
    assert answer.kind is OutcomeKind.TRANSPORT
    assert f"127.0.0.1:{server.port}" in answer.detail
    assert SECRET not in answer.detail
    assert listener.heard == 0


def test_when_the_proxy_refuses_us_telegram_is_not_asked_directly(telegram: Channel, listener: Listener) -> None:
    with SocksProxy(telegram.place, "generated", "right") as server:
        proxy = proxy_at(f"socks5h://generated:{CANARY}@127.0.0.1:{{port}}", server)
        answer = telegram.through(proxy, "127.0.0.1", listener.port)
    assert isinstance(answer, Failure)
    assert answer.kind is OutcomeKind.TRANSPORT
    assert CANARY not in answer.detail
    assert (server.asked, listener.heard) == ([], 0)


def test_without_a_proxy_the_listener_hears_telegram_s_client(telegram: Channel, listener: Listener) -> None:
    assert isinstance(telegram.through(None, "127.0.0.1", listener.port), Failure)
    assert listener.heard >= 1


# Telegram's pages


@contextmanager
def pages() -> Iterator[TelegramWebServer]:
    from tracker.sandbox.telegram_world import World

    world = World()
    add_channel(world, 3, HANDLE)
    with ExitStack() as stack:
        yield stack.enter_context(TelegramWebServer(world))


def page_through(proxy: Proxy | None, host: str, port: int) -> object:
    settings = replace(TelegramSettings(), web_url=f"http://{host}:{port}", web_pace=0.0)
    collector = TelegramWebCollector(settings, lambda: NOW, proxy=proxy)
    try:
        answer = collector.resolve([Target(HANDLE)])
    finally:
        collector.close()
    return answer if isinstance(answer, Failure) else answer.results[Target(HANDLE)]


@pytest.mark.parametrize("kind", [SOCKS, HTTP])
def test_pages_are_read_through_a_proxy_that_alone_can_resolve_their_host(kind: Kind, listener: Listener) -> None:
    with pages() as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        with kind.server((host, int(port))) as server:
            found = page_through(proxy_at(kind.address, server), ONLY_THE_PROXY_KNOWS, listener.port)
    assert isinstance(found, Profile), found
    assert {asked.host for asked in server.asked} == {ONLY_THE_PROXY_KNOWS}
    assert listener.heard == 0


@pytest.mark.parametrize("kind", [SOCKS, HTTP])
def test_when_the_proxy_is_down_pages_are_not_asked_for_directly(kind: Kind, listener: Listener) -> None:
    with kind.server(("127.0.0.1", 1)) as server:
        proxy = proxy_at(kind.address, server)
    answer = page_through(proxy, "127.0.0.1", listener.port)
    assert isinstance(answer, Failure)
    assert f"127.0.0.1:{server.port}" in answer.detail
    assert listener.heard == 0


def test_without_a_proxy_the_listener_hears_who_asks_for_pages(listener: Listener) -> None:
    assert isinstance(page_through(None, "127.0.0.1", listener.port), Failure)
    assert listener.heard == 1
