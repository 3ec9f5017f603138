"""Printing what was found."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.reports.sheet import Sheet


def show(sheets: Sequence[Sheet], format: ReportFormat, as_json: bool, calendar: Calendar) -> None:
    """Write the sheets to standard output in the format asked for."""
    from tracker.reports.harmless import harmless
    from tracker.reports.sheet_writing import write_sheets

    chosen = ReportFormat.JSON if as_json else format
    if chosen is ReportFormat.TABLE or not sys.stdout.isatty():
        write_sheets(sheets, chosen, sys.stdout, calendar)
        return
    out = StringIO(newline="")
    write_sheets(sheets, chosen, out, calendar)
    sys.stdout.write(harmless(out.getvalue()))
