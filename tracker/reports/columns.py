"""What stands in a column of a report or an export: its name, its type, its unit, its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    ID = "id"
    """A number that is a name: always text, because a spreadsheet makes 1.7E+18 of it."""
    COUNT = "count"
    """A whole number."""
    NUMBER = "number"
    """A number with decimals."""
    SHARE = "share"
    """A part of a whole, from 0 to 1."""
    DAY = "day"
    """A `datetime.date`, or an instant that people read as the day of the row's zone and programs as ISO 8601."""
    TIME = "time"
    """An instant, written in ISO 8601, UTC."""
    FLAG = "flag"
    """Yes or no."""
    COVERAGE = "coverage"
    """An `analysis.report.Coverage`: how far the figures of the row can be trusted."""


AT_LEAST, AT_MOST, ABOUT = "≥ ", "≤ ", "≈ "


@dataclass(frozen=True, slots=True)
class Column:
    """One column, the same in every format."""

    key: str
    """As in JSON, CSV and files."""
    kind: Kind = Kind.TEXT
    heading: str = ""
    """As people read it; empty: the key with spaces."""
    meaning: str = ""
    """What it says, in a sentence that can be printed below the table: formula and limits included."""
    unit: str = ""
    """`days`, `posts`, `1/week`, `US$`; empty where there is none."""
    digits: int = 1
    """Decimals of a NUMBER, as people read it."""
    mark: str = ""
    """What stands before the value where the row's time is not fully covered; such a cell without a value in a row
    without data reads "no data". Empty: the value does not depend on coverage."""
    rank: int = 0
    """What a narrow table leaves out first has the highest rank; 0 always stays."""
    shown: bool = True
    """False: only in JSON, CSV and files."""
    wraps: bool = False
    """A text that may be long: a narrow table breaks it into lines."""

    @property
    def title(self) -> str:
        """What stands above the column."""
        return self.heading or self.key.replace("_", " ")
