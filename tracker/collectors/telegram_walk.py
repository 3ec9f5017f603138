"""What both ways to read Telegram share: a walk begun over the one can go on over the other, at the same message."""

from __future__ import annotations

import msgspec

from tracker.domain.instants import MINUTE, Instant

ALBUM_ARRIVES = MINUTE
"""An album whose last picture is younger than this may still grow."""

TELEGRAM_BEGAN: Instant = 1_375_315_200
"""2013-08-01: an older message has no date that could be true."""


class Cursor(msgspec.Struct, frozen=True):
    """Where a walk goes on: below this message; and the newest message that the walk began with."""

    below: int = 0
    mark: str | None = None


def cursor_of(text: str | None) -> Cursor:
    """The cursor that an earlier page of the walk wrote; a walk's beginning for None."""
    return msgspec.json.decode(text, type=Cursor) if text else Cursor()


def written(cursor: Cursor) -> str:
    """The cursor as a page hands it on."""
    return msgspec.json.encode(cursor).decode("ascii")
