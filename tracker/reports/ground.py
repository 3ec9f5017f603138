"""Coverage as sheets: a row an account, or a row an account and week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tracker.analysis.ground_report import Ground, GroundReport, GroundRow, Parts
from tracker.analysis.ground_words import LETTERS, STRIP_WEEKS
from tracker.domain.instants import DAY
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet, Value

_WHO = (
    Column("subject", rank=16),
    Column("name", wraps=True),
    Column("handle", rank=1),
    Column("role", rank=15),
    Column("country", rank=10),
    Column("platform", rank=5),
    Column("accounts", Kind.COUNT, rank=14),
)
_SHARES = (
    Column("days_asked", Kind.NUMBER, unit="days", rank=7),
    Column("live", Kind.SHARE),
    Column("backfilled", Kind.SHARE),
    Column("imported", Kind.SHARE),
    Column("counted", Kind.SHARE),
    Column("truncated", Kind.SHARE),
    Column("unproven", Kind.SHARE),
    Column("unobserved", Kind.SHARE),
)
_DAYS = tuple(Column(f"{ground}_days", Kind.NUMBER, unit="days", rank=17, shown=False) for ground in Ground)
_AT_RISK = Column("at_risk", Kind.FLAG, shown=False)
_ACCOUNT_COLUMNS = (
    *_WHO,
    *_SHARES,
    Column("longest_hole_days", Kind.NUMBER, "longest hole, days", unit="days", rank=3),
    Column("longest_hole_from", Kind.DAY, "from", rank=8),
    Column("longest_hole_to", Kind.DAY, "to", rank=8),
    Column("last_look", Kind.TIME, rank=6),
    Column("cause", rank=2),
    Column("strip", heading=f"last {STRIP_WEEKS} weeks", rank=2),
    *_DAYS,
    _AT_RISK,
)
_WEEK_COLUMNS = (*_WHO, Column("week"), Column("first_day", Kind.DAY, rank=4), *_SHARES, *_DAYS, _AT_RISK)


def coverage_sheet(report: GroundReport) -> Sheet:
    """A row an account."""
    return _sheet(report, "coverage", "Coverage by account", _ACCOUNT_COLUMNS, map(_account_row, report.rows))


def coverage_weeks_sheet(report: GroundReport) -> Sheet:
    """A row an account and week."""
    rows = (row for one in report.rows for row in _week_rows(one))
    return _sheet(report, "coverage", "Coverage by account and week", _WEEK_COLUMNS, rows)


def _sheet(report: GroundReport, name: str, title: str, columns: tuple[Column, ...], rows: Iterator[Row]) -> Sheet:
    meanings = dict(report.definitions)
    meant = tuple(replace(column, meaning=meanings.get(column.key, "")) for column in columns)
    words = tuple((word, meaning) for word, meaning in report.definitions if word == "at risk")
    return Sheet(name, title, report.as_of, meant, tuple(rows), report.notes, words)


def _account_row(row: GroundRow) -> Row:
    hole = row.longest_hole
    values: tuple[Value, ...] = (
        *_who(row),
        *_shares(row.parts),
        None if hole is None or hole.seconds is None else hole.seconds / DAY,
        None if hole is None else hole.since,
        None if hole is None else hole.until - 1,
        row.last_look,
        None if row.cause is None else row.cause.replace("_", " "),
        "".join(LETTERS[ground] for ground in row.strip(STRIP_WEEKS)) or None,
        *_days(row.parts),
        row.at_risk,
    )
    return Row(values, zone=row.zone)


def _week_rows(row: GroundRow) -> Iterator[Row]:
    for week in row.weeks():
        year, number, _ = week.monday.isocalendar()
        label = f"{year}-W{number:02}"
        values = (*_who(row), label, week.monday, *_shares(week.parts), *_days(week.parts), row.at_risk)
        yield Row(values, zone=row.zone)


def _who(row: GroundRow) -> tuple[Value, ...]:
    return row.subject, row.name, row.handle, row.role, row.country, row.platform, row.accounts


def _shares(parts: Parts) -> tuple[Value, ...]:
    asked = parts.asked / DAY if parts.asked else None
    return asked, *(parts.share(ground) for ground in Ground)


def _days(parts: Parts) -> tuple[Value, ...]:
    return tuple(parts.of(ground) / DAY if parts.asked else None for ground in Ground)
