"""Whether a platform can be reached: one request that is free and about nobody, the way that collecting goes.

X: how much was used this month, which shows that the token is taken. Telegram's API: its configuration, over a
session that is made for this and thrown away, so that no login is involved. Telegram's pages: the front page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests

from tracker.collectors.proxy_faults import ProxyFaultError, told_with
from tracker.collectors.registry import Source, telegram_sources
from tracker.collectors.routing import routed
from tracker.config.credentials import telegram_api, x_bearer_token
from tracker.domain.instants import Instant
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.words import Platform, TelegramSource

USAGE = "/2/usage/tweets"


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of one request."""

    over: str
    """What was asked, in words."""
    failure: Failure | None
    said_at: Instant | None = None
    """What time it is, by the platform."""


def reach(platform: Platform, source: Source) -> Iterator[Reached]:
    """Ask each way by which the platform is read. Raises ConfigError if a credential or a proxy is wrong."""
    if platform is Platform.X:
        yield _x(source)
        return
    for way in telegram_sources(source):
        yield _telegram_api(source) if way is TelegramSource.API else _telegram_pages(source)


def _x(source: Source) -> Reached:
    from tracker.collectors.x_failures import broken, refusal_of
    from tracker.collectors.x_link import Link

    over, proxy = "the API", source.proxy(Platform.X)
    link = Link(source.settings.x, x_bearer_token(source.environment).reveal(), proxy)
    try:
        response = link.request("GET", USAGE)
    except requests.RequestException as error:
        return Reached(over, told_with(broken(error), proxy, error))
    finally:
        link.close()
    return Reached(over, refusal_of(response, USAGE, source.clock()), _date_of(response))


def _telegram_pages(source: Source) -> Reached:
    over, proxy = "the pages", source.proxy(Platform.TELEGRAM)
    settings = source.settings.telegram
    with routed(requests.Session(), proxy) as session:
        try:
            with session.get(
                settings.web_url + "/", allow_redirects=False, stream=True, timeout=settings.timeout
            ) as response:
                status, date = response.status_code, _date_of(response)
        except requests.RequestException as error:
            detail = f"could not reach them ({type(error).__name__})"
            return Reached(over, told_with(Failure(OutcomeKind.TRANSPORT, detail), proxy, error))
    limited = Failure(OutcomeKind.RATE_LIMITED, "they want fewer requests") if status == 429 else None
    trouble = Failure(OutcomeKind.TRANSPORT, f"they answered {status}") if status >= 500 else None
    return Reached(over, limited or trouble, date)


def _telegram_api(source: Source) -> Reached:
    from telethon import errors

    over, proxy = "the API", source.proxy(Platform.TELEGRAM)
    try:
        return Reached(over, None, asyncio.run(_configuration(source)))
    except (OSError, EOFError, BufferError, ProxyFaultError, errors.RPCError, errors.SecurityError) as error:
        detail = f"could not reach it ({type(error).__name__})"
        return Reached(over, told_with(Failure(OutcomeKind.TRANSPORT, detail), proxy, error))


async def _configuration(source: Source) -> Instant:
    """What time the server says it is."""
    from telethon import functions
    from telethon.sessions import MemorySession

    from tracker.collectors.telegram_session import DATA_CENTRE, make_client, server_of

    api, settings = telegram_api(source.environment), source.settings.telegram
    server, session = server_of(settings, source.home), MemorySession()
    if server is not None:
        session.set_dc(DATA_CENTRE, server.host, server.port)
    proxy = source.proxy(Platform.TELEGRAM)
    client = make_client(session, api.api_id, api.api_hash.reveal(), server, proxy)
    try:
        async with asyncio.timeout(settings.timeout):
            await client.connect()
            found = await client(functions.help.GetConfigRequest())
            return int(found.date.timestamp())
    finally:
        await client.disconnect()


def _date_of(response: requests.Response) -> Instant | None:
    try:
        return int(parsedate_to_datetime(response.headers.get("Date", "")).timestamp())
    except (ValueError, OverflowError):
        return None
