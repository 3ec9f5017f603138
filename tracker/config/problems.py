"""What is wrong in a file that a user edits: where it stands, and what would be right."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Severity(StrEnum):
    """An error stops every command but `check`; a note is good to know."""

    ERROR = "error"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. Its text is one line: `config/watchlist.csv:12: column role: unknown role 'x'; did you mean …`."""

    file: str
    line: int
    """Physical line, from 1; 0: the file as a whole."""
    column: str
    """The column's name (in settings.toml the key's); its letter where it has no name; empty: the whole line."""
    wrong: str
    right: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        note = " note:" if self.severity is Severity.NOTE else ""
        label = "key" if self.file.endswith(".toml") else "column"
        column = f" {label} {self.column}:" if self.column else ""
        right = f"; {self.right}" if self.right else ""
        return f"{place}:{note}{column} {self.wrong}{right}"


class BadValueError(ValueError):
    """A value that cannot be read: what is wrong with it, and what would be right. Says nothing of the place."""

    def __init__(self, wrong: str, right: str = "") -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.right = right


class Findings:
    """Collects the problems of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._problems: list[Problem] = []

    def error(self, line: int, column: str, wrong: str, right: str = "") -> None:
        self._problems.append(Problem(self.file, line, _printable(column), wrong, right))

    def note(self, line: int, column: str, wrong: str, right: str = "") -> None:
        self._problems.append(Problem(self.file, line, _printable(column), wrong, right, Severity.NOTE))

    @property
    def problems(self) -> list[Problem]:
        """All of them, in order of lines."""
        return sorted(self._problems, key=lambda problem: problem.line)


_LONGEST_SHOWN = 40


def _printable(name: str) -> str:
    """A name from a file: as it stands, unless it holds what would break the line or the terminal."""
    return name if name.isprintable() else shown(name)


def shown(value: object) -> str:
    """A value as a message quotes it: shortened, with control characters and line breaks escaped."""
    try:
        text = str(value)
    except ValueError:
        # Python does not write out integers of thousands of digits.
        text = "a huge number"
    return repr(text) if len(text) <= _LONGEST_SHOWN else repr(text[:_LONGEST_SHOWN]) + "…"


@lru_cache(maxsize=4096)
def nearest(word: str, choices: tuple[str, ...]) -> str:
    """The choice that the word looks like, or an empty string."""
    if len(word) > _LONGEST_SHOWN:
        return ""
    found = difflib.get_close_matches(word.casefold(), choices, n=1, cutoff=0.6)
    return found[0] if found else ""


def suggestion(word: str, choices: tuple[str, ...]) -> str:
    """What would be right in place of an unknown word."""
    near = nearest(word, choices)
    return f"did you mean {near}?" if near else f"write one of {', '.join(choices)}"
