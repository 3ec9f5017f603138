"""What single cells mean: keys, words of a vocabulary, dates. A reader raises BadValueError on what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar

from tracker.config.problems import BadValueError, shown, suggestion
from tracker.domain.instants import Instant, from_iso, start_of_day
from tracker.domain.words import ANY_PLATFORM, Platform, Precision

Word = TypeVar("Word", bound=StrEnum)

_DIGITS = {ord(digit): str(value) for digits in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩") for value, digit in enumerate(digits)}
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def western_digits(text: str) -> str:
    """The text with Persian and Arabic digits written as 0-9."""
    return text.translate(_DIGITS)


def text(cell: str) -> str:
    """Free text on one line."""
    return " ".join(cell.split())


def needed_text(cell: str) -> str:
    """Free text on one line that may not be empty."""
    if not cell:
        raise BadValueError("is empty", "fill it in")
    return text(cell)


def needed_source(cell: str) -> str:
    """Where it is known from; may not be empty."""
    if not cell:
        raise BadValueError("is empty", "name where it is known from: an address, or a title with its date")
    return text(cell)


def key(cell: str) -> str:
    """A name that files and commands use for something: a-z, 0-9, - and _, up to 64 characters."""
    if _KEY.fullmatch(cell):
        return cell
    if not cell:
        raise BadValueError("is empty", "write a short key such as ministry-of-health")
    slug = re.sub(r"[^a-z0-9_-]+", "-", western_digits(cell).lower()).strip("-_")[:64]
    right = f"write {slug}" if slug else "use a-z, 0-9, - and _, such as ministry-of-health"
    raise BadValueError(f"bad key {shown(cell)}", right)


def word_of(words: type[Word], what: str, meant: Mapping[str, Word] | None = None) -> Callable[[str], Word]:
    """A reader for one word of a vocabulary; `meant` says which word people mean by some others."""
    choices = tuple(word.value for word in words)

    def read(cell: str) -> Word:
        plain = cell.casefold()
        if plain in choices:
            return words(plain)
        if not cell:
            raise BadValueError("is empty", f"write one of {', '.join(choices)}")
        guess = (meant or {}).get(plain)
        right = f"did you mean {guess}?" if guess else suggestion(plain, choices)
        raise BadValueError(f"unknown {what} {shown(cell)}", right)

    return read


def or_empty(read: Callable[[str], Word], empty: Word) -> Callable[[str], Word]:
    """The same reader, for a cell that may be empty and means `empty` then."""
    return lambda cell: read(cell) if cell else empty


OTHER_PLATFORMS = ("bluesky", "facebook", "instagram", "linkedin", "mastodon", "signal", "threads", "tiktok", "viber",
                   "wechat", "whatsapp", "youtube")  # fmt: skip
"""Platforms that the tracker knows by name but does not collect from: they occur in restrictions and events."""

_KNOWN_PLATFORMS = (*(platform.value for platform in Platform), *OTHER_PLATFORMS)
PLATFORM_ALIASES = {
    "twitter": Platform.X,
    "x.com": Platform.X,
    "tweeter": Platform.X,
    "توییتر": Platform.X,
    "tg": Platform.TELEGRAM,
    "t.me": Platform.TELEGRAM,
    "تلگرام": Platform.TELEGRAM,
}


def any_platform(cell: str) -> str:
    """The name of a platform, collected from or not, or `*` for all of them."""
    name = cell.casefold()
    if name == ANY_PLATFORM or name in _KNOWN_PLATFORMS:
        return name
    if not cell:
        raise BadValueError("is empty", "write a platform such as x or telegram, or * for all")
    guess = PLATFORM_ALIASES.get(name)
    right = f"did you mean {guess}?" if guess else suggestion(name, _KNOWN_PLATFORMS)
    raise BadValueError(f"unknown platform {shown(cell)}", right)


class Dating(NamedTuple):
    """A date as it was written: the days [first, beyond) that it may mean, and how exact that is."""

    first: date
    beyond: date
    precision: Precision


EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})\b.*")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})\b.*")


def dating(cell: str) -> Dating:
    """A day, month or year of the Gregorian calendar: YYYY-MM-DD, YYYY-MM or YYYY; Persian digits are welcome."""
    plain = western_digits(cell)
    match = _DATE.fullmatch(plain)
    if not match:
        raise BadValueError(f"bad date {shown(cell)}", _date_advice(plain))
    year, month, day = (int(part) if part else 0 for part in match.groups())
    if 1300 <= year <= 1500:
        raise BadValueError(
            f"the year {year} looks like the Solar Hijri calendar", "write the Gregorian date, YYYY-MM-DD"
        )
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise BadValueError(f"bad year in date {shown(cell)}", f"write a year from {EARLIEST_YEAR} to {LATEST_YEAR}")
    try:
        first = date(year, month if match[2] else 1, day if match[3] else 1)
    except ValueError:
        raise BadValueError(
            f"there is no day {shown(cell)}", "write a day that the calendar has, YYYY-MM-DD"
        ) from None
    if match[3]:
        return Dating(first, first + timedelta(days=1), Precision.DAY)
    if match[2]:
        return Dating(first, (first + timedelta(days=32)).replace(day=1), Precision.MONTH)
    return Dating(first, date(year + 1, 1, 1), Precision.YEAR)


def moment(cell: str) -> Instant:
    """A time of ISO 8601 with its offset from UTC, in the same years as a date."""
    right = "write it with its offset from UTC, such as 2022-03-04T12:00:00+03:00"
    try:
        instant = from_iso(western_digits(cell))
    except (ValueError, OverflowError):
        raise BadValueError(f"bad time {shown(cell)}", right) from None
    first, beyond = (start_of_day(date(year, 1, 1), "UTC") for year in (EARLIEST_YEAR, LATEST_YEAR + 1))
    if not first <= instant < beyond:
        raise BadValueError(f"bad year in time {shown(cell)}", f"write a year from {EARLIEST_YEAR} to {LATEST_YEAR}")
    return instant


def _date_advice(plain: str) -> str:
    """What a date in another notation probably means."""
    meanings: list[str] = []
    if match := _YEAR_FIRST.fullmatch(plain):
        year, month, day = match.groups()
        meanings = [f"{year}-{int(month):02}-{int(day):02}"]
    elif match := _YEAR_LAST.fullmatch(plain):
        first, second, year = match.groups()
        pairs = {(int(first), int(second)), (int(second), int(first))}
        meanings = sorted(f"{year}-{month:02}-{day:02}" for month, day in pairs if month <= 12)
    return f"write {' or '.join(meanings)}" if meanings else "write YYYY-MM-DD, such as 2022-09-21"
