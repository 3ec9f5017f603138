"""Files that are meant to break something, or are simply not what they seem: one clear line, and no memory lost."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from tests.archives.making import document, legacy_post, lines, read, telegram_chat, telegram_message, x_post
from tests.archives.test_formats import TEN, entries_of, puzzles_of
from tracker.archives.documents import LONGEST
from tracker.archives.entries import ArchiveFormat, Hints
from tracker.domain.errors import UsageError
from tracker.domain.words import PostKind

GIGABYTE = 2**30


def refused(path: Path, format: ArchiveFormat | None = None) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(UsageError) as error:
        read(path, format=format)
    said = str(error.value)
    assert "\n" not in said
    assert path.name in said
    assert len(said) < 300
    return said


def sparse(path: Path, begin: bytes, end: bytes = b"") -> Path:
    """A file of a gigabyte without a line break, which takes no room on the disk."""
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(GIGABYTE)
        file.seek(GIGABYTE)
        file.write(end)
    return path


@pytest.mark.parametrize("format", [ArchiveFormat.X_LINES, ArchiveFormat.ZEESCHUIMER])
def test_a_line_of_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path, format: ArchiveFormat) -> None:
    begin = json.dumps(x_post(1)).encode() + b"\n" + b'{"text":"' + b"x" * 100_000
    assert "line 2 is longer than 32 MiB" in refused(sparse(tmp_path / "long.jsonl", begin), format)


@pytest.mark.parametrize("begin", [b'{"type":"public_channel","id":5,"messages":[{"text":"', b'{"about":"'])
def test_a_text_of_a_gigabyte_in_a_document_is_refused_before_it_is_read(tmp_path: Path, begin: bytes) -> None:
    path = tmp_path / "result.json"
    with path.open("wb") as file:
        file.write(begin + b"x" * (LONGEST + 3 * 2**20))
    assert "longer than 4 MiB" in refused(path, ArchiveFormat.TELEGRAM)


def test_an_item_of_endless_small_parts_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(b'{"type":"public_channel","id":5,"messages":[{"text":[' + b'"xxxxxxxxxxxxxxx",' * 400_000)
    assert "longer than 4 MiB" in refused(path)


def test_a_bomb_in_gzip_is_refused_after_a_small_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    line = json.dumps(x_post(1)).encode() + b"\n"
    path.write_bytes(gzip.compress(line + (b"\n" * 2**20) * 20))
    assert "more than 200 times its size" in refused(path)


def test_a_bomb_in_zip_is_refused_after_a_small_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("pages.jsonl", json.dumps(x_post(1)).encode() + b"\n" * 20 * 2**20)
    assert "more than 200 times its size" in refused(path)


def test_a_packed_file_that_is_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    text = "".join(json.dumps(x_post(number)) + "\n" for number in range(2000))
    path = tmp_path / "flat.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode())[:-5000])
    chunks = read(path)
    assert 100 < len(entries_of(chunks)) < 2000
    assert [puzzle.reason for puzzle in puzzles_of(chunks)] == ["cut off: the file ends in the middle of it"]


def test_a_damaged_packed_file_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(json.dumps(x_post(1)).encode() * 2000))
    packed[40:60] = b"\xff" * 20
    path = tmp_path / "flat.jsonl.gz"
    path.write_bytes(bytes(packed))
    assert "damaged" in refused(path)
    path = tmp_path / "broken.zip"
    path.write_bytes(b"PK\x03\x04" + b"nothing of a zip" * 10)
    assert "damaged" in refused(path)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_line_that_is_nested_without_end_is_told_and_the_rest_is_kept(tmp_path: Path, opening: bytes) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(1), x_post(2)])
    path.write_bytes(path.read_bytes() + b'{"id":"5","entities":' + opening * 200_000 + b"\n")
    chunks = read(path)
    assert len(entries_of(chunks)) == 2
    assert [puzzle.place for puzzle in puzzles_of(chunks)] == [3]


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_document_that_is_nested_without_end_is_refused(tmp_path: Path, opening: bytes) -> None:
    path = tmp_path / "result.json"
    for begin in (b'{"messages":[{"text":', b'{"about":'):
        path.write_bytes(begin + opening * 200_000)
        assert "100 levels deep" in refused(path, ArchiveFormat.TELEGRAM)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_utf16_and_utf32_are_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "flat.jsonl"
    path.write_text(json.dumps(x_post(1)) + "\n", encoding)
    assert "UTF-" in refused(path)


def test_windows_encodings_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "flat.jsonl"
    path.write_bytes(json.dumps(x_post(1)).encode() + b'\n{"id":"5","text":"caf\xe9"}\n')
    assert "line 2 is not UTF-8 (byte 0xe9)" in refused(path)


def test_a_bad_byte_far_behind_is_one_line_that_is_not_understood(tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(number) for number in range(500)])
    with path.open("ab") as file:
        file.write(b'{"id":"5","text":"caf\xe9"}\n\0\0\n')
    chunks = read(path)
    assert len(entries_of(chunks)) == 500
    assert [puzzle.place for puzzle in puzzles_of(chunks)] == [501, 502]


def test_bad_bytes_in_a_table_are_lines_that_are_not_understood(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    good = b"5,1664755200,hello\n"
    path.write_bytes(b"id,created_at,text\n" + good * 5000 + b"5,1664755200,caf\xe9\n5,1664755200,a\0b\n" + good)
    chunks = read(path)
    assert len(entries_of(chunks)) == 5001
    assert [puzzle.place for puzzle in puzzles_of(chunks)] == [5002, 5003]


@pytest.mark.parametrize("column", ["id", "author_id", "like_count", "ref_post_id"])
def test_a_number_longer_than_any_id_is_one_row_that_is_not_understood(tmp_path: Path, column: str) -> None:
    head = ["id", "created_at", "author_id", "like_count", "ref_post_id", "kind"]
    good = ["5", "1664755200", "101", "3", "4", "reply"]
    bad = ["9" * 5000 if name == column else cell for name, cell in zip(head, good, strict=True)]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(",".join(row) for row in (head, bad, good)) + "\n", "utf-8")
    chunks = read(path)
    assert [entry.post.post_id for entry in entries_of(chunks)] == [5]
    assert [puzzle.place for puzzle in puzzles_of(chunks)] == [2]


def test_a_link_to_a_post_that_cannot_be_is_no_quote(tmp_path: Path) -> None:
    links = [
        {"url": "https://t.co/q", "expanded_url": f"https://x.com/a/status/{number}"} for number in ("9" * 5000, "٥")
    ]
    tweets = [legacy_post(1, full_text="look https://t.co/q", entities={"urls": [link]}) for link in links]
    path = document(tmp_path / "tweets.js", [{"tweet": tweet} for tweet in tweets], "window.YTD.tweets.part0 = ")
    found = [entry.post for entry in entries_of(read(path, Hints(account="sample_minister")))]
    assert [(post.kind, post.ref_post_id) for post in found] == [(PostKind.ORIGINAL, None)] * 2


def test_a_quote_that_is_never_closed_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(b'id,created_at,text\n5,1664755200,"' + b"x" * 1000 + (b"y" * 1000 + b"\n") * 3000)
    assert puzzles_of(read(path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"[1, 2]", "one JSON array"),
        (b"hello", "none of x_lines"),
        (b'{"hello": 1}\n', "none of x_lines"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is no"),
    ],
)
def test_what_is_nothing_that_is_known_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert said in refused(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,text,created_at,author_id\r1,a,2022-10-03,101\r", "old Macintosh files"),
        (b"id,id,created_at,author_id\n1,2,2022-10-03,101\n", "two columns 'id'"),
    ],
)
def test_a_table_that_can_be_read_in_two_ways_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(content)
    assert said in refused(path)


def test_a_byte_order_mark_harms_nothing(tmp_path: Path) -> None:
    for path in (
        lines(tmp_path / "flat.jsonl", [x_post(number) for number in TEN]),
        document(tmp_path / "result.json", telegram_chat([telegram_message(number) for number in range(1, 11)])),
    ):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        assert len(entries_of(read(path))) == 10


def test_no_message_shows_what_a_post_says(tmp_path: Path) -> None:
    canary = "canary-قناری"
    path = lines(tmp_path / "flat.jsonl", [x_post(1), {"id": canary, "text": canary}, {"text": canary, canary: 1}])
    assert all(canary not in puzzle.reason for puzzle in puzzles_of(read(path)))
    path = document(
        tmp_path / "result.json",
        telegram_chat([telegram_message(1, id=canary), telegram_message(2, text={"text": canary})]),
    )
    found = puzzles_of(read(path))
    assert len(found) == 2
    assert all(canary not in puzzle.reason for puzzle in found)
    path.write_text(path.read_text("utf-8").replace('"type": "message"', f"{canary}: 5"), "utf-8")
    assert all(canary not in puzzle.reason for puzzle in puzzles_of(read(path)))
