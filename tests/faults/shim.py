"""The library that stands between a process and its disk and clock (`shim.c`), compiled when a test asks for it."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("shim.c")
HEAD = struct.Struct("<4sIQQ")
NUMBERS = struct.Struct("<4q")


@dataclass(frozen=True, slots=True)
class Call:
    """One change of a file: WRIT, TRUN, SYNC, GONE or NAME."""

    what: str
    path: str
    offset: int
    data: bytes


@dataclass(slots=True)
class Shim:
    """The library, what it is told, and where it writes. One for one folder."""

    library: Path
    folder: Path
    """Whose files are watched."""
    log: Path
    control: Path
    clock: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.set()

    def environment(self, *, recording: bool = False) -> dict[str, str]:
        """What a process has to be started with."""
        told = {
            "LD_PRELOAD": str(self.library),
            "FAULTS_FOLDER": str(self.folder.resolve()),
            "FAULTS_CONTROL": str(self.control),
        }
        return {**told, "FAULTS_LOG": str(self.log)} if recording else told

    def set(self, *, clock: int = 0, write_errno: int = 0, sync_errno: int = 0, calls_left: int = 0) -> None:
        """From now on: the clock is so many seconds wrong, calls fail, or the n-th call kills."""
        with self.control.open("r+b" if self.control.exists() else "w+b") as file:
            file.write(NUMBERS.pack(clock, write_errno, sync_errno, calls_left))

    def calls(self) -> Iterator[Call]:
        """What was written down, in order."""
        with self.log.open("rb") as file:
            while head := file.read(HEAD.size):
                tag, path_length, length, offset = HEAD.unpack(head)
                path = os.fsdecode(file.read(path_length))
                yield Call(tag.decode(), path, offset, file.read(length))


def compiled(folder: Path) -> Path:
    """The library; skips the test, and says so, where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("NOT TESTED: power loss, I/O errors and the wall clock need a C compiler (cc)")
    library = folder / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl", "-lpthread"], check=True)
    return library
