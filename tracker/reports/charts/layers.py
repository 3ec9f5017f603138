"""What all pictures are made of: text, boxes, hatching, restriction bands, event rules, keys, head and foot.

Words and hatching are placed in pixels, which Vega-Lite takes where a channel has no scale; only what is measured
has one. So nothing moves when a name is long, and what overlaps is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import altair as alt

from tracker import __version__
from tracker.reports.charts import theme
from tracker.reports.charts.wording import beyond_the_font, lines_of, width_of

Values = list[dict[str, object]]
Layer = alt.Chart | alt.LayerChart

_HATCH_STEP = 6.0
_LINE = 1.36
"""The distance of lines, in sizes of the font."""


def drawn(values: Iterable[Mapping[str, object]], description: str = "") -> alt.Chart:
    """A chart over these values, to be given a mark."""
    data = alt.InlineData(values=[dict(value) for value in values])
    return alt.Chart(data, description=description) if description else alt.Chart(data)


def said() -> alt.Description:
    """What a mark says to those who cannot see it: its value `said`.

    Vega's own words would give days of the machine's zone.
    """
    return alt.Description("said:N")


def pixel_x(field: str = "px") -> alt.X:
    """A position in pixels from the left of the plot."""
    return alt.X(f"{field}:Q", scale=None, axis=None)


def pixel_y(field: str = "py") -> alt.Y:
    """A position in pixels from the top of the plot."""
    return alt.Y(f"{field}:Q", scale=None, axis=None)


def text(
    values: Iterable[Mapping[str, object]],
    size: float = theme.TEXT_SIZE,
    colour: str = theme.INK,
    align: str = "left",
    weight: str = "normal",
    baseline: str = "middle",
) -> alt.Chart:
    """Words `text` at (px, py)."""
    mark: dict[str, object] = {
        "type": "text",
        "fontSize": size,
        "color": colour,
        "align": align,
        "fontWeight": weight,
    }
    rows = [dict(value) for value in values]
    if any(beyond_the_font(str(row["text"])) for row in rows):
        # Left to itself, the renderer takes any face for the letters that it lacks, be it bold or slanted.
        mark["font"] = {"expr": "datum.font"}
        rows = [row | {"font": theme.OTHER_FONT if beyond_the_font(str(row["text"])) else theme.FONT} for row in rows]
    chart = drawn(rows)
    chart.mark = alt.MarkDef.from_dict({**mark, "baseline": baseline, "aria": False})
    return chart.encode(x=pixel_x(), y=pixel_y(), text=alt.Text("text:N"))


def boxes(values: Iterable[Mapping[str, object]], colour: str, stroke: str | None = None) -> alt.Chart:
    """Rectangles from (px, py) to (px2, py2)."""
    chart = drawn(values)
    look = {"type": "rect", "color": colour, **({"stroke": stroke, "strokeWidth": 0.7} if stroke else {})}
    chart.mark = alt.MarkDef.from_dict({**look, "aria": False})
    return chart.encode(x=pixel_x(), x2="px2:Q", y=pixel_y(), y2="py2:Q")


def lines(
    values: Iterable[Mapping[str, object]], colour: str, width: float = 1, dash: Sequence[float] = ()
) -> alt.Chart:
    """Straight lines from (px, py) to (px2, py2)."""
    chart = drawn(values)
    look = {"type": "rule", "color": colour, "strokeWidth": width, **({"strokeDash": list(dash)} if dash else {})}
    chart.mark = alt.MarkDef.from_dict({**look, "aria": False})
    return chart.encode(x=pixel_x(), x2="px2:Q", y=pixel_y(), y2="py2:Q")


def hatched(areas: Iterable[Mapping[str, float]]) -> list[alt.Chart]:
    """Areas (px, py)-(px2, py2) without data: a pale ground with diagonal lines, which Vega-Lite has no pattern for.

    The lines lie on one grid over the whole plot, so that neighbouring areas join.
    """
    kept = list(_joined(area for area in areas if area["px2"] > area["px"]))
    if not kept:
        return []
    strokes = [stroke for area in kept for stroke in _diagonals(area)]
    return [boxes([{**area, "hole": True} for area in kept], "#f4f4f4"), lines(strokes, theme.HATCH, 0.8)]


def _joined(areas: Iterable[Mapping[str, float]]) -> Iterable[Mapping[str, float]]:
    """The same areas, those that touch side by side as one: years without data are hundreds of weeks."""
    waiting: dict[str, float] = {}
    for area in areas:
        if waiting and (area["px"], area["py"], area["py2"]) == (waiting["px2"], waiting["py"], waiting["py2"]):
            waiting["px2"] = area["px2"]
            continue
        if waiting:
            yield waiting
        waiting = dict(area)
    if waiting:
        yield waiting


def _diagonals(area: Mapping[str, float]) -> Iterable[dict[str, float]]:
    """The parts of the lines x + y = k * step that lie in the area."""
    left, top, right, bottom = area["px"], area["py"], area["px2"], area["py2"]
    number = int((left + top) // _HATCH_STEP) + 1
    while (total := number * _HATCH_STEP) < right + bottom:
        first, last = max(left, total - bottom), min(right, total - top)
        if last > first:
            yield {
                "px": round(first, 2),
                "py": round(total - first, 2),
                "px2": round(last, 2),
                "py2": round(total - last, 2),
            }
        number += 1


def layered(layers: Iterable[Layer], height: float, width: float = theme.WIDTH) -> alt.LayerChart:
    """Layers over each other as one plot."""
    whole = alt.LayerChart(layer=[*layers])
    whole.width, whole.height = width, height
    return whole


def panel(layers: Iterable[Layer], height: float, head: str = "", width: float = theme.WIDTH) -> alt.LayerChart:
    """Layers over each other as one plot, with its head above."""
    whole = [*layers]
    if head:
        whole.append(text([{"text": head, "px": -theme.LEFT, "py": -16}], theme.HEAD_SIZE, weight="bold"))
    return layered(whole, height, width)


Entry = tuple[str, str, str]
"""(shape, colour, meaning); the shape is `box`, `hatch`, `rule` or a point's."""


def key(entries: Sequence[Entry], room: float = 0) -> alt.LayerChart:
    """What the colours and shapes mean, in a line or more, and more room below it if asked, in pixels."""
    places: list[tuple[float, float]] = []
    x, y = float(-theme.LEFT), 8.0
    for _, _, meaning in entries:
        needed = 30 + width_of(meaning, theme.TEXT_SIZE) + 10
        if x > -theme.LEFT and x + needed > theme.WIDTH + theme.RIGHT:
            x, y = float(-theme.LEFT), y + 20
        places.append((x, y))
        x += needed
    layers: list[Layer] = [
        text([{"text": e[2], "px": x + 24, "py": y} for e, (x, y) in zip(entries, places, strict=True)])
    ]
    for (shape, colour, _), (x, y) in zip(entries, places, strict=True):
        area = {"px": x, "py": y - 6, "px2": x + 18, "py2": y + 6}
        if shape == "box":
            layers.append(boxes([area], colour))
        elif shape == "hatch":
            layers += hatched([area])
        elif shape == "rule":
            layers.append(lines([{"px": x + 9, "px2": x + 9, "py": y - 7, "py2": y + 7}], colour, 1.2, (4, 2)))
        else:
            chart = drawn([{"px": x + 9, "py": y}])
            look = {"type": "point", "shape": shape, "filled": True, "opacity": 1, "size": 70, "color": colour}
            if shape == "stroke":
                look |= {"strokeWidth": 2}
            chart.mark = alt.MarkDef.from_dict(look)
            layers.append(chart.encode(x=pixel_x(), y=pixel_y()))
    return layered(layers, y + 8 + room)


def paragraph(
    texts: Iterable[str], size: float = theme.SMALL_SIZE, colour: str = theme.SOFT_INK, top: float = 0
) -> tuple[alt.Chart, float]:
    """Sentences over the whole width, and the height that they take."""
    rows = lines_of(texts, theme.WHOLE, size)
    step = size * _LINE
    chart = text(
        [
            {"text": row, "px": -theme.LEFT, "py": round(top + step * (place + 0.5), 2)}
            for place, row in enumerate(rows)
        ],
        size,
        colour,
    )
    return chart, top + step * len(rows)


def page(
    title: str, lead: str, parts: Sequence[alt.LayerChart], notes: Sequence[str], description: str
) -> alt.VConcatChart:
    """The head, the parts one below the other, and the foot with the notes."""
    head_text = text([{"text": title, "px": -theme.LEFT, "py": 10}], theme.TITLE_SIZE, weight="bold")
    lead_text, height = paragraph([lead], theme.LEAD_SIZE, top=28)
    across = {"px": -theme.LEFT, "px2": theme.WIDTH + theme.RIGHT}
    head = layered([head_text, lead_text], height - 18)
    foot_text, depth = paragraph(notes, top=10)
    foot = layered([lines([{**across, "py": 2, "py2": 2}], theme.FAINT), foot_text], depth)
    whole = alt.vconcat(head, *parts, foot, spacing=44, bounds="flush", description=description)
    whole.config = alt.Config.from_dict(theme.CONFIG)
    return whole


def source_line(accounts: str, window: str, coverage: str, as_of: str) -> str:
    """What, of whom, when, how well covered, as of when, and made by what."""
    return (
        f"Source: public posts and profiles of {accounts}. Time: {window}. Coverage: {coverage}. As of {as_of}. "
        f"Hatched: no data, which is not 0. influence-tracker {__version__}."
    )
