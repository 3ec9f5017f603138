"""A stage whose database is backed up, changed, and restored. All names are invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.runtime.making import Stage, listed
from tracker.config.home import Config, Home
from tracker.config.naming import named
from tracker.domain.instants import DAY
from tracker.domain.subjects import ListedAccount, Watchlist
from tracker.runtime import backup, forgetting, restoring
from tracker.runtime.restoring import Restored, Told

FIRST, SECOND = listed("first", 101), listed("second", 102)
POSTS = 150


@dataclass
class Scene:
    """Two accounts of so many posts, collected, and a backup of that."""

    stage: Stage
    folder: Path
    watched: tuple[ListedAccount, ...] = (FIRST, SECOND)
    ids: list[int] = field(default_factory=list)
    """The first account's posts, oldest first."""

    def __post_init__(self) -> None:
        self.ids = self.stage.x_account(101, "first", posts=POSTS)
        self.stage.x_account(102, "second", posts=POSTS)
        self.stage.watch(*self.watched)
        self.stage.visit()
        self.file = self.folder / "backup.db"
        self.back_up(self.file)

    @property
    def config(self) -> Config:
        home = Home(self.stage.data.parent)
        return Config(home, self.stage.settings, Watchlist(self.watched), (), (), (), ())

    def back_up(self, file: Path) -> None:
        file.touch(0o600)
        made = backup.make(self.stage.path, file)
        backup.announce(self.config.home.data, file, self.stage.now)
        backup.confirm(self.config.home.data, file, made, self.stage.now)

    def later(self, posts: int = 3) -> None:
        """A day later, with some posts more of the first account."""
        for number in range(posts):
            self.stage.x.world.publish(101, self.stage.now + DAY - 100 * (posts - number), f"[ساختگی] later {number}")
        self.stage.visit(later=DAY)

    def forget(self, what: str) -> None:
        planned = forgetting.plan(self.stage.store, self.config, named(what))
        forgetting.forget(self.stage.store, self.config, planned, self.stage.now)

    def restore(self, told: Told = lambda _step: None, file: Path | None = None) -> Restored:
        """As the command does, the database closed; it is opened again after it."""
        self.stage.close()
        plan = restoring.plan(self.config, file or self.file)
        done = restoring.restore(self.config, plan, self.stage.now, told=told)
        self.stage.restart()
        return done
