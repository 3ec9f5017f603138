"""Where the settings say `sandbox` in place of an address: the local servers, up for as long as a command runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tracker.config.settings import SANDBOX

if TYPE_CHECKING:
    from tracker.collectors.registry import Source
    from tracker.config.home import Config
    from tracker.domain.instants import Clock
    from tracker.sandbox.telegram_server import TelegramServer

API_ID, API_HASH = "1", "0" * 32
"""The sandbox does not look at them; Telethon wants some."""


@contextmanager
def source_of(config: Config, clock: Clock) -> Iterator[Source]:
    """What collectors are made from; starts the sandbox first where the settings ask for it."""
    from tracker.collectors.registry import Source

    settings = config.settings
    environment: Mapping[str, str] = os.environ
    session = config.home.telegram_session
    with ExitStack() as servers:
        if settings.x.api_url == SANDBOX:
            from tracker.sandbox.x_data import diplomats
            from tracker.sandbox.x_server import BEARER_TOKEN, XServer

            x_server = servers.enter_context(XServer(diplomats(), clock=clock))
            settings = replace(settings, x=replace(settings.x, api_url=x_server.url))
            environment = {**environment, "TRACKER_X_BEARER_TOKEN": BEARER_TOKEN}
        if settings.telegram.server == SANDBOX or settings.telegram.web_url == SANDBOX:
            from tracker.sandbox.telegram_demo import demo_world

            world = demo_world()
            if settings.telegram.web_url == SANDBOX:
                from tracker.sandbox.telegram_web import TelegramWebServer

                pages = servers.enter_context(TelegramWebServer(world))
                settings = replace(settings, telegram=replace(settings.telegram, web_url=pages.url))
            if settings.telegram.server == SANDBOX:
                from tracker.sandbox.telegram_server import TelegramServer

                telegram = servers.enter_context(TelegramServer(world))
                key = config.home.data / "sandbox" / "telegram.pem"
                session = config.home.data / "sandbox" / "telegram.session"
                publish_key(telegram, key)
                telegram.authorised_session(session)
                api = {"TRACKER_TELEGRAM_API_ID": API_ID, "TRACKER_TELEGRAM_API_HASH": API_HASH}
                environment = {**environment, **api}
                address, key_file = telegram.address, str(key.relative_to(config.home.path))
                settings = replace(
                    settings,
                    telegram=replace(settings.telegram, server=f"{address.host}:{address.port}", server_key=key_file),
                )
        yield Source(settings, clock, config.home.path, session, environment)


def publish_key(server: TelegramServer, path: os.PathLike[str]) -> None:
    """Write the server's public key where the settings can name it."""
    from pathlib import Path

    target = Path(path)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.write_text(server.address.public_key, "ascii")
