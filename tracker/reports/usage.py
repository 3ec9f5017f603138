"""A usage report as a sheet: its columns, and the cells of each row."""

from __future__ import annotations

from dataclasses import replace

from tracker.analysis.report import CoverageState, UsageReport, UsageRow
from tracker.domain.words import By
from tracker.reports.columns import ABOUT, AT_LEAST, AT_MOST, Column, Kind
from tracker.reports.sheet import Row, Sheet

COLUMNS = (
    Column("subject", rank=16),
    Column("name", wraps=True),
    Column("handle", rank=1),
    Column("role", rank=10),
    Column("country", rank=3),
    Column("platform", rank=3),
    Column("accounts", Kind.COUNT, rank=9),
    Column("posts", Kind.COUNT, unit="posts", mark=AT_LEAST),
    Column("posts_restricted", Kind.COUNT, "while restricted", unit="posts", mark=AT_LEAST),
    Column("posts_uncertain", Kind.COUNT, "uncertain", unit="posts", mark=AT_LEAST, rank=4),
    Column("posts_throttled", Kind.COUNT, "throttled", unit="posts", mark=AT_LEAST, rank=12),
    Column("originals", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=7),
    Column("replies", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=7),
    Column("reposts", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=7),
    Column("quotes", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=7),
    Column("counted", Kind.COUNT, "counted by X", unit="posts", rank=1),
    Column("active_days", Kind.COUNT, unit="days", mark=AT_LEAST, rank=8),
    Column("per_week", Kind.NUMBER, unit="posts/week", mark=ABOUT, rank=2),
    Column("longest_gap_days", Kind.NUMBER, "longest gap, days", unit="days", mark=AT_LEAST, rank=13),
    Column("first_post", Kind.DAY, mark=AT_MOST, rank=11),
    Column("last_post", Kind.DAY, mark=AT_LEAST, rank=5),
    Column("level", rank=1),
    Column("coverage", Kind.COVERAGE),
    Column("at_risk", Kind.FLAG, shown=False),
)
PROMISED = (
    *("subject", "name", "role", "country", "platform", "accounts"),
    *("posts", "posts_restricted", "posts_uncertain", "originals", "replies", "reposts", "quotes"),
    *("active_days", "per_week", "first_post", "last_post", "level", "coverage"),
    *("posts_throttled", "longest_gap_days", "at_risk", "handle", "counted"),
)
"""The keys of a JSON row, in the order that was promised."""


def usage_sheet(report: UsageReport) -> Sheet:
    """The report as a sheet."""
    meanings = dict(report.definitions)
    columns = tuple(replace(column, meaning=meanings.pop(column.key, "")) for column in COLUMNS)
    return Sheet(
        name="usage",
        title=f"Usage by {report.by}",
        as_of=report.as_of,
        columns=columns,
        rows=tuple(_row(row) for row in report.rows),
        notes=report.notes,
        words=tuple(meanings.items()),
        lead="" if report.by in (By.SUBJECT, By.ACCOUNT) else report.by.value,
        json_order=PROMISED,
    )


def _row(row: UsageRow) -> Row:
    state = CoverageState.NONE if not row.known else CoverageState.FULL if row.complete else CoverageState.PARTIAL
    return Row(tuple(getattr(row, column.key) for column in COLUMNS), state, bool(row.posts_restricted), row.zone)
