"""`export posts` as CSV, against SQLite's own shell and against the csv module."""

from __future__ import annotations

import csv
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from scripts.benches.generated import BEGIN, KINDS, ZONES, listed, text
from scripts.benches.measuring import Effort, Metric, Result, always, race
from tracker.analysis.exposures import Exposures
from tracker.analysis.question import Selection
from tracker.config.home import Config, Home
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, Instant
from tracker.domain.subjects import ListedAccount, Watchlist
from tracker.domain.words import Platform, PostKind
from tracker.reports.export_columns import POSTS as COLUMNS
from tracker.reports.export_lines import post_lines
from tracker.reports.export_rows import post_rows
from tracker.reports.exports import Export, write_export
from tracker.reports.formats import ExportFormat
from tracker.reports.method import Ask, method_of
from tracker.sandbox.x_world import snowflake
from tracker.store.reader import Reader
from tracker.store.store import Store

POSTS, EACH = 1_000_000, 2_000
END: Instant = BEGIN + 4 * 365 * DAY

_KIND = "CASE kind " + " ".join(f"WHEN {kind.value} THEN '{kind.word}'" for kind in PostKind) + " END"
PLAIN = f"""
SELECT who.*, post.post_id, {_KIND} AS kind,
    strftime('%Y-%m-%dT%H:%M:%SZ', posted_at, 'unixepoch') AS posted_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', collected_at, 'unixepoch') AS collected_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', edited_at, 'unixepoch') AS edited_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', deleted_at, 'unixepoch') AS deleted_at, lang, text,
    'https://x.com/' || who.handle || '/status/' || version_id AS url, ref_post_id, ref_author_id,
    metric.likes, metric.reposts, metric.replies, metric.quotes, metric.views,
    metric.precision, 'no' AS restricted
FROM bench_who AS who JOIN post ON post.account_id = who.platform_id
LEFT JOIN metric ON metric.account_id = post.account_id AND metric.post_id = post.post_id AND taken_at = (
    SELECT MAX(taken_at) FROM metric AS later
    WHERE later.account_id = post.account_id AND later.post_id = post.post_id
)
ORDER BY who.platform_id, post.posted_at, post.post_id
"""
"""The same rows and columns, as one would ask for them in SQL."""

_MEMORY = """
import sys
from pathlib import Path
from scripts.benches.export import export_posts, peak_kilobytes
export_posts(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
print(peak_kilobytes())
"""


def export(effort: Effort) -> Result:
    """The whole export, from opening the database to the file and what is said of it beside it."""
    posts = effort.of(POSTS)
    accounts = max(1, posts // EACH)
    with TemporaryDirectory(prefix="tracker-bench-") as name:
        folder = Path(name)
        path = folder / "export.db"
        fill(path, accounts, posts // accounts)
        ways = {
            "tracker": always(lambda: export_posts(path, folder / "tracker.csv", accounts)),
            "csv module": always(lambda: _with_csv_module(path, folder / "module.csv")),
        }
        if shutil.which("sqlite3"):
            ways["sqlite3 shell"] = always(lambda: _with_shell(path, folder / "shell.csv"))
        seconds = race(ways, min(effort.rounds, 3))
        _require_same(folder / "tracker.csv", [folder / "module.csv", folder / "shell.csv"])
        megabytes = peak_megabytes(path, folder / "memory.csv", accounts)
    return Result(
        f"export of {posts:,} posts of {accounts:,} accounts as CSV"
        + ("" if "sqlite3 shell" in seconds else " (no sqlite3 on the PATH: against the csv module alone)"),
        (*_ratios(seconds), Metric("peak_megabytes", megabytes, at_most=300)),
        seconds,
    )


def _ratios(seconds: Mapping[str, float]) -> tuple[Metric, ...]:
    ours, module, shell = seconds["tracker"], seconds["csv module"], seconds.get("sqlite3 shell")
    if shell is None:
        return (Metric("over_csv_module", module / ours, at_least=0.5),)
    return Metric("over_sqlite_shell", shell / ours, at_least=0.5), Metric("over_csv_module", module / ours)


def export_posts(path: Path, target: Path, accounts: int) -> None:
    """The export of generated accounts, as the command makes it."""
    chosen = listed(range(1, accounts + 1))
    selection, exposures = Selection(END), Exposures([])
    config = Config(Home(path.parent), Settings(zones=ZONES), Watchlist(tuple(chosen)), (), (), (), ())
    with closing(Reader(path)) as reader:
        table = Export(
            "posts",
            COLUMNS,
            lambda: post_rows(reader.posts(chosen), exposures, selection),
            lines=lambda: post_lines(reader, chosen, exposures, selection),
        )
        method = method_of(Ask("posts", ExportFormat.CSV, selection), target, config, chosen, reader.observed(chosen))
        write_export(table, ExportFormat.CSV, target, method, force=True)


def peak_megabytes(path: Path, target: Path, accounts: int) -> float:
    """The most memory that a process takes which exports the posts."""
    command = [sys.executable, "-c", _MEMORY, str(path), str(target), str(accounts)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024


def peak_kilobytes() -> int:
    """The most memory that this process has taken.

    Linux lets a new process begin with the peak of the one that started it, except in /proc.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak  # bytes on macOS


def fill(path: Path, accounts: int, each: int) -> None:
    """Generated accounts with so many posts each; every other post has two metric snapshots."""
    chosen = listed(range(1, accounts + 1))
    with closing(Store(path)) as store:
        store.sync(chosen, frozenset(Platform), ZONES)
    random = Random(1)
    texts = [text(random) for _ in range(5000)]
    texts += [f'{one}, "quoted"\nin two lines' for one in texts[::10]]
    with closing(sqlite3.connect(path)) as connection, connection:
        _fill_who(connection, chosen)
        for account in range(1, accounts + 1):
            times = sorted(random.randrange(BEGIN, END) for _ in range(each))
            posts = [
                (account, snowflake(time * 1000, number % 4096), time, random.choice(KINDS), random.choice(texts))
                for number, time in enumerate(times)
            ]
            connection.executemany(
                "INSERT INTO post (account_id, post_id, version_id, posted_at, kind, text, lang, collected_at) "
                f"VALUES (?1, ?2, ?2, ?3, ?4, ?5, 'fa', {END}) ON CONFLICT DO NOTHING",
                posts,
            )
            connection.executemany(
                "INSERT INTO metric (account_id, post_id, taken_at, likes, reposts, replies, quotes, views) "
                "VALUES (?1, ?2, ?3, ?4, 5, 4, 3, ?5) ON CONFLICT DO NOTHING",
                [
                    (account, post[1], END + look * DAY, random.randrange(9999), random.randrange(99999))
                    for number, post in enumerate(posts)
                    for look in range(1 + number % 2)
                ],
            )


def _fill_who(connection: sqlite3.Connection, chosen: Sequence[ListedAccount]) -> None:
    """What SQL has to know of a watchlist. The ids of the rows are those of the accounts."""
    connection.execute(
        "CREATE TABLE bench_who (subject, name, role, country, platform, handle, platform_id PRIMARY KEY)"
    )
    connection.executemany(
        "INSERT INTO bench_who VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (one.subject, one.latest.name, one.latest.role, one.latest.country, one.platform, one.handle, number)
            for number, one in enumerate(chosen, 1)
        ],
    )


def _with_shell(path: Path, target: Path) -> None:
    with target.open("wb") as out:
        command = ["sqlite3", "-readonly", "-cmd", ".mode csv", "-cmd", ".headers on", str(path), PLAIN]
        subprocess.run(command, stdout=out, check=True)


def _with_csv_module(path: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        with target.open("w", encoding="utf-8", newline="") as out:
            found = connection.execute(PLAIN)
            writer = csv.writer(out)
            writer.writerow([column[0] for column in found.description])
            writer.writerows(found)


def _require_same(ours: Path, theirs: Sequence[Path]) -> None:
    for other in theirs:
        if other.exists():
            with ours.open(encoding="utf-8", newline="") as a, other.open(encoding="utf-8", newline="") as b:
                if any(x != y for x, y in zip(csv.reader(a), csv.reader(b), strict=True)):
                    raise AssertionError(f"{other.stem} and the tracker do not write the same rows")
