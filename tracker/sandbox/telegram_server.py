"""A Telegram for rehearsals: MTProto on the loopback interface, with faults on demand."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType

from telethon import functions, types
from telethon.crypto import AuthKey
from telethon.tl.tlobject import TLObject

from tracker.collectors.telegram_session import Server, open_session
from tracker.domain.errors import SandboxError
from tracker.sandbox.mtproto import Connection, DroppedError, RpcError, SilenceError, TransportError, UnknownTypeError
from tracker.sandbox.mtproto_keys import ServerKey
from tracker.sandbox.telegram_logins import CODE, CODE_HASH, Logins
from tracker.sandbox.telegram_tl import (
    Login,
    as_chat,
    as_full_chat,
    as_message,
    as_person,
    configuration,
    moment,
    peer,
)
from tracker.sandbox.telegram_world import Channel, PeerKind, Slice, World

HOST = "127.0.0.1"
FOREVER = -1
LOG_LENGTH = 100_000
DEMO_LOGIN = Login(user_id=42, phone="99966200001")
"""Who uses a session that the sandbox makes itself."""


@dataclass(slots=True)
class Fault:
    """How requests are to go wrong."""

    error: Exception
    """One of mtproto's five errors."""
    method: str | None = None
    """Such as `messages.getHistory`; None: any."""
    times: int = 1
    """How many requests still go wrong; FOREVER: all of them."""


def flood_wait(seconds: int) -> Exception:
    """Too many requests: come back in so many seconds."""
    return RpcError(420, f"FLOOD_WAIT_{seconds}")


DROPPED = DroppedError()
SILENCE = SilenceError()
UNKNOWN_KEY = TransportError(-404)
UNKNOWN_TYPE = UnknownTypeError()
INTERNAL = RpcError(500, "INTERNAL")
PRIVATE = RpcError(400, "CHANNEL_PRIVATE")
REVOKED = RpcError(401, "SESSION_REVOKED")


def method_of(request: TLObject) -> str:
    """The request's name in Telegram's documentation, such as `messages.getHistory`."""
    room = type(request).__module__.rpartition(".")[2]
    name = type(request).__name__.removesuffix("Request")
    name = name[0].lower() + name[1:]
    return name if room == "functions" else f"{room}.{name}"


class TelegramServer:
    """Serves a world in a thread of its own, on a free port of the loopback interface unless told which.

    Use it as a context manager, or call start and stop. A key can be given, so that several servers share one.
    """

    def __init__(self, world: World | None = None, *, port: int = 0, key: ServerKey | None = None) -> None:
        self.world = world or World()
        self.key = key or ServerKey.generate()
        self.logins = Logins()
        self.logins.add(DEMO_LOGIN)
        self.port = port
        self._auth_keys: dict[int, AuthKey] = {}
        self._faults: list[Fault] = []
        self._log: deque[TLObject] = deque(maxlen=LOG_LENGTH)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._methods = self._method_table()

    def start(self) -> None:
        """Listen. Raises SandboxError if the port is taken."""
        ready = threading.Event()
        failure: list[OSError] = []
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready, failure)), name="sandbox-telegram", daemon=True
        )
        self._thread.start()
        ready.wait()
        if failure:
            self._thread.join()
            raise SandboxError(f"the Telegram sandbox cannot listen on {HOST}:{self.port}: {failure[0].strerror}")

    def stop(self) -> None:
        """Close all connections and end the thread. A second call does nothing."""
        if self._loop is not None and self._stopping is not None and self._thread is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def __enter__(self) -> TelegramServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self, ready: threading.Event, failure: list[OSError]) -> None:
        try:
            listener = await asyncio.start_server(self._accept, HOST, self.port)
        except OSError as error:
            failure.append(error)
            ready.set()
            return
        self.port = listener.sockets[0].getsockname()[1]
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await self._stopping.wait()
        listener.close()
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await listener.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await Connection(self, reader, writer).serve()
        except asyncio.CancelledError:
            return  # we are being stopped; asyncio's own callback would report it as an error
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def drop_connections(self) -> None:
        """Close every connection that is open now."""

        def drop() -> None:
            for connection in self._connections:
                connection.cancel()

        if self._loop is not None:
            self._loop.call_soon_threadsafe(drop)

    @property
    def address(self) -> Server:
        """Where the server is and how it is known, for a collector."""
        return Server(HOST, self.port, self.key.pem)

    def authorised_session(self, path: Path, login: Login = DEMO_LOGIN) -> Path:
        """Write a Telethon session file, mode 0600, that is logged in already; the path."""
        session = open_session(path, self.address)
        key = AuthKey(os.urandom(256))
        session.auth_key = key
        session.save()
        session.close()
        self.remember_key(key)
        self.logins.admit(key.key_id, login)
        return path

    def fail(self, error: Exception, method: str | None = None, times: int = 1) -> None:
        """Let the next requests (of the method, or any) go wrong."""
        with self._lock:
            self._faults.append(Fault(error, method, times))

    def recover(self) -> None:
        """Forget all faults that are still to come."""
        with self._lock:
            self._faults.clear()

    def requests(self, method: str | None = None) -> tuple[TLObject, ...]:
        """The last requests that arrived, spoilt ones included, in order."""
        with self._lock:
            return tuple(request for request in self._log if method in (None, method_of(request)))

    def auth_key(self, key_id: int) -> AuthKey | None:
        return self._auth_keys.get(key_id)

    def remember_key(self, key: AuthKey) -> None:
        self._auth_keys[key.key_id] = key

    def answer(self, key_id: int, request: TLObject) -> object:
        """Serve one request, or let it go wrong if that was asked for."""
        method = method_of(request)
        with self._lock:
            self._log.append(request)
            for fault in self._faults:
                if fault.times and fault.method in (None, method):
                    fault.times -= 1
                    raise fault.error
        serve = self._methods.get(type(request))
        if serve is None:
            raise RpcError(400, "METHOD_INVALID")
        with self.world.held():
            return serve(key_id, request)

    def _method_table(self) -> Mapping[type, Callable[[int, TLObject], object]]:
        return MappingProxyType(
            {
                functions.help.GetConfigRequest: lambda _key, _request: configuration(HOST, self.port),
                functions.users.GetUsersRequest: self._get_users,
                functions.updates.GetStateRequest: self._get_state,
                functions.updates.GetDifferenceRequest: self._get_difference,
                functions.auth.SendCodeRequest: self._send_code,
                functions.auth.SignInRequest: self._sign_in,
                functions.auth.CheckPasswordRequest: self._check_password,
                functions.auth.LogOutRequest: self._log_out,
                functions.account.GetPasswordRequest: lambda key_id, _request: self.logins.question(key_id),
                functions.contacts.ResolveUsernameRequest: self._resolve,
                functions.channels.GetChannelsRequest: self._get_channels,
                functions.channels.GetFullChannelRequest: self._get_full_channel,
                functions.channels.GetMessagesRequest: self._get_messages,
                functions.messages.GetHistoryRequest: self._get_history,
                functions.messages.GetMessagesViewsRequest: self._get_views,
            }
        )

    def _get_users(self, key_id: int, request: TLObject) -> object:
        login = self.logins.of(key_id)
        return [login.as_user() for user in request.id if isinstance(user, types.InputUserSelf)]

    def _get_state(self, key_id: int, _request: TLObject) -> object:
        self.logins.of(key_id)
        return types.updates.State(pts=1, qts=0, date=moment(0), seq=1, unread_count=0)

    def _get_difference(self, key_id: int, _request: TLObject) -> object:
        self.logins.of(key_id)
        return types.updates.DifferenceEmpty(moment(0), 1)

    def _send_code(self, _key_id: int, request: TLObject) -> object:
        self.logins.known(request.phone_number)
        return types.auth.SentCode(types.auth.SentCodeTypeApp(len(CODE)), CODE_HASH)

    def _sign_in(self, key_id: int, request: TLObject) -> object:
        return types.auth.Authorization(
            self.logins.sign_in(key_id, request.phone_number, request.phone_code).as_user()
        )

    def _check_password(self, key_id: int, request: TLObject) -> object:
        return types.auth.Authorization(self.logins.check_password(key_id, request.password).as_user())

    def _log_out(self, key_id: int, _request: TLObject) -> object:
        self.logins.log_out(key_id)
        return types.auth.LoggedOut()

    def _resolve(self, key_id: int, request: TLObject) -> object:
        login = self.logins.of(key_id)
        found = self.world.named(request.username)
        if found is None:
            raise RpcError(400, "USERNAME_NOT_OCCUPIED")
        if found.kind is PeerKind.USER:
            return types.contacts.ResolvedPeer(peer(found), [], [as_person(found)])
        return types.contacts.ResolvedPeer(peer(found), [as_chat(found, login)], [])

    def _channel(self, key_id: int, asked: TLObject) -> tuple[Channel, Login]:
        """The channel asked for. Raises 400 CHANNEL_INVALID, also for another login's hash, and CHANNEL_PRIVATE."""
        login = self.logins.of(key_id)
        channel = self.world.channel(getattr(asked, "channel_id", 0))
        if channel is None or asked.access_hash != login.access_hash(channel.channel_id):
            raise RpcError(400, "CHANNEL_INVALID")
        if channel.private:
            raise RpcError(400, "CHANNEL_PRIVATE")
        return channel, login

    def _get_channels(self, key_id: int, request: TLObject) -> object:
        return types.messages.Chats([as_chat(*self._channel(key_id, asked)) for asked in request.id])

    def _get_full_channel(self, key_id: int, request: TLObject) -> object:
        channel, login = self._channel(key_id, request.channel)
        return types.messages.ChatFull(as_full_chat(channel), [as_chat(channel, login)], [])

    def _get_history(self, key_id: int, request: TLObject) -> object:
        channel, login = self._channel(key_id, request.peer)
        wanted = Slice(
            limit=request.limit,
            offset_id=request.offset_id,
            offset_date=int(request.offset_date.timestamp()),
            add_offset=request.add_offset,
            min_id=request.min_id,
            max_id=request.max_id,
        )
        messages = [as_message(channel, item) for item in self.world.history(channel, wanted)]
        return types.messages.ChannelMessages(1, len(channel.items), messages, [], [as_chat(channel, login)], [])

    def _get_messages(self, key_id: int, request: TLObject) -> object:
        channel, login = self._channel(key_id, request.channel)
        items = {item.item_id: item for item in channel.items}
        messages = [
            as_message(channel, items[asked.id]) if asked.id in items else types.MessageEmpty(asked.id, peer(channel))
            for asked in request.id
        ]
        return types.messages.ChannelMessages(1, len(messages), messages, [], [as_chat(channel, login)], [])

    def _get_views(self, key_id: int, request: TLObject) -> object:
        channel, _ = self._channel(key_id, request.peer)
        items = {item.item_id: item for item in channel.items}
        views = [
            types.MessageViews(views=items[asked].views, forwards=items[asked].forwards)
            if asked in items
            else types.MessageViews()
            for asked in request.id
        ]
        return types.messages.MessageViews(views, [], [])
