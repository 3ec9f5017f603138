"""Influence as dots: the median engagement of an original post, and followers, side by side; no score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import altair as alt

from tracker.analysis.influence_report import InfluenceReport, InfluenceRow
from tracker.analysis.report import CoverageState
from tracker.domain.wording import plural
from tracker.domain.words import CounterAge, Platform
from tracker.reports.charts import theme
from tracker.reports.charts.drawing import Picture
from tracker.reports.charts.layers import Layer, Values, drawn, hatched, key, lines, page, panel, pixel_y, said, text
from tracker.reports.charts.rows import Band, Label, bands_of, names_and_values
from tracker.reports.charts.scene import Scene, coverage_words

_GAP = 150.0
"""Between the two halves of a panel, in pixels: the values of the left one stand there."""
_HALF = (theme.WIDTH - _GAP) / 2


def influence_picture(report: InfluenceReport, scene: Scene) -> Picture:
    """The subjects with the highest median engagement of each platform. People at risk have no figures to draw."""
    title = "Engagement with a post, and followers"
    age = "24 hours" if report.age is CounterAge.DAY else "7 days"
    named = [row for row in report.rows if not row.at_risk]
    drawable = [row for row in named if _median(row, report.age) is not None or row.followers_last is not None]
    drawable.sort(
        key=lambda row: (row.platform, -(_median(row, report.age) or -1.0), -(row.followers_last or -1), row.name)
    )
    parts: list[alt.LayerChart] = [
        key(
            [
                ("circle", theme.STRONG, f"median engagement of an original post, counted at {age} or soon after"),
                ("square", theme.ACCENT, "followers or subscribers, last count"),
                ("hatch", "", "no data, which is not 0"),
            ]
        )
    ]
    left_out = 0
    drawn_rows: list[InfluenceRow] = []
    for platform, members in groupby(drawable, key=lambda row: row.platform):
        group = [*members]
        shown = group[: scene.most_rows]
        left_out += len(group) - len(shown)
        drawn_rows += shown
        parts.append(_panel(shown, platform, len(group), report.age, scene))
    if not drawable:
        parts = [
            panel([], 1, "Nothing to draw: there are neither counters of posts nor of followers. The notes say why.")
        ]
    notes = [*report.notes]
    if left_out:
        notes.append(
            f"{plural(left_out, 'subject')} with a lower median not drawn; `tracker report influence` lists all."
        )
    if len(drawable) < len(named):
        notes.append(
            f"{plural(len(named) - len(drawable), 'subject')} without any counters: no data, which is not 0."
        )
    if len(named) < len(report.rows):
        notes.append("People at risk are not drawn: nothing is said of the influence of any of them.")
    states = (CoverageState.NONE if not row.known else row.coverage.state for row in report.rows)
    notes.append(scene.source(coverage_words(states)))
    lead = (
        "Each scale begins at 0 and is its own platform's. The median is of the posts that have counters of that age."
    )
    told = [f"{row.name}: {_words(row, report.age)}" for row in drawn_rows[:40]]
    description = f"Points in rows. {title}. {lead} " + "; ".join(told) + "."
    return Picture("influence", title, page(title, lead, parts, notes, description), tuple(notes), description)


def _median(row: InfluenceRow, age: CounterAge) -> float | None:
    engagement = row.engagement(age)
    return None if engagement is None else engagement.median


def _panel(
    rows: Sequence[InfluenceRow], platform: Platform, of: int, age: CounterAge, scene: Scene
) -> alt.LayerChart:
    labels = [Label(row.name, scene.native_names.get(row.subject or "", "")) for row in rows]
    bands = bands_of(labels)
    head = theme.PLATFORM_HEADS[platform] + (f": {len(rows)} of {of}" if of > len(rows) else "")
    heads: Values = [
        {"text": "median engagement of a post", "px": 0, "py": -16},
        {"text": "followers" if platform is Platform.X else "subscribers", "px": _HALF + _GAP, "py": -16},
    ]
    layers: list[Layer] = [
        *_half(rows, bands, lambda row: _median(row, age), 0, "median", "circle", theme.STRONG),
        *_half(rows, bands, _followers, _HALF + _GAP, "followers", "square", theme.ACCENT),
        text(heads, theme.SMALL_SIZE, theme.SOFT_INK),
        *names_and_values(labels, bands),
    ]
    # Each half has its own scale; without this Vega-Lite would make one of both.
    whole: alt.LayerChart = panel(layers, bands[-1].bottom, head).resolve_scale(x="independent")
    return whole


def _followers(row: InfluenceRow) -> float | None:
    return None if row.followers_last is None else float(row.followers_last)


def _half(
    rows: Sequence[InfluenceRow],
    bands: Sequence[Band],
    figure: Callable[[InfluenceRow], float | None],
    left: float,
    what: str,
    shape: str,
    colour: str,
) -> list[Layer]:
    """One measure: a stem from 0, a point, its value behind it."""
    figures = [figure(row) for row in rows]
    widest = max((value for value in figures if value is not None), default=0) or 1
    scale = alt.Scale(domain=[0, widest], range=[left, left + _HALF], nice=False)
    values: Values = []
    words: Values = []
    holes = []
    for row, band, value in zip(rows, bands, figures, strict=True):
        end = left + 40 if value is None else left + value / widest * _HALF
        mark = "≈ " if what == "median" and not row.complete else ""
        shown = (
            "no data"
            if value is None
            else f"{mark}{value:,.0f}"
            if value >= 10 or value == int(value)
            else f"{mark}{value:,.1f}"
        )
        words.append({"text": shown, "px": round(end + 10, 2), "py": band.middle})
        if value is None:
            holes.append({"px": left, "px2": end, "py": band.middle - 6, "py2": band.middle + 6})
        else:
            values.append(
                {
                    "name": row.name,
                    "said": f"{row.name}: {what} {value:,.1f}",
                    what: value,
                    "zero": 0,
                    "py": band.middle,
                }
            )
    stems = drawn(values).mark_rule(color=theme.FAINT, strokeWidth=3, aria=False)
    points = drawn(values).mark_point(shape=shape, filled=True, opacity=1, size=80, color=colour)
    stem_chart = stems.encode(x=alt.X("zero:Q", scale=scale, axis=None), x2=f"{what}:Q", y=pixel_y())
    point_chart = points.encode(x=alt.X(f"{what}:Q", scale=scale, axis=None), y=pixel_y(), description=said())
    base = {"px": left, "px2": left, "py": 0, "py2": bands[-1].bottom}
    measured = alt.LayerChart(layer=[stem_chart, point_chart])
    return [lines([base], "#999999"), measured, *hatched(holes), text(words, theme.SMALL_SIZE)]


def _words(row: InfluenceRow, age: CounterAge) -> str:
    median = _median(row, age)
    followers = "no data" if row.followers_last is None else f"{row.followers_last:,}"
    return f"median {'no data' if median is None else f'{median:,.1f}'}, followers {followers}"
