"""A month of 200 generated accounts on the sandbox's X, in each mode: what it costs an account.

Not a race but a bill. The sandbox charges as X does; a run in which the ledger says anything else, or in which one
post is missing or there twice, ends with an error. The settings are the defaults, but for how often is visited. The
month is one of many: posts of the month before are read again in it, at every age.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from scripts.benches.measuring import Effort, Metric, Result
from tracker.collectors.x import XCollector
from tracker.config.settings import RefreshSettings, Settings, VisitSettings, XSettings
from tracker.domain.instants import DAY, HOUR, Instant, from_iso
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.words import Mode, Platform, Protection, Residence, Role
from tracker.runtime.worker import Worker
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld
from tracker.store.store import Store

ACCOUNTS, DAYS = 200, 30
BEGIN: Instant = from_iso("2026-10-01T00:00:00Z")
TICK = HOUR
FIRST_ID = 900_001
SEED = 20261001
VISITS_A_DAY = 2.0
"""Of an account, on average. X charges for what it sends, so more visits find posts sooner and cost the same."""
SETTLED = 8 * DAY
"""How long the run goes on after the last post, until counts are in, so that none can be missing."""
ACTIVE_FROM, ACTIVE_HOURS = 5, 15
"""UTC hours in which nine posts of ten are made."""


@dataclass(frozen=True, slots=True)
class Published:
    """What the generated accounts publish: instants and who, in order of time."""

    at: Sequence[Instant]
    by: Sequence[int]
    a_day: Sequence[float]
    """The true rate of each account, posts a day."""


def published(accounts: int, days: int) -> Published:
    """Accounts of very different rates: the median posts once a day, one in a hundred twenty times."""
    chance = np.random.default_rng(SEED)
    a_day = np.exp(chance.normal(0.0, 1.3, accounts))
    at: list[Instant] = []
    by: list[int] = []
    for number, rate in enumerate(a_day.tolist()):
        times = BEGIN + chance.integers(0, days, chance.poisson(rate * days)) * DAY
        awake = chance.random(times.size) < 0.9
        hours = np.where(
            awake, ACTIVE_FROM + ACTIVE_HOURS * chance.random(times.size), 24 * chance.random(times.size)
        )
        at += (times + (hours * HOUR).astype(np.int64)).tolist()
        by += [number] * times.size
    order = np.lexsort((by, at))
    return Published([at[place] for place in order], [by[place] for place in order], a_day.tolist())


def watched(accounts: int, mode: Mode) -> list[ListedAccount]:
    """The accounts' rows on the watchlist."""
    row = Listing(
        subject="",
        name="Generated",
        name_native="",
        role=Role.OFFICIAL,
        country="IR",
        residence=Residence.INSIDE,
        protection=Protection.NAMED,
        protection_reason="",
        platform=Platform.X,
        handle="",
        platform_id=None,
        verified=True,
        mode=mode,
    )
    return [
        ListedAccount((replace(row, subject=name, handle=name, platform_id=FIRST_ID + number),))
        for number, name in enumerate(map(handle, range(accounts)))
    ]


def handle(number: int) -> str:
    return f"generated_{number}"


def world_of(accounts: int) -> XWorld:
    world = XWorld()
    for number in range(accounts):
        name = handle(number)
        world.add_account(XAccount(FIRST_ID + number, name, f"{name} [generated]", BEGIN, 100 * number, 10))
    return world


@dataclass(slots=True)
class Quiet:
    """An observer that only remembers what went wrong."""

    wrong: list[str] = field(default_factory=list)

    def due(self, platform: Platform, accounts: int) -> None: ...

    def page(self, platform: Platform, posts_new: int) -> None: ...

    def warned(self, platform: Platform, warning: str) -> None:
        self.wrong.append(warning)

    def spent(self, platform: Platform, requests: int, micros: int) -> None: ...

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        if kind is not OutcomeKind.OK:
            self.wrong.append(f"{handle}: {kind} {detail}")

    def stopped(self, platform: Platform, kind: OutcomeKind, detail: str, until: Instant | None) -> None:
        self.wrong.append(f"stopped: {kind} {detail}")

    def untold(self, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Month:
    """What the second of two equal months came to."""

    accounts: int
    posts: int
    """Published in it, and found."""
    micros: int
    """The sandbox's bill, and the ledger's sum, in millionths of a dollar."""

    @property
    def dollars(self) -> float:
        """An account's."""
        return self.micros / 1e6 / self.accounts


def a_month(
    folder: Path, accounts: int, days: int, mode: Mode, *, refresh: bool = True, profiles_every: int = DAY
) -> Month:
    """Collect what the accounts publish in twice so many days, and tell of the second half.

    Raises AssertionError where the books do not agree.
    """
    truth = published(accounts, 2 * days)
    world, zones = world_of(accounts), {"IR": "Asia/Tehran"}
    now, half, end = [BEGIN], BEGIN + days * DAY, BEGIN + 2 * days * DAY
    settings = Settings(
        zones=zones,
        visits=VisitSettings(requests_a_day=VISITS_A_DAY, profile_interval=profiles_every),
        refresh=RefreshSettings(on=refresh),
    )
    watcher = Quiet()
    listed = watched(accounts, mode)
    bills: list[int] = []
    with XServer(world, clock=lambda: now[0]) as server, closing(Store(folder / "tracker.db")) as store:
        store.sync(listed, frozenset(Platform), zones)
        collector = XCollector(XSettings(api_url=server.url, retries=0), BEARER_TOKEN, lambda: now[0])
        by_subject = {account.subject: zones["IR"] for account in listed}
        worker = Worker(Platform.X, collector, store, settings, by_subject, lambda: now[0], watcher, lambda: False)
        told = 0
        with closing(collector):
            while now[0] < end + SETTLED:
                while told < len(truth.at) and truth.at[told] <= now[0]:
                    world.publish(FIRST_ID + truth.by[told], truth.at[told], "[generated]")
                    told += 1
                if now[0] in (half, end):
                    bills.append(_balanced(folder, server.bill.micros))
                worker.work()
                now[0] += TICK
        _balanced(folder, server.bill.micros)
    table, measure = ("count", "TOTAL(posts)") if mode is Mode.COUNTS else ("post", "COUNT(*)")
    found = _sum(folder, f'SELECT {measure} FROM "{table}"')
    assert not watcher.wrong, watcher.wrong[:3]
    assert found == len(truth.at), f"{len(truth.at)} posts were published, {found} found"
    return Month(accounts, sum(at >= half for at in truth.at), bills[1] - bills[0])


def _balanced(folder: Path, bill: int) -> int:
    """The bill. Raises AssertionError if the ledger says anything else."""
    spent = _sum(folder, "SELECT SUM(cost) FROM ledger")
    assert spent == bill, f"the ledger says {spent}, the bill {bill}"
    return bill


def _sum(folder: Path, query: str) -> int:
    with closing(sqlite3.connect(folder / "tracker.db")) as database:
        (total,) = database.execute(query).fetchone()
    return int(total)


def month(effort: Effort) -> Result:
    """Dollars an account and month, in each mode."""
    accounts, days = effort.of(ACCOUNTS), max(2, effort.of(DAYS))
    ways = {
        "posts": partial(a_month, mode=Mode.POSTS),
        "posts_without_refresh": partial(a_month, mode=Mode.POSTS, refresh=False),
        "counts": partial(a_month, mode=Mode.COUNTS),
        "counts_profiles_monthly": partial(a_month, mode=Mode.COUNTS, profiles_every=30 * DAY),
    }
    found: dict[str, Month] = {}
    for name, run in ways.items():
        with TemporaryDirectory(prefix="tracker-bench-") as folder:
            found[name] = run(Path(folder), accounts, days)
    posts = found["posts"].posts
    return Result(
        f"the second {days} days of {accounts} generated accounts, with {posts:,} posts: dollars an account, "
        "the ledger equal to the sandbox's bill",
        (
            Metric("posts_an_account", posts / accounts),
            *(Metric(f"{name}_dollars", ended.dollars) for name, ended in found.items()),
        ),
    )
