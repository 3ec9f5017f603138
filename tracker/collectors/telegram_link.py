"""The line to Telegram: Telethon in an event loop of its own, behind calls that always end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from telethon import TelegramClient, errors

from tracker.collectors.proxy_faults import ProxyFaultError
from tracker.collectors.telegram_session import Server, make_client, open_session
from tracker.config.proxy import Proxy

HANG_UP = 1.0
"""Seconds for taking leave of a server that may no longer listen."""

LOST = (OSError, EOFError, BufferError, ProxyFaultError, errors.AuthKeyNotFound, errors.SecurityError)
"""What a lost connection looks like; a bare transport code such as -404 is one too."""

T = TypeVar("T")


class Link:
    """One login's connection, made when it is needed. Used from one thread, and not from inside an event loop."""

    def __init__(
        self,
        session_path: Path,
        api_id: int,
        api_hash: str,
        server: Server | None,
        timeout: float,
        proxy: Proxy | None = None,
    ) -> None:
        """`timeout`: seconds for one call, connecting included."""
        self._session_path = session_path
        self._api = api_id, api_hash
        self._server = server
        self._timeout = timeout
        self.proxy = proxy
        self._runner: asyncio.Runner | None = None
        self._client: TelegramClient | None = None
        self._ready = False
        self.sent = 0
        """How many requests have been sent so far."""

    def call(self, ask: Callable[[TelegramClient], Awaitable[T]]) -> T:
        """What the client answers. If the connection is lost, the client is asked once more over a new one.

        Raises what Telethon raises, ConnectionError when the connection is lost again, ProxyFaultError when the
        proxy does not carry it, and TimeoutError.
        """
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(self._within_time(ask))

    def hang_up(self) -> None:
        """Close the connection and the session file; the next call opens both again."""
        if self._runner is not None:
            self._runner.run(self._hang_up())

    def close(self) -> None:
        """Hang up for good."""
        self.hang_up()
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    async def _within_time(self, ask: Callable[[TelegramClient], Awaitable[T]]) -> T:
        async with asyncio.timeout(self._timeout):
            try:
                return await self._send(ask)
            except LOST:
                await self._hang_up()
                return await self._send(ask)

    async def _send(self, ask: Callable[[TelegramClient], Awaitable[T]]) -> T:
        """The answer, or ConnectionError: what a lost connection left unsent, Telethon would wait for for ever.

        A connection is lost, too, when Telethon moves the session to another data centre.
        """
        client = await self._connected()
        self.sent += 1
        lost = client.disconnected
        answer = asyncio.ensure_future(ask(client))
        try:
            await asyncio.wait((answer, lost), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() or answer.cancelled():
                raise ConnectionError("the connection was lost")
            return answer.result()
        finally:
            answer.cancel()
            if not lost.cancel() and not lost.cancelled():
                lost.exception()  # looked at, so that asyncio does not report it as forgotten

    async def _connected(self) -> TelegramClient:
        if not self._ready or self._client is None or not self._client.is_connected():
            await self._hang_up()
            session = open_session(self._session_path, self._server)
            self._client = make_client(session, *self._api, self._server, self.proxy)
            await self._client.connect()
            # It would go on asking for what is new in the chats of the login, which are none of our business.
            self._client._updates_handle.cancel()
            self._ready = True
        return self._client

    async def _hang_up(self) -> None:
        client, self._client, self._ready = self._client, None, False
        if client is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(client.disconnect(), HANG_UP)
            lost = client.disconnected
            if lost.done() and not lost.cancelled():
                lost.exception()  # looked at, also where the line broke before anything could be asked
