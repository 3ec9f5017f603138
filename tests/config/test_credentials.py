"""Credentials come from the environment or from systemd, and never show."""

from __future__ import annotations

import copy
import logging
import pickle
from pathlib import Path

import pytest

from tracker.config.credentials import Secret, telegram_api, x_bearer_token
from tracker.domain.errors import ConfigError

CANARY = "canary-7f3a"
HASH = "0123456789abcdef0123456789abcdef"


def test_a_token_comes_from_the_environment_without_the_space_around_it() -> None:
    assert x_bearer_token({"TRACKER_X_BEARER_TOKEN": f" {CANARY}\r\n"}).reveal() == CANARY


def written(folder: Path, name: str, text: str, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_token_comes_from_the_file_that_systemd_hands_over(tmp_path: Path) -> None:
    written(tmp_path, "x_bearer_token", f"{CANARY}\n")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert x_bearer_token(environment).reveal() == CANARY
    assert x_bearer_token(environment | {"TRACKER_X_BEARER_TOKEN": ""}).reveal() == CANARY
    assert x_bearer_token(environment | {"TRACKER_X_BEARER_TOKEN": "wins"}).reveal() == "wins"


def test_the_credentials_of_telegram_are_a_number_and_a_hash(tmp_path: Path) -> None:
    written(tmp_path, "telegram_api_hash", HASH)
    api = telegram_api({"TRACKER_TELEGRAM_API_ID": "12345", "CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert (api.api_id, api.api_hash.reveal()) == (12345, HASH)
    assert HASH not in repr(api)


def test_a_missing_credential_says_how_to_set_it(tmp_path: Path) -> None:
    for environment in ({}, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, {"TRACKER_X_BEARER_TOKEN": " "}):
        with pytest.raises(ConfigError, match=r"set TRACKER_X_BEARER_TOKEN, .*LoadCredential=x_bearer_token:FILE"):
            x_bearer_token(environment)
    with pytest.raises(ConfigError, match="api_id is missing: set TRACKER_TELEGRAM_API_ID"):
        telegram_api({})
    with pytest.raises(ConfigError, match="api_hash is missing: set TRACKER_TELEGRAM_API_HASH"):
        telegram_api({"TRACKER_TELEGRAM_API_ID": "1"})


@pytest.mark.parametrize("inside", [" ", "\n", "\x1b", "\x7f", "ä", "\u200f", "توکن"])
def test_a_token_with_what_no_token_holds_is_refused_without_repeating_it(inside: str) -> None:
    with pytest.raises(ConfigError, match="TRACKER_X_BEARER_TOKEN holds spaces, control characters") as raised:
        x_bearer_token({"TRACKER_X_BEARER_TOKEN": f"{CANARY}{inside}{CANARY}"})
    assert CANARY not in str(raised.value)


def test_a_credential_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "x_bearer_token", "").write_bytes(f"\ufeff{CANARY}".encode("utf-16-le"))
    with pytest.raises(ConfigError, match="x_bearer_token holds spaces, control characters"):
        x_bearer_token({"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_a_credential_file_that_cannot_be_read_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "x_bearer_token").mkdir()
    with pytest.raises(ConfigError, match="cannot read the credential"):
        x_bearer_token({"CREDENTIALS_DIRECTORY": str(tmp_path)})


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602])
def test_a_credential_file_that_others_can_read_or_change_is_refused_without_repeating_it(
    tmp_path: Path, mode: int
) -> None:
    path = written(tmp_path, "x_bearer_token", CANARY, mode)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    with pytest.raises(ConfigError, match=f"others can read or change .*chmod 600 {path}") as raised:
        x_bearer_token(environment)
    assert CANARY not in str(raised.value)
    path.chmod(0o400)
    assert x_bearer_token(environment).reveal() == CANARY


@pytest.mark.parametrize(
    ("api_id", "api_hash", "wrong"),
    [("12a", HASH, "api_id is not a number"), ("0", HASH, "api_id is not"), ("1", CANARY, "api_hash is not 32 hex")],
)
def test_credentials_of_telegram_that_cannot_be_are_refused(api_id: str, api_hash: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong) as raised:
        telegram_api({"TRACKER_TELEGRAM_API_ID": api_id, "TRACKER_TELEGRAM_API_HASH": api_hash})
    assert CANARY not in str(raised.value)


def test_a_secret_does_not_show(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    logging.getLogger("test").error("the token is %s, or %r", secret, secret)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", f"{secret!r}", str([secret]), caplog.text]
    assert not any(CANARY in text for text in shown)
    assert str(secret) == repr(secret) == f"{secret:>9}" == "***"


def test_a_secret_is_compared_but_never_written_down() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    for write in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not to be written"):
            write(Secret(CANARY))
