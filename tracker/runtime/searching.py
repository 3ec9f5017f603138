"""Looking for bytes in every file of the data folder: the proof that something is gone, or where it still is."""

from __future__ import annotations

import os
import stat
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tracker.store.needles import Needle

CHUNK = 1 << 24
WINDOW = 8
"""Bytes by which long needles are looked for all at once."""

PACKED = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x04\x22\x4d\x18": "lz4",
    b"Rar!": "rar",
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"age-encryption.org": "age",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
"""By what files begin in which words do not lie as they are. An .xlsx is a zip."""

Progress = Callable[[int], None]
"""Told how many bytes were searched since the last time."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search has found."""

    files: int
    """Searched."""
    size: int
    """Bytes of these."""
    found: dict[Path, tuple[Needle, ...]] = field(default_factory=dict)
    unreadable: tuple[Path, ...] = ()
    packed: dict[Path, str] = field(default_factory=dict)
    """The files that were not searched, for words cannot be seen in them; and how they are packed."""


def files_in(folders: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """All plain files below the folders, each once, and what is closed to us; links are not followed."""
    found: dict[Path, None] = {}
    closed: dict[Path, None] = {}

    def note(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            closed[Path(os.fsdecode(error.filename)).resolve()] = None

    for folder in folders:
        for place, _, names in os.walk(folder, onerror=note):
            for name in sorted(names):
                path = Path(place) / name
                try:
                    plain = stat.S_ISREG(path.lstat().st_mode)
                except OSError as error:
                    note(error)
                    continue
                if plain:
                    found[path.resolve()] = None
    return list(found), list(closed)


def search(files: Sequence[Path], needles: Sequence[Needle], told: Progress = lambda _count: None) -> Search:
    """Look for the needles in the files: which of them are in which."""
    haystack = _Needles(needles)
    found: dict[Path, tuple[Needle, ...]] = {}
    packed: dict[Path, str] = {}
    unreadable, size = [], 0
    for path in files:
        hits: set[Needle] = set()
        try:
            for place, (chunk, new) in enumerate(_chunks(path, haystack.longest)):
                if place == 0 and (how := packed_as(chunk)) is not None:
                    packed[path] = how
                    break
                hits |= haystack.in_chunk(chunk)
                size += new
                told(new)
        except FileNotFoundError:
            continue  # a journal that was there a moment ago
        except OSError:
            unreadable.append(path)
        if hits:
            found[path] = tuple(sorted(hits))
    return Search(len(files) - len(unreadable) - len(packed), size, found, tuple(unreadable), packed)


def packed_as(head: bytes) -> str | None:
    """How a file that begins with these bytes is packed; None if it is not."""
    return next((how for mark, how in PACKED.items() if head.startswith(mark)), None)


def _chunks(path: Path, longest: int) -> Iterator[tuple[bytes, int]]:
    """The file in parts that overlap, so that nothing is cut in two unseen; with how many bytes are new."""
    with path.open("rb") as file:
        end = b""
        while new := file.read(CHUNK):
            chunk = end + new
            yield chunk, len(new)
            end = chunk[-(longest - 1) :] if longest > 1 else b""


class _Needles:
    """Many needles, looked for at once: the long ones by their last eight bytes."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        self.longest = max((len(needle.data) for needle in needles), default=1)
        self._few = [needle for needle in needles if needle.folded or len(needle.data) < WINDOW]
        self._by_end: defaultdict[int, list[Needle]] = defaultdict(list)
        for needle in needles:
            if not needle.folded and len(needle.data) >= WINDOW:
                self._by_end[int.from_bytes(needle.data[-WINDOW:], "little")].append(needle)
        self._ends = np.array(sorted(self._by_end), dtype="<u8")
        # Most windows are ruled out by their lowest 16 bits alone.
        self._may = np.zeros(1 << 16, dtype=bool)
        self._may[(self._ends & np.uint64(0xFFFF)).astype(np.int64)] = True

    def in_chunk(self, chunk: bytes) -> set[Needle]:
        """Which of the needles are in these bytes."""
        lower = chunk.lower() if any(needle.folded for needle in self._few) else b""
        found = {needle for needle in self._few if needle.data in (lower if needle.folded else chunk)}
        if len(self._ends):
            for start in range(WINDOW):
                found |= self._at(chunk, start)
        return found

    def _at(self, chunk: bytes, start: int) -> set[Needle]:
        count = (len(chunk) - start) // WINDOW
        if count <= 0:
            return set()
        windows = np.frombuffer(chunk, dtype="<u8", count=count, offset=start)
        places = np.flatnonzero(self._may[(windows & np.uint64(0xFFFF)).astype(np.int64)])
        places = places[np.isin(windows[places], self._ends)]
        found = set()
        for place in places.tolist():
            end = start + place * WINDOW + WINDOW
            for needle in self._by_end[int(windows[place])]:
                if chunk[max(0, end - len(needle.data)) : end] == needle.data:
                    found.add(needle)
        return found


def kinds(needles: Iterable[Needle]) -> Counter[str]:
    """How many needles there are of each kind."""
    return Counter(str(needle.trace) for needle in needles)
