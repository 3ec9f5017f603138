"""A file that is one JSON document, read item by item: never more than one item is in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import ijson  # type: ignore[import-untyped]

from tracker.archives.lines import CUT_OFF
from tracker.archives.source import BLOCK, Source
from tracker.collectors.x_schema import one_line
from tracker.domain.errors import UsageError

LONGEST = 4 * 2**20
"""Bytes of one item; a message of Telegram, or a post in an archive of X, has a few thousand."""
DEEPEST = 100
"""Levels of nesting; an export has fewer than 20."""
Path = tuple[str, ...]
"""The keys that lead to a value; in an array the key is `*`."""


class CutOffError(Exception):
    """The document ends, or goes wrong, in the middle. Its text is the whole reason."""


class _Bounded:
    """The source, for as long as items are not too long."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.begun = 0
        """Where the item in hand begins, or where nothing was in hand last."""

    def read(self, size: int) -> bytes:
        if self._source.position - self.begun > LONGEST:
            raise UsageError(
                f"{self._source.name} holds an item longer than {LONGEST // 2**20} MiB: no export that can be "
                "read here has such items"
            )
        return self._source.read(min(size, BLOCK))

    def here(self) -> None:
        self.begun = self._source.position


def items(source: Source, wanted: Collection[Path], facts: Collection[Path]) -> Iterator[tuple[Path, object]]:
    """The objects at the paths wanted, and the plain values at the paths of facts, in the order of the document.

    Of any other object or array the path comes with None, once it is closed. Raises CutOffError where the document
    breaks off, and UsageError where it is nested too deeply or an item is too long.
    """
    bounded = _Bounded(source)
    path: list[str] = []
    """The keys that lead to the innermost open container."""
    key = ""
    """That of the next value."""
    building: list[Any] = []
    """The item in hand, and what is open inside it."""
    try:
        for event, value in ijson.basic_parse(bounded, use_float=True, buf_size=BLOCK // 16):
            if event == "map_key":
                key = value
            elif event in ("start_map", "start_array"):
                inner: Any = {} if event == "start_map" else []
                if building:
                    _put(building[-1], key, inner)
                    building.append(inner)
                elif event == "start_map" and (*path[1:], key) in wanted:
                    bounded.here()
                    building.append(inner)
                path.append(key)
                if len(path) > DEEPEST:
                    raise UsageError(f"{source.name} is nested more than {DEEPEST} levels deep: that is no export")
                key = "*"
            elif event in ("end_map", "end_array"):
                key = path.pop()
                done = building.pop() if building else None
                if not building:
                    bounded.here()
                    yield ((*path[1:], key) if path else ()), done
            elif building:
                _put(building[-1], key, value)
            else:
                bounded.here()
                if (*path[1:], key) in facts:
                    yield (*path[1:], key), value
    except ijson.JSONError as error:
        words = _words(error)
        why = CUT_OFF if "premature" in words or "incomplete" in words.casefold() else "no JSON from here on"
        raise CutOffError(one_line(f"{why} ({words})")) from None


def _words(error: ijson.JSONError) -> str:
    """The first line of what the parser says; the others show a piece of the file."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return text.partition("\n")[0] or "this is no JSON"


def _put(place: Any, key: str, value: object) -> None:
    if isinstance(place, dict):
        place[key] = value
    else:
        place.append(value)
