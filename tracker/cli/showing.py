"""Printing what was found."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.reports.sheet import Sheet


def show(sheets: Sequence[Sheet], format: ReportFormat, as_json: bool, calendar: Calendar) -> None:
    """Write the sheets to standard output in the format asked for."""
    from tracker.reports.sheet import write_sheets

    write_sheets(sheets, ReportFormat.JSON if as_json else format, sys.stdout, calendar)
