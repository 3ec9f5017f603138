"""How long the command takes to say what it can do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.benches.measuring import Effort, Metric, Result, always, race

COMMANDS = Path(sys.executable).parent
PYTHON = (str(COMMANDS / "python"), "-c", "pass")
OURS = (str(COMMANDS / "tracker"), "--help")
THEIRS = (str(COMMANDS / "sqlite-utils"), "--help")

# Where this is set, modules that are not compiled yet are compiled anew at every start.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def start(effort: Effort) -> Result:
    """`tracker --help` beside a bare Python and a command of about the same kind, all compiled."""
    for command in (PYTHON, OURS, THEIRS):
        _running(command)()
    seconds = race(
        {
            "python -c pass": always(_running(PYTHON)),
            "tracker --help": always(_running(OURS)),
            "sqlite-utils --help": always(_running(THEIRS)),
        },
        effort.rounds * 5,
    )
    ours = seconds["tracker --help"]
    return Result(
        "tracker --help",
        (
            Metric("milliseconds_more", 1000 * (ours - seconds["python -c pass"]), at_most=120),
            Metric("over_sqlite_utils", seconds["sqlite-utils --help"] / ours, at_least=1),
        ),
        seconds,
    )


def _running(command: tuple[str, ...]) -> Callable[[], object]:
    return lambda: subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
