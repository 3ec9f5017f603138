"""The network on a circle: who points to whom, thicker with more posts; subjects sorted by role and community."""

from __future__ import annotations

from math import cos, degrees, pi, sin

import altair as alt

from tracker.analysis.network_report import Edge, NetworkReport, Node
from tracker.analysis.report import CoverageState
from tracker.domain.wording import plural
from tracker.domain.words import Role
from tracker.reports.charts import theme
from tracker.reports.charts.drawing import Picture
from tracker.reports.charts.layers import Layer, Values, drawn, key, page, panel, pixel_x, pixel_y, said, text
from tracker.reports.charts.scene import Scene, coverage_words
from tracker.reports.charts.wording import fitting

_ROLES = tuple(Role)
_MOST_NODES = 40
_RADIUS = 245.0
_SIZE = 820.0
_CENTRE_X, _CENTRE_Y = theme.WHOLE / 2 - theme.LEFT, _SIZE / 2
_STEPS = 12
_ROOMY = 24
"""Up to so many nodes there is room for a second line beside each."""
_LABEL_WIDTH = 170.0


def network_picture(report: NetworkReport, scene: Scene) -> Picture:
    """The most connected nodes and the edges between them. People at risk are in no network."""
    title = "Who points to whom on the watchlist"
    ranked = sorted(report.nodes, key=lambda node: (-(node.in_posts + (node.out_posts or 0)), node.key))
    kept = ranked[:_MOST_NODES]
    nodes = sorted(kept, key=lambda node: (_ROLES.index(node.role), node.community, node.key))
    places = {node.key: place for place, node in enumerate(nodes)}
    edges = [edge for edge in report.edges if edge.source.key in places and edge.target.key in places]
    edges.sort(key=lambda edge: (-edge.posts, edge.source.key, edge.target.key))
    if nodes:
        roles = [role for role in _ROLES if any(node.role is role for node in nodes)]
        entries = [
            (theme.ROLE_SHAPES[role], theme.ROLE_COLOURS[role], theme.ROLE_HEADS[role].lower()) for role in roles
        ]
        plot = panel([*_curves(edges, places, report.complete), _points(nodes), *_names(nodes, scene)], _SIZE)
        parts = [key(entries), plot]
    else:
        parts = [
            panel([], 1, "Nothing to draw: no post of the selection points to a named subject of the watchlist.")
        ]
    notes = [*report.notes]
    if len(kept) < len(report.nodes):
        notes.append(
            f"{plural(len(report.nodes) - len(kept), 'less connected subject')} not drawn; "
            "`tracker report network` and its files hold all."
        )
    heaviest = [f"{edge.source.name} to {edge.target.name} {_posts(edge)}" for edge in edges[:5]]
    if heaviest:
        notes.append("Heaviest: " + "; ".join(heaviest) + ".")
    if not report.complete:
        notes.append("Some sources are not fully covered: what they point to is at least what is drawn (≥).")
    notes.append(scene.source(coverage_words((node.state for node in report.nodes), "subject")))
    lead = (
        "Reposts, forwards, quotes, replies and mentions. A curve has the colour of the one who points, is thin "
        "there and thickest at the one pointed to. A larger mark: more posts point to it (number behind the name)."
    )
    told = [f"{edge.source.name} to {edge.target.name}: {_posts(edge)}" for edge in edges[:40]]
    description = f"Network on a circle. {title}. " + "; ".join(told) + "."
    return Picture("network", title, page(title, lead, parts, notes, description), tuple(notes), description)


def _angle(place: int, of: int) -> float:
    """Clockwise from the top."""
    return 2 * pi * place / of - pi / 2


def _at(angle: float, radius: float) -> tuple[float, float]:
    return round(_CENTRE_X + radius * cos(angle), 2), round(_CENTRE_Y + radius * sin(angle), 2)


def _curves(edges: list[Edge], places: dict[str, int], complete: bool) -> list[Layer]:
    """Each edge bends towards the centre, and grows from its source to its target."""
    if not edges:
        return []
    heaviest = max(edge.posts for edge in edges)
    values: Values = []
    for number, edge in enumerate(sorted(edges, key=lambda edge: (edge.posts, edge.source.key, edge.target.key))):
        start = _at(_angle(places[edge.source.key], len(places)), _RADIUS)
        end = _at(_angle(places[edge.target.key], len(places)), _RADIUS)
        width = 0.6 + 7 * (edge.posts / heaviest) ** 0.5
        for step in range(_STEPS + 1):
            t = step / _STEPS
            bend = (1 - t) ** 2, 2 * t * (1 - t), t**2
            middle = (_CENTRE_X, _CENTRE_Y)
            x, y = (
                round(sum(part * point for part, point in zip(bend, way, strict=True)), 2)
                for way in zip(start, middle, end, strict=True)
            )
            values.append(
                {"edge": number, "step": step, "px": x, "py": y, "width": round(width * (0.25 + 0.75 * t), 2)}
                | {
                    "source": edge.source.key,
                    "target": edge.target.key,
                    "posts": edge.posts,
                    "role": edge.source.role,
                }
            )
    chart = drawn(values).mark_trail(opacity=0.45, aria=False)
    widest = max(7.6, 1)
    return [
        chart.encode(
            x=pixel_x(),
            y=pixel_y(),
            detail="edge:N",
            order="step:Q",
            size=alt.Size("width:Q", scale=alt.Scale(domain=[0, widest], range=[0, widest]), legend=None),
            color=_colour(),
        )
    ]


def _points(nodes: list[Node]) -> alt.Chart:
    most = max(node.in_posts for node in nodes) or 1
    values: Values = []
    for place, node in enumerate(nodes):
        x, y = _at(_angle(place, len(nodes)), _RADIUS)
        point = "points" if node.in_posts == 1 else "point"
        values.append(
            {"key": node.key, "name": node.name, "role": node.role, "in_posts": node.in_posts, "px": x, "py": y}
            | {
                "said": f"{node.name}: {plural(node.in_posts, 'post')} {point} to it",
                "area": round(40 + 360 * node.in_posts / most, 2),
            }
        )
    chart = drawn(values).mark_point(filled=True, opacity=1, stroke=theme.PAPER, strokeWidth=1)
    points: alt.Chart = chart.encode(
        x=pixel_x(),
        y=pixel_y(),
        description=said(),
        size=alt.Size("area:Q", scale=None, legend=None),
        color=_colour(),
        shape=alt.Shape(
            "role:N",
            scale=alt.Scale(domain=[*theme.ROLE_SHAPES], range=[*theme.ROLE_SHAPES.values()]),
            legend=None,
        ),
    )
    return points


def _names(nodes: list[Node], scene: Scene) -> list[Layer]:
    """Names run outwards from the circle, so that they never overlap; the native one below where there is room."""
    roomy = len(nodes) <= _ROOMY
    first: dict[str, Values] = {"left": [], "right": []}
    second: dict[str, Values] = {"left": [], "right": []}
    for place, node in enumerate(nodes):
        angle = _angle(place, len(nodes))
        right = cos(angle) >= -1e-9
        align, turn = ("left", angle) if right else ("right", angle + pi)
        native = scene.native_names.get(node.subject, "") if roomy else ""
        shift = 8 if native else 0
        name = f"{fitting(node.name, _LABEL_WIDTH, theme.SMALL_SIZE)} · {node.in_posts:,}"
        for values, words, side in ((first, name, -shift), (second, fitting(native, _LABEL_WIDTH), shift)):
            if words:
                x, y = _at(angle, _RADIUS + 16)
                # Across the direction in which the words run.
                x, y = round(x - side * sin(turn), 2), round(y + side * cos(turn), 2)
                values[align].append(
                    {"text": words, "full": node.name, "px": x, "py": y, "turn": round(degrees(turn), 2)}
                )
    layers: list[Layer] = []
    for lines, colour in ((first, theme.INK), (second, theme.SOFT_INK)):
        for align, values_of in lines.items():
            if values_of:
                chart = text(values_of, theme.SMALL_SIZE, colour, align=align)
                layers.append(chart.encode(angle=alt.Angle("turn:Q", scale=None)))
    return layers


def _colour() -> alt.Color:
    scale = alt.Scale(domain=[*theme.ROLE_COLOURS], range=[*theme.ROLE_COLOURS.values()])
    return alt.Color("role:N", scale=scale, legend=None)


def _posts(edge: Edge) -> str:
    return f"{'' if edge.state is CoverageState.FULL else '≥ '}{plural(edge.posts, 'post')}"
