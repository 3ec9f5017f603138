"""The line to X: tweepy's requests, to the address in the settings, with timeouts and bounded retries."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import requests
import tweepy
from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

from tracker.collectors.patience import Patient, whole
from tracker.collectors.routing import routed
from tracker.config.proxy import Proxy
from tracker.config.settings import XSettings

TWEEPY_HOST = "https://api.twitter.com"
"""Fixed in tweepy's code; the adapter below sends what goes there to the address in the settings."""
WHOLE = 4
"""A whole answer may take so many times as long as one may be silent."""
LARGEST_ANSWER = 1 << 26
"""Bytes, unpacked; a page of 100 posts with all that can come along has about one million."""
LARGEST_FILE = 1 << 27
"""Bytes; what X has to say of a million posts has about 100 million, and most have done nothing wrong."""
LARGEST_REFUSAL = 1 << 20
"""Bytes of an answer that is none."""
WHOLE_FILE = 600.0
"""Seconds for a file of ids to be sent or fetched."""

# A retry is logged with the address asked for, and so with whose posts are read; the outcome says what went wrong.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Rerouted(Patient):
    """Sends requests to another base address, with timeouts and bounded, jittered retries, and counts them."""

    def __init__(self, settings: XSettings) -> None:
        self.base = settings.api_url.rstrip("/")
        self.timeout = (settings.connect_timeout, settings.read_timeout)
        self.sent = 0
        """How many requests have been sent so far, each attempt counted."""
        super().__init__(
            settings.read_timeout * WHOLE,
            max_retries=Retry(
                settings.retries,
                read=False,  # what was sent may have been answered and charged: whoever pays decides about another
                redirect=0,
                allowed_methods=["GET"],
                status_forcelist=[500, 502, 503, 504],
                backoff_factor=settings.backoff,
                backoff_jitter=settings.backoff,
                backoff_max=settings.backoff * 8,
                raise_on_status=False,
                respect_retry_after_header=False,
            ),
        )

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        assert request.url is not None
        request.url = self.base + request.url.removeprefix(TWEEPY_HOST)
        options["timeout"] = self.timeout
        try:
            response = super().send(request, **options)
        except requests.RequestException as error:
            unreachable = isinstance(error.args[0] if error.args else None, MaxRetryError)
            self.sent += 1 + int(self.max_retries.total or 0) if unreachable else 1
            raise
        retries = response.raw.retries
        self.sent += 1 if retries is None else 1 + len(retries.history)
        return response


class Link(tweepy.Client):  # type: ignore[misc]  # tweepy ships no types
    """Tweepy's client, which gives every answer as it came, refusals and redirects too.

    Tweepy's own `request` writes the token to the log at DEBUG level, and raises whatever comes when the body or
    the headers of a refusal are not what it expects.
    """

    def __init__(self, settings: XSettings, bearer_token: str, proxy: Proxy | None = None) -> None:
        super().__init__(bearer_token, return_type=requests.Response)
        self._adapter = Rerouted(settings)
        self.proxy = proxy
        routed(self.session, proxy)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, Patient(WHOLE_FILE))
        self.session.mount(TWEEPY_HOST, self._adapter)

    @property
    def sent(self) -> int:
        """How many requests have been sent so far, each attempt counted."""
        return self._adapter.sent

    def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, object] | None = None,
        json: object = None,
        user_auth: bool = False,
    ) -> requests.Response:
        """Called by tweepy for each of its methods. Raises requests.RequestException."""
        headers = {"Authorization": f"Bearer {self.bearer_token}", "User-Agent": self.user_agent}
        session: requests.Session = self.session
        response = session.request(
            method,
            TWEEPY_HOST + route,
            params,  # type: ignore[arg-type]  # tweepy has made texts and numbers of the parameters
            headers=headers,
            json=json,
            allow_redirects=False,
            stream=True,
        )
        return whole(response, LARGEST_ANSWER if response.status_code == 200 else LARGEST_REFUSAL)

    def may_transfer(self, address: str) -> bool:
        """Whether a file's address is encrypted, or on the server that we talk to anyway."""
        return address.startswith(("https://", self._adapter.base + "/"))

    def transfer(self, method: str, address: str, content: bytes | None = None) -> requests.Response:
        """Send or fetch a file at an address that X has named: over the same ways, without our token.

        Raises requests.RequestException.
        """
        session: requests.Session = self.session
        headers = {"User-Agent": self.user_agent, "Content-Type": "text/plain"}
        timeout = self._adapter.timeout
        response = session.request(
            method, address, data=content, headers=headers, timeout=timeout, allow_redirects=False, stream=True
        )
        return whole(response, LARGEST_FILE if response.status_code == 200 else LARGEST_REFUSAL)

    def close(self) -> None:
        """Let go of the connections."""
        self.session.close()
