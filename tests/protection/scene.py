"""A home, both platforms, and people on them whose posts say canary: at risk, or, for the control, named."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

from tests.archives.making import document, gzipped, lines
from tests.faults.dying import Nursery, Ran
from tests.faults.scene import COLUMNS, RESTRICTIONS, START
from tests.protection.scanning import Canary
from tests.sandbox.telegram_rehearsal import server_key
from tracker.domain.instants import DAY, HOUR, WEEK, Instant, iso
from tracker.domain.words import PostKind
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.telegram_world import Item, World
from tracker.sandbox.x_server import XServer
from tracker.sandbox.x_world import XAccount, XWorld, snowflake

MINISTER, COUNTED, READ = 101, 7_000_000_201, 7_000_000_202
HANDLES = ("canary_counted", "canary_reader", "canary_channel")
WORD = "canaryword"
POSTS = 24
EVENTS = "id,date,precision,country,platforms,kind,title,title_native,source\n"


def said(number: int) -> str:
    """What a canary says; it is in no other text."""
    return f"{WORD}{number} قناری {number}"


def moment(number: int, before: Instant = START) -> Instant:
    """When the nth canary was posted: never at a full minute, of which our own moments are."""
    return before - HOUR - 17 - number * 31 * HOUR


@dataclass
class Scene:
    """A home and what is served to it. `extra` is how many posts more the people at risk have made."""

    home: Path
    named: bool = False
    extra: int = 0
    now: Instant = START
    source: str = "api"
    x: XServer = field(init=False)
    telegram: TelegramServer = field(init=False)
    web: TelegramWebServer = field(init=False)
    canary: Canary = field(default_factory=Canary)

    def __post_init__(self) -> None:
        for folder in ("config", "data", "tmp", "out"):
            (self.home / folder).mkdir(parents=True, mode=0o700)

    @property
    def database(self) -> Path:
        return self.home / "data" / "tracker.db"

    def x_world(self) -> XWorld:
        world = XWorld()
        last = 0
        world.add_account(XAccount(MINISTER, "gen_minister", "[ساختگی]", START - 60 * DAY, 10, 2))
        for number in range(40):
            world.publish(MINISTER, START - HOUR - (40 - number) * 20 * HOUR, f"[ساختگی] {number}")
        for account, handle in ((COUNTED, HANDLES[0]), (READ, HANDLES[1])):
            world.add_account(XAccount(account, handle, f"{WORD} name", START - 60 * DAY, 10, 2))
            for number in reversed(range(POSTS + self.extra)):
                at = moment(number, START - account % 7)
                last = world.publish(account, at, said(number)).post_id
                self.canary.post(last, at, said(number))
        # The minister points to the last one in each way that there is: only the repost repeats its words.
        for kind, text in (
            (PostKind.REPOST, f"RT @{HANDLES[1]}: {said(0)}"),
            (PostKind.QUOTE, "[ساختگی] look"),
            (PostKind.REPLY, "[ساختگی] no"),
        ):
            world.publish(MINISTER, START - 60 * int(kind), text, kind, ref_post_id=last, ref_author_id=READ)
        return world

    def telegram_world(self) -> World:
        world = World()
        numbers = {}
        for handle in (HANDLES[2], "gen_channel"):
            title = "[ساختگی]" if handle == "gen_channel" else f"{WORD} title"
            channel = numbers[handle] = world.add(handle, title=title, created_at=START - 60 * DAY, subscribers=5)
            many = POSTS + (self.extra if handle in HANDLES else 0)
            for number in reversed(range(many)):
                if handle in HANDLES:
                    at, text = moment(number), said(number)
                    self.canary.post(0, at, text)
                else:
                    at, text = START - HOUR - number * 30 * HOUR, f"[ساختگی] {number}"
                world.publish(channel, Item(0, at, text))
        forward = Item(0, START - 60, said(0), origin=(numbers[HANDLES[2]], POSTS + self.extra))
        world.publish(numbers["gen_channel"], forward)
        return world

    def configure(self, **changed: object) -> None:
        for name, value in changed.items():
            setattr(self, name, value)
        protection = "named,they ask for it" if self.named else ","
        mode = "posts" if self.named else "counts"
        listed = [
            f"minister,Generated,,official,IR,,,,x,gen_minister,{MINISTER},,,,",
            "minister,Generated,,official,IR,,,,telegram,gen_channel,,,,,",
            f"first,Hidden One,,journalist,IR,inside,{protection},x,{HANDLES[0]},{COUNTED},{mode},,,",
            f"second,Hidden Two,,activist,IR,inside,{protection},x,{HANDLES[1]},{READ},posts,,,",
            f"third,Hidden Three,,journalist,IR,inside,{protection},telegram,{HANDLES[2]},,posts,,,",
        ]
        config = self.home / "config"
        (config / "watchlist.csv").write_text("\n".join([COLUMNS, *listed, ""]), "utf-8")
        (config / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
        (config / "server.pem").write_text(self.telegram.address.public_key, "ascii")
        (config / "settings.toml").write_text(
            f'[time]\nclock_start = {iso(self.now)}\n[zones]\nIR = "Asia/Tehran"\n'
            f'[x]\napi_url = "{self.x.url}"\nretries = 0\n[visits]\ntick = "1s"\nretry_after = "1s"\n'
            f'[health]\nmetrics_file = "data/tracker.prom"\n'
            f'[telegram]\nserver = "{self.telegram.address.host}:{self.telegram.address.port}"\n'
            f'server_key = "config/server.pem"\npace = "0s"\nweb_pace = "0s"\n'
            f'source = "{self.source}"\nweb_url = "{self.web.url}"\n',
            "utf-8",
        )


@contextmanager
def played(home: Path, **how: object) -> Iterator[Scene]:
    """Both platforms, up, and a home that is configured for them."""
    scene = Scene(home, **how)  # type: ignore[arg-type]  # they differ in type
    telegram = scene.telegram_world()
    with (
        XServer(scene.x_world(), clock=lambda: scene.now) as scene.x,
        TelegramServer(telegram, key=server_key()) as scene.telegram,
        TelegramWebServer(telegram, clock=lambda: scene.now) as scene.web,
    ):
        scene.configure()
        scene.telegram.authorised_session(home / "data" / "telegram.session")
        yield scene


def archives(folder: Path, canary: Canary) -> Iterator[tuple[Path, list[str]]]:
    """A file of each format about the people at risk, one item of each broken, with options to import it by."""
    folder.mkdir()
    times = [moment(number) - 5 * WEEK for number in range(3)]
    ids = [snowflake(at * 1000, 7) for at in times]
    for number, at, text in zip(ids, times, map(said, range(900, 903)), strict=True):
        canary.post(number, at, text)
    flat = [
        {"id": str(number), "text": text, "author_id": str(READ), "created_at": iso(at).replace("Z", ".000Z")}
        for number, at, text in zip(ids, times, map(said, range(900, 903)), strict=True)
    ]
    broken = {**flat[0], "created_at": {"broken": said(900)}}
    yield gzipped(lines(folder / "flat.jsonl", [*flat, broken])), ["--covers", "2022-08-01..2022-08-20"]
    yield lines(folder / "pages.jsonl", [{"data": [*flat, broken], "meta": {}}]), []
    legacy = [
        {
            "id_str": post["id"],
            "full_text": post["text"],
            "created_at": datetime.fromtimestamp(at, UTC).strftime("%a %b %d %H:%M:%S +0000 %Y"),
        }
        for post, at in zip(flat, times, strict=True)
    ]
    owner = [{"account": {"accountId": str(READ), "username": HANDLES[1]}}]
    with ZipFile(folder / "archive.zip", "w") as packed:
        tweets = [{"tweet": one} for one in [*legacy, {**legacy[0], "created_at": said(900)}]]
        packed.writestr("data/tweets.js", "window.YTD.tweets.part0 = " + json.dumps(tweets))
        packed.writestr("data/account.js", "window.YTD.account.part0 = " + json.dumps(owner))
    yield folder / "archive.zip", []
    seen = [
        {
            "item_id": one["id_str"],
            "timestamp_collected": START * 1000,
            "source_platform": "twitter.com",
            "data": {
                "rest_id": one["id_str"],
                "core": {"user_results": {"result": {"rest_id": str(READ), "legacy": {"screen_name": HANDLES[1]}}}},
                "legacy": {**one, "user_id_str": str(READ)},
            },
        }
        for one in [*legacy, {**legacy[0], "created_at": said(900)}]
    ]
    yield lines(folder / "zeeschuimer.ndjson", seen), []
    messages = [
        {"id": number, "type": "message", "date_unixtime": str(at), "date": iso(at)[:19], "text": text}
        for number, at, text in zip(range(1, 4), times, map(said, range(900, 903)), strict=True)
    ]
    messages.append({**messages[0], "id": 4, "date_unixtime": said(900), "date": said(900)})
    chat = {"name": f"{WORD} title", "type": "public_channel", "id": 1, "messages": messages}
    yield document(folder / "result.json", chat), ["--account", HANDLES[2]]
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["id", "author_id", "created_at", "text"])
        table.writeheader()
        table.writerows([*flat, {**flat[0], "created_at": said(900)}])
    yield folder / "table.csv", ["--platform", "x"]


def ran(nursery: Nursery, scene: Scene, *arguments: object, **fate: object) -> Ran:
    """One command, in a process that writes its temporary files into the home."""
    done = nursery.run(scene.home, *arguments, **fate)  # type: ignore[arg-type]  # they differ in type
    assert "Traceback" not in done.said, done.said
    return done


def environment(home: Path) -> dict[str, str]:
    """Credentials, and where temporary files go."""
    from tests.faults.scene import ENVIRONMENT

    return {**ENVIRONMENT, "TMPDIR": str(home / "tmp"), "PATH": os.environ["PATH"]}
