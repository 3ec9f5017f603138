"""The daemon against platforms, lines and a machine that fail at random, then its database against the platforms."""

from __future__ import annotations

import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from scripts.soaks.daemon import TRACEBACK, Daemon
from scripts.soaks.soak import Report, Soak
from scripts.soaks.stage import ZONE, Stage, staged
from scripts.soaks.troubles import LONG_STOPS, troubles
from tests.faults.comparing import differences
from tracker.domain.instants import HOUR

SETTLES_WITHIN = 240.0
"""Seconds after the last fault within which everything has to be there."""
A_MONTH = 32
SHARE_OF_PROCESS = 0.05
"""Of all troubles, how many befall the daemon's own process."""


class Conductor:
    """Orders trouble for as long as the run lasts, and keeps count of it."""

    def __init__(self, stage: Stage, daemon: Daemon, seed: int) -> None:
        self.stage, self.daemon = stage, daemon
        self.chance = random.Random(f"troubles {seed}")
        self.injected: Counter[str] = Counter()
        self._outside = troubles(stage, self.chance)
        self._names = sorted(self._outside)
        self._queue: list[str] = []
        self._within: dict[str, Callable[[], None]] = {
            "process: SIGKILL": lambda: self._restart(daemon.kill),
            "process: SIGTERM": lambda: self._restart(daemon.leave),
            "process: SIGKILL while it starts": self._kill_at_start,
            "process: suspended": lambda: daemon.suspend(self.chance.uniform(0.5, 3)),
            "process: a second one started": daemon.second,
            "clock: some days pass": lambda: self._restart(daemon.kill, days=self.chance.randint(1, 9)),
            "clock: an hour wrong, then right": self._wrong_clock,
            "X: a cap until the next month": self._cap,
            "platforms: restarted": self._restart_platforms,
            "configuration: broken, then mended": self._break_configuration,
        }

    def play(self, seconds: float, told: Callable[[str], None]) -> None:
        """Let things go wrong for so long."""
        until = time.monotonic() + seconds
        processes = 0
        while time.monotonic() < until:
            if self.chance.random() < SHARE_OF_PROCESS or not processes:
                name = self._process_trouble(processes)
                processes += 1
            else:
                name = self._next_outside()
            self.injected[name] += 1
            (self._outside.get(name) or self._within[name])()
            rest = time.monotonic() + self.chance.uniform(0.1, 1.0)
            while time.monotonic() < min(rest, until):
                self.stage.publish_now()
                time.sleep(self.chance.uniform(0.02, 0.1))
            if sum(self.injected.values()) % 100 == 0:
                told(f"{until - time.monotonic():.0f} s to go, {sum(self.injected.values())} troubles")

    def settle(self) -> tuple[float, list[str]]:
        """End all trouble, let everything be collected; how many seconds it took, and what is not right even then."""
        stage, begun = self.stage, time.monotonic()
        for line in (stage.x_line, stage.telegram_line, stage.pages_line):
            line.heal()
        time.sleep(4.5)  # what was ordered to end by itself has
        stage.x.heal()
        stage.telegram.recover()
        stage.pages.heal()
        self.daemon.leave()
        stage.excuse_spoiled()
        stage.leap(A_MONTH)
        stage.configure()
        self.daemon.start()
        wrong = ["nothing was compared"]
        while wrong and time.monotonic() < begun + SETTLES_WITHIN:
            time.sleep(2)
            wrong = [*stage.unfinished(), *stage.contradictions()]
        self.daemon.leave()
        return time.monotonic() - begun, [*stage.unfinished(), *stage.contradictions()]

    def _next_outside(self) -> str:
        """Every one once before any comes again, in an order of chance."""
        if not self._queue:
            self._queue = self.chance.sample(self._names, len(self._names))
        return self._queue.pop()

    def _process_trouble(self, count: int) -> str:
        names = list(self._within)
        return names[count] if count < len(names) else self.chance.choice(names)

    def _restart(self, end: Callable[[], None], *, days: int = 0, clock_wrong_by: int = 0) -> None:
        end()
        if days:
            self.stage.leap(days)
        self.stage.configure(clock_wrong_by=clock_wrong_by)
        self.daemon.start()

    def _kill_at_start(self) -> None:
        for _ in range(3):
            self._restart(self.daemon.kill)
            time.sleep(self.chance.uniform(0, 2))

    def _wrong_clock(self) -> None:
        self._restart(self.daemon.leave, clock_wrong_by=self.chance.choice((-HOUR, HOUR)))
        until = time.monotonic() + 4
        while time.monotonic() < until:
            self.stage.publish_now()
            time.sleep(0.05)
        # By then the clock that was ahead shows the past.
        self._restart(self.daemon.kill, days=1)

    def _cap(self) -> None:
        for fault in LONG_STOPS:
            self.stage.x.fail(fault)
        time.sleep(2)
        self._restart(self.daemon.kill, days=A_MONTH)

    def _restart_platforms(self) -> None:
        stage = self.stage
        for server in (stage.x, stage.telegram, stage.pages):
            server.stop()
        time.sleep(self.chance.uniform(0, 1.5))
        for server in (stage.x, stage.telegram, stage.pages):
            server.start()

    def _break_configuration(self) -> None:
        self.daemon.wait_until_it_runs()  # one that only starts lawfully refuses to
        watchlist, before = self.stage.watchlist, len(self.daemon.said("the last good one stays in force"))
        watchlist.write_text(self.stage.listing().replace("official", "oficial", 1), "utf-8")
        until = time.monotonic() + 8
        while len(self.daemon.said("the last good one stays in force")) == before and time.monotonic() < until:
            time.sleep(0.1)
        watchlist.write_text(self.stage.listing(), "utf-8")


def controls(stage: Stage) -> list[str]:
    """A comparison that finds nothing wrong in a database that was tampered with is worth nothing."""
    wrong = []
    tamperings = {
        "a post removed": "DELETE FROM post WHERE (account_id, post_id) = "
        "(SELECT account_id, post_id FROM post WHERE deleted_at IS NULL ORDER BY posted_at LIMIT 1 OFFSET 500)",
        "an interval widened": "UPDATE coverage SET until = until + 1 WHERE (account_id, since) = "
        "(SELECT account_id, max(since) FROM coverage WHERE account_id = (SELECT min(account_id) FROM coverage))",
        "a week of a person at risk miscounted": "UPDATE week_count SET posts = posts + 1 WHERE (account_id, week) = "
        "(SELECT account_id, week FROM week_count WHERE posts > 0 LIMIT 1)",
        "the ledger emptied": "UPDATE ledger SET cost = 0",
    }
    for what, statement in tamperings.items():
        copy = stage.home / "tampered.db"
        shutil.copy(stage.database, copy)
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute(statement)
        if not differences(copy, stage.x_world, stage.telegram_world, zone=ZONE, bill=stage.x.bill):
            wrong.append(f"control: {what}, and the comparison did not see it")
    return wrong


def run(minutes: float, seed: int, home: str) -> Report:
    """Run for so many minutes of real time, then compare."""

    def told(line: str) -> None:
        print(f"soak: {line}", file=sys.stderr, flush=True)

    folder = Path(home) if home else Path(tempfile.mkdtemp(prefix="soak-"))
    told(f"{minutes} minutes in {folder}, seed {seed}")
    with staged(folder, seed) as stage, Daemon(folder) as daemon:
        conductor = Conductor(stage, daemon, seed)
        conductor.play(minutes * 60, told)
        told("no more trouble; waiting until all is there")
        settled, wrong = conductor.settle()
        wrong = [*daemon.wrong, *wrong, *(f"traceback: {line}" for line in daemon.said(TRACEBACK))]
        if not wrong:
            wrong = controls(stage)
        return report(stage, conductor, settled, wrong)


def report(stage: Stage, conductor: Conductor, settled: float, wrong: list[str]) -> Report:
    """What was injected how often, and what came of it."""
    with closing(sqlite3.connect(f"file:{stage.database}?mode=ro", uri=True)) as connection:
        outcomes = dict(
            connection.execute(
                "SELECT coalesce(outcome, 'killed'), count(*) FROM visit GROUP BY 1 ORDER BY 2 DESC"
            ).fetchall()
        )
        (posts,) = connection.execute("SELECT count(*) FROM post").fetchone()
        (weeks,) = connection.execute("SELECT count(*) FROM week_count WHERE posts").fetchone()
        (spent,) = connection.execute("SELECT sum(cost) FROM ledger WHERE platform = 'x'").fetchone()
        (requests, in_doubt) = connection.execute(
            "SELECT sum(requests), sum(settled_at IS NULL) FROM ledger"
        ).fetchone()
    figures: dict[str, object] = {
        "troubles": sum(conductor.injected.values()),
        "kinds_of_trouble": len(conductor.injected),
        "injected": dict(sorted(conductor.injected.items())),
        "visits": sum(outcomes.values()),
        "outcomes": outcomes,
        "published": stage.published,
        "posts_stored": posts,
        "weeks_counted": weeks,
        "requests": requests,
        "requests_in_doubt": in_doubt,
        "ledger_dollars": (spent or 0) / 1e6,
        "bill_dollars": stage.x.bill.micros / 1e6,
        "settled_in_seconds": round(settled, 1),
        "slowest_sigterm_seconds": round(conductor.daemon.slowest_leave, 1),
        "equal": not wrong,
    }
    lines = [f"{'trouble':<44}times"]
    lines += [f"{name:<44}{count:>5}" for name, count in sorted(conductor.injected.items())]
    lines += ["", f"{'visits ended':<44}times"]
    lines += [f"{name:<44}{count:>5}" for name, count in outcomes.items()]
    lines += ["", *(f"{name:<44}{value}" for name, value in figures.items() if not isinstance(value, dict))]
    return Report(figures, lines, wrong)


RUN = Soak(
    "the daemon against platforms, lines and a machine that fail at random, then its database against the platforms",
    {
        "minutes": (float, 30.0, "how long things go wrong; some minutes more until all is there"),
        "seed": (int, 1, "of what goes wrong when"),
        "home": (str, "", "where; a new folder unless it is given"),
    },
    run,
)
