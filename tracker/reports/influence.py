"""A report on influence as a sheet: its columns, and the cells of each row."""

from __future__ import annotations

from dataclasses import replace

from tracker.analysis.influence_report import InfluenceReport, InfluenceRow
from tracker.analysis.report import CoverageState
from tracker.domain.words import CounterAge
from tracker.reports.columns import ABOUT, AT_LEAST, Column, Kind
from tracker.reports.sheet import Row, Sheet, Value

ROW_COLUMNS = (
    Column("subject", rank=18),
    Column("name", wraps=True),
    Column("role", rank=10),
    Column("country", rank=5),
    Column("platform", rank=1),
    Column("accounts", Kind.COUNT, rank=16),
    Column("followers_first", Kind.COUNT, "followers, first", rank=9),
    Column("followers_first_day", Kind.DAY, "counted on", rank=13),
    Column("followers_last", Kind.COUNT, "followers, last", rank=2),
    Column("followers_last_day", Kind.DAY, "last counted on", rank=13),
    Column("followers_per_week", Kind.NUMBER, "change per week", unit="followers/week", rank=4),
    Column("posts", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=3),
    Column("originals", Kind.COUNT, unit="posts", mark=AT_LEAST, rank=6),
)
"""Columns that do not depend on the age of counters; each is a field of the row."""

AGE_COLUMNS = (
    (Column("engagement", Kind.NUMBER, "engagement, median", mark=ABOUT), "median"),
    (Column("engagement_mean", Kind.NUMBER, "mean", mark=ABOUT, rank=7), "mean"),
    (Column("likes", Kind.NUMBER, mark=ABOUT, rank=8), "likes"),
    (Column("reposts", Kind.NUMBER, mark=ABOUT, rank=8), "reposts"),
    (Column("replies", Kind.NUMBER, mark=ABOUT, rank=8), "replies"),
    (Column("quotes", Kind.NUMBER, mark=ABOUT, rank=8), "quotes"),
    (Column("reactions", Kind.NUMBER, mark=ABOUT, rank=8), "reactions"),
    (Column("views", Kind.NUMBER, "views, median", mark=ABOUT, rank=3), "views"),
    (
        Column("views_per_subscriber", Kind.NUMBER, "views ÷ subscribers", digits=3, mark=ABOUT, rank=3),
        "views_per_subscriber",
    ),
    (Column("with_counters", Kind.COUNT, unit="posts", rank=11), "posts"),
    (Column("without_counters", Kind.COUNT, unit="posts", rank=7), "without_counters"),
    (Column("counters_age_days", Kind.NUMBER, "age of counters, days", unit="days", rank=6), "counters_age_days"),
    (Column("top_tenth", Kind.SHARE, "top tenth's share", mark=ABOUT, rank=5), "top_tenth"),
    (Column("rank_engagement", Kind.COUNT, rank=2), "rank"),
    (Column("rank_views", Kind.COUNT, rank=14), "rank_views"),
    (
        Column("rank_views_per_subscriber", Kind.COUNT, "rank views ÷ subscribers", rank=14),
        "rank_views_per_subscriber",
    ),
)
"""Columns that are there for each age of counters, with the field of `Engagement` that fills them."""

RANKS = (
    Column("rank_followers", Kind.COUNT, rank=12),
    Column("rank_followers_per_week", Kind.COUNT, "rank change per week", rank=15),
    Column("rank_posts", Kind.COUNT, rank=15),
    Column("rank_originals", Kind.COUNT, rank=15),
)
LAST = (Column("coverage", Kind.COVERAGE, rank=1), Column("at_risk", Kind.FLAG, shown=False))


def influence_sheet(report: InfluenceReport) -> Sheet:
    """The report as a sheet. People see the columns of the report's age, files those of both."""
    meanings = dict(report.definitions)
    words = {column.key for column in (*ROW_COLUMNS, *LAST)} | {column.key for column, _ in AGE_COLUMNS}

    def meant(column: Column) -> Column:
        return replace(column, meaning=meanings.get(column.key, ""))

    columns = (
        *map(meant, ROW_COLUMNS),
        *(_at(age, meant(column), report.age) for age in CounterAge for column, _ in AGE_COLUMNS),
        *RANKS,
        *map(meant, LAST),
    )
    return Sheet(
        name="influence",
        title=f"Influence by subject and platform, counters at {report.age}",
        as_of=report.as_of,
        columns=columns,
        rows=tuple(_row(row) for row in report.rows),
        notes=report.notes,
        words=tuple((word, meaning) for word, meaning in report.definitions if word not in words),
        lead="name",
    )


def _at(age: CounterAge, column: Column, shown: CounterAge) -> Column:
    """The column of that age; its key ends with the age."""
    return replace(column, key=f"{column.key}_{age}", heading=column.title, shown=age is shown)


def _row(row: InfluenceRow) -> Row:
    values: list[Value] = [getattr(row, column.key) for column in ROW_COLUMNS]
    for age in CounterAge:
        found = row.engagement(age)
        values += [None if found is None else getattr(found, field) for _, field in AGE_COLUMNS]
    values += [getattr(row, column.key) for column in (*RANKS, *LAST)]
    state = CoverageState.NONE if not row.known else CoverageState.FULL if row.complete else CoverageState.PARTIAL
    return Row(tuple(values), state, zone=row.zone)
