"""By which way a platform is asked: through the proxy that is set, or directly, and never by both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import requests

from tracker.config.proxy import Proxy, Scheme
from tracker.domain.outcomes import Failure, OutcomeKind


def routed(session: requests.Session, proxy: Proxy | None) -> requests.Session:
    """The session, so that all it sends goes by this way; proxies of the environment and .netrc are not looked at.

    Nor is the address of a redirect: even where none is to be followed, requests would parse it, raising ValueError
    at some, and read the whole body before it, however long.
    """
    session.trust_env = False
    session.get_redirect_target = _nowhere  # type: ignore[method-assign, assignment]
    if proxy is not None:
        session.proxies = {"http": proxy.url, "https": proxy.url}
    return session


def _nowhere(_response: requests.Response) -> None:
    """Where a redirect leads, as far as a session is concerned."""


def telethon_way(proxy: Proxy | None) -> dict[str, Any]:
    """What makes Telethon's client go by this way; empty for the direct one."""
    if proxy is None:
        return {}
    secret = proxy.password.reveal()
    if proxy.scheme is Scheme.MTPROXY:
        from telethon.network.connection import tcpmtproxy

        # A proxy whose secret begins with dd takes packets of disguised length only.
        disguised = secret.startswith("dd")
        return {
            "connection": tcpmtproxy.ConnectionTcpMTProxyRandomizedIntermediate
            if disguised
            else tcpmtproxy.ConnectionTcpMTProxyIntermediate,
            "proxy": (proxy.host, proxy.port, secret),
        }
    return {
        "proxy": {
            "proxy_type": "socks5" if proxy.scheme is Scheme.SOCKS5 else "http",
            "addr": proxy.host,
            "port": proxy.port,
            "rdns": True,
            "username": proxy.user or None,
            "password": secret or None,
        }
    }


def told_with(failure: Failure, proxy: Proxy | None) -> Failure:
    """The failure; one of the line names the proxy that it went through."""
    if proxy is None or failure.kind is not OutcomeKind.TRANSPORT:
        return failure
    return replace(failure, detail=f"{failure.detail} (through the proxy {proxy})")
