"""Hostile cells of the files that a user edits, or is sent: refused with one printable line, or harmless."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.scene import COLUMNS, RESTRICTIONS
from tests.hostile.corpus import NUMBERS, TEXTS, TIMES
from tracker.config.home import Home, check, load
from tracker.config.settings import Settings
from tracker.domain.errors import ConfigError

EVENTS = "date,country,kind,title,source\n"
SHIPPED = Path(__file__).parents[2] / "config"


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def told(home: Home) -> list[str]:
    problems = [str(problem) for problem in check(home)]
    for problem in problems:
        assert problem.isprintable(), problem
        assert len(problem) < 1000
    return [problem for problem in problems if ": note: " not in problem]


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_cell_is_told_in_printable_lines_or_harmless(tmp_path: Path, name: str) -> None:
    home, cell = Home(tmp_path), quoted(TEXTS[name])
    (tmp_path / "config").mkdir()
    ban = f"IR,*,block,public,2009-06-12,day,,,{cell},{cell}\n"
    event_head = (SHIPPED / "events.csv").read_text("utf-8").splitlines()
    head = next(line for line in event_head if line and not line.startswith("#"))
    for watch in (
        f"minister,{cell},,official,IR,,,,x,sample_minister,5,,,,",
        f"minister,Generated,{cell},official,IR,,,,x,sample_minister,5,,,,{cell}",
        f"minister,Generated,,official,IR,,,,x,{cell},5,,,,",
        f"{cell},Generated,,official,IR,,,,x,sample_minister,5,,,,",
        f"minister,Generated,,official,{cell},,,,x,sample_minister,{cell},,{cell},,",
    ):
        (tmp_path / "config" / "watchlist.csv").write_text(f"{COLUMNS}\n{watch}\n", "utf-8", newline="")
        (tmp_path / "config" / "restrictions.csv").write_text(RESTRICTIONS + ban, "utf-8", newline="")
        row = ",".join([cell] * (head.count(",") + 1))
        (tmp_path / "config" / "events.csv").write_text(f"{head}\n{row}\n", "utf-8", newline="")
        problems = told(home)
        if not problems:
            for account in load(home).watchlist.accounts:
                assert account.handle == "sample_minister"


@pytest.mark.parametrize("value", [*NUMBERS.values(), *(f'"{time}"' for time in TIMES), '"../../x"', '"/etc/passwd"'])
def test_a_hostile_setting_is_told_in_printable_lines(tmp_path: Path, value: str) -> None:
    home = Home(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "watchlist.csv").write_text(f"{COLUMNS}\n", "utf-8")
    (tmp_path / "config" / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
    for section, key in (("x", "read_timeout"), ("x", "retries"), ("x", "api_url"), ("telegram", "session"),
                         ("time", "clock_start"), ("telegram", "server")):  # fmt: skip
        (tmp_path / "config" / "settings.toml").write_text(f"[{section}]\n{key} = {value}\n", "utf-8")
        if key not in ("retries", "read_timeout"):
            assert told(home) or value.startswith('"')
        told(home)


@pytest.mark.parametrize(
    "address",
    ["http://api.x.com", "http://10.0.0.1", "http://127.0.0.1.example.org", "http://localhost.example.org",
     "http://[::2]", "http://0.0.0.0", "http://user:pw@127.0.0.1", "ftp://127.0.0.1", "file:///etc/passwd",
     "http://127.0.0.1@example.org", "//127.0.0.1", "javascript:alert(1)", "http://[", "http:// 127.0.0.1"],
)  # fmt: skip
@pytest.mark.parametrize(("section", "key"), [("x", "api_url"), ("telegram", "web_url")])
def test_an_address_without_encryption_beyond_this_machine_is_refused(
    tmp_path: Path, address: str, section: str, key: str
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "watchlist.csv").write_text(f"{COLUMNS}\n", "utf-8")
    (tmp_path / "config" / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
    settings = tmp_path / "config" / "settings.toml"
    settings.write_text(f'[{section}]\n{key} = "{address}"\n', "utf-8")
    assert len(told(Home(tmp_path))) == 1
    with pytest.raises(ConfigError):
        load(Home(tmp_path))
    settings.write_text(f'[{section}]\n{key} = "http://127.0.0.1:8080"\n', "utf-8")  # the control
    assert told(Home(tmp_path)) == []


def test_no_address_of_a_platform_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "watchlist.csv").write_text(f"{COLUMNS}\n", "utf-8")
    (tmp_path / "config" / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
    for name in ("TRACKER_X_API_URL", "TRACKER_API_URL", "TRACKER_TELEGRAM_WEB_URL", "X_API_URL"):
        monkeypatch.setenv(name, "http://example.org")
    settings = load(Home(tmp_path)).settings
    assert (settings.x.api_url, settings.telegram.web_url) == (Settings().x.api_url, Settings().telegram.web_url)
