"""`tracker sandbox`: what it prints works where it is pasted."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.cli.commands import TRACKER
from tracker.collectors.telegram_session import server_of
from tracker.config.toml import read_settings


def test_the_settings_that_it_prints_work_in_any_home(tmp_path: Path) -> None:
    ports = [f"--{name}-port=0" for name in ("x", "telegram", "telegram-web")]
    command = [str(TRACKER), "--home", str(tmp_path / "its own"), "sandbox", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        printed: list[str] = []
        while not printed or not printed[-1].startswith("Serving"):
            printed.append(serving.stdout.readline())
        serving.terminate()
    told = "".join(line.strip() + "\n" for line in printed if re.match(r"  (\[|\w+ = )", line))
    settings, problems = read_settings(told.encode())
    assert problems == []
    server = server_of(settings.telegram, tmp_path / "another")
    assert server is not None
    assert "BEGIN RSA PUBLIC KEY" in server.public_key
