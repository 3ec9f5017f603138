"""By which way a platform is asked: through the proxy that is set, or directly, and never by both."""

from __future__ import annotations

from typing import Any

import requests

from tracker.collectors.proxy_faults import refused_by_proxy, telling
from tracker.config.proxy import Proxy, Scheme


def routed(session: requests.Session, proxy: Proxy | None) -> requests.Session:
    """The session, so that all it sends goes by this way; proxies of the environment and .netrc are not looked at.

    Nor is the address of a redirect: even where none is to be followed, requests would parse it, raising ValueError
    at some, and read the whole body before it, however long.
    """
    session.trust_env = False
    session.get_redirect_target = _nowhere  # type: ignore[method-assign, assignment]
    if proxy is not None:
        session.proxies = {"http": proxy.url, "https": proxy.url}
        session.hooks["response"] = [refused_by_proxy]
    return session


def _nowhere(_response: requests.Response) -> None:
    """Where a redirect leads, as far as a session is concerned."""


def telethon_way(proxy: Proxy | None) -> dict[str, Any]:
    """What makes Telethon's client go by this way; empty for the direct one."""
    if proxy is None:
        return {}
    from telethon.network.connection import ConnectionTcpFull, tcpmtproxy

    secret = proxy.password.reveal()
    if proxy.scheme is Scheme.MTPROXY:
        # A proxy whose secret begins with dd takes packets of disguised length only.
        disguised = secret.startswith("dd")
        packets = (
            tcpmtproxy.ConnectionTcpMTProxyRandomizedIntermediate
            if disguised
            else tcpmtproxy.ConnectionTcpMTProxyIntermediate
        )
        return {"connection": telling(packets, proxy.scheme), "proxy": (proxy.host, proxy.port, secret)}
    return {
        "connection": telling(ConnectionTcpFull, proxy.scheme),
        "proxy": {
            "proxy_type": "socks5" if proxy.scheme is Scheme.SOCKS5 else "http",
            "addr": proxy.host,
            "port": proxy.port,
            "rdns": True,
            "username": proxy.user or None,
            "password": secret or None,
        },
    }
