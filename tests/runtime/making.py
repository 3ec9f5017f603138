"""A tracker over real sockets: the sandbox's platforms, a real database, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from tests.sandbox.telegram_rehearsal import API_HASH, server_key
from tests.store.making import listed, rows, sync
from tracker.collectors.protocol import Collector
from tracker.collectors.telegram import TelegramCollector
from tracker.collectors.x import XCollector
from tracker.config.settings import RefreshSettings, Settings, TelegramSettings, VisitSettings, XSettings
from tracker.domain.instants import DAY, HOUR, Instant, from_iso
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform
from tracker.runtime.worker import Tally, Worker
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.telegram_world import Item
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld
from tracker.store.store import Store

START: Instant = from_iso("2022-10-05T12:00:00Z")
"""A Wednesday."""

ZONE = "Asia/Tehran"


@dataclass
class Watcher:
    """An observer that remembers."""

    ends: list[tuple[str, OutcomeKind, str]] = field(default_factory=list)
    stops: list[tuple[OutcomeKind, Instant | None]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    pages: int = 0
    requests: int = 0
    micros: int = 0
    at_page: Callable[[int], None] = lambda _count: None

    def due(self, platform: Platform, accounts: int) -> None: ...

    def page(self, platform: Platform, posts_new: int) -> None:
        self.pages += 1
        self.at_page(self.pages)

    def warned(self, platform: Platform, warning: str) -> None: ...

    def spent(self, platform: Platform, requests: int, micros: int) -> None:
        self.requests += requests
        self.micros += micros

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        self.ends.append((handle, kind, detail))

    def stopped(self, platform: Platform, kind: OutcomeKind, detail: str, until: Instant | None) -> None:
        self.stops.append((kind, until))

    def untold(self, reason: str) -> None:
        self.reasons.append(reason)


class Stage:
    """Both platforms, served; a database; and workers to send out. `now` is the time for all of them."""

    def __init__(self, folder: Path, x: XServer, telegram: TelegramServer) -> None:
        self.data = folder / "data"
        self.path = self.data / "tracker.db"
        self.now: Instant = START
        self.x, self.telegram = x, telegram
        self.session = telegram.authorised_session(folder / "private" / "telegram.session")
        self.settings = Settings(
            zones={"IR": ZONE},
            x=XSettings(api_url=x.url, retries=0, backoff=0.0),
            telegram=TelegramSettings(pace=0),
            visits=VisitSettings(),
            refresh=RefreshSettings(on=False),
        )
        self.store = Store(self.path)
        self.watcher = Watcher()
        self.stopping = False
        self._collectors: dict[Platform, Collector] = {}
        self._workers: dict[Platform, Worker] = {}

    # Who there is

    def x_account(self, account_id: int, handle: str, posts: int = 0, every: int = HOUR) -> list[int]:
        """An account with so many posts, the newest an hour old; their ids, oldest first."""
        self.x.world.add_account(XAccount(account_id, handle, f"[ساختگی] {handle}", START - 900 * DAY, 10, 2))
        return [
            self.x.world.publish(account_id, START - HOUR - number * every, f"[ساختگی] {number}").post_id
            for number in reversed(range(posts))
        ]

    def channel(self, handle: str, posts: int = 0, every: int = HOUR) -> int:
        """A channel with so many posts, the newest an hour old; its id."""
        channel_id = self.telegram.world.add(handle, title="[ساختگی]", created_at=START - 900 * DAY, subscribers=5)
        items = (Item(0, START - HOUR - number * every, f"[ساختگی] {number}") for number in reversed(range(posts)))
        self.telegram.world.publish(channel_id, *items)
        return channel_id

    # What happens

    def watch(self, *accounts: ListedAccount) -> None:
        sync(self.store, *accounts)

    def worker(self, platform: Platform = Platform.X) -> Worker:
        """The platform's worker; the same until a restart."""
        if platform not in self._workers:
            self._workers[platform] = Worker(
                platform,
                self.collector(platform),
                self.store,
                self.settings,
                {},
                lambda: self.now,
                self.watcher,
                lambda: self.stopping,
            )
            self._workers[platform].settings = replace(self.settings, default_zone=ZONE)
        return self._workers[platform]

    def collector(self, platform: Platform) -> Collector:
        if platform not in self._collectors:
            self._collectors[platform] = (
                XCollector(self.settings.x, BEARER_TOKEN, lambda: self.now)
                if platform is Platform.X
                else TelegramCollector(
                    self.settings.telegram, self.session, 1, API_HASH, lambda: self.now, self.telegram.address
                )
            )
        return self._collectors[platform]

    def openers(self) -> dict[Platform, Callable[[], Collector]]:
        return {platform: partial(self.collector, platform) for platform in Platform}

    def visit(self, platform: Platform = Platform.X, *, later: int = 0) -> Tally:
        """Visit what is due, so many seconds later."""
        self.now += later
        self.watcher.ends.clear()
        return self.worker(platform).work()

    def restart(self) -> None:
        """Another process with the same files."""
        self.close()
        self.store = Store(self.path)
        self.store.release()
        self.watcher = Watcher()
        self.stopping = False

    def close(self) -> None:
        for collector in self._collectors.values():
            collector.close()
        self._collectors, self._workers = {}, {}
        self.store.close()

    # What came of it

    def rows(self, question: str, *parameters: object) -> list[tuple[object, ...]]:
        return rows(self.path, question, *parameters)

    def outcome(self, handle: str) -> OutcomeKind:
        ((kind,),) = self.rows("SELECT last_outcome FROM account WHERE listed_handle = ?", handle)
        return OutcomeKind(str(kind))

    def stored(self, platform_id: int) -> list[int]:
        question = "SELECT post_id FROM post JOIN account ON id = account_id WHERE platform_id = ? ORDER BY post_id"
        return [int(str(post_id)) for (post_id,) in self.rows(question, platform_id)]

    def due_in(self, handle: str) -> int:
        """Seconds until the account is due."""
        ((due,),) = self.rows("SELECT next_visit_at FROM account WHERE listed_handle = ?", handle)
        return int(str(due)) - self.now

    def timeline_requests(self) -> int:
        return sum(served.path.endswith("/tweets") for served in self.x.log)

    def bytes_at_rest(self) -> bytes:
        """Everything under data/, the journals too."""
        return b"".join(file.read_bytes() for file in sorted(self.data.rglob("*")) if file.is_file())


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A stage with empty platforms, and everything closed at the end."""
    world = XWorld()
    holder: list[Stage] = []
    with XServer(world, clock=lambda: holder[0].now) as x, TelegramServer(key=server_key()) as telegram:
        stage = Stage(folder, x, telegram)
        holder.append(stage)
        try:
            yield stage
        finally:
            stage.close()


__all__ = ["START", "ZONE", "Stage", "Watcher", "listed", "staged"]
