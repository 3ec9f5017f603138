"""Requests so many seconds apart, whatever asks for them."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Lets requests begin at least `seconds` apart. `sleep` and `monotonic` are given by tests."""

    def __init__(
        self,
        seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._sleep = sleep
        self._monotonic = monotonic
        self._next_at = 0.0

    def keep(self) -> None:
        """Wait until the next request may begin, and count it as begun."""
        wait = self._next_at - self._monotonic()
        if wait > 0:
            self._sleep(wait)
        self._next_at = self._monotonic() + self._seconds
