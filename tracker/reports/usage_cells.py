"""The cells of a usage report, the same for the table, CSV and Markdown: each says how far it can be trusted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from tracker.analysis.report import Coverage, CoverageState, UsageReport, UsageRow
from tracker.domain.instants import Instant
from tracker.reports.calendars import Calendar, day_text

NO_DATA = "no data"
AT_LEAST, AT_MOST, ABOUT = "≥ ", "≤ ", "≈ "


@dataclass(frozen=True, slots=True)
class UsageColumn:
    """One column: its key as in JSON, its heading, and how a row's cell is written."""

    key: str
    heading: str
    cell: Callable[[UsageRow, Calendar], str]
    numeric: bool = True
    rank: int = 0
    """What a narrow table leaves out first has the highest rank; 0 always stays."""


def columns_of(report: UsageReport) -> tuple[UsageColumn, ...]:
    """The columns that apply to this report, what a row stands for first; those empty in every row say nothing."""
    names = [column for column in _NAMES if any(column.cell(row, Calendar.GREGORIAN) for row in report.rows)]
    names.sort(key=lambda column: column.key != report.by)
    figures = [
        column
        for column in _FIGURES
        if column.key not in _OPTIONAL or any(column.cell(row, Calendar.GREGORIAN) for row in report.rows)
    ]
    return (*names, *figures)


def definitions_under(report: UsageReport) -> Iterable[tuple[str, str]]:
    """(word, meaning), each word as the heading says it."""
    headings = {column.key: column.heading for column in ALL_COLUMNS}
    return ((headings.get(word, word), meaning) for word, meaning in report.definitions)


def share_of(coverage: Coverage) -> float:
    """The share to four digits, rounded down: what is not full never looks so."""
    return math.floor(coverage.share * 10_000) / 10_000


def coverage_text(coverage: Coverage) -> str:
    """`full`, `none`, or the share in per cent, rounded down."""
    if coverage.state is not CoverageState.PARTIAL:
        return coverage.state.value
    per_cent = math.floor(coverage.share * 100)
    return f"{per_cent} %" if per_cent else "under 1 %"


def _marked(row: UsageRow, text: str | None, mark: str) -> str:
    if not row.known:
        return NO_DATA
    if text is None:
        return ""
    return text if row.complete else mark + text


def _text(key: str, heading: str, rank: int) -> UsageColumn:
    def cell(row: UsageRow, _: Calendar) -> str:
        value = getattr(row, key)
        return "" if value is None else str(value)

    return UsageColumn(key, heading, cell, numeric=False, rank=rank)


def _count(key: str, heading: str, rank: int) -> UsageColumn:
    def cell(row: UsageRow, _: Calendar) -> str:
        value = getattr(row, key)
        return _marked(row, None if value is None else str(value), AT_LEAST)

    return UsageColumn(key, heading, cell, rank=rank)


def _decimal(key: str, heading: str, mark: str, rank: int) -> UsageColumn:
    def cell(row: UsageRow, _: Calendar) -> str:
        value = getattr(row, key)
        return _marked(row, None if value is None else f"{value:.1f}", mark)

    return UsageColumn(key, heading, cell, rank=rank)


def _day(key: str, heading: str, mark: str, rank: int) -> UsageColumn:
    def cell(row: UsageRow, calendar: Calendar) -> str:
        value: Instant | date | None = getattr(row, key)
        return _marked(row, None if value is None else day_text(value, row.zone, calendar), mark)

    return UsageColumn(key, heading, cell, rank=rank)


_NAMES = (
    _text("subject", "subject", 16),
    _text("name", "name", 0),
    _text("handle", "handle", 1),
    _text("role", "role", 10),
    _text("country", "country", 3),
    _text("platform", "platform", 3),
)
_FIGURES = (
    UsageColumn("accounts", "accounts", lambda row, _: str(row.accounts), rank=9),
    _count("posts", "posts", 0),
    _count("posts_restricted", "while restricted", 0),
    _count("posts_uncertain", "uncertain", 4),
    _count("posts_throttled", "throttled", 12),
    _count("originals", "originals", 7),
    _count("replies", "replies", 7),
    _count("reposts", "reposts", 7),
    _count("quotes", "quotes", 7),
    _count("active_days", "active days", 8),
    _decimal("per_week", "per week", ABOUT, 2),
    _decimal("longest_gap_days", "longest gap, days", AT_LEAST, 13),
    _day("first_post", "first post", AT_MOST, 11),
    _day("last_post", "last post", AT_LEAST, 5),
    UsageColumn("level", "level", lambda row, _: row.level.value, numeric=False, rank=1),
    UsageColumn("coverage", "coverage", lambda row, _: coverage_text(row.coverage), rank=0),
)
_OPTIONAL = frozenset({"longest_gap_days"})

ALL_COLUMNS = (*_NAMES, *_FIGURES)
