"""SIGKILL: at every commit, before it and within it, at any call to the disk, and at any moment.

Each kill is followed by the same command once more, as a service manager would start it, and then what is stored is
compared with the platforms' list.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.dying import KILLED, Nursery, Ran
from tests.faults.scene import DAYS, ENVIRONMENT, Scene, played
from tests.faults.shim import Shim, compiled
from tracker.sandbox.x_limits import POST

PAGE = 100
MOMENTS = ("before", "inside", "after")
CAP = 190
REREAD = 2 * PAGE
"""Posts of people at risk whose week was not over on the page in hand are read again."""
LONG = 200
"""From so many random kills on, the named points are tried wherever they are."""


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    folder = tmp_path_factory.mktemp("days")
    shim = Shim(compiled(folder), folder, folder / "log", folder / "control")
    with Nursery(folder, {**ENVIRONMENT, **shim.environment()}) as nursery:
        yield Days(folder, nursery, shim)


class Days:
    """The days of the scene, each to be played from the evening before, as often as wanted."""

    def __init__(self, folder: Path, nursery: Nursery, shim: Shim) -> None:
        self.folder, self.nursery, self.shim = folder, nursery, shim
        self.points: list[list[list[str]]] = []
        """By day and command: the methods that wrote something, in order, when nothing went wrong."""
        self.delivered: list[int] = []
        """How many posts X delivers on each day."""
        self.bill: list[int] = []
        self.content: list[set[tuple[object, ...]]] = []
        home = folder / "evening0"
        home.mkdir()
        for day in range(len(DAYS)):
            home = Path(shutil.copytree(home, folder / f"evening{day + 1}", symlinks=True))
            with played(home, day) as scene:
                self.points.append([self.run(scene, command).points for command in range(len(DAYS[day]))])
                assert scene.differences() == []
                assert scene.spent_today() == scene.x.bill.micros
                self.delivered.append(len(scene.x.delivered))
                self.bill.append(scene.x.bill.micros)
                self.content.append(content(scene))

    def run(self, scene: Scene, command: int, *, reads: int | None = None, **fate: object) -> Ran:
        """One command of the day."""
        hour, words = DAYS[scene.day][command]
        scene.configure(hour=hour, reads=reads)
        return self.nursery.run(scene.home, *scene.arguments(words), **fate)  # type: ignore[arg-type]

    @contextmanager
    def begun(self, day: int, command: int) -> Iterator[Scene]:
        """A fresh copy of the evening before, with all commands of the day that come before this one done."""
        home = Path(shutil.copytree(self.folder / f"evening{day}", self.folder / "home", symlinks=True))
        try:
            with played(home, day) as scene:
                for earlier in range(command):
                    assert self.run(scene, earlier).code == 0
                yield scene
        finally:
            shutil.rmtree(home)

    def finish(self, scene: Scene, command: int, **options: int | None) -> None:
        """Start the rest of the day's commands as often as it takes, a few times at most."""
        for rest in range(command, len(DAYS[scene.day])):
            ran = self.run(scene, rest, **options)
            assert ran.code == 0, ran.said

    def compare(self, scene: Scene, kills: int) -> None:
        """Nothing lost, nothing twice, nothing claimed that is not so, and at most a page read anew for each kill."""
        assert scene.differences() == []
        assert content(scene) == self.content[scene.day]
        again = len(scene.x.delivered) - self.delivered[scene.day]
        assert again <= kills * (PAGE + REREAD)
        counted = scene.x.bill.micros - self.bill[scene.day]
        assert counted <= kills * POST  # posts are free for the rest of the day, a request for counts is not


def is_made(path: Path) -> bool:
    """Whether there is a database yet: its making may be what was killed."""
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'account'").fetchall())


def content(scene: Scene) -> set[tuple[object, ...]]:
    """What was collected, without when."""
    with closing(sqlite3.connect(scene.path)) as connection:
        posts = connection.execute(
            "SELECT account_id, post_id, version_id, posted_at, kind, text, deleted_at IS NOT NULL FROM post"
        )
        weeks = connection.execute("SELECT account_id, week, kind, posts FROM week_count")
        counts = connection.execute("SELECT account_id, since, until, posts FROM count")
        return {*posts, *weeks, *counts}


def named_points(days: Days, everywhere: bool) -> Iterator[tuple[int, int, str, int]]:
    """Day, command, point and passage: each point's first passage, and within transactions the last one of a command.

    `everywhere`: by every command of every day; else by the first one that comes by.
    """
    known: set[tuple[str, int]] = set()
    for day, commands in enumerate(days.points):
        for command, methods in enumerate(commands):
            for method in dict.fromkeys(methods):
                last = methods.count(method)
                for point, passages in [
                    *((f"{method} {moment}", 1) for moment in MOMENTS),
                    (f"{method} inside", last),
                ]:
                    if everywhere or (point, min(passages, 2)) not in known:
                        known.add((point, min(passages, 2)))
                        yield day, command, point, passages


@pytest.mark.parametrize("day", range(len(DAYS)))
def test_killed_before_within_and_after_each_commit_it_goes_on_and_is_equal(
    days: Days, day: int, kills: int, figures: Callable[..., None]
) -> None:
    killed = 0
    for at, command, point, passages in named_points(days, everywhere=kills >= LONG):
        if at != day:
            continue
        with days.begun(day, command) as scene:
            died = days.run(scene, command, point=point, passages=passages)
            killed += died.code == KILLED
            assert died.code in (KILLED, 0), died.said
            if is_made(scene.path):
                assert scene.differences(complete=False) == [], point
            days.finish(scene, command)
            days.compare(scene, 1)
    assert killed >= 5
    figures(**{f"named points, day {day + 1}": killed})


def test_the_named_points_are_those_of_everything_that_is_done(days: Days) -> None:
    passed = {method for commands in days.points for methods in commands for method in methods}
    assert passed >= {
        *("sync", "claim", "begin_visit", "reserve", "write_profiles", "identify", "write_page", "write_weeks"),
        *("write_counts", "end_visit", "release", "write_found", "begin_job", "note_uploaded", "end_job"),
        *("settle", "begin_import", "write_imported", "end_import"),
    }


def test_killed_at_random_nothing_is_lost_or_doubled(days: Days, kills: int, figures: Callable[..., None]) -> None:
    """Half of the kills at some call to the disk, half at some moment; up to three of them in a row."""
    chance, killed, lives = random.Random(20261124), 0, 0
    while killed < kills:
        lives += 1
        day = chance.randrange(len(DAYS))
        with days.begun(day, 0) as scene:
            in_a_row = sum(lived_shortly(days, scene, chance) for _ in range(chance.randint(1, 3)))
            if is_made(scene.path):
                assert scene.differences(complete=False) == []
            days.finish(scene, 0)
            days.compare(scene, max(in_a_row, 1))
            killed += in_a_row
    assert lives < 2 * kills + 10
    figures(**{"killed at random": killed, "and compared": lives})


def lived_shortly(days: Days, scene: Scene, chance: random.Random, reads: int | None = None) -> bool:
    """Start the day's first command and kill it; whether it had not ended before."""
    if chance.random() < 0.5:
        days.shim.set(calls_left=chance.randint(1, 260))
        try:
            ran = days.run(scene, 0, reads=reads)
        finally:
            days.shim.set()
    else:
        ran = days.run(scene, 0, reads=reads, after=chance.uniform(0.01, 0.25))
    assert ran.code in (KILLED, 0, 3), ran.said
    return ran.code == KILLED


def test_killed_at_random_no_cap_is_passed_by_a_single_read(
    days: Days, kills: int, figures: Callable[..., None]
) -> None:
    """The judge is the sandbox's bill. The cap is used up, killed again and again, and then lifted."""
    chance, killed = random.Random(20261125), 0
    while killed < kills:
        with days.begun(0, 0) as scene:
            for _ in range(chance.randint(2, 5)):
                killed += lived_shortly(days, scene, chance, CAP)
                assert scene.x.bill.posts + scene.x.bill.users <= CAP
            capped = days.run(scene, 0, reads=CAP)
            assert capped.code == 3
            assert scene.x.bill.posts + scene.x.bill.users <= CAP
            assert scene.differences(complete=False) == []
            days.finish(scene, 0)
            assert scene.differences() == []
            assert content(scene) == days.content[0]
    figures(**{"killed at random below a cap": killed})


def test_the_comparison_finds_what_is_lost_doubled_or_claimed(days: Days) -> None:
    """The control: each kind of damage is seen."""
    damages = {
        "DELETE FROM post WHERE post_id = (SELECT max(post_id) FROM post)": "not stored, though",
        "UPDATE post SET posted_at = posted_at + 1 WHERE kind > 0": "another time or kind",
        "UPDATE post SET post_id = post_id + 1000000": "stored, though never published",
        "UPDATE week_count SET posts = posts + 1": "counted",
        "UPDATE count SET posts = posts + 1": "counted",
        "UPDATE coverage SET until = until + 60": "last looked at",
        "INSERT INTO hole (account_id, since, until, unreachable) VALUES (1, 5, 6, 0)": "holes are left",
        "UPDATE answer SET sha256 = 'x'": "is not what came",
        "UPDATE ledger SET cost = cost - 1 WHERE platform = 'x'": "the bill",
    }
    for damage, said in damages.items():
        with days.begun(0, 0) as scene:
            days.finish(scene, 0)
            with closing(sqlite3.connect(scene.path)) as connection:
                connection.execute(damage)
                connection.commit()
            assert any(said in sentence for sentence in scene.differences()), damage
