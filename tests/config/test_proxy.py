from __future__ import annotations

import pytest

from tracker.collectors.registry import proxy_of
from tracker.config.problems import BadValueError
from tracker.config.proxy import Scheme, from_environment, parse
from tracker.config.settings import ProxySettings, Settings
from tracker.config.toml import read_settings
from tracker.domain.errors import ConfigError
from tracker.domain.words import Platform

PLAIN, DISGUISED = "0123456789abcdef" * 2, "dd" + "0123456789abcdef" * 2
CANARY = "canary-secret"


def test_an_address_of_each_kind_is_read() -> None:
    socks = parse("socks5h://me:p%40ss@proxy.example:1080", telegram=False)
    assert (socks.scheme, socks.host, socks.port, socks.user) == (Scheme.SOCKS5, "proxy.example", 1080, "me")
    assert socks.password.reveal() == "p@ss"
    assert socks.url == "socks5h://me:p%40ss@proxy.example:1080"
    assert parse("http://[::1]:3128/", telegram=False).url == "http://[::1]:3128"


@pytest.mark.parametrize(
    "text",
    [
        f"mtproxy://{PLAIN}@proxy.example:443",
        f"https://t.me/proxy?server=proxy.example&port=443&secret={PLAIN}",
        f"tg://proxy?server=proxy.example&port=443&secret={PLAIN.upper()}",
        "mtproxy://ASNFZ4mrze8BI0VniavN7w==@proxy.example:443",
    ],
)
def test_an_mtproxy_is_read_from_its_address_and_from_the_links_that_people_pass_on(text: str) -> None:
    proxy = parse(text, telegram=True)
    assert (proxy.host, proxy.port, proxy.password.reveal()) == ("proxy.example", 443, PLAIN)


def test_the_secret_of_an_mtproxy_that_disguises_lengths_stays_whole() -> None:
    assert parse(f"mtproxy://{DISGUISED}@a:1", telegram=True).password.reveal() == DISGUISED


@pytest.mark.parametrize(
    ("text", "telegram", "wrong"),
    [
        ("socks5://proxy.example:1080", False, "resolved on this machine"),
        ("socks4://proxy.example:1080", True, "resolved on this machine"),
        ("ftp://proxy.example:1080", False, "no proxy of a kind"),
        ("proxy.example:1080", False, "no proxy of a kind"),
        ("socks5h://proxy.example", False, "lacks its host or its port"),
        ("socks5h://:1080", False, "lacks its host or its port"),
        ("socks5h://proxy.example:0", False, "lacks its host or its port"),
        ("socks5h://proxy.example:99999", False, "no address of a proxy"),
        ("socks5h://[::1", False, "no address of a proxy"),
        ("http://proxy.example:80/path", False, "more than these"),
        (f"mtproxy://{PLAIN}@a:1", False, "leads to Telegram alone"),
        (f"mtproxy://{CANARY}@a:1", True, "no secret of an MTProxy"),
        ("mtproxy://a:1", True, "no secret of an MTProxy"),
        (f"mtproxy://ee{PLAIN}676f6f676c65@a:1", True, "in disguise"),
        (f"tg://proxy?server=a&port=99999&secret={PLAIN}", True, "without its server or its port"),
        ("tg://proxy?server=a&port=1", True, "no secret of an MTProxy"),
    ],
)
def test_what_is_no_proxy_is_refused_and_its_secret_not_repeated(text: str, telegram: bool, wrong: str) -> None:
    with pytest.raises(BadValueError) as raised:
        parse(text, telegram=telegram)
    assert wrong in raised.value.wrong
    assert CANARY not in raised.value.wrong + raised.value.right


def test_printed_a_proxy_shows_neither_user_nor_password() -> None:
    proxy = parse(f"socks5h://me:{CANARY}@proxy.example:1080", telegram=False)
    assert str(proxy) == "socks5h://proxy.example:1080"
    assert CANARY not in repr(proxy)


def test_settings_take_a_proxy_without_a_password() -> None:
    settings, problems = read_settings(b'[proxy]\nx = "socks5h://127.0.0.1:9050"\ntelegram = ""\n')
    assert not problems
    assert str(settings.proxy.x) == "socks5h://127.0.0.1:9050"
    assert settings.proxy.telegram is None


def test_settings_refuse_a_password_with_its_place_and_without_repeating_it() -> None:
    _, problems = read_settings(f'[proxy]\nx = "http://me:{CANARY}@127.0.0.1:3128"\n'.encode())
    (problem,) = problems
    assert "2: key proxy.x" in str(problem)
    assert "TRACKER_X_PROXY" in str(problem)
    assert CANARY not in str(problem)


def test_a_credential_comes_before_the_settings_and_these_before_the_environment() -> None:
    settings = Settings(proxy=ProxySettings(x=parse("http://settings:1", telegram=False), from_environment=True))
    everywhere = {"TRACKER_X_PROXY": "http://me:pass@credential:1", "HTTPS_PROXY": "http://environment:1"}
    assert getattr(proxy_of(Platform.X, settings, everywhere), "host", "") == "credential"
    del everywhere["TRACKER_X_PROXY"]
    assert getattr(proxy_of(Platform.X, settings, everywhere), "host", "") == "settings"
    settings = Settings(proxy=ProxySettings(from_environment=True))
    assert getattr(proxy_of(Platform.X, settings, everywhere), "host", "") == "environment"


def test_the_environment_s_proxies_are_not_looked_at_unless_asked_for() -> None:
    environment = {"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "socks5://b:1"}
    assert proxy_of(Platform.X, Settings(), environment) is None
    assert proxy_of(Platform.TELEGRAM, Settings(), environment) is None


def test_a_proxy_of_the_environment_resolves_names_itself() -> None:
    proxy = from_environment({"all_proxy": "socks5://b:1080", "NO_PROXY": "*"}, telegram=True)
    assert str(proxy) == "socks5h://b:1080"


@pytest.mark.parametrize(
    ("environment", "x", "telegram"),
    [
        ({"HTTPS_PROXY": "http://web:1"}, "web", "web"),
        ({"all_proxy": "socks5://all:1"}, "all", "all"),
        ({"https_proxy": "http://web:1", "ALL_PROXY": "socks5://all:1"}, "web", "all"),
        ({"HTTP_PROXY": "http://plain:1"}, "", ""),
    ],
)
def test_whichever_proxy_the_environment_has_no_platform_goes_past_it(
    environment: dict[str, str], x: str, telegram: str
) -> None:
    settings = Settings(proxy=ProxySettings(from_environment=True))
    found = {platform: proxy_of(platform, settings, environment) for platform in Platform}
    assert {platform: proxy.host if proxy else "" for platform, proxy in found.items()} == {
        Platform.X: x,
        Platform.TELEGRAM: telegram,
    }


def test_a_bad_credential_is_named_by_its_place_alone() -> None:
    with pytest.raises(ConfigError, match="TRACKER_TELEGRAM_PROXY: ") as raised:
        proxy_of(Platform.TELEGRAM, Settings(), {"TRACKER_TELEGRAM_PROXY": f"mtproxy://{CANARY}@a:1"})
    assert CANARY not in str(raised.value)
