"""What a proxy did in place of carrying us on, told so that nobody takes it for the platform's doing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import requests
import socks
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from tracker.config.proxy import Proxy, Scheme
from tracker.domain.outcomes import Failure, OutcomeKind

UNREACHABLE = "cannot be reached"
SILENT = "did not answer in time"
UNKNOWN = "wants a user and a password, or others than it was given"
BROKEN = "broke off; is it a proxy of this kind?"
CLOSED = "broke off; is its secret the right one?"
ASKS_WHO = 407
"""An HTTP proxy's status for whoever has not said who he is."""


class ProxyFaultError(Exception):
    """A proxy did not carry us on. Printed it is what follows on "the proxy …"."""


def told_with(failure: Failure, proxy: Proxy | None, error: BaseException) -> Failure:
    """The failure that an error is; one of the line says whether the proxy is to blame, or that one was used."""
    if proxy is None or failure.kind is not OutcomeKind.TRANSPORT:
        return failure
    fault = fault_of(error)
    blamed = f"{failure.detail} (through the proxy {proxy})" if fault is None else f"the proxy {proxy} {fault}"
    return replace(failure, detail=blamed)


def fault_of(error: BaseException) -> str | None:
    """What the proxy did, to follow on its name; None where it may as well be the platform's doing.

    For errors of connections through a proxy: of requests, and those of `telling`. Where it is the proxy, nothing was
    sent on. urllib3's ProxyError proves neither: it is raised as well where an answer breaks off.
    """
    told = None
    for cause in _causes(error):
        tunnel = re.match("Tunnel connection failed: ([0-9]{3})", str(cause)) if isinstance(cause, OSError) else None
        match cause:
            case ProxyFaultError():
                return str(cause)
            case socks.SOCKS5AuthError():
                return UNKNOWN
            case socks.SOCKS5Error():
                return _stuck(str(cause))
            case _ if tunnel is not None:
                return _answered(int(tunnel[1]))
            case socks.ProxyConnectionError():
                told = UNREACHABLE
            case socks.GeneralProxyError():
                told = BROKEN
            case NewConnectionError():  # it is a ConnectTimeoutError too
                told = UNREACHABLE
            case ConnectTimeoutError():
                told = SILENT
    return told


def refused_by_proxy(response: requests.Response, *_: object, **__: object) -> None:
    """For a session that goes through a proxy. Raises requests' ProxyError for an answer that only a proxy gives.

    Of what goes through CONNECT, http.client raises the same.
    """
    if response.status_code == ASKS_WHO:
        response.close()
        raise requests.exceptions.ProxyError(OSError(f"Tunnel connection failed: {ASKS_WHO}"))


@cache
def telling(connection: type[Any], scheme: Scheme) -> type[Any]:
    """Telethon's kind of connection, raising ProxyFaultError where it says no more than that it could not connect."""

    class Telling(connection):  # type: ignore[misc]  # Telethon ships no types
        async def connect(self, timeout: float | None = None, ssl: object = None) -> None:
            try:
                await super().connect(timeout, ssl)
            except OSError as error:
                if self._writer is not None:
                    self._writer.close()  # Telethon closes only what it took for connected
                raise ProxyFaultError(_telethon_s(error, scheme)) from error

    return Telling


def _telethon_s(error: OSError, scheme: Scheme) -> str:
    """What a proxy did, by an error of connecting: of python-socks, which has an `error_code`, or of a socket."""
    if any(isinstance(cause, TimeoutError) for cause in _causes(error)):
        return SILENT
    if not hasattr(error, "error_code"):
        closed = scheme is Scheme.MTPROXY and error.errno is None
        return CLOSED if closed else UNREACHABLE
    if "authentication" in str(error):
        return UNKNOWN
    match error.error_code:
        case None:
            return BROKEN
        case int() as status if scheme is Scheme.HTTP:
            return _answered(status)
        case _:
            return _stuck(str(error))


def _answered(status: int) -> str:
    return UNKNOWN if status == ASKS_WHO else _stuck(f"HTTP {status}")


def _stuck(why: str) -> str:
    return f"did not get through ({why})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, outermost first."""
    while error is not None:
        yield error
        inner = (*error.args[:1], getattr(error, "reason", None), error.__cause__, error.__context__)
        error = next((cause for cause in inner if isinstance(cause, BaseException)), None)
