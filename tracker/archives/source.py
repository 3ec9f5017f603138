"""The bytes of a file, unpacked as they are read, within limits: no file can fill the memory or the disk."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from tracker.domain.errors import UsageError

LONGEST_LINE = 32 * 2**20
"""Bytes. A page of 100 posts with all that X can send along has about one million."""
LARGEST_RATIO = 200
"""How often a packed file may be larger when unpacked; JSON of posts is 5 to 30 times as large."""
FREE_BYTES = 16 * 2**20
"""So much may be unpacked whatever the ratio."""
HEAD = 64 * 2**10
"""How many bytes are looked at to tell what a file is."""
BLOCK = 2**20
DIGESTED_AT_ONCE = 16 * BLOCK

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
MEMBERS = re.compile(r"(^|/)(tweets?(-part\d+)?\.js|result\.json)$")
"""The files that are read of a packed archive; one that holds a single file may call it as it likes."""
Progress = Callable[[int], None]
"""Told how many bytes of the file have been read since the last time."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or one file in a zipped one."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """As messages and the database call it; never with the folders above it."""
        name = os.fsencode(self.path.name).decode("utf-8", "replace")  # the name of a file may be any bytes
        return name if self.member is None else f"{name}/{self.member}"

    @property
    def size(self) -> int:
        """Bytes on the disk, packed."""
        if self.member is None:
            return self.path.stat().st_size
        with _unzipping(self.path) as packed:
            return packed.getinfo(self.member).compress_size


class Readable(Protocol):
    """What bytes come from."""

    def read(self, size: int, /) -> bytes: ...


class Source:
    """A file's bytes from the beginning, unpacked. Raises UsageError where a limit is passed."""

    def __init__(self, raw: Readable, name: str, packed: Callable[[], int] | None) -> None:
        """`packed` tells how many packed bytes were read, of a file that is packed."""
        self.name = name
        self._raw, self._packed = raw, packed
        self._head: bytes | None = None
        self.position = 0
        self.cut = False
        """Whether the packed file ended before its end."""

    def head(self) -> bytes:
        """The first bytes, which are read again afterwards."""
        if self._head is None:
            self._head = self._read_all(HEAD)
        return self._head

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        if self._head:
            block, self._head = self._head[:size], self._head[size:]
        else:
            block = self._unpack(size)
        self.position += len(block)
        return block

    def skip(self, size: int) -> None:
        """Pass over the first bytes, which have been looked at."""
        left = self.head()[size:]
        self._head, self.position = left, size

    def _read_all(self, size: int) -> bytes:
        """So many bytes, unless the file ends before."""
        blocks: list[bytes] = []
        while size > 0 and (block := self._unpack(size)):
            blocks.append(block)
            size -= len(block)
        return b"".join(blocks)

    def _unpack(self, size: int) -> bytes:
        if self.cut:
            return b""
        try:
            block = self._raw.read(size)
        except EOFError:
            self.cut = True
            return b""
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
            raise UsageError(f"{self.name} is damaged: it cannot be unpacked ({error}); fetch it again") from None
        if self._packed is not None:
            unpacked = self.position + len(block)
            if unpacked > FREE_BYTES and unpacked > LARGEST_RATIO * max(1, self._packed()):
                raise UsageError(_too_large(self.name))
        return block


def _too_large(name: str) -> str:
    return (
        f"{name} grows to more than {LARGEST_RATIO} times its size when unpacked: no export does; unpack it yourself "
        "if you trust it"
    )


def parts_of(path: Path) -> list[Part]:
    """What is to be read of a file. Raises UsageError for a zipped file without an export, and OSError."""
    if not path.is_file():
        raise UsageError(f"{path.name} is no plain file; a pipe or a device may never end: write it to a file first")
    with path.open("rb") as file:
        begin = file.read(len(ZIP))
    if begin != ZIP:
        return [Part(path)]
    with _unzipping(path) as packed:
        names = [info.filename for info in packed.infolist() if not info.is_dir()]
    chosen = sorted(name for name in names if MEMBERS.search(name))
    if not chosen and len(names) == 1:
        chosen = names
    if not chosen:
        raise UsageError(f"{path.name} holds neither tweets.js nor result.json; unpack it and name the file you mean")
    return [Part(path, name) for name in chosen]


@contextmanager
def opened(part: Part, progress: Progress = lambda _count: None) -> Iterator[Source]:
    """The bytes of a part, unpacked. Raises UsageError or OSError."""
    with ExitStack() as open_files:
        file = _Watched(open_files.enter_context(part.path.open("rb", buffering=0)))
        if part.member is not None:
            packed = open_files.enter_context(_unzipping(part.path, file))
            info = packed.getinfo(part.member)
            if info.flag_bits & 1:
                raise UsageError(f"{part.name} is encrypted; unpack it first")
            if info.file_size > FREE_BYTES and info.file_size > LARGEST_RATIO * max(1, info.compress_size):
                raise UsageError(_too_large(part.name))
            try:
                member = open_files.enter_context(packed.open(info))
            except (NotImplementedError, zipfile.BadZipFile) as error:
                raise UsageError(f"{part.name} cannot be unpacked ({error}); unpack it yourself") from None
            file.progress = progress  # not before: the list of all that is in the archive is no part of this one
            yield Source(member, part.name, lambda: info.compress_size)
            return
        file.progress = progress
        if file.peek(len(GZIP)) == GZIP:
            unzipped = open_files.enter_context(gzip.GzipFile(fileobj=file, mode="rb"))
            yield Source(unzipped, part.name, lambda: file.passed)
        else:
            yield Source(file, part.name, None)


def digest(part: Part, progress: Progress = lambda _count: None) -> str:
    """SHA-256 of the file's bytes as they are on the disk, and of the member's name."""
    hashed = hashlib.sha256()
    # Each turn waits until the thread that reads the file's posts lets go of the interpreter: so few, large ones.
    block = memoryview(bytearray(min(max(part.path.stat().st_size, 1), DIGESTED_AT_ONCE)))
    with part.path.open("rb", buffering=0) as file:
        while size := file.readinto(block):
            hashed.update(block[:size])
            progress(size)
    if part.member is not None:
        hashed.update(b"\0" + part.member.encode("utf-8", "surrogateescape"))
    return hashed.hexdigest()


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: io.RawIOBase | IO[bytes]) -> None:
        self._file = file
        self._ahead = b""
        self.progress: Progress = lambda _count: None
        self.passed = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def peek(self, size: int) -> bytes:
        self._ahead = self._file.read(size) or b""
        return self._ahead

    def read(self, size: int = -1) -> bytes:
        block, self._ahead = self._ahead, b""
        if not block:
            block = self._file.read(size) or b""
            self.passed += len(block)
            self.progress(len(block))
        return block

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        block = self.read(len(view))
        view[: len(block)] = block
        return len(block)


@contextmanager
def _unzipping(path: Path, file: _Watched | None = None) -> Iterator[zipfile.ZipFile]:
    try:
        packed = zipfile.ZipFile(path if file is None else file)
    except zipfile.BadZipFile as error:
        raise UsageError(f"{path.name} is damaged: it cannot be unpacked ({error}); fetch it again") from None
    with packed:
        yield packed
