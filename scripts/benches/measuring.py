"""Timing several ways to do the same work side by side, and what a bench says in the end."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

Work = Callable[[], object]
Contestant = Callable[[], AbstractContextManager[Work]]
"""Prepares one way to do the work, and cleans up after it; only the work itself is timed."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a bench does."""

    rounds: int = 5
    """How often the contestants take turns; short ones do so a few times as often."""
    share: float = 1.0
    """Of the bench's full size."""

    def of(self, size: int) -> int:
        """That share of a size, but at least 1."""
        return max(1, round(size * self.share))


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a bench, and what it should be."""

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool:
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def target(self) -> str:
        """Empty: the figure is only told."""
        if self.at_least is None and self.at_most is None:
            return ""
        return f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of a bench, and the median seconds behind them."""

    task: str
    metrics: tuple[Metric, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    """What else a reader wants to see."""


def always(work: Work) -> Contestant:
    """A contestant that needs no preparation."""
    return lambda: nullcontext(work)


def race(contestants: Mapping[str, Contestant], rounds: int) -> dict[str, float]:
    """The median seconds of each contestant. They take turns, so that a busy moment of the machine meets all."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, prepared in contestants.items():
            with prepared() as work:
                # What the one before has left is not to be cleared away, or written to the disk, in this one's time.
                gc.collect()
                os.sync()
                begun = perf_counter()
                work()
                seconds[name].append(perf_counter() - begun)
    return {name: median(taken) for name, taken in seconds.items()}
