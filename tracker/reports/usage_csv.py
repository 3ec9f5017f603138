"""A usage report as CSV: the same columns whatever was asked, one row a row."""

from __future__ import annotations

from io import StringIO

from tracker.analysis.report import UsageReport, UsageRow
from tracker.reports.calendars import Calendar, day_text
from tracker.reports.cells import csv_writer, guard
from tracker.reports.usage_cells import ALL_COLUMNS, share_of


def usage_csv(report: UsageReport, calendar: Calendar = Calendar.GREGORIAN) -> str:
    """The report as CSV, headed by the keys of the JSON; definitions and notes are not in it.

    A count without full coverage reads `≥ 123`, and `no data` where there is none. What JSON says of the coverage
    follows in columns of its own, so that a program can tell the figures apart without reading marks.
    """
    out = StringIO()
    write_row = csv_writer(out)
    write_row([*(column.key for column in ALL_COLUMNS), *_MORE])
    for row in report.rows:
        cells = [guard(column.cell(row, calendar)) for column in ALL_COLUMNS]
        write_row([*cells, *_more(row, calendar)])
    return out.getvalue()


_MORE = (
    "coverage_state",
    "coverage_share",
    "coverage_since",
    "coverage_until",
    "accounts_without_data",
    "at_risk",
)


def _more(row: UsageRow, calendar: Calendar) -> tuple[str, ...]:
    coverage = row.coverage
    return (
        coverage.state.value,
        f"{share_of(coverage):.4f}",
        "" if coverage.since is None else day_text(coverage.since, row.zone, calendar),
        "" if coverage.until is None else day_text(coverage.until, row.zone, calendar),
        "" if coverage.accounts_without_data is None else str(coverage.accounts_without_data),
        "yes" if row.at_risk else "no",
    )
