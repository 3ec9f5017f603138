"""The log: JSON or plain, and whatever is logged, no credential is in it."""

from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path

import pytest

from tracker.cli.logs import HIDDEN, JsonLines, Redaction
from tracker.config.credentials import CREDENTIALS, Secret, given

TOKEN = "canary%2FToken-0123"
API_HASH = "c0ffee00c0ffee00c0ffee00c0ffee00"
PASSWORD = "canary-pass/word"
ENVIRONMENT = {
    "TRACKER_X_BEARER_TOKEN": TOKEN,
    "TRACKER_TELEGRAM_API_HASH": API_HASH,
    "TRACKER_X_PROXY": "socks5h://somebody:canary-pass%2Fword@127.0.0.1:9050",
    "TRACKER_TELEGRAM_PROXY": "mtproxy://ddcanary00112233445566778899aabb@127.0.0.1:443",
    "TRACKER_ALERT_URLS": "tgram://123456:canaryBot/987654321 discord://4174216298/canaryHook_aa",
    "TRACKER_PING_URL": "https://monitor.example/canary-uuid-1234",
}
SPOKEN = [
    TOKEN,
    f"Authorization: Bearer {TOKEN}",
    API_HASH,
    ENVIRONMENT["TRACKER_X_PROXY"],
    f"the proxy refused {PASSWORD}",
    "secret ddcanary00112233445566778899aabb",
    "https://api.telegram.org/bot123456:canaryBot/sendMessage",
    "https://discord.com/api/webhooks/4174216298/canaryHook_aa",
    "GET /canary-uuid-1234 failed",
    "http://unknown:canary-unknown@proxy.example/",
    "Bearer AAAAcanaryAAAAAAAAAAAAAAAAAA",
    "session 1canary" + "A1b2" * 80,
]


class Log:
    """A logger with a handler as the daemon's."""

    def __init__(self, redaction: Redaction | None) -> None:
        self.out = io.StringIO()
        handler = logging.StreamHandler(self.out)
        handler.setFormatter(JsonLines())
        if redaction is not None:
            handler.addFilter(redaction)
        self.logger = logging.Logger("test")
        self.logger.addHandler(handler)

    def speak(self, secret: str) -> str:
        """Everything that a record can hold, with the secret in it."""
        self.logger.info(secret)
        self.logger.warning("of %s and %r", secret, [secret])
        try:
            try:
                raise ValueError(secret)
            except ValueError as cause:
                raise RuntimeError(f"again {secret}") from cause
        except RuntimeError:
            self.logger.exception("failed: %s", sys.exc_info()[1], stack_info=True)
        return self.out.getvalue()


@pytest.fixture
def redaction() -> Redaction:
    filtering = Redaction()
    filtering.learn(given(ENVIRONMENT))
    return filtering


@pytest.mark.parametrize("secret", SPOKEN)
def test_no_credential_is_in_any_part_of_a_record(redaction: Redaction, secret: str) -> None:
    said = Log(redaction).speak(secret)
    assert "canary" not in said
    assert API_HASH not in said
    assert HIDDEN in said
    for line in said.splitlines():
        json.loads(line)


@pytest.mark.parametrize("secret", SPOKEN)
def test_without_the_filter_it_would_be(secret: str) -> None:
    """The control."""
    said = Log(None).speak(secret)
    assert "canary" in said or API_HASH in said


def test_what_is_no_secret_is_left_alone(redaction: Redaction) -> None:
    said = "x generated_1: ok: 127.0.0.1:9050 https://api.x.com/2/users in /srv/tracker/data/tracker.db " + "0" * 64
    assert redaction.clean(said) == said


def test_a_credential_that_was_exchanged_stays_hidden(redaction: Redaction) -> None:
    redaction.learn([Secret("another-canary")])
    assert redaction.clean(f"{TOKEN} another-canary") == "*** ***"


def test_every_credential_is_known_to_it(tmp_path: Path) -> None:
    for name in CREDENTIALS:
        (tmp_path / name).write_text(f"canary-{name}\n")
        (tmp_path / name).chmod(0o600)
    found = {secret.reveal() for secret in given({"CREDENTIALS_DIRECTORY": str(tmp_path)})}
    assert found == {f"canary-{name}" for name in CREDENTIALS}


def test_a_line_is_one_object_in_ascii_whatever_is_in_it() -> None:
    log = Log(None)
    log.logger.info("a\nb \x1b[31m \x9b \u202e سلام")
    (line,) = log.out.getvalue().splitlines()
    assert line.isascii()
    said = json.loads(line)
    assert said["message"] == "a\nb \x1b[31m \x9b \u202e سلام"
    assert set(said) == {"time", "level", "logger", "message"}
    assert said["time"].endswith("Z")
