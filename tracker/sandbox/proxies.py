"""Proxies on loopback, for rehearsals: SOCKS5, HTTP and MTProxy. Each writes down where it was asked to go.

They stand for a network that is elsewhere: a name that ends in `.invalid`, which nobody on this machine can resolve,
leads to `destination`. So whoever arrives there has gone through the proxy, and has left the name to it.
"""

from __future__ import annotations

import base64
import hashlib
import select
import socket
import socketserver
import struct
import threading
from types import TracebackType
from typing import NamedTuple
from zlib import crc32

from telethon.crypto import AESModeCTR

from tracker.sandbox.x_http import LOOPBACK, POLL_SECONDS

ELSEWHERE = ".invalid"
CLOSING = "\r\nConnection: close\r\n"
PIECE = 1 << 16
SOCKS, NO_PASSWORD, PASSWORD, NONE_FITS = 5, 0, 2, 0xFF
IPV4, NAME, IPV6 = 1, 3, 4
UNREACHABLE = 4
ASKS_WHO = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NO_WAY_ON = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Asked(NamedTuple):
    """Where a proxy was asked to go."""

    host: str
    port: int


class ProxyServer:
    """One proxy, up while it is used as a context manager; started again, it keeps its port."""

    def __init__(self, destination: tuple[str, int], user: str = "", password: str = "") -> None:
        """`user` and `password` are asked for unless they are empty."""
        self.destination = destination
        self.user, self.password = user, password
        self.asked: list[Asked] = []
        self.port = 0
        self._server: socketserver.ThreadingTCPServer | None = None

    def __enter__(self) -> ProxyServer:
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    proxy.serve(self.request)
                except OSError:
                    return  # one of the two ends has gone

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server((LOOPBACK, self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def serve(self, client: socket.socket) -> None:
        """Serve one connection to its end. Raises OSError where it breaks."""
        raise NotImplementedError

    def connect(self, host: str, port: int) -> socket.socket:
        """The way on."""
        self.asked.append(Asked(host, port))
        return socket.create_connection(self.destination if host.endswith(ELSEWHERE) else (host, port))


class SocksProxy(ProxyServer):
    """SOCKS5 (RFC 1928), with user and password (RFC 1929) if it has some."""

    def serve(self, client: socket.socket) -> None:
        version, count = _exactly(client, 2)
        offered = _exactly(client, count)
        wanted = PASSWORD if self.user else NO_PASSWORD
        if version != SOCKS or wanted not in offered:
            client.sendall(bytes((SOCKS, NONE_FITS)))
            return
        client.sendall(bytes((SOCKS, wanted)))
        if self.user:
            _, length = _exactly(client, 2)
            user = _exactly(client, length)
            password = _exactly(client, _exactly(client, 1)[0])
            known = (user, password) == (self.user.encode(), self.password.encode())
            client.sendall(bytes((1, not known)))
            if not known:
                return
        kind = _exactly(client, 4)[3]
        if kind == NAME:
            host = _exactly(client, _exactly(client, 1)[0]).decode("ascii")
        else:
            family, length = (socket.AF_INET, 4) if kind == IPV4 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, _exactly(client, length))
        (port,) = struct.unpack(">H", _exactly(client, 2))
        try:
            server = self.connect(host, port)
        except OSError:
            client.sendall(bytes((SOCKS, UNREACHABLE, 0, IPV4)) + bytes(6))
            return
        with server:
            client.sendall(bytes((SOCKS, 0, 0, IPV4)) + bytes(6))
            _pass_on(client, server)


class HttpProxy(ProxyServer):
    """An HTTP proxy: CONNECT, and requests with a whole address; with user and password (Basic) if it has some."""

    def serve(self, client: socket.socket) -> None:
        head = _head_of(client)
        if self.user and self._authorization not in head:
            client.sendall(ASKS_WHO)
            return
        line, _, rest = head.partition(b"\r\n")
        method, target, version = line.decode("ascii").split(" ")
        tunnel = method == "CONNECT"
        place, _, path = target.removeprefix("http://").partition("/")
        host, _, port = place.partition(":")
        try:
            server = self.connect(host, int(port or 80))
        except OSError:
            client.sendall(NO_WAY_ON)
            return
        with server:
            if tunnel:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                # One request a connection, and both ends are told.
                server.sendall(f"{method} /{path} {version}{CLOSING}".encode() + rest)
            _pass_on(client, server, closing=not tunnel)

    @property
    def _authorization(self) -> bytes:
        return b"Basic " + base64.b64encode(f"{self.user}:{self.password}".encode())


class MtProxy(ProxyServer):
    """Telegram's own: obfuscated packets in, plain ones out to the server at `destination`.

    The transport is as https://core.telegram.org/mtproto/mtproto-transports describes it.
    """

    def __init__(self, destination: tuple[str, int], secret: str) -> None:
        """`secret` is 32 hexadecimal digits, or 34 that begin with dd."""
        super().__init__(destination)
        self._secret = bytes.fromhex(secret)[-16:]

    def serve(self, client: socket.socket) -> None:
        first = _exactly(client, 64)
        backwards = first[55:7:-1]
        reading = AESModeCTR(hashlib.sha256(first[8:40] + self._secret).digest(), first[40:56])
        writing = AESModeCTR(hashlib.sha256(backwards[:32] + self._secret).digest(), backwards[32:48])
        tag = reading.decrypt(first)[56:60]
        if tag not in (b"\xee" * 4, b"\xdd" * 4):
            return  # another secret
        with self.connect(ELSEWHERE, 0) as server:
            forth = threading.Thread(target=_whole_packets, args=(client, server, reading), daemon=True)
            forth.start()
            try:
                while True:
                    length, _ = struct.unpack("<II", _exactly(server, 8))
                    packet = _exactly(server, length - 8)[:-4]
                    client.sendall(writing.encrypt(struct.pack("<I", len(packet)) + packet))
            finally:
                _shut(client)
                forth.join()


def _whole_packets(client: socket.socket, server: socket.socket, reading: AESModeCTR) -> None:
    """Pass a client's packets on in the transport that numbers and checks them."""
    number = 0
    try:
        while True:
            (length,) = struct.unpack("<I", reading.decrypt(_exactly(client, 4)))
            packet = reading.decrypt(_exactly(client, length))
            packet = packet[: len(packet) - len(packet) % 4]  # the rest is padding
            head = struct.pack("<II", len(packet) + 12, number) + packet
            server.sendall(head + struct.pack("<I", crc32(head)))
            number += 1
    except OSError:
        _shut(server)


def _head_of(connection: socket.socket) -> bytes:
    """What comes, until the head is whole at least. Raises ConnectionError where the stream ends before."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(PIECE)
        if not piece:
            raise ConnectionError
        head += piece
    return head


def _exactly(connection: socket.socket, length: int) -> bytes:
    """So many bytes. Raises ConnectionError where the stream ends before."""
    read = b""
    while len(read) < length:
        piece = connection.recv(length - len(read))
        if not piece:
            raise ConnectionError
        read += piece
    return read


def _pass_on(client: socket.socket, server: socket.socket, *, closing: bool = False) -> None:
    """Carry bytes both ways until either end closes; `closing` adds to the server's head that it will."""
    ends = {client: server, server: client}
    while True:
        for ready in select.select([client, server], [], [])[0]:
            piece = ready.recv(PIECE)
            if not piece:
                _shut(client)
                _shut(server)
                return
            if closing and ready is server:
                piece, closing = piece.replace(b"\r\n", CLOSING.encode(), 1), False
            ends[ready].sendall(piece)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is already
