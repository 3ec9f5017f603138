"""The real `tracker run` in a process of its own, and what is done to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from scripts.soaks.stage import ENVIRONMENT
from tracker.config.home import Home
from tracker.runtime.lock import holder

TRACKER = Path(sys.executable).with_name("tracker")
LEAVES_WITHIN = 12.0
"""Seconds within which it must be gone after SIGTERM: ten, and what a busy machine adds."""
STARTS_WITHIN = 30.0
"""Seconds that a busy machine may take."""
TRACEBACK = "Traceback"


class Daemon:
    """One tracker, started again and again. What it says goes to `log`; `wrong` is what it did that it must not."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "daemon.log"
        self.wrong: list[str] = []
        self.slowest_leave = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Daemon:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def start(self) -> None:
        with self.log.open("ab") as log:
            clean = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
            self._process = subprocess.Popen(
                [TRACKER, "--home", self.home, "run"], stderr=log, stdout=log, env={**clean, **ENVIRONMENT}
            )

    def kill(self) -> None:
        """SIGKILL, wherever it is."""
        self._ended_by_itself()
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def leave(self) -> None:
        """SIGTERM, wherever it is; it has to be gone soon, with 0."""
        self._ended_by_itself()
        assert self._process is not None
        asked = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(LEAVES_WITHIN)
        except subprocess.TimeoutExpired:
            self.wrong.append(f"still there {LEAVES_WITHIN:.0f} s after SIGTERM")
            self.kill()
            return
        self.slowest_leave = max(self.slowest_leave, time.monotonic() - asked)
        if code not in (0, -signal.SIGTERM):  # the latter where Python itself was still starting
            self.wrong.append(f"ended with {code} after SIGTERM: {self._last_line()}")

    def suspend(self, seconds: float) -> None:
        """What a closed laptop does to it."""
        self._ended_by_itself()
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def wait_until_it_runs(self) -> None:
        """Until it is the one that may write; before that, whoever comes first is."""
        assert self._process is not None
        until = time.monotonic() + STARTS_WITHIN
        while holder(Home(self.home).lock) != self._process.pid and time.monotonic() < until:
            self._ended_by_itself()
            time.sleep(0.1)

    def second(self) -> None:
        """Another tracker on the same home has to be refused, in one line."""
        self.wait_until_it_runs()
        command = [str(TRACKER), "--home", str(self.home), "collect", "--quiet"]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}, timeout=60, check=False
        )
        if done.returncode != 75 or len(done.stderr.splitlines()) != 1:
            self.wrong.append(f"a second tracker ended with {done.returncode}: {done.stderr.strip()}")

    @property
    def megabytes(self) -> int:
        """Its resident memory; 0 where the system does not tell."""
        assert self._process is not None
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE") >> 20

    def said(self, word: str) -> list[str]:
        """The lines in which it has said this."""
        return [line for line in self.log.read_text("utf-8", "replace").splitlines() if word in line]

    def _ended_by_itself(self) -> None:
        assert self._process is not None
        code = self._process.poll()
        if code is not None:
            self.wrong.append(f"the daemon ended by itself with {code}: {self._last_line()}")
            self.start()

    def _last_line(self) -> str:
        return (self.log.read_text("utf-8", "replace").splitlines() or [""])[-1]
