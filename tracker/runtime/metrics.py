"""A text file for Prometheus' node_exporter: how collecting goes, and of nobody in particular.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/. Counters begin anew with each start, as
Prometheus expects. No visit of a person at risk is counted: one by one they would tell when something befell whom.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tracker.domain.instants import Clock, Instant
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Platform
from tracker.runtime.clock import system_clock
from tracker.runtime.observer import Silent
from tracker.runtime.pulse import Beat
from tracker.runtime.replacing import replace_file

Value = tuple[Mapping[str, str], float]


class Meters(Silent):
    """Counts what the workers tell, and writes it down when asked."""

    def __init__(self, told: Callable[[str], None], clock: Clock = system_clock) -> None:
        self.path: Path | None = None
        """Where to; None: nowhere. May be changed at any time."""
        self._told, self._clock = told, clock
        self._started_at: Instant = clock()
        self._lock = threading.Lock()
        self._visits = Counter[tuple[Platform, OutcomeKind]]()
        self._posts = Counter[Platform]()
        self._requests = Counter[Platform]()
        self._micros = Counter[Platform]()
        self._failing = False

    def page(self, platform: Platform, posts_new: int) -> None:
        with self._lock:
            self._posts[platform] += posts_new

    def spent(self, platform: Platform, requests: int, micros: int) -> None:
        with self._lock:
            self._requests[platform] += requests
            self._micros[platform] += micros

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        if handle:  # else a person at risk
            with self._lock:
                self._visits[platform, kind] += 1

    def write(self, beats: Mapping[Platform, Beat]) -> None:
        """Put the present figures in place of the file. A disk that refuses is told of once."""
        if self.path is None:
            return
        try:
            replace_file(self.path, self.text(beats), 0o644)  # node_exporter runs as another user
            self._failing = False
        except OSError as error:
            if not self._failing:
                self._failing = True
                self._told(f"cannot write the metrics to {self.path}: {error.strerror}; it is tried again")

    def text(self, beats: Mapping[Platform, Beat]) -> str:
        """The present figures in Prometheus' format."""
        with self._lock:
            return "".join(self._lines(beats))

    def _lines(self, beats: Mapping[Platform, Beat]) -> Iterator[str]:
        def by_platform(counted: Mapping[Platform, float]) -> list[Value]:
            return [({"platform": platform}, counted.get(platform, 0)) for platform in beats]

        def when(moments: Mapping[Platform, Instant | None]) -> list[Value]:
            return [({"platform": platform}, at) for platform, at in moments.items() if at is not None]

        visits = [
            ({"platform": platform, "outcome": kind}, number) for (platform, kind), number in self._visits.items()
        ]
        stops = [({"platform": name, "reason": beat.stop}, 1.0) for name, beat in beats.items() if beat.stop]
        dollars = {platform: micros / 1_000_000 for platform, micros in self._micros.items()}
        good = when({platform: beat.good_at for platform, beat in beats.items()})
        beat_at = when({platform: beat.beat_at for platform, beat in beats.items()})
        in_a_row = by_platform({platform: beat.failures for platform, beat in beats.items()})
        yield from _metric("start_time_seconds", "gauge", "When the daemon was started.", [({}, self._started_at)])
        yield from _metric("written_time_seconds", "gauge", "When this was written.", [({}, self._clock())])
        yield from _metric("last_good_tick_time_seconds", "gauge", "When a tick last ended well.", good)
        yield from _metric("last_beat_time_seconds", "gauge", "When anything was last committed.", beat_at)
        yield from _metric("failed_ticks", "gauge", "Ticks that failed since the last good one.", in_a_row)
        yield from _metric("stopped", "gauge", "1 while the platform may not be asked, and for what reason.", stops)
        yield from _metric("visits_total", "counter", "Visits of named accounts, by how they ended.", visits)
        yield from _metric("posts_total", "counter", "New posts of named accounts.", by_platform(self._posts))
        yield from _metric(
            "requests_total",
            "counter",
            "Requests that were sent, but about people at risk.",
            by_platform(self._requests),
        )
        yield from _metric("spent_dollars_total", "counter", "What they cost, in US dollars.", by_platform(dollars))


def _metric(name: str, kind: str, meaning: str, values: Sequence[Value]) -> Iterator[str]:
    if not values:
        return
    yield f"# HELP tracker_{name} {meaning}\n# TYPE tracker_{name} {kind}\n"
    for labels, value in values:
        inside = ",".join(f'{label}="{word}"' for label, word in labels.items())
        yield f"tracker_{name}{{{inside}}} {value:.15g}\n" if inside else f"tracker_{name} {value:.15g}\n"
