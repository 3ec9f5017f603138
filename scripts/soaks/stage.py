"""What a long run plays on: both platforms behind lines that break, a home that points at them, a clock that leaps.

All people, names and texts are generated.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.comparing import differences
from tracker.domain.instants import DAY, HOUR, Instant, day_of, from_iso, iso, start_of_day, start_of_week
from tracker.domain.records import Metrics
from tracker.domain.words import PostKind
from tracker.sandbox.relay import Relay
from tracker.sandbox.telegram_server import HOST, TelegramServer
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.telegram_world import Item, World
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld

BEGINNING: Instant = from_iso("2025-03-05T09:00:00Z")
"""A Wednesday."""
ZONE = "Asia/Tehran"
X_NAMED, X_AT_RISK, X_COUNTED, X_COUNTED_AT_RISK = range(1, 25), range(25, 30), range(30, 32), range(32, 34)
X_ALL = (*X_NAMED, *X_AT_RISK, *X_COUNTED, *X_COUNTED_AT_RISK)
CHANNELS, CHANNELS_AT_RISK = 8, 2
HISTORY = 60
"""So many days of posts are there at the beginning."""
ENVIRONMENT = {
    "TRACKER_X_BEARER_TOKEN": BEARER_TOKEN,
    "TRACKER_TELEGRAM_API_ID": "1",
    "TRACKER_TELEGRAM_API_HASH": "0" * 32,
}
COLUMNS = (
    "subject,name,name_native,role,country,residence,protection,protection_reason,"
    "platform,handle,platform_id,mode,from,until,source"
)
RESTRICTIONS = "country,platform,kind,scope,starts,starts_precision,ends,ends_precision,note,source\n"
LATE = 2 * HOUR
"""A week of a person at risk is counted so long after its end at the latest."""


class WorldClock:
    """Runs at its usual speed, and leaps ahead when it is told to."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._leapt = 0

    def __call__(self) -> Instant:
        return BEGINNING + self._leapt + int(time.monotonic() - self._begun)

    def leap(self, chance: random.Random, days: int) -> None:
        """Go on so many days later, at an hour far from midnight UTC.

        At midnight a tracker whose clock is wrong takes what is charged anew for what was charged that day.
        """
        there = (self() // DAY + days) * DAY + chance.randrange(4 * HOUR, 20 * HOUR)
        self._leapt += max(0, there - self())


@dataclass
class Stage:
    """Both platforms and what happens on them."""

    home: Path
    chance: random.Random
    clock: WorldClock = field(default_factory=WorldClock)
    x_world: XWorld = field(default_factory=XWorld)
    telegram_world: World = field(default_factory=World)
    x: XServer = field(init=False)
    telegram: TelegramServer = field(init=False)
    pages: TelegramWebServer = field(init=False)
    x_line: Relay = field(init=False)
    telegram_line: Relay = field(init=False)
    pages_line: Relay = field(init=False)
    channels: list[int] = field(default_factory=list)
    channels_at_risk: list[int] = field(default_factory=list)
    last_post_at: Instant = 0
    published: int = 0
    changing: threading.RLock = field(default_factory=threading.RLock)
    """Held while anything is published, and while the clock leaps."""

    @property
    def database(self) -> Path:
        return self.home / "data" / "tracker.db"

    @property
    def watchlist(self) -> Path:
        return self.home / "config" / "watchlist.csv"

    # What there is

    def people(self) -> None:
        """Fill the platforms with accounts and what they have published so far."""
        born = BEGINNING - 400 * DAY
        for number in X_ALL:
            self.x_world.add_account(XAccount(number, f"gen_{number}", f"[ساختگی] {number}", born, 10, 2))
        for number in range(CHANNELS + CHANNELS_AT_RISK):
            channel = self.telegram_world.add(f"generated_{number}", title="[ساختگی]", created_at=born, subscribers=5)
            (self.channels if number < CHANNELS else self.channels_at_risk).append(channel)
        self.publish_over(BEGINNING - HISTORY * DAY, BEGINNING - HOUR, each=90)

    def publish_over(self, since: Instant, until: Instant, each: int) -> None:
        """Let everybody publish about so many posts in a time that is over."""
        with self.changing:
            for account in X_ALL:
                for at in self._times(since, until, each):
                    self._post(account, at)
            for channel in (*self.channels, *self.channels_at_risk):
                self.telegram_world.publish(channel, *(self._message(at) for at in self._times(since, until, each)))

    def publish_now(self) -> None:
        """Let somebody publish."""
        with self.changing:
            accounts = X_ALL
            channels = [*self.channels, *self.channels_at_risk]
            place = self.chance.randrange(len(accounts) + len(channels))
            if place < len(accounts):
                self._post(accounts[place], self.clock())
            else:
                self.telegram_world.publish(channels[place - len(accounts)], self._message(self.clock()))

    def leap(self, days: int) -> None:
        """Let days pass on which people publish as they do; nothing may be collecting meanwhile."""
        with self.changing:
            before = self.clock()
            self.clock.leap(self.chance, days)
            self.publish_over(before + 1, self.clock(), each=min(3 * days, 60))

    def _times(self, since: Instant, until: Instant, about: int) -> list[Instant]:
        count = self.chance.randint(about // 2, about * 3 // 2)
        return sorted(self.chance.randrange(since, until) for _ in range(count)) if since < until else []

    def _post(self, account: int, at: Instant) -> None:
        kind = PostKind(self.chance.randrange(4))
        refers = None if kind is PostKind.ORIGINAL else self.chance.randrange(1, 10**9)
        counters = Metrics(likes=self.chance.randrange(1000))
        self.x_world.publish(
            account,
            at,
            f"[ساختگی] {self._number(at)}",
            kind,
            lang="fa",
            ref_post_id=refers,
            ref_author_id=None if refers is None else 5,
            metrics=counters,
        )

    def _message(self, at: Instant) -> Item:
        return Item(0, at, f"[ساختگی] {self._number(at)}", views=self.chance.randrange(999))

    def _number(self, at: Instant) -> int:
        self.published += 1
        self.last_post_at = max(self.last_post_at, at)
        return self.published

    # What a home says of it

    def configure(self, *, clock_wrong_by: int = 0) -> None:
        """Write the home's files; the tracker's clock will be so many seconds wrong."""
        config = self.home / "config"
        config.mkdir(parents=True, exist_ok=True)
        (self.home / "server.pem").write_text(self.telegram.address.public_key, "ascii")
        (config / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
        (config / "settings.toml").write_text(
            f'[time]\nclock_start = {iso(self.clock() + clock_wrong_by)}\n[zones]\nIR = "{ZONE}"\n'
            f'[x]\napi_url = "{self.x_line.url}"\nconnect_timeout = "1s"\nread_timeout = "1s"\n'
            'retries = 1\nbackoff = "0.1s"\n'
            f'[telegram]\nserver = "{HOST}:{self.telegram_line.port}"\nserver_key = "server.pem"\n'
            f'timeout = "2s"\npace = "0s"\nweb_pace = "0s"\nweb_url = "{self.pages_line.url}"\n'
            '[visits]\nrequests_a_day = 1440\nshortest_interval = "1s"\nlongest_interval = "10s"\n'
            'profile_interval = "6h"\nretry_after = "1s"\ntick = "1s"\n',
            "utf-8",
        )
        self.watchlist.write_text(self.listing(), "utf-8")

    def listing(self) -> str:
        """The watchlist."""
        rows = [COLUMNS]
        for numbers, role, residence, mode in (
            (X_NAMED, "official", "", ""),
            (X_AT_RISK, "journalist", "inside", "posts"),
            (X_COUNTED, "state_body", "", "counts"),
            (X_COUNTED_AT_RISK, "journalist", "inside", "counts"),
        ):
            rows += [
                f"s{number},Generated {number},,{role},IR,{residence},,,x,gen_{number},{number},{mode},,,"
                for number in numbers
            ]
        for number in range(CHANNELS + CHANNELS_AT_RISK):
            role = "outlet,IR,abroad" if number < CHANNELS else "journalist,IR,inside"
            rows.append(f"c{number},Generated {number},,{role},,,telegram,generated_{number},,,,,")
        return "\n".join([*rows, ""])

    # What is compared

    def excuse_spoiled(self) -> None:
        """Posts that X garbled so that nobody could read them are taken as deleted: stored or not, both are right."""
        for served in self.x.log:
            if served.spoiled is not None and self.x_world.post_of(served.spoiled) is not None:
                self.x_world.delete(served.spoiled)

    def contradictions(self) -> list[str]:
        """Where the database does not say what the platforms do."""
        worlds = (self.x_world, self.telegram_world)
        return differences(self.database, *worlds, zone=ZONE, bill=self.x.bill)

    def unfinished(self) -> list[str]:
        """Accounts that were not looked at since the last post, and people at risk whose last week is not counted."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            question = (
                "SELECT handle, protection, mode, last_look_at, platform_id, "
                "(SELECT max(until) FROM coverage WHERE account_id = id), "
                "(SELECT max(until) FROM count WHERE account_id = id) FROM account"
            )
            accounts = connection.execute(question).fetchall()
        if not accounts:
            return ["nothing is listed"]
        last_week = start_of_week(self.last_post_at - LATE, ZONE)
        last_day = start_of_day(day_of(self.last_post_at - LATE, ZONE), ZONE)
        left = []
        for handle, protection, mode, looked_at, platform_id, covered_until, counted_until in accounts:
            if platform_id is None:
                left.append(f"{handle} is not known yet")
            elif protection == "at_risk":
                if ((counted_until if mode == "counts" else covered_until) or 0) < last_week:
                    left.append(f"{handle}'s weeks are not counted to the end")
            elif mode == "counts":
                if (counted_until or 0) < last_day:
                    left.append(f"{handle} is not counted to the end")
            elif (looked_at or 0) < self.last_post_at:
                left.append(f"{handle} was not looked at since")
        return left


@contextmanager
def staged(home: Path, seed: int) -> Iterator[Stage]:
    """A stage that is up, with all that people published so far, and a home that points at it."""
    stage = Stage(home, random.Random(seed))
    with ExitStack() as up:
        stage.x = up.enter_context(XServer(stage.x_world, clock=stage.clock))
        stage.telegram = up.enter_context(TelegramServer(stage.telegram_world))
        stage.pages = up.enter_context(TelegramWebServer(stage.telegram_world))
        stage.x_line = up.enter_context(Relay((HOST, stage.x.port)))
        stage.telegram_line = up.enter_context(Relay((HOST, stage.telegram.port)))
        stage.pages_line = up.enter_context(Relay((HOST, stage.pages.port)))
        stage.people()
        stage.telegram.authorised_session(home / "data" / "telegram.session")
        stage.configure()
        yield stage
