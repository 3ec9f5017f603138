"""A usage report as Markdown, to paste into a text: the table, the notes, and what the words mean."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.analysis.report import UsageReport
from tracker.domain.instants import iso
from tracker.reports.calendars import Calendar
from tracker.reports.cells import isolate, markdown
from tracker.reports.usage_cells import columns_of, definitions_under


def usage_md(report: UsageReport, calendar: Calendar = Calendar.GREGORIAN) -> str:
    """The report as Markdown."""
    columns = columns_of(report)
    lines = [
        f"**Usage by {report.by}, as of {iso(report.as_of)}**",
        "",
        _line(column.heading for column in columns),
        _line("---:" if column.numeric else "---" for column in columns),
        *(_line(isolate(markdown(column.cell(row, calendar))) for column in columns) for row in report.rows),
        "",
        *(f"{markdown(note)}\n" for note in report.notes),
        *(f"- **{markdown(word)}**: {markdown(meaning)}" for word, meaning in definitions_under(report)),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
