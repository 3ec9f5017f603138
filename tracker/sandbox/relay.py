"""A line between a client and a server on loopback that breaks on demand, for rehearsals.

What the servers of the sandbox cannot do themselves: to be refused, reset, cut at any byte, half-open, or slow to a
byte a second. Arming a fault hangs up what is open, so that it meets the next connections.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from tracker.sandbox.x_http import LOOPBACK, POLL_SECONDS

PIECE = 1 << 16
CHUNK = 1 << 10
HEAD_ENDS = b"\r\n\r\n"
FOREVER = -1


class LineFault(StrEnum):
    """The closed set of faults."""

    REFUSED = "refused"
    """Nobody listens, until it is healed."""
    RESET = "reset"
    """The connection is reset after so many bytes of the answer."""
    CUT = "cut"
    """It is closed, as if all were said, after so many bytes of the answer."""
    HALF_OPEN = "half_open"
    """It is accepted, and nothing is ever answered."""
    DRIP = "drip"
    """After so many bytes, the rest of the answer comes byte by byte."""


@dataclass(slots=True)
class _Armed:
    fault: LineFault
    after: int
    times: int
    seconds: float


class Relay:
    """Passes on to the server at `upstream` what comes to its own port; a context manager.

    `whole`: the server's HTTP answers are passed on one by one, so that a fault `after` -1 byte leaves out the last.
    `chunked`: they are passed on so, and in chunks, without the length that they were said to have.
    """

    def __init__(self, upstream: tuple[str, int], *, whole: bool = False, chunked: bool = False) -> None:
        self.upstream = upstream
        self.whole, self.chunked = whole or chunked, chunked
        self.port = 0
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._armed: list[_Armed] = []
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._close_port()
        self.hang_up()

    @property
    def url(self) -> str:
        """The base address of a server that speaks HTTP, over this line."""
        return f"http://{LOOPBACK}:{self.port}"

    def fail(self, fault: LineFault, *, after: int = 0, times: int = 1, seconds: float = 1.0) -> None:
        """Let a fault meet the next `times` connections, after so many bytes of the answer.

        `seconds` is between two bytes of a DRIP. FOREVER: until `heal`, as REFUSED always is.
        """
        if fault is LineFault.REFUSED:
            self._close_port()
        else:
            with self._lock:
                self._armed.append(_Armed(fault, after, times, seconds))
        self.hang_up()

    def heal(self) -> None:
        """Take back the faults; connections that suffer from one are hung up."""
        with self._lock:
            self._armed.clear()
        self.hang_up()
        if self._listener is None:
            self._listen()

    def hang_up(self) -> None:
        """Close all connections that are open now."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        self._listener = socket.create_server((LOOPBACK, self.port), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _close_port(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread that accepts
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(client)
                armed = self._take()
            threading.Thread(target=self._serve, args=(client, armed), daemon=True).start()

    def _take(self) -> _Armed | None:
        for armed in self._armed:
            if armed.times:
                armed.times -= armed.times != FOREVER
                return armed
        return None

    def _serve(self, client: socket.socket, armed: _Armed | None) -> None:
        try:
            with client, suppress(OSError):
                self._pass_on(client, armed)
        finally:
            with self._lock:
                self._open.discard(client)

    def _pass_on(self, client: socket.socket, armed: _Armed | None) -> None:
        """Carry one connection. Raises OSError where either end breaks."""
        if armed is not None and armed.fault is LineFault.HALF_OPEN:
            while client.recv(PIECE):
                continue
            return
        if armed is not None and armed.fault is LineFault.RESET and not armed.after:
            client.recv(PIECE)
            _reset(client)
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with socket.create_connection(self.upstream) as server:
            answers = self._answers(server)
            left = None if armed is None else armed.after
            while not self._stopped.is_set():
                ready, _, _ = select.select([client, server], [], [], POLL_SECONDS)
                if client in ready:
                    asked = client.recv(PIECE)
                    if not asked:
                        return
                    server.sendall(asked)
                if server in ready:
                    said = next(answers, b"")
                    if not said:
                        return
                    if armed is None or left is None:
                        client.sendall(said)
                        continue
                    client.sendall(said[:left])
                    rest = said[left:]
                    left = max(0, left - len(said))
                    if rest and not self._spoil(client, rest, armed):
                        return

    def _answers(self, server: socket.socket) -> Iterator[bytes]:
        """What the server says, as it comes, or answer by answer."""
        if not self.whole:
            while said := server.recv(PIECE):
                yield said
            return
        while True:
            said = b""
            while HEAD_ENDS not in said:
                piece = server.recv(PIECE)
                if not piece:
                    return
                said += piece
            head, _, body = said.partition(HEAD_ENDS)
            lines = head.split(b"\r\n")
            (length,) = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
            while len(body) < length:
                piece = server.recv(PIECE)
                said, body = said + piece, body + piece
            if not self.chunked:
                yield said
                continue
            kept = [line for line in lines if not line.lower().startswith(b"content-length:")]
            yield b"\r\n".join([*kept, b"Transfer-Encoding: chunked"]) + HEAD_ENDS + in_chunks(body)

    def _spoil(self, client: socket.socket, rest: bytes, armed: _Armed) -> bool:
        """Do what is armed to the rest of what the server has said; whether the connection goes on."""
        if armed.fault is LineFault.DRIP:
            for byte in rest:
                client.sendall(bytes((byte,)))
                if self._stopped.wait(armed.seconds):
                    return False
            return True
        if armed.fault is LineFault.RESET:
            _reset(client)
        return False


def in_chunks(body: bytes, size: int = CHUNK) -> bytes:
    """The body of an HTTP answer in chunks of so many bytes."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def _reset(client: socket.socket) -> None:
    """Let the connection end with a reset, when it is closed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
