"""The reports over ten million posts, against nothing but reading what they are made of into NumPy.

A report has to read its input; what it adds to that is its own doing. `usage` and `silence` are made of the posts'
covering index, which gives times and kinds: their denominator is `Reader.series` of all accounts. `influence` is made
of the same index with the posts' ids, and of every counter, about seven times as many numbers: its denominator is
`Reader.histories` of all accounts, and its ratio to the posts' index alone is told as `influence_over_posts_index`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.benches.generated import BEGIN, ZONES, listed
from scripts.benches.measuring import Effort, Metric, Result, always, race
from scripts.benches.usage import END, SETTINGS
from scripts.benches.usage import answer as usage_answer
from tracker.analysis.influence import InfluenceReport, in_order
from tracker.analysis.influence import influence as influence_report
from tracker.analysis.question import Selection
from tracker.analysis.silence import silence as silence_report
from tracker.analysis.silence_report import SilenceReport
from tracker.domain.instants import DAY
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform
from tracker.store.reader import Reader
from tracker.store.store import Store

ACCOUNTS, POSTS, ROUNDS = 1_000, 10_000_000, 3
SELECTION = Selection(as_of=END)

MIXED = "((i + 1) * 2654435761 + :account * 40503) % 4294967291"
"""Looks like chance, and is the same in every run: i numbers the posts of an account."""

FILL_POSTS = f"""
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :posts),
    timed AS (
        SELECT i, {MIXED} AS mixed, {BEGIN} + i * :step + ({MIXED}) % :step AS posted_at FROM n
    )
INSERT INTO post (account_id, post_id, version_id, posted_at, kind, collected_at)
SELECT :account, (posted_at - 1288834974) * 4194304000 + i % 4096, i, posted_at,
    CASE WHEN mixed / 7 % 10 < 5 THEN 0 WHEN mixed / 7 % 10 < 7 THEN 1 WHEN mixed / 7 % 10 < 9 THEN 2 ELSE 3 END,
    {END}
FROM timed
"""
FILL_COUNTERS = f"""
INSERT INTO metric (account_id, post_id, taken_at, likes, reposts, replies, quotes, bookmarks, views)
SELECT account_id, post_id, posted_at + {DAY} + mixed % {13 * DAY},
    mixed % 9973, mixed % 997, mixed % 499, mixed % 97, mixed % 53, mixed % 99991
FROM (SELECT account_id, post_id, posted_at, post_id / 4096 % 4294967291 AS mixed FROM post)
"""
"""One snapshot a post, at an age of 1 to 14 days: all have counters of 24 hours, about half of 7 days."""


def history(effort: Effort) -> Result:
    """Each report from opening the database to its answer."""
    accounts = in_order(listed(range(1, effort.of(ACCOUNTS) + 1)))
    posts_each = effort.of(POSTS) // len(accounts)
    with TemporaryDirectory(prefix="tracker-bench-") as folder:
        path = Path(folder) / "history.db"
        _fill(path, accounts, posts_each)
        _check(path, accounts, posts_each)
        seconds = race(
            {
                "posts' index": always(lambda: read_series(path, accounts)),
                "index and counters": always(lambda: read_histories(path, accounts)),
                "usage": always(lambda: usage_answer(path, accounts)),
                "silence": always(lambda: silence_answer(path, accounts)),
                "influence": always(lambda: influence_answer(path, accounts)),
            },
            min(ROUNDS, effort.rounds),
        )
    index, both = seconds["posts' index"], seconds["index and counters"]
    return Result(
        f"reports over {posts_each * len(accounts):,} posts of {len(accounts):,} accounts, ÷ reading their input",
        (
            Metric("usage_over_index", seconds["usage"] / index, at_most=1.5),
            Metric("silence_over_index", seconds["silence"] / index, at_most=1.5),
            Metric("influence_over_index", seconds["influence"] / both, at_most=1.5),
            Metric("influence_over_posts_index", seconds["influence"] / index),
        ),
        seconds,
    )


def read_series(path: Path, accounts: Sequence[ListedAccount]) -> int:
    """The covering index in arrays, all of it at once."""
    with closing(Reader(path)) as reader:
        return len(reader.series(accounts))


def read_histories(path: Path, accounts: Sequence[ListedAccount]) -> int:
    """The covering index and the counters in arrays, an account at a time."""
    with closing(Reader(path)) as reader:
        return sum(history.post.size for history in reader.histories(accounts))


def silence_answer(path: Path, accounts: Sequence[ListedAccount]) -> SilenceReport:
    """The report, as the command makes it."""
    with closing(Reader(path)) as reader:
        series = reader.series(accounts)
    return silence_report(series, SETTINGS, SELECTION)


def influence_answer(path: Path, accounts: Sequence[ListedAccount]) -> InfluenceReport:
    """The report, as the command makes it."""
    with closing(Reader(path)) as reader:
        return influence_report(reader.histories(accounts), SETTINGS, SELECTION)


def _check(path: Path, accounts: Sequence[ListedAccount], posts_each: int) -> None:
    """That all reports saw all posts."""
    usage, influence = usage_answer(path, accounts), influence_answer(path, accounts)
    for rows in (usage.rows, influence.rows):
        if [row.posts for row in rows] != [posts_each] * len(accounts):
            raise AssertionError("a report has not seen all posts")
    if any(row.at_24h is None or row.at_24h.posts != row.originals for row in influence.rows):
        raise AssertionError("influence has not seen all counters")


def _fill(path: Path, accounts: Sequence[ListedAccount], posts_each: int) -> None:
    """Generated posts of all accounts, fully covered, with their counters."""
    with closing(Store(path)) as store:
        store.sync(accounts, frozenset(Platform), ZONES)
    step = (END - BEGIN) // posts_each
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("UPDATE account SET created_at = ?, last_look_at = ?", (BEGIN, END))
        connection.execute("INSERT INTO coverage SELECT id, ?, ?, 'backfilled' FROM account", (BEGIN, END))
        for account_id in range(1, len(accounts) + 1):
            connection.execute(FILL_POSTS, {"account": account_id, "posts": posts_each, "step": step})
        connection.execute(FILL_COUNTERS)
