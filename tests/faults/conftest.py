"""The stage on which things fail: both platforms served, a real database, and a clock that the test moves.

The long runs ask for more: `TRACKER_FAULTS_KILLS` is how often a process is killed at random, and
`TRACKER_FAULTS_STATES` from how many states of a disk after a power loss it comes back (`scripts/soak`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.runtime.making import Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as stage:
        yield stage


@pytest.fixture
def figures() -> Callable[..., None]:
    """Adds what was measured to the file that a long run reads, if there is one."""

    def add(**measured: object) -> None:
        path = os.environ.get("TRACKER_FAULTS_FIGURES")
        if path is not None:
            with Path(path).open("a") as file:
                file.write(json.dumps(measured) + "\n")

    return add


@pytest.fixture(scope="session")
def kills() -> int:
    return int(os.environ.get("TRACKER_FAULTS_KILLS", "25"))


@pytest.fixture(scope="session")
def states() -> int:
    return int(os.environ.get("TRACKER_FAULTS_STATES", "150"))
