"""HTTP answers that have to be whole in time.

A socket's own timeout begins anew with each byte: whoever sends one a second could hold a request up for hours.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from functools import cache, partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import ReadTimeoutError

_PIECE = 1 << 16


class Patient(HTTPAdapter):
    """Sends requests whose answers, from the first byte of their head to the last of their body, end in time."""

    def __init__(self, seconds: float, **options: Any) -> None:
        """`seconds` is for the whole answer; how long none of it may come is the request's `timeout`."""
        self.seconds = seconds
        super().__init__(**options)

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> HTTPConnectionPool:
        """The pool, direct or of a proxy; called by requests for each request."""
        pool = super().get_connection_with_tls_context(*arguments, **options)
        assert isinstance(pool, HTTPConnectionPool)
        if not issubclass(pool.ConnectionCls, _InTime):
            pool.ConnectionCls = _in_time(pool.ConnectionCls, self.seconds)
        return pool


class TooLargeError(requests.RequestException):
    """An answer that does not end where any real one would have."""


def whole(response: requests.Response, largest: int) -> requests.Response:
    """A streamed response with all of its body in memory, unpacked: never more than `largest` bytes of it.

    Raises TooLargeError, and requests.RequestException where it breaks off.
    """
    body = bytearray()
    with response:
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > largest:
                raise TooLargeError(f"more than {largest >> 20} MB")
    response._content = bytes(body)  # as requests itself does where nothing is streamed
    return response


def timed_out(error: requests.RequestException) -> bool:
    """Whether a request failed because its answer did not come, or was not whole, in time."""
    cause = error.args[0] if error.args else None
    return isinstance(error, requests.Timeout) or isinstance(getattr(cause, "reason", cause), ReadTimeoutError)


class _InTime:
    """Marks the connections whose answers are bounded."""


@cache
def _in_time(connection: type[Any], seconds: float) -> type[Any]:
    """The kind of connection, with bounded answers."""
    answer = staticmethod(partial(_Answer, seconds=seconds))
    return type(connection.__name__, (_InTime, connection), {"response_class": answer})


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, seconds: float, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        source = self.fp.detach()
        self.fp = io.BufferedReader(_Bounded(source, sock, time.monotonic() + seconds))


class _Bounded(io.RawIOBase):
    """What comes over a socket until the deadline, by `time.monotonic`. Raises TimeoutError after it."""

    def __init__(self, source: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._source, self._sock, self._deadline = source, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        usual = self._sock.gettimeout()
        self._sock.settimeout(left if usual is None else min(usual, left))
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()
