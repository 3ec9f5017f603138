"""What must not be anywhere, in every form in which it could be written, and the bytes in which it is looked for."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

TEHRAN = ZoneInfo("Asia/Tehran")
WORDS = ("canaryword", "قناری")
EPOCH_OF_X = 1_288_834_974_657
MANY = 10_000_000
"""Smaller numbers stand for many things."""


@dataclass
class Canary:
    """Posts of people at risk: their texts, ids and exact times."""

    ids: set[int] = field(default_factory=set)
    times: set[int] = field(default_factory=set)

    def post(self, number: int, at: int, text: str) -> None:
        """One more of them."""
        assert all(word in text for word in WORDS)
        assert at % 60, "our own moments are at full minutes"
        self.ids |= {number} if number else set()
        self.times.add(at)

    def found_in(self, data: bytes) -> set[str]:
        """What of them is in these bytes, as text or as a number of eight bytes."""
        lower = data.lower()
        found = {word for word in WORDS if any(form in lower for form in _texts(word))}
        found |= {f"id {number}" for number in self.ids if any(form in data for form in _numbers(number))}
        return found | {f"time {at}" for at in self.times if any(form in data for form in _times(at))}

    def found_among(self, values: Iterator[object]) -> set[str]:
        """The same of a table's values."""
        numbers = {value for value in values if isinstance(value, int)}
        milliseconds = {at * 1000 for at in self.times}
        return {f"value {number}" for number in numbers & (self.ids | self.times | milliseconds)}


def _texts(word: str) -> list[bytes]:
    return [word.encode(), word.encode("utf-16-le"), json.dumps(word)[1:-1].encode()]


def _numbers(number: int) -> list[bytes]:
    """In decimal, and of eight bytes either way round, as SQLite's own varint, and the moment that X's ids hold."""
    forms = [str(number).encode(), number.to_bytes(8, "big"), number.to_bytes(8, "little"), varint(number)]
    return [*forms, str((number >> 22) + EPOCH_OF_X).encode()]


def varint(number: int) -> bytes:
    """As SQLite writes the number of a row: seven bits a byte, and eight in the ninth."""
    if number >= 1 << 56:
        rest, tail = number >> 8, bytes([number & 0xFF])
        return bytes(0x80 | (rest >> shift) & 0x7F for shift in range(49, -1, -7)) + tail
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))


def _times(at: int) -> list[bytes]:
    """As seconds or milliseconds, and as a time of day, which every calendar writes alike."""
    moments = (datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(at, TEHRAN))
    clock = {form for moment in moments for form in (f"{moment:%d %H:%M:%S}", f"{moment:%dT%H:%M:%S}")}
    hijri = {f" {moment:%H:%M:%S}" for moment in moments}
    return [str(at).encode(), *(form.encode() for form in clock | hijri)]


def views(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what is packed in it."""
    data = path.read_bytes()
    yield data
    if data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    if data.startswith(b"PAR1"):
        import pyarrow.parquet

        yield repr(pyarrow.parquet.read_table(path).to_pylist()).encode()
    if data.startswith(b"SQLite format 3\0"):
        for value in values(path):
            if isinstance(value, bytes):
                with suppress(zlib.error):
                    yield zlib.decompress(value)


def values(database: Path) -> Iterator[object]:
    """Every value of every table."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield from row


def found_below(folder: Path, canary: Canary) -> dict[str, set[str]]:
    """In which files what is."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            here = {one for data in views(path) for one in canary.found_in(data)}
            if path.suffix == ".db":
                here |= canary.found_among(values(path))
            if here:
                found[path.relative_to(folder).as_posix()] = here
    return found
