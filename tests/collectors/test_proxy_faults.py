"""When a proxy is to blame, the line says so, names it, and accuses neither the platform nor a credential of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.collectors.ways import CANARY, ONLY_THE_PROXY_KNOWS, SECRET, Listener
from tests.collectors.x_stage import MINISTRY_TARGET, answering
from tests.sandbox.telegram_rehearsal import API_HASH, NOW, server_key
from tracker.collectors.telegram import TelegramCollector
from tracker.collectors.telegram_login import LoginError, Prompts, login
from tracker.collectors.telegram_session import Server
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.collectors.x import XCollector
from tracker.config.proxy import Proxy, parse
from tracker.config.settings import TelegramSettings, XSettings
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Target, Walk
from tracker.sandbox.proxies import HttpProxy, MtProxy, SocksProxy
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.x_replies import json_reply
from tracker.sandbox.x_server import BEARER_TOKEN

NOBODY = ("127.0.0.1", 1)
UNKNOWN = "wants a user and a password, or others than it was given"

Ask = Callable[[Proxy | None, Listener], object]
"""Asks a platform that would be where the listener is."""


def x(proxy: Proxy | None, listener: Listener, scheme: str = "https", host: str = "127.0.0.1") -> object:
    settings = XSettings(api_url=f"{scheme}://{host}:{listener.port}", retries=0, connect_timeout=5, read_timeout=5)
    collector = XCollector(settings, BEARER_TOKEN, lambda: NOW, proxy)
    try:
        return collector.fetch(MINISTRY_TARGET, Walk())
    finally:
        collector.close()


def x_unencrypted(proxy: Proxy | None, listener: Listener) -> object:
    return x(proxy, listener, "http")


def pages(proxy: Proxy | None, listener: Listener, host: str = "127.0.0.1") -> object:
    settings = replace(TelegramSettings(), web_url=f"https://{host}:{listener.port}", web_pace=0.0, timeout=5.0)
    collector = TelegramWebCollector(settings, lambda: NOW, proxy=proxy)
    try:
        return collector.resolve([Target("generated_ministry")])
    finally:
        collector.close()


@pytest.fixture
def api(tmp_path: Path) -> Ask:
    """Asks Telegram's API, with the session of a login."""
    path = tmp_path / "private" / "telegram.session"
    with TelegramServer(key=server_key()) as server:
        session, key = server.authorised_session(path), server.address.public_key

    def ask(proxy: Proxy | None, listener: Listener) -> object:
        settings = TelegramSettings(pace=0, timeout=8.0)
        there = Server("127.0.0.1", listener.port, key)
        collector = TelegramCollector(settings, session, 1, API_HASH, lambda: NOW, there, proxy=proxy)
        try:
            return collector.resolve([Target("generated_ministry")])
        finally:
            collector.close()

    return ask


@pytest.fixture(params=["x", "x_unencrypted", "pages", "api"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each way of asking, in turn."""
    known: dict[str, Ask] = {"x": x, "x_unencrypted": x_unencrypted, "pages": pages}
    return known[request.param] if request.param in known else request.getfixturevalue("api")


@contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """The port of something that gives whoever comes this answer, and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    connection.recv(1 << 16)
                    connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()


def blamed(answer: object, proxy: Proxy) -> str:
    """What the failure says of the proxy, after its name."""
    assert isinstance(answer, Failure), answer
    assert (answer.kind, answer.lost) == (OutcomeKind.TRANSPORT, False)
    assert CANARY not in answer.detail
    assert SECRET not in answer.detail
    before, named, after = answer.detail.partition(f"the proxy {proxy} ")
    assert (before, bool(named)) == ("", True), answer.detail
    return after


@pytest.mark.parametrize(("kind", "scheme"), [(SocksProxy, "socks5h"), (HttpProxy, "http")])
@pytest.mark.parametrize("user", ["", f"generated:{CANARY}@"])
def test_a_proxy_that_wants_a_user_or_another_one_is_said_to(
    kind: type[SocksProxy | HttpProxy], scheme: str, user: str, ask: Ask, listener: Listener
) -> None:
    with kind(NOBODY, "generated", "right") as server:
        proxy = parse(f"{scheme}://{user}127.0.0.1:{server.port}", telegram=True)
        assert blamed(ask(proxy, listener), proxy) == UNKNOWN
    assert (server.asked, listener.heard) == ([], 0)


@pytest.mark.parametrize("scheme", ["socks5h", "http"])
def test_a_proxy_that_is_gone_is_said_to_be(scheme: str, ask: Ask, listener: Listener) -> None:
    with SocksProxy(NOBODY) as server:
        proxy = parse(f"{scheme}://127.0.0.1:{server.port}", telegram=True)
    assert blamed(ask(proxy, listener), proxy) == "cannot be reached"
    assert listener.heard == 0


@pytest.mark.parametrize("scheme", ["socks5h", "http"])
def test_a_proxy_whose_own_name_is_not_known_is_said_to_be_out_of_reach(
    scheme: str, ask: Ask, listener: Listener
) -> None:
    proxy = parse(f"{scheme}://nobody.invalid:9", telegram=True)
    assert blamed(ask(proxy, listener), proxy) == "cannot be reached"
    assert listener.heard == 0


@pytest.mark.parametrize(
    ("kind", "scheme", "why"), [(SocksProxy, "socks5h", "Host unreachable"), (HttpProxy, "http", "HTTP 502")]
)
@pytest.mark.parametrize("way", [x, pages])
def test_a_proxy_that_does_not_get_through_is_not_taken_for_the_platform(
    kind: type[SocksProxy | HttpProxy], scheme: str, why: str, way: Callable[..., object], listener: Listener
) -> None:
    with kind(NOBODY) as server:
        proxy = parse(f"{scheme}://127.0.0.1:{server.port}", telegram=True)
        said = blamed(way(proxy, listener, host=ONLY_THE_PROXY_KNOWS), proxy)
    assert said.startswith("did not get through (")
    assert why in said
    assert [asked.host for asked in server.asked] == [ONLY_THE_PROXY_KNOWS]
    assert listener.heard == 0


@pytest.mark.parametrize("answer", [b"\x05", b"HTTP/1.1 400 no\r\n\r\n"])
def test_what_is_no_socks_proxy_is_said_to_be_none(answer: bytes, api: Ask, listener: Listener) -> None:
    with saying(answer) as port:
        proxy = parse(f"socks5h://127.0.0.1:{port}", telegram=True)
        for way in (x, pages, api):
            assert blamed(way(proxy, listener), proxy) == "broke off; is it a proxy of this kind?"
    assert listener.heard == 0


@pytest.mark.parametrize("answer", [b"", b"\x05\xff"])
def test_where_either_end_may_have_broken_off_the_proxy_is_named_and_not_blamed(
    answer: bytes, listener: Listener
) -> None:
    with saying(answer) as port:
        proxy = parse(f"http://127.0.0.1:{port}", telegram=True)
        for way in (x, pages):
            failure = way(proxy, listener)
            assert isinstance(failure, Failure)
            assert failure.kind is OutcomeKind.TRANSPORT
            assert failure.detail.endswith(f"(through the proxy {proxy})")
    assert listener.heard == 0


def test_an_answer_that_breaks_off_behind_the_proxy_may_have_been_charged(listener: Listener) -> None:
    with saying(b"") as port, HttpProxy(("127.0.0.1", port)) as server:
        proxy = parse(f"http://127.0.0.1:{server.port}", telegram=False)
        failure = x(proxy, listener, "http", ONLY_THE_PROXY_KNOWS)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.lost) == (OutcomeKind.TRANSPORT, True)
    assert failure.detail.endswith(f"(through the proxy {proxy})")


def test_an_mtproxy_that_does_not_know_the_secret_is_said_to_have_broken_off(api: Ask, listener: Listener) -> None:
    with MtProxy(NOBODY, "f" * 32) as server:
        proxy = parse(f"mtproxy://{SECRET}@127.0.0.1:{server.port}", telegram=True)
        assert blamed(api(proxy, listener), proxy) == "broke off; is its secret the right one?"
    assert blamed(api(proxy, listener), proxy) == "cannot be reached"
    assert listener.heard == 0


def test_a_login_that_the_proxy_does_not_let_through_names_the_proxy(tmp_path: Path, listener: Listener) -> None:
    there = Server("127.0.0.1", listener.port, server_key().pem)
    nothing = Prompts(lambda: "", lambda: "", lambda: "")
    with HttpProxy(NOBODY, "generated", "right") as server:
        proxy = parse(f"http://generated:{CANARY}@127.0.0.1:{server.port}", telegram=True)
        with pytest.raises(LoginError) as raised:
            login(tmp_path / "telegram.session", 1, API_HASH, nothing, there, proxy=proxy)
    assert str(raised.value) == f"could not log in to Telegram: the proxy {proxy} {UNKNOWN}"
    assert listener.heard == 0


def test_control_a_407_without_a_proxy_and_a_401_through_one_are_x_s_own(listener: Listener) -> None:
    with answering(lambda _request: json_reply(407, {})) as url:
        collector = XCollector(XSettings(api_url=url, retries=0), BEARER_TOKEN, lambda: NOW)
        answer = collector.fetch(MINISTRY_TARGET, Walk())
        collector.close()
        assert isinstance(answer, Failure)
        assert answer.kind is OutcomeKind.REFUSED
    with answering(lambda _request: json_reply(401, {})) as url:
        with HttpProxy(("127.0.0.1", int(url.rpartition(":")[2]))) as server:
            proxy = parse(f"http://127.0.0.1:{server.port}", telegram=False)
            refusal = x(proxy, listener, "http", ONLY_THE_PROXY_KNOWS)
    assert isinstance(refusal, Failure)
    assert refusal.kind is OutcomeKind.AUTH_FAILED
    assert "proxy" not in refusal.detail
