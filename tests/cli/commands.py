"""Runs the real command in a process of its own, as a user does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

TRACKER = Path(sys.executable).with_name("tracker")


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str


WITHOUT_RIGHTS = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)


def as_others() -> tuple[str, ...]:
    """What a command begins with so that root, too, may read only what its permissions allow; else the test skips."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("NOT TESTED: a folder closed to root needs setpriv")
    return WITHOUT_RIGHTS


def tracker(*arguments: object, home: Path | None = None, **environment: str) -> Ran:
    """Run `tracker`, without credentials and without a terminal; whatever it says must hold no traceback.

    The width of the terminal that the tests were started from changes nothing.
    """
    return _ran((), arguments, home, environment)


def tracker_as_others(*arguments: object, home: Path, **environment: str) -> Ran:
    """The same, with no more rights than the permissions of files give."""
    return _ran(as_others(), arguments, home, environment)


def _ran(
    before: Sequence[str], arguments: Sequence[object], home: Path | None, environment: Mapping[str, str]
) -> Ran:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_", "COLUMNS"))}
    at_home = [] if home is None else ["--home", str(home)]
    done = subprocess.run(
        [*before, str(TRACKER), *at_home, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**clean, **environment},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)
