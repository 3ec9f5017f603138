"""Times as other tools write them. One without an offset from UTC is refused unless the user says its zone."""

from __future__ import annotations

from datetime import datetime

from tracker.archives.x_legacy import legacy_time
from tracker.domain.instants import Instant, zone_of

LATEST: Instant = 4_102_444_800
"""2100-01-01: a larger number counts milliseconds, or millionths."""


class BadTimeError(ValueError):
    """A time that cannot be read, or not without knowing its zone."""


class NaiveTimeError(BadTimeError):
    """A time without an offset from UTC."""


def instant_of(text: str, zone: str | None) -> Instant:
    """The instant of ISO 8601, of seconds, milliseconds or microseconds since 1970, or of X's old way to write it.

    Raises BadTimeError, and NaiveTimeError for a time without an offset where no zone is said.
    """
    text = text.strip()
    number = text.removesuffix(".0")
    if number.isascii() and number.isdigit() and len(number) <= 17:
        seconds = int(number)
        while seconds > LATEST:
            seconds //= 1000
        return seconds
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        old = legacy_time(text)
        if old is None:
            raise BadTimeError("a time that is neither ISO 8601 nor a number of seconds") from None
        return old
    if moment.tzinfo is None:
        if zone is None:
            raise NaiveTimeError(
                "a time without its offset from UTC; say its zone with --zone, as UTC or Asia/Tehran"
            )
        moment = moment.replace(tzinfo=zone_of(zone))
    return int(moment.timestamp())
