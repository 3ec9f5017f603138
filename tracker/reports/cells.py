"""What goes into one cell: safe for a spreadsheet, for a terminal, for Markdown."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Sequence
from typing import TextIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take a text for a formula; in some languages the wide forms of the first four, too."""

BOM = "\ufeff"
"""At the start of a CSV file it tells Excel that the file is UTF-8."""

_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_UNSEEN = dict.fromkeys(
    (0xAD, 0x180E, 0x200B, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xE0000, 0xE0080))
)
"""What is not seen and makes a text look like another: overrides of direction, blanks without width, tags."""


def guard(text: str) -> str:
    """The text so that a spreadsheet shows it and never computes it. For text columns only, not for numbers."""
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def isolate(text: str) -> str:
    """The text so that right-to-left letters in it do not reorder what stands around it."""
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return _ISOLATE + text + _END_OF_ISOLATE
    return text


def one_line(text: str) -> str:
    """The text without line breaks and control characters: it cannot break a table or command a terminal.

    Nor can it reorder what stands around it, or hide something; the joiners of Persian and of emoji stay.
    """
    visible = text.translate(_UNSEEN)
    return "".join(" " if unicodedata.category(letter) in _CONTROLS else letter for letter in visible)


def markdown(text: str) -> str:
    """The text so that it stays inside its Markdown cell and means nothing there."""
    text = one_line(text)
    for letter in "\\|`*_<[":
        text = text.replace(letter, "\\" + letter)
    return text


def csv_writer(out: TextIO) -> Callable[[Sequence[str]], object]:
    """What writes one row of finished cells to `out`, as RFC 4180 says: quoted where needed, lines ended by CR LF."""
    # With another end of line, Python 3.11 leaves a lone CR unquoted, which no reader takes back.
    return csv.writer(out, lineterminator="\r\n").writerow
