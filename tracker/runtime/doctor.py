"""`tracker doctor`: everything of a home that can be wrong without anybody seeing it, each with what to do.

Only looks: takes no lock, writes nothing, and asks nobody outside the machine unless it is told to. Whatever is
broken is a sign like any other. What `status --health` looks at is looked at by the same code.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from tracker.collectors.reaching import Reached, reach
from tracker.collectors.registry import Source, credential_said, proxy_of, require_way_of_alerts
from tracker.config.home import Config, Home, check, load, load_settings, platforms_in_use
from tracker.config.problems import Severity
from tracker.config.settings import SANDBOX, Settings
from tracker.domain.errors import ConfigError, SchemaError, StoreError, UnusableError
from tracker.domain.instants import DAY, Clock, Instant
from tracker.domain.wording import plural
from tracker.domain.words import Platform
from tracker.runtime import audit, presence
from tracker.runtime.audit import Deed
from tracker.runtime.backup import BEGUN, halves_of, known_backup, last_backup
from tracker.runtime.formers import former_signs
from tracker.runtime.health import START_IT, Sign, ago, disk_sign, examine
from tracker.runtime.lock import holder
from tracker.runtime.open_readers import is_open, open_readers
from tracker.runtime.permissions import permissions
from tracker.runtime.restoring import DONE
from tracker.store.reader import Reader
from tracker.store.redating import TOLERANCE
from tracker.store.snapshot import looking, unsound

CONFIGURATION = frozenset({"home", "configuration", "credential", "proxy", "schema"})
"""Signs that a start would not help: wrong, they end the command with 78."""
OLDEST_PYTHON, OLDEST_SQLITE = (3, 11), (3, 37)
MENDED = (3, 51, 3)
"""From here on SQLite has no WAL-reset bug; 3.50.7 and 3.44.6 have the mending too."""
MENDED_TOO = {(3, 50): 7, (3, 44): 6}
LARGEST_LOG = 1 << 28
"""Bytes of a write-ahead log that is emptied as it should be are far fewer."""
BACKED_UP_WITHIN = 7 * DAY
NEEDED = (
    "CREATE TABLE strict (a INTEGER PRIMARY KEY, b TEXT) STRICT, WITHOUT ROWID",
    "INSERT INTO strict VALUES (1, 'a') ON CONFLICT DO UPDATE SET b = excluded.b RETURNING a",
    "SELECT json_extract('[1]', '$[0]')",
    "PRAGMA secure_delete = ON",
)
STOPPED = "T"
"""The state of a process that was suspended, in /proc."""


def look(home: Home, environment: Mapping[str, str], now: Clock, real_now: Instant) -> list[Sign]:
    """All signs that can be seen on this machine. `now` is the clock of what is collected."""
    signs = [python_sign(sys.version_info[:3]), *sqlite_signs(sqlite3.sqlite_version_info[:3])]
    if wrong := _no_home(home):
        return [*signs, Sign("home", None, False, wrong)]
    try:
        settings = load_settings(home)
    except ConfigError:
        settings = Settings()  # what is wrong with them is said below
    database = home.database(settings)
    since: Instant | None = None

    def of_database() -> Iterator[Sign]:
        nonlocal since
        found, since = _database(home, database, now())
        yield from found

    def at_work() -> Iterator[Sign]:
        try:
            config = load(home)
        except ConfigError:
            yield disk_sign(home.data, database)
            return
        yield from _access(config, environment)
        yield from _at_work(config, now(), real_now)

    signs += _closed_to_us("configuration", lambda: [_configuration(home)])
    signs += _closed_to_us("permissions", lambda: permissions(home, database, environment))
    signs += _closed_to_us("lock", lambda: [_lock(home)])
    signs += _closed_to_us("data", at_work)
    signs += _closed_to_us("database", of_database)
    signs += _closed_to_us("backup", lambda: _backups(home, database, now(), since))
    return signs


def _no_home(home: Home) -> str:
    """Why there is none; empty if there is."""
    try:
        if home.path.is_dir():
            return ""
    except OSError as error:
        return f"{home.path} cannot be looked at ({error.strerror}): run this as its owner"
    return f"{home.path} is no folder: name the home with --home, or begin with `tracker init DIR`"


def _closed_to_us(name: str, found: Callable[[], Iterable[Sign]]) -> list[Sign]:
    """The signs; one that says so where a file or a folder is closed to this user."""
    try:
        return list(found())
    except OSError as error:
        said = f"{error.filename} cannot be looked at ({error.strerror}): run this as its owner"
        return [Sign(name, None, False, said)]


def look_outside(config: Config, environment: Mapping[str, str], clock: Clock, real_now: Instant) -> list[Sign]:
    """Ask each platform in use for something free, the way that collecting goes."""
    signs: list[Sign] = []
    for platform in platforms_in_use(config):
        if SANDBOX in (config.settings.x.api_url, config.settings.telegram.server, config.settings.telegram.web_url):
            signs.append(Sign("reach", platform, True, "the settings ask for the sandbox: there is nothing to reach"))
            continue
        source = Source(config.settings, clock, config.home.path, config.home.telegram_session, environment)
        try:
            for reached in reach(platform, source):
                signs += _reached(platform, reached, real_now)
        except ConfigError:
            signs.append(Sign("reach", platform, False, "was not asked: see what is said of its credential or proxy"))
    return signs


# -- the machine


def python_sign(version: tuple[int, ...]) -> Sign:
    """Whether Python is new enough."""
    said = f"Python {'.'.join(map(str, version))}"
    well = version >= OLDEST_PYTHON
    return Sign("python", None, well, said if well else f"{said}: install 3.11 or newer, then `scripts/setup`")


def sqlite_signs(version: tuple[int, int, int], needed: tuple[str, ...] = NEEDED) -> Iterator[Sign]:
    """Its version and known bugs, and whether it was compiled with what is needed."""
    said = f"SQLite {'.'.join(map(str, version))}"
    if version < OLDEST_SQLITE:
        yield Sign("sqlite", None, False, f"{said} has no strict tables: use a Python with SQLite 3.37 or newer")
        return
    mended = version >= MENDED or version[2] >= MENDED_TOO.get(version[:2], sys.maxsize)
    bug = (
        ""
        if mended
        else "; its WAL-reset bug (mended in 3.51.3) needs two connections that write or checkpoint: "
        "the tracker has one, so open the database with other programs for reading only"
    )
    yield Sign("sqlite", None, True, said + bug)
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            for statement in needed:
                connection.execute(statement).fetchall()
    except sqlite3.Error as error:
        yield Sign("sqlite", None, False, f"was compiled without what is needed ({error}): use another Python")


# -- the home


def _configuration(home: Home) -> Sign:
    problems = check(home)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        return Sign("configuration", None, False, f"{plural(len(errors), 'error')}, see `tracker check`: {errors[0]}")
    notes = f"; notes: {len(problems):,}, see `tracker check`" if problems else ""
    return Sign("configuration", None, True, f"no errors{notes}")


def _lock(home: Home) -> Sign:
    try:
        pid = holder(home.lock)
    except OSError:
        return Sign("lock", None, True, "who holds it, this system does not tell")
    if pid is None:
        return Sign("lock", None, True, "nobody holds it")
    if _state(pid) == STOPPED:
        said = f"process {pid} holds it and is suspended: let it go on (`kill -CONT {pid}`) or end it"
        return Sign("lock", None, False, said)
    return Sign("lock", None, True, f"process {pid} holds it")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _access(config: Config, environment: Mapping[str, str]) -> Iterator[Sign]:
    """Credentials and proxies of the platforms in use; never printed."""
    home, settings = config.home, config.settings
    for platform in platforms_in_use(config):
        try:
            proxy = proxy_of(platform, settings, environment)
            yield Sign("proxy", platform, True, "none, it is asked directly" if proxy is None else f"{proxy}")
        except ConfigError as error:
            yield Sign("proxy", platform, False, str(error))
            continue
        source = Source(settings, lambda: 0, home.path, home.telegram_session, environment)
        try:
            yield Sign("credential", platform, True, credential_said(platform, source))
        except ConfigError as error:
            yield Sign("credential", platform, False, str(error))
    try:
        require_way_of_alerts(settings, environment)
    except ConfigError as error:
        yield Sign("proxy", None, False, str(error))


def _at_work(config: Config, now: Instant, real_now: Instant) -> Iterator[Sign]:
    """What monitors are told, but that a daemon is no must: `collect` may be run by hand."""
    for sign in examine(config, now, real_now):
        if sign.name == "daemon":
            said = sign.says.removesuffix(START_IT)
            yield Sign("daemon", None, True, said if sign.well else f"{said}; `tracker collect` may do without it")
        elif sign.name != "database":  # of which more is said
            yield sign


# -- the database


def _database(home: Home, database: Path, now: Instant) -> tuple[list[Sign], Instant | None]:
    """What is to be said of the database, and since when it has been collecting."""
    try:
        presence.require(home, database)
        if not database.exists():
            said = f"{database} is not there yet: the first `tracker collect` makes it"
            return [Sign("database", None, True, said)], None
        if not database.is_file():
            said = (
                f"{database} is no file: move it away, and put the database back or restore it; {known_backup(home)}"
            )
            return [Sign("database", None, False, said)], None
        if Path(f"{database}-journal").exists():
            said = "its making was broken off: the next `tracker collect` or `run` takes it back and makes it"
            return [Sign("database", None, False, said)], None
        with looking(database) as driver:
            wrong = unsound(driver)
        if wrong:
            said = f"{database} is damaged ({wrong[0]}): stop the daemon, and restore a backup; {known_backup(home)}"
            return [Sign("database", None, False, said)], None
        with closing(Reader(database)) as reader:
            left = reader.leftovers(now)
    except SchemaError as error:
        return [Sign("schema", None, False, str(error))], None
    except UnusableError as error:
        return [Sign("database", None, False, f"{error}; {known_backup(home)}")], None
    except StoreError as error:
        return [Sign("database", None, False, str(error))], None
    signs = [Sign("database", None, True, "sound"), _log(database), _clock(left.clock_wrong_by)]
    if left.leases and _is_free(home):
        said = f"{left.leases:,} accounts are leased by a process that is no more: the next start gives them back"
        signs.append(Sign("leases", None, False, said))
    if left.forgetting:
        said = "a `tracker forget` was broken off before it was proved: run it again"
        signs.append(Sign("forgetting", None, False, said))
    return signs, left.since


def _is_free(home: Home) -> bool:
    try:
        return holder(home.lock) is None
    except OSError:
        return False


def _log(database: Path) -> Sign:
    try:
        size = Path(f"{database}-wal").stat().st_size
    except OSError:
        size = 0
    said = f"the write-ahead log has {size / 1e6:,.0f} MB"
    if size <= LARGEST_LOG:
        return Sign("log", None, True, said)
    who = " and ".join(map(str, open_readers(database))) or "a program that reads the database"
    return Sign("log", None, False, f"{said}: {who} keeps it from being emptied; end it")


def _clock(wrong_by: int) -> Sign:
    if wrong_by < 0:
        said = f"is {-wrong_by:,} s behind what the platforms have shown: set it right, nothing is asked until then"
        return Sign("clock", None, False, said)
    if wrong_by > 0:
        said = f"was {wrong_by:,} s ahead once, or is behind now: set it right, then the next visit mends the rest"
        return Sign("clock", None, False, said)
    return Sign("clock", None, True, "agrees with the newest times in the database")


def _backups(home: Home, database: Path, now: Instant, since: Instant | None) -> Iterator[Sign]:
    """When the last one was made, and what broken-off ones and restores have left."""
    try:
        last, begun = last_backup(home.data), audit.entries(home.data, Deed.BACKUP)
    except StoreError as error:
        said = f"nobody can tell when the last one was made: {error}; put the file back, or move away what is there"
        yield Sign("backup", None, False, said)
        return
    if last is None:
        late = since is not None and now - since > BACKED_UP_WITHIN
        yield Sign("backup", None, not late, "none was ever made: `tracker backup FILE`")
    else:
        late = now - last.at > BACKED_UP_WITHIN
        make = "; make one: `tracker backup FILE`" if late else ""
        yield Sign(
            "backup", None, not late, f"the last one was made {ago(now - last.at)}: {last.path}{last.but}{make}"
        )
    if damaged := audit.read(home.data).damaged:
        said = f"{plural(damaged, 'line')} of {audit.AUDIT} cannot be read: torn by a power loss, or changed by hand"
        yield Sign("audit log", None, True, f"{said}; what it told of is not looked for")
    paths = {Path(str(entry.facts["path"])) for entry in begun if entry.facts.get("step") == BEGUN}
    yield from _halves(database, paths)
    try:
        back = _forgotten_and_back(home)
    except ValueError:
        said = f"how many forgettings the last one has undone nobody can tell: its line in {audit.AUDIT} was changed"
        yield Sign("restore", None, False, f"{said}; look into it, and run `tracker forget` for each again")
        back = 0
    if back:
        said = f"what {plural(back, 'forgetting')} removed is back with the backup: run `tracker forget` for it again"
        yield Sign("restore", None, False, said)
    yield from former_signs(home, database)


def _forgotten_and_back(home: Home) -> int:
    """How many forgettings the last restore has undone, less those that have been proved since.

    Raises StoreError, and ValueError where the audit log was changed by hand.
    """
    back, begun = 0, False
    for entry in audit.entries(home.data, Deed.RESTORE, Deed.FORGET):
        step = entry.facts.get("step")
        if entry.what == Deed.RESTORE and step == DONE:
            back = _whole(entry.facts.get("back", 0))
        elif entry.what == Deed.FORGET and step == BEGUN:
            begun = bool(entry.facts.get("accounts")) and entry.facts.get("scope") != "post"
        elif entry.what == Deed.FORGET and step == "proved" and begun:
            back, begun = max(0, back - 1), False
    return back


def _whole(fact: object) -> int:
    if type(fact) is not int or fact < 0:
        raise ValueError("no number")
    return fact


def _halves(database: Path, backups: set[Path]) -> Iterator[Sign]:
    """Copies that are being made, or were by something that was killed."""
    parts = list(database.parent.glob(f".{database.name}.restoring"))
    for path in sorted(backups):
        parts += halves_of(path)
    for part in parts:
        try:
            running = is_open(part)
        except OSError:
            continue  # it was finished meanwhile
        said = f"{part} is half a copy that a kill has left, and holds data: remove it"
        if running:
            said = f"{part} is a copy that is being made"
        elif running is None:
            said = f"{part} is half a copy, and holds data: remove it if no backup and no restore is running"
        yield Sign("backup", None, running is True, said)


# -- outside


def _reached(platform: Platform, reached: Reached, real_now: Instant) -> Iterator[Sign]:
    failure = reached.failure
    if failure is None:
        yield Sign("reach", platform, True, f"{reached.over} answered")
    else:
        yield Sign("reach", platform, False, f"{reached.over}: {failure.kind.replace('_', ' ')}: {failure.detail}")
    if reached.said_at is not None and abs(reached.said_at - real_now) > TOLERANCE:
        said = f"this machine's is {real_now - reached.said_at:+,} s off the platform's: set it right"
        yield Sign("clock", platform, False, said)
