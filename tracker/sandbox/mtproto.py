"""MTProto 2.0 as a server speaks it: packets, encryption, the exchange of keys, and the envelope of requests.

Telethon's own classes parse requests as well as answers, so that only what differs on the server's side is here.
Source of the formats: core.telegram.org/mtproto. For rehearsals on the loopback interface, not for the world.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

from telethon import functions, types
from telethon.crypto import AES, AuthKey
from telethon.crypto.rsa import get_byte_array
from telethon.extensions import BinaryReader
from telethon.helpers import generate_key_data_from_nonce
from telethon.tl.core import GzipPacked, MessageContainer
from telethon.tl.tlobject import TLObject

from tracker.sandbox.mtproto_keys import PRIME, PRIME_GENERATOR, ServerKey

VECTOR, TRUE, FALSE = 0x1CB5C415, 0x997275B5, 0xBC799737
RPC_RESULT, UNKNOWN_TYPE = 0xF35C6D01, 0xDEADBEEF
COMPRESS_FROM = 512
"""Answers longer than so many bytes are compressed, as Telegram does."""

SMALL_PRIMES = 65537, 65539
"""What the client has to factorise to show that it works; Telethon reads their product as a signed number."""


class RpcError(Exception):
    """The request is answered with an error, such as 420 FLOOD_WAIT_30."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


class TransportError(Exception):
    """A bare negative number is sent in place of a packet, such as -404, and the connection closed."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class DroppedError(Exception):
    """The connection is closed instead of an answer."""


class SilenceError(Exception):
    """The request is never answered."""


class UnknownTypeError(Exception):
    """The request is answered with a type that the client's version does not know."""


class Services(Protocol):
    """What a connection needs of its server. All methods are called from the server's event loop."""

    @property
    def key(self) -> ServerKey: ...

    def auth_key(self, key_id: int) -> AuthKey | None:
        """The key that a client has agreed on with this server."""

    def remember_key(self, key: AuthKey) -> None:
        """Take note of a key just agreed on."""

    def answer(self, key_id: int, request: TLObject) -> object:
        """Serve one request. Raises the five errors above."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around a message inside an encrypted packet."""

    salt: int
    session_id: int
    message_id: int
    sequence: int
    body: bytes


FROM_CLIENT, FROM_SERVER = 0, 8
"""Where in the key the part begins that each side encrypts with."""


def seal(key: AuthKey, envelope: Envelope) -> bytes:
    """Encrypt a message of the server."""
    head = struct.pack(
        "<qqqii", envelope.salt, envelope.session_id, envelope.message_id, envelope.sequence, len(envelope.body)
    )
    data = head + envelope.body
    data += os.urandom(-(len(data) + 12) % 16 + 12)
    message_key = _message_key(key, data, FROM_SERVER)
    packet: bytes = AES.encrypt_ige(data, *_aes_key(key, message_key, FROM_SERVER))
    return struct.pack("<Q", key.key_id) + message_key + packet


def unseal(key: AuthKey, packet: bytes) -> Envelope:
    """Decrypt a message of the client. Raises DroppedError if it was not made with this key."""
    message_key = packet[8:24]
    data: bytes = AES.decrypt_ige(packet[24:], *_aes_key(key, message_key, FROM_CLIENT))
    if _message_key(key, data, FROM_CLIENT) != message_key:
        raise DroppedError
    salt, session_id, message_id, sequence, length = struct.unpack("<qqqii", data[:32])
    return Envelope(salt, session_id, message_id, sequence, data[32 : 32 + length])


def _message_key(key: AuthKey, data: bytes, side: int) -> bytes:
    return hashlib.sha256(key.key[88 + side : 120 + side] + data).digest()[8:24]


def _aes_key(key: AuthKey, message_key: bytes, side: int) -> tuple[bytes, bytes]:
    a = hashlib.sha256(message_key + key.key[side : side + 36]).digest()
    b = hashlib.sha256(key.key[side + 40 : side + 76] + message_key).digest()
    return a[:8] + b[8:24] + a[24:32], b[:8] + a[8:24] + b[24:32]


def to_bytes(result: object) -> bytes:
    """An answer as it stands in an rpc_result, where vectors and booleans have no class of their own."""
    if isinstance(result, bool):
        return struct.pack("<I", TRUE if result else FALSE)
    if isinstance(result, Sequence):
        return struct.pack("<Ii", VECTOR, len(result)) + b"".join(bytes(item) for item in result)
    return result._bytes()  # type: ignore[attr-defined,no-any-return]  # a TLObject: telethon has no types


class KeyExchange:
    """The three steps in which client and server agree on a key; core.telegram.org/mtproto/auth_key."""

    def __init__(self, server: Services) -> None:
        self._server = server
        self._nonce = 0
        self._server_nonce = 0
        self._new_nonce = 0
        self._secret = 0
        self._aes: tuple[bytes, bytes] = b"", b""

    def answer(self, request: TLObject) -> TLObject:
        """The answer to one step. Raises DroppedError for what is none of them."""
        if isinstance(request, functions.ReqPqMultiRequest):
            return self._offer_key(request)
        if isinstance(request, functions.ReqDHParamsRequest):
            return self._offer_parameters(request)
        if isinstance(request, functions.SetClientDHParamsRequest):
            return self._agree(request)
        raise DroppedError

    def _offer_key(self, request: TLObject) -> TLObject:
        self._nonce = request.nonce
        self._server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        p, q = SMALL_PRIMES
        return types.ResPQ(self._nonce, self._server_nonce, get_byte_array(p * q), [self._server.key.fingerprint])

    def _offer_parameters(self, request: TLObject) -> TLObject:
        block = self._server.key.decrypt(request.encrypted_data)
        inner = BinaryReader(block[20:]).tgread_object()
        if hashlib.sha1(bytes(inner)).digest() != block[:20]:
            raise DroppedError
        self._new_nonce = inner.new_nonce
        self._aes = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        self._secret = int.from_bytes(os.urandom(256), "big")
        public = pow(PRIME_GENERATOR, self._secret, PRIME)
        data = bytes(
            types.ServerDHInnerData(
                self._nonce,
                self._server_nonce,
                PRIME_GENERATOR,
                get_byte_array(PRIME),
                get_byte_array(public),
                int(time.time()),
            )
        )
        data = hashlib.sha1(data).digest() + data
        data += os.urandom(-len(data) % 16)
        return types.ServerDHParamsOk(self._nonce, self._server_nonce, AES.encrypt_ige(data, *self._aes))

    def _agree(self, request: TLObject) -> TLObject:
        inner = BinaryReader(AES.decrypt_ige(request.encrypted_data, *self._aes)[20:]).tgread_object()
        shared = pow(int.from_bytes(inner.g_b, "big"), self._secret, PRIME)
        key = AuthKey(shared.to_bytes(256, "big"))
        self._server.remember_key(key)
        return types.DhGenOk(self._nonce, self._server_nonce, key.calc_new_nonce_hash(self._new_nonce, 1))


class Connection:
    """One client's connection, from its first packet to its last."""

    def __init__(self, server: Services, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._exchange = KeyExchange(server)
        self._packets_sent = 0
        self._key: AuthKey | None = None
        self._salt = 0
        self._session_id = 0
        self._content_sent = 0
        self._last_message_id = 0

    async def serve(self) -> None:
        """Answer until the client leaves or a fault closes the connection."""
        try:
            while True:
                await self._packet(await self._receive())
        except (asyncio.IncompleteReadError, ConnectionError, DroppedError):
            return

    async def _receive(self) -> bytes:
        head = await self._reader.readexactly(8)
        length, _ = struct.unpack("<ii", head)
        rest = await self._reader.readexactly(length - 8)
        if crc32(head + rest[:-4]) != struct.unpack("<I", rest[-4:])[0]:
            raise DroppedError
        return rest[:-4]

    async def _send_packet(self, data: bytes) -> None:
        packet = struct.pack("<ii", len(data) + 12, self._packets_sent) + data
        self._packets_sent += 1
        self._writer.write(packet + struct.pack("<I", crc32(packet)))
        await self._writer.drain()

    async def _packet(self, packet: bytes) -> None:
        (key_id,) = struct.unpack("<Q", packet[:8])
        if key_id == 0:
            answer = bytes(self._exchange.answer(BinaryReader(packet[20:]).tgread_object()))
            await self._send_packet(struct.pack("<qqi", 0, self._next_message_id(), len(answer)) + answer)
            return
        key = self._server.auth_key(key_id)
        if key is None:
            await self._send_packet(struct.pack("<i", -404))
            raise DroppedError
        self._key = key
        envelope = unseal(key, packet)
        if envelope.session_id != self._session_id:
            self._salt, self._session_id, self._content_sent = envelope.salt, envelope.session_id, 0
            await self._send(bytes(types.NewSessionCreated(envelope.message_id, 1, self._salt)))
        await self._message(envelope.message_id, BinaryReader(envelope.body).tgread_object())

    async def _message(self, message_id: int, content: TLObject) -> None:
        if isinstance(content, MessageContainer):
            for inner in content.messages:
                await self._message(inner.msg_id, inner.obj)
        elif isinstance(content, GzipPacked):
            await self._message(message_id, BinaryReader(content.data).tgread_object())
        elif isinstance(content, functions.PingRequest | functions.PingDelayDisconnectRequest):
            await self._send(bytes(types.Pong(message_id, content.ping_id)), is_content=False)
        elif not isinstance(content, types.MsgsAck):
            await self._request(message_id, unwrapped(content))

    async def _request(self, message_id: int, request: TLObject) -> None:
        assert self._key is not None
        try:
            body = to_bytes(self._server.answer(self._key.key_id, request))
            if len(body) > COMPRESS_FROM:
                body = bytes(GzipPacked(body))
        except RpcError as error:
            body = bytes(types.RpcError(error.code, error.message))
        except UnknownTypeError:
            body = struct.pack("<I", UNKNOWN_TYPE)
        except TransportError as error:
            await self._send_packet(struct.pack("<i", error.code))
            raise DroppedError from error
        except SilenceError:
            return
        await self._send(struct.pack("<Iq", RPC_RESULT, message_id) + body)

    async def _send(self, body: bytes, *, is_content: bool = True) -> None:
        sequence = self._content_sent * 2 + is_content
        self._content_sent += is_content
        envelope = Envelope(self._salt, self._session_id, self._next_message_id(), sequence, body)
        await self._send_packet(seal(self._key, envelope))

    def _next_message_id(self) -> int:
        """Seconds in the upper half, growing, and odd: what a server's answers are numbered with."""
        moment = int(time.time() * 2**32) // 4 * 4 + 1
        self._last_message_id = max(moment, self._last_message_id + 4)
        return self._last_message_id


WRAPPERS = (
    functions.InvokeWithLayerRequest,
    functions.InitConnectionRequest,
    functions.InvokeWithoutUpdatesRequest,
    functions.InvokeAfterMsgRequest,
)


def unwrapped(request: TLObject) -> TLObject:
    """The request itself, without what the client says of its version around it."""
    while isinstance(request, WRAPPERS):
        request = request.query
    return request
