"""What single values of settings.toml mean. Each reader takes what TOML gave and raises BadValueError on the rest."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError, available_timezones

from tracker.config.cells import PLATFORM_ALIASES, moment, word_of
from tracker.config.credentials import Secret
from tracker.config.problems import BadValueError, nearest, shown
from tracker.config.proxy import RIGHT, RIGHT_ON_TELEGRAM, Proxy, parse, without_password
from tracker.config.settings import SANDBOX, TELEGRAM_WEB, Allowance
from tracker.domain.instants import DAY, HOUR, MINUTE, WEEK, Instant, zone_of
from tracker.domain.words import LogFormat, Platform, TelegramChoice

Reader = Callable[[object], object]

_UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_LENGTH = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([smhdw])")
_ALLOWANCE = re.compile(r"(?P<amount>[0-9]{1,12}(?:\.[0-9]{1,6})?) *(?P<unit>dollars?|reads?)")
_WEB = ("http", "https")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def whole(least: int, most: int) -> Reader:
    """A whole number within bounds."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong_type(value, f"write a whole number from {least} to {most}")
        if not least <= value <= most:
            raise BadValueError(f"{shown(value)} is out of range", f"write a whole number from {least} to {most}")
        return value

    return read


def number(least: float, most: float) -> Reader:
    """A number within bounds."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong_type(value, f"write a number from {least:g} to {most:g}")
        # An integer of TOML may be too large for a float, and not-a-number is within no bounds.
        if not least <= value <= most:
            raise BadValueError(f"{shown(value)} is out of range", f"write a number from {least:g} to {most:g}")
        return float(value)

    return read


def allowance(*, dollars: bool) -> Reader:
    """What may be spent in a period, as `20 dollars` or `5000 reads`; empty: no limit. `dollars`: these too."""
    example = '"20 dollars" or "5000 reads"' if dollars else '"5000 reads"'

    def read(value: object) -> Allowance | None:
        if value == "":
            return None
        match = _ALLOWANCE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            comma = " without a comma" if isinstance(value, str) and "," in value else ""  # which is 1.5 or 1500
            raise BadValueError(f"{shown(value)} is no amount", f'write {example}{comma}, or "" for no limit')
        amount, in_dollars = match["amount"], match["unit"].startswith("dollar")
        if in_dollars and not dollars:
            raise BadValueError("Telegram charges nothing", f"write {example}: how many requests may be sent")
        if not in_dollars and "." in amount:
            raise BadValueError(f"{shown(value)} is not whole", f"write {example}")
        return Allowance(round(Decimal(amount) * (1_000_000 if in_dollars else 1)), in_dollars)

    return read


def truth(value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise _wrong_type(value, "write true or false")
    return value


def length(least: str, most: str) -> Reader:
    """A length of time in whole seconds, written as `90s`, `15m`, `24h`, `7d` or `2w`, within bounds."""

    def read(value: object) -> int:
        return math.ceil(_seconds(value, least, most))

    return read


def kept(least: str, most: str) -> Reader:
    """How long something is kept, as `length`; empty: for ever."""
    one = length(least, most)

    def read(value: object) -> object:
        return None if value == "" else one(value)

    return read


def lengths(least: str, most: str) -> Reader:
    """Several lengths of time, each as `length`; ascending, each once."""
    one = length(least, most)

    def read(value: object) -> tuple[object, ...]:
        if not isinstance(value, list) or not value:
            raise BadValueError("is no list of lengths of time", 'write a list such as ["24h", "7d"]')
        return tuple(sorted({one(item) for item in value}))  # type: ignore[type-var]  # they are whole numbers

    return read


def seconds(least: str, most: str) -> Reader:
    """A length of time that may be a fraction of a second: as `length`, or a plain number of seconds."""

    def read(value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _bounded(value, value, least, most)
        return _seconds(value, least, most)

    return read


def _seconds(value: object, least: str, most: str) -> float:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < WEEK * 520:
        raise BadValueError(f"{shown(value)} is a length of time without a unit", f'write "{value}s" if seconds')
    if not isinstance(value, str):
        raise _wrong_type(value, 'write a length of time such as "15m"')
    if not _LENGTH.fullmatch(value):
        raise BadValueError(
            f"bad length of time {shown(value)}", 'write a number with s, m, h, d or w, such as "15m"'
        )
    return _bounded(_parsed(value), value, least, most)


def _parsed(text: str) -> float:
    match = _LENGTH.fullmatch(text)
    return float(match[1]) * _UNITS[match[2]] if match else math.nan


def _bounded(amount: float, value: object, least: str, most: str) -> float:
    if not _parsed(least) <= amount <= _parsed(most):
        raise BadValueError(f"{shown(value)} is out of range", f'write a length from "{least}" to "{most}"')
    return float(amount)


def zone(value: object) -> str:
    """An IANA time zone."""
    name = _text(value, 'write a time zone such as "Asia/Tehran"')
    try:
        zone_of(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Besides an unknown name: one that is no file name, and a folder of zones such as "Asia".
        names = {known.casefold(): known for known in available_timezones()}
        near = names.get(nearest(name, tuple(sorted(names))), "") if "/" in name else ""
        right = f'did you mean "{near}"?' if near else 'write an IANA name such as "Asia/Tehran"'
        raise BadValueError(f"unknown time zone {shown(name)}", right) from None
    return name


def instant(value: object) -> Instant:
    """A date and time with its offset from UTC, as TOML's own or as a text."""
    return moment(value.isoformat() if isinstance(value, datetime) else _text(value, "write 2024-01-01T00:00:00Z"))


_platform = word_of(Platform, "platform", PLATFORM_ALIASES)


def platforms(value: object) -> frozenset[Platform]:
    """A list of platforms to collect from."""
    right = 'write a list such as ["x", "telegram"]'
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _wrong_type(value, right)
    if not value:
        raise BadValueError("the list is empty", right)
    return frozenset(_platform(name) for name in value)


def secrets(value: object) -> tuple[Secret, ...]:
    """A list of texts that no message ever shows."""
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise BadValueError("is no list of addresses", 'write a list such as ["json://127.0.0.1:8080"]')
    return tuple(Secret(text.strip()) for text in value)


OTHER_FILES = (
    "data/tracker.lock",
    "data/pulse.json",
    "data/telegram.session",
    "data/audit.jsonl",
    "data/.had-a-database",
    ".had-a-database",
)
"""What else lies in a home; SQLite would write into it, or take what lies beside it for its own."""


def database(value: object) -> str:
    """A path within the home, given as such or as an SQLite URL; the path."""
    right = 'write a path within the home: "data/tracker.db", or "sqlite:///data/tracker.db"'
    place = _text(value, right)
    _refuse_password(place)
    path = place.removeprefix("sqlite:///")
    if "://" in path or not path:
        raise BadValueError(f"{shown(place)} is no SQLite file, and no other database is supported yet", right)
    _refuse_outside(path, right)
    parts = PurePosixPath(path.casefold()).parts
    if parts[:1] == ("config",) or "/".join(parts).startswith(OTHER_FILES):
        raise BadValueError(f"{shown(path)} is the place of another file of the tracker", right)
    return path


def key_file(value: object) -> str:
    """Empty, or the path of a file that is read: within the home, or absolute."""
    right = "write the path of a PEM file, within the home or absolute"
    path = _text(value, right, may_be_empty=True)
    if path and not PurePosixPath(path).is_absolute():
        _refuse_outside(path, right)
    return path


def api_url(value: object) -> str:
    """`sandbox`, or an address. Without TLS only on this machine: the bearer token goes with each request."""
    return _address(value, "https://api.x.com", "would send the bearer token unencrypted")


def web_url(value: object) -> str:
    """`sandbox`, or an address. Without TLS only on this machine: anybody on the way could change the pages."""
    return _address(value, TELEGRAM_WEB, "would bring pages that anybody on the way can change")


def stamp_url(value: object) -> str:
    """Empty, or the address of a time stamp authority. Without TLS only on this machine, as everywhere."""
    if value == "":
        return ""
    address = _address(value, "https://freetsa.org/tsr", "would be asked unencrypted")
    if address == SANDBOX:
        raise BadValueError("the sandbox stamps nothing", 'write an address such as "https://freetsa.org/tsr"')
    return address


_telegram_choice = word_of(TelegramChoice, "source")


def telegram_choice(value: object) -> TelegramChoice:
    """Over what Telegram is to be read."""
    return _telegram_choice(_text(value, 'write "auto", "api" or "web"'))


_log_format = word_of(LogFormat, "format")


def log_format(value: object) -> LogFormat:
    """How the daemon's log is to be written."""
    return _log_format(_text(value, 'write "auto", "json" or "plain"'))


def on_this_machine(url: str) -> bool:
    """Whether an address leads nowhere but to this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def ping_url(value: object) -> Secret | None:
    """An address to ping, which no message shows; empty: none. Without TLS only on this machine."""
    right = 'write an address that begins with https:// (http:// only for 127.0.0.1), or ""'
    text = value.strip() if isinstance(value, str) else "\n"
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadValueError("is no address", right) from None
    if not text.isascii() or not text.isprintable() or " " in text or not host or parts.scheme not in _WEB:
        raise BadValueError("is no address", right)
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise BadValueError("anybody on the way could read it, and say in our place that all is well", right)
    return Secret(text)


def metrics_file(value: object) -> str:
    """Empty, or the path of a file for node_exporter: within the home, or absolute."""
    right = 'write a path that ends with .prom, such as "/var/lib/prometheus/node-exporter/tracker.prom"'
    path = _text(value, right, may_be_empty=True)
    if path and (not path.endswith(".prom") or path.endswith("/.prom") or ".." in PurePosixPath(path).parts):
        raise BadValueError(f"{shown(path)} is no file that node_exporter reads", right)
    return path


def proxy(*, telegram: bool) -> Reader:
    """A proxy without a password; empty: none."""

    def read(value: object) -> Proxy | None:
        text = _text(value, RIGHT_ON_TELEGRAM if telegram else RIGHT) if value != "" else ""
        return without_password(parse(text, telegram=telegram)) if text else None

    return read


def _address(value: object, example: str, unencrypted: str) -> str:
    right = f'write an address such as "{example}", or "sandbox"'
    address = _text(value, right).rstrip("/")
    if address == SANDBOX:
        return address
    _refuse_password(address)
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadValueError(f"bad address {shown(address)}", right) from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise BadValueError(f"bad address {shown(address)}", right)
    if parts.scheme == "http" and host not in _LOOPBACK:
        wrong = f"{shown(address)} {unencrypted}"
        raise BadValueError(wrong, "write https:// (http:// only for 127.0.0.1)")
    return address


def server(value: object) -> str:
    """Empty for Telegram itself, `sandbox`, or `host:port`."""
    right = 'write "host:port", "sandbox", or "" for Telegram itself'
    address = _text(value, right, may_be_empty=True)
    host, colon, port = address.rpartition(":")
    plausible = colon and host and re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536
    if address in ("", SANDBOX) or (plausible and not re.search(r"[\s/@]", host)):
        return address
    raise BadValueError(f"bad server {shown(address)}", right)


def _text(value: object, right: str, *, may_be_empty: bool = False) -> str:
    if not isinstance(value, str):
        raise _wrong_type(value, right)
    text = value.strip()
    if not text and not may_be_empty:
        raise BadValueError("is empty", right)
    if not text.isprintable():
        raise BadValueError(f"holds a control character: {shown(text)}", right)
    return text


def _refuse_password(address: str) -> None:
    if re.search(r"://[^/?#]*:[^/?#]*@", address):
        raise BadValueError(
            "the address holds a password, and settings are no place for secrets",
            "leave it out",
        )


def _refuse_outside(path: str, right: str) -> None:
    parts = PurePosixPath(path.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", path):
        raise BadValueError(f"{shown(path)} leads out of the home; nothing is written outside it", right)


def _wrong_type(value: object, right: str) -> BadValueError:
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a section",
    }
    return BadValueError(f"{shown(value)} is {names.get(type(value), 'a date or time')}", right)
