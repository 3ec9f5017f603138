"""The words of a picture: names that fit, numbers with their marks, dates, and lines that fit its width."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date

from tracker.reports.cells import isolate, one_line
from tracker.reports.charts import theme

_LETTER = 0.52
"""The mean width of a letter, in sizes of the font; measured on Vazirmatn, on the wide side."""


def fitting(name: str, width: float, size: float = theme.TEXT_SIZE) -> str:
    """The name on one line, cut to about `width` pixels, isolated where it runs from right to left."""
    name, most = one_line(name), int(width / (size * 0.49))
    return isolate(name if len(name) <= most else name[: most - 1].rstrip() + "…")


def beyond_the_font(text: str) -> bool:
    """Whether the text has letters that are neither Latin nor Arabic: the shipped font has none of them."""
    return any(
        letter.isalpha() and not unicodedata.name(letter, "").startswith(("LATIN", "ARABIC")) for letter in text
    )


def width_of(text: str, size: float) -> float:
    """About how wide the text is, in pixels."""
    return len(text) * size * _LETTER


def lines_of(texts: Iterable[str], width: float, size: float) -> list[str]:
    """The texts, each broken between words into lines of about `width` pixels."""
    most = int(width / (size * _LETTER))
    lines: list[str] = []
    for text in texts:
        line = ""
        for word in one_line(text).split():
            if line and len(line) + 1 + len(word) > most:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return lines


def number(value: float | None, mark: str = "", digits: int = 0) -> str:
    """The number with its mark, or `no data`."""
    return "no data" if value is None else f"{mark}{value:,.{digits}f}"


def day(moment: date) -> str:
    """`2021-03-12`."""
    return moment.isoformat()
