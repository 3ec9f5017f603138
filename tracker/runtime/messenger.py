"""Delivering a message to the addresses of the settings, through Apprise; it never holds the caller up for long."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracker.config.credentials import Secret
from tracker.domain.errors import ConfigError

if TYPE_CHECKING:
    from apprise import Apprise

PATIENCE = 15.0
"""Seconds for one message to all addresses. One that is delivered later is counted as failed, and sent again."""


class Messenger:
    """Sends messages. The addresses never show in what it says or logs."""

    def __init__(self, urls: Sequence[Secret], patience: float = PATIENCE) -> None:
        """Raises ConfigError if Apprise is not installed or does not know an address."""
        self._patience = patience
        self._services = [_service(url, place) for place, url in enumerate(urls, start=1)]

    def send(self, title: str, body: str) -> str | None:
        """Send to all addresses. None if at least one took it, else why not, in words without addresses.

        One is enough, so that a dead address does not make the others ring again and again.
        """
        taken: list[bool] = []
        sending = threading.Thread(target=self._send, args=(title, body, taken), daemon=True)
        sending.start()
        sending.join(self._patience)
        if any(taken):
            return None
        return "no answer in time" if sending.is_alive() else "no address took the message"

    def _send(self, title: str, body: str, taken: list[bool]) -> None:
        for service in self._services:
            taken.append(bool(service.notify(body=body, title=title)))


def _service(url: Secret, place: int) -> Apprise:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library that Apprise tries to import is deprecated
        try:
            from apprise import Apprise
        except ImportError:
            raise ConfigError(
                'alerts are asked for, but Apprise is not installed: pip install "influence-tracker[alerts]", or '
                "take the addresses out of [alerts] and TRACKER_ALERT_URLS"
            ) from None
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would print addresses
        service = Apprise()
        if not service.add(url.reveal()):
            raise ConfigError(
                f"address {place} of the alerts is none that Apprise knows; see https://github.com/caronc/apprise"
            )
    return service
