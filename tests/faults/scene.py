"""A home and two platforms on which everything happens that the tracker does, day by day. All names are generated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.comparing import differences
from tests.sandbox.telegram_rehearsal import server_key
from tests.store.making import rows
from tracker.domain.instants import DAY, HOUR, Instant, from_iso, iso
from tracker.domain.words import PostKind
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.telegram_world import Item, World
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld, snowflake

START: Instant = from_iso("2022-10-05T12:00:00Z")
"""A Wednesday."""
OFFICIAL, COUNTED, REPORTER = 101, 102, 103
CHANNEL = "generated_channel"
ENVIRONMENT = {
    "TRACKER_X_BEARER_TOKEN": BEARER_TOKEN,
    "TRACKER_TELEGRAM_API_ID": "1",
    "TRACKER_TELEGRAM_API_HASH": "0" * 32,
}
COLUMNS = (
    "subject,name,name_native,role,country,residence,protection,protection_reason,"
    "platform,handle,platform_id,mode,from,until,source"
)
WATCHLIST = f"""{COLUMNS}
minister,Generated,,official,IR,,,,x,gen_minister,{OFFICIAL},,,,
ministry,Generated,,state_body,IR,,,,x,gen_ministry,{COUNTED},counts,,,
reporter,Generated,,journalist,IR,inside,,,x,gen_reporter,{REPORTER},posts,,,
minister,Generated,,official,IR,,,,telegram,{CHANNEL},,,,,
"""
RESTRICTIONS = "country,platform,kind,scope,starts,starts_precision,ends,ends_precision,note,source\n"
FILED = 60
"""So many posts were deleted before the first visit; a file still has them."""
DAYS: tuple[tuple[tuple[int, tuple[str, ...]], ...], ...] = (
    ((0, ("collect",)),),
    ((0, ("collect",)),),
    ((0, ("collect",)), (3, ("compliance",)), (4, ("import", "FILE"))),
)
"""What is done on each day, at which hour after noon. The last day is a week after the others."""


def x_world(day: int) -> XWorld:
    """X as it is on that day; every time the same."""
    world = XWorld()
    for account_id, name in ((OFFICIAL, "minister"), (COUNTED, "ministry"), (REPORTER, "reporter")):
        world.add_account(XAccount(account_id, f"gen_{name}", f"[ساختگی] {name}", START - 60 * DAY, 10, 2))
    for number in range(FILED):
        post = _publish(world, OFFICIAL, START - 40 * DAY - number * HOUR - 1800, number)
        world.delete(post)
    ids = [_publish(world, OFFICIAL, START - HOUR - number * 3 * HOUR, number) for number in reversed(range(230))]
    for number in reversed(range(40)):
        world.publish(COUNTED, START - HOUR - number * 5 * HOUR, f"[ساختگی] {number}")
    for number in reversed(range(130)):
        world.publish(REPORTER, START - HOUR - 7 - number * 6 * HOUR, f"[ساختگی] {number}")
    for today in range(1, day + 1):
        at = moment(today)
        for number in range(12):
            for account_id in (OFFICIAL, COUNTED, REPORTER):
                world.publish(account_id, at - 8 * HOUR + number * 600 + 7, f"[ساختگی] day {today} {number}")
        world.delete(ids[-today])
        world.delete(ids[today])
    return world


def _publish(world: XWorld, author: int, at: Instant, number: int) -> int:
    text = f"[ساختگی] {number}"
    if number % 5 == 4:
        return world.publish(author, at, text, PostKind.QUOTE, ref_post_id=5, ref_author_id=6).post_id
    return world.publish(author, at, text).post_id


def telegram_world(day: int) -> World:
    """Telegram as it is on that day."""
    world = World()
    channel = world.add(CHANNEL, title="[ساختگی]", created_at=START - 60 * DAY, subscribers=5)
    world.publish(
        channel, *(Item(0, START - HOUR - number * 5 * HOUR, f"[ساختگی] {number}") for number in reversed(range(130)))
    )
    for today in range(1, day + 1):
        at = moment(today)
        world.publish(
            channel, *(Item(0, at - HOUR + number * 60, f"[ساختگی] {today} {number}") for number in range(5))
        )
    return world


def moment(day: int) -> Instant:
    """Noon of a day."""
    return START + (day if day < 2 else day + 7) * DAY


@dataclass
class Scene:
    """One day: a home, what the platforms show on it, and what was asked of them."""

    home: Path
    day: int
    now: Instant
    x: XServer = field(init=False)
    telegram: TelegramServer = field(init=False)

    @property
    def path(self) -> Path:
        return self.home / "data" / "tracker.db"

    def configure(self, *, reads: int | None = None, hour: int = 0) -> None:
        """Write the home's files for an hour after noon; `reads` is X's budget for the day."""
        self.now = moment(self.day) + hour * HOUR
        config = self.home / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "watchlist.csv").write_text(WATCHLIST, "utf-8")
        (config / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
        (config / "server.pem").write_text(self.telegram.address.public_key, "ascii")
        budget = "" if reads is None else f'[budget]\nx_per_day = "{reads} reads"\n'
        (config / "settings.toml").write_text(
            f'[time]\nclock_start = {iso(self.now)}\n[zones]\nIR = "Asia/Tehran"\n'
            f'[x]\napi_url = "{self.x.url}"\nretries = 0\n'
            f'[telegram]\nserver = "{self.telegram.address.host}:{self.telegram.address.port}"\n'
            f'server_key = "config/server.pem"\npace = "0s"\nsource = "api"\n{budget}',
            "utf-8",
        )

    def arguments(self, command: tuple[str, ...]) -> list[str]:
        """The command line, with the file written to which it refers."""
        return [str(self._file()) if word == "FILE" else word for word in command]

    def _file(self) -> Path:
        """An archive of the official's posts that were deleted before the first visit."""
        path = self.home / "archive.jsonl"
        author = {"id": str(OFFICIAL), "username": "gen_minister", "name": "[ساختگی]"}
        posts = [
            {
                "id": str(snowflake(at * 1000)),
                "author_id": str(OFFICIAL),
                "created_at": iso(at).replace("Z", ".000Z"),
                "text": f"[ساختگی] {number}",
            }
            for number in range(FILED)
            for at in [START - 40 * DAY - number * HOUR - 1800]
        ]
        path.write_text(json.dumps({"data": posts, "includes": {"users": [author]}}) + "\n", "utf-8")
        return path

    def rows(self, question: str) -> list[tuple[int, ...]]:
        return rows(self.path, question)

    def spent_today(self) -> int:
        """Millionths of a dollar, by the ledger; what an earlier day cost is on another server's bill."""
        midnight = moment(self.day) // DAY * DAY  # at which the sums of people at risk are dated
        question = f"SELECT coalesce(sum(cost), 0) FROM ledger WHERE platform = 'x' AND reserved_at >= {midnight}"
        ((micros,),) = self.rows(question)
        return micros

    def differences(self, *, complete: bool = True) -> list[str]:
        """What contradicts the platforms; and the ledger, if it says less than the bill."""
        found = differences(self.path, self.x.world, self.telegram.world, complete=complete)
        if self.spent_today() < self.x.bill.micros:
            found.append(f"the ledger says {self.spent_today()}, the bill {self.x.bill.micros}")
        return found


@contextmanager
def played(home: Path, day: int = 0, *, reads: int | None = None) -> Iterator[Scene]:
    """The platforms of one day, up and not asked yet, and a home that is configured for them."""
    scene = Scene(home, day, moment(day))
    with (
        XServer(x_world(day), clock=lambda: scene.now) as scene.x,
        TelegramServer(telegram_world(day), key=server_key()) as scene.telegram,
    ):
        scene.configure(reads=reads)
        (home / "data").mkdir(mode=0o700, exist_ok=True)
        session = home / "data" / "telegram.session"
        session.unlink(missing_ok=True)
        scene.telegram.authorised_session(session)
        yield scene
