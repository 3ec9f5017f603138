"""Answers changed in their structure or in their bytes, and the properties that hold of whatever comes of it.

Each change is drawn through one function, so that hypothesis and a plain random generator can both drive it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tests.hostile.corpus import NUMBERS, TEXTS, TIMES

Path = tuple[str | int, ...]


class Chance(Protocol):
    """Where decisions come from: `random.Random` and hypothesis' one."""

    def randrange(self, stop: int, /) -> int: ...


def one_of(chance: Chance, choices: Sequence[Any]) -> Any:
    return choices[chance.randrange(len(choices))]


SCALARS: tuple[object, ...] = (
    None, True, False, 0, -1, 17, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 1.5, 1e300,
    "", "0", "-1", "17", "1.7E+18", "9" * 30, str(2**63), [], {}, [[]], [{}], {"a": None},
    *TIMES, *(text[:300] for text in TEXTS.values()),
)  # fmt: skip
RAW = (*NUMBERS.values(), '"\\ud800"', "[" * 300 + "]" * 300)
"""What no writer of JSON writes, put in place of a mark."""
MARK = "here stands what is raw"


def places(value: object, path: Path = ()) -> list[Path]:
    """The ways to every part of a JSON document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(way for key, part in parts for way in places(part, (*path, key)))]


def part_at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def changed(document: Any, chance: Chance, below: Path = ()) -> tuple[Any, Path]:
    """The document with one change at or below a path, and where it is."""
    path = (*below, *one_of(chance, places(part_at(document, below))))
    if not path:
        return one_of(chance, SCALARS), path
    parent, key = part_at(document, path[:-1]), path[-1]
    _CHANGES[chance.randrange(len(_CHANGES))](parent, key, chance)
    return document, path


def _drop(parent: Any, key: Any, _chance: Chance) -> None:
    del parent[key]


def _replace(parent: Any, key: Any, chance: Chance) -> None:
    parent[key] = one_of(chance, SCALARS)


def _nest(parent: Any, key: Any, chance: Chance) -> None:
    parent[key] = {"id": parent[key]} if chance.randrange(2) else [parent[key]]


def _double(parent: Any, key: Any, _chance: Chance) -> None:
    if isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[key]))
    else:
        parent[f"{key}_"] = copy.deepcopy(parent[key])


def _rename(parent: Any, key: Any, _chance: Chance) -> None:
    if isinstance(parent, dict):
        parent[f"new_{key}"] = parent.pop(key)


def _swap(parent: Any, key: Any, chance: Chance) -> None:
    keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
    other = one_of(chance, keys)
    parent[key], parent[other] = parent[other], parent[key]


def _retype(parent: Any, key: Any, _chance: Chance) -> None:
    value = parent[key]
    if isinstance(value, str) and value.isascii() and value.isdigit():
        parent[key] = int(value)
    elif isinstance(value, int | float):
        parent[key] = str(value)
    else:
        parent[key] = json.dumps(value)


def _unknown(parent: Any, key: Any, chance: Chance) -> None:
    parent[key] = f"unheard_of_{chance.randrange(3)}"


def _raw(parent: Any, key: Any, _chance: Chance) -> None:
    parent[key] = MARK


_CHANGES: tuple[Callable[[Any, Any, Chance], None], ...] = (
    _drop, _replace, _replace, _nest, _double, _rename, _swap, _retype, _unknown, _raw,
)  # fmt: skip


def written(document: object, chance: Chance) -> bytes:
    """The document in JSON, with something raw where that is called for."""
    text = json.dumps(document, ensure_ascii=chance.randrange(2) == 0)
    return text.replace(f'"{MARK}"', one_of(chance, RAW)).encode("utf-8", "surrogatepass")


def garbled(body: bytes, chance: Chance) -> bytes:
    """The bytes with some missing, doubled, changed or put in."""
    for _ in range(1 + chance.randrange(3)):
        begin = chance.randrange(len(body) + 1)
        end = min(len(body), begin + chance.randrange(24))
        instead = (
            b"",
            body[begin:end] * 2,
            bytes(chance.randrange(256) for _ in range(chance.randrange(6))),
            one_of(chance, (b'"', b"\\", b"{", b"]", b"\x00", b"\xff", b"\xed\xa0\x80", b"<", b"</div>", b"&#0;")),
            body[: end - begin],
        )[chance.randrange(5)]
        body = body[:begin] + instead + body[end:]
    return body
