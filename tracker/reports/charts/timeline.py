"""The timeline: a row an account, darker weeks with more posts, over restrictions, events and holes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import altair as alt

from tracker.analysis.report import CoverageState
from tracker.analysis.timeline import TimelineReport, TimelineRow
from tracker.domain.instants import day_of
from tracker.domain.wording import plural
from tracker.domain.words import Role
from tracker.reports.charts import theme
from tracker.reports.charts.drawing import Picture
from tracker.reports.charts.layers import Layer, Values, drawn, hatched, key, page, panel, pixel_y, said
from tracker.reports.charts.rows import Label, bands_of, names_and_values
from tracker.reports.charts.scene import Scene, coverage_words
from tracker.reports.charts.surroundings import (
    Marked,
    bands,
    event_key,
    event_rules,
    mark_events,
    restriction_words,
    room_for,
    spans,
)
from tracker.reports.charts.timeframe import Timeframe, local_millis
from tracker.reports.charts.wording import number

_ROLES = tuple(Role)
_LIMITS = (2, 5, 10)
_CLASSES = ("1-2", "3-5", "6-10", "more than 10")
_KEY = (
    *(("box", colour, f"{words} posts a week") for colour, words in zip(theme.STEPS, _CLASSES, strict=True)),
    ("box", theme.BAND, "platform restricted for the subject"),
    ("box", theme.BAND_EDGE, "perhaps restricted"),
    ("hatch", "", "no data, which is not 0"),
    ("rule", theme.INK, "event, numbered"),
)


def timeline_picture(report: TimelineReport, scene: Scene) -> Picture:
    """The accounts with the most posts of each role, week by week."""
    title = "Who posted when, and what was restricted then"
    frame = Timeframe(
        day_of(report.since, scene.zone),
        day_of(report.until - 1, scene.zone).fromordinal(day_of(report.until - 1, scene.zone).toordinal() + 1),
        scene.calendar,
    )
    zones = {event.country: scene.settings.zone(event.country) for event in scene.events}
    marked = mark_events(scene.events_about(), zones, frame)
    rows = sorted(report.rows, key=lambda row: _ROLES.index(row.listing.role))
    parts: list[alt.LayerChart] = [key(_KEY, room_for(marked))]
    left_out = 0
    for place, (role, members) in enumerate(groupby(rows, key=lambda row: row.listing.role)):
        group = [*members]
        shown = group[: scene.most_rows]
        left_out += len(group) - len(shown)
        head = theme.ROLE_HEADS[role] + (f": {len(shown)} of {len(group)}" if len(group) > len(shown) else "")
        parts.append(_panel(shown, head, frame, marked, scene, numbered=place == 0))
    if not rows:
        parts = [panel([], 1, "Nothing to draw: no named account of the selection existed in this time.")]
    elif marked:
        layers, height = event_key(marked)
        parts.append(panel(layers, height, "Events"))
    notes = [*report.notes]
    if left_out:
        notes.append(f"{plural(left_out, 'account')} with fewer posts not drawn.")
    about = [
        one
        for one in scene.restrictions_about()
        if one.start.earliest < report.until and one.end.latest > report.since
    ]
    if about:
        notes.append("Restrictions in this time: " + "; ".join(restriction_words(about)) + ".")
    states = (row.state for row in report.rows)
    notes.append(scene.source(coverage_words(states, "account"), report.since))
    lead = (
        "Each row is an account, each mark a week: the darker, the more posts. Days and weeks are the country's own."
    )
    told = [f"{row.listing.name}: {_value(row)}" for row in rows[:40]]
    description = f"Timeline. {title}. {lead} " + "; ".join(told) + "."
    return Picture("timeline", title, page(title, lead, parts, notes, description), tuple(notes), description)


def _panel(
    rows: Sequence[TimelineRow], head: str, frame: Timeframe, marked: Sequence[Marked], scene: Scene, numbered: bool
) -> alt.LayerChart:
    labels = [Label(row.listing.name, scene.native_names.get(row.listing.subject, ""), _value(row)) for row in rows]
    places = bands_of(labels)
    ground: list[Layer] = []
    holes = []
    weeks: Values = []
    for row, band in zip(rows, places, strict=True):
        top, bottom = band.top + 1, band.bottom - 1
        restricted, uncertain = spans(row.restricted, row.zone, frame), spans(row.uncertain, row.zone, frame)
        ground += bands(restricted, uncertain, top, bottom)
        holes += [
            {"px": left, "px2": right, "py": top, "py2": bottom} for left, right in spans(row.holes, row.zone, frame)
        ]
        since, until = frame.bounds
        for week in row.weeks:
            begins, ends = local_millis(week.since, row.zone), local_millis(week.until, row.zone)
            if begins < until and ends > since:
                count = plural(week.posts, "post")
                weeks.append(
                    {"name": row.listing.name, "handle": row.handle, "posts": week.posts}
                    | {"said": f"{row.listing.name}, week of {day_of(week.since, row.zone)}: {count}"}
                    | {"at_least": week.state is not CoverageState.FULL, "class": _class(week.posts)}
                    | {"since": max(begins, since), "until": min(ends, until), "py": band.bar[0], "py2": band.bar[1]}
                )
    chart = drawn(weeks).mark_rect(stroke=theme.PAPER, strokeWidth=0.4)
    measured = chart.encode(
        x=frame.x("since"),
        x2="until:T",
        y=pixel_y(),
        y2="py2:Q",
        description=said(),
        color=alt.Color("class:N", scale=alt.Scale(domain=list(_CLASSES), range=list(theme.STEPS)), legend=None),
    )
    height = places[-1].bottom
    words = names_and_values(labels, places)
    layers = [*ground, *hatched(holes), measured, *event_rules(marked, height, numbered), *words]
    return panel(layers, height, head)


def _class(posts: int) -> str:
    return next((words for words, limit in zip(_CLASSES, _LIMITS, strict=False) if posts <= limit), _CLASSES[-1])


def _value(row: TimelineRow) -> str:
    mark = "" if row.state is CoverageState.FULL else "≥ "
    return number(None) if row.posts is None else f"{mark}{plural(row.posts, 'post')}"
