"""Whether the daemon does its work: what feeds the service manager's watchdog, the ping and `status --health`.

The rule. A platform *beats* when a tick of it has ended well: its worker has then held the database's write lock and
read what is due. Within a tick each page, each answer paid for and each end of a visit is a beat as well, once it is
committed, so that a first visit of many hours is not taken for a hang. After a tick that failed, only one that ends
well counts. The watchdog is fed each time that every platform has beaten since it was fed last. So it starves if one
platform's worker hangs or fails, if the scheduler stands still, and if the database is locked, gone, full or damaged.

It is fed while a platform limits, refuses or cannot be reached, while a budget is spent, and while a credential is
missing: to start again would mend none of these, and a start without a credential would stop the other platforms too.

The longest time between two beats is that of one request with its retries, of a hundred look-ups on a dead line
(a quarter of an hour), or of writing a large database anew. `WatchdogSec` has to be longer; the unit says 30 minutes.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tracker.domain.instants import MINUTE, Clock, Instant, iso
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.words import Platform
from tracker.runtime.clock import system_clock
from tracker.runtime.observer import Silent
from tracker.runtime.replacing import replace_file
from tracker.runtime.service import ServiceManager

PATIENCE = 30 * MINUTE
"""Without a beat for so long, a platform's worker is taken to hang. The unit's `WatchdogSec` is the same."""
WRITTEN_EVERY = 15
"""Seconds between two writings of the file, unless there is news."""
UNCONFIGURED = "unconfigured"
"""In place of an outcome: the credential is missing or cannot be used."""


@dataclass(slots=True)
class Beat:
    """How one platform's ticks went, in real time."""

    beat_at: Instant | None = None
    good_at: Instant | None = None
    """When a tick ended well."""
    failed_at: Instant | None = None
    failures: int = 0
    """So many ticks in a row have failed."""
    stop: str | None = None
    """The outcome for which the platform is not asked at present."""
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Pulses:
    """What the daemon wrote of itself."""

    pid: int
    started_at: Instant
    beats: Mapping[Platform, Beat]


class Pulse(Silent):
    """Listens to the daemon and to its workers. Safe to use from several threads."""

    def __init__(
        self,
        path: Path | None = None,
        service: ServiceManager | None = None,
        clock: Clock = system_clock,
        when_whole: Iterable[Callable[[], None]] = (),
    ) -> None:
        """`when_whole` is called each time that all platforms have beaten; `path` is where others read of it."""
        self.service = ServiceManager({}) if service is None else service
        self._path, self._clock = path, clock
        self._when_whole = (self.service.feed, *when_whole)
        self._lock = threading.Lock()
        self._beats: dict[Platform, Beat] = {}
        self._missing: set[Platform] = set()
        """Who has not beaten since all had."""
        self._started_at = self._written_at = clock()

    def begin(self, platforms: Iterable[Platform]) -> None:
        """The first ticks are about to come."""
        with self._lock:
            self._beats = {platform: Beat() for platform in platforms}
            self._missing = set(self._beats)
            self._write()
        self.service.ready("waiting for the first ticks")

    @property
    def beats(self) -> dict[Platform, Beat]:
        """A copy, as it stands."""
        with self._lock:
            return {platform: Beat(**asdict(beat)) for platform, beat in self._beats.items()}

    def good(self, platform: Platform, stop: Failure | str | None) -> None:
        """A tick has ended well; `stop` is why the platform may not be asked, if so."""
        with self._lock:
            beat, now = self._beats[platform], self._clock()
            before = beat.stop, beat.failures
            beat.good_at, beat.failures = now, 0
            beat.stop = str(stop.kind) if isinstance(stop, Failure) else stop
            beat.until = stop.until if isinstance(stop, Failure) else None
            whole = self._beaten(platform, now, news=before != (beat.stop, 0))
        if whole:
            self._tell_whole()
            self.service.says(f"all platforms were looked after at {iso(self._clock())}")

    def failed(self, platform: Platform) -> None:
        """A tick has raised."""
        with self._lock:
            beat = self._beats[platform]
            beat.failed_at, beat.failures = self._clock(), beat.failures + 1
            self._write()
        self.service.says(f"a tick of {platform} has failed; see the log")

    def page(self, platform: Platform, posts_new: int) -> None:
        self._within(platform)

    def spent(self, platform: Platform, requests: int, micros: int) -> None:
        self._within(platform)

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        self._within(platform)

    def _within(self, platform: Platform) -> None:
        """Something was committed within a tick."""
        with self._lock:
            beat = self._beats.get(platform)
            if beat is None or beat.failures:
                return
            whole = self._beaten(platform, self._clock(), news=False)
        if whole:
            self._tell_whole()

    def _beaten(self, platform: Platform, now: Instant, *, news: bool) -> bool:
        """Note a beat; whether all have beaten now."""
        self._beats[platform].beat_at = now
        self._missing.discard(platform)
        if news or not 0 <= now - self._written_at < WRITTEN_EVERY:
            self._write()
        if self._missing:
            return False
        self._missing = set(self._beats)
        return True

    def _tell_whole(self) -> None:
        for tell in self._when_whole:
            tell()

    def _write(self) -> None:
        """Let others read of it; where the disk refuses, they see by its age that something is wrong."""
        self._written_at = self._clock()
        if self._path is None:
            return
        said = {
            "pid": os.getpid(),
            "started_at": self._started_at,
            "platforms": {str(platform): asdict(beat) for platform, beat in self._beats.items()},
        }
        try:
            replace_file(self._path, json.dumps(said))
        except OSError:
            return


def read_pulses(path: Path) -> Pulses | None:
    """What a daemon last wrote of itself; None if there is nothing that can be read."""
    try:
        said = json.loads(path.read_bytes())
        beats = {Platform(name): Beat(**beat) for name, beat in said["platforms"].items()}
        return Pulses(int(said["pid"]), int(said["started_at"]), beats)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
