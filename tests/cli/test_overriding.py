"""Showing smaller groups than the rules allow: each command that shows any asks for a reason, and logs it first."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from tests.cli.commands import tracker
from tests.cli.test_forgetting import COLUMNS
from tests.faults.scene import RESTRICTIONS
from tests.hostile.corpus import TEXTS
from tests.hostile.judging import commands_in, turned_in
from tests.hostile.test_places import here
from tests.runtime.forgettable import HANDLE, NUMBER, filled
from tracker.cli.main import app
from tracker.cli.overriding import LONGEST_REASON
from tracker.runtime.audit import AUDIT

SHOWING = {
    "report usage": (),
    "report activity": (),
    "report coverage": (),
    "report influence": (),
    "report network": (),
    "report silence": (),
    "report event": ("something",),
    "report subject": ("ministry",),
    "chart": ("usage", "-o", "OUT.svg"),
    "publish": ("OUT", "--as-of", "1500-01-01"),
    "cost": (),
}
"""The commands that show groups of people at risk, and what else they need; a page is long in the making."""
WATCHLIST = f"""{COLUMNS}
otter,Ortrud Wistful (generated),,official,IR,,,,x,{HANDLE},{NUMBER},,,
ministry,Generated,,state_body,IR,,,,x,ministry,55000000055,,,
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "watchlist.csv").write_text(WATCHLIST, "utf-8")
    (tmp_path / "config" / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
    (tmp_path / "config" / "settings.toml").write_text("[report]\nsmallest_group = 2\n", "utf-8")
    with filled(tmp_path / "data" / "tracker.db"):
        pass
    return tmp_path


def order(command: str, home: Path) -> list[str]:
    return [*command.split(), *(word.replace("OUT", str(home / "out")) for word in SHOWING[command])]


def reasons(home: Path) -> list[object]:
    path = home / "data" / AUDIT
    said = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    return [entry["reason"] for entry in said if entry["what"] == "override"]


def commands_with(option: str) -> set[str]:
    """Every command that has the option, as it is typed."""

    def below(command: Any, words: str) -> set[str]:
        if isinstance(command, TyperGroup):
            return {
                found for name, one in command.commands.items() for found in below(one, f"{words} {name}".strip())
            }
        return {words} if any(option in parameter.opts for parameter in command.params) else set()

    return below(typer.main.get_command(app), "")


def test_each_command_that_shows_groups_takes_an_override_and_a_reason() -> None:
    assert commands_with("--override") == commands_with("--reason") == set(SHOWING)
    assert {name for name in commands_with("--as-of") if name != "export"} <= set(SHOWING)


@pytest.mark.parametrize("command", SHOWING)
def test_without_a_reason_it_is_refused_and_with_one_it_is_logged(home: Path, command: str) -> None:
    for reason in ([], ["--reason", ""], ["--reason", " \t\n"], ["--reason", "\u200b\u202e"], ["--reason", "-"]):
        ran = here(*order(command, home), "--override", *reason, home=home)
        assert (ran.code, ran.out) == (2, "")
        assert "say why: --reason TEXT" in ran.err
    assert reasons(home) == []
    here(*order(command, home), "--override", "--reason", "دادگاه asked", home=home)
    assert reasons(home) == ["دادگاه asked"]


@pytest.mark.parametrize("command", SHOWING)
def test_where_it_cannot_be_logged_nothing_is_shown(home: Path, command: str) -> None:
    (home / "data" / AUDIT).mkdir()
    ran = here(*order(command, home), "--override", "--reason", "why", home=home)
    assert (ran.code, ran.out) == (1, "")
    assert "nothing was done" in ran.err
    assert not [path for path in home.iterdir() if path.name.startswith("out")]


def test_where_it_can_be_logged_it_is_shown(home: Path) -> None:
    """The control."""
    ran = here("report", "usage", "--json", "--override", "--reason", "why", home=home)
    assert ran.code == 0, ran.err
    assert "ministry" in ran.out


def test_a_reason_is_kept_on_one_line_without_what_commands_a_terminal_or_is_not_seen(home: Path) -> None:
    ran = here("report", "usage", "--override", "--reason", "why\r\n\x1b[2J \u202eyltnedive\u202c \u200b", home=home)
    assert ran.code == 0, ran.err
    assert reasons(home) == ["why [2J yltnedive"]


def test_a_hostile_reason_is_refused_or_cleaned(home: Path) -> None:
    for text in TEXTS.values():
        before = len(reasons(home))
        ran = here("cost", "--override", "--reason", text, home=home)
        kept = reasons(home)[before:]
        assert ran.code == (0 if kept else 2), text
        for reason in kept:
            assert not commands_in(str(reason)), text
            assert not turned_in(str(reason)), text
            assert len(str(reason)) <= LONGEST_REASON
    assert reasons(home)
    assert here("audit", home=home).code == 0


def test_a_reason_that_is_a_book_is_refused(home: Path) -> None:
    assert here("report", "usage", "--override", "--reason", "w" * LONGEST_REASON, home=home).code == 0
    assert here("report", "usage", "--override", "--reason", "w" * (LONGEST_REASON + 1), home=home).code == 2
    assert len(reasons(home)) == 1


def test_a_file_whose_name_is_no_text_is_refused_and_a_folder_is_logged_and_found_again(home: Path) -> None:
    name = os.fsdecode(b"of\xff")
    refused = tracker("export", "posts", "-o", home / f"{name}.csv", home=home)
    assert (refused.code, refused.out) == (2, "")
    (home / name).mkdir()
    path = home / name / "posts.csv"
    assert tracker("export", "posts", "-o", path, home=home).code == 0
    (entry,) = json.loads(tracker("audit", "--json", home=home).out)["entries"]
    assert entry["path"] == str(path)
    assert tracker("audit", home=home).code == 0
    forgot = json.loads(tracker("forget", f"x:{HANDLE}", "--yes", "--json", home=home).out)
    assert [held["exists"] for held in forgot["may_hold"]] == [True]
