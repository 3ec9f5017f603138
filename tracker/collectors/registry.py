"""Which collector reads which platform. Its module, and the library behind it, is imported when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tracker.collectors.protocol import Collector
from tracker.config.settings import Settings
from tracker.domain.errors import ConfigError
from tracker.domain.instants import Clock
from tracker.domain.words import Platform


@dataclass(frozen=True, slots=True)
class Source:
    """What a collector is made from."""

    settings: Settings
    clock: Clock
    home: Path
    telegram_session: Path
    environment: Mapping[str, str]
    """Where credentials are looked up."""


def open_collector(platform: Platform, source: Source) -> Collector:
    """The platform's collector, ready to ask. Raises ConfigError if a credential is missing."""
    return _OPENERS[platform](source)


def _open_x(source: Source) -> Collector:
    from tracker.collectors.x import XCollector
    from tracker.config.credentials import x_bearer_token

    return XCollector(source.settings.x, x_bearer_token(source.environment).reveal(), source.clock)


def _open_telegram(source: Source) -> Collector:
    from tracker.collectors.telegram import TelegramCollector
    from tracker.collectors.telegram_session import server_of
    from tracker.config.credentials import telegram_api

    api = telegram_api(source.environment)
    session = source.telegram_session
    if not session.exists():
        raise ConfigError(f"Telegram: no login yet ({session} does not exist); run `tracker login telegram`")
    return TelegramCollector(
        source.settings.telegram,
        session,
        api.api_id,
        api.api_hash.reveal(),
        source.clock,
        server_of(source.settings.telegram, source.home),
    )


_OPENERS: Mapping[Platform, Callable[[Source], Collector]] = {
    Platform.X: _open_x,
    Platform.TELEGRAM: _open_telegram,
}
