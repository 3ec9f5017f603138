"""SIGKILL and power loss at length: the tests of `tests/faults`, with more kills and more states of the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.soaks.soak import Report, Soak


def _tests(file: str, **numbers: int) -> Report:
    """Run a file of tests with these numbers in their environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures"
        path.touch()
        told = {name: str(number) for name, number in numbers.items()}
        begun = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", f"tests/faults/{file}"],
            check=False,
            env={**os.environ, **told, "TRACKER_FAULTS_FIGURES": str(path)},
        )
        figures: dict[str, object] = {"minutes": round((time.monotonic() - begun) / 60, 1)}
        for line in path.read_text().splitlines():
            figures.update(json.loads(line))
    wrong = [f"tests/faults/{file} failed"] if ran.returncode else []
    return Report(figures, [f"{name}: {figure}" for name, figure in figures.items()], wrong)


def _kill(times: int) -> Report:
    return _tests("test_killing.py", TRACKER_FAULTS_KILLS=times)


def _power(states: int) -> Report:
    return _tests("test_power.py", TRACKER_FAULTS_STATES=states)


KILL = Soak(
    "SIGKILL at every commit, before, within and after it, and at random moments and calls to the disk",
    {"times": (int, 200, "how often at random, and as often below a cap")},
    _kill,
)
POWER = Soak(
    "power loss: recorded writes and syncs, replayed to states that a disk can be in afterwards",
    {"states": (int, 1000, "how many states")},
    _power,
)
