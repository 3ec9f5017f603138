"""Panels of named rows: a name on the left, something measured, a value on the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracker.reports.charts import theme
from tracker.reports.charts.layers import Layer, text
from tracker.reports.charts.wording import fitting

_NAME_WIDTH = theme.LEFT - 16


@dataclass(frozen=True, slots=True)
class Label:
    """What stands left and right of one row."""

    name: str
    native: str = ""
    value: str = ""
    end: float = theme.WIDTH
    """Where what is measured ends, in pixels: the value stands behind it."""


@dataclass(frozen=True, slots=True)
class Band:
    """Where one row stands, in pixels from the top."""

    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def bar(self) -> tuple[float, float]:
        """Top and bottom of what is drawn in the row."""
        return self.middle - 7, self.middle + 7


def bands_of(labels: Sequence[Label]) -> list[Band]:
    """A band for each row; one with a second name is higher."""
    bands: list[Band] = []
    top = 0.0
    for label in labels:
        bottom = top + (34 if label.native else 22)
        bands.append(Band(top, bottom))
        top = bottom
    return bands


def names_and_values(labels: Iterable[Label], bands: Iterable[Band]) -> list[Layer]:
    """The words of the rows."""
    first, second, values = [], [], []
    for label, band in zip(labels, bands, strict=True):
        shift = 8 if label.native else 0
        first.append(
            {"text": fitting(label.name, _NAME_WIDTH), "full": label.name, "px": -10, "py": band.middle - shift}
        )
        if label.native:
            native = fitting(label.native, _NAME_WIDTH)
            second.append({"text": native, "full": label.native, "px": -10, "py": band.middle + 8})
        values.append({"text": label.value, "px": round(label.end + 8, 2), "py": band.middle})
    layers: list[Layer] = [text(first, align="right"), text(values, theme.SMALL_SIZE)]
    if second:
        layers.append(text(second, theme.TEXT_SIZE, theme.SOFT_INK, align="right"))
    return layers
