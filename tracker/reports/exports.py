"""Exports: what can be written, in which formats, and the description that goes beside each file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tracker.domain.errors import UsageError
from tracker.domain.instants import Instant
from tracker.reports.columns import Column
from tracker.reports.datapackage import Method, describing
from tracker.reports.export_text import write_csv, write_csv_lines, write_ids, write_jsonl
from tracker.reports.files import writing_bytes
from tracker.reports.formats import ExportFormat
from tracker.store.csv_lines import Lines


@dataclass(frozen=True, slots=True)
class Export:
    """A table ready to be written. What makes its rows is called once."""

    noun: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterable[Sequence[object]]]
    """Each with a value, or None, for every column."""
    key: tuple[str, ...] = ()
    """The columns that together name a row, where there are such."""
    ids: str = ""
    """The column that `ids` takes; empty: the rows have no id."""
    lines: Callable[[], Iterator[Lines]] | None = None
    """The same rows as finished CSV, where that is faster."""


def write_export(
    export: Export,
    format: ExportFormat,
    target: Path | None = None,
    method: Method | None = None,
    *,
    as_of: Instant = 0,
    excel: bool = False,
    force: bool = False,
) -> int:
    """Write the table to a new file or to standard output, and say how many rows it has.

    The file appears whole or not at all, after datapackage.json and METHOD.md beside it, which tell of it if there is
    a `method`. `as_of` is the time at which a workbook says it was made; `excel` puts a byte order mark before CSV.
    Raises UsageError for what cannot be written so, ConfigError if a library is missing.
    """
    require(export, format, target)
    count = 0
    with ExitStack() as stack:
        described = None if target is None or method is None else stack.enter_context(describing(target, force))
        out = stack.enter_context(writing_bytes(target, force))
        count = _write(export, format, out, as_of, excel)
        if described is not None and method is not None:
            out.flush()
            described.write(resource_columns(export, format), export.key, format, out, method, count)
    return count  # 0 if whoever read standard output has gone


def require(export: Export, format: ExportFormat, target: Path | None) -> Mapping[str, str]:
    """Raise UsageError if the table cannot come in this format, or not to this place; else the library's version."""
    if format is ExportFormat.IDS and not export.ids:
        raise UsageError(f"{export.noun} have no ids of their own; --format ids is for posts, accounts and profiles")
    if format.binary and target is None:
        raise UsageError(f"{format} is no text; name a file for it with -o FILE.{format}")
    match format:
        case ExportFormat.PARQUET:
            from tracker.reports.export_parquet import require_parquet

            return {"library": require_parquet()}
        case ExportFormat.XLSX:
            from tracker.reports.export_xlsx import require_xlsx

            return {"library": require_xlsx()}
        case _:
            return {}


def resource_columns(export: Export, format: ExportFormat) -> tuple[Column, ...]:
    """The columns that the file has."""
    if format is not ExportFormat.IDS:
        return export.columns
    return tuple(column for column in export.columns if column.key == export.ids)


def _write(export: Export, format: ExportFormat, out: BinaryIO, as_of: Instant, excel: bool) -> int:
    columns = export.columns
    match format:
        case ExportFormat.CSV if export.lines is not None:
            return write_csv_lines(export.lines(), columns, out, excel)
        case ExportFormat.CSV:
            return write_csv(export.rows(), columns, out, excel)
        case ExportFormat.JSONL:
            return write_jsonl(export.rows(), columns, out)
        case ExportFormat.IDS:
            place = [column.key for column in columns].index(export.ids)
            return write_ids(export.rows(), place, out)
        case ExportFormat.PARQUET:
            from tracker.reports.export_parquet import write_parquet

            return write_parquet(export.rows(), columns, out)
        case ExportFormat.XLSX:
            from tracker.reports.export_xlsx import write_xlsx

            return write_xlsx(export.rows(), columns, out, as_of)
