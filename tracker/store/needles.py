"""What a search for the forgotten looks for in files: their words and numbers as bytes, as they would lie there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

LENGTH, STEP = 48, 1000
"""Of long content every so many bytes a piece is looked for: a page of the database may end anywhere in between."""
SHORTEST_TEXT = 12
"""In bytes: what is shorter stands in other posts too."""
SHORTEST_NUMBER = 10_000_000
"""Smaller numbers, as those of posts on Telegram, stand for many things."""
SHORTEST_WORD = 4


class Trace(StrEnum):
    """What kind of thing is looked for."""

    TEXT = "text"
    POST_ID = "post id"
    ACCOUNT_ID = "account id"
    HANDLE = "handle"
    NAME = "name"
    ANSWER = "raw answer"
    SUBJECT = "subject"


class Needle(NamedTuple):
    """Bytes to be looked for. Never shown."""

    data: bytes
    trace: Trace
    folded: bool = False
    """Whether upper and lower case of ASCII are the same; `data` is in lower case."""
    common: bool = False
    """Too short to be told from what others say: it is counted, and never looked for."""


def of_text(text: str | None, trace: Trace = Trace.TEXT) -> Iterator[Needle]:
    """A text, as the database and most files hold it."""
    data = (text or "").encode("utf-8", "surrogatepass")
    if len(data) >= SHORTEST_TEXT:
        for piece in _pieces(data):
            yield Needle(piece, trace)
    elif data:
        yield Needle(data, trace, common=True)


def of_blob(data: bytes, left: bytes = b"") -> Iterator[Needle]:
    """A packed answer; without the beginning, which many have in common, and without what is still in what is left.

    Up to the first cut both are packed alike.
    """
    for piece in _pieces(data[16:]):
        if len(piece) >= SHORTEST_TEXT and piece not in left:
            yield Needle(piece, Trace.ANSWER)


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, max(1, len(data) - LENGTH // 2), STEP):
        yield data[start : start + LENGTH]


def of_number(number: int | None, trace: Trace) -> Iterator[Needle]:
    """An id: in decimal, and as SQLite stores it (big-endian, six bytes from 2**31 on, eight from 2**47)."""
    if number is None:
        return
    yield Needle(str(number).encode(), trace, common=number < SHORTEST_NUMBER)
    if number >= 2**47:
        yield Needle(number.to_bytes(8, "big"), trace)
    elif number >= 2**31:
        yield Needle(number.to_bytes(6, "big"), trace)


def of_word(word: str | None, trace: Trace) -> Iterator[Needle]:
    """A handle or a name, in either case, also as JSON writes it in ASCII."""
    plain = (word or "").strip()
    if not plain:
        return
    common = len(plain) < SHORTEST_WORD
    yield Needle(plain.encode().lower(), trace, folded=True, common=common)
    escaped = json.dumps(plain)[1:-1]
    if escaped != plain and not common:
        yield Needle(escaped.encode().lower(), trace, folded=True)


def unique(needles: Iterable[Needle]) -> list[Needle]:
    """Each once."""
    return list(dict.fromkeys(needles))
