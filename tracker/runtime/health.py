"""Whether collecting is well, for a monitor: a list of signs, each well or not, each with one line why.

Only looks: takes no lock, writes nothing, and needs neither the daemon nor a sound database. Names nobody, and counts
named accounts only, because its words are meant for a monitor somewhere else.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker.config.home import Config, Home, platforms_in_use
from tracker.domain.errors import StoreError, UnusableError
from tracker.domain.instants import DAY, HOUR, MINUTE, Instant, iso
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.wording import are
from tracker.domain.words import Platform
from tracker.runtime import presence
from tracker.runtime.backup import known_backup
from tracker.runtime.lock import holder
from tracker.runtime.pulse import PATIENCE, UNCONFIGURED, Beat, Pulses, read_pulses
from tracker.store.reader import Reader
from tracker.store.vitals import Vitals

FAILING_FOR = 3 * DAY
"""An account that was not visited well for so long is failing."""
LEAST_FREE = 500_000_000
"""Bytes; also at least the size of the database, which is written anew when something is forgotten."""
PASSING = HOUR
"""A limit that is over sooner is how platforms work, and no trouble."""
MAKE_ROOM = "make room, or let [retention] in the settings let old things go"
START_IT = ": start it, and look into its log for why it ended"

WHAT_TO_DO = {
    OutcomeKind.AUTH_FAILED: "the credential is refused; put in a new one (systemd hands it over at a restart only)",
    OutcomeKind.CREDITS_SPENT: "the platform's credits are spent; buy some, it is tried again by itself",
    OutcomeKind.SPEND_CAP: "the spending cap set at the platform is met; raise it there, or wait",
    OutcomeKind.MONTHLY_CAP: "the month's cap is met; wait, or see `tracker cost`",
    OutcomeKind.BUDGET_SPENT: "the budget of [budget] is spent; wait, or raise it in config/settings.toml",
    OutcomeKind.RATE_LIMITED: "limited by the platform; it goes on by itself",
    OutcomeKind.TRANSPORT: "cannot be reached; look at the line and at [proxy], it is tried again by itself",
    UNCONFIGURED: "its credential is missing or wrong; the log says which",
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at."""

    name: str
    """`daemon`, `ticks`, `stops`, `database`, `answers`, `accounts`, `disk`, `configuration`; or the doctor's."""
    platform: Platform | None
    well: bool
    says: str


def examine(config: Config, now: Instant, real_now: Instant) -> list[Sign]:
    """All signs. `now` is the clock of what is collected, `real_now` that of the daemon's process."""
    pulses = read_pulses(config.home.pulse)
    running = _daemon(config.home, pulses, real_now)
    signs = [running]
    platforms = platforms_in_use(config)
    for platform in platforms if pulses is not None and running.well else ():
        beat = pulses.beats.get(platform, Beat()) if pulses is not None else Beat()
        started = real_now if pulses is None else pulses.started_at
        signs += [_ticks(platform, beat, started, real_now), *_stops(platform, beat, real_now)]
    signs += _database(config, platforms, now)
    signs.append(disk_sign(config.home.data, config.home.database(config.settings)))
    return list(dict.fromkeys(signs))  # the daemon and the database may know of the same limit


def without_configuration(home: Home, wrong: str, real_now: Instant) -> list[Sign]:
    """What can be said where the configuration is broken: a daemon that runs goes on with the last good one."""
    broken = Sign("configuration", None, False, f"is broken: {wrong}")
    return [_daemon(home, read_pulses(home.pulse), real_now), broken, disk_sign(home.data, home.data)]


def _daemon(home: Home, pulses: Pulses | None, now: Instant) -> Sign:
    def sign(well: bool, says: str) -> Sign:
        return Sign("daemon", None, well, says)

    try:
        pid = holder(home.lock)
    except OSError:
        pid = _alive(pulses)
    if pid is None:
        since = "" if pulses is None else f"; the last one was started {ago(now - pulses.started_at)}"
        return sign(False, f"is not running{since}{START_IT}")
    if pulses is None or pulses.pid != pid:
        return sign(False, f"is not running; another tracker, process {pid}, is writing")
    return sign(True, f"runs as process {pid}, started {ago(now - pulses.started_at)}")


def _alive(pulses: Pulses | None) -> int | None:
    """The daemon's process where the system does not tell of locks; none if it has gone."""
    if pulses is None:
        return None
    try:
        os.kill(pulses.pid, 0)
    except PermissionError:
        return pulses.pid  # it is there, and another user's
    except OSError:
        return None
    return pulses.pid


def _ticks(platform: Platform, beat: Beat, started_at: Instant, now: Instant) -> Sign:
    def sign(well: bool, says: str) -> Sign:
        return Sign("ticks", platform, well, says)

    if beat.failures:
        since = "none since the start" if beat.good_at is None else f"the last good one was {ago(now - beat.good_at)}"
        failing = f"the last {beat.failures:,} failed ({since}); the log says why"
        return sign(False, failing)
    last = started_at if beat.beat_at is None else beat.beat_at
    if now - last > PATIENCE:
        return sign(False, f"nothing was done for {_length(now - last)}; start the daemon again")
    if beat.good_at is None:
        return sign(True, f"the first one is under way; something was committed {ago(now - last)}")
    return sign(True, f"the last good one was {ago(now - beat.good_at)}")


def _stops(platform: Platform, beat: Beat, now: Instant) -> Iterator[Sign]:
    """Why the daemon asks the platform for nothing at present."""
    if beat.stop is None or (beat.until is not None and beat.until <= now):
        return
    passing = beat.stop == OutcomeKind.RATE_LIMITED and beat.until is not None and beat.until <= now + PASSING
    yield Sign("stops", platform, passing, _stop_said(beat.stop, beat.until))


def _stop_said(kind: str, until: Instant | None) -> str:
    said = {str(known): words for known, words in WHAT_TO_DO.items()}
    again = "" if until is None else f" (until {iso(until)})"
    return f"{kind.replace('_', ' ')}{again}: {said.get(kind, 'see the log')}"


def _database(config: Config, platforms: list[Platform], now: Instant) -> Iterator[Sign]:
    path = config.home.database(config.settings)
    try:
        presence.require(config.home, path)
        reader = Reader(path)
        try:
            vitals = {platform: reader.vitals(platform, now, now - FAILING_FOR) for platform in platforms}
        finally:
            reader.close()
    except UnusableError as error:
        yield Sign("database", None, False, f"{error}; {known_backup(config.home)}")
        return
    except StoreError as error:
        yield Sign("database", None, False, str(error))
        return
    yield Sign("database", None, True, "answers")
    for platform, found in vitals.items():
        yield from (
            Sign(
                "stops",
                platform,
                kind is OutcomeKind.RATE_LIMITED and until <= now + PASSING,
                _stop_said(kind, until),
            )
            for kind, until in found.limits
        )
        yield _answers(platform, found, now)
        yield _accounts(platform, found)


def _answers(platform: Platform, found: Vitals, now: Instant) -> Sign:
    due = f"{found.overdue:,} of {found.accounts:,} named accounts {are(found.overdue)} due"
    waiting = f"; {due}, for over an hour or since they were listed"
    said = "never answered yet" if found.answered_at is None else f"answered {ago(now - found.answered_at)}"
    silent = found.answered_at is None or now - found.answered_at > HOUR
    return Sign("answers", platform, not (found.overdue and silent), said + (waiting if found.overdue else ""))


def _accounts(platform: Platform, found: Vitals) -> Sign:
    if not found.failing:
        return Sign("accounts", platform, True, f"none of {found.accounts:,} named ones is failing")
    length = f"could not be read for {_length(FAILING_FOR)}"
    return Sign(
        "accounts",
        platform,
        False,
        f"{found.failing:,} of {found.accounts:,} named ones {length}: see `tracker status`",
    )


def disk_sign(folder: Path, database: Path, least: int = LEAST_FREE) -> Sign:
    """Whether there are so many bytes of room beside the database; around it where a new home has no folder yet."""
    try:
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        needed = max(least, database.stat().st_size if database.is_file() else 0)
    except OSError as error:
        return Sign("disk", None, False, f"{folder} cannot be looked at ({error.strerror}): is its disk there?")
    said = f"{free / 1e9:,.1f} GB free"
    if free >= needed:
        return Sign("disk", None, True, said)
    return Sign("disk", None, False, f"{said}, {needed / 1e9:,.1f} are needed: {MAKE_ROOM}")


def ago(seconds: int) -> str:
    """As `3 h ago`."""
    return f"{_length(seconds)} ago"


def _length(seconds: int) -> str:
    """A length in its largest unit, rounded down."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{max(seconds, 0)} s"
