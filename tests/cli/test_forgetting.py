"""tracker forget, tracker audit, and overrides: what a user sees. All names are invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import tracker, tracker_as_others
from tests.runtime.forgettable import CANARY, HANDLE, everywhere, filled

COLUMNS = (
    "subject,name,name_native,role,country,residence,protection,protection_reason,platform,handle,platform_id,"
    "from,until,source"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    config = tmp_path / "config"
    config.mkdir()
    row = f"subject-of-{HANDLE},Ortrud Wistful (generated),,official,IR,,,,x,{HANDLE},7000000777,,,"
    (config / "watchlist.csv").write_text(f"{COLUMNS}\n{row}\n", "utf-8")
    head = "country,platform,kind,scope,starts,starts_precision,ends,ends_precision,note,source\n"
    (config / "restrictions.csv").write_text(head, "utf-8")
    with filled(tmp_path / "data" / "tracker.db"):
        pass
    return tmp_path


def test_an_account_is_forgotten_and_told_to_come_back_while_it_is_listed(home: Path) -> None:
    export = home / "posts.csv"
    assert tracker("export", "posts", "-o", export, home=home).code == 0
    ran = tracker("forget", f"x:{HANDLE}", "--yes", home=home)
    assert ran.code == 0, ran.out + ran.err
    assert "proved: nothing of it is left" in ran.out
    assert f"may still hold it: {export}" in ran.out
    assert "remove line 2 of" in ran.err
    assert CANARY.encode() not in everywhere(home / "data" / "tracker.db")
    audit = json.loads(tracker("audit", "--json", home=home).out)
    assert [entry["what"] for entry in audit["entries"]] == ["export", "forget", "forget"]
    assert HANDLE not in json.dumps(audit)


def test_without_a_terminal_nobody_can_be_asked(home: Path) -> None:
    ran = tracker("forget", f"x:{HANDLE}", home=home)
    assert ran.code == 2
    assert "say --yes" in ran.err


def test_an_unknown_name_is_an_error_of_usage(home: Path) -> None:
    assert tracker("forget", "nobody-of-that-name", "--yes", home=home).code == 2
    assert tracker("forget", home=home).code == 2
    assert tracker("forget", "--expired", "--yes", home=home).code == 2


def test_what_is_found_elsewhere_is_named_and_ends_with_1(home: Path) -> None:
    (home / "data" / "stray.txt").write_text(f"{CANARY} 0 and more", "utf-8")
    ran = tracker("forget", f"x:{HANDLE}", "--yes", home=home)
    assert ran.code == 1
    assert "STILL THERE" in ran.out
    assert "stray.txt" in ran.out


@pytest.mark.parametrize("rights", [0o000, 0o444])
def test_a_folder_that_is_closed_is_named_and_nothing_is_proved(home: Path, rights: int) -> None:
    closed = home / "data" / "closed"
    closed.mkdir()
    stray = closed / "stray.txt"
    stray.write_text(f"{CANARY} 0 and more", "utf-8")
    closed.chmod(rights)
    ran = tracker_as_others("forget", f"x:{HANDLE}", "--yes", home=home)
    closed.chmod(0o700)
    assert (ran.code, ran.out.splitlines()[-1]) == (1, "not proved"), ran.err
    assert f"NOT SEARCHED: {stray if rights else closed} cannot be read; let this user read it" in ran.out
    assert tracker("forget", f"x:{HANDLE}", "--yes", home=home).code == 1, "what it said is no longer known"
    stray.rename(home / "stray.txt")
    assert tracker("forget", f"x:{HANDLE}", "--yes", home=home).code == 0


def test_an_export_in_a_folder_that_is_closed_may_still_be_there(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    export = folder / "posts.csv"
    assert tracker("export", "posts", "-o", export, home=home).code == 0
    folder.chmod(0)
    ran = tracker_as_others("forget", f"x:{HANDLE}", "--yes", "--json", home=home)
    folder.chmod(0o700)
    assert ran.code == 0, ran.err
    assert [(held["path"], held["exists"]) for held in json.loads(ran.out)["may_hold"]] == [(str(export), True)]


def test_what_is_too_old_goes_without_a_search_and_nothing_is_called_proved(home: Path) -> None:
    (home / "config" / "settings.toml").write_text('[retention]\ntexts = "30d"\n', "utf-8")
    ran = tracker("forget", "--expired", "--yes", "--json", home=home)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["removed"]["texts"] > 0
    assert "proved" not in ran.out


def test_an_override_needs_a_reason_and_is_logged(home: Path) -> None:
    settings = home / "config" / "settings.toml"
    settings.write_text("[report]\nsmallest_group = 2\n", "utf-8")
    without = tracker("report", "usage", "--override", home=home)
    assert without.code == 2
    assert "--reason TEXT" in without.err
    held = tracker("report", "usage", home=home)
    assert "smallest_group = 2 is below 5" in held.err
    shown = tracker("report", "usage", "--override", "--reason", "asked by the court", home=home)
    assert shown.code == 0, shown.err
    (entry,) = json.loads(tracker("audit", "--json", home=home).out)["entries"]
    assert (entry["what"], entry["command"], entry["reason"]) == ("override", "report usage", "asked by the court")
    assert entry["smallest_group"] == 2
    settings.write_text("", "utf-8")
    assert tracker("report", "usage", "--override", "--reason", "why", home=home).code == 2
