"""The systemd unit: closed to what the daemon does not need, and true to what the program does."""

from __future__ import annotations

import mmap
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.config.credentials import CREDENTIALS
from tracker.domain.errors import BusyError, ConfigError, SchemaError, UsageError
from tracker.runtime.pulse import PATIENCE

UNIT = Path(__file__).parents[2] / "scripts" / "tracker.service"
MOST_EXPOSED = 1.5
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(
    ANALYZE is None, reason="NOT CHECKED: systemd-analyze is not here, nobody looked at scripts/tracker.service"
)
MDWE = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(65, 1, 0, 0, 0):  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN: as MemoryDenyWriteExecute asks
    sys.exit(77)
"""


def values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)


def exposure(text: str, folder: Path) -> float:
    """What systemd thinks of the unit, from 0 to 10."""
    unit = folder / "tracker.service"
    unit.write_text(text, "utf-8")
    assert ANALYZE is not None
    done = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, check=False
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    if found is None:
        pytest.skip(f"NOT CHECKED: systemd-analyze looks at no unit that is not loaded: {done.stderr[:200]}")
    return float(found[1])


def complaints(text: str, folder: Path) -> str:
    """What systemd does not understand; the program is one that is there."""
    unit = folder / "tracker.service"
    unit.write_text(text.replace("/opt/influence-tracker/.venv/bin/tracker", sys.executable), "utf-8")
    assert ANALYZE is not None
    done = subprocess.run([ANALYZE, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    return "\n".join(line for line in done.stderr.splitlines() if "tracker.service" in line)


@needs_systemd
def test_it_is_closed_to_what_the_daemon_does_not_need(tmp_path: Path) -> None:
    assert exposure(UNIT.read_text("utf-8"), tmp_path) <= MOST_EXPOSED


@needs_systemd
def test_without_its_hardening_it_would_be_open(tmp_path: Path) -> None:
    """The control."""
    before, hardening = UNIT.read_text("utf-8").split("# Hardening.")
    bare = before.replace("DynamicUser=yes\n", "") + "\n[Install]" + hardening.split("[Install]")[1]
    assert exposure(bare, tmp_path) > 2 * MOST_EXPOSED


@needs_systemd
def test_systemd_understands_every_line_and_would_say_if_not(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8")
    assert complaints(text, tmp_path) == ""
    assert "ProtectHorne" in complaints(text.replace("ProtectHome", "ProtectHorne"), tmp_path)


def test_it_hands_over_every_credential_and_needs_none() -> None:
    assert values("LoadCredential") == [f"{name}:/etc/tracker/{name}" for name in CREDENTIALS]
    assert values("SetCredential") == [rf"{name}:\n" for name in CREDENTIALS]


def test_it_starts_again_unless_a_start_would_not_help() -> None:
    (never,) = values("RestartPreventExitStatus")
    assert {int(code) for code in never.split()} == {
        UsageError.exit_code,
        ConfigError.exit_code,
        SchemaError.exit_code,
    }
    assert str(BusyError.exit_code) not in never.split()
    assert values("Restart") == ["on-failure"]
    assert values("StartLimitIntervalSec") == ["0"]


def test_it_sees_the_folder_where_the_handbook_puts_the_backups() -> None:
    """Of other folders of state a dynamic user sees nothing, and would say that the backups are gone."""
    page = (UNIT.parents[1] / "docs" / "operations.md").read_text("utf-8")
    (of_the_unit,) = values("StateDirectory")
    assert set(re.findall(r"StateDirectory=(?:'(.+?)'|(.+))", page)) == {(of_the_unit, ""), ("", of_the_unit)}
    assert set(re.findall(r"/var/lib/(tracker-backups)|%S/(tracker-backups)", page)) == {
        ("tracker-backups", ""),
        ("", "tracker-backups"),
    }
    assert "tracker-backups" in of_the_unit.split()


def test_its_times_are_those_of_the_program() -> None:
    assert values("WatchdogSec") == [f"{PATIENCE // 60}min"]
    (stop,) = values("TimeoutStopSec")
    assert int(stop) > 2 * 10  # the daemon leaves within ten seconds


def under_mdwe(code: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-c", MDWE + code], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("NOT CHECKED: this kernel knows no PR_SET_MDWE")
    return done


@pytest.mark.skipif(sys.platform != "linux", reason="MemoryDenyWriteExecute is Linux's")
def test_nothing_that_the_daemon_loads_needs_memory_to_write_and_execute() -> None:
    loads = "import numpy, sqlalchemy, tweepy, telethon, apscheduler.schedulers.background, msgspec, zlib, sqlite3\n"
    works = (
        "import numpy as n; n.linalg.svd(n.eye(9)); sqlite3.connect(':memory:').execute('select 1')\n"
        "from telethon.crypto import AES; AES.encrypt_ige(bytes(32), bytes(32), bytes(32))\n"
    )
    done = under_mdwe(loads + works + "print('loaded')")
    assert done.stdout.strip() == "loaded", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="MemoryDenyWriteExecute is Linux's")
def test_memory_to_write_and_execute_would_be_refused() -> None:
    """The control."""
    wants = f"import mmap\nmmap.mmap(-1, 4096, prot={mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC})"
    assert "PermissionError" in under_mdwe(wants).stderr


@needs_systemd
def test_the_daily_backup_of_the_handbook_is_understood(tmp_path: Path) -> None:
    page = (UNIT.parents[1] / "docs" / "operations.md").read_text("utf-8")
    found = dict(re.findall(r"```ini\n# (tracker-backup\.\w+)\n(.*?)```", page, re.DOTALL))
    assert set(found) == {"tracker-backup.service", "tracker-backup.timer"}
    for name, text in found.items():
        (tmp_path / name).write_text(
            text.replace("/opt/influence-tracker/.venv/bin/tracker", sys.executable), "utf-8"
        )
    assert ANALYZE is not None
    command = [ANALYZE, "verify", "--man=no", *(tmp_path / name for name in found)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "tracker-backup" in line] == []
