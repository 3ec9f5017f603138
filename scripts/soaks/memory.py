"""A great many visits in one process, and how much memory they take: it has to stay flat."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import tempfile
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

from scripts.soaks.soak import Report, Soak
from tests.store.making import listed, sync
from tracker.collectors.x import XCollector
from tracker.config.settings import RefreshSettings, Settings, VisitSettings, XSettings
from tracker.domain.instants import DAY, HOUR, Instant, from_iso
from tracker.domain.words import Platform
from tracker.runtime.observer import Silent
from tracker.runtime.worker import Worker
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld
from tracker.store.store import Store

ACCOUNTS = 50
BEGINNING: Instant = from_iso("2022-10-05T12:00:00Z")
ROUND = 26 * HOUR
"""Between two visits of an account: longer than any is left alone."""
WARM = 0.1
"""Share of the visits after which all is loaded, and caches are full."""
MORE = 64.0 + 16.0
"""Megabytes by which the end may exceed what it took when warm: SQLite keeps up to 64 of the file's pages."""
MORE_OBJECTS = 2_000
"""By how many objects of Python's the end may exceed that: not one for each few visits."""


def _serve(orders: Connection) -> None:
    """X in a process of its own: publishes a post of each account at each instant that it is sent."""
    world = XWorld()
    for number in range(1, ACCOUNTS + 1):
        world.add_account(XAccount(number, f"gen_{number}", f"[ساختگی] {number}", BEGINNING - DAY, 10, 2))
    with XServer(world, limits={"/2/users/:id/tweets": 10**9, "/2/users": 10**9, "/2/users/by": 10**9}) as server:
        orders.send(server.url)
        while (at := orders.recv()) is not None:
            for number in range(1, ACCOUNTS + 1):
                world.publish(number, at, f"[ساختگی] {number}")
            orders.send(True)


def megabytes() -> float:
    """Resident memory of this process."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def memory(visits: int) -> Report:
    """Make so many visits, each of which finds one post."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    platform = context.Process(target=_serve, args=(theirs,), daemon=True)
    platform.start()
    begun, now = time.monotonic(), BEGINNING
    measured: list[tuple[int, float, int]] = []
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        settings = Settings(
            x=XSettings(api_url=ours.recv()),
            visits=VisitSettings(profile_interval=30 * DAY),
            refresh=RefreshSettings(on=False),
        )
        with closing(Store(Path(folder) / "tracker.db")) as store:
            sync(store, *(listed(f"gen_{number}", number) for number in range(1, ACCOUNTS + 1)))
            collector = XCollector(settings.x, BEARER_TOKEN, lambda: now)
            worker = Worker(Platform.X, collector, store, settings, {}, lambda: now, Silent(), lambda: False)
            marks = [int(visits * share) for share in (0.0, WARM, 0.25, 0.5, 0.75, 1.0)]
            done = 0
            while marks:
                if done >= marks[0]:
                    gc.collect()
                    measured.append((done, round(megabytes(), 1), len(gc.get_objects())))
                    print(f"soak: {done:,} visits, {megabytes():.1f} MB", file=sys.stderr, flush=True)
                    marks.pop(0)
                    continue
                ours.send(now - HOUR)
                ours.recv()
                done += worker.work().visits.total()
                now += ROUND
            collector.close()
            ours.send(None)
            platform.join()
    (_, warm, few), (_, end, many) = measured[1], measured[-1]
    wrong = [f"memory has grown from {warm} to {end} MB"] if end > warm + MORE else []
    if many > few + MORE_OBJECTS:
        wrong.append(f"there were {few:,} objects, and are {many:,}")
    lines = [f"{count:>10,} visits {size:>8.1f} MB {objects:>10,} objects" for count, size, objects in measured]
    figures = {
        "visits": done,
        "seconds": round(time.monotonic() - begun),
        "megabytes": {count: size for count, size, _ in measured},
        "objects": {count: objects for count, _, objects in measured},
    }
    return Report(figures, lines, wrong)


MEMORY = Soak(
    "a great many visits in one process, and how much memory they take",
    {"visits": (int, 100_000, "how many")},
    memory,
)
