"""Dates with their precision: two cells of a row that become one edge."""

from __future__ import annotations

from tracker.config.cells import dating, moment, or_empty, word_of
from tracker.config.csvfile import Row
from tracker.config.problems import BadValueError, shown
from tracker.config.settings import Settings
from tracker.domain.restrictions import OPEN_END, Edge, edge_of
from tracker.domain.words import Precision

NO_EDGE = Edge(0, 0)
"""Stands in for an edge that could not be read."""

_precision = word_of(
    Precision,
    "precision",
    {"circa": Precision.APPROXIMATE, "ca": Precision.APPROXIMATE, "about": Precision.APPROXIMATE,
     "time": Precision.EXACT, "ongoing": Precision.OPEN},
)  # fmt: skip
# How exact a date must be written for a precision.
_ENOUGH = {
    Precision.EXACT: (Precision.DAY,),
    Precision.DAY: (Precision.DAY,),
    Precision.APPROXIMATE: (Precision.DAY,),
    Precision.MONTH: (Precision.DAY, Precision.MONTH),
    Precision.YEAR: (Precision.DAY, Precision.MONTH, Precision.YEAR),
}
_NOTATION = {Precision.DAY: "YYYY-MM-DD", Precision.MONTH: "YYYY-MM", Precision.YEAR: "YYYY"}


def take_edge(
    row: Row, column: str, precision_column: str, zone: str, settings: Settings, *, may_be_open: bool = False
) -> tuple[Edge, Precision]:
    """The edge that the date stands for in the zone, and how exactly it is known.

    Only what may be open may have neither date nor precision. Where a cell is wrong, the row has a fault in it.
    """
    precision = _take_precision(row, column, precision_column, may_be_open)
    if precision_column in row.faults:
        return NO_EDGE, precision
    if precision is Precision.OPEN:
        if row.text(column):
            wrong = f"has the date {shown(row.text(column))}, but its precision says open"
            row.error(column, wrong, "clear the date, or say how exact it is")
        return OPEN_END, precision
    return row.take(column, lambda cell: _edge(cell, precision, zone, settings), NO_EDGE), precision


def _take_precision(row: Row, column: str, precision_column: str, may_be_open: bool) -> Precision:
    left_open = may_be_open and not row.text(column)
    read = or_empty(_precision, Precision.OPEN) if left_open else _precision
    precision = row.take(precision_column, read, Precision.DAY)
    if precision is Precision.OPEN and not may_be_open:
        row.error(precision_column, "what has a date cannot be open", "say how exact the date is: day, month or year")
    return precision


def _edge(cell: str, precision: Precision, zone: str, settings: Settings) -> Edge:
    if not cell:
        raise BadValueError("is empty", "write a date, such as 2022-09-21")
    if precision is Precision.EXACT and ":" in cell:
        instant = moment(cell)
        return Edge(instant, instant)
    found = dating(cell)
    if found.precision not in _ENOUGH[precision]:
        written = _NOTATION[found.precision]
        raise BadValueError(
            f"the date {shown(cell)} is less exact than its precision, {precision}",
            f"write {_NOTATION[_ENOUGH[precision][-1]]}, or the precision {found.precision} for {written}",
        )
    return edge_of(found.first, precision, zone, settings.approximate_days)
