"""Decoding X's answers and storing them, against the bare driver and against objects all the way."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.benches.answers import Answers, OfflineCollector, answers_of
from scripts.benches.generated import ZONES, listed, world
from scripts.benches.measuring import Effort, Metric, Result, Work, race
from scripts.benches.objects import store_objects
from tracker.collectors.x import XCollector
from tracker.config.settings import Settings
from tracker.domain.coverage import Stretch, advance
from tracker.domain.instants import Instant, from_iso
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Page, Spend, Target, Walk
from tracker.domain.words import Platform
from tracker.runtime.budget import Budget
from tracker.runtime.observer import Silent
from tracker.store.dialect import WRITER_PRAGMAS, writing_engine
from tracker.store.store import Store

ACCOUNTS, PAGES_EACH, PAGE = 3, 15, 100
NOW: Instant = from_iso("2026-11-01T00:00:00Z")
STORED = ("answer", "post", "metric")
"""The tables whose rows a page brings; the rest of its transaction moves what is known of the account."""


def store(effort: Effort) -> Result:
    """Whole timelines, from the bytes of their answers to the disk, a transaction a page."""
    accounts = range(1, ACCOUNTS + 1)
    answers = answers_of(world(accounts, PAGE * effort.of(PAGES_EACH)), accounts, NOW)
    with TemporaryDirectory(prefix="tracker-bench-") as name:
        seconds = _race(Path(name), answers, effort.rounds * 3)
    return Result(
        f"{sum(map(len, answers.values()))} pages of {PAGE} posts, from the bytes to the disk",
        (
            Metric("over_executemany", seconds["executemany"] / seconds["tracker"], at_least=0.5),
            Metric("over_tweepy_orm", seconds["tweepy and ORM"] / seconds["tracker"], at_least=8),
        ),
        seconds,
    )


def _race(folder: Path, answers: Answers, rounds: int) -> dict[str, float]:
    template = folder / "template.db"
    with closing(Store(template)) as new:
        new.sync(listed(answers), frozenset(Platform), ZONES)
    names = (folder / f"{number}.db" for number in count())

    @contextmanager
    def tracker() -> Iterator[Work]:
        with _copy_of(template, next(names)) as path, closing(Store(path)) as opened:
            collector = OfflineCollector(answers, NOW)
            yield lambda: collect(opened, collector)

    model = folder / "model.db"
    shutil.copy(template, model)
    with closing(Store(model)) as opened:
        collect(opened, OfflineCollector(answers, NOW))
    pages = pages_in(model)
    with closing(Store(template)) as new:
        for account_id in answers:
            new.begin_visit(account_id, NOW)

    @contextmanager
    def executemany() -> Iterator[Work]:
        with _copy_of(template, next(names)) as path, closing(connect(path)) as connection:
            yield lambda: execute_many(connection, pages)

    @contextmanager
    def objects() -> Iterator[Work]:
        with _copy_of(template, next(names)) as path:
            engine = writing_engine(path)
            yield lambda: store_objects(engine, answers, NOW)
            engine.dispose()

    return race({"tracker": tracker, "executemany": executemany, "tweepy and ORM": objects}, rounds)


@contextmanager
def _copy_of(template: Path, path: Path) -> Iterator[Path]:
    shutil.copy(template, path)
    yield path
    for used in path.parent.glob(path.name + "*"):
        used.unlink()


def collect(opened: Store, collector: XCollector) -> None:
    """Read and store the timelines of all accounts as their visits do."""
    budget = Budget(Platform.X, opened, Settings(), lambda: NOW, Silent())
    for account in opened.claim(Platform.X, None, NOW, 600, ACCOUNTS):
        visit_id, hole_id = opened.begin_visit(account.id, NOW), None
        left: Stretch | None = Stretch(NOW)
        while left is not None:
            asked = budget.ask(
                collector.endpoints.timeline,
                Spend(posts=1),
                partial(_fetch, collector, account.target, Walk(left.mark, left.cursor)),
                wanted=PAGE,
                account=account,
            )
            assert not isinstance(asked, Failure), asked
            page, reservation = asked
            step = advance(left, page, account.created_at)
            settlement = budget.settlement(reservation, page.spend, page.resources, more=step.left is not None)
            looked_at = NOW if left.cursor is None else None
            written = opened.write_page(
                account, visit_id, page, settlement, hole_id, step, top=True, looked_at=looked_at
            )
            budget.settled(settlement)
            assert written is not None
            left, (_, hole_id) = step.left, written
        budget.release()
        opened.end_visit(account, visit_id, OutcomeKind.OK, "", NOW, NOW)


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows that a page has brought, by table, in the order in which they were written."""

    answer: Sequence[tuple[object, ...]]
    post: Sequence[tuple[object, ...]]
    metric: Sequence[tuple[object, ...]]


def _fetch(collector: XCollector, target: Target, walk: Walk, granted: int) -> Page | Failure:
    return collector.fetch(target, replace(walk, limit=granted))


def pages_in(path: Path) -> list[PageRows]:
    """What is stored, page by page."""
    with closing(sqlite3.connect(path)) as connection:
        answers = connection.execute(
            "SELECT answer.*, visit.account_id FROM answer JOIN visit ON visit.id = visit_id ORDER BY answer.id"
        ).fetchall()
        rows: dict[tuple[str, int], Iterator[tuple[object, ...]]] = {}
        for table in ("post", "metric"):
            for (account_id,) in connection.execute("SELECT id FROM account").fetchall():
                rows[table, account_id] = iter(
                    connection.execute(
                        f"SELECT * FROM {table} WHERE account_id = ? ORDER BY post_id DESC", (account_id,)
                    ).fetchall()
                )
    return [
        PageRows(
            [tuple(answer)],
            *(
                [row for row, _ in zip(rows[table, account_id], range(PAGE), strict=False)]
                for table in ("post", "metric")
            ),
        )
        for *answer, account_id in answers
    ]


def connect(path: Path) -> sqlite3.Connection:
    """The bare driver, with what the tracker asks of the database."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in WRITER_PRAGMAS:
        connection.execute(pragma).fetchall()
    return connection


def execute_many(connection: sqlite3.Connection, pages: Sequence[PageRows]) -> None:
    """Insert rows that lie ready, a transaction a page."""
    for page in pages:
        connection.execute("BEGIN IMMEDIATE")
        for table in STORED:
            rows: Sequence[tuple[object, ...]] = getattr(page, table)
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        connection.execute("COMMIT")
