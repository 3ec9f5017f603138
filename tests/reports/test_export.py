"""Exports to real files and real pipes."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.analysis.making import at
from tracker.domain.errors import TrackerError, UsageError
from tracker.reports.cells import BOM, guard
from tracker.reports.columns import Column, Kind
from tracker.reports.export_columns import ACCOUNTS, DAILY, POSTS, PROFILES
from tracker.reports.exports import Export, write_export
from tracker.reports.formats import ExportFormat

COLUMNS = (Column("post_id", Kind.ID), Column("text"), Column("likes", Kind.COUNT), Column("posted_at", Kind.TIME))
BIG = 1_790_000_000_000_000_001
ROWS = [(BIG, "سلام، «دنیا»\nخط دوم", -5, at("2024-05-01 10:11")), (7, None, None, None)]


def write(
    rows: Iterable[Sequence[object]],
    columns: tuple[Column, ...],
    format: ExportFormat,
    target: Path | None = None,
    *,
    excel: bool = False,
    force: bool = False,
) -> int:
    """Write rows as an export does that is described nowhere."""
    return write_export(Export("posts", columns, lambda: rows), format, target, excel=excel, force=force)


def test_csv_holds_every_value_as_it_was_with_ids_in_full(tmp_path: Path) -> None:
    target = tmp_path / "posts.csv"
    assert write(ROWS, COLUMNS, ExportFormat.CSV, target) == 2
    with target.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["post_id", "text", "likes", "posted_at"],
            [str(BIG), "سلام، «دنیا»\nخط دوم", "-5", "2024-05-01T10:11:00Z"],
            ["7", "", "", ""],
        ]


def test_json_lines_hold_ids_as_strings_numbers_as_numbers_and_null(tmp_path: Path) -> None:
    target = tmp_path / "posts.jsonl"
    write(ROWS, COLUMNS, ExportFormat.JSONL, target)
    first, second = (json.loads(line) for line in target.read_text(encoding="utf-8").splitlines())
    assert first == {
        "post_id": str(BIG),
        "text": "سلام، «دنیا»\nخط دوم",
        "likes": -5,
        "posted_at": "2024-05-01T10:11:00Z",
    }
    assert second == {"post_id": "7", "text": None, "likes": None, "posted_at": None}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_looks_like_a_formula_is_guarded_in_csv_and_kept_in_json(start: str, tmp_path: Path) -> None:
    text = start + "1+1"
    columns = (Column("text"), Column("likes", Kind.COUNT))
    write([(text, -1)], columns, ExportFormat.CSV, tmp_path / "a.csv")
    write([(text, -1)], columns, ExportFormat.JSONL, tmp_path / "a.jsonl")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1] == ["'" + text, "-1"]
    assert json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8")) == {"text": text, "likes": -1}


def test_harmless_text_is_not_touched() -> None:
    for text in ("", "a=b", "سلام", "1-2", "'quoted'"):
        assert guard(text) == text


def test_excel_gets_a_byte_order_mark_and_others_do_not(tmp_path: Path) -> None:
    write(ROWS, COLUMNS, ExportFormat.CSV, tmp_path / "a.csv", excel=True)
    write(ROWS, COLUMNS, ExportFormat.CSV, tmp_path / "b.csv")
    with_mark, without = ((tmp_path / name).read_text(encoding="utf-8") for name in ("a.csv", "b.csv"))
    assert with_mark == BOM + without


def test_a_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write(ROWS, COLUMNS, ExportFormat.CSV, tmp_path / "a.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        write(ROWS, COLUMNS, ExportFormat.CSV, target)
    assert target.read_text() == "mine"
    write(ROWS, COLUMNS, ExportFormat.CSV, target, force=True)
    assert target.read_text(encoding="utf-8").startswith("post_id")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_file_that_another_program_makes_in_the_meantime_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"

    def rows() -> Iterator[tuple[object, ...]]:
        target.write_text("theirs")
        yield from ROWS

    with pytest.raises(UsageError, match="exists already"):
        write(rows(), COLUMNS, ExportFormat.CSV, target)
    assert target.read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("force", [True, False])
def test_an_error_in_the_middle_leaves_nothing_and_what_was_there_before(force: bool, tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    if force:
        target.write_text("before")

    def rows() -> Iterator[tuple[object, ...]]:
        yield from ROWS
        raise UsageError("the database went away")

    with pytest.raises(UsageError, match="went away"):
        write(rows(), COLUMNS, ExportFormat.CSV, target, force=force)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == ([("a.csv", "before")] if force else [])


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys, pathlib\n"
        "from tracker.domain.errors import TrackerError\n"
        "from tracker.reports.columns import Column\n"
        "from tracker.reports.exports import Export, write_export\n"
        "from tracker.reports.formats import ExportFormat\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try:\n"
        "    rows = (('x' * 100,) for _ in range(1000))\n"
        "    table = Export('posts', (Column('text'),), lambda: rows)\n"
        "    write_export(table, ExportFormat.CSV, pathlib.Path(sys.argv[1]))\n"
        "except TrackerError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-B", "-c", code, str(tmp_path / "a.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot write" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_and_a_folder_as_target_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        write(ROWS, COLUMNS, ExportFormat.CSV, tmp_path / "no" / "a.csv")
    with pytest.raises(UsageError, match="not a plain file"):
        write(ROWS, COLUMNS, ExportFormat.CSV, tmp_path, force=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(TrackerError, match="cannot write"):
        write(ROWS, COLUMNS, ExportFormat.CSV, tmp_path / "a.csv")


def test_without_a_target_rows_go_to_standard_output_in_utf_8_whatever_the_locale() -> None:
    code = (
        "from tracker.reports.columns import Column\n"
        "from tracker.reports.exports import Export, write_export\n"
        "from tracker.reports.formats import ExportFormat\n"
        "print('before')\n"
        "rows = [('\\u0633\\u0644\\u0627\\u0645',)]\n"
        "write_export(Export('posts', (Column('text'),), lambda: rows), ExportFormat.CSV)\n"
        "print('after')\n"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    assert done.stdout.decode("utf-8").splitlines() == ["before", "text", "سلام", "after"]


def test_a_reader_that_goes_away_ends_the_export_quietly() -> None:
    code = (
        "from tracker.reports.columns import Column\n"
        "from tracker.reports.exports import Export, write_export\n"
        "from tracker.reports.formats import ExportFormat\n"
        "rows = (('x' * 100,) for _ in range(100_000))\n"
        "write_export(Export('posts', (Column('text'),), lambda: rows), ExportFormat.CSV)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_row_that_does_not_fit_its_columns_is_an_error_and_not_a_shifted_row(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        write([("only one",)], COLUMNS, ExportFormat.CSV, tmp_path / "a.csv")


def test_columns_named_as_ids_are_ids_and_every_column_says_what_it_means() -> None:
    for columns in (POSTS, ACCOUNTS, PROFILES, DAILY):
        assert len({column.key for column in columns}) == len(columns)
        for column in columns:
            assert (column.kind is Kind.ID) == column.key.endswith("_id")
            assert column.meaning.endswith(".")
