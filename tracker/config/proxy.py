"""Proxies: how a platform is reached where the direct way is closed, watched, or nobody's business.

Where one is set, nothing goes directly: not when it is down, and not for a host that NO_PROXY names.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from tracker.config.credentials import Secret
from tracker.config.problems import BadValueError

RIGHT = 'write "socks5h://host:port" or "http://host:port"'
RIGHT_ON_TELEGRAM = f'{RIGHT}, or "mtproxy://SECRET@host:port"'
LINKS = frozenset({("https", "t.me", "/proxy"), ("tg", "proxy", "")})
"""Scheme, host and path of the links by which MTProxies are passed on."""


NO_SECRET = Secret("")


class Scheme(StrEnum):
    SOCKS5 = "socks5h"
    """SOCKS5, with names resolved by the proxy: ours would learn whom we ask for."""
    HTTP = "http"
    """CONNECT; what it carries is encrypted, but for addresses on this machine."""
    MTPROXY = "mtproxy"
    """Telegram's own, for its API alone."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy. Printed it shows no user and no secret."""

    scheme: Scheme
    host: str
    port: int
    user: str = ""
    password: Secret = NO_SECRET
    """Of the user; of an MTProxy its secret, in hexadecimal."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self._place}"

    @property
    def url(self) -> str:
        """Whole, with user and password: for the library that dials, and nowhere else."""
        password = self.password.reveal()
        user = f"{quote(self.user, '')}:{quote(password, '')}@" if self.user or password else ""
        return f"{self.scheme}://{user}{self._place}"

    @property
    def _place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(text: str, *, telegram: bool) -> Proxy:
    """A proxy from its address; `telegram`: MTProxies too. Raises BadValueError, whose text holds no secret."""
    right = RIGHT_ON_TELEGRAM if telegram else RIGHT
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadValueError("is no address of a proxy", right) from None
    if telegram and (parts.scheme, parts.netloc, parts.path) in LINKS:
        return _linked(parts, right)
    if parts.scheme in ("socks5", "socks4", "socks4a"):
        raise BadValueError(
            f"{parts.scheme}:// has names resolved on this machine, which tells its network whom you ask for",
            'write "socks5h://host:port"',
        )
    schemes = {scheme.value for scheme in Scheme if telegram or scheme is not Scheme.MTPROXY}
    if parts.scheme not in schemes:
        if parts.scheme == Scheme.MTPROXY:
            raise BadValueError("an MTProxy leads to Telegram alone", right)
        raise BadValueError("is no proxy of a kind that is known here", right)
    if not host or not port or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise BadValueError("lacks its host or its port, or has more than these", right)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == Scheme.MTPROXY:
        return Proxy(Scheme.MTPROXY, host, port, password=_secret(user, right))
    return Proxy(Scheme(parts.scheme), host, port, user, Secret(password))


def without_password(proxy: Proxy) -> Proxy:
    """The same, if it may stand in a file. Raises BadValueError."""
    if proxy.user or proxy.password.reveal():
        raise BadValueError(
            "holds a password or a secret",
            "set TRACKER_X_PROXY or TRACKER_TELEGRAM_PROXY instead, or a systemd credential x_proxy, telegram_proxy",
        )
    return proxy


def from_environment(environment: Mapping[str, str], *, telegram: bool) -> Proxy | None:
    """The proxy that other programs of this machine are told to use. NO_PROXY is not looked at.

    Telegram's API is no HTTPS, but a proxy for that carries it too; one for everything is asked before. Names are
    resolved by the proxy, even where `socks5://` asks for something else. Raises BadValueError.
    """
    names = ("ALL_PROXY", "HTTPS_PROXY") if telegram else ("HTTPS_PROXY", "ALL_PROXY")
    found = (environment.get(variant, "").strip() for name in names for variant in (name.lower(), name))
    text = next(filter(None, found), "")
    return parse(re.sub("^socks5:", "socks5h:", text), telegram=False) if text else None


def _linked(parts: SplitResult, right: str) -> Proxy:
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    port = query.get("port", "")
    if not query.get("server") or not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise BadValueError("is a link to a proxy without its server or its port", right)
    return Proxy(Scheme.MTPROXY, query["server"], int(port), password=_secret(query.get("secret", ""), right))


def _secret(text: str, right: str) -> Secret:
    """An MTProxy's secret as 32 hexadecimal digits, or 34 that begin with dd."""
    if not re.fullmatch("(?:[0-9a-fA-F]{2})+", text):
        try:
            padded = text + "=" * (-len(text) % 4)
            text = base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True).hex()
        except (binascii.Error, ValueError):
            raise BadValueError("has no secret of an MTProxy", right) from None
    text = text.lower()
    if text.startswith("ee") and len(text) > 34:
        raise BadValueError("is an MTProxy in disguise (its secret begins with ee), which cannot be used", right)
    if (len(text) == 34 and text.startswith("dd")) or len(text) == 32:
        return Secret(text)
    raise BadValueError("has no secret of an MTProxy", right)
