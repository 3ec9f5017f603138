"""A tracker that kills itself at a named point: `python -m tests.runtime.dying DB URL CAP POINT TIME NOW`.

The points: `reserved` (before the request is sent), `answered` (before anything of the answer is stored), `storing`
(within the transaction), `stored` (just after it). TIME says at which page.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from tracker.collectors.x import XCollector
from tracker.config.settings import Allowance, BudgetSettings, Settings, XSettings
from tracker.domain.instants import from_iso
from tracker.domain.words import Platform
from tracker.runtime.observer import Silent
from tracker.runtime.worker import Worker
from tracker.sandbox.x_server import BEARER_TOKEN
from tracker.store.spending import Reservation
from tracker.store.store import Store


class Dying(Store):
    """A store whose process does not live long."""

    def __init__(self, path: Path, point: str, time: int) -> None:
        self.point, self.left, self.page = point, time, False
        super().__init__(path)

    def pass_by(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as connection:
            yield connection
            if self.page:
                self.pass_by("storing")

    def reserve(self, reservation: Reservation) -> None:
        super().reserve(reservation)
        if "tweets" in reservation.endpoint:
            self.pass_by("reserved")

    def write_page(self, *arguments: Any, **options: Any) -> Any:
        self.pass_by("answered")
        self.page = True
        written = super().write_page(*arguments, **options)
        self.page = False
        self.pass_by("stored")  # what comes next is set aside by now
        return written


def main() -> None:
    path, url, cap, point, time, now = sys.argv[1:]
    store = Dying(Path(path), point, int(time))
    store.release()
    settings = Settings(
        x=XSettings(api_url=url, retries=0), budget=BudgetSettings(x_per_day=Allowance(int(cap), dollars=False))
    )
    instant = from_iso(now)
    store.make_due(Platform.X, None, instant)
    collector = XCollector(settings.x, BEARER_TOKEN, lambda: instant)
    worker = Worker(Platform.X, collector, store, settings, {}, lambda: instant, Silent(), lambda: False)
    worker.work()
    collector.close()
    store.close()


if __name__ == "__main__":
    main()
