"""What the README shows is what the program does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.commands import tracker

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = "\n".join(re.findall(r"```\n(.*?)```", README, re.DOTALL))
SHOWN = sorted({line.strip() for line in re.findall(r"^(?:\$ )?(tracker .+?)(?: {2,}.*)?$", BLOCKS, re.MULTILINE)})
IN_TEXT = sorted(set(re.findall(r"`(tracker [a-z][^`]*)`", README)))


def words_and_options(command: str) -> tuple[list[str], list[str]]:
    """The command's words and the long options given with it, without their values."""
    parts = shlex.split(command)[1:]
    if parts[:1] == ["--home"]:
        parts = parts[2:]
    words: list[str] = []
    for part in parts:
        if part.startswith("-") or not part.isalpha() or len(words) == 2:
            break
        words.append(part)
    return words, [part for part in parts if part.startswith("--")]


@pytest.mark.parametrize("command", SHOWN + IN_TEXT)
def test_every_command_shown_exists_with_its_options(command: str) -> None:
    words, options = words_and_options(command)
    known = tracker(*words, "--help")
    assert known.code == 0, known.err
    for option in options:
        assert option in known.out


def test_the_readme_shows_commands() -> None:
    assert len(SHOWN) > 8


def test_the_two_commands_stand_first_and_exist() -> None:
    first = re.findall(r"```\n(.*?)```", README, re.DOTALL)[0]
    assert [line.split()[0] for line in first.splitlines()] == ["scripts/demo", "scripts/test"]
    for name in ("scripts/demo", "scripts/test", "scripts/setup", ".ci/run"):
        assert (ROOT / name).stat().st_mode & 0o111


def test_the_output_of_init_is_the_one_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tracker("init", "my-tracker").out in README


def test_files_that_it_links_to_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_channel_that_it_adds_is_one_that_check_finds_good(tmp_path: Path) -> None:
    (row,) = re.findall(r"^telegram,.+$", README, re.MULTILINE)
    home = tmp_path / "home"
    tracker("init", home)
    watchlist = home / "config" / "watchlist.csv"
    watchlist.write_text(f"{watchlist.read_text('utf-8')}{row}\n", "utf-8")
    ran = tracker("check", home=home)
    assert ran.code == 0, ran.out
    assert "0 errors" in ran.out.splitlines()[-1]
