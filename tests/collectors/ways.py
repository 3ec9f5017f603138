"""What tests of proxies share: a listener on the direct way, and the kinds of proxies."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass

from tracker.config.proxy import Proxy, parse
from tracker.sandbox.proxies import HttpProxy, ProxyServer, SocksProxy

ONLY_THE_PROXY_KNOWS = "platform.invalid"
SECRET = "0123456789abcdef" * 2
CANARY = "canary-secret"


class Listener:
    """Waits on the direct way, and counts who comes."""

    def __init__(self) -> None:
        self.heard = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.heard += 1
                connection.close()

    def close(self) -> None:
        self._socket.close()


@dataclass(frozen=True)
class Kind:
    """A kind of proxy, and how the settings call one."""

    server: type[ProxyServer]
    address: str


SOCKS, HTTP = Kind(SocksProxy, "socks5h://127.0.0.1:{port}"), Kind(HttpProxy, "http://127.0.0.1:{port}")


def proxy_at(address: str, server: ProxyServer) -> Proxy:
    return parse(address.format(port=server.port), telegram=True)
