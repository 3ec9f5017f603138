"""tracker compliance, and what status and the export say of deleted posts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import tracker

HEADER = (
    "subject,name,name_native,role,country,residence,protection,protection_reason,"
    "platform,handle,platform_id,from,until,source"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert tracker("init", home).code == 0
    (home / "config/settings.toml").write_text(
        'platforms = ["x"]\n[time]\nclock_start = 2021-03-13T00:00:00Z\n[x]\napi_url = "sandbox"\n', "utf-8"
    )
    (home / "config/watchlist.csv").write_text(f"{HEADER}\none,One,,official,CN,,,,x,MFA_China,,,,\n", "utf-8")
    return home


def test_all_stored_posts_are_checked_at_once_and_the_answer_is_told(home: Path) -> None:
    ran = tracker("collect", home=home)
    assert ran.code == 0, ran.err
    ran = tracker("compliance", "--json", home=home)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["posts"] > 10
    assert (told["deleted"], told["done"]) == (0, True)
    ran = tracker("status", home=home)
    assert "0 posts deleted (and counted all the same), 0 edited." in ran.out


def test_without_an_account_on_x_there_is_nothing_to_ask(home: Path) -> None:
    (home / "config/watchlist.csv").write_text(
        f"{HEADER}\none,One,,official,IR,,,,telegram,one_channel,,,,\n", "utf-8"
    )
    ran = tracker("compliance", home=home)
    assert ran.code == 2
    assert "no account on X" in ran.err
