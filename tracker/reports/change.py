"""The report on change around an event, and the list of events, as sheets."""

from __future__ import annotations

import math
from dataclasses import replace

from tracker.analysis.change_report import ChangeReport, ChangeRow, Finding, KnownEvents, Ratio
from tracker.analysis.report import CoverageState
from tracker.domain.instants import DAY, day_of
from tracker.domain.words import By
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet, Value

_PER_WEEK = "1/week"
_COLUMNS = (
    Column("name", wraps=True),
    Column("subject", rank=16),
    Column("handle", rank=2),
    Column("role", rank=10),
    Column("country", rank=6),
    Column("platform", rank=6),
    Column("concerned", Kind.FLAG, "event is about it", rank=14),
    Column("accounts", Kind.COUNT, rank=7),
    Column("left_out", Kind.COUNT, "left out", rank=7),
    Column("posts_before", Kind.COUNT, "before", unit="posts"),
    Column("posts_after", Kind.COUNT, "after", unit="posts"),
    Column("per_week_before", Kind.NUMBER, "per week before", unit=_PER_WEEK, rank=11),
    Column("per_week_after", Kind.NUMBER, "per week after", unit=_PER_WEEK, rank=11),
    Column("ratio", Kind.NUMBER, digits=2),
    Column("ratio_low", Kind.NUMBER, "from", digits=2, rank=1),
    Column("ratio_high", Kind.NUMBER, "to", digits=2, rank=1),
    Column("p", Kind.NUMBER, digits=4, rank=3),
    Column("q", Kind.NUMBER, digits=4),
    Column("against", Kind.NUMBER, "against comparison", digits=2, rank=4),
    Column("against_low", Kind.NUMBER, "against, from", digits=2, rank=8),
    Column("against_high", Kind.NUMBER, "against, to", digits=2, rank=8),
    Column("against_p", Kind.NUMBER, "against, p", digits=4, rank=9),
    Column("against_q", Kind.NUMBER, "against, q", digits=4, rank=4),
    Column("finding"),
    Column("remark", rank=5),
    Column("missing_days", Kind.NUMBER, "days missing", unit="days", rank=12),
    Column("coverage", Kind.COVERAGE, rank=13),
    Column("at_risk", Kind.FLAG, shown=False),
)


def change_sheet(report: ChangeReport) -> Sheet:
    """The report, one row for each account or group."""
    meanings = dict(report.definitions)
    columns = tuple(_with_meaning(column, meanings) for column in _COLUMNS)
    keys = {column.key for column in columns}
    what = "account" if report.question.by is By.ACCOUNT else report.question.by.value
    return Sheet(
        "event",
        f"What changed after {report.event.id}, by {what}",
        report.as_of,
        columns,
        tuple(_row(row) for row in report.rows),
        report.notes,
        tuple((word, meaning) for word, meaning in report.definitions if word not in keys),
    )


def events_sheet(known: KnownEvents) -> Sheet:
    """The events, oldest first, each with how many of the chosen named accounts are covered around it."""
    meanings = dict(known.definitions)
    columns = (
        Column("event"),
        Column("date"),
        Column("precision", rank=6),
        Column("country", rank=2),
        Column("platforms", rank=4),
        Column("kind", rank=5),
        Column("title", wraps=True),
        Column("accounts", Kind.COUNT, rank=1),
        Column("accounts_covered", Kind.COUNT, "covered"),
        Column("earliest", Kind.DAY, "can be asked from", rank=3),
        Column("source", rank=7, wraps=True),
    )
    rows = tuple(
        Row(
            (
                one.event.id,
                one.event.date_as_written,
                one.event.precision.value,
                one.event.country,
                " ".join(sorted(one.event.platforms)),
                one.event.kind.value,
                one.event.title,
                one.accounts,
                one.covered,
                day_of(one.ends + DAY - 1, "UTC"),
                one.event.source,
            ),
            strong=bool(one.covered),
        )
        for one in known.events
    )
    return Sheet(
        "events",
        f"Events, with {known.question.weeks} whole weeks before and after each",
        known.as_of,
        tuple(_with_meaning(column, meanings) for column in columns),
        rows,
        known.notes,
    )


def _with_meaning(column: Column, meanings: dict[str, str]) -> Column:
    return replace(column, meaning=meanings.get(column.key, column.meaning))


def _row(row: ChangeRow) -> Row:
    ratio, low, high = _of(row.ratio)
    against, against_low, against_high = _of(row.against)
    values: tuple[Value, ...] = (
        row.name,
        row.subject,
        row.handle,
        row.role.value if row.role else None,
        row.country,
        row.platform.value if row.platform else None,
        row.concerned,
        row.accounts,
        row.left_out,
        row.before,
        row.after,
        row.per_week_before,
        row.per_week_after,
        ratio,
        low,
        high,
        row.p,
        row.q,
        against,
        against_low,
        against_high,
        row.against_p,
        row.against_q,
        row.finding.value,
        row.remark or None,
        row.missing_days or None,
        row.coverage,
        row.at_risk,
    )
    strong = row.finding in (Finding.MORE, Finding.FEWER)
    return Row(values, CoverageState.FULL if row.known else CoverageState.NONE, strong, zone=row.zone)


def _of(ratio: Ratio | None) -> tuple[float | None, float | None, float | None]:
    """The ratio and the ends of its interval; an end that is not bounded is left empty."""
    if ratio is None:
        return None, None, None
    return ratio.value, ratio.low, None if ratio.high == math.inf else ratio.high
