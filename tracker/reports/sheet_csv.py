"""A sheet as CSV: the same columns whatever was asked, one row a row."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from tracker.analysis.report import Coverage
from tracker.reports.calendars import Calendar, day_text
from tracker.reports.cells import csv_writer, guard
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet
from tracker.reports.sheet_cells import cell_text, share_of

_OF_COVERAGE = ("coverage_state", "coverage_share", "coverage_since", "coverage_until", "accounts_without_data")
_AS_NUMBERS = frozenset({Kind.COUNT, Kind.NUMBER})


def sheet_csv(sheet: Sheet, calendar: Calendar = Calendar.GREGORIAN) -> str:
    """The sheet as CSV, headed by the keys of the JSON; definitions and notes are not in it.

    A count without full coverage reads `≥ 123`, and `no data` where there is none. What JSON says of the coverage
    follows in columns of its own, so that a program can tell the figures apart without reading marks; its days are
    those of the row's zone.
    """
    out = StringIO()
    write_row = csv_writer(out)
    covered = next((place for place, column in enumerate(sheet.columns) if column.kind is Kind.COVERAGE), None)
    write_row([*(column.key for column in sheet.columns), *(() if covered is None else _OF_COVERAGE)])
    for row in sheet.rows:
        cells = [_cell(sheet, row, place, calendar) for place in range(len(sheet.columns))]
        write_row([*cells, *(() if covered is None else _coverage(row.values[covered], calendar, row.zone))])
    return out.getvalue()


def csv_columns(sheet: Sheet) -> tuple[Column, ...]:
    """The columns of `sheet_csv` by the types that a program finds there: what may carry a mark is text."""
    kept = (
        column if column.kind in _AS_NUMBERS and not column.mark else replace(column, kind=Kind.TEXT)
        for column in sheet.columns
    )
    covered = any(column.kind is Kind.COVERAGE for column in sheet.columns)
    return (*kept, *(Column(key, meaning="Of the coverage.") for key in _OF_COVERAGE if covered))


def _cell(sheet: Sheet, row: Row, place: int, calendar: Calendar) -> str:
    column, text = sheet.columns[place], cell_text(sheet.columns[place], row.values[place], row, calendar)
    return guard(text) if column.kind is Kind.TEXT else text


def _coverage(value: object, calendar: Calendar, zone: str) -> tuple[str, ...]:
    if not isinstance(value, Coverage):
        return ("",) * len(_OF_COVERAGE)
    return (
        value.state.value,
        f"{share_of(value):.4f}",
        "" if value.since is None else day_text(value.since, zone, calendar),
        "" if value.until is None else day_text(value.until, zone, calendar),
        "" if value.accounts_without_data is None else str(value.accounts_without_data),
    )
