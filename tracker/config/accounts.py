"""Handles and numeric ids of accounts, as people copy them: with @, as a link, with Persian digits."""

from __future__ import annotations

import re
from typing import NamedTuple

from tracker.config.cells import western_digits
from tracker.config.problems import BadValueError, shown
from tracker.domain.words import Platform

_HANDLES = {
    Platform.X: re.compile(r"[A-Za-z0-9_]{1,15}"),
    Platform.TELEGRAM: re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}"),
}
_HANDLE_RULES = {
    Platform.X: "a name on X has 1 to 15 of A-Z, a-z, 0-9 and _",
    Platform.TELEGRAM: "a name on Telegram has 4 to 32 of A-Z, a-z, 0-9 and _, and begins with a letter",
}
_HOSTS = {
    "x.com": Platform.X,
    "twitter.com": Platform.X,
    "t.me": Platform.TELEGRAM,
    "telegram.me": Platform.TELEGRAM,
    "telegram.dog": Platform.TELEGRAM,
}
_LINK = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.|m\.)?([a-z0-9.-]+\.[a-z]+)(?:/([^?#]*))?(?:[?#].*)?", re.IGNORECASE
)
_X_PAGES = frozenset({"i", "home", "search", "intent", "hashtag", "explore", "settings", "share", "compose"})


def handle(platform: Platform, cell: str) -> str:
    """The bare name of an account: from `name`, `@name`, or a link to its page. Raises BadValueError."""
    if not cell:
        raise BadValueError("is empty", "write the account's name, such as @name or https://x.com/name")
    name = cell.removeprefix("@").strip()
    if platform is Platform.TELEGRAM and name.startswith("+"):
        raise _private()
    if not _HANDLES[platform].fullmatch(name) and (link := _LINK.fullmatch(name)):
        name = _name_in_link(platform, link[1].lower(), link[2] or "")
    if not _HANDLES[platform].fullmatch(name):
        raise BadValueError(f"bad handle {shown(cell)}", _HANDLE_RULES[platform])
    return name


def _name_in_link(platform: Platform, host: str, path: str) -> str:
    if _HOSTS.get(host) is not platform:
        where = _HOSTS.get(host, "neither x nor telegram")
        raise BadValueError(
            f"the link to {shown(host)} leads to {where}", f"the row's platform is {platform}: make them agree"
        )
    parts = [part for part in path.split("/") if part]
    if platform is Platform.TELEGRAM:
        if parts and (parts[0].startswith("+") or parts[0].lower() in ("joinchat", "c")):
            raise _private()
        if parts and parts[0].lower() == "s":
            parts = parts[1:]
    elif parts and parts[0].lower() in _X_PAGES:
        raise BadValueError(
            f"the link to {shown(path)} is no account's page", "write the account's name, such as @name"
        )
    if not parts:
        raise BadValueError("the link names no account", f"write https://{host}/name")
    name = parts[0].removeprefix("@")
    if len(parts) > 1:
        raise BadValueError(f"the link to {shown(path)} leads to a post", f"write the account's name: is it {name}?")
    return name


def _private() -> BadValueError:
    return BadValueError(
        "a link to a private channel; private channels are never collected", "list public channels only"
    )


class Identity(NamedTuple):
    """The numeric id, if it is known, and whether the account may be collected."""

    platform_id: int | None
    verified: bool


UNVERIFIED = "unverified"
_LARGEST = {Platform.X: 2**63 - 1, Platform.TELEGRAM: 2**52}
_ROUNDED = re.compile(r"[0-9]+(?:[.,٫][0-9]+)?[eE][+-]?[0-9]+")
_GROUPED = re.compile(r"[0-9]+(?:[.,٫٬' \u00a0\u202f][0-9]+)+")
_AS_TEXT = "format the column as Text, then copy the id again from its source"
# With the minus lost, 13 digits are still told from a bare id, which has at most 12.
_BOT_PREFIX = re.compile(r"-100(?=[0-9]+$)|100(?=[0-9]{10}$)")


def unspoilt_id(cell: str) -> str:
    """The cell with western digits. Raises BadValueError if a spreadsheet has destroyed the id."""
    plain = western_digits(cell).replace("\u2212", "-")
    if _ROUNDED.fullmatch(plain):
        raise BadValueError(f"a spreadsheet has rounded the id to {shown(cell)} and lost its last digits", _AS_TEXT)
    if _GROUPED.fullmatch(plain):
        raise BadValueError(
            f"a spreadsheet has put separators into the id: {shown(cell)}", f"{_AS_TEXT}; digits only"
        )
    return plain


def platform_id(platform: Platform, cell: str) -> Identity:
    """The numeric id: digits; empty, to be looked up at the first visit; or `unverified`, listed but not collected.

    Telegram ids with the prefix -100, as bots write them, become bare ones.
    """
    if cell.casefold() == UNVERIFIED:
        return Identity(None, verified=False)
    if not cell:
        return Identity(None, verified=True)
    plain = digits = unspoilt_id(cell)
    if platform is Platform.TELEGRAM:
        prefix = _BOT_PREFIX.match(plain)
        digits = plain[prefix.end() :] if prefix else plain
        if re.fullmatch(r"-[0-9]+", digits):
            raise BadValueError(f"{shown(cell)} is the id of a group", "list public channels only")
    if not re.fullmatch(r"[0-9]+", digits):
        raise BadValueError(f"bad id {shown(cell)}", f"write digits, or leave it empty, or write {UNVERIFIED}")
    if len(digits) > 19 or not 0 < int(digits) <= _LARGEST[platform]:
        raise BadValueError(
            f"the id {shown(cell)} is out of range", f"write the id that {platform} gives to the account"
        )
    if len(digits) >= 18 and digits.endswith("0" * (len(digits) - 15)):
        wrong = f"the id {shown(cell)} ends in zeros: a spreadsheet keeps only 15 digits"
        raise BadValueError(wrong, f"{_AS_TEXT}, or leave it empty to have it looked up by the handle")
    return Identity(int(digits), verified=True)
