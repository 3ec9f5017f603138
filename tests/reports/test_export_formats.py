"""Parquet, Excel and bare ids, read back by other programs than those that wrote them."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from pyarrow import parquet

from tests.analysis.making import at
from tracker.domain.errors import ConfigError, UsageError
from tracker.reports.columns import Column, Kind
from tracker.reports.export_xlsx import write_xlsx
from tracker.reports.exports import Export, write_export
from tracker.reports.formats import ExportFormat

BIG = 1_790_000_000_000_000_001
COLUMNS = (
    Column("post_id", Kind.ID, meaning="The post's id."),
    Column("text"),
    Column("likes", Kind.COUNT, unit="likes"),
    Column("share", Kind.SHARE),
    Column("posted_at", Kind.TIME),
    Column("day", Kind.DAY),
    Column("complete", Kind.FLAG),
)
MOMENT = at("2024-05-01 10:11")
ROWS: list[tuple[object, ...]] = [
    (BIG, "=HYPERLINK(1)", 5, 0.25, MOMENT, date(2024, 5, 1), True),
    (7, "https://example.org/سلام", None, None, None, None, None),
    (8, "-1", 0, 1.0, 0, date(1999, 12, 31), False),
]


def table(rows: Sequence[tuple[object, ...]] = ROWS, ids: str = "post_id") -> Export:
    return Export("posts", COLUMNS, lambda: iter(rows), ids=ids)


def test_parquet_is_typed_with_ids_as_strings_and_times_in_utc(tmp_path: Path) -> None:
    assert write_export(table(), ExportFormat.PARQUET, tmp_path / "a.parquet") == 3
    read = parquet.read_table(tmp_path / "a.parquet")
    assert [str(kind) for kind in read.schema.types] == [
        "string",
        "string",
        "int64",
        "double",
        "timestamp[ms, tz=UTC]",
        "date32[day]",
        "bool",
    ]
    assert read.schema.field("likes").metadata[b"unit"] == b"likes"
    assert read.schema.field("post_id").metadata[b"description"] == b"The post's id."
    first, second, _ = read.to_pylist()
    assert first == {
        "post_id": str(BIG),
        "text": "=HYPERLINK(1)",
        "likes": 5,
        "share": 0.25,
        "posted_at": datetime(2024, 5, 1, 10, 11, tzinfo=UTC),
        "day": date(2024, 5, 1),
        "complete": True,
    }
    assert [second[key] for key in ("likes", "share", "posted_at", "day", "complete")] == [None] * 5


def test_parquet_streams_in_row_groups(tmp_path: Path) -> None:
    rows = [(number, "x", *ROWS[1][2:]) for number in range(45_000)]
    assert write_export(table(rows), ExportFormat.PARQUET, tmp_path / "a.parquet") == 45_000
    assert parquet.ParquetFile(tmp_path / "a.parquet").num_row_groups == 5
    assert parquet.read_table(tmp_path / "a.parquet")["post_id"].to_pylist()[-1] == "44999"


def test_a_parquet_file_without_rows_still_has_its_columns(tmp_path: Path) -> None:
    assert write_export(table([]), ExportFormat.PARQUET, tmp_path / "a.parquet") == 0
    assert parquet.read_table(tmp_path / "a.parquet").schema.names == [column.key for column in COLUMNS]


def test_a_workbook_is_typed_with_ids_as_text_and_nothing_to_compute_or_click(tmp_path: Path) -> None:
    assert write_export(table(), ExportFormat.XLSX, tmp_path / "a.xlsx", as_of=MOMENT) == 3
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book["data"]
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[1]][4] == "posted_at (UTC)"
    first = list(sheet[2])
    assert [cell.data_type for cell in first] == ["s", "s", "n", "n", "d", "d", "b"]
    assert first[0].value == str(BIG)
    assert first[1].value == "=HYPERLINK(1)"
    assert [cell.value for cell in first[4:6]] == [datetime(2024, 5, 1, 10, 11), datetime(2024, 5, 1)]  # noqa: DTZ001  # as Excel has it
    assert [cell.hyperlink for cell in sheet["B"]] == [None] * 4
    assert [cell.value for cell in sheet["B"]][2:] == ["https://example.org/سلام", "-1"]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    assert book.properties.created == datetime(2024, 5, 1, 10, 11)  # noqa: DTZ001


def test_letters_that_xml_does_not_know_do_not_break_a_workbook(tmp_path: Path) -> None:
    hostile = "a\x00\x08\x1b\ufffe\uffff_x0041_\r\n\t<&>\u202e🙂"
    write_export(table([(1, hostile, *ROWS[1][2:])]), ExportFormat.XLSX, tmp_path / "a.xlsx")
    read = openpyxl.load_workbook(tmp_path / "a.xlsx")["data"]["B2"].value
    for piece in ("\ufffd\ufffd", "<&>\u202e🙂"):
        assert piece in read


def test_more_rows_than_a_sheet_holds_are_refused_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    full = [ROWS[1]] * 9
    assert write_xlsx(full, COLUMNS, io.BytesIO(), 0, most=10) == 9
    with pytest.raises(UsageError, match="csv or parquet"):
        write_xlsx([*full, ROWS[1]], COLUMNS, io.BytesIO(), 0, most=10)
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_no_cell_of_excel_holds_is_refused_and_not_cut(tmp_path: Path) -> None:
    write_export(table([(1, "x" * 32_767, *ROWS[1][2:])]), ExportFormat.XLSX, tmp_path / "a.xlsx")
    with pytest.raises(UsageError, match="does not fit"):
        write_export(table([(1, "x" * 32_768, *ROWS[1][2:])]), ExportFormat.XLSX, tmp_path / "b.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


@pytest.mark.parametrize("format", [ExportFormat.PARQUET, ExportFormat.XLSX])
def test_an_error_in_the_middle_of_a_binary_file_leaves_nothing(format: ExportFormat, tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[object, ...]]:
        yield from ROWS
        raise UsageError("the database went away")

    with pytest.raises(UsageError, match="went away"):
        write_export(Export("posts", COLUMNS, rows), format, tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", [ExportFormat.PARQUET, ExportFormat.XLSX])
def test_a_binary_file_is_private_the_same_twice_and_not_for_a_terminal(format: ExportFormat, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_export(table(), format, tmp_path / name, as_of=MOMENT)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="-o FILE"):
        write_export(table(), format)


@pytest.mark.parametrize(
    ("format", "library"), [(ExportFormat.PARQUET, "pyarrow"), (ExportFormat.XLSX, "xlsxwriter")]
)
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    format: ExportFormat, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match=r"pip install 'influence-tracker\[files\]'"):
        write_export(table(), format, tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []


def test_ids_are_one_a_line_without_a_header_and_without_repeats(tmp_path: Path) -> None:
    rows = [ROWS[0], ROWS[0], (None, *ROWS[0][1:]), ROWS[1]]
    assert write_export(table(rows), ExportFormat.IDS, tmp_path / "a.ids") == 2
    assert (tmp_path / "a.ids").read_bytes() == f"{BIG}\n7\n".encode()


def test_what_has_no_ids_says_who_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="posts, accounts and profiles"):
        write_export(table(ids=""), ExportFormat.IDS, tmp_path / "a.ids")
