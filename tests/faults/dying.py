"""Trackers that die: a process that runs the real command line in forks of itself, which kill themselves on order.

`python -m tests.faults.dying` reads orders as lines of JSON: the command line, and where to die. A point is the
method of the store and its moment, as `write_page inside`: `before` its transaction, `inside` it, when all is written
and nothing committed, or `after` the commit. It answers with the fork's pid, and, when that has ended, with how, and
with the points that it passed by at which something was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import _GeneratorContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from types import TracebackType
from typing import Any

from sqlalchemy import Connection

from tracker.store import store
from tracker.store.dialect import driver_of

KILLED = -signal.SIGKILL


class Dying(store.Store):
    """A store that tells where it is, and whose process dies at one point."""

    point = ""
    passages = 0
    """At which passage of the point, from 1 on."""
    report: Path | None = None
    acknowledging: Path | None = None
    """Where to write what is committed: `B` and what the database holds, before a commit, and `A` after it."""
    synchronous = ""
    """In place of the tracker's own setting."""
    held = ""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if self.synchronous:
            self._engine.raw_connection().cursor().execute(f"PRAGMA synchronous={self.synchronous}")
        if self.acknowledging is not None:
            with super().transaction() as connection:
                self._say("A", digest(driver_of(connection)))

    def transaction(self) -> _GeneratorContextManager[Connection]:
        return self._passing(sys._getframe(1).f_code.co_name)

    @contextmanager
    def _passing(self, name: str) -> Iterator[Connection]:
        self._pass_by(f"{name} before")
        with self._lock:
            with super().transaction() as connection:
                before = driver_of(connection).total_changes
                yield connection
                written = driver_of(connection).total_changes - before
                if written and self.acknowledging is not None:
                    self.held = digest(driver_of(connection))
                    self._say("B", self.held)
                self._pass_by(f"{name} inside")
            if written and self.acknowledging is not None:
                self._say("A", self.held)
        self._pass_by(f"{name} after")
        if written and self.report is not None:
            with self.report.open("a") as file:
                file.write(f"{name}\n")

    def _say(self, what: str, held: str) -> None:
        assert self.acknowledging is not None
        descriptor = os.open(self.acknowledging, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, f"{what} {held}\n".encode())
        os.close(descriptor)

    def _pass_by(self, point: str) -> None:
        if point == self.point:
            Dying.passages -= 1
            if Dying.passages == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def digest(connection: sqlite3.Connection) -> str:
    """A fingerprint of every row of every table."""
    found = hashlib.sha256()
    for (table,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    ).fetchall():
        found.update(table.encode())
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            found.update(repr(row).encode())
    return found.hexdigest()


@dataclass
class Ran:
    """How a fork ended."""

    code: int
    """The exit code, negative for a signal."""
    said: str
    points: list[str] = field(default_factory=list)


class Nursery:
    """The process that forks trackers; a context manager."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.dying"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**clean, **environment},
        )

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)

    def run(
        self,
        home: Path,
        *arguments: object,
        point: str = "",
        passages: int = 1,
        after: float | None = None,
        acknowledging: Path | None = None,
        synchronous: str = "",
    ) -> Ran:
        """Run `tracker` in a fork; it dies at the point, or is killed so many seconds after it was begun."""
        report = self._folder / "points"
        said = self._folder / "said"
        report.write_text("")
        order = {
            "arguments": ["--home", str(home), *map(str, arguments)],
            "point": point,
            "passages": passages,
            "report": str(report),
            "said": str(said),
            "acknowledging": None if acknowledging is None else str(acknowledging),
            "synchronous": synchronous,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        pid = int(self._answer(None))
        if after is not None:
            code = self._answer(after)
            if not code:
                os.kill(pid, signal.SIGKILL)
                code = self._answer(None)
        else:
            code = self._answer(None)
        return Ran(int(code), said.read_text("utf-8", "replace"), report.read_text().splitlines())

    def _answer(self, seconds: float | None) -> str:
        """The next line, or nothing if it does not come in time."""
        assert self._process.stdout is not None
        # A line comes only after the last one was asked for, so nothing ever waits in Python's own buffer.
        if seconds is not None and not select([self._process.stdout], [], [], seconds)[0]:
            return ""
        line = self._process.stdout.readline()
        assert line, "the nursery has died"
        return line.strip()


def _live(order: dict[str, Any]) -> None:
    """Be the tracker that was ordered, from the fork on to the end."""
    from tracker.cli.main import main

    said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(said, stream)
    Dying.point, Dying.passages, Dying.report = order["point"], order["passages"], Path(order["report"])
    Dying.synchronous = order["synchronous"]
    Dying.acknowledging = Path(order["acknowledging"]) if order["acknowledging"] else None
    store.Store = Dying  # type: ignore[misc]
    sys.argv = ["tracker", *order["arguments"]]
    code = 1
    try:
        main()
        code = 0
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException:  # noqa: BLE001  # a traceback is what the test is to see
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Take orders until there are no more."""
    import tracker.cli.progress
    import tracker.collectors.telegram
    import tracker.collectors.x
    import tracker.runtime.alerts
    import tracker.runtime.importing
    import tracker.runtime.local  # noqa: F401  # what every fork needs is imported once
    from tracker.store import schema

    del schema
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line))
        print(pid, flush=True)  # noqa: T201
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
