"""The line to X: tweepy's requests, to the address in the settings, with timeouts and bounded retries."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import requests
import tweepy
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from tracker.config.settings import XSettings

TWEEPY_HOST = "https://api.twitter.com"
"""Fixed in tweepy's code; the adapter below sends what goes there to the address in the settings."""

# A retry is logged with the address asked for, and so with whose posts are read; the outcome says what went wrong.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


class Rerouted(HTTPAdapter):
    """Sends requests to another base address, with timeouts and bounded, jittered retries, and counts them."""

    def __init__(self, settings: XSettings) -> None:
        self.base = settings.api_url.rstrip("/")
        self.timeout = (settings.connect_timeout, settings.read_timeout)
        self.sent = 0
        """How many requests have been sent so far, each attempt counted."""
        super().__init__(
            max_retries=Retry(
                settings.retries,
                redirect=0,
                allowed_methods=["GET"],
                status_forcelist=[500, 502, 503, 504],
                backoff_factor=settings.backoff,
                backoff_jitter=settings.backoff,
                backoff_max=settings.backoff * 8,
                raise_on_status=False,
                respect_retry_after_header=False,
            )
        )

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        assert request.url is not None
        request.url = self.base + request.url.removeprefix(TWEEPY_HOST)
        options["timeout"] = self.timeout
        try:
            response = super().send(request, **options)
        except requests.ConnectionError:
            self.sent += 1 + int(self.max_retries.total or 0)
            raise
        retries = response.raw.retries
        self.sent += 1 if retries is None else 1 + len(retries.history)
        return response


class Link(tweepy.Client):  # type: ignore[misc]  # tweepy ships no types
    """Tweepy's client, which gives every answer as it came, refusals and redirects too.

    Tweepy's own `request` writes the token to the log at DEBUG level, and raises whatever comes when the body or
    the headers of a refusal are not what it expects.
    """

    def __init__(self, settings: XSettings, bearer_token: str) -> None:
        super().__init__(bearer_token, return_type=requests.Response)
        self._adapter = Rerouted(settings)
        self.session.trust_env = False  # neither a proxy nor a .netrc that nobody asked for
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
        return session.request(method, TWEEPY_HOST + route, params, headers=headers, allow_redirects=False)  # type: ignore[arg-type]  # tweepy has made texts and numbers of the parameters

    def close(self) -> None:
        """Let go of the connections."""
        self.session.close()
