"""Telling a monitor elsewhere that all is well, by a GET; it rings when the pings stay away.

It goes through a proxy where a platform does; the environment's are not looked at, redirects are not followed, and
nothing of the answer is read but its status. The address is a secret: who has it could say that all is well.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping

from tracker.collectors.registry import proxy_towards
from tracker.config.credentials import Secret
from tracker.config.credentials import ping_url as credential
from tracker.config.home import Config
from tracker.config.problems import BadValueError
from tracker.config.proxy import Proxy
from tracker.config.values import ping_url
from tracker.domain.errors import ConfigError

PATIENCE = 10.0
"""Seconds without a byte after which a ping has failed."""


class Ping:
    """Pings at most once an interval, in a thread of its own, and never fails its caller."""

    def __init__(self, told: Callable[[str], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`told` hears of the first failure after a success, and that it is over."""
        self._told, self._monotonic = told, monotonic
        self._address: Secret | None = None
        self._proxy: Proxy | None = None
        self._interval = 0
        self._last: float | None = None
        self._failing = False
        self._under_way: threading.Thread | None = None

    def take_up(self, config: Config, environment: Mapping[str, str] = os.environ) -> None:
        """Use this configuration from now on. Raises ConfigError, and changes nothing, if it cannot be used."""
        given = credential(environment)
        try:
            address = config.settings.health.ping_url if given is None else ping_url(given.reveal())
        except BadValueError as bad:
            raise ConfigError(f"the address to ping, TRACKER_PING_URL: {bad.wrong}; {bad.right}") from None
        proxy = None if address is None else proxy_towards(address.reveal(), config.settings, environment)
        self._address, self._proxy, self._interval = address, proxy, config.settings.health.ping_interval

    def send(self) -> None:
        """All is well. Returns at once."""
        now = self._monotonic()
        if self._address is None or (self._last is not None and now - self._last < self._interval):
            return
        if self._under_way is not None and self._under_way.is_alive():
            return
        self._last = now
        self._under_way = threading.Thread(
            target=self._send, args=(self._address, self._proxy), daemon=True, name="ping"
        )
        self._under_way.start()

    def wait(self) -> None:
        """Wait for the ping that is under way."""
        if self._under_way is not None:
            self._under_way.join()

    def _send(self, address: Secret, proxy: Proxy | None) -> None:
        failure = _get(address, proxy)
        if failure is not None and not self._failing:
            self._told(f"the ping failed ({failure}); it is sent again with a later tick")
        elif failure is None and self._failing:
            self._told("the ping is answered again")
        self._failing = failure is not None


def _get(address: Secret, proxy: Proxy | None) -> str | None:
    """None if it was taken, else why not, in words without the address."""
    import requests

    from tracker.collectors.routing import routed

    try:
        with (
            routed(requests.Session(), proxy) as session,
            session.get(address.reveal(), timeout=PATIENCE, allow_redirects=False, stream=True) as answer,
        ):
            status = answer.status_code
    except (requests.RequestException, ValueError) as error:
        return type(error).__name__  # its text holds the address
    if 300 <= status < 400:
        return f"answered {status}; redirects are not followed"
    return None if 200 <= status < 300 else f"answered {status}"
