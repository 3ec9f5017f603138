"""`tracker import` of X's pages, against json.loads with executemany, and against twarc2's flatten."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from scripts.benches.generated import BEGIN, ZONES, listed, text
from scripts.benches.measuring import Effort, Metric, Result, Work, always, race
from scripts.benches.store import connect
from tracker.config.home import Config, Home
from tracker.config.settings import Settings
from tracker.domain.instants import HOUR, Instant, from_iso, iso
from tracker.domain.subjects import Watchlist
from tracker.domain.words import Platform
from tracker.runtime.importing import Ask, Importer
from tracker.sandbox.x_world import snowflake
from tracker.store.store import Store

PAGES, PAGE, ACCOUNTS = 300, 100, 10
NOW: Instant = from_iso("2026-11-01T00:00:00Z")
KINDS = (None, None, None, "replied_to", "replied_to", "retweeted", "quoted")


def import_bench(effort: Effort) -> Result:
    """A file of pages as twarc2 writes them, from its bytes to the disk."""
    from twarc.expansions import flatten  # type: ignore[import-untyped]

    pages = effort.of(PAGES)
    with TemporaryDirectory(prefix="tracker-bench-") as name:
        folder = Path(name)
        path = folder / "pages.jsonl"
        write_pages(path, pages)
        names = (folder / f"{number}" for number in count())

        @contextmanager
        def tracker() -> Iterator[Work]:
            config = config_in(next(names))
            with closing(Store(config.home.database(config.settings))) as store:
                yield lambda: _require(
                    Importer(store, config, lambda: NOW, Ask()).run([path]).files[0].new == pages * PAGE
                )

        @contextmanager
        def plain() -> Iterator[Work]:
            config = config_in(next(names))
            database = config.home.database(config.settings)
            with closing(Store(database)) as store:
                store.sync(config.watchlist.accounts, frozenset(Platform), ZONES)
            with closing(connect(database)) as connection:
                yield lambda: execute_many(path, connection)

        def flattened() -> None:
            with path.open(encoding="utf-8") as lines, (folder / "flat.jsonl").open("w", encoding="utf-8") as out:
                for line in lines:
                    for post in flatten(json.loads(line)):
                        out.write(json.dumps(post) + "\n")

        seconds = race(
            {"tracker": tracker, "json and executemany": plain, "twarc2 flatten": always(flattened)}, effort.rounds
        )
    return Result(
        f"import of {pages * PAGE:,} posts on {pages:,} pages",
        (
            Metric("over_executemany", seconds["json and executemany"] / seconds["tracker"], at_least=0.5),
            Metric("over_twarc_flatten", seconds["twarc2 flatten"] / seconds["tracker"], at_least=8),
            Metric("posts_per_second", pages * PAGE / seconds["tracker"]),
        ),
        seconds,
    )


def config_in(folder: Path) -> Config:
    """A home with the generated accounts on its watchlist."""
    chosen = tuple(listed(range(1, ACCOUNTS + 1)))
    return Config(Home(folder), Settings(zones=ZONES), Watchlist(chosen), (), (), (), ())


def execute_many(path: Path, connection: sqlite3.Connection) -> None:
    """The shortest way: every line through json, and its rows into the same tables, a transaction a page."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            page = json.loads(line)
            posts, metrics = [], []
            for post in page["data"]:
                number, at = int(post["id"]), from_iso(post["created_at"])
                author, counts = int(post["author_id"]), post["public_metrics"]
                posts.append((author, number, number, at, 0, post["text"], post["lang"], NOW))
                metrics.append(
                    (
                        *(author, number, NOW, counts["like_count"], counts["retweet_count"]),
                        *(counts["reply_count"], counts["quote_count"], counts["impression_count"]),
                    )
                )
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO post (account_id, post_id, version_id, posted_at, kind, text, lang, collected_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                posts,
            )
            connection.executemany(
                "INSERT INTO metric (account_id, post_id, taken_at, likes, reposts, replies, quotes, views) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                metrics,
            )
            connection.execute("COMMIT")


def write_pages(path: Path, pages: int) -> None:
    """Pages of generated posts with all that twarc2 asks for unless told otherwise, which is about 4 kB a post."""
    random = Random(1)
    with path.open("w", encoding="utf-8") as out:
        for number in range(pages):
            account = number % ACCOUNTS + 1
            begin = BEGIN + (number // ACCOUNTS) * PAGE * HOUR
            made = [_post(random, account, begin + place * HOUR, place) for place in reversed(range(PAGE))]
            referenced = [_post(random, 900 + place, begin - HOUR, place) for place in range(0, PAGE, 2)]
            for post, other in zip(made[::2], referenced, strict=True):
                kind = random.choice(KINDS)
                if kind is not None:
                    post["referenced_tweets"] = [{"type": kind, "id": other["id"]}]
            users = [_user(one) for one in (account, *range(900, 900 + PAGE))]
            page = {
                "data": made,
                "includes": {"users": users, "tweets": referenced},
                "meta": {"result_count": PAGE, "newest_id": made[0]["id"], "oldest_id": made[-1]["id"]},
                "__twarc": {"url": "https://api.x.com/2/users", "version": "2.14.1", "retrieved_at": iso(NOW)},
            }
            out.write(json.dumps(page, ensure_ascii=False) + "\n")


def _post(random: Random, author: int, at: Instant, place: int) -> dict[str, object]:
    name = str(snowflake(at * 1000, place))
    other = 900 + place
    return {
        "id": name,
        "text": text(random),
        "author_id": str(author),
        "created_at": iso(at).replace("Z", ".000Z"),
        "conversation_id": name,
        "lang": random.choice(("fa", "en")),
        "edit_history_tweet_ids": [name],
        "edit_controls": {"edits_remaining": 5, "is_edit_eligible": True, "editable_until": iso(at + HOUR)},
        "possibly_sensitive": False,
        "reply_settings": "everyone",
        "context_annotations": [_annotation(number) for number in range(random.randint(0, 8))],
        "entities": {
            "mentions": [{"start": 3, "end": 9, "username": f"generated_{other}", "id": str(other)}],
            "hashtags": [{"start": 30, "end": 36, "tag": "peace"}],
            "annotations": [
                {"start": 9, "end": 14, "probability": 0.97, "type": "Place", "normalized_text": "Example"}
            ],
            "urls": [
                {
                    **{"start": 80, "end": 103, "url": "https://t.co/x", "expanded_url": "https://example.org/x"},
                    **{"display_url": "example.org/x", "status": 200, "title": "Example", "description": "invented"},
                    "images": [
                        {"url": f"https://example.org/{size}.jpg", "width": size, "height": size}
                        for size in (144, 600)
                    ],
                }
            ],
        },
        "public_metrics": {
            "retweet_count": random.randrange(999),
            "reply_count": random.randrange(99),
            "like_count": random.randrange(9999),
            "quote_count": random.randrange(99),
            "bookmark_count": random.randrange(99),
            "impression_count": random.randrange(1, 99999),
        },
    }


def _annotation(number: int) -> dict[str, object]:
    return {
        "domain": {"id": str(30 + number), "name": f"Subject {number}", "description": "What a post may be about"},
        "entity": {"id": str(10**18 + number), "name": f"Example {number}", "description": "An invented thing"},
    }


def _user(number: int) -> dict[str, object]:
    link = {"start": 0, "end": 23, "url": "https://t.co/y", "expanded_url": "https://example.org", "display_url": "e"}
    return {
        "id": str(number),
        "username": f"generated_{number}",
        "name": f"Generated {number}",
        "created_at": iso(BEGIN),
        "description": "Generated for a bench; nobody of this name exists.",
        "entities": {"url": {"urls": [link]}, "description": {"hashtags": [{"start": 1, "end": 7, "tag": "peace"}]}},
        "location": "Nowhere",
        "pinned_tweet_id": str(10**18 + number),
        "profile_image_url": "https://example.org/normal.jpg",
        "protected": False,
        "url": "https://t.co/y",
        "verified": False,
        "public_metrics": {"followers_count": 5, "following_count": 5, "tweet_count": 5, "listed_count": 1},
    }


def _require(true: bool) -> None:
    if not true:
        raise AssertionError("not every post was imported")
