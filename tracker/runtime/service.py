"""What the service manager is told, by systemd's sd_notify protocol: datagrams to the socket in `$NOTIFY_SOCKET`.

Source of the words: sd_notify(3). Without a service manager, and where it no longer listens, nothing happens.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

PATIENCE = 1.0
"""Seconds that a tick waits for a service manager that does not read."""


class ServiceManager:
    """Whoever started the daemon and watches over it."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        if not address.startswith(("/", "@")):
            self._address = ""  # a kind of socket that a service on this machine is not given
        self.watchdog = _watchdog(environment) if self._address else None
        """After so many seconds without `feed` it kills the daemon; None: it does not watch."""

    def ready(self, status: str) -> None:
        """The start, or the reload, is over."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        self._tell("STOPPING=1", "STATUS=asked to stop; finishing the pages in hand")

    def feed(self) -> None:
        """All is well; begin to wait anew."""
        if self.watchdog is not None:
            self._tell("WATCHDOG=1")

    def says(self, status: str) -> None:
        """One line for `systemctl status`."""
        self._tell(f"STATUS={status}")

    def _tell(self, *facts: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.settimeout(PATIENCE)
            way.sendto("\n".join(facts).encode(), self._address)


def _watchdog(environment: Mapping[str, str]) -> float | None:
    length, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(os.getpid()))
    return int(length) / 1_000_000 if length.isdecimal() and int(length) and pid == str(os.getpid()) else None
