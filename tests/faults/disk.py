"""What a disk may hold after a power loss, from the calls that were made to it until then.

What was synced is there. Of what was written since, each sector of 512 bytes may be there or not, in any order, and
the last one may be torn. A file whose folder was not synced since it was made may be missing as a whole, and one that
was removed may still be there.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from tests.faults.shim import Call

SECTOR = 512


class Fate(Enum):
    """What becomes of all that was not synced."""

    NOTHING_OF_IT = auto()
    ALL_OF_IT = auto()
    SOME_SECTORS = auto()
    THE_LAST_ONE_TORN = auto()
    ONLY_THE_LAST = auto()


@dataclass
class Disk:
    """The files of one folder."""

    folder: Path
    synced: dict[str, bytearray] = field(default_factory=dict)
    waiting: dict[str, list[Call]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """Files of which the folder surely knows."""
    removed: dict[str, bytearray] = field(default_factory=dict)
    """Files that were removed, of which the folder may still know."""

    def take(self, call: Call) -> None:
        """A call was made."""
        match call.what:
            case "SYNC" if call.path == str(self.folder):
                self.named |= self.synced.keys() | self.waiting.keys()
                self.removed.clear()
            case "SYNC":
                content = self.synced.setdefault(call.path, bytearray())
                for change in self.waiting.pop(call.path, []):
                    apply(content, change)
            case "GONE":
                content = self.synced.pop(call.path, bytearray())
                self.waiting.pop(call.path, None)
                if call.path in self.named:
                    self.named.discard(call.path)
                    self.removed[call.path] = content
            case "WRIT" | "TRUN":
                self.waiting.setdefault(call.path, []).append(call)
            case _:
                raise ValueError(f"SQLite was not known to do this: {call.what}")

    def after(self, fate: Fate, chance: random.Random) -> dict[str, bytes]:
        """The files and what they hold, if the power went now."""
        found: dict[str, bytes] = {}
        for path, content in self.removed.items():
            if fate is Fate.NOTHING_OF_IT or (fate is not Fate.ALL_OF_IT and chance.random() < 0.5):
                found[path] = bytes(content)
        for path in self.synced.keys() | self.waiting.keys():
            may_be_missing = path not in self.named and fate is not Fate.ALL_OF_IT
            if may_be_missing and (fate is Fate.NOTHING_OF_IT or chance.random() < 0.5):
                continue
            content = bytearray(self.synced.get(path, b""))
            for change in surviving(self.waiting.get(path, []), fate, chance):
                apply(content, change)
            found[path] = bytes(content)
        return found


def apply(content: bytearray, change: Call) -> None:
    if change.what == "TRUN":
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data


def surviving(waiting: list[Call], fate: Fate, chance: random.Random) -> Iterator[Call]:
    """What of the changes is on the disk, in order."""
    match fate:
        case Fate.NOTHING_OF_IT:
            return
        case Fate.ALL_OF_IT:
            yield from waiting
        case Fate.THE_LAST_ONE_TORN:
            yield from waiting[:-1]
            for call in waiting[-1:]:
                yield Call(call.what, call.path, call.offset, call.data[: chance.randrange(len(call.data) + 1)])
        case Fate.ONLY_THE_LAST:
            yield from waiting[-1:]
        case Fate.SOME_SECTORS:
            for call in waiting:
                if call.what == "WRIT":
                    yield from (sector for sector in sectors(call) if chance.random() < 0.5)
                elif chance.random() < 0.5:
                    yield call


def sectors(call: Call) -> Iterator[Call]:
    """A write, divided at the borders of sectors."""
    start = 0
    while start < len(call.data):
        length = SECTOR - (call.offset + start) % SECTOR
        yield Call(call.what, call.path, call.offset + start, call.data[start : start + length])
        start += length


@dataclass(frozen=True, slots=True)
class State:
    """One possible disk, and what it has to hold."""

    calls: int
    """How many were made until the power went."""
    fate: Fate
    files: dict[str, bytes]
    acknowledged: str
    """What the database held after the last commit that was acknowledged; empty: before the first."""
    possible: frozenset[str]
    """What it may hold as well: a commit was under way."""


def states(calls: Iterable[Call], folder: Path, wanted: int, seed: int) -> Iterator[State]:
    """So many states, spread evenly over all prefixes of what was recorded, each kind of fate in turn."""
    database = str(folder / "tracker.db")
    recorded = [call for call in calls if is_concerned(call, folder, database)]
    if not recorded:
        raise ValueError("nothing was recorded: does SQLite write through the C library here?")
    chance, disk = random.Random(seed), Disk(folder)
    acknowledged, possible = "", set[str]()
    made, cuts = 0, [number * len(recorded) // wanted for number in range(wanted)]
    for number, call in enumerate(recorded):
        while made < wanted and cuts[made] == number:
            fate = list(Fate)[made % len(Fate)]
            yield State(number, fate, disk.after(fate, chance), acknowledged, frozenset(possible))
            made += 1
        if call.path.endswith("/acknowledged"):
            for line in call.data.decode().splitlines():
                what, held = line.split()
                if what == "A":
                    acknowledged, possible = held, set()
                else:
                    possible.add(held)
        else:
            disk.take(call)


def is_concerned(call: Call, folder: Path, database: str) -> bool:
    """Whether the call is about the database, or tells what it holds."""
    if call.path.endswith("/acknowledged"):
        return True
    return call.path == str(folder) or (call.path.startswith(database) and not call.path.endswith("-shm"))
