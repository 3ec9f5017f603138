"""A sheet on a terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from tracker.domain.instants import iso
from tracker.reports.calendars import Calendar
from tracker.reports.cells import isolate, one_line
from tracker.reports.columns import Column
from tracker.reports.sheet import Row, Sheet
from tracker.reports.sheet_cells import NUMERIC, cell_text

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH_WITHOUT_TERMINAL = 400
_WIDEST_TEXT = 120
_NARROWEST_NAME = 16
_WIDEST_NAME = 40


def sheet_table(sheet: Sheet, out: TextIO, calendar: Calendar = Calendar.GREGORIAN, width: int | None = None) -> None:
    """Write the sheet to `out` as a table, with the notes and what the words mean below it.

    `width` is in columns; None: as wide as the terminal. What does not fit is left out by columns, the least
    telling first, and named below. Colour only on a terminal, and never where NO_COLOR is set.
    """
    from rich.console import Console
    from rich.text import Text

    if width is None and not out.isatty() and "COLUMNS" not in os.environ:
        width = _WIDTH_WITHOUT_TERMINAL
    console = Console(file=out, width=width, highlight=False, markup=False, emoji=False)
    columns, left_out = fitting(sheet, calendar, console.width)
    text_width = min(console.width, _WIDEST_TEXT)
    console.print(Text(f"{one_line(sheet.title)}, as of {iso(sheet.as_of)}", style="bold"))
    notes = [*sheet.notes]
    if sheet.rows:
        console.print(_table(sheet, columns, calendar))
    if left_out:
        headings = ", ".join(column.title for column in left_out)
        notes.append(f"Left out for want of width: {headings}. All columns: --format csv.")
    if notes:
        console.print()
    for note in notes:
        console.print(Text(one_line(note)), width=text_width)
    meanings = [(column.title, column.meaning) for column in sheet.used() if column.meaning] + [*sheet.words]
    if meanings and sheet.rows:
        console.print()
        for word, meaning in meanings:
            console.print(Text.assemble((word, "bold"), ": ", meaning, style="dim"), width=text_width)


def _table(sheet: Sheet, columns: Sequence[Column], calendar: Calendar) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.kind in NUMERIC else "left",
            no_wrap=not column.wraps,
            overflow="fold",
            min_width=_NARROWEST_NAME if column.wraps else None,
            max_width=_WIDEST_NAME if column.wraps else None,
        )
    places = [sheet.place(column.key) for column in columns]
    for row in sheet.rows:
        cells = (_cell(row, column, place, calendar) for column, place in zip(columns, places, strict=True))
        table.add_row(*map(Text, cells), style="bold" if row.strong else None)
    return table


def _cell(row: Row, column: Column, place: int, calendar: Calendar) -> str:
    return isolate(one_line(cell_text(column, row.values[place], row, calendar)))


def fitting(sheet: Sheet, calendar: Calendar, width: int) -> tuple[list[Column], list[Column]]:
    """The columns that fit, and those that do not, the least telling ones."""
    from rich.cells import cell_len

    def needed(column: Column) -> int:
        place = sheet.place(column.key)
        widest = max((cell_len(_cell(row, column, place, calendar)) for row in sheet.rows), default=0)
        if column.wraps:
            widest = min(widest, _NARROWEST_NAME)
        return max(widest, cell_len(column.title)) + 2

    columns = sheet.used()
    needs = {column.key: needed(column) for column in columns}
    left_out: set[str] = set()
    for rank in sorted({column.rank for column in columns if column.rank}, reverse=True):
        if sum(needs.values()) <= width:
            break
        for column in columns:
            if column.rank == rank and column.key != sheet.lead:
                del needs[column.key]
                left_out.add(column.key)
    return (
        [column for column in columns if column.key not in left_out],
        [column for column in columns if column.key in left_out],
    )
