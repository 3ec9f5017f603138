"""Looks into finished pictures: the data of a chart, the words of an SVG, the size of a PNG."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

from tests.analysis.making import NOW, SETTINGS
from tracker.analysis.question import Selection
from tracker.domain.events import Event
from tracker.domain.restrictions import Restriction
from tracker.domain.subjects import ListedAccount
from tracker.reports.charts.drawing import Picture
from tracker.reports.charts.scene import Scene

SVG = "{http://www.w3.org/2000/svg}"


def scene(
    *accounts: ListedAccount,
    restrictions: tuple[Restriction, ...] = (),
    events: tuple[Event, ...] = (),
    selection: Selection | None = None,
    **more: Any,
) -> Scene:
    asked = Selection(as_of=NOW) if selection is None else selection
    return Scene(asked, accounts, restrictions, events, SETTINGS, **more)


def values(picture: Picture) -> list[dict[str, Any]]:
    """All values that are drawn."""
    return [value for rows in picture.spec()["datasets"].values() for value in rows]


def values_with(picture: Picture, *fields: str) -> list[dict[str, Any]]:
    """The values that have these fields."""
    return [value for value in values(picture) if all(field in value for field in fields)]


def words(svg: str) -> list[str]:
    """The texts of the SVG, in their order."""
    return [text for element in _all(svg, "text") for text in ["".join(element.itertext())] if text.strip()]


def paths(svg: str, colour: str) -> list[ElementTree.Element]:
    """The drawn shapes filled with the colour."""
    return [one for one in _all(svg, "path") if one.get("fill", "").lower() == colour.lower()]


def _all(svg: str, tag: str) -> Iterator[ElementTree.Element]:
    return ElementTree.fromstring(svg).iter(SVG + tag)


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height, from the header."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height
