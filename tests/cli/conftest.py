"""A demo home, made once for all the processes of a test run."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from tests.cli.commands import tracker


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The home that `tracker demo` makes; `said.txt` in it holds what it printed. Not to be written to."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "demo"
    with FileLock(home.with_suffix(".lock")):
        if not (home / "said.txt").exists():
            ran = tracker("demo", home)
            assert ran.code == 0, ran.err
            (home / "said.txt").write_text(ran.out, "utf-8")
    return home
