"""Collecting on one machine: once, or as a daemon with APScheduler. One worker a platform, one thread a worker.

The scheduler holds nothing but the tick: who is due when stands in the database.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tracker.collectors.protocol import Collector
from tracker.config.home import Config, fingerprint, load, platforms_in_use
from tracker.domain.errors import ConfigError, UnusableError
from tracker.domain.instants import Clock, Instant
from tracker.domain.outcomes import Failure
from tracker.domain.words import Platform
from tracker.runtime.alerts import Alerts
from tracker.runtime.identities import profiles_are_old_before
from tracker.runtime.observer import Observer
from tracker.runtime.pulse import UNCONFIGURED, Pulse
from tracker.runtime.retention import expire, told
from tracker.runtime.worker import Tally, Worker
from tracker.store.store import Store

if TYPE_CHECKING:
    from apscheduler.events import JobExecutionEvent
    from apscheduler.schedulers.background import BackgroundScheduler

CONFIG_PATIENCE = 60.0
"""Seconds between two looks for a credential that is missing."""

Openers = Mapping[Platform, Callable[[], Collector]]
"""How to open each platform's collector, in the thread that will use it."""


def zones_of(config: Config) -> dict[str, str]:
    """The zone of each listed subject, that of its country."""
    return {account.subject: config.settings.zone(account.latest.country) for account in config.watchlist.accounts}


def sync(store: Store, config: Config) -> None:
    """Make the database's accounts those of the watchlist."""
    countries = {listing.country for account in config.watchlist.accounts for listing in account.listings}
    zones = {country: config.settings.zone(country) for country in countries}
    store.sync(config.watchlist.accounts, config.settings.platforms, zones)


@dataclass(slots=True)
class Work:
    """What collecting needs, whichever way it is driven."""

    config: Config
    store: Store
    openers: Openers
    clock: Clock
    observer: Observer
    stop: threading.Event = field(default_factory=threading.Event)
    alerts: Alerts | None = None

    def worker(self, platform: Platform, collector: Collector) -> Worker:
        return Worker(
            platform,
            collector,
            self.store,
            self.config.settings,
            zones_of(self.config),
            self.clock,
            self.observer,
            self.stop.is_set,
            self.alerts,
        )


def collect(
    work: Work, platforms: Iterable[Platform], *, subject: str | None, everything: bool
) -> dict[Platform, Tally]:
    """Visit what is due now, or everything, once; the platforms side by side."""
    sync(work.store, work.config)
    work.store.release()  # the lock is ours: what is leased was leased by a process that is no more

    def run(platform: Platform) -> Tally:
        if everything:
            work.store.make_due(platform, subject, work.clock())
        now = work.clock()
        due = work.store.count_due(platform, subject, now) or work.store.posts_waiting(platform, now)[0]
        if not due and (subject is not None or not _has_errands(work, platform, now)):
            return Tally()
        collector = work.openers[platform]()
        try:
            return work.worker(platform, collector).work(subject)
        except UnusableError:
            work.stop.set()  # the other platforms must not go on writing either
            raise
        finally:
            collector.close()

    chosen = list(platforms)
    with ThreadPoolExecutor(max(1, len(chosen)), "worker") as pool:
        running = {platform: pool.submit(run, platform) for platform in chosen}
        return {platform: future.result() for platform, future in running.items()}


def _has_errands(work: Work, platform: Platform, now: Instant) -> bool:
    """Whether, though nobody is to be visited, profiles are old or X is to be asked what was deleted."""
    settings, store = work.config.settings, work.store
    if store.old_profiles(platform, profiles_are_old_before(settings, now)):
        return True
    if platform is not Platform.X or not settings.refresh.on:
        return False
    last = store.last_sweep_at()
    return bool(store.open_jobs()) or (last is not None and last <= now - settings.refresh.sweep)


@dataclass(slots=True)
class Daemon:
    """Ticks until it is told to stop; takes up a changed configuration while running."""

    work: Work
    told: Callable[[str], None]
    """Where to say that the configuration was taken up, or what was removed."""
    warned: Callable[[str], None] | None = None
    """Where to say that the configuration or a credential is broken, or that a tick failed; None: the same."""
    until_idle: bool = False
    """Stop by itself as soon as nothing is due on any platform."""
    unusable: UnusableError | None = None
    """Why it stopped by itself, if the database can no longer be written to by this process."""
    pulse: Pulse = field(default_factory=Pulse)
    """Told of every tick, and of the start, a reload and the end."""
    taken_up: Callable[[Config], None] = lambda _config: None
    """Who else goes by the configuration. Raises ConfigError, and changes nothing, if it cannot be used."""
    _workers: dict[Platform, Worker] = field(default_factory=dict)
    _busy: dict[Platform, threading.Lock] = field(default_factory=dict)
    _housekeeping: threading.Lock = field(default_factory=threading.Lock)
    """Held while the configuration is looked at, or what is kept no longer is removed."""
    _idle: set[Platform] = field(default_factory=set)
    _rejected: object = None
    _asked: bool = False
    """Somebody wants the configuration and the credentials to be read now."""
    _reopen: set[Platform] = field(default_factory=set)
    _complaints: dict[Platform, str] = field(default_factory=dict)
    """What was last said of a credential."""

    def run(self, grace: float = 8.0) -> bool:
        """Work until `work.stop` is set, then let each worker finish its page.

        Returns False if one did not within `grace` seconds. What it has not committed is read again next time.
        """
        from apscheduler.events import EVENT_JOB_ERROR
        from apscheduler.executors.pool import ThreadPoolExecutor as Pool
        from apscheduler.schedulers.background import BackgroundScheduler

        from tracker.runtime.ticking import Tick

        # It would tell of each job, and print the traceback of one that failed besides.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        sync(self.work.store, self.work.config)
        self.work.store.release()
        platforms = list(self.work.openers)
        self._busy = {platform: threading.Lock() for platform in platforms}
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={name: Pool(1) for name in ("default", *platforms)},
            # APScheduler's own defaults would skip a run that is a second late, without a word.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        seconds = self.work.config.settings.visits.tick
        trigger = Tick(seconds=seconds, timezone="UTC")
        for platform in platforms:
            at_once = datetime.now(UTC)
            scheduler.add_job(self._tick, trigger, [platform], id=platform, executor=platform, next_run_time=at_once)
        scheduler.add_job(self._keep_house, trigger, [self._look_at_config], id="config")
        daily = Tick(days=1, timezone="UTC")
        scheduler.add_job(self._keep_house, daily, [self._expire], id="retention", next_run_time=datetime.now(UTC))
        scheduler.add_listener(self._failed, EVENT_JOB_ERROR)
        self.pulse.begin(platforms)
        scheduler.start()
        self._wait(scheduler, seconds)
        self.pulse.service.stopping()
        scheduler.shutdown(wait=False)
        return self._leave(grace)

    def _wait(self, scheduler: BackgroundScheduler, seconds: float) -> None:
        """Wait for the stop. APScheduler goes by the wall clock: where that was set back, its ticks are due now."""
        ahead = time.time() - time.monotonic()
        while not self.work.stop.wait(seconds):
            before, ahead = ahead, time.time() - time.monotonic()
            if ahead < before - seconds:
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))

    def look_again(self) -> None:
        """Read the configuration and the credentials at the next tick, and say so. May be called by a signal."""
        self._asked = True

    @property
    def is_idle(self) -> bool:
        """Whether each platform's last tick left nothing due."""
        return self._idle.issuperset(self._busy)

    def _leave(self, grace: float) -> bool:
        deadline = time.monotonic() + grace
        for lock in (*self._busy.values(), self._housekeeping):  # the database is closed after this
            if not lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
                return False
            lock.release()  # who comes now sees that it is time to leave
        for worker in self._workers.values():
            worker.collector.close()
        return True

    def _tick(self, platform: Platform) -> None:
        """Let the platform's worker visit what is due."""
        with self._busy[platform]:
            if self.work.stop.is_set():
                return
            self._idle.discard(platform)
            stop = None
            if platforms_in_use(self.work.config, platform):
                stop = self._visit_what_is_due(platform)
            if not self.work.store.count_due(platform, None, self.work.clock()):
                self._idle.add(platform)
            self.pulse.good(platform, stop)
        if self.until_idle and self.is_idle:
            self.work.stop.set()

    def _keep_house(self, work: Callable[[], None]) -> None:
        """Do what is no platform's, unless it is time to leave."""
        with self._housekeeping:
            if not self.work.stop.is_set():
                work()

    def _expire(self) -> None:
        """Remove what the settings keep no longer."""
        gone = expire(self.work.store, self.work.config, zones_of(self.work.config), self.work.clock())
        if gone:
            self.told(f"kept no longer: {told(gone)}")

    def _failed(self, event: JobExecutionEvent) -> None:
        """A tick has raised. The next one tries again, unless we are only waiting for the work to be done."""
        self._warn(f"a tick failed: {event.exception}")
        if event.job_id in self._busy:
            self.pulse.failed(Platform(event.job_id))
        if isinstance(event.exception, UnusableError):
            self.unusable = event.exception
        if self.until_idle or self.unusable is not None:
            self.work.stop.set()

    def _visit_what_is_due(self, platform: Platform) -> Failure | str | None:
        """Why the platform may not be asked any further, if so."""
        try:
            tally = self._worker(platform).work()
            self._complaints.pop(platform, None)
            return tally.stop
        except ConfigError as error:
            if self._complaints.get(platform) != str(error):
                self._warn(str(error))
            self._complaints[platform] = str(error)
            self.work.stop.wait(CONFIG_PATIENCE)
            return UNCONFIGURED

    def _worker(self, platform: Platform) -> Worker:
        """The platform's worker. After a refusal its credential is read again: somebody may have put in a new one."""
        worker = self._workers.get(platform)
        if worker is None:
            worker = self._workers[platform] = self.work.worker(platform, self.work.openers[platform]())
        elif platform in self._reopen or worker.was_refused:
            collector = self.work.openers[platform]()
            worker.collector.close()
            worker.take_up(collector)
        self._reopen.discard(platform)
        return worker

    def _warn(self, line: str) -> None:
        (self.warned or self.told)(line)

    def _look_at_config(self) -> None:
        """Take up a changed configuration; a broken one is reported once, and the last good one kept."""
        now, asked = fingerprint(self.work.config.home), self._asked
        self._asked = False
        if asked:
            self.pulse.service.reloading()
            self._reopen = set(self._workers)
            self.told("the configuration and the credentials are read again, as asked")
        elif now in (self.work.config.fingerprint, self._rejected):
            return
        try:
            config = load(self.work.config.home)
            if self.work.alerts is not None:
                self.work.alerts.take_up(config)
            self.taken_up(config)
        except ConfigError as error:
            self._rejected = now
            said = f"the configuration is broken, the last good one stays in force: {error}"
            self._warn(said)
            self.pulse.service.ready(said)
            return
        self.work.config = config
        sync(self.work.store, config)
        for worker in self._workers.values():
            worker.settings, worker.zones = config.settings, zones_of(config)
        self.told("the changed configuration is in force")
        self.pulse.service.ready("the changed configuration is in force")
