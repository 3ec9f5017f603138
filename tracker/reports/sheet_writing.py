"""Sheets written in any format; each has a renderer of its own, which knows no report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat
from tracker.reports.sheet import Sheet


def write_sheet(
    sheet: Sheet, format: ReportFormat, out: TextIO, calendar: Calendar = Calendar.GREGORIAN, width: int | None = None
) -> None:
    """Write the sheet to `out`. JSON has ISO 8601 in any calendar; `width` is the table's, None: the terminal's."""
    write_sheets([sheet], format, out, calendar, width)


def write_sheets(
    sheets: Sequence[Sheet],
    format: ReportFormat,
    out: TextIO,
    calendar: Calendar = Calendar.GREGORIAN,
    width: int | None = None,
) -> None:
    """Write sheets that belong together, one below the other; in JSON an object by name unless it is one."""
    match format:
        case ReportFormat.TABLE:
            from tracker.reports.sheet_table import sheet_table

            for number, sheet in enumerate(sheets):
                out.write("\n" if number else "")
                sheet_table(sheet, out, calendar, width)
        case ReportFormat.CSV:
            from tracker.reports.sheet_csv import sheet_csv

            out.write("\r\n".join(sheet_csv(sheet, calendar) for sheet in sheets))
        case ReportFormat.JSON:
            from tracker.reports.sheet_json import sheets_json

            out.write(sheets_json(sheets))
        case ReportFormat.MD:
            from tracker.reports.sheet_md import sheet_md

            out.write("\n".join(sheet_md(sheet, calendar) for sheet in sheets))
