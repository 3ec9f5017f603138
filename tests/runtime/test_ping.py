"""The ping: a real server hears it, at most once an interval; what goes wrong is told once, without the address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.collectors.ways import HTTP, ONLY_THE_PROXY_KNOWS, SECRET, SOCKS, Kind
from tests.config.files import errors
from tracker.config.credentials import Secret
from tracker.config.home import Config, Home
from tracker.config.settings import HealthSettings, ProxySettings, Settings
from tracker.config.toml import read_settings
from tracker.domain.errors import ConfigError
from tracker.domain.subjects import Watchlist
from tracker.domain.words import Platform
from tracker.runtime.ping import Ping
from tracker.sandbox.proxies import Asked

CANARY = "/ping/canary-0123456789"


class Monitor(ThreadingHTTPServer):
    """Answers with the status that it is told, and remembers who asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status = 200
        self.heard: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{CANARY}"


class Answer(BaseHTTPRequestHandler):
    server: Monitor

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    with Monitor() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def config_with(address: str | None, tmp_path: Path) -> Config:
    health = HealthSettings(ping_url=None if address is None else Secret(address), ping_interval=300)
    return Config(Home(tmp_path), replace(Settings(), health=health), Watchlist(()), (), (), (), ())


class Pinging:
    def __init__(self, address: str | None, tmp_path: Path, **environment: str) -> None:
        self.now, self.told = 0.0, list[str]()
        self.ping = Ping(self.told.append, lambda: self.now)
        self.ping.take_up(config_with(address, tmp_path), environment)

    def send(self, later: float = 300) -> None:
        self.now += later
        self.ping.send()
        self.ping.wait()


def test_it_is_heard_at_most_once_an_interval(monitor: Monitor, tmp_path: Path) -> None:
    pinging = Pinging(monitor.address, tmp_path)
    for later in (0, 5, 294, 1, 5):
        pinging.send(later)
    assert monitor.heard == [CANARY, CANARY]
    assert pinging.told == []


def test_the_credential_wins(monitor: Monitor, tmp_path: Path) -> None:
    Pinging("https://127.0.0.1:1/", tmp_path, TRACKER_PING_URL=monitor.address).send()
    assert monitor.heard == [CANARY]


def test_without_an_address_nothing_is_sent(monitor: Monitor, tmp_path: Path) -> None:
    Pinging(None, tmp_path).send()
    assert monitor.heard == []


@pytest.mark.parametrize(
    ("status", "said"), [(404, "answered 404"), (302, "answered 302; redirects are not followed")]
)
def test_a_refusal_is_told_once_and_a_redirect_is_not_followed(
    monitor: Monitor, tmp_path: Path, status: int, said: str
) -> None:
    monitor.status = status
    pinging = Pinging(monitor.address, tmp_path)
    pinging.send()
    pinging.send()
    assert monitor.heard == [CANARY, CANARY]
    assert pinging.told == [f"the ping failed ({said}); it is sent again with a later tick"]
    monitor.status = 204
    pinging.send()
    assert pinging.told[1:] == ["the ping is answered again"]


def test_a_dead_monitor_is_told_of_without_its_address(tmp_path: Path) -> None:
    pinging = Pinging(f"http://127.0.0.1:1{CANARY}", tmp_path)
    pinging.send()
    assert pinging.told == ["the ping failed (ConnectionError); it is sent again with a later tick"]


def test_no_proxy_of_the_environment_is_used(
    monitor: Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    Pinging(monitor.address, tmp_path).send()
    assert monitor.heard == [CANARY]


@pytest.mark.parametrize("kind", [SOCKS, HTTP])
@pytest.mark.parametrize("variable", ["TRACKER_X_PROXY", "TRACKER_TELEGRAM_PROXY"])
def test_where_a_platform_is_reached_through_a_proxy_the_ping_goes_through_it(
    kind: Kind, variable: str, monitor: Monitor, tmp_path: Path
) -> None:
    with kind.server(("127.0.0.1", monitor.server_port)) as server:
        proxies = {"TRACKER_TELEGRAM_PROXY": f"mtproxy://{SECRET}@127.0.0.1:1"}
        proxies |= {variable: kind.address.format(port=server.port)}
        pinging = Pinging(f"https://{ONLY_THE_PROXY_KNOWS}{CANARY}", tmp_path, **proxies)
        pinging.send()
        assert server.asked == [Asked(ONLY_THE_PROXY_KNOWS, 443)]
        assert pinging.told == ["the ping failed (SSLError); it is sent again with a later tick"], "there is no TLS"
        Pinging(monitor.address, tmp_path, **proxies).send()
        assert len(server.asked) == 1, "a monitor of this machine needs no proxy"
    assert monitor.heard == [CANARY]


def test_where_only_an_mtproxy_is_set_there_is_no_way_for_the_ping(tmp_path: Path) -> None:
    mtproxy = f"mtproxy://{SECRET}@127.0.0.1:1"
    with pytest.raises(ConfigError, match="an MTProxy leads to Telegram alone") as raised:
        Pinging("https://monitor.example/", tmp_path, TRACKER_TELEGRAM_PROXY=mtproxy)
    assert SECRET not in str(raised.value)
    Pinging(None, tmp_path, TRACKER_TELEGRAM_PROXY=mtproxy).send()
    config = config_with("https://monitor.example/", tmp_path)
    only_x = replace(config, settings=replace(config.settings, platforms=frozenset({Platform.X})))
    Ping(print).take_up(only_x, {"TRACKER_TELEGRAM_PROXY": mtproxy})
    allowed = replace(config, settings=replace(config.settings, proxy=ProxySettings(others_directly=True)))
    Ping(print).take_up(allowed, {"TRACKER_TELEGRAM_PROXY": mtproxy})


WRONG = ["http://monitor.example/canary", "canary", "ftp://127.0.0.1/canary", "https://[canary", "https://a b/canary"]


@pytest.mark.parametrize("address", WRONG)
def test_an_address_that_others_could_read_is_refused_and_not_repeated(address: str, tmp_path: Path) -> None:
    settings, problems = read_settings(f'[health]\nping_url = "{address}"\n'.encode())
    assert settings.health.ping_url is None
    (problem,) = errors(problems)
    assert "canary" not in str(problem)
    ping = Ping(print)
    with pytest.raises(ConfigError, match="TRACKER_PING_URL") as raised:
        ping.take_up(config_with(None, tmp_path), {"TRACKER_PING_URL": address})
    assert "canary" not in str(raised.value)


def test_an_address_by_tls_is_taken_as_a_secret() -> None:
    settings, problems = read_settings(b'[health]\nping_url = "https://monitor.example/canary"\n')
    assert not problems
    assert "canary" not in repr(settings)
    assert settings.health.ping_url == Secret("https://monitor.example/canary")
