"""A command starts fast: it imports what it needs, when it needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    *("alembic", "apscheduler", "jdatetime", "msgspec", "numpy", "pydantic", "requests", "rich"),
    *("sqlalchemy", "sqlmodel", "telethon", "tweepy"),
    *("altair", "apprise", "jinja2", "pyarrow", "rustworkx", "vl_convert", "xlsxwriter"),
)


def imported_by(code: str) -> set[str]:
    """The heavy libraries that are in memory after the code has run in a new process."""
    report = f"{code}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_table_of_commands_imports_no_heavy_library() -> None:
    assert imported_by("import tracker.cli.main") == set()


def test_the_control_sees_a_heavy_library() -> None:
    assert "numpy" in imported_by("import numpy")


def running(*arguments: str) -> str:
    """Code that runs the command with these arguments in its own process."""
    return f"""
import sys
from tracker.cli.main import app
sys.argv = ["tracker", *{arguments!r}]
try:
    app()
except SystemExit:
    pass
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], *([*command, "--help"] for command in (["report", "usage"], ["report", "network"]))]
    + [[command, "--help"] for command in ("report", "chart", "publish", "export")],
)
def test_help_imports_no_heavy_library(arguments: list[str]) -> None:
    assert imported_by(running(*arguments)) == set()


def test_check_needs_no_database(tmp_path: Path) -> None:
    needless = {"sqlalchemy", "sqlmodel", "alembic", "tweepy", "telethon", "rich", "numpy"}
    assert not imported_by(running("--home", str(tmp_path), "check")) & needless
