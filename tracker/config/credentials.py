"""Credentials: from the environment, or from files that systemd hands over. Never from the configuration.

`TRACKER_X_BEARER_TOKEN`, `TRACKER_TELEGRAM_API_ID`, `TRACKER_TELEGRAM_API_HASH`, `TRACKER_X_PROXY`,
`TRACKER_TELEGRAM_PROXY`, `TRACKER_ALERT_URLS` and `TRACKER_PING_URL`, or files named `x_bearer_token`,
`telegram_api_id`, … in `$CREDENTIALS_DIRECTORY`. The environment wins. A file that others can read is refused.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tracker.domain.errors import ConfigError, MissingCredentialError

CREDENTIALS = (
    "x_bearer_token",
    "telegram_api_id",
    "telegram_api_hash",
    "x_proxy",
    "telegram_proxy",
    "alert_urls",
    "ping_url",
)
"""All there are."""


class Secret:
    """A text that does not show in messages, logs or tracebacks. `reveal()` gives it to the library that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, _spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be written anywhere")


@dataclass(frozen=True, slots=True)
class TelegramApi:
    """What Telegram gives to an application at my.telegram.org."""

    api_id: int
    api_hash: Secret


def x_bearer_token(environment: Mapping[str, str] = os.environ) -> Secret:
    """The bearer token of the X API. Raises ConfigError if it is missing or cannot be one."""
    return Secret(_credential("x_bearer_token", "the bearer token of the X API", environment))


def telegram_api(environment: Mapping[str, str] = os.environ) -> TelegramApi:
    """The application's id and hash for Telegram. Raises ConfigError if one is missing or cannot be one."""
    api_id = _credential("telegram_api_id", "Telegram's api_id", environment)
    api_hash = _credential("telegram_api_hash", "Telegram's api_hash", environment)
    if not re.fullmatch(r"[0-9]{1,10}", api_id) or not 0 < int(api_id) < 2**31:
        raise ConfigError("Telegram's api_id is not a number: copy it again from https://my.telegram.org")
    if not re.fullmatch(r"[0-9a-fA-F]{32}", api_hash):
        raise ConfigError(
            "Telegram's api_hash is not 32 hexadecimal digits: copy it again from https://my.telegram.org"
        )
    return TelegramApi(int(api_id), Secret(api_hash))


def has_telegram_api(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether an id or a hash is given; one alone, or one that cannot be right, is told by `telegram_api`."""
    return any(
        environment.get(f"TRACKER_{name.upper()}", "").strip() or _from_systemd(name, environment)[0]
        for name in ("telegram_api_id", "telegram_api_hash")
    )


def proxy(platform: str, environment: Mapping[str, str] = os.environ) -> tuple[Secret, str] | None:
    """The whole address of a platform's proxy, with its password, and where it stands; None if there is none."""
    name = f"{platform}_proxy"
    variable = f"TRACKER_{name.upper()}"
    text, place = environment.get(variable, "").strip(), variable
    if not text:
        text, place = _from_systemd(name, environment)
    return (Secret(text), place) if text else None


def alert_urls(environment: Mapping[str, str] = os.environ) -> tuple[Secret, ...]:
    """Addresses to send alerts to, separated by white space; none if none are given."""
    text = environment.get("TRACKER_ALERT_URLS", "").strip() or _from_systemd("alert_urls", environment)[0]
    return tuple(Secret(url) for url in text.split())


def ping_url(environment: Mapping[str, str] = os.environ) -> Secret | None:
    """The address that is told that all is well; None if none is given."""
    text = environment.get("TRACKER_PING_URL", "").strip() or _from_systemd("ping_url", environment)[0]
    return Secret(text) if text else None


def given(environment: Mapping[str, str] = os.environ) -> Iterator[Secret]:
    """All credentials that are given, right or wrong, those that the environment overrides too."""
    for name in CREDENTIALS:
        texts = [environment.get(f"TRACKER_{name.upper()}", "")]
        with suppress(ConfigError):  # whoever needs it says that it cannot be read
            texts.append(_from_systemd(name, environment)[0])
        yield from (Secret(word) for text in texts for word in text.split())


def _credential(name: str, what: str, environment: Mapping[str, str]) -> str:
    variable = f"TRACKER_{name.upper()}"
    text, place = environment.get(variable, "").strip(), variable
    if not text:
        text, place = _from_systemd(name, environment)
    if not text:
        raise MissingCredentialError(
            f"{what} is missing: set {variable}, or on a server LoadCredential={name}:FILE in the systemd unit"
        )
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigError(
            f"{what} in {place} holds spaces, control characters or letters that none has: copy it again, alone"
        )
    return text


def _from_systemd(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """The contents of the credential's file and its path; empty if there is none."""
    folder = environment.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        return "", ""
    path = Path(folder) / name
    try:
        with path.open("rb") as file:
            if is_open_to_others(os.fstat(file.fileno())):
                raise ConfigError(f"others can read or change the credential {path}: `chmod 600 {path}`")
            # Latin-1 reads any byte, so that a file in a wrong encoding is refused for its letters, as elsewhere.
            return file.read().decode("latin-1").strip(), str(path)
    except FileNotFoundError:
        return "", ""
    except OSError as error:
        raise ConfigError(f"cannot read the credential {path}: {error.strerror}; let this user read it") from None


def is_open_to_others(found: os.stat_result) -> bool:
    """Whether users besides the owner may read or write a file.

    systemd lets the service's user in by an access list, of a file that is root's; what the list allows shows as
    rights of the group then, so these say something only of a file of our own.
    """
    rights = stat.S_IRWXO | (stat.S_IRWXG if found.st_uid == os.geteuid() else 0)
    return bool(stat.S_IMODE(found.st_mode) & rights)
