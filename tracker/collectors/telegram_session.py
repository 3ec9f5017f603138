"""Telethon, tamed: a session file that only its owner reads and that remembers nobody, and which server is meant."""

from __future__ import annotations

import logging
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import SQLiteSession

from tracker import __version__
from tracker.collectors.routing import telethon_way
from tracker.config.proxy import Proxy
from tracker.config.settings import TelegramSettings
from tracker.domain.errors import ConfigError

DATA_CENTRE = 2
"""The number under which another server is entered; any would do."""

SQLITE = b"SQLite format 3\x00"
"""How every SQLite file begins."""

_silent = logging.getLogger("tracker.telethon")
_silent.setLevel(logging.CRITICAL + 1)
"""Telethon's log repeats what the outcomes say, and can hold requests with the API hash in them."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is not Telegram's own, such as the sandbox."""

    host: str
    port: int
    public_key: str
    """PEM, PKCS#1."""


def server_of(settings: TelegramSettings, home: Path) -> Server | None:
    """The server that the settings name, or None for Telegram itself. Raises ConfigError."""
    if not settings.server:
        return None
    host, _, port = settings.server.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"telegram.server is {settings.server!r}: write host:port")
    path = home / settings.server_key
    try:
        return Server(host, int(port), path.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"telegram.server_key: cannot read {path}: name the server's PEM file") from error


def open_session(path: Path, server: Server | None) -> SQLiteSession:
    """The session kept in this file, made if it is missing; its name ends in `.session`.

    The file holds the key to the Telegram account, so it is 0600 before anything is in it, and in a folder that
    is 0700 if it had to be made. Telethon would also write down the people it meets: it does not here.
    """
    if path.suffix != ".session":
        raise ValueError(f"not the name of a session: {path}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    with path.open("rb") as file:
        if file.read(len(SQLITE)) not in (b"", SQLITE):
            # Telethon would find out too, and leave the file open.
            raise sqlite3.DatabaseError(f"{path} is not a session")
    session = SQLiteSession(str(path))
    session.save_entities = False
    if server is not None and (session.server_address, session.port) != (server.host, server.port):
        session.set_dc(DATA_CENTRE, server.host, server.port)
        session.save()
    return session


def make_client(
    session: SQLiteSession, api_id: int, api_hash: str, server: Server | None, proxy: Proxy | None = None
) -> TelegramClient:
    """A client that does one thing at a time: no updates, no sleeping, no trying again by itself."""
    if server is not None:
        rsa.add_key(server.public_key, old=False)
    TelegramClient._config = None  # kept on the class, it would send the next client to this one's server
    return TelegramClient(
        session,
        api_id,
        api_hash,
        receive_updates=False,
        flood_sleep_threshold=0,
        request_retries=0,
        raise_last_call_error=True,
        connection_retries=0,
        retry_delay=0,
        auto_reconnect=False,
        device_model="influence-tracker",
        system_version="1",
        app_version=__version__,
        base_logger=_silent,
        **telethon_way(proxy),
    )
