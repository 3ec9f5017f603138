"""Which rows hold at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tracker.domain.intervals import Interval

T = TypeVar("T")


def overlapping(rows: Iterable[T], span: Callable[[T], Interval]) -> Iterator[tuple[T, T]]:
    """Pairs of rows whose spans overlap: each that meets an earlier one, with that of these which lasts longest.

    Not every pair, but every row that overlaps one before it; in n log n.
    """
    longest: T | None = None
    for row in sorted(rows, key=lambda row: span(row).since):
        if longest is not None and span(row).since < span(longest).until:
            yield longest, row
        if longest is None or span(row).until > span(longest).until:
            longest = row
