"""`report usage` over many posts, against the same question in SQL window functions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from scripts.benches.generated import BEGIN, COUNTRIES, KINDS, ZONES, listed
from scripts.benches.measuring import Effort, Metric, Result, always, race
from tracker.analysis.question import UsageQuestion
from tracker.analysis.report import UsageReport
from tracker.analysis.usage import usage as usage_report
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, HOUR, Instant
from tracker.domain.restrictions import Edge, Restriction
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, RestrictionKind, Scope
from tracker.reports.sheet_json import sheets_json
from tracker.reports.usage import usage_sheet
from tracker.sandbox.x_world import snowflake
from tracker.store.dialect import READER_PRAGMAS
from tracker.store.reader import Reader
from tracker.store.store import Store

ACCOUNTS, POSTS = 2_000, 2_000_000
END: Instant = BEGIN + 4 * 365 * DAY

OFFSETS = {"CN": 8 * HOUR, "IR": 3 * HOUR + HOUR // 2, "RU": 3 * HOUR}
"""The zones' offsets from UTC, which are the same all the time between BEGIN and END."""

SETTINGS = Settings(zones=ZONES)
QUESTION = UsageQuestion(as_of=END)

BANS = [
    (country, BEGIN + (90 * number + 10 * place) * DAY, BEGIN + (90 * number + 10 * place + 25) * DAY)
    for place, country in enumerate(COUNTRIES)
    for number in range(15)
]
RESTRICTIONS = [
    Restriction(country, Platform.X, RestrictionKind.BLOCK, Scope.PUBLIC, Edge(since, since), Edge(until, until))
    for country, since, until in BANS
]

WINDOW_FUNCTIONS = """
WITH seen AS (
    SELECT account_id, posted_at, kind, LAG(posted_at) OVER timeline AS before
    FROM post
    WINDOW timeline AS (PARTITION BY account_id ORDER BY posted_at)
)
SELECT account_id, COUNT(*), COUNT(since), SUM(kind = 0), SUM(kind = 1), SUM(kind = 2), SUM(kind = 3),
    SUM((posted_at + zone_offset) / 86400 IS NOT (before + zone_offset) / 86400),
    MIN(posted_at), MAX(posted_at), MAX(posted_at - before)
FROM seen
JOIN bench_account ON bench_account.id = seen.account_id
LEFT JOIN bench_ban ON bench_ban.country = bench_account.country AND posted_at >= since AND posted_at < until
GROUP BY account_id
"""

Counts = dict[str, tuple[int | float | None, ...]]
"""By subject: posts, restricted, originals, replies, reposts, quotes, active days, first, last, longest gap."""


def usage(effort: Effort) -> Result:
    """The whole report, from opening the database to the JSON."""
    accounts = listed(range(1, effort.of(ACCOUNTS) + 1))
    posts = effort.of(POSTS)
    with TemporaryDirectory(prefix="tracker-bench-") as folder:
        path = Path(folder) / "usage.db"
        _fill(path, accounts, posts // len(accounts))
        ours, theirs = _counts(answer(path, accounts)), _counts_in_sql(answer_in_sql(path))
        if ours != theirs:
            raise AssertionError("the two ways do not count the same")
        seconds = race(
            {
                "tracker": always(lambda: sheets_json([usage_sheet(answer(path, accounts))])),
                "window functions": always(lambda: json.dumps(answer_in_sql(path), indent=2)),
            },
            effort.rounds,
        )
    return Result(
        f"usage of {len(accounts):,} accounts with {posts:,} posts, as JSON",
        (Metric("over_window_functions", seconds["window functions"] / seconds["tracker"], at_least=4),),
        seconds,
    )


def answer(path: Path, accounts: Sequence[ListedAccount]) -> UsageReport:
    """The report, as the command makes it."""
    with closing(Reader(path)) as reader:
        series = reader.series(accounts)
    return usage_report(series, RESTRICTIONS, SETTINGS, QUESTION)


def answer_in_sql(path: Path) -> list[tuple[int, ...]]:
    """The same figures, from the same index, worked out by SQLite."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for pragma in READER_PRAGMAS:
            connection.execute(pragma).fetchall()
        return connection.execute(WINDOW_FUNCTIONS).fetchall()


def _counts(report: UsageReport) -> Counts:
    return {
        str(row.subject): (
            row.posts,
            row.posts_restricted,
            row.originals,
            row.replies,
            row.reposts,
            row.quotes,
            row.active_days,
            row.first_post if isinstance(row.first_post, int) else None,
            row.last_post if isinstance(row.last_post, int) else None,
            None if row.longest_gap_days is None else round(row.longest_gap_days * DAY),
        )
        for row in report.rows
    }


def _counts_in_sql(rows: Sequence[tuple[int, ...]]) -> Counts:
    return {f"generated-{account_id}": tuple(counts) for account_id, *counts in rows}


def _fill(path: Path, accounts: Sequence[ListedAccount], posts_each: int) -> None:
    """Generated posts of all accounts, fully covered, and beside them what SQL has to know of a watchlist."""
    with closing(Store(path)) as store:
        store.sync(accounts, frozenset(Platform), ZONES)
    random = np.random.default_rng(1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE bench_account (id INTEGER PRIMARY KEY, country TEXT, zone_offset INTEGER)")
        connection.execute("CREATE TABLE bench_ban (country TEXT, since INTEGER, until INTEGER)")
        connection.execute("CREATE INDEX bench_bans ON bench_ban (country, since, until)")
        connection.executemany("INSERT INTO bench_ban VALUES (?, ?, ?)", BANS)
        connection.execute("UPDATE account SET created_at = ?, last_look_at = ?", (BEGIN, END))
        connection.execute("INSERT INTO coverage SELECT id, ?, ?, 'backfilled' FROM account", (BEGIN, END))
        for account_id, account in enumerate(accounts, 1):
            country = account.latest.country
            connection.execute("INSERT INTO bench_account VALUES (?, ?, ?)", (account_id, country, OFFSETS[country]))
            times = np.sort(random.integers(BEGIN, END, posts_each)).tolist()
            kinds = random.choice(np.array(KINDS), posts_each).tolist()
            connection.executemany(
                "INSERT INTO post (account_id, post_id, version_id, posted_at, kind, collected_at) "
                f"VALUES ({account_id}, ?1, ?1, ?2, ?3, {END})",
                [
                    (snowflake(time * 1000, number % 4096), time, kind)
                    for number, (time, kind) in enumerate(zip(times, kinds, strict=True))
                ],
            )
