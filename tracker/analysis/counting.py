"""Counting sorted instants in intervals and local days, without a step in Python for each post."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tracker.domain.instants import DAY, WEEK, Instant, zone_of
from tracker.domain.intervals import Interval, Intervals
from tracker.domain.words import PostKind

Times = NDArray[np.int64]
Flags = NDArray[np.bool_]
_NONE: Times = np.empty(0, dtype=np.int64)

_ZONES_FROM, _ZONES_UNTIL = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2000, 2060))
"""Changes of a zone's offset are looked for between these: no platform is older, no post younger."""


def slice_of(times: Times, interval: Interval) -> slice:
    """Where in the sorted times those of [since, until) stand."""
    first, beyond = np.searchsorted(times, interval)
    return slice(int(first), max(int(first), int(beyond)))


def count_in(times: Times, intervals: Intervals) -> int:
    """How many of the sorted times lie in the set."""
    if not intervals or not times.size:
        return 0
    places = np.searchsorted(times, np.array(intervals.parts, dtype=np.int64))
    return int((places[:, 1] - places[:, 0]).sum())


def inside(starts: Times, ends: Times, intervals: Intervals) -> Flags:
    """For each [start, end): whether the set holds all of it."""
    if not intervals:
        return np.zeros(starts.shape, dtype=np.bool_)
    edges = np.array(intervals.parts, dtype=np.int64)
    part = np.searchsorted(edges[:, 0], starts, side="right") - 1
    held: Flags = (part >= 0) & (ends <= edges[part, 1])
    return held


def touches(starts: Times, ends: Times, intervals: Intervals) -> Flags:
    """For each [start, end): whether the set holds some of it."""
    if not intervals:
        return np.zeros(starts.shape, dtype=np.bool_)
    edges = np.array(intervals.parts, dtype=np.int64)
    part = np.searchsorted(edges[:, 1], starts, side="right")
    met: Flags = (part < len(edges)) & (edges[np.minimum(part, len(edges) - 1), 0] < ends)
    return met


def length_before(moments: Times, intervals: Intervals) -> Times:
    """How many seconds of the set lie before each moment."""
    if not intervals:
        return np.zeros(moments.shape, dtype=np.int64)
    edges = np.array(intervals.parts, dtype=np.int64)
    ends_at = np.cumsum(edges[:, 1] - edges[:, 0])
    part = np.searchsorted(edges[:, 1], moments)
    whole = np.concatenate(([0], ends_at))[part]
    begun = edges[np.minimum(part, len(edges) - 1), 0]
    begun_part: Times = np.where(part < len(edges), np.maximum(0, moments - begun), 0)
    return whole + begun_part


def counts_between(times: Times, edges: Times, intervals: Intervals | None = None) -> Times:
    """How many of the sorted times lie between each edge and the next, or of those in the set.

    An edge belongs to what follows it. Edges ascend; equal ones have nothing between them.
    """
    if intervals is None:
        return np.diff(np.searchsorted(times, edges))
    counted = np.zeros(max(0, edges.size - 1), dtype=np.int64)
    for part in intervals:
        counted += np.diff(np.searchsorted(times, np.clip(edges, *part)))
    return counted


def covered_gaps(times: Times, covered: Intervals, latest: Times | None = None) -> tuple[Times, Times]:
    """The times between consecutive posts that are covered throughout: the post before each, and its length.

    Where posts are known less exactly, `times` are the earliest moments at which they can have been made, `latest`
    the latest ones: the lengths are then the greatest possible.
    """
    gaps = np.diff(times) if latest is None else latest[1:] - times[:-1]
    parts: list[slice] = []
    for since, until in covered:
        first = int(np.searchsorted(times, since))
        beyond = int(np.searchsorted(times, until, side="right"))
        if beyond - first >= 2:
            parts.append(slice(first, beyond - 1))
    if len(parts) == 1:
        return times[parts[0]], gaps[parts[0]]
    starts = np.concatenate([_NONE, *(times[part] for part in parts)])
    return starts, np.concatenate([_NONE, *(gaps[part] for part in parts)])


def longest_gap(times: Times, covered: Intervals) -> int | None:
    """The longest time between two consecutive posts, in seconds, that is covered throughout; None: there is none."""
    _, gaps = covered_gaps(times, covered)
    return int(gaps.max()) if gaps.size else None


def local_days(times: Times, zone: str) -> Times:
    """The distinct local days of the sorted times, ascending, as days since 1970-01-01."""
    if not times.size:
        return times
    changes, offsets = _offsets(zone)
    places = np.searchsorted(times, changes)
    stretches = np.diff(np.concatenate(([0], places, [times.size])))
    days = (times + np.repeat(offsets, stretches)) // DAY
    steps = np.diff(days)
    if (steps < 0).any():
        # A clock that is set back over midnight returns to the day before.
        return np.unique(days)
    return days[np.concatenate(([True], steps > 0))]


def union_size(sets: Sequence[Times]) -> int:
    """How many distinct days the sets have together."""
    together = np.concatenate([_NONE, *sets])
    if not together.size:
        return 0
    present = np.zeros(int(together.max() - together.min()) + 1, dtype=np.bool_)
    present[together - together.min()] = True
    return int(present.sum())


def last_of(times: Times, kinds: NDArray[np.uint8], *wanted: PostKind) -> Instant | None:
    """The last of the sorted times whose kind is one of those wanted."""
    # Searching bytes from behind looks at a few posts; comparing arrays would look at all.
    kinds_as_bytes = kinds.tobytes()
    place = max(kinds_as_bytes.rfind(kind) for kind in wanted)
    return int(times[place]) if place >= 0 else None


@lru_cache(maxsize=256)
def _offsets(zone: str) -> tuple[Times, Times]:
    """When the zone's offset from UTC changed, and the offsets in seconds: before the first change, after each."""
    moments: list[Instant] = []
    values = [_offset_at(_ZONES_FROM, zone)]
    for start in range(_ZONES_FROM, _ZONES_UNTIL, WEEK):
        if (value := _offset_at(start + WEEK, zone)) != values[-1]:
            moments.append(_change_between(start, start + WEEK, zone))
            values.append(value)
    return np.array(moments, dtype=np.int64), np.array(values, dtype=np.int64)


def _change_between(before: Instant, after: Instant, zone: str) -> Instant:
    old = _offset_at(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after


def _offset_at(instant: Instant, zone: str) -> int:
    offset = datetime.fromtimestamp(instant, zone_of(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
