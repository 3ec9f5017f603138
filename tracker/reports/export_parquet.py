"""Rows as Parquet: typed, compressed, a row group at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from tracker.domain.errors import ConfigError
from tracker.reports.columns import Column, Kind

if TYPE_CHECKING:
    import pyarrow

MISSING = "this format needs an extra that is not installed; run: pip install 'influence-tracker[files]'"
_ROWS_A_GROUP = 10_000


def require_parquet() -> str:
    """The version of the library. Raises ConfigError if it is not installed."""
    try:
        import pyarrow
    except ImportError as error:
        raise ConfigError(MISSING) from error
    return f"pyarrow {pyarrow.__version__}"


def write_parquet(rows: Iterable[Sequence[object]], columns: Sequence[Column], out: BinaryIO) -> int:
    """Ids are strings, times are UTC to the millisecond; each field carries its meaning and its unit."""
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([_field(column) for column in columns])
    rest, count = iter(rows), 0
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        while some := list(islice(rest, _ROWS_A_GROUP)):
            values = zip(*some, strict=True)
            arrays = [
                pyarrow.array(_values(column, cells), field.type)
                for column, cells, field in zip(columns, values, schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            count += len(some)
    return count


def _field(column: Column) -> pyarrow.Field:
    import pyarrow

    types = {
        Kind.COUNT: pyarrow.int64(),
        Kind.NUMBER: pyarrow.float64(),
        Kind.SHARE: pyarrow.float64(),
        Kind.DAY: pyarrow.date32(),
        Kind.TIME: pyarrow.timestamp("ms", tz="UTC"),
        Kind.FLAG: pyarrow.bool_(),
    }
    told = {"description": column.meaning, "unit": column.unit}
    return pyarrow.field(column.key, types.get(column.kind, pyarrow.string()), metadata=told)


def _values(column: Column, cells: Sequence[object]) -> list[object]:
    match column.kind:
        case Kind.TIME:
            return [cell * 1000 if isinstance(cell, int) else None for cell in cells]
        case Kind.COUNT | Kind.NUMBER | Kind.SHARE | Kind.DAY | Kind.FLAG:
            return list(cells)
        case _:
            return [None if cell is None else str(cell) for cell in cells]
