"""The line to Telegram's public pages: one request at a time, paced, bounded, and never led to another host."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import requests

from tracker import __version__
from tracker.collectors.pacing import Pace
from tracker.collectors.patience import Patient, timed_out
from tracker.collectors.proxy_faults import told_with
from tracker.collectors.routing import routed
from tracker.config.proxy import Proxy
from tracker.config.settings import TelegramSettings
from tracker.domain.instants import DAY, MINUTE, Clock, Instant
from tracker.domain.outcomes import Failure, OutcomeKind

HEADERS = {"User-Agent": f"influence-tracker/{__version__}", "Accept": "text/html", "Accept-Language": "en"}
LARGEST_PAGE = 1 << 24
PIECE = 1 << 16
PATIENCE = 10 * MINUTE
"""How long nothing is asked after "too many requests" without a time."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})

# A broken connection is logged with the address asked for, and so with whose posts are read.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The page is said to be at another place, where nobody has looked."""

    host: str
    path: str
    is_here: bool
    """Whether that is the host that was asked."""


class WebLink:
    """Asks one host for pages. Environment proxies and .netrc are not looked at. Used from one thread."""

    def __init__(
        self,
        settings: TelegramSettings,
        endpoint: str,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        proxy: Proxy | None = None,
    ) -> None:
        """`endpoint` is what failures call it; `sleep` and `monotonic` keep `settings.web_pace`."""
        self._base = settings.web_url
        self._timeout = settings.timeout
        self._endpoint = endpoint
        self._clock = clock
        self._pace = Pace(settings.web_pace, sleep, monotonic)
        self._limited: Failure | None = None
        self._proxy = proxy
        self._session = routed(requests.Session(), proxy)
        self._session.headers.update(HEADERS)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, Patient(settings.timeout))
        self.sent = 0
        """How many requests have been sent so far."""

    def get(self, path: str) -> bytes | Elsewhere | Failure:
        """The page at this path of the host, whole."""
        limited = self._limited
        if limited is not None and limited.until is not None and self._clock() < limited.until:
            return limited
        self._pace.keep()
        self.sent += 1
        try:
            with self._session.get(
                self._base + path, allow_redirects=False, stream=True, timeout=self._timeout
            ) as response:
                return self._understood(response)
        except requests.RequestException as error:
            if timed_out(error):
                failure = Failure(OutcomeKind.TRANSPORT, f"no whole page from {self._host} in time")
            else:
                failure = Failure(OutcomeKind.TRANSPORT, f"connection to {self._host} lost: {type(error).__name__}")
            return told_with(failure, self._proxy, error)

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    @property
    def _host(self) -> str:
        return urlsplit(self._base).netloc

    def _understood(self, response: requests.Response) -> bytes | Elsewhere | Failure:
        status = response.status_code
        if status == 200:
            return self._body(response)
        if status in REDIRECTS:
            here = urlsplit(self._base)
            try:
                there = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
                return Elsewhere(there.hostname or "", there.path, there[:2] == here[:2])
            except ValueError:
                return Elsewhere("", "", is_here=False)
        if status == 429:
            wait = _wait(response.headers.get("Retry-After", ""), self._clock())
            detail = f"{self._host} wants fewer requests"
            self._limited = Failure(OutcomeKind.RATE_LIMITED, detail, self._clock() + wait, self._endpoint)
            return self._limited
        if status >= 500:
            return Failure(OutcomeKind.TRANSPORT, f"{self._host} is having trouble: HTTP {status}")
        return Failure(OutcomeKind.REFUSED, f"{self._host} refused the page: HTTP {status}")

    def _body(self, response: requests.Response) -> bytes | Failure:
        """All of the page, or why not: a page that breaks off would look like one with fewer posts."""
        body = bytearray()
        for piece in response.iter_content(PIECE):
            body += piece
            if len(body) > LARGEST_PAGE:
                return Failure(OutcomeKind.BAD_ANSWER, f"a page of more than {LARGEST_PAGE >> 20} MB")
        if b"</html>" not in body[-1024:].lower():
            return Failure(OutcomeKind.TRANSPORT, "the page broke off before its end")
        return bytes(body)


def _wait(said: str, now: Instant) -> int:
    """Seconds to wait, from a Retry-After header: a number or a date."""
    if said.isascii() and said.isdecimal() and len(said) < 10:
        seconds = int(said)
    else:
        try:
            seconds = int(parsedate_to_datetime(said).timestamp()) - now
        except (ValueError, OverflowError):
            return PATIENCE
    return min(max(seconds, 1), DAY)
