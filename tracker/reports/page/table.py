"""A sheet as the cells of an HTML table: what each says, how it sorts, what language it is in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from tracker.analysis.report import Coverage, CoverageState
from tracker.domain.instants import day_of, iso
from tracker.reports.calendars import Calendar
from tracker.reports.cells import one_line
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet, Value
from tracker.reports.sheet_cells import NO_DATA, NUMERIC, cell_text, headed_definitions
from tracker.reports.sheet_table import fitting

WIDTH = 126
"""Letters in a row of a table on a page; what does not fit is in the file only."""

SHORT = 50
"""Rows that are shown at first."""

_SORTED_AS_NUMBERS = frozenset({Kind.COUNT, Kind.NUMBER, Kind.SHARE, Kind.COVERAGE})
_WITH_THOUSANDS = frozenset({Kind.COUNT, Kind.NUMBER})
_NATIVE = "_native"
_PERSIAN_SPEAKING = frozenset({"IR"})
_LINK = re.compile(r"https?://[^\s;<>\"]+\Z")
_MARKED = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
"""Marks that turn the direction of what follows: outside of a name they could reorder the page."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell."""

    text: str
    sort: str | None
    """What it is sorted by, where that is not its text; empty: last in any order."""
    when: str = ""
    """The day or instant in ISO 8601, for <time>."""
    lang: str = ""
    href: str = ""
    quiet: bool = False
    """There is no data."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready for its template."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[tuple[Cell, ...], bool], ...]
    """(cells, whether the row stands out)."""
    notes: tuple[str, ...]
    meanings: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    """Headings of columns that are in the file only."""
    file: str
    short: int = SHORT

    @property
    def is_long(self) -> bool:
        return len(self.rows) > self.short

    def aligned_right(self, column: Column) -> bool:
        return column.kind in NUMERIC

    def sorted_as(self, column: Column) -> str:
        """How the script compares the column."""
        return "number" if column.kind in _SORTED_AS_NUMBERS else "text"


def table_of(sheet: Sheet, file: str = "") -> Table:
    """The sheet as a table; `file` is where all its columns are, relative to the page."""
    columns, left_out = fitting(sheet, Calendar.GREGORIAN, WIDTH)
    shown = {column.key for column in columns}
    hidden = {column.title for column in sheet.columns if column.key not in shown}
    return Table(
        name=sheet.name,
        title=sheet.title,
        columns=tuple(columns),
        rows=tuple((tuple(_cells(sheet, row, columns)), row.strong) for row in sheet.rows),
        notes=sheet.notes,
        meanings=tuple((word, meaning) for word, meaning in headed_definitions(sheet) if word not in hidden),
        left_out=tuple(column.title for column in left_out),
        file=file,
    )


def _cells(sheet: Sheet, row: Row, columns: list[Column]) -> list[Cell]:
    country = row.values[sheet.place("country")] if any(c.key == "country" for c in sheet.columns) else None
    cells = []
    for column in columns:
        value = row.values[sheet.place(column.key)]
        text = plain(_text(column, value, row))
        sort = _sort_key(column, value, row)
        cells.append(
            Cell(
                text,
                None if sort == text else sort,
                when=_when(column, value, row),
                lang=language_of(text, column, country),
                href=text if column.kind is Kind.TEXT and _LINK.match(text) else "",
                quiet=value is None or text == NO_DATA,
            )
        )
    return cells


def plain(text: str) -> str:
    """The text on one line, without the marks that would turn the direction of the page around it."""
    return _MARKED.sub("", one_line(text))


def language_of(text: str, column: Column, country: Value) -> str:
    """`fa` for the native name of someone or something of Iran in Arabic letters; else empty, that of the page."""
    native = column.key.endswith(_NATIVE) and country in _PERSIAN_SPEAKING
    return "fa" if native and any(unicodedata.bidirectional(letter) == "AL" for letter in text) else ""


def _text(column: Column, value: Value, row: Row) -> str:
    if column.kind in _WITH_THOUSANDS and isinstance(value, int | float) and not isinstance(value, bool):
        mark = column.mark if row.state is CoverageState.PARTIAL else ""
        return f"{mark}{value:,}" if column.kind is Kind.COUNT else f"{mark}{value:,.{column.digits}f}"
    return cell_text(column, value, row)


def _sort_key(column: Column, value: Value, row: Row) -> str:
    if value is None:
        return ""
    if isinstance(value, Coverage):
        return f"{value.share:.6g}"
    if column.kind in _SORTED_AS_NUMBERS:
        return f"{value:.10g}" if isinstance(value, int | float) else ""
    if when := _when(column, value, row):
        return when
    return plain(str(value)) if column.kind is not Kind.FLAG else plain(_text(column, value, row))


def _when(column: Column, value: Value, row: Row) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        if column.kind is Kind.DAY:
            return day_of(value, row.zone).isoformat()
        if column.kind is Kind.TIME:
            return iso(value)
    return ""
