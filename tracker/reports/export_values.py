"""One value of an export in each format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tracker.domain.instants import iso
from tracker.reports.cells import guard
from tracker.reports.columns import Column, Kind


def text_of(column: Column, value: object) -> str:
    """The value as text: times and days in ISO 8601, yes and no as `true` and `false`, None as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if column.kind is Kind.TIME and isinstance(value, int):
        return iso(value)
    return str(value)


def csv_cells(columns: Sequence[Column], row: Sequence[object]) -> list[str]:
    """The cells of a line, those of text columns guarded. Raises ValueError if the row does not fit."""
    return [
        guard(text_of(column, value)) if column.kind is Kind.TEXT else text_of(column, value)
        for column, value in zip(columns, row, strict=True)
    ]


def json_value(column: Column, value: object) -> object:
    """The value as JSON has it: numbers and flags as such, all else as text."""
    if value is None or column.kind in (Kind.COUNT, Kind.NUMBER, Kind.SHARE, Kind.FLAG):
        return value
    return text_of(column, value)
