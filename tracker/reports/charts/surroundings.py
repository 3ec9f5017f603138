"""What happened around the posts: restrictions as bands, events as numbered rules with a key, holes hatched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracker.domain.events import Event
from tracker.domain.instants import DAY
from tracker.domain.intervals import Intervals
from tracker.domain.restrictions import Restriction
from tracker.domain.words import ANY_PLATFORM
from tracker.reports.charts import theme
from tracker.reports.charts.layers import Layer, boxes, lines, text
from tracker.reports.charts.timeframe import Timeframe, local_millis
from tracker.reports.charts.wording import fitting

_LEVEL = 13.0
_NEAR = 18.0
"""Numbers of events nearer than this would touch, and are put below each other."""


@dataclass(frozen=True, slots=True)
class Marked:
    """An event inside the picture, with its number."""

    number: int
    event: Event
    place: float
    place_until: float
    level: int


def spans(intervals: Intervals, zone: str, frame: Timeframe) -> list[tuple[float, float]]:
    """Where the intervals lie in the frame, in pixels; those outside it are left out."""
    placed = [
        (frame.place(local_millis(max(since, _EARLIEST), zone)), frame.place(local_millis(min(until, _LATEST), zone)))
        for since, until in intervals
    ]
    return [(left, right) for left, right in placed if right > left]


_EARLIEST, _LATEST = -DAY * 365 * 60, DAY * 365 * 300
"""No zone of the calendar is asked about what lies beyond; both are far outside any frame."""


def bands(
    restricted: Iterable[tuple[float, float]], uncertain: Iterable[tuple[float, float]], top: float, bottom: float
) -> list[Layer]:
    """Restricted time shaded, the time in which an edge lies lighter."""
    layers: list[Layer] = []
    for part, places, colour in (
        ("uncertain", uncertain, theme.BAND_EDGE),
        ("restricted", restricted, theme.BAND),
    ):
        values = [{"band": part, "px": left, "px2": right, "py": top, "py2": bottom} for left, right in places]
        if values:
            layers.append(boxes(values, colour))
    return layers


def mark_events(events: Iterable[Event], zone_of_country: dict[str, str], frame: Timeframe) -> list[Marked]:
    """The events that lie in the frame, numbered in order of time and staggered where they are close."""
    marked: list[Marked] = []
    ends: list[float] = []
    for event in sorted(events, key=lambda event: (event.when.earliest, event.id)):
        zone = zone_of_country[event.country]
        since, until = local_millis(event.when.earliest, zone), local_millis(event.when.latest, zone)
        if (until <= frame.bounds[0] and since < frame.bounds[0]) or since >= frame.bounds[1]:
            continue
        place = frame.place(since)
        level = next((level for level, end in enumerate(ends) if place - end >= _NEAR), len(ends))
        ends[level : level + 1] = [place]
        marked.append(Marked(len(marked) + 1, event, place, frame.place(until), level))
    return marked


def room_for(marked: Sequence[Marked]) -> float:
    """How much more than the usual room the numbers need above their panel."""
    return _LEVEL * max((one.level for one in marked), default=0)


def event_rules(marked: Sequence[Marked], height: float, numbered: bool) -> list[Layer]:
    """A dashed rule an event over the whole height, its imprecision shaded; numbered on top if asked."""
    if not marked:
        return []
    layers: list[Layer] = []
    wide = [
        {"event": one.event.id, "px": one.place, "px2": one.place_until, "py": 0, "py2": height}
        for one in marked
        if one.event.when.latest - one.event.when.earliest > DAY
    ]
    if wide:
        layers.append(boxes(wide, "#00000012"))
    rules = [
        {"event": one.event.id, "px": one.place, "px2": one.place, "py": -6 if numbered else 0, "py2": height}
        for one in marked
    ]
    layers.append(lines(rules, theme.INK, 1, (4, 2)))
    if numbered:
        numbers = [{"text": str(one.number), "px": one.place, "py": -13 - _LEVEL * one.level} for one in marked]
        layers.append(text(numbers, theme.SMALL_SIZE, align="center", weight="bold"))
    return layers


def event_key(marked: Sequence[Marked], native: bool = True) -> tuple[list[Layer], float]:
    """A line an event: its number, date and title; in its own language too, where there is room."""
    left, width = -theme.LEFT, theme.WHOLE
    rows = []
    for place, one in enumerate(marked):
        y = 8 + 18 * place
        half = width * 0.56
        words = f"{one.number}   {one.event.date_as_written}   {one.event.title}"
        rows.append({"text": fitting(words, half, theme.SMALL_SIZE), "px": left, "py": y, "event": one.event.id})
        if native and one.event.title_native:
            said = fitting(one.event.title_native, width - half - 10, theme.SMALL_SIZE)
            rows.append({"text": said, "px": left + half + 10, "py": y, "event": one.event.id})
    return [text(rows, theme.SMALL_SIZE)], 18.0 * len(marked) + 4


def platform_words(platform: str) -> str:
    """`all platforms`, `Telegram`."""
    return "all platforms" if platform == ANY_PLATFORM else theme.PLATFORM_HEADS.get(platform, platform)


def restriction_words(restrictions: Iterable[Restriction]) -> list[str]:
    """Each restriction in a few words: `IR telegram: block of the public since 2018-04-30`."""
    return [
        f"{one.country} {platform_words(one.platform)}: {one.kind} ({one.scope.replace('_', ' ')}), "
        f"from {one.starts_as_written}"
        + (f" to {one.ends_as_written}" if one.ends_as_written else ", still in force")
        for one in restrictions
    ]
