"""A whole copy of a database in one file, and the look at it that tells whether it is sound.

The copy holds what the database holds and nothing else: no free pages and no log, in which removed rows may linger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tracker.domain.errors import StoreError, UnusableError
from tracker.domain.instants import Instant
from tracker.store import schema
from tracker.store.dialect import driver_of, reading_engine, reading_errors, roll_back, temporary_files_in
from tracker.store.failing import meaning

STEPS = 100_000
"""Of SQLite's machine between two looks at how far it is: a few a second."""
SHOWN = 10
"""At most so many things that are wrong with a file are told."""
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
SCHEMA = "SELECT version_num FROM alembic_version"
CHAIN = "SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1"
HASH = "SELECT hash FROM entry WHERE number = ?"
UNTOLD = frozenset({"week_count"})
"""Tables whose size changes with what few people at risk have posted."""

Progress = Callable[[int], None]
"""Told how many bytes of the copy are written."""


def silent(_written: int) -> None:
    """Nobody wants to know how far it is."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds, seen in one transaction."""

    schema: str
    rows: Mapping[str, int]
    """By table."""
    head: tuple[int, bytes] | None
    """Number and hash of the newest entry of the run log; None where the schema has none yet."""

    @property
    def told(self) -> dict[str, int]:
        """The rows that may be told: how many weeks people at risk posted in may not."""
        return {table: count for table, count in self.rows.items() if table not in UNTOLD}


@contextmanager
def looking(path: Path) -> Iterator[sqlite3.Connection]:
    """One consistent view of a tracker's database, of this schema or an older one. Raises StoreError, SchemaError."""
    if not path.is_file():
        raise StoreError(f"{path} is no file: there is no database")
    with reading_errors(path):
        roll_back(path)
    engine = reading_engine(path)
    try:
        # Rolled back at the end: of a damaged file even a commit of nothing fails.
        with reading_errors(path), engine.connect() as connection:
            schema.require_known(connection, path)
            yield driver_of(connection)
    finally:
        engine.dispose()


def contents(driver: sqlite3.Connection) -> Contents:
    """Count every table."""
    tables = [name for (name,) in driver.execute(TABLES)]
    rows = {name: int(driver.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in tables}
    (found,) = driver.execute(SCHEMA).fetchone()
    return Contents(str(found), rows, driver.execute(CHAIN).fetchone() if "entry" in tables else None)


def holds(driver: sqlite3.Connection, head: tuple[int, bytes]) -> bool:
    """Whether the run log has this entry, and so all before it."""
    return bool(driver.execute(HASH, head[:1]).fetchone() == head[1:])


def unsound(driver: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file, else rows that belong to nothing; the first few."""
    said = [" ".join(str(line).split()) for (line,) in driver.execute(f"PRAGMA integrity_check({SHOWN})")]
    if wrong := [line for line in said if line != "ok"]:
        return wrong
    orphans = driver.execute("PRAGMA foreign_key_check").fetchmany(SHOWN)
    return [f"a row of {table} belongs to no row of {owner}" for table, _, owner, _ in orphans]


def last_moment(driver: sqlite3.Connection) -> Instant | None:
    """The newest time of our own in a database of any schema; None if it has none."""
    tables = {name for (name,) in driver.execute(TABLES)}
    columns = [("visit", "started_at"), ("account", "last_visit_at"), ("ledger", "reserved_at"), ("entry", "at")]
    found = [
        driver.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]
        for table, column in columns
        if table in tables
    ]
    return max((at for at in found if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Copied:
    """What is known of the database from which a copy was made."""

    before: Contents
    """What it held just before."""
    quiet: bool
    """Nobody wrote to it from then until the copy was done: the copy must hold exactly the same."""


def copy(source: Path, target: Path, progress: Progress = silent) -> Copied:
    """Write the whole of a database into an empty file, as it is at one moment; who writes to it is not held up.

    Raises StoreError; KeyboardInterrupt if it was interrupted.
    """
    engine = reading_engine(source)
    try:
        with reading_errors(source), engine.connect() as connection:
            driver = driver_of(connection)
            temporary_files_in(driver.cursor(), target.parent)
            version = _version(driver)
            driver.execute("BEGIN")
            before = contents(driver)
            driver.execute("COMMIT")
            driver.execute("PRAGMA query_only=OFF")  # for the copy's sake; the database is open for reading only
            _vacuum_into(driver, source, target, progress)
            return Copied(before, _version(driver) == version)
    finally:
        engine.dispose()


def differences(copied: Copied, copy: Contents, source: Path) -> list[str]:
    """In what the copy is not a moment of the database; empty if it is.

    Where nobody wrote meanwhile, each table must have as many rows as before. Where a daemon did, nobody can count
    the moment of the copy a second time; but the run log is only ever appended to, so its newest entry from before
    must be in the copy's, and the copy's newest in the database's.
    """
    before, rows = copied.before, copied.before.rows
    if copied.quiet:
        names = sorted(rows.keys() | copy.rows.keys())
        return [
            f"{name} has other rows than the database"
            if name in UNTOLD
            else f"{name} has {copy.rows.get(name, 0):,} rows in place of {rows.get(name, 0):,}"
            for name in names
            if copy.rows.get(name) != rows.get(name)
        ]
    if before.head is None or copy.head is None:
        return []
    with looking(source) as driver:
        later = holds(driver, copy.head)
    earlier = copy.head[0] >= before.head[0]
    return [] if earlier and later else ["its run log is not that of the database"]


def _vacuum_into(driver: sqlite3.Connection, source: Path, target: Path, progress: Progress) -> None:
    def look() -> None:
        with suppress(OSError):
            progress(target.stat().st_size)

    # Called from within, so that a signal is heard before the copy is done.
    driver.set_progress_handler(look, STEPS)
    try:
        driver.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from None
        # SQLite does not say which of the two it was; damaged is never the one that is being made.
        said = meaning(target, error)
        raise (meaning(source, error) if isinstance(said, UnusableError) else said) from error
    finally:
        driver.set_progress_handler(None, 0)


def _version(driver: sqlite3.Connection) -> int:
    """Changes when another connection commits."""
    return int(driver.execute("PRAGMA data_version").fetchone()[0])
