"""Which schema the database has, and how it gets the present one. Alembic is imported only to change it."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from tracker.domain.errors import SchemaError
from tracker.store.dialect import reading_engine, reading_errors, roll_back

HEAD = "0005"
"""The revision that this version of the tracker works with; a test compares it with the migrations."""


def revision(connection: Connection) -> str | None:
    """The database's revision; None where it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def require_current(connection: Connection, path: Path) -> None:
    """Raise SchemaError unless the database has exactly the schema of this version."""
    found = require_known(connection, path)
    if found != HEAD:
        raise SchemaError(f"{path} has schema {found}, this tracker needs {HEAD}; run `tracker db upgrade`")


def require_known(connection: Connection, path: Path) -> str:
    """The database's revision, this version's or an older one. Raises SchemaError for any other."""
    found = revision(connection)
    if found is None:
        raise SchemaError(f"{path} is not a tracker database; name another, or move it away")
    if found > HEAD:
        raise SchemaError(
            f"{path} has schema {found}, newer than this tracker's {HEAD}; install the newer tracker again"
        )
    return found


def is_unmade(path: Path) -> bool:
    """Whether there is no database yet, or one whose making was broken off; a look that changes nothing else.

    Raises SchemaError for a database that is not ours, or of another version, and StoreError for what is none.
    """
    if not path.exists() or path.stat().st_size == 0:
        return True
    with reading_errors(path):
        roll_back(path)
    engine = reading_engine(path)
    try:
        with reading_errors(path), engine.begin() as connection:
            if not inspect(connection).get_table_names():
                return True
            require_current(connection, path)
            return False
    finally:
        engine.dispose()


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the database to a revision, each migration in one transaction."""
    from alembic import command
    from alembic.config import Config

    with as_file(files("tracker.store") / "migrations") as folder, engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
