"""A report on silence as sheets: the verdicts, the states that are no silence, and the groups of people at risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tracker.analysis.report import CoverageState
from tracker.analysis.silence_report import GroupSilence, Judgement, SilenceReport, StateSeen, Verdict
from tracker.domain.instants import DAY, Instant, day_of
from tracker.domain.intervals import Intervals
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet, Value

_WHO = (
    Column("subject", rank=16),
    Column("name", wraps=True),
    Column("role", rank=10),
    Column("country", rank=8),
    Column("platform", rank=3),
    Column("handle", rank=4),
)
COLUMNS = (
    *_WHO,
    Column("track"),
    Column("verdict"),
    Column("silence_days", Kind.NUMBER, "silent, days", unit="days"),
    Column("limit_days", Kind.NUMBER, "limit, days", unit="days", rank=2),
    Column("longest_gap_days", Kind.NUMBER, "longest gap, days", unit="days", rank=1),
    Column("last_post", Kind.DAY, "last post", rank=2),
    Column("since", Kind.DAY, rank=5),
    Column("false_alarms", Kind.COUNT, "false alarms in its past", rank=6),
    Column("backtest_years", Kind.NUMBER, "years replayed", unit="years", rank=7),
    Column("false_alarms_per_year", Kind.NUMBER, "false alarms a year", unit="1/year", digits=2, rank=6),
    Column("covered_days", Kind.COUNT, unit="days", rank=12),
    Column("active_days", Kind.COUNT, unit="days", rank=13),
    Column("posts", Kind.COUNT, unit="posts", rank=14, meaning="Known posts of the track."),
    Column(
        "counted",
        Kind.COUNT,
        "counted by X",
        unit="posts",
        rank=11,
        meaning="Those of them that X counted and that were not read: without reposts, and known by the day only.",
    ),
    Column("not_looked_at", wraps=True, rank=9),
)
STATE_COLUMNS = (
    *_WHO,
    Column("state"),
    Column("first_seen", Kind.DAY, meaning="The day on which it was first seen; it may have begun earlier."),
    Column("detail", wraps=True),
)
GROUP_COLUMNS = (
    Column("role"),
    Column("country"),
    Column("platform"),
    Column("track"),
    Column("subjects", Kind.COUNT, unit="subjects", meaning="At-risk subjects of the group."),
    Column("silent", meaning="How many of them have fallen silent; a number below the smallest group is not said."),
)
_WORDS = (*(verdict.value for verdict in Verdict), "state", "counted accounts", "expected false alarms")


def silence_sheets(report: SilenceReport, *, everyone: bool = False) -> tuple[Sheet, ...]:
    """All that there is to say: verdicts, states, and, where there are any, groups of people at risk."""
    groups = (groups_sheet(report),) if report.groups else ()
    return silence_sheet(report, everyone=everyone), states_sheet(report), *groups


def silence_sheet(report: SilenceReport, *, everyone: bool = False) -> Sheet:
    """The alarms, and what would be one if it had been looked at; every account if `everyone`."""
    shown = [one for one in report.judgements if everyone or one.verdict is Verdict.ALARM or is_blocked(one)]
    meanings = dict(report.definitions)
    notes = list(report.notes)
    if not shown:
        notes.insert(0, "No account is silent beyond its habit, as far as accounts could be judged.")
    elif not everyone and len(shown) < len(report.judgements):
        notes.append("Only alarms, and silences that a hole keeps from being judged; --all lists every account.")
    words = tuple((word, meanings[word]) for word in _WORDS if word in meanings)
    return Sheet(
        "silence",
        "Silence by account and track",
        report.as_of,
        _explained(COLUMNS, meanings),
        tuple(_row(one) for one in shown),
        tuple(notes),
        words,
    )


def states_sheet(report: SilenceReport) -> Sheet:
    """What is not silence, with the day on which it was first seen."""
    return Sheet(
        "states",
        "States that are not silence",
        report.as_of,
        _explained(STATE_COLUMNS, dict(report.definitions)),
        tuple(Row(_state(seen), CoverageState.FULL) for seen in report.states),
        () if report.states else ("No account of the selection is known to be in such a state.",),
    )


def groups_sheet(report: SilenceReport) -> Sheet:
    """How many people at risk have fallen silent, by group."""
    meanings = dict(report.definitions)
    return Sheet(
        "silence_at_risk",
        "Silence of people at risk",
        report.as_of,
        _explained(GROUP_COLUMNS, meanings),
        tuple(Row(_group(group, report)) for group in report.groups),
        words=(("at risk", meanings["at risk"]),),
    )


def is_blocked(one: Judgement) -> bool:
    """Whether a hole is all that keeps a silence from being an alarm."""
    if one.verdict is not Verdict.NOT_COVERED or one.last_post is None or one.limit is None:
        return False
    until = one.uncovered.until
    return until is not None and until - one.last_post > one.limit


def _explained(columns: tuple[Column, ...], meanings: Mapping[str, str]) -> tuple[Column, ...]:
    return tuple(replace(column, meaning=meanings.get(column.key, column.meaning)) for column in columns)


def _row(one: Judgement) -> Row:
    replayed = one.backtest.seconds > 0
    values: dict[str, Value] = {
        **_who(one.listing.subject, one),
        "track": one.track.value,
        "verdict": one.verdict.value,
        "silence_days": one.silence_days,
        "limit_days": one.limit_days,
        "longest_gap_days": one.longest_gap_days,
        "last_post": _day(one.last_post, one.zone),
        "since": _day(one.since, one.zone),
        "false_alarms": one.backtest.false_alarms if replayed else None,
        "backtest_years": one.backtest.years if replayed else None,
        "false_alarms_per_year": one.backtest.per_year,
        "covered_days": one.covered // DAY,
        "active_days": one.active_days,
        "posts": one.posts,
        "counted": one.counted,
        "not_looked_at": _days(one.uncovered, one.zone),
    }
    state = CoverageState.PARTIAL if one.verdict is Verdict.NOT_COVERED else CoverageState.FULL
    cells = tuple(values[column.key] for column in COLUMNS)
    return Row(cells, state, strong=one.verdict is Verdict.ALARM)


def _state(seen: StateSeen) -> tuple[Value, ...]:
    values: dict[str, Value] = {
        **_who(seen.listing.subject, seen),
        "state": seen.state,
        "first_seen": _day(seen.first_seen, seen.zone),
        "detail": seen.detail or None,
    }
    return tuple(values[column.key] for column in STATE_COLUMNS)


def _who(subject: str, one: Judgement | StateSeen) -> dict[str, Value]:
    listing = one.listing
    return {
        "subject": subject,
        "name": listing.name,
        "role": listing.role.value,
        "country": listing.country,
        "platform": listing.platform.value,
        "handle": one.handle,
    }


def _group(group: GroupSilence, report: SilenceReport) -> tuple[Value, ...]:
    silent = f"fewer than {report.smallest_group}" if group.silent is None else str(group.silent)
    return group.role.value, group.country, group.platform.value, group.track.value, group.subjects, silent


def _day(instant: Instant | None, zone: str) -> Value:
    return None if instant is None else day_of(instant, zone)


def _days(intervals: Intervals, zone: str) -> str | None:
    """The local days that the intervals touch: `2021-02-01 to 2021-02-03, 2021-02-07`."""
    spans = [(day_of(since, zone).isoformat(), day_of(until - 1, zone).isoformat()) for since, until in intervals]
    return ", ".join(first if first == last else f"{first} to {last}" for first, last in spans) or None
