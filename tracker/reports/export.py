"""Exports: rows as they come, to CSV or JSON Lines, without ever holding them all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TextIO

from tracker.domain.instants import iso
from tracker.reports.cells import BOM, csv_writer, guard
from tracker.reports.files import writing
from tracker.reports.formats import ExportFormat

RowWriter = Callable[[Sequence[object]], None]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    ID = "id"
    """A number that is a name: always text, because a spreadsheet makes 1.7E+18 of it."""
    NUMBER = "number"
    TIME = "time"
    """An instant, written in ISO 8601."""


class Column(NamedTuple):
    name: str
    kind: Kind = Kind.TEXT


def _columns(kind: Kind, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name in names)


_WHO = (
    *_columns(Kind.TEXT, "subject", "name", "role", "country", "platform", "handle"),
    Column("platform_id", Kind.ID),
)

POSTS = (
    *_WHO,
    Column("post_id", Kind.ID),
    Column("kind"),
    *_columns(Kind.TIME, "posted_at", "collected_at"),
    *_columns(Kind.TEXT, "lang", "text", "url"),
    *_columns(Kind.ID, "ref_post_id", "ref_author_id"),
    *_columns(Kind.NUMBER, "likes", "reposts", "replies", "quotes", "views"),
    Column("restricted"),
)
"""One row a post of a named subject; `restricted` is an analysis.exposures.Verdict."""

ACCOUNTS = (
    *_WHO,
    *_columns(Kind.TEXT, "name_native", "residence", "protection", "state"),
    *_columns(Kind.TIME, "created_at", "last_look"),
    *_columns(Kind.NUMBER, "followers", "following", "posts_collected"),
    *_columns(Kind.TIME, "first_post", "last_post", "coverage_since", "coverage_until"),
    Column("source"),
)
"""One row an account."""

DAILY = (
    *_WHO,
    Column("day"),
    *_columns(Kind.NUMBER, "posts", "originals", "replies", "reposts", "quotes"),
    *_columns(Kind.NUMBER, "posts_restricted", "posts_uncertain"),
    Column("coverage"),
)
"""One row an account and local day; `coverage` is full, partial or none, and the counts empty where it is none."""


def write(
    rows: Iterable[Sequence[object]],
    columns: Sequence[Column],
    format: ExportFormat,
    target: Path | None = None,
    *,
    excel: bool = False,
    force: bool = False,
) -> int:
    """Write the rows, each with a value (or None) for every column, and say how many there were.

    To `target`, which appears whole or not at all and is readable by its owner only, or to standard output.
    `excel` puts a byte order mark before CSV. Raises UsageError if the target exists and `force` is not given.
    """
    count = 0
    with writing(target, force) as out:
        write_row = _csv(columns, out, excel) if format is ExportFormat.CSV else _jsonl(columns, out)
        for row in rows:
            write_row(row)
            count += 1
    return count


def _csv(columns: Sequence[Column], out: TextIO, excel: bool) -> RowWriter:
    if excel:
        out.write(BOM)
    write_cells = csv_writer(out)
    write_cells([column.name for column in columns])
    as_cells = [_CSV_CELLS[column.kind] for column in columns]

    def write_row(row: Sequence[object]) -> None:
        pairs = zip(as_cells, row, strict=True)
        write_cells(["" if value is None else as_cell(value) for as_cell, value in pairs])

    return write_row


def _jsonl(columns: Sequence[Column], out: TextIO) -> RowWriter:
    as_values = [(column.name, _JSON_VALUES[column.kind]) for column in columns]

    def write_row(row: Sequence[object]) -> None:
        pairs = zip(as_values, row, strict=True)
        named = {name: None if value is None else as_value(value) for (name, as_value), value in pairs}
        out.write(json.dumps(named, ensure_ascii=False) + "\n")

    return write_row


def _iso(value: object) -> str:
    return iso(value) if isinstance(value, int) else str(value)


_CSV_CELLS: dict[Kind, Callable[[object], str]] = {
    Kind.TEXT: lambda value: guard(str(value)),
    Kind.ID: str,
    Kind.NUMBER: str,
    Kind.TIME: _iso,
}
_JSON_VALUES: dict[Kind, Callable[[object], object]] = {
    Kind.TEXT: str,
    Kind.ID: str,
    Kind.NUMBER: lambda value: value,
    Kind.TIME: _iso,
}
