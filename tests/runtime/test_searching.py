"""What a search of the data folder can see, and what it says that it cannot. All names are invented."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.runtime.searching import PACKED, files_in, packed_as, search
from tracker.store import needles

WORDS = "words that were said once " * 9
WANTED = list(needles.of_text(WORDS))


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("sheet.xml", WORDS)


PACKING: dict[str, Callable[[Path], object]] = {
    "zip": zipped,
    "gzip": lambda path: path.write_bytes(gzip.compress(WORDS.encode())),
    "bzip2": lambda path: path.write_bytes(bz2.compress(WORDS.encode())),
    "xz": lambda path: path.write_bytes(lzma.compress(WORDS.encode())),
    "UTF-16": lambda path: path.write_bytes(WORDS.encode("utf-16")),
}


@pytest.mark.parametrize("how", PACKING)
def test_a_packed_file_is_named_and_not_taken_for_searched(tmp_path: Path, how: str) -> None:
    packed, plain = tmp_path / "packed", tmp_path / "plain"
    PACKING[how](packed)
    plain.write_text(WORDS, "utf-8")
    assert WORDS.encode() not in packed.read_bytes(), "which is why"
    found = search(files_in([tmp_path])[0], WANTED)
    assert (found.packed, list(found.found), found.files) == ({packed: how}, [plain], 1)


def test_how_a_file_is_packed_is_told_by_its_beginning_alone() -> None:
    assert {packed_as(mark + b"anything") for mark in PACKED} == set(PACKED.values())
    for head in (b"", b"P", b"PK is no zip", b"SQLite format 3\0", b'{"at": "2022"}', WORDS.encode()):
        assert packed_as(head) is None


def test_links_are_not_followed_and_a_folder_that_is_gone_is_no_closed_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    files, closed = files_in([tmp_path, tmp_path, tmp_path / "none"])
    assert (files, closed) == ([tmp_path / "file"], [])
