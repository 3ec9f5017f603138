"""What a user may write to name a subject, an account or a post. Only the form is looked at, nothing is looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tracker.config.cells import PLATFORM_ALIASES
from tracker.domain.errors import UsageError
from tracker.domain.words import Platform

_HOSTS = {
    "x.com": Platform.X,
    "twitter.com": Platform.X,
    "mobile.twitter.com": Platform.X,
    "mobile.x.com": Platform.X,
    "t.me": Platform.TELEGRAM,
    "telegram.me": Platform.TELEGRAM,
}
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,19}")
FORMS = "SUBJECT, subject:ID, x:HANDLE, x:ID, telegram:CHANNEL, x:HANDLE/POST, telegram:CHANNEL/POST or a URL"


@dataclass(frozen=True, slots=True)
class Name:
    """What was written. With a platform it is an account, or with a post id a post; else a subject, or any handle."""

    text: str
    """As it was written, in one form for all."""
    platform: Platform | None = None
    handle: str | None = None
    """Without the @. Of an account; None where a post of X is named by its id alone."""
    number: int | None = None
    """What stands where a handle may stand, if it is a number: an account's id, or on X perhaps a post's."""
    post: int | None = None
    only_subject: bool = False


def named(text: str) -> Name:
    """What the text names. Raises UsageError for what can name nothing."""
    plain = " ".join(text.split())
    if "://" in plain or plain.casefold().startswith(tuple(f"{host}/" for host in _HOSTS)):
        return _of_url(plain)
    before, colon, rest = plain.partition(":")
    if colon and before.casefold() == "subject" and rest.strip():
        return Name(f"subject:{rest.strip().casefold()}", handle=rest.strip(), only_subject=True)
    platform = _platform(before) if colon else None
    if platform is not None:
        account, slash, post = rest.strip().partition("/")
        return _of_parts(plain, platform, account, post if slash else None)
    if not plain.removeprefix("@"):
        raise UsageError(f"nothing is named; write {FORMS}")
    return Name(plain.removeprefix("@").casefold(), handle=plain.removeprefix("@"))


def _platform(word: str) -> Platform | None:
    folded = word.casefold()
    if folded in tuple(Platform):
        return Platform(folded)
    return PLATFORM_ALIASES.get(folded)


def _of_url(text: str) -> Name:
    address = urlsplit(text if "://" in text else f"https://{text}")
    platform = _HOSTS.get((address.hostname or "").removeprefix("www."))
    parts = [part for part in address.path.split("/") if part]
    if platform is Platform.X and len(parts) >= 3 and parts[-2] in ("status", "statuses"):
        account = "" if parts[0] == "i" else parts[0]
        return _of_parts(text, platform, account, parts[-1])
    if platform is Platform.X and len(parts) == 1:
        return _of_parts(text, platform, parts[0], None)
    if platform is Platform.TELEGRAM:
        parts = parts[1:] if parts[:1] in (["s"], ["c"]) and len(parts) > 1 else parts
        if 1 <= len(parts) <= 2:
            return _of_parts(text, platform, parts[0], parts[1] if len(parts) == 2 else None)
    raise UsageError(f"{text!r} is no address of an account or a post; write {FORMS}")


def _of_parts(text: str, platform: Platform, account: str, post: str | None) -> Name:
    account = account.removeprefix("@")
    only_post = not account and post is not None and platform is Platform.X
    if not only_post and not _HANDLE.fullmatch(account):
        raise UsageError(f"{text!r} names no account; write {FORMS}")
    if post is not None and not _NUMBER.fullmatch(post):
        raise UsageError(f"{text!r} names no post: {post!r} is no number; write {FORMS}")
    number = int(account) if _NUMBER.fullmatch(account) else None
    post_id = None if post is None else int(post)
    written = f"{platform}:{account.casefold()}" + ("" if post_id is None else f"/{post_id}")
    return Name(written, platform, account or None, number, post_id)
