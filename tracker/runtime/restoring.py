"""Putting a backup in place of the database. Whatever happens meanwhile, one of the two can be opened.

The backup is copied beside the database and made ready there: brought to this schema, given what it must not lose
(`store/carrying.py`), reduced to what may be kept of people at risk by now. Then the former database gets a second
name and the copy takes the first one, in one step. Killed anywhere, the same command does it again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tracker.config.home import Config
from tracker.domain.errors import BusyError, StoreError, UnusableError, UsageError
from tracker.domain.instants import Instant, iso
from tracker.runtime import audit
from tracker.runtime.audit import Deed, Entry
from tracker.runtime.local import sync as sync_accounts
from tracker.runtime.local import zones_of
from tracker.runtime.open_readers import open_readers
from tracker.runtime.retention import expire
from tracker.store import carrying, schema, snapshot
from tracker.store.carrying import Carried
from tracker.store.chain import Kind
from tracker.store.dialect import SIDE_FILES, emptied_log, private_folder, writing_engine
from tracker.store.disk import sync
from tracker.store.snapshot import Contents, Progress, looking
from tracker.store.store import Store

BEGUN, DONE = "begun", "done"
FORGOTTEN_AT = f"SELECT at FROM entry WHERE kind = '{Kind.FORGOTTEN}'"


class Step(StrEnum):
    """What has just been done."""

    LOGGED = "logged"
    COPIED = "copied"
    READY = "made ready"
    KEPT = "kept the former database under another name"
    CLEARED = "removed its empty log"
    INSTALLED = "installed"


Told = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be restored, verified, and what it would bring back."""

    file: Path
    database: Path
    contents: Contents
    """Of the backup."""
    moment: Instant | None
    """When it was last written to before it was made."""
    forgotten: tuple[Entry, ...]
    """The forgettings that came after it, from the audit log: what they removed is back."""


@dataclass(slots=True)
class Restored:
    """What was done."""

    contents: Contents
    """Of the database now."""
    aside: Path | None
    """Where the former database is; None where there was none."""
    carried: Carried | None = None
    """What was taken over from it."""
    not_carried: str = ""
    """Why nothing was."""
    again: tuple[Entry, ...] = field(default=())
    """The forgettings that are to be repeated."""


def plan(config: Config, file: Path) -> Plan:
    """Verify the backup. Raises SchemaError for a newer one, and StoreError for one that is not sound."""
    database = config.home.database(config.settings)
    if not file.is_file():
        raise UsageError(f"{file} is no file; name a backup, as `tracker audit` lists them")
    if database.exists() and file.samefile(database):
        raise UsageError(f"{file} is the database itself; name a backup")
    try:
        with looking(file) as driver:
            wrong = snapshot.unsound(driver)
            contents, moment = snapshot.contents(driver), snapshot.last_moment(driver)
            known = {at for (at,) in driver.execute(FORGOTTEN_AT)} if contents.head is not None else set()
    except UnusableError as error:
        raise _unsound(file, error.__cause__) from error
    if wrong:
        raise _unsound(file, wrong[0])
    forgotten = tuple(
        entry
        for entry in audit.entries(config.home.data, Deed.FORGET)
        if entry.facts.get("step") == BEGUN
        and (entry.facts.get("accounts") or entry.facts.get("posts"))  # else there was nothing that could be back
        and (moment is None or entry.at >= moment)
        and entry.at not in known
    )
    return Plan(file, database, contents, moment, forgotten)


def _unsound(file: Path, why: object) -> StoreError:
    return StoreError(f"{file} is no sound backup ({why}); nothing was changed, take another")


def restore(
    config: Config,
    plan: Plan,
    now: Instant,
    *,
    told: Told = lambda _step: None,
    progress: Progress = snapshot.silent,
) -> Restored:
    """Put the backup in place of the database. To be called by whoever holds the writer's lock.

    Raises StoreError, and then the former database is where it was; BusyError if somebody keeps it open.
    """
    database = plan.database
    private_folder(database.parent)
    aside = _free_name(database, now) if database.exists() else None
    said = None if aside is None else str(aside.absolute())
    audit.record(config.home.data, Deed.RESTORE, now, step=BEGUN, path=str(plan.file.absolute()), aside=said)
    told(Step.LOGGED)
    with _copy_beside(database) as copy:
        copied = snapshot.copy(plan.file, copy, progress)
        with looking(copy) as driver:
            wrong = snapshot.unsound(driver) + snapshot.differences(copied, snapshot.contents(driver), plan.file)
        if wrong:
            raise StoreError(f"the copy of {plan.file} is not sound, nothing was changed: {wrong[0]}")
        told(Step.COPIED)
        done = _make_ready(config, copy, database, now)
        told(Step.READY)
        done.aside = aside
        if aside is not None:
            _keep(database, aside)
        told(Step.KEPT)
        _remove(database, SIDE_FILES)
        told(Step.CLEARED)
        copy.replace(database)
        sync(database.parent)
    told(Step.INSTALLED)
    carried = done.carried is not None and carrying.Part.FORGOTTEN not in done.carried.missed
    done.again = tuple(entry for entry in plan.forgotten if not (carried and entry.facts.get("scope") == "post"))
    facts = {"path": str(plan.file.absolute()), "aside": said, "back": len(done.again)}
    audit.record(config.home.data, Deed.RESTORE, now, step=DONE, **facts)
    return done


def _make_ready(config: Config, copy: Path, database: Path, now: Instant) -> Restored:
    """Let the copy be what this tracker may work with, with nothing in it that must not be there."""
    engine = writing_engine(copy)
    try:
        schema.upgrade(engine)
    finally:
        engine.dispose()
    store = Store(copy)
    try:
        done = _carry(store, config, database, now)
        sync_accounts(store, config)
        expire(store, config, zones_of(config), now)
        if done.carried is not None and done.carried.forgotten:
            store.erase()
    finally:
        store.close()
    with looking(copy) as driver:
        done.contents = snapshot.contents(driver)
    sync(copy)
    return done


def _carry(store: Store, config: Config, database: Path, now: Instant) -> Restored:
    """Take over what the former database knows of money and of what was forgotten, if it can be opened."""
    done = Restored(Contents("", {}, None), None)
    with ExitStack() as stack:
        former = None
        try:
            if database.exists():
                former = stack.enter_context(looking(database))
                if former.execute(snapshot.SCHEMA).fetchone() != (schema.HEAD,):
                    former, done.not_carried = None, f"it has another schema than {schema.HEAD}, this tracker's"
        except BusyError:
            raise
        except StoreError as error:
            done.not_carried = str(error)
        with store.transaction() as connection:
            head = None
            if former is not None:
                forget_deleted = config.settings.refresh.forget_deleted
                head = former.execute(snapshot.CHAIN).fetchone()
                done.carried = carrying.carry(connection, former, now, forget_deleted=forget_deleted)
            carrying.note(connection, head, now)
    return done


@contextmanager
def _copy_beside(database: Path) -> Iterator[Path]:
    """An empty file beside the database, which goes unless it has been moved; so does one that a kill has left."""
    copy = database.with_name(f".{database.name}.restoring")
    _remove(copy, ("", *SIDE_FILES))
    handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield copy
    finally:
        os.close(handle)  # open until now: by that `tracker doctor` tells it from one that a kill has left
        _remove(copy, ("", *SIDE_FILES))


def _free_name(database: Path, now: Instant) -> Path:
    stamp = iso(now).replace("-", "").replace(":", "")
    name = f"{database.name}.before-{stamp}"
    taken = {path.name for path in database.parent.iterdir()}
    while name in taken:
        name += "x"
    return database.with_name(name)


def _keep(database: Path, aside: Path) -> None:
    """Give the former database a second name, with its log unless that can be emptied. Raises BusyError."""
    try:
        whole = emptied_log(database)
    except BusyError as error:
        readers = " and ".join(map(str, open_readers(database)))
        raise (
            BusyError(f"{readers} has {database} open; end it, or try again later") if readers else error
        ) from None
    for end in () if whole else SIDE_FILES:
        _link(Path(f"{database}{end}"), Path(f"{aside}{end}"))
    _link(database, aside)
    sync(database.parent)


def _link(path: Path, name: Path) -> None:
    if not path.exists():
        return
    try:
        name.hardlink_to(path)
    except OSError:  # not every file system can
        shutil.copy2(path, name)
        sync(name)


def _remove(path: Path, ends: tuple[str, ...]) -> None:
    for end in ends:
        Path(f"{path}{end}").unlink(missing_ok=True)
    sync(path.parent)
