"""Rows as CSV, as JSON Lines, and as bare ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import islice
from typing import BinaryIO

from tracker.reports.cells import BOM, csv_writer
from tracker.reports.columns import Column
from tracker.reports.export_values import csv_cells, json_value
from tracker.store.csv_lines import Lines

_ROWS_AT_ONCE = 1000


def write_csv(rows: Iterable[Sequence[object]], columns: Sequence[Column], out: BinaryIO, excel: bool) -> int:
    """CSV as RFC 4180 says; `excel` puts a byte order mark before it. Returns the number of rows."""
    return write_csv_lines(_lines(rows, columns), columns, out, excel)


def write_csv_lines(lines: Iterable[Lines], columns: Sequence[Column], out: BinaryIO, excel: bool) -> int:
    """CSV of finished lines."""
    out.write((BOM if excel else "").encode() + _csv([[column.key for column in columns]]))
    count = 0
    for some in lines:
        out.write(some.data)
        count += some.rows
    return count


def _lines(rows: Iterable[Sequence[object]], columns: Sequence[Column]) -> Iterator[Lines]:
    rest = iter(rows)
    while some := list(islice(rest, _ROWS_AT_ONCE)):
        yield Lines(len(some), _csv([csv_cells(columns, row) for row in some]))


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    out = StringIO(newline="")
    write = csv_writer(out)
    for cells in lines:
        write(cells)
    return out.getvalue().encode()


def write_jsonl(rows: Iterable[Sequence[object]], columns: Sequence[Column], out: BinaryIO) -> int:
    """One JSON object a line."""
    count = 0
    for row in rows:
        named = {column.key: json_value(column, value) for column, value in zip(columns, row, strict=True)}
        out.write(json.dumps(named, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        count += 1
    return count


def write_ids(rows: Iterable[Sequence[object]], place: int, out: BinaryIO) -> int:
    """The ids that stand in this place of the rows, one a line; one that repeats the last is not written again."""
    count, last = 0, None
    for row in rows:
        if row[place] is not None and row[place] != last:
            last = row[place]
            out.write(f"{last}\n".encode())
            count += 1
    return count
