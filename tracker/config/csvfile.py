"""Reads a CSV file strictly, as people and spreadsheets write it, and keeps the line of each row.

Comma or semicolon, UTF-8 with or without a byte order mark, any line ending, empty lines, lines that begin with `#`,
and cells with line breaks in quotation marks are all welcome. Every column that is not optional must be there; cells
may be empty.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tracker.config.encoding import decode
from tracker.config.problems import BadValueError, Findings, nearest, shown, suggestion

T = TypeVar("T")

LONGEST_CELL = 4000
_SEPARATORS = ",;\t|"
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00a0"
_EDGES = " \t\r\n" + _INVISIBLE
_FORMULA_STARTS = frozenset("=+-@\t\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Direction overrides and embeddings, and what has no width, but for the joiners: Persian spells with them.
_UNSEEN = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff]")
# The replacement character, or nothing but question marks: what is left of Persian in a Western character set.
_LOST = re.compile(r"\ufffd|^[\s?()]*\?\?[\s?()]*$")
# Two Arabic letters in UTF-8, read byte by byte as Windows-1252.
_MISREAD = re.compile(r"(?:[ØÙÚÛ][^\x00-\x7f\u0600-\u06ff]){2}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file. `starts` names, by column, characters at its start that are no formula there.

    A column in `optional` need not be there; its cells are empty then.
    """

    columns: tuple[str, ...]
    starts: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


class Row:
    """One row: its cells by column, and where it stands."""

    __slots__ = ("_cells", "_findings", "faults", "line")

    def __init__(self, line: int, cells: Mapping[str, str], faults: set[str], findings: Findings) -> None:
        self.line = line
        self.faults = faults
        """The columns with an error in this row."""
        self._cells = cells
        self._findings = findings

    def take(self, column: str, read: Callable[[str], T], fallback: T) -> T:
        """The cell as `read` understands it; where that raises BadValueError, the problem is noted.

        A wrong cell gives `fallback`; one that was found to be wrong before is not complained of twice.
        """
        if column in self.faults:
            return fallback
        try:
            return read(self._cells[column])
        except BadValueError as fault:
            self.error(column, fault.wrong, fault.right)
            return fallback

    def text(self, column: str) -> str:
        """The cell as it stands, without white space around it."""
        return self._cells.get(column, "")

    def error(self, column: str, wrong: str, right: str = "") -> None:
        self.faults.add(column)
        self._findings.error(self.line, column, wrong, right)

    def note(self, column: str, wrong: str, right: str = "") -> None:
        self._findings.note(self.line, column, wrong, right)


def read_rows(data: bytes, layout: Layout, findings: Findings) -> list[Row]:
    """The rows of a file; all that is wrong with it as a CSV file goes to `findings`."""
    text = decode(data, findings)
    if text is None:
        return []
    separator = _separator(text, layout)
    if separator not in ",;":
        name = "tabs" if separator == "\t" else shown(separator)
        findings.error(0, "", f"the cells are separated by {name}", "save it with commas or semicolons between them")
    records = _records(text, separator, findings)
    line, header = next(records, (0, []))
    if not header:
        if not findings.problems:
            findings.error(1, "", "the file is empty", _first_line(layout))
        return []
    header, absent = _check_header(line, header, layout, findings)
    if not header:
        return []
    return [
        row for line, cells in records if (row := _row(line, cells, header, absent, layout, findings)) is not None
    ]


def write_rows(layout: Layout, rows: Iterable[Mapping[str, str]]) -> bytes:
    """A file that `read_rows` reads: UTF-8 with a byte order mark, so that Excel shows Persian."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, layout.columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def column_letter(index: int) -> str:
    """What a spreadsheet calls the column: A, B, … Z, AA, …; the first is 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _is_comment(line: str) -> bool:
    # A spreadsheet puts a comment that holds a comma into quotation marks.
    return line.lstrip(' "\t').startswith("#")


def _separator(text: str, layout: Layout) -> str:
    """The one that splits the header line into the most known columns."""
    lines = (line for line in io.StringIO(text) if line.strip(_EDGES + '",;') and not _is_comment(line))
    header = next(lines, "").strip(_EDGES)
    if re.fullmatch(r'"?sep=[,;]"?', header.casefold()):
        return header.strip('"')[-1]
    known = set(layout.columns)

    def recognised(separator: str) -> tuple[int, int]:
        names = [name.strip(_EDGES + '"').casefold() for name in header.split(separator)]
        return len(known.intersection(names)), len(names)

    return max(_SEPARATORS, key=recognised)


class _Lines:
    """Physical lines for the csv module; remembers where the record that is being read began."""

    def __init__(self, text: str) -> None:
        self._lines = list(io.StringIO(text, newline=""))
        self._next = 0
        self._fresh = True
        self.start = 0

    def begin_record(self) -> None:
        self._fresh = True

    def reread_after_start(self) -> None:
        """Go back to the line after the one where the record began."""
        self._next = self.start

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        while self._next < len(self._lines):
            line = self._lines[self._next]
            self._next += 1
            if self._fresh and line.startswith("#"):
                continue
            if self._fresh:
                self.start = self._next
                self._fresh = False
            return line
        raise StopIteration


PARSED_CELL = 2**17
"""Characters that the parser takes for a cell; more are a quotation mark that is not closed."""
_CSV_ERRORS = {
    "unexpected end of data": (
        "a quotation mark is opened here and never closed",
        'close it, or write it twice ("") where it belongs to the text',
    ),
    "field larger": (
        "a huge cell begins here",
        "a quotation mark is probably not closed; close it, or shorten the text",
    ),
    "expected after": (
        "text goes on after a closing quotation mark",
        'write a quotation mark twice ("") where it belongs to the text',
    ),
}


def next_row(reader: Iterator[list[str]], longest: int) -> list[str]:
    """The next row of a csv.reader, with no cell of more than `longest` characters.

    The limit is one of the whole process: once the row is read it is as it was before. Raises StopIteration and
    csv.Error.
    """
    usual = csv.field_size_limit(longest)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(usual)


def _records(text: str, separator: str, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record that is neither empty nor a comment."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    first = True
    while True:
        lines.begin_record()
        try:
            cells = next_row(reader, PARSED_CELL)
        except StopIteration:
            return
        except csv.Error as error:
            message = str(error)
            wrong, right = next((text for key, text in _CSV_ERRORS.items() if key in message), (message, ""))
            findings.error(lines.start, "", wrong, right)
            if first:
                return
            lines.reread_after_start()
            continue
        if not any(cell.strip(_EDGES) for cell in cells) or cells[0].lstrip().startswith("#"):
            continue
        if first and cells[0].casefold().startswith("sep="):
            continue
        first = False
        yield lines.start, cells


def _first_line(layout: Layout) -> str:
    return f"begin with the line {','.join(layout.columns)}"


def _check_header(
    line: int, header: list[str], layout: Layout, findings: Findings
) -> tuple[list[str], frozenset[str]]:
    """The column's name by position, none if no cell names one, and the columns that are absent."""
    names = [name.strip(_EDGES).casefold() for name in header]
    while names and not names[-1]:
        names.pop()
    if not any(name in layout.columns or nearest(name, layout.columns) for name in names):
        findings.error(line, "", "the line that names the columns is missing", _first_line(layout))
        return [], frozenset()
    seen: dict[str, int] = {}
    mistaken_for: set[str] = set()
    for index, name in enumerate(names):
        letter = column_letter(index)
        if not name:
            findings.error(line, letter, "the column has no name", "name it, or delete it")
        elif name not in layout.columns:
            free = tuple(
                column
                for column in layout.columns
                if column not in names and (column not in layout.optional or nearest(name, (column,)))
            )
            right = suggestion(name, free) if free else "delete it"
            mistaken_for.update(column for column in free if right == f"did you mean {column}?")
            findings.error(line, name[:40], f"unknown column {shown(name)} ({letter})", right)
        elif name in seen:
            where = f"{column_letter(seen[name])} and {letter}"
            findings.error(line, name, f"duplicate column: it stands twice, in {where}", "delete one of them")
        else:
            seen[name] = index
    absent = frozenset(layout.columns) - layout.optional - seen.keys()
    for column in layout.columns:
        if column in absent and column not in mistaken_for:
            findings.error(line, column, "missing column", "add it; its cells may be empty where nothing is known")
    return [name if seen.get(name) == index else "" for index, name in enumerate(names)], absent


def _row(
    line: int, cells: list[str], header: list[str], absent: frozenset[str], layout: Layout, findings: Findings
) -> Row | None:
    if len(cells) < len(header):
        right = "add the separators that are missing; empty cells need theirs too"
        findings.error(line, "", f"too few cells: {len(cells)} in place of {len(header)}", right)
        return None
    for index in range(len(header), len(cells)):
        if cells[index].strip(_EDGES):
            wrong = f"too many cells: {shown(cells[index])} stands beyond the last column"
            right = "put a text that holds a separator into quotation marks"
            findings.error(line, column_letter(index), wrong, right)
            return None
    texts = dict.fromkeys(layout.optional, "")
    faults = set(absent)
    for name, cell in zip(header, cells, strict=False):
        if not name:
            continue
        fault = _fault_of(cell, layout.starts.get(name, ""))
        if fault is None:
            texts[name] = cell.strip(_EDGES)
        else:
            faults.add(name)
            findings.error(line, name, fault.wrong, fault.right)
    return Row(line, texts, faults, findings)


def _fault_of(cell: str, allowed_starts: str) -> BadValueError | None:
    """What is wrong with a cell whatever its column."""
    if not cell:
        return None
    if len(cell) > LONGEST_CELL:
        return BadValueError(
            f"huge cell of {len(cell)} characters", f"shorten it to {LONGEST_CELL}; is a quotation mark open?"
        )
    for start in (cell[0], cell.lstrip(_EDGES)[:1]):
        if start in _FORMULA_STARTS and start not in allowed_starts:
            return BadValueError(
                f"looks like a formula: {shown(cell)}",
                f"begin it with another character than {shown(start)}; a spreadsheet would run it",
            )
    if _CONTROL.search(cell):
        return BadValueError(f"holds a control character: {shown(cell)}", "type the text anew")
    if _UNSEEN.search(cell):
        return BadValueError(
            f"holds a character that is not seen and changes how others look: {shown(cell)}", "type the text anew"
        )
    if _LOST.search(cell):
        return BadValueError(f"letters were lost: {shown(cell)}", "type the text anew and save the file as UTF-8")
    if not cell.isascii() and _MISREAD.search(cell):
        right = "it was opened with a wrong character set; restore the text and save the file as UTF-8"
        return BadValueError(f"letters were garbled: {shown(cell)}", right)
    return None
