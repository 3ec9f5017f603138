"""Rows as an Excel workbook: typed, one row at a time in memory, and nothing in it that could be computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from tracker.domain.errors import ConfigError, UsageError
from tracker.domain.instants import Instant
from tracker.reports.columns import Column, Kind
from tracker.reports.export_parquet import MISSING
from tracker.reports.export_values import text_of

if TYPE_CHECKING:
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

MOST_ROWS = 1_048_576
"""Of a sheet, the header included."""
LONGEST_TEXT = 32_767
"""Of a cell, in UTF-16 units."""

_NOT_IN_XML = re.compile("[\ufffe\uffff]")
_WIDTHS = {Kind.ID: 21, Kind.COUNT: 11, Kind.TIME: 20, Kind.DAY: 12}
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}

Writer = Callable[[int, int, object], object]


def require_xlsx() -> str:
    """The version of the library. Raises ConfigError if it is not installed."""
    try:
        import xlsxwriter  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigError(MISSING) from error
    return f"XlsxWriter {xlsxwriter.__version__}"


def heading_of(column: Column) -> str:
    """What stands in the first row: Excel's times have no zone, so the heading says it."""
    return f"{column.key} (UTC)" if column.kind is Kind.TIME else column.key


def write_xlsx(
    rows: Iterable[Sequence[object]],
    columns: Sequence[Column],
    out: BinaryIO,
    created: Instant,
    most: int = MOST_ROWS,
) -> int:
    """One sheet with a frozen header. `created` is the time that the workbook says it was made.

    Raises UsageError if there are more rows, or a longer text, than a sheet holds (`most`, header included).
    """
    import xlsxwriter

    # The rows wait in a temporary file: in a folder of their own it goes away, come what may.
    with TemporaryDirectory(prefix="tracker-xlsx-") as folder:
        book = xlsxwriter.Workbook(out, {**_OPTIONS, "tmpdir": folder})
        try:
            book.set_properties({"created": datetime.fromtimestamp(created, UTC).replace(tzinfo=None)})
            sheet = book.add_worksheet("data")
            sheet.freeze_panes(1, 0)
            header = book.add_format({"bold": True})
            for place, column in enumerate(columns):
                sheet.set_column(place, place, _WIDTHS.get(column.kind, 16))
            for place, column in enumerate(columns):
                sheet.write_string(0, place, heading_of(column), header)
            times, days = (book.add_format({"num_format": f}) for f in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"))
            count = _write_rows(rows, [_writer(column, sheet, times, days) for column in columns], most)
        except BaseException:
            _abandon(sheets=book.worksheets())
            raise
        book.close()
    return count


def _write_rows(rows: Iterable[Sequence[object]], writers: Sequence[Writer], most: int) -> int:
    count = 0
    for count, row in enumerate(rows, 1):
        if count >= most:
            raise UsageError(
                f"more than {most - 1:,} rows, and a sheet of Excel holds no more; take --format csv or parquet, or "
                "ask for less with --from, --until, --country, --role or --platform"
            )
        for place, (write, value) in enumerate(zip(writers, row, strict=True)):
            if value is not None:
                write(count, place, value)
    return count


def _abandon(sheets: Iterable[Worksheet]) -> None:
    """Close the temporary files of a workbook that will not be finished."""
    for sheet in sheets:
        for part in (sheet.row_data_fh, sheet.fh):
            if part is not None:
                part.close()


def _writer(column: Column, sheet: Worksheet, times: Format, days: Format) -> Writer:
    def text(row: int, place: int, value: object) -> None:
        written = _NOT_IN_XML.sub("\ufffd", text_of(column, value))
        if sheet.write_string(row, place, written) == -2:
            raise UsageError(
                f"a text of more than {LONGEST_TEXT:,} letters ({column.key}) does not fit a cell of Excel; take "
                "--format csv or parquet"
            )

    def time(row: int, place: int, value: object) -> None:
        assert isinstance(value, int)
        sheet.write_datetime(row, place, datetime.fromtimestamp(value, UTC).replace(tzinfo=None), times)

    def number(row: int, place: int, value: object) -> None:
        sheet.write_number(row, place, value)

    def flag(row: int, place: int, value: object) -> None:
        sheet.write_boolean(row, place, value)

    def day(row: int, place: int, value: object) -> None:
        assert isinstance(value, date)
        sheet.write_datetime(row, place, value, days)

    match column.kind:
        case Kind.COUNT | Kind.NUMBER | Kind.SHARE:
            return number
        case Kind.FLAG:
            return flag
        case Kind.TIME:
            return time
        case Kind.DAY:
            return day
        case _:
            return text
