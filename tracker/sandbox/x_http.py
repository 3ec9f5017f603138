"""A small HTTP/1.1 server on loopback: keeps connections, writes a reply at once, and stops without waiting."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tracker.domain.errors import SandboxError
from tracker.sandbox.x_replies import Delivery, Reply

LOOPBACK = "127.0.0.1"
LARGEST_BODY = 1 << 26
WRITE_BUFFER = 1 << 18
"""Bytes: a page of 100 posts and its headers go out in one piece."""
POLL_SECONDS = 0.02
"""How soon the server notices that it is to stop."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    """Path and query."""
    authorization: str | None
    body: bytes = b""
    host: str = ""
    """Under which name, and port, it was asked."""


class HttpServer(ThreadingHTTPServer):
    """Bound on construction; raises OSError where the port cannot be had."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Reply]) -> None:
        self.answer = answer
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((LOOPBACK, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would ask the resolver for this machine's name, which can take seconds offline.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def serve(self) -> None:
        """Serve until `stop` is called from another thread."""
        self.serve_forever(POLL_SECONDS)

    def stop(self) -> None:
        """Close the port and every connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._connections:
                _hang_up(connection)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        # A client that leaves in the middle of an answer is no error here.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed names sockets only


class HttpService(ABC):
    """Answers over HTTP until it is stopped; a context manager. Started again, it keeps its port."""

    def __init__(self, port: int, name: str) -> None:
        """`port` 0 takes a free one. `name` is that of its thread."""
        self.port = port
        self._name = name
        self._http: HttpServer | None = None

    @abstractmethod
    def _reply(self, request: Request) -> Reply:
        """The answer to a request; called from a thread of its own."""

    def start(self) -> None:
        """Begin to serve, in threads of its own, unless it does already. Raises SandboxError if the port is taken."""
        if self._http is not None:
            return
        try:
            self._http = HttpServer(self.port, self._reply)
        except OSError as error:
            raise SandboxError(f"port {self.port} on {LOOPBACK} cannot be used ({error}): choose another") from error
        self.port = self._http.server_port
        threading.Thread(target=self._http.serve, name=f"{self._name}-{self.port}", daemon=True).start()

    def stop(self) -> None:
        """Close the port and all connections, those of slow answers too."""
        if self._http is not None:
            self._http.stop()
            self._http = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base address, in place of the platform's own."""
        return f"http://{LOOPBACK}:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = WRITE_BUFFER

    def do_GET(self) -> None:
        self._exchange()

    def do_POST(self) -> None:
        self._exchange()

    def do_PUT(self) -> None:
        self._exchange()

    def do_DELETE(self) -> None:
        self._exchange()

    def version_string(self) -> str:
        return "tracker-sandbox"

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing goes to the terminal; the server keeps its own log."""

    def _exchange(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        self._send(
            self.server.answer(
                Request(
                    self.command, self.path, self.headers.get("Authorization"), body, self.headers.get("Host", "")
                )
            )
        )

    def _send(self, reply: Reply) -> None:
        stopped = self.server.stopping.wait(reply.delay) if reply.delay else False
        if stopped or reply.delivery is Delivery.NOTHING:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.delivery is Delivery.TRUNCATED:
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(reply.body)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The client was faster.
        return
