"""Activity over time: a panel for each group, a bar a period, over restrictions, events and holes."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from tracker.analysis.activity import ActivityGroup, ActivityPoint, ActivityReport
from tracker.analysis.report import CoverageState
from tracker.domain.restrictions import Restriction
from tracker.domain.wording import plural
from tracker.domain.words import Role
from tracker.reports.charts import theme
from tracker.reports.charts.drawing import Picture
from tracker.reports.charts.layers import Layer, Values, drawn, hatched, key, page, panel, said, text
from tracker.reports.charts.scene import Scene, coverage_words
from tracker.reports.charts.surroundings import (
    Marked,
    bands,
    event_key,
    event_rules,
    mark_events,
    platform_words,
    restriction_words,
    room_for,
    spans,
)
from tracker.reports.charts.timeframe import Timeframe, millis

_ROLES = tuple(Role)
_HEIGHT = 110.0
_STRIP = 18.0
_PARTS = (
    ("restricted", theme.STRONG, "posts made while the platform was restricted"),
    ("uncertain", theme.MIDDLE, "perhaps restricted"),
    ("free", "#8FB4D0", "other posts"),
)
_KEY = (
    *(("box", colour, words) for _, colour, words in _PARTS),
    ("box", theme.BAND, "restriction in force"),
    ("box", theme.BAND_EDGE, "its edge lies here"),
    ("hatch", "", "no data (with a bar: at least)"),
    ("rule", theme.INK, "event, numbered"),
)


def activity_picture(report: ActivityReport, scene: Scene) -> Picture:
    """A panel a group, each with its own scale, which is written beside it."""
    title = f"Posts a {report.every.value}, by role"
    groups = sorted(
        ((group, [*points]) for group, points in report.series()),
        key=lambda pair: (_place(pair[0]), pair[0].at_risk, pair[0].label),
    )
    parts: list[alt.LayerChart] = [key(_KEY)]
    frame = _frame(report, scene)
    about: list[Restriction] = []
    if frame is None or not any(point.posts is not None for point in report.points):
        parts.append(panel([], 1, "Nothing to draw: nothing of the time asked for was looked at. The notes say why."))
    if frame is not None:
        zones = {event.country: scene.settings.zone(event.country) for event in scene.events}
        marked = mark_events(scene.events_about(), zones, frame)
        parts[0] = key(_KEY, room_for(marked))
        about = [one for one in scene.restrictions_about() if _strip_places(one, scene, frame)]
        if about:
            parts.append(_strips(about, scene, frame, marked))
        for place, (group, points) in enumerate(groups):
            parts.append(_panel(group, points, frame, marked, numbered=place == 0 and not about))
        if marked:
            layers, height = event_key(marked)
            parts.append(panel(layers, height, "Events"))
    notes = [*report.notes]
    if about:
        notes.append("Restrictions in this time: " + "; ".join(restriction_words(about)) + ".")
    states = (_state(point) for point in report.points)
    notes.append(scene.source(coverage_words(states, report.every.value)))
    lead = "Each panel has its own scale. Days are those of each subject's country."
    told = [f"{group.label}: {_sum(points)}" for group, points in groups]
    description = f"Bars over time. {title}. {lead} " + "; ".join(told) + "."
    return Picture("activity", title, page(title, lead, parts, notes, description), tuple(notes), description)


def _place(group: ActivityGroup) -> int:
    """Where the group stands: in the order of the roles."""
    return _ROLES.index(group.role) if group.role else len(_ROLES)


def _frame(report: ActivityReport, scene: Scene) -> Timeframe | None:
    """From the first period with posts, unless a beginning was asked for, to the end of the last."""
    if not report.points:
        return None
    asked = scene.selection.since is not None
    known = [point.first for point in report.points if asked or point.posts]
    first = min(known, default=min(point.first for point in report.points))
    return Timeframe(first, max(point.beyond for point in report.points), scene.calendar)


def _strip_places(one: Restriction, scene: Scene, frame: Timeframe) -> list[tuple[float, float]]:
    return spans(one.possible, scene.settings.zone(one.country), frame)


def _strips(
    restrictions: Sequence[Restriction], scene: Scene, frame: Timeframe, marked: Sequence[Marked]
) -> alt.LayerChart:
    """A row a restriction, as a shaded band."""
    layers: list[Layer] = []
    words: Values = []
    for place, one in enumerate(restrictions):
        zone, top = scene.settings.zone(one.country), place * _STRIP
        edges = _strip_places(one, scene, frame)
        layers += bands(spans(one.certain, zone, frame), edges, top + 2, top + _STRIP - 2)
        words.append(
            {"text": f"{one.country} {platform_words(one.platform)}: {one.kind}", "px": -10, "py": top + _STRIP / 2}
        )
    height = len(restrictions) * _STRIP
    layers += [*event_rules(marked, height, numbered=True), text(words, theme.SMALL_SIZE, align="right")]
    return panel(layers, height, "Restrictions")


def _panel(
    group: ActivityGroup, points: Sequence[ActivityPoint], frame: Timeframe, marked: Sequence[Marked], numbered: bool
) -> alt.LayerChart:
    inside = [point for point in points if frame.holds(millis(point.first)) or frame.holds(millis(point.beyond) - 1)]
    bars: Values = []
    holes = []
    since, until = frame.bounds
    for point in inside:
        begins, ends = max(millis(point.first), since), min(millis(point.beyond), until)
        if point.posts is None:
            holes.append(_hole(frame, begins, ends))
        elif _state(point) is not CoverageState.FULL:
            # A thin hatched strip at the foot: there are posts, and there may be more.
            holes.append(_hole(frame, begins, ends, _HEIGHT - 6))
        bars += _bars(group, point, begins, ends)
    chart = drawn(bars).mark_rect(stroke=theme.PAPER, strokeWidth=0.4)
    measured = chart.encode(
        x=frame.x("since"),
        x2="until:T",
        y=alt.Y(
            "from:Q", axis=alt.Axis(title=None, tickCount=4, format=",d", tickMinStep=1), scale=alt.Scale(nice=True)
        ),
        y2="to:Q",
        description=said(),
        color=alt.Color(
            "part:N",
            scale=alt.Scale(domain=[part for part, _, _ in _PARTS], range=[colour for _, colour, _ in _PARTS]),
            legend=None,
        ),
    )
    if not bars:
        measured = chart.encode(x=frame.x("since"))
    words = text([{"text": _sum(points), "px": theme.WIDTH + 8, "py": 10}], theme.SMALL_SIZE)
    layers = [*hatched(holes), measured, *event_rules(marked, _HEIGHT, numbered), words]
    return panel(layers, _HEIGHT, theme.ROLE_HEADS.get(group.label, group.label))


def _bars(group: ActivityGroup, point: ActivityPoint, begins: int, ends: int) -> Values:
    """The point's posts, the restricted ones at the foot."""
    restricted, uncertain = point.posts_restricted or 0, point.posts_uncertain or 0
    counts = (restricted, uncertain, (point.posts or 0) - restricted - uncertain)
    bars: Values = []
    start = 0
    for (part, _, words), count in zip(_PARTS, counts, strict=True):
        if count > 0:
            bars.append(
                {"group": group.label, "part": part, "posts": count, "from": start, "to": start + count}
                | {
                    "since": begins,
                    "until": ends,
                    "said": f"{group.label}, {point.label}: {plural(count, 'post')} {words}",
                    "at_least": _state(point) is not CoverageState.FULL,
                }
            )
        start += count
    return bars


def _hole(frame: Timeframe, begins: int, ends: int, top: float = 0) -> dict[str, float]:
    return {"px": frame.place(begins), "px2": frame.place(ends), "py": top, "py2": _HEIGHT}


def _state(point: ActivityPoint) -> CoverageState:
    return CoverageState.NONE if point.posts is None else point.coverage.state


def _sum(points: Sequence[ActivityPoint]) -> str:
    known = [point.posts for point in points if point.posts is not None]
    if not known:
        return "no data"
    mark = "" if all(_state(point) is CoverageState.FULL for point in points) else "≥ "
    return f"{mark}{plural(sum(known), 'post')}"
