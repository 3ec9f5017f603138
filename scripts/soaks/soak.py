"""What a long run is, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run."""

    figures: Mapping[str, object]
    """For `--json`."""
    lines: list[str]
    """The same for people."""
    wrong: list[str] = field(default_factory=list)
    """Every way in which it did not end as it should; empty: all is well."""


@dataclass(frozen=True, slots=True)
class Soak:
    """A long run: `start` is called with the values of its options."""

    about: str
    options: Mapping[str, tuple[type, object, str]]
    """Type, default and explanation by name."""
    start: Callable[..., Report]
