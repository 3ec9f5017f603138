"""The usage report as bars: posts of each subject, and how many were made while the platform was restricted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import altair as alt

from tracker.analysis.report import CoverageState, UsageReport, UsageRow
from tracker.domain.wording import plural
from tracker.domain.words import Role
from tracker.reports.charts import theme
from tracker.reports.charts.drawing import Picture
from tracker.reports.charts.layers import Values, drawn, hatched, key, page, panel, pixel_y, said
from tracker.reports.charts.rows import Label, bands_of, names_and_values
from tracker.reports.charts.scene import Scene, coverage_words

_ROLES = tuple(Role)
_PARTS = (
    ("restricted", theme.STRONG, "made while the platform was restricted for the subject"),
    ("uncertain", theme.MIDDLE, "perhaps: the date or the residence is not known well enough"),
    ("free", theme.WEAK, "other posts"),
)


def usage_picture(report: UsageReport, scene: Scene) -> Picture:
    """A bar a subject, the busiest of each role, people at risk only as groups. `report.by` must be SUBJECT."""
    title = "Who posts on a platform that is restricted where they are"
    rows = sorted(report.rows, key=lambda row: _ROLES.index(row.role) if row.role else len(_ROLES))
    widest = max((row.posts or 0 for row in rows), default=0)
    parts: list[alt.LayerChart] = [key([*(("box", colour, words) for _, colour, words in _PARTS), _NO_DATA])]
    left_out = 0
    for role, members in groupby(rows, key=lambda row: row.role):
        group = [*members]
        shown = group[: scene.most_rows]
        left_out += len(group) - len(shown)
        head = theme.ROLE_HEADS.get(role or "", "Several roles")
        if len(group) > len(shown):
            head += f": {len(shown)} of {len(group)}"
        parts.append(_panel(shown, head, widest, scene))
    if not rows:
        parts = [panel([], 1, "Nothing to draw: no account of the selection has been looked at.")]
    notes = [*report.notes]
    if left_out:
        notes.append(
            f"{plural(left_out, 'subject')} with fewer posts under restriction are not drawn; `tracker report usage` "
            "lists all."
        )
    states = (CoverageState.NONE if not row.known else row.coverage.state for row in report.rows)
    notes.append(scene.source(coverage_words(states)))
    lead = "Posts by subject and role, those made under a restriction first. Each bar starts with what is certain."
    told = [f"{row.name}: {_value(row)}" for row in rows if row.name][:40]
    description = f"Bars. {title}. {lead} " + "; ".join(told) + "."
    return Picture("usage", title, page(title, lead, parts, notes, description), tuple(notes), description)


_NO_DATA = ("hatch", "", "no data, which is not 0")


def _panel(rows: Sequence[UsageRow], head: str, widest: int, scene: Scene) -> alt.LayerChart:
    labels = [
        Label(
            row.name or "",
            scene.native_names.get(row.subject or "", ""),
            _value(row),
            60 if row.posts is None else row.posts / max(widest, 1) * theme.WIDTH,
        )
        for row in rows
    ]
    bands = bands_of(labels)
    bars: Values = []
    holes = []
    for row, band in zip(rows, bands, strict=True):
        top, bottom = band.bar
        if row.posts is None:
            holes.append({"px": 0, "px2": 60, "py": top, "py2": bottom})
            continue
        restricted, uncertain = row.posts_restricted or 0, row.posts_uncertain or 0
        start = 0
        for (part, _, words), count in zip(
            _PARTS, (restricted, uncertain, row.posts - restricted - uncertain), strict=True
        ):
            if count:
                bars.append(
                    {"name": row.name, "part": part, "from": start, "to": start + count, "posts": count}
                    | {"said": f"{row.name}: {plural(count, 'post')} {words}"}
                    | {"py": top, "py2": bottom}
                )
            start += count
    chart = drawn(bars).mark_rect(stroke=theme.PAPER, strokeWidth=0.5)
    measured = chart.encode(
        x=alt.X("from:Q", scale=alt.Scale(domain=[0, max(widest, 1)], nice=False), axis=_AXIS),
        x2="to:Q",
        y=pixel_y(),
        y2="py2:Q",
        description=said(),
        color=alt.Color(
            "part:N",
            scale=alt.Scale(domain=[part for part, _, _ in _PARTS], range=[colour for _, colour, _ in _PARTS]),
            legend=None,
        ),
    )
    return panel([measured, *hatched(holes), *names_and_values(labels, bands)], bands[-1].bottom, head)


_AXIS = alt.Axis(title=None, tickCount=6, format=",d", tickMinStep=1, grid=True)


def _value(row: UsageRow) -> str:
    if row.posts is None:
        return "no data"
    mark = "" if row.complete else "≥ "
    if row.posts_restricted:
        return f"{mark}{row.posts_restricted:,} of {mark}{row.posts:,} restricted"
    if row.posts_uncertain:
        return f"{mark}{row.posts_uncertain:,} of {mark}{row.posts:,} uncertain"
    return f"{mark}{row.posts:,}, none restricted" if row.complete else f"{mark}{row.posts:,}"
