"""A usage report on a terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from tracker.analysis.report import UsageReport, UsageRow
from tracker.domain.instants import iso
from tracker.domain.words import By
from tracker.reports.calendars import Calendar
from tracker.reports.cells import isolate, one_line
from tracker.reports.usage_cells import UsageColumn, columns_of, definitions_under

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH_WITHOUT_TERMINAL = 400
_WIDEST_TEXT = 120
_NARROWEST_NAME = 16
_WIDEST_NAME = 40


def usage_table(
    report: UsageReport, out: TextIO, calendar: Calendar = Calendar.GREGORIAN, width: int | None = None
) -> None:
    """Write the report to `out` as a table, with the notes and what the words mean below it.

    `width` is in columns; None: as wide as the terminal. What does not fit is left out by columns, the least
    telling first, and named below. Colour only on a terminal, and never where NO_COLOR is set.
    """
    from rich.console import Console
    from rich.text import Text

    if width is None and not out.isatty() and "COLUMNS" not in os.environ:
        width = _WIDTH_WITHOUT_TERMINAL
    console = Console(file=out, width=width, highlight=False, markup=False, emoji=False)
    columns, left_out = _fitting(report, calendar, console.width)
    text_width = min(console.width, _WIDEST_TEXT)
    console.print(Text(f"Usage by {report.by}, as of {iso(report.as_of)}", style="bold"))
    console.print(_table(report, columns, calendar))
    notes = [*report.notes]
    if left_out:
        headings = ", ".join(column.heading for column in left_out)
        notes.append(f"Left out for want of width: {headings}. All columns: --format csv.")
    console.print()
    for note in notes:
        console.print(Text(note), width=text_width)
    console.print()
    for word, meaning in definitions_under(report):
        console.print(Text.assemble((word, "bold"), ": ", meaning, style="dim"), width=text_width)


def _table(report: UsageReport, columns: Sequence[UsageColumn], calendar: Calendar) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for column in columns:
        is_name = column.key == "name"
        table.add_column(
            Text(column.heading),
            justify="right" if column.numeric else "left",
            no_wrap=not is_name,
            overflow="fold",
            min_width=_NARROWEST_NAME if is_name else None,
            max_width=_WIDEST_NAME if is_name else None,
        )
    for row in report.rows:
        table.add_row(
            *(Text(_cell(row, column, calendar)) for column in columns),
            style="bold" if row.posts_restricted else None,
        )
    return table


def _cell(row: UsageRow, column: UsageColumn, calendar: Calendar) -> str:
    return isolate(one_line(column.cell(row, calendar)))


def _fitting(report: UsageReport, calendar: Calendar, width: int) -> tuple[list[UsageColumn], list[UsageColumn]]:
    """The columns that fit, and those that do not, the least telling ones."""
    from rich.cells import cell_len

    def needed(column: UsageColumn) -> int:
        widest = max((cell_len(_cell(row, column, calendar)) for row in report.rows), default=0)
        if column.key == "name":
            widest = min(widest, _NARROWEST_NAME)
        return max(widest, cell_len(column.heading)) + 2

    columns = columns_of(report)
    needs = {column.key: needed(column) for column in columns}
    left_out: set[str] = set()
    label = None if report.by is By.SUBJECT else report.by.value
    for rank in sorted({column.rank for column in columns if column.rank}, reverse=True):
        if sum(needs.values()) <= width:
            break
        for column in columns:
            if column.rank == rank and column.key != label:
                del needs[column.key]
                left_out.add(column.key)
    return (
        [column for column in columns if column.key not in left_out],
        [column for column in columns if column.key in left_out],
    )
