"""The audit log: appended to, never torn for good, and readable whatever happened to its last line."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tracker.domain.errors import StoreError
from tracker.domain.instants import from_iso
from tracker.runtime.audit import AUDIT, Deed, entries, read, record

NOW = from_iso("2026-11-24T06:00:00Z")


def test_what_is_recorded_is_read_again_in_its_order(tmp_path: Path) -> None:
    record(tmp_path, Deed.EXPORT, NOW, kind="posts", path="/tmp/a.csv", since=None)
    record(tmp_path, Deed.OVERRIDE, NOW + 5, command="report usage", reason="گزارش برای دادگاه")
    first, second = entries(tmp_path)
    assert (first.at, first.what, first.facts) == (
        NOW,
        "export",
        {"kind": "posts", "path": "/tmp/a.csv", "since": None},
    )
    assert (second.at, second.facts["reason"]) == (NOW + 5, "گزارش برای دادگاه")
    assert [entry.what for entry in entries(tmp_path, Deed.OVERRIDE)] == ["override"]


def test_the_log_is_for_its_owner_alone_and_one_object_a_line(tmp_path: Path) -> None:
    record(tmp_path, Deed.BACKUP, NOW, path="a\nb")
    record(tmp_path, Deed.RESTORE, NOW)
    path = tmp_path / AUDIT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [json.loads(line)["what"] for line in path.read_text("utf-8").splitlines()] == ["backup", "restore"]
    path.chmod(0o644)
    record(tmp_path, Deed.FORGET, NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_there_is_no_log_nothing_was_done(tmp_path: Path) -> None:
    assert read(tmp_path / "data").entries == ()


def test_a_line_torn_anywhere_by_a_power_loss_takes_no_other_with_it(tmp_path: Path) -> None:
    """Every prefix of the file: what was whole stays readable, and what comes after it too."""
    record(tmp_path, Deed.EXPORT, NOW, kind="posts")
    whole = (tmp_path / AUDIT).stat().st_size
    record(tmp_path, Deed.FORGET, NOW + 1, kind="post", posts=1)
    data = (tmp_path / AUDIT).read_bytes()
    for end in range(whole, len(data)):
        folder = tmp_path / str(end)
        folder.mkdir()
        (folder / AUDIT).write_bytes(data[:end])
        record(folder, Deed.BACKUP, NOW + 2)
        # All but its newline is the whole line.
        expected = ["export", "forget", "backup"] if end == len(data) - 1 else ["export", "backup"]
        log = read(folder)
        assert [entry.what for entry in log.entries] == expected
        assert log.damaged == (end not in (whole, len(data) - 1))


def test_lines_that_are_no_entries_are_counted_not_hidden(tmp_path: Path) -> None:
    (tmp_path / AUDIT).write_bytes(
        b'[1]\n{"at": "never", "what": "export"}\n\xff\n{"what": "x"}\n\n' + b"[" * 9999 + b"\n"
    )
    assert read(tmp_path).damaged == 5


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"")
    (tmp_path / AUDIT).symlink_to(elsewhere)
    with pytest.raises(StoreError, match=r"audit\.jsonl cannot be written"):
        record(tmp_path, Deed.EXPORT, NOW)
    assert elsewhere.read_bytes() == b""


def test_what_many_write_at_once_is_all_there(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: record(tmp_path, Deed.EXPORT, NOW + number), range(200)))
    log = read(tmp_path)
    assert sorted(entry.at - NOW for entry in log.entries) == list(range(200))
    assert log.damaged == 0


@pytest.mark.parametrize("path", ["7", '["a"]', '{"a": 1}', "true", '"a\\u0000b"', '"\\ud800"'])
def test_a_line_edited_by_hand_whose_path_names_no_file_is_not_understood(tmp_path: Path, path: str) -> None:
    record(tmp_path, Deed.EXPORT, NOW, kind="posts", path="/tmp/a.csv")
    with (tmp_path / AUDIT).open("a", encoding="ascii") as file:
        file.write(f'{{"at": "2026-11-24T06:00:00Z", "what": "backup", "path": {path}}}\n')
    log = read(tmp_path)
    assert ([entry.what for entry in log.entries], log.damaged) == (["export"], 1)
