"""Files as other tools write them, generated; and homes to import them into. Nobody in them exists."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.store.making import ZONES, listed, rows
from tracker.archives.detect import opened_archive
from tracker.archives.entries import ArchiveFormat, Chunk, Hints
from tracker.archives.source import opened, parts_of
from tracker.config.home import Config, Home
from tracker.config.settings import Settings
from tracker.domain.instants import HOUR, Instant, from_iso, iso
from tracker.domain.subjects import ListedAccount, Watchlist
from tracker.domain.words import Platform, Protection
from tracker.runtime.importing import Ask, Importer, Outcome
from tracker.sandbox.x_world import snowflake
from tracker.store.store import Store

NOW: Instant = from_iso("2022-11-01T00:00:00Z")
BEGIN: Instant = from_iso("2022-10-03T00:00:00Z")
TAKEN: Instant = from_iso("2022-10-20T00:00:00Z")
OFFICIAL, OTHER, CHANNEL = 101, 999, 1_234_567_890

MINISTER = listed("sample_minister", OFFICIAL)
STATE_CHANNEL = listed("sample_channel", CHANNEL, platform=Platform.TELEGRAM)
REPORTER = listed("sample_reporter", 7_007, protection=Protection.AT_RISK)


def post_id(number: int) -> int:
    """The id of the nth generated post, one an hour."""
    return snowflake((BEGIN + number * HOUR) * 1000, number % 4096)


def truth(numbers: range) -> list[tuple[int, int, int, str]]:
    """The generated posts, as `Base.posts` shows them."""
    return [(post_id(number), BEGIN + number * HOUR, 0, f"[ساختگی] generated {number}") for number in numbers]


def x_post(number: int, author: int = OFFICIAL, **fields: object) -> dict[str, Any]:
    """A post as the API has it, under the old names."""
    name = str(post_id(number))
    return {
        "id": name,
        "text": f"[ساختگی] generated {number}",
        "author_id": str(author),
        "created_at": iso(BEGIN + number * HOUR).replace("Z", ".000Z"),
        "lang": "fa",
        "edit_history_tweet_ids": [name],
        "public_metrics": {"like_count": number, "retweet_count": 1, "reply_count": 2, "quote_count": 3},
        **fields,
    }


def renamed(post: Mapping[str, Any]) -> dict[str, Any]:
    """The same under the names since August 2026."""
    names = {"edit_history_tweet_ids": "edit_history_post_ids", "referenced_tweets": "referenced_posts"}
    new = {names.get(key, key): value for key, value in post.items()}
    counts = dict(post["public_metrics"])
    counts["repost_count"] = counts.pop("retweet_count")
    return {**new, "public_metrics": counts}


def x_page(posts: list[dict[str, Any]], taken_at: Instant | None = TAKEN, **beside: object) -> dict[str, Any]:
    twarc = {} if taken_at is None else {"__twarc": {"version": "2.14.1", "retrieved_at": iso(taken_at)}}
    return {"data": posts, "meta": {"result_count": len(posts)}, **beside, **twarc}


def legacy_post(number: int, **fields: object) -> dict[str, Any]:
    name = str(post_id(number))
    at = datetime.fromtimestamp(BEGIN + number * HOUR, UTC)
    return {
        "id_str": name,
        "id": name,
        "full_text": f"[ساختگی] generated {number}",
        "created_at": at.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        "favorite_count": str(number),
        "retweet_count": "1",
        "lang": "fa",
        "entities": {"user_mentions": [], "urls": []},
        **fields,
    }


def zeeschuimer_line(number: int, author: int = OFFICIAL, **legacy: object) -> dict[str, Any]:
    post = legacy_post(number, user_id_str=str(author), reply_count=2, quote_count=3, **legacy)
    post["favorite_count"], post["retweet_count"] = number, 1
    return {
        "nav_index": "1_0",
        "item_id": post["id_str"],
        "timestamp_collected": TAKEN * 1000,
        "source_platform": "twitter.com",
        "data": {
            "rest_id": post["id_str"],
            "core": {"user_results": {"result": {"rest_id": str(author), "legacy": {"screen_name": "sample"}}}},
            "legacy": post,
            "views": {"count": "17", "state": "EnabledWithCount"},
        },
    }


def telegram_message(number: int, **fields: object) -> dict[str, Any]:
    at = BEGIN + number * HOUR
    return {
        "id": number,
        "type": "message",
        "date": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(at),
        "from": "[ساختگی]",
        "from_id": f"channel{CHANNEL}",
        "text": f"[ساختگی] generated {number}",
        "text_entities": [],
        **fields,
    }


def telegram_chat(messages: Iterable[dict[str, Any]], **fields: object) -> dict[str, Any]:
    return {"name": "[ساختگی]", "type": "public_channel", "id": CHANNEL, **fields, "messages": list(messages)}


def lines(path: Path, items: Iterable[object], *, end: str = "\n") -> Path:
    path.write_text("\n".join(json.dumps(item, ensure_ascii=False) for item in items) + end, "utf-8")
    return path


def document(path: Path, item: object, begin: str = "") -> Path:
    path.write_text(begin + json.dumps(item, ensure_ascii=False, indent=1), "utf-8")
    return path


def gzipped(path: Path) -> Path:
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


NOTHING_SAID = Hints()


def read(path: Path, hints: Hints = NOTHING_SAID, format: ArchiveFormat | None = None) -> list[Chunk]:
    """All that the readers make of a file."""
    chunks: list[Chunk] = []
    for part in parts_of(path):
        with opened(part) as source:
            _, archive = opened_archive(source, hints, format)
            chunks += archive.chunks(0)
    return chunks


class Base:
    """A database, and what is on its watchlist."""

    def __init__(self, folder: Path, *accounts: ListedAccount) -> None:
        self.path = folder / "data" / "tracker.db"
        self.now = NOW
        self.watch(*accounts)

    def watch(self, *accounts: ListedAccount) -> None:
        digest = repr([(one.handle, one.platform_id, one.protection) for one in accounts])
        home = Home(self.path.parent.parent)
        self.config = Config(home, Settings(zones=ZONES), Watchlist(accounts, digest), (), (), (), ())

    def bring_in(self, *paths: Path, **said: Any) -> Outcome:
        """Import the files."""
        hints = Hints(**{key: said.pop(key) for key in list(said) if key not in ("format", "covers")})
        with closing(Store(self.path)) as store:
            return Importer(store, self.config, lambda: self.now, replace(Ask(hints), **said)).run(paths)

    def rows(self, question: str) -> list[Any]:
        return rows(self.path, question)

    def posts(self) -> list[Any]:
        return self.rows("SELECT post_id, posted_at, kind, text FROM post ORDER BY account_id, post_id")

    def everything(self) -> dict[str, list[Any]]:
        """All rows that an import can touch, but for when a file was read."""
        tables = ("account", "post", "metric", "version", "coverage", "week_count")
        return {table: self.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables}
