"""A usage report in the format asked for."""

from __future__ import annotations

from typing import TextIO

from tracker.analysis.report import UsageReport
from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat


def write_usage(
    report: UsageReport,
    format: ReportFormat,
    out: TextIO,
    calendar: Calendar = Calendar.GREGORIAN,
    width: int | None = None,
) -> None:
    """Write the report to `out`. JSON has ISO 8601 in any calendar; `width` is the table's, None: the terminal's."""
    match format:
        case ReportFormat.TABLE:
            from tracker.reports.usage_table import usage_table

            usage_table(report, out, calendar, width)
        case ReportFormat.CSV:
            from tracker.reports.usage_csv import usage_csv

            out.write(usage_csv(report, calendar))
        case ReportFormat.JSON:
            from tracker.reports.usage_json import usage_json

            out.write(usage_json(report))
        case ReportFormat.MD:
            from tracker.reports.usage_md import usage_md

            out.write(usage_md(report, calendar))
