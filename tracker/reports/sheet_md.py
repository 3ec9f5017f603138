"""A sheet as Markdown, to paste into a text: the table, the notes, and what the words mean."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.domain.instants import iso
from tracker.reports.calendars import Calendar
from tracker.reports.cells import isolate, markdown
from tracker.reports.sheet import Sheet
from tracker.reports.sheet_cells import NUMERIC, cell_text, headed_definitions


def sheet_md(sheet: Sheet, calendar: Calendar = Calendar.GREGORIAN) -> str:
    """The sheet as Markdown."""
    columns = sheet.used()
    places = [sheet.place(column.key) for column in columns]
    table = (
        _line(markdown(column.title) for column in columns),
        _line("---:" if column.kind in NUMERIC else "---" for column in columns),
        *(
            _line(
                isolate(markdown(cell_text(column, row.values[place], row, calendar)))
                for column, place in zip(columns, places, strict=True)
            )
            for row in sheet.rows
        ),
        "",
    )
    lines = [
        f"**{markdown(sheet.title)}, as of {iso(sheet.as_of)}**",
        "",
        *(table if sheet.rows else ()),
        *(f"{markdown(note)}\n" for note in sheet.notes),
        *(f"- **{markdown(word)}**: {markdown(meaning)}" for word, meaning in headed_definitions(sheet)),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
