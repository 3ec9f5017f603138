"""A disk of one's own: what a shell script mounts in a mount namespace that only it and its children see."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def alone(script: str, home: Path, command: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script with `$1`, a home, and `$2`, a command; skips the test, and says so, where nobody may mount."""
    allowed = ["unshare", "-rm", "sh", "-c", f'mount -t tmpfs tmpfs "{home}/data"']
    if shutil.which("unshare") is None or subprocess.run(allowed, check=False, capture_output=True).returncode:
        pytest.skip("NOT TESTED: a full tmpfs needs user namespaces (unshare -rm)")
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", home, command],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
    )
