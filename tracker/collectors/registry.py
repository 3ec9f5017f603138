"""Which collector reads which platform. Its module, and the library behind it, is imported when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.collectors.protocol import Collector
from tracker.config import credentials
from tracker.config.credentials import has_telegram_api, telegram_api
from tracker.config.problems import BadValueError, Problem
from tracker.config.proxy import Proxy, Scheme, from_environment, parse
from tracker.config.settings import SANDBOX, TELEGRAM_WEB, Settings
from tracker.config.values import on_this_machine
from tracker.domain.errors import ConfigError, MissingCredentialError
from tracker.domain.instants import Clock
from tracker.domain.words import Platform, TelegramChoice, TelegramSource

if TYPE_CHECKING:
    from tracker.collectors.telegram import TelegramCollector
    from tracker.collectors.telegram_web import TelegramWebCollector


@dataclass(frozen=True, slots=True)
class Source:
    """What a collector is made from."""

    settings: Settings
    clock: Clock
    home: Path
    telegram_session: Path
    environment: Mapping[str, str]
    """Where credentials are looked up."""

    def proxy(self, platform: Platform) -> Proxy | None:
        """By which proxy the platform is reached. Raises ConfigError."""
        return proxy_of(platform, self.settings, self.environment)


def proxy_of(platform: Platform, settings: Settings, environment: Mapping[str, str]) -> Proxy | None:
    """By which proxy the platform is reached; None: by none. Raises ConfigError, without the address."""
    found = proxy_or_problem(platform, settings, environment)
    if isinstance(found, Problem):
        raise ConfigError(str(found))
    return found


def proxy_or_problem(
    platform: Platform, settings: Settings, environment: Mapping[str, str]
) -> Proxy | Problem | None:
    """The proxy: a credential's, the settings', or the environment's if they say so; else what is wrong with it.

    The problem does not quote the address, which may hold a password. Raises ConfigError for a credential that
    cannot be read.
    """
    telegram = platform is Platform.TELEGRAM
    given, place = credentials.proxy(platform, environment), "the environment's proxy"
    try:
        if given is not None:
            address, place = given
            return parse(address.reveal(), telegram=telegram)
        chosen = settings.proxy.telegram if telegram else settings.proxy.x
        if chosen is not None or not settings.proxy.from_environment:
            return chosen
        return from_environment(environment, telegram=telegram)
    except BadValueError as error:
        return Problem(place, 0, "", error.wrong, error.right)


def proxy_towards(url: str, settings: Settings, environment: Mapping[str, str]) -> Proxy | None:
    """By which proxy an address that is no platform's is reached: X's, else Telegram's.

    None: none is set, or it is on this machine. Who is kept from being seen by a platform wants to be seen by nobody
    beside it. Raises ConfigError, also where only an MTProxy is set, which leads to Telegram alone.
    """
    if on_this_machine(url):
        return None
    proxies = _proxies(settings, environment)
    usable = [proxy for proxy in proxies if proxy.scheme is not Scheme.MTPROXY]
    if proxies and not usable and not settings.proxy.others_directly:
        raise ConfigError(
            "an MTProxy leads to Telegram alone, so there is no way for the ping of [health] and the stamps of "
            "[evidence]: set a proxy for X too, take their addresses out, or say others_directly = true below [proxy]"
        )
    return usable[0] if usable else None


def _proxies(settings: Settings, environment: Mapping[str, str]) -> list[Proxy]:
    """Those of the platforms that are collected, X's first."""
    platforms = [platform for platform in (Platform.X, Platform.TELEGRAM) if platform in settings.platforms]
    found = [proxy_of(platform, settings, environment) for platform in platforms]
    return [proxy for proxy in found if proxy is not None]


def credential_said(platform: Platform, source: Source) -> str:
    """What is there. Raises ConfigError for what is missing or cannot be right."""
    if platform is Platform.X:
        if source.settings.x.api_url == SANDBOX:
            return "the sandbox's"
        credentials.x_bearer_token(source.environment)
        return "a bearer token is given"
    if source.settings.telegram.server == SANDBOX:
        return "the sandbox's"
    if TelegramSource.API in telegram_sources(source):
        credentials.telegram_api(source.environment)
        if not source.telegram_session.exists():
            raise MissingCredentialError(f"no login yet ({source.telegram_session}): run `tracker login telegram`")
    return telegram_is_read(source)


def require_way_of_alerts(settings: Settings, environment: Mapping[str, str]) -> None:
    """Raises ConfigError if messages would pass by the proxies that are set, and nobody has said that they may."""
    if settings.proxy.others_directly or not (settings.alerts.urls or credentials.alert_urls(environment)):
        return
    if _proxies(settings, environment):
        raise ConfigError(
            "messages of [alerts] cannot go through a proxy, and one is set: take their addresses out, or say "
            "others_directly = true below [proxy] in the settings to let them pass by it"
        )


def open_collector(platform: Platform, source: Source) -> Collector:
    """The platform's collector, ready to ask. Raises ConfigError if a credential is missing."""
    return _OPENERS[platform](source)


def _open_x(source: Source) -> Collector:
    from tracker.collectors.x import XCollector
    from tracker.config.credentials import x_bearer_token

    return XCollector(
        source.settings.x, x_bearer_token(source.environment).reveal(), source.clock, source.proxy(Platform.X)
    )


def telegram_sources(source: Source) -> tuple[TelegramSource, ...]:
    """Over what Telegram is read: what is asked first, and what stands in. Raises ConfigError.

    Without a login that is the pages alone. A server that is not Telegram's own is never mixed with its pages.
    """
    settings, api, web = source.settings.telegram, TelegramSource.API, TelegramSource.WEB
    proxy = source.proxy(Platform.TELEGRAM)
    if proxy is not None and proxy.scheme is Scheme.MTPROXY:
        if settings.source is TelegramChoice.WEB:
            raise ConfigError(
                "Telegram's pages cannot be read through an MTProxy; set another proxy, or another source"
            )
        return (api,)
    if settings.source is TelegramChoice.API:
        return (api,)
    one_world = bool(settings.server) is (settings.web_url != TELEGRAM_WEB)
    has_login = source.telegram_session.exists() and has_telegram_api(source.environment)
    if settings.source is TelegramChoice.WEB:
        return (web, api) if has_login and one_world else (web,)
    if not one_world:
        return (api,) if settings.server else (web,)
    return (api, web) if has_login else (web,)


def telegram_is_read(source: Source) -> str:
    """In words, over what Telegram is read. Raises ConfigError."""
    pages = f"the public preview pages ({source.settings.telegram.web_url}/s/…)"
    rounded = "their counters are rounded to three digits"
    match telegram_sources(source):
        case (TelegramSource.WEB,):
            return f"read over {pages}, without a login; {rounded}"
        case (TelegramSource.API, TelegramSource.WEB):
            return f"read over the API; {pages} stand in where it cannot"
        case (TelegramSource.WEB, TelegramSource.API):
            return f"read over {pages}, with the login for channels without one; {rounded}"
        case _:
            return "read over the API"


def _open_telegram(source: Source) -> Collector:
    order = telegram_sources(source)
    if order == (TelegramSource.API,):
        return _open_telegram_api(source)
    if order == (TelegramSource.WEB,):
        return _open_telegram_web(source)
    from tracker.collectors.telegram_sources import TelegramSources

    web_first = order[0] is TelegramSource.WEB
    return TelegramSources(_open_telegram_api(source), _open_telegram_web(source), source.clock, web_first=web_first)


def _open_telegram_web(source: Source) -> TelegramWebCollector:
    from tracker.collectors.telegram_web import TelegramWebCollector

    return TelegramWebCollector(source.settings.telegram, source.clock, proxy=source.proxy(Platform.TELEGRAM))


def _open_telegram_api(source: Source) -> TelegramCollector:
    from tracker.collectors.telegram import TelegramCollector
    from tracker.collectors.telegram_session import server_of

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
        proxy=source.proxy(Platform.TELEGRAM),
    )


_OPENERS: Mapping[Platform, Callable[[Source], Collector]] = {
    Platform.X: _open_x,
    Platform.TELEGRAM: _open_telegram,
}
