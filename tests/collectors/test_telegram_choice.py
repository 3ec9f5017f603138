"""Over what Telegram is read, from the settings and from what there is on the machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.sandbox.telegram_rehearsal import NOW
from tracker.collectors.registry import Source, open_collector, telegram_is_read, telegram_sources
from tracker.collectors.telegram import TelegramCollector
from tracker.collectors.telegram_sources import TelegramSources
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.config.settings import TELEGRAM_WEB, Settings, TelegramSettings
from tracker.domain.errors import ConfigError
from tracker.domain.words import Platform, TelegramChoice, TelegramSource

API, WEB = TelegramSource.API, TelegramSource.WEB
CREDENTIALS = {"TRACKER_TELEGRAM_API_ID": "1", "TRACKER_TELEGRAM_API_HASH": "0" * 32}


@pytest.fixture
def fresh(tmp_path: Path) -> Source:
    """A machine with neither credentials nor login."""
    return Source(Settings(), lambda: NOW, tmp_path, tmp_path / "telegram.session", {})


def with_login(source: Source) -> Source:
    source.telegram_session.touch()
    return replace(source, environment=CREDENTIALS)


def asked(source: Source, choice: TelegramChoice, server: str = "", web_url: str = TELEGRAM_WEB) -> Source:
    telegram = TelegramSettings(source=choice, server=server, web_url=web_url)
    return replace(source, settings=Settings(telegram=telegram))


@pytest.mark.parametrize(
    ("choice", "without", "with_one"),
    [
        (TelegramChoice.AUTO, (WEB,), (API, WEB)),
        (TelegramChoice.WEB, (WEB,), (WEB, API)),
        (TelegramChoice.API, (API,), (API,)),
    ],
)
def test_without_a_login_the_pages_are_read_unless_only_the_api_is_asked_for(
    fresh: Source, choice: TelegramChoice, without: tuple[TelegramSource, ...], with_one: tuple[TelegramSource, ...]
) -> None:
    assert telegram_sources(asked(fresh, choice)) == without
    assert telegram_sources(asked(with_login(fresh), choice)) == with_one


def test_credentials_without_a_login_and_a_login_without_credentials_are_no_login(fresh: Source) -> None:
    assert telegram_sources(replace(fresh, environment=CREDENTIALS)) == (WEB,)
    fresh.telegram_session.touch()
    assert telegram_sources(fresh) == (WEB,)


def test_each_choice_opens_its_collector(fresh: Source) -> None:
    kinds = {
        TelegramWebCollector: fresh,
        TelegramSources: with_login(fresh),
        TelegramCollector: asked(with_login(fresh), TelegramChoice.API),
    }
    for kind, source in kinds.items():
        if kind is TelegramWebCollector:
            source.telegram_session.unlink()
        collector = open_collector(Platform.TELEGRAM, source)
        assert type(collector) is kind
        collector.close()
        source.telegram_session.touch()


def test_a_server_that_is_not_telegram_s_is_never_mixed_with_telegram_s_pages(fresh: Source) -> None:
    local, pages = {"server": "127.0.0.1:4430"}, {"web_url": "http://127.0.0.1:8767"}
    source = with_login(fresh)
    assert telegram_sources(asked(source, TelegramChoice.AUTO, **local)) == (API,)
    assert telegram_sources(asked(source, TelegramChoice.AUTO, **pages)) == (WEB,)
    assert telegram_sources(asked(source, TelegramChoice.WEB, **pages)) == (WEB,)
    assert telegram_sources(asked(source, TelegramChoice.AUTO, **local, **pages)) == (API, WEB)


def test_the_api_alone_without_a_login_says_what_is_missing(fresh: Source) -> None:
    with pytest.raises(ConfigError, match="api_id is missing"):
        open_collector(Platform.TELEGRAM, asked(fresh, TelegramChoice.API))
    source = replace(asked(fresh, TelegramChoice.API), environment=CREDENTIALS)
    with pytest.raises(ConfigError, match="tracker login telegram"):
        open_collector(Platform.TELEGRAM, source)


def test_a_credential_that_cannot_be_right_is_told_and_not_passed_over(fresh: Source) -> None:
    source = replace(with_login(fresh), environment={**CREDENTIALS, "TRACKER_TELEGRAM_API_ID": "one"})
    with pytest.raises(ConfigError, match="not a number"):
        open_collector(Platform.TELEGRAM, source)


def test_it_is_said_over_what_telegram_is_read(fresh: Source) -> None:
    assert telegram_is_read(fresh) == (
        "read over the public preview pages (https://t.me/s/…), without a login; "
        "their counters are rounded to three digits"
    )
    assert telegram_is_read(with_login(fresh)).startswith("read over the API; the public preview pages")
