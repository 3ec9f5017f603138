"""Activity over time as a sheet: a row for every group and period."""

from __future__ import annotations

from dataclasses import replace

from tracker.analysis.activity_report import ActivityPoint, ActivityReport
from tracker.reports.columns import AT_LEAST, Column, Kind
from tracker.reports.sheet import Row, Sheet, Value

_COLUMNS = (
    Column("group", wraps=True),
    Column("subject", rank=14),
    Column("name_native", wraps=True, rank=15),
    Column("handle", rank=13, shown=False),
    Column("role", rank=11, shown=False),
    Column("country", rank=11, shown=False),
    Column("platform", rank=11, shown=False),
    Column("period"),
    Column("period_native", heading="period, in Persian", rank=12),
    Column("first_day", Kind.DAY, rank=10),
    Column("whole_period", Kind.FLAG, rank=9),
    Column("posts", Kind.COUNT, unit="posts", mark=AT_LEAST),
    Column("originals", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=7),
    Column("replies", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=7),
    Column("reposts", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=7),
    Column("quotes", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=7),
    Column("counted", Kind.COUNT, "counted by X", unit="posts", rank=2),
    Column("posts_restricted", Kind.COUNT, "while restricted", unit="posts", mark=AT_LEAST, rank=1),
    Column("posts_uncertain", Kind.COUNT, "uncertain", unit="posts", mark=AT_LEAST, rank=5),
    Column("accounts_observed", Kind.COUNT, unit="accounts", rank=3),
    Column("coverage", Kind.COVERAGE),
    Column("at_risk", Kind.FLAG, shown=False),
)


def activity_sheet(report: ActivityReport) -> Sheet:
    """The report as a sheet."""
    meanings = dict(report.definitions)
    columns = tuple(replace(column, meaning=meanings.pop(column.key, "")) for column in _COLUMNS)
    groups = "" if report.by is None else f" and {report.by}"
    return Sheet(
        name="activity",
        title=f"Activity by {report.every}{groups}",
        as_of=report.as_of,
        columns=columns,
        rows=tuple(_row(point) for point in report.points),
        notes=report.notes,
        words=tuple(meanings.items()),
    )


def _row(point: ActivityPoint) -> Row:
    group = point.group
    values: tuple[Value, ...] = (
        group.label,
        group.subject,
        group.name_native,
        group.handle,
        group.role,
        group.country,
        group.platform,
        point.label,
        point.label_native or None,
        point.first,
        point.whole,
        point.posts,
        point.originals,
        point.replies,
        point.reposts,
        point.quotes,
        point.counted,
        point.posts_restricted,
        point.posts_uncertain,
        point.accounts,
        point.coverage,
        group.at_risk,
    )
    return Row(values, point.coverage.state, bool(point.posts_restricted))
