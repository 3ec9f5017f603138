"""The long runs, made short: everything that may befall the daemon, and its memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.soaks.__main__ import main


def test_a_daemon_that_everything_befalls_ends_equal_to_the_platforms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", "--minutes", "0.4", "--seed", "7", "--home", str(tmp_path / "home"), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["wrong"] == []
    assert code == 0
    assert told["equal"]
    assert told["troubles"] > 15
    assert told["ledger_dollars"] >= told["bill_dollars"] > 0


def test_memory_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", "--visits", "2000", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["visits"] >= 2000
    assert told["wrong"] == []
