"""A report ready to be written: one table with its notes and what its words mean, in any format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tracker.analysis.report import Coverage, CoverageState
from tracker.domain.instants import Instant
from tracker.reports.columns import Column

Value = str | int | float | bool | date | Coverage | None
"""What a cell may hold; None: nothing to say, or no data."""


@dataclass(frozen=True, slots=True)
class Row:
    """A value for every column, and how far they can be trusted."""

    values: tuple[Value, ...]
    state: CoverageState = CoverageState.FULL
    """Decides the marks: PARTIAL puts a column's mark before its value, NONE says "no data" where there is none."""
    strong: bool = False
    """Stands out on a terminal and on a page."""
    zone: str = "UTC"
    """In which the instants of DAY columns, and of the coverage, are printed as days."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A finished table. `rows` keep their order."""

    name: str
    """One word, as the command says it: `influence`. Names files and JSON sections."""
    title: str
    """What stands above it: `Influence by account`. The renderers add the time."""
    as_of: Instant
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    """Sentences below the table: what is missing, what was left out and why."""
    words: tuple[tuple[str, str], ...] = ()
    """(word, meaning) of words that are not a column's."""
    lead: str = ""
    """The key of the column that stands first for people; empty: the first."""
    json_order: tuple[str, ...] = ()
    """The keys of a JSON row where their order is a promise; else that of the columns."""

    @property
    def definitions(self) -> tuple[tuple[str, str], ...]:
        """(key or word, meaning): the columns' first."""
        return (*((column.key, column.meaning) for column in self.columns if column.meaning), *self.words)

    def place(self, key: str) -> int:
        """Where the column stands."""
        return next(index for index, column in enumerate(self.columns) if column.key == key)

    def column_values(self, key: str) -> list[Value]:
        """The values of one column."""
        place = self.place(key)
        return [row.values[place] for row in self.rows]

    def first(self, count: int) -> Sheet:
        """Only the first rows, without notes and definitions, which the whole sheet gives."""
        bare = tuple(replace(column, meaning="") for column in self.columns)
        return replace(self, rows=self.rows[:count], columns=bare, notes=(), words=())

    def used(self) -> tuple[Column, ...]:
        """The columns that people see, the leading one first, without those that are empty in every row."""
        columns = [
            column
            for place, column in enumerate(self.columns)
            if column.shown and self._says_something(column, place)
        ]
        return tuple(sorted(columns, key=lambda column: column.key != self.lead))

    def _says_something(self, column: Column, place: int) -> bool:
        unseen = bool(column.mark)
        return any(row.values[place] is not None or (unseen and row.state is CoverageState.NONE) for row in self.rows)
