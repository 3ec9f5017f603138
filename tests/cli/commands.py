"""Runs the real command in a process of its own, as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TRACKER = Path(sys.executable).with_name("tracker")


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str


def tracker(*arguments: object, home: Path | None = None, **environment: str) -> Ran:
    """Run `tracker`, without credentials and without a terminal; whatever it says must hold no traceback.

    The width of the terminal that the tests were started from changes nothing.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_", "COLUMNS"))}
    at_home = [] if home is None else ["--home", str(home)]
    done = subprocess.run(
        [str(TRACKER), *at_home, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**clean, **environment},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)
