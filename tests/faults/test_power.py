"""Power loss: every call to the disk is recorded, and the disk is put together as it may be after any of them.

From each such disk the tracker's own store has to open a sound database that holds all that was acknowledged and
nothing half. The control records the same days with `synchronous=OFF`, and with NORMAL, and has to lose something.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.disk import Fate, State, states
from tests.faults.dying import Nursery, digest
from tests.faults.scene import DAYS, ENVIRONMENT, played
from tests.faults.shim import Shim, compiled
from tests.store.making import rows
from tracker.store.store import Store

SEED = 20261124
GO_ON_EVERY = 25
"""One state in so many is collected from to the end and compared with the platforms."""
CONTROLS = 60


class Recording:
    """The first days, with every call to the disk written down."""

    def __init__(self, folder: Path, synchronous: str = "", days: int = 2) -> None:
        self.home = folder / "home"
        self.data = self.home / "data"
        (self.home / "data").mkdir(parents=True)
        shim = Shim(compiled(folder), self.home, folder / "log", folder / "control")
        self._shim = shim
        with Nursery(folder, {**ENVIRONMENT, **shim.environment(recording=True)}) as nursery:
            for day in range(days):
                with played(self.home, day) as scene:
                    for hour, words in DAYS[day]:
                        scene.configure(hour=hour)
                        told = {"acknowledging": self.home / "acknowledged", "synchronous": synchronous}
                        ran = nursery.run(self.home, *scene.arguments(words), **told)  # type: ignore[arg-type]
                        assert ran.code == 0, ran.said
        self.empty = digest(sqlite3.connect(":memory:"))

    def states(self, wanted: int) -> Iterator[State]:
        return states(self._shim.calls(), self.data, wanted, SEED)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(tmp_path_factory.mktemp("recording"))


def held(path: Path) -> str:
    """What a database holds, and a word of its own for one that is not sound."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return "corrupt"
            return digest(connection)
        except sqlite3.DatabaseError:
            return "corrupt"


def put(state: State, data: Path) -> None:
    """Make the folder hold what the disk holds."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    for path, content in state.files.items():
        (data / Path(path).name).write_bytes(content)


def verdict(state: State, data: Path, recording: Recording) -> str:
    """`whole`, `under way` for the commit that was not acknowledged yet, or what is wrong."""
    put(state, data)
    found = held(data / "tracker.db")
    if found == state.acknowledged:
        return "whole"
    if found in state.possible:
        return "under way"
    if not state.acknowledged:
        return "whole" if found != "corrupt" else "corrupt"
    return "corrupt" if found == "corrupt" else "lost"


def test_after_a_power_loss_at_any_call_all_that_was_acknowledged_is_there(
    recording: Recording, tmp_path: Path, states: int, figures: Callable[..., None]
) -> None:
    home = tmp_path / "home"
    data = home / "data"
    verdicts: Counter[str] = Counter()
    fates: Counter[Fate] = Counter()
    for number, state in enumerate(recording.states(states)):
        told = verdict(state, data, recording)
        assert told in ("whole", "under way"), f"{told} after {state.calls} calls, {state.fate}"
        verdicts[told] += 1
        fates[state.fate] += 1
        put(state, data)
        with closing(Store(data / "tracker.db")):  # what the tracker itself opens
            pass
        if number % GO_ON_EVERY == 0:
            goes_on(home, tmp_path)
    assert sum(verdicts.values()) == states
    assert len(fates) == len(Fate)
    assert verdicts["whole"] > states // 2
    figures(states=states, **verdicts)


def goes_on(home: Path, folder: Path) -> None:
    """Collect from here to the end of the second day: equal to the platforms."""
    with Nursery(folder, ENVIRONMENT) as nursery, played(home, 1) as scene:
        ran = nursery.run(home, "collect", "--all")
        assert ran.code == 0, ran.said
        assert scene.differences() == []


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_without_the_syncs_the_same_disks_lose_what_was_acknowledged(
    tmp_path: Path, synchronous: str, figures: Callable[..., None]
) -> None:
    """The control."""
    recording = Recording(tmp_path / "recording", synchronous, days=1)
    verdicts = Counter(verdict(state, tmp_path / "data", recording) for state in recording.states(CONTROLS))
    assert verdicts["lost"] + verdicts["corrupt"] > CONTROLS // 4
    if synchronous == "OFF":
        assert verdicts["lost"] > 0
    figures(**{f"synchronous={synchronous}": dict(verdicts)})


def test_a_torn_database_is_seen_as_such(recording: Recording, tmp_path: Path) -> None:
    """The control of the control: the check for soundness sees a page that was overwritten."""
    *_, last = recording.states(40)
    put(last, tmp_path / "data")
    path = tmp_path / "data" / "tracker.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert rows(path, "SELECT count(*) FROM post") != [(0,)]
    assert held(path) != "corrupt"
    content = bytearray(path.read_bytes())
    content[5 * 4096 : 12 * 4096] = bytes(7 * 4096)
    path.write_bytes(content)
    assert held(path) == "corrupt"
