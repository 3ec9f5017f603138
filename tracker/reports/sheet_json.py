"""Sheets as JSON. The keys are a promise to those who read it with a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from tracker.analysis.report import Coverage
from tracker.domain.instants import iso
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet, Value
from tracker.reports.sheet_cells import share_of


def sheets_json(sheets: Sequence[Sheet]) -> str:
    """One sheet as a JSON object, several as an object by name.

    Times in ISO 8601, UTC; null where there is no data or nothing to say; a share from 0 to 1.
    """
    whole = _object(sheets[0]) if len(sheets) == 1 else {sheet.name: _object(sheet) for sheet in sheets}
    return json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _object(sheet: Sheet) -> dict[str, object]:
    return {
        "as_of": iso(sheet.as_of),
        "definitions": dict(sheet.definitions),
        "rows": [_row(sheet, row) for row in sheet.rows],
        "notes": list(sheet.notes),
    }


def _row(sheet: Sheet, row: Row) -> dict[str, object]:
    named = {column.key: json_value(column, value) for column, value in zip(sheet.columns, row.values, strict=True)}
    order = sheet.json_order or tuple(named)
    return {key: named[key] for key in order}


def json_value(column: Column, value: Value) -> object:
    """The value as JSON has it: typed, without marks."""
    if isinstance(value, Coverage):
        return _coverage(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and column.kind in (Kind.TIME, Kind.DAY):
        return iso(value)
    if column.kind is Kind.ID:
        return str(value)
    if isinstance(value, float):
        return round(value, 6 if column.kind is Kind.SHARE else max(2, column.digits))
    return value


def _coverage(coverage: Coverage) -> dict[str, object]:
    fields: dict[str, object] = {
        "state": coverage.state,
        "share": share_of(coverage),
        "since": None if coverage.since is None else iso(coverage.since),
        "until": None if coverage.until is None else iso(coverage.until),
    }
    if coverage.accounts_without_data is not None:
        fields["accounts_without_data"] = coverage.accounts_without_data
    return fields
