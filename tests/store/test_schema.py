"""Which databases are opened, which are refused, and that a refused one stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.store.making import listed, opened, rows
from tracker.domain.errors import SchemaError, StoreError
from tracker.store import schema
from tracker.store.dialect import writing_engine
from tracker.store.reader import Reader
from tracker.store.store import Store
from tracker.store.tables import metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


def migrations() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(files("tracker.store") / "migrations"))
    return ScriptDirectory.from_config(config)


def test_the_revision_that_commands_ask_for_is_the_newest_migration() -> None:
    assert migrations().get_heads() == [schema.HEAD]


def test_migrating_from_nothing_gives_the_tables_of_the_code(path: Path) -> None:
    with opened(path) as store, store.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_every_table_is_strict(path: Path) -> None:
    """compare_metadata does not look at this: a text in a number's column must be refused."""
    with opened(path):
        strict = dict(rows(path, "SELECT name, strict FROM pragma_table_list WHERE schema = 'main'"))
    assert {table: strict[table] for table in metadata.tables} == dict.fromkeys(metadata.tables, 1)


def test_migrating_step_by_step_ends_at_the_same_place(path: Path) -> None:
    engine = writing_engine(path)
    for script in reversed(list(migrations().walk_revisions())):
        schema.upgrade(engine, script.revision)
    with engine.begin() as connection:
        assert schema.revision(connection) == schema.HEAD
    engine.dispose()


def test_upgrading_what_is_upgraded_changes_nothing(path: Path) -> None:
    with opened(path, listed("example")):
        pass
    engine = writing_engine(path)
    schema.upgrade(engine)
    engine.dispose()
    assert len(rows(path, "SELECT * FROM account")) == 1


def stamp(path: Path, revision: str) -> None:
    with opened(path, listed("example")):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()


def foreign(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER PRIMARY KEY)")
        connection.commit()


def corrupt(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this was never a database, " * 400)


def damaged(path: Path) -> None:
    """A database of ours, whose pages have been overwritten below the header."""
    with opened(path, listed("example")):
        pass
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda path: stamp(path, "9999"), SchemaError, "newer than this tracker"),
        (lambda path: stamp(path, "0000"), SchemaError, "run `tracker db upgrade`"),
        (foreign, SchemaError, "not a tracker database"),
        (corrupt, StoreError, "cannot be used as a database"),
        (damaged, StoreError, "cannot be used as a database"),
    ],
    ids=["newer", "older", "foreign", "corrupt", "damaged"],
)
@pytest.mark.parametrize("opening", [Store, Reader])
def test_a_database_that_is_not_ours_is_refused_and_left_as_it_was(
    path: Path, make: Callable[[Path], None], error: type[StoreError], said: str, opening: Callable[[Path], object]
) -> None:
    make(path)
    path.chmod(0o640)
    before = path.read_bytes(), path.stat().st_mode
    with pytest.raises(error, match=said) as raised:
        opening(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert (path.read_bytes(), path.stat().st_mode) == before


def test_nothing_to_read_yet_is_said_as_such(path: Path) -> None:
    with pytest.raises(StoreError, match="nothing is collected yet"):
        Reader(path)
    assert not path.parent.exists()


def test_a_database_whose_making_was_broken_off_is_made_anew(path: Path) -> None:
    """SQLite has written its header, and the process was killed before the migration was committed."""
    engine = writing_engine(path)
    engine.connect().close()
    engine.dispose()
    assert path.stat().st_size > 0
    with opened(path, listed("example")):
        assert len(rows(path, "SELECT * FROM account")) == 1


def test_a_migration_that_fails_leaves_nothing_behind(path: Path) -> None:
    engine = writing_engine(path)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE week_count (id INTEGER)")  # in the way of the first migration's last
    with pytest.raises(Exception, match="already exists"):
        schema.upgrade(engine)
    engine.dispose()
    assert rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("week_count",)]
