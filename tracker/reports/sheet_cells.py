"""The cells of a sheet as people read them, the same for the table, CSV, Markdown and the page."""

from __future__ import annotations

import math
from datetime import date

from tracker.analysis.report import Coverage, CoverageState
from tracker.domain.instants import iso
from tracker.reports.calendars import Calendar, day_text
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet, Value

NO_DATA = "no data"
NUMERIC = frozenset({Kind.COUNT, Kind.NUMBER, Kind.SHARE, Kind.DAY, Kind.TIME})
"""The kinds that stand to the right."""


def cell_text(column: Column, value: Value, row: Row, calendar: Calendar = Calendar.GREGORIAN) -> str:
    """The value with the mark that says how far it can be trusted."""
    if column.kind is Kind.COVERAGE:
        return coverage_text(value) if isinstance(value, Coverage) else ""
    if value is None:
        return NO_DATA if column.mark and row.state is CoverageState.NONE else ""
    text = plain_text(column, value, row.zone, calendar)
    return column.mark + text if row.state is CoverageState.PARTIAL else text


def plain_text(column: Column, value: Value, zone: str, calendar: Calendar = Calendar.GREGORIAN) -> str:
    """The value without a mark; an instant in a DAY column as the day of the zone."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date) or (isinstance(value, int) and column.kind is Kind.DAY):
        return day_text(value, zone, calendar)
    if isinstance(value, int) and column.kind is Kind.TIME:
        return iso(value)
    if isinstance(value, int | float) and column.kind is Kind.SHARE:
        return f"{value:.{column.digits}%}".replace("%", " %")
    if isinstance(value, int | float) and column.kind is Kind.NUMBER:
        return f"{value:.{column.digits}f}"
    return str(value)


def share_of(coverage: Coverage) -> float:
    """The share to four digits, rounded down: what is not full never looks so."""
    return math.floor(coverage.share * 10_000) / 10_000


def coverage_text(coverage: Coverage) -> str:
    """`full`, `none`, or the share in per cent, rounded down."""
    if coverage.state is not CoverageState.PARTIAL:
        return coverage.state.value
    per_cent = math.floor(coverage.share * 100)
    return f"{per_cent} %" if per_cent else "under 1 %"


def headed_definitions(sheet: Sheet) -> list[tuple[str, str]]:
    """(word, meaning), each word as the heading says it."""
    titles = {column.key: column.title for column in sheet.columns}
    return [(titles.get(word, word), meaning) for word, meaning in sheet.definitions]
