"""Silence as rows: how long an account has been silent, beside its own longest gap and the limit of the rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import altair as alt

from tracker.analysis.report import CoverageState
from tracker.analysis.silence_report import Judgement, SilenceReport, Track, Verdict
from tracker.domain.wording import plural
from tracker.domain.words import Role
from tracker.reports.charts import theme
from tracker.reports.charts.drawing import Picture
from tracker.reports.charts.layers import Layer, Values, drawn, key, page, panel, pixel_y, said
from tracker.reports.charts.rows import Band, Label, bands_of, names_and_values
from tracker.reports.charts.scene import Scene, coverage_words

_ROLES = tuple(Role)
_SILENCE, _GAP, _LIMIT = "silence", "longest gap", "limit"
_ALARM, _HABIT = "alarm", "within habit"
_KEY = (
    ("diamond", theme.STRONG, "silent now, beyond the limit: alarm"),
    ("circle", theme.ACCENT, "silent now, within habit"),
    ("square", "#9aa5ad", "longest gap of its past"),
    ("rule", theme.INK, "limit"),
)


def silence_picture(report: SilenceReport, scene: Scene) -> Picture:
    """The judged accounts, alarms first, in panels by role; what they say themselves, not what they pass on."""
    title = "Who has fallen silent out of character"
    judged = [one for one in report.judgements if one.track is Track.OWN and one.verdict.judged]
    judged = [one for one in judged if one.silence_days is not None and one.limit_days is not None]
    judged.sort(key=lambda one: (_ROLES.index(one.listing.role), one.verdict is not Verdict.ALARM, -_excess(one)))
    parts: list[alt.LayerChart] = [key(_KEY)]
    shown_of: list[Judgement] = []
    panels = []
    for role, members in groupby(judged, key=lambda one: one.listing.role):
        group = [*members]
        shown = group[: scene.most_rows]
        shown_of += shown
        panels.append(
            (theme.ROLE_HEADS[role] + (f": {len(shown)} of {len(group)}" if len(group) > len(shown) else ""), shown)
        )
    furthest = max((max(_days(one)) for one in shown_of), default=1.0)
    parts += [_panel(shown, head, furthest, scene) for head, shown in panels]
    if not shown_of:
        parts = [panel([], 1, "Nothing to draw: the rule could be applied to no account. The notes say why.")]
    notes = [*report.notes]
    if len(shown_of) < len(judged):
        notes.append(f"{plural(len(judged) - len(shown_of), 'judged account')} not drawn, alarms drawn first.")
    states = (_state(one) for one in report.judgements if one.track is Track.OWN)
    notes.append(scene.source(coverage_words(states, "account")))
    lead = "Days without an original, a reply or a quote up to the end of coverage, beside the account's own past."
    told = [f"{one.listing.name}: {_value(one)}" for one in shown_of[:40]]
    description = f"Points in rows. {title}. {lead} " + "; ".join(told) + "."
    return Picture("silence", title, page(title, lead, parts, notes, description), tuple(notes), description)


def _panel(rows: Sequence[Judgement], head: str, furthest: float, scene: Scene) -> alt.LayerChart:
    labels = [Label(row.listing.name, scene.native_names.get(row.listing.subject, ""), _value(row)) for row in rows]
    bands = bands_of(labels)
    scale = alt.Scale(domain=[0, furthest * 1.03], nice=False)
    axis = alt.Axis(title="days", titleAnchor="end", tickCount=6, format=",d", grid=True)
    layers: list[Layer] = [
        _ways(rows, bands, scale, axis),
        _limits(rows, bands, scale),
        _points([(row, band, row.longest_gap_days) for row, band in zip(rows, bands, strict=True)], _GAP, scale),
        _points([(row, band, row.silence_days) for row, band in zip(rows, bands, strict=True)], _SILENCE, scale),
    ]
    return panel([*layers, *names_and_values(labels, bands)], bands[-1].bottom, head)


def _ways(rows: Sequence[Judgement], bands: Sequence[Band], scale: alt.Scale, axis: alt.Axis) -> alt.Chart:
    values: Values = [
        {"from": 0, "to": row.silence_days, "py": band.middle} for row, band in zip(rows, bands, strict=True)
    ]
    chart = drawn(values).mark_rule(color=theme.FAINT, strokeWidth=3, aria=False)
    ways: alt.Chart = chart.encode(x=alt.X("from:Q", scale=scale, axis=axis), x2="to:Q", y=pixel_y())
    return ways


def _limits(rows: Sequence[Judgement], bands: Sequence[Band], scale: alt.Scale) -> alt.Chart:
    values: Values = [
        {
            "name": row.listing.name,
            "said": f"{row.listing.name}: limit {row.limit_days:.1f} days",
            "limit": row.limit_days,
            "py": band.middle - 7,
            "py2": band.middle + 7,
        }
        for row, band in zip(rows, bands, strict=True)
    ]
    chart = drawn(values).mark_rule(color=theme.INK, strokeWidth=1.4, strokeDash=[4, 2])
    limits: alt.Chart = chart.encode(x=alt.X("limit:Q", scale=scale), y=pixel_y(), y2="py2:Q", description=said())
    return limits


def _points(places: Sequence[tuple[Judgement, Band, float | None]], what: str, scale: alt.Scale) -> alt.Chart:
    values: Values = [
        {"name": row.listing.name, "what": what, "verdict": _ALARM if row.verdict is Verdict.ALARM else _HABIT}
        | {"days": days, "py": band.middle, "said": f"{row.listing.name}: {what} {days:.1f} days"}
        for row, band, days in places
        if days is not None
    ]
    chart = drawn(values)
    both = [_ALARM, _HABIT]
    place = {"x": alt.X("days:Q", scale=scale), "y": pixel_y(), "description": said()}
    points: alt.Chart
    if what == _GAP:
        points = chart.mark_point(shape="square", filled=True, opacity=1, size=55, color="#9aa5ad").encode(**place)
    else:
        points = chart.mark_point(filled=True, opacity=1, size=95).encode(
            **place,
            shape=alt.Shape("verdict:N", scale=alt.Scale(domain=both, range=["diamond", "circle"]), legend=None),
            color=alt.Color(
                "verdict:N", scale=alt.Scale(domain=both, range=[theme.STRONG, theme.ACCENT]), legend=None
            ),
        )
    return points


def _days(one: Judgement) -> tuple[float, float, float]:
    return one.silence_days or 0.0, one.longest_gap_days or 0.0, one.limit_days or 0.0


def _excess(one: Judgement) -> float:
    silent, _, limit = _days(one)
    return silent / limit if limit else 0.0


def _state(one: Judgement) -> CoverageState:
    """The present silence is known, or not: that is the coverage that a verdict rests on."""
    if one.verdict is Verdict.NOT_COVERED:
        return CoverageState.PARTIAL if one.posts else CoverageState.NONE
    return CoverageState.NONE if one.covered_until is None else CoverageState.FULL


def _value(one: Judgement) -> str:
    silent, gap, limit = _days(one)
    return f"{silent:,.0f} days; gap {gap:,.0f}, limit {limit:,.0f}"
