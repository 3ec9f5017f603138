"""What differs between databases: how to connect, begin, and upsert. Today SQLite, through the standard driver."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, StaticPool

from tracker.domain.errors import BusyError, ClosedError, StoreError, UnusableError

WRITER_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # NORMAL loses acknowledged commits at a power loss
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what is removed must not linger in free pages
    "PRAGMA cache_size=-65536",
)
READER_PRAGMAS = ("PRAGMA query_only=ON", "PRAGMA cache_size=-65536", "PRAGMA mmap_size=1073741824")
BUSY_SECONDS = 10.0

DATABASE_ERRORS = (DBAPIError, sqlite3.Error)
"""What statements raise, run by SQLAlchemy or by the driver itself."""
UNSOUND = (sqlite3.DatabaseError, UnicodeDecodeError)
"""The second where SQLite quotes a damaged schema: the driver stumbles over its bytes."""
ROWS_AT_ONCE = (1_000, 100)
"""In one statement, fewer than the last in any number; so few sizes, for each is a text to be kept and prepared.
SQLite takes 32,766 parameters."""


SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, by the end of its name."""
CLOSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
HOW_TO_OPEN = "run this as its owner, or let `tracker doctor` say what to chown"


def is_closed(path: Path) -> bool:
    """Whether a file or folder of another user's keeps us out."""
    try:
        status = path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return status.st_uid != os.geteuid() and not os.access(path, os.R_OK | os.W_OK)


def private_folder(folder: Path) -> None:
    """Make the folder, for its owner alone, unless it is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def writing_engine(path: Path) -> Engine:
    """An engine of exactly one connection: one connection writes and checkpoints.

    A new file is made 0600 before SQLite opens it; the journal files take over its mode.
    """
    private_folder(path.parent)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)

    def connect() -> sqlite3.Connection:
        return _opened(sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False), WRITER_PRAGMAS, path)

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    # A transaction that reads first and writes later fails at once under contention; this one waits its turn.
    event.listen(engine, "begin", lambda connection: driver_of(connection).execute("BEGIN IMMEDIATE"))
    return engine


def reading_engine(path: Path) -> Engine:
    """An engine that cannot write, for reports beside a running daemon."""

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        return _opened(
            sqlite3.connect(address, timeout=BUSY_SECONDS, uri=True, check_same_thread=False), READER_PRAGMAS, path
        )

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def roll_back(path: Path) -> None:
    """Let SQLite take back what a power loss or a kill left half-written in the file itself.

    Only a file whose making, or whose change to a write-ahead log, was broken off has such a journal; one that is
    open for reading only cannot be rolled back, nor be read.
    """
    if path.with_name(f"{path.name}-journal").exists():
        address = f"file:{quote(str(path.absolute()))}?mode=rw"
        with closing(sqlite3.connect(address, timeout=BUSY_SECONDS, uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()


def _opened(connection: sqlite3.Connection, pragmas: tuple[str, ...], path: Path) -> sqlite3.Connection:
    connection.isolation_level = None  # the engine says BEGIN itself
    try:
        for pragma in pragmas:
            connection.execute(pragma).fetchall()
    except UNSOUND as error:
        connection.close()
        raise _unusable(path, error) from error
    return connection


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """A file that turns out not to be a sound database is a StoreError."""
    try:
        yield
    except (*DATABASE_ERRORS, UnicodeDecodeError) as error:
        raise _unusable(path, getattr(error, "orig", error)) from error


def _unusable(path: Path, error: BaseException | None) -> StoreError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError(f"{path} is locked by another program; close it, or try again later")
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in CLOSED:
        files = (path.parent, path, *(Path(f"{path}{end}") for end in SIDE_FILES))
        if closed := next(filter(is_closed, files), None):
            return ClosedError(f"{closed} belongs to another user: {HOW_TO_OPEN}")
    return UnusableError(f"{path} cannot be used as a database ({error}); restore a backup")


READERS_SECONDS = 2.0
"""How long a reader is waited for that stands in the way of erasing."""


def empty_log(engine: Engine) -> None:
    """Bring all of the write-ahead log into the database and empty it: what was removed lingers there no more."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        raw.close()


def emptied_log(path: Path) -> bool:
    """Bring all of the write-ahead log into the file of a database that nobody writes to; False if it is damaged.

    Raises BusyError if another program has a transaction open.
    """
    try:
        with closing(sqlite3.connect(path, timeout=READERS_SECONDS)) as connection:
            busy = _emptied(connection.cursor())
    except UNSOUND as error:
        said = _unusable(path, error)
        if isinstance(said, BusyError):
            raise said from error
        return False
    if busy:
        raise BusyError(f"another program has an older view of {path} open; end it, or try again later")
    return True


@dataclass(frozen=True, slots=True)
class Erasure:
    """How the file was written anew, as SQLite says."""

    busy: bool
    """A reader kept the log from being emptied: what was removed may still be in it."""
    secure_delete: bool
    free_pages: int


def erase(engine: Engine, path: Path) -> Erasure:
    """Write the whole file anew, without a byte of what was removed, and empty the log. Raises what SQLite raises.

    Needs free space for the database twice. SQLite's own temporary file lies beside the database.
    """
    raw = engine.raw_connection()
    try:
        driver = raw.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        cursor = driver.cursor()
        temporary_files_in(cursor, path.parent)
        cursor.execute(f"PRAGMA busy_timeout = {READERS_SECONDS * 1000:.0f}").fetchall()
        try:
            busy = _emptied(cursor)
            if not busy:
                cursor.execute("VACUUM")
                busy = _emptied(cursor)
            ((secure,),) = cursor.execute("PRAGMA secure_delete").fetchall()
            ((free,),) = cursor.execute("PRAGMA freelist_count").fetchall()
            return Erasure(busy, bool(secure), free)
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}").fetchall()
    finally:
        raw.close()


def temporary_files_in(cursor: sqlite3.Cursor, folder: Path) -> None:
    """Let SQLite's own temporary files, which hold what the database holds, lie in this folder.

    A library may be built without it; then the system's own folder is used.
    """
    quoted = str(folder.absolute()).replace("'", "''")
    with suppress(sqlite3.Error):
        cursor.execute(f"PRAGMA temp_store_directory = '{quoted}'").fetchall()


def _emptied(cursor: sqlite3.Cursor) -> bool:
    """Empty the log; whether a reader is in the way."""
    ((busy, _, _),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return bool(busy)


def upsert(table: Table, *, update: tuple[str, ...] = (), where: str | None = None) -> str:
    """The text of an INSERT of whole rows that, on a known primary key, sets the columns in `update`.

    For the driver, with tuples in the order of the table's columns. `where` is SQL on `excluded` and the table.
    """
    statement = insert(table)
    if update:
        from sqlalchemy import text

        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={column: statement.excluded[column] for column in update},
            where=text(where) if where else None,
        )
    else:
        statement = statement.on_conflict_do_nothing()
    return str(statement.compile(dialect=sqlite.dialect(), column_keys=[column.name for column in table.columns]))


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver beneath, in the same transaction.

    For what runs with every page or account: SQLAlchemy takes ten times as long to hand a small statement on as
    SQLite takes to run it.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def release_memory(connection: Connection) -> None:
    """From here on keep little of the file in memory: who reads it once from end to end has no use for more."""
    driver = driver_of(connection)
    for pragma in ("PRAGMA mmap_size=0", "PRAGMA cache_size=-16384"):
        driver.execute(pragma).fetchall()


def insert_rows(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> int:
    """Run an `upsert` on whole rows, many with one statement. Returns how many it wrote.

    Columns that are empty in all of them are NULL in the statement: the driver takes longer over a None than over
    any other value, since it looks for a way to adapt it; a quarter of the time goes into that.
    """
    driver, written, start = driver_of(connection), 0, 0
    while left := len(rows) - start:
        some = rows[start : start + next((size for size in ROWS_AT_ONCE if size <= left), left)]
        filled = tuple(
            number
            for number, value in enumerate(some[0])
            if value is not None or any(row[number] is not None for row in some)
        )
        values = chain.from_iterable(map(itemgetter(*filled), some))
        written += driver.execute(_for_rows(statement, len(some), filled), tuple(values)).rowcount
        start += len(some)
    return written


@lru_cache(maxsize=1000)
def _for_rows(statement: str, count: int, filled: tuple[int, ...]) -> str:
    """An INSERT of one row, made one of so many, of which only these columns have values."""

    def rows(marks: re.Match[str]) -> str:
        columns = range(marks[0].count("?"))
        return ", ".join([f"({', '.join('?' if number in filled else 'NULL' for number in columns)})"] * count)

    return re.sub(r"(?<= VALUES )\([?, ]+\)", rows, statement)
