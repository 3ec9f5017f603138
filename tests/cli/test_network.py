"""What a user sees when nobody answers."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.cli.commands import tracker

NOBODY = '[x]\napi_url = "http://127.0.0.1:9"\nretries = 0\nbackoff = "0s"\n'
"""Port 9 of this machine: refused at once."""


def test_a_dead_line_spares_the_other_accounts_and_loses_none(tmp_path: Path) -> None:
    tracker("init", tmp_path)
    (tmp_path / "config/settings.toml").write_text(NOBODY, "utf-8")
    ran = tracker("collect", home=tmp_path, TRACKER_X_BEARER_TOKEN="x" * 40)
    assert ran.code == 3
    assert "3 accounts in a row could not be reached" in ran.err
    database = sqlite3.connect(tmp_path / "data/tracker.db")
    visited = database.execute("SELECT count(*), max(last_outcome) FROM account WHERE last_visit_at IS NOT NULL")
    assert visited.fetchone() == (3, "transport_error")
    still_due = database.execute("SELECT count(*) FROM account WHERE collected = 1 AND next_visit_at = 0")
    assert still_due.fetchone() == (10,)
    database.close()
    assert "no data" in tracker("report", "usage", "--format", "csv", home=tmp_path).out
