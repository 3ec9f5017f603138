"""Telegram on a machine with no account at all: from `init` to a report, over the public pages."""

from __future__ import annotations

from collections.abc import Iterator
from json import loads
from pathlib import Path

import pytest

from tests.cli.commands import tracker
from tracker.sandbox.telegram_demo import SUBJECTS_IN_DEMO, demo_world
from tracker.sandbox.telegram_web import TelegramWebServer

WATCHLIST = """\
subject,name,name_native,role,country,residence,protection,protection_reason,platform,handle,platform_id,from,until,source
outlet-5,The Mock Weekly [generated],,outlet,IR,abroad,,,telegram,generated_outlet_5,,,,generated
journalist-6,Journalist 6 [generated],,journalist,IR,inside,,,telegram,generated_journalist_6,,,,generated
"""


@pytest.fixture
def pages() -> Iterator[TelegramWebServer]:
    with TelegramWebServer(demo_world()) as pages:
        yield pages


@pytest.fixture
def home(tmp_path: Path, pages: TelegramWebServer) -> Path:
    """A home as `tracker init` makes it, pointed at the local pages."""
    assert tracker("init", tmp_path).code == 0
    settings = tmp_path / "config" / "settings.toml"
    text = settings.read_text("utf-8").replace('web_url = "https://t.me"', f'web_url = "{pages.url}"')
    settings.write_text(text.replace('web_pace = "1s"', 'web_pace = "0s"'), "utf-8")
    (tmp_path / "config" / "watchlist.csv").write_text(WATCHLIST, "utf-8")
    return tmp_path


def test_channels_are_collected_without_any_account(home: Path, pages: TelegramWebServer) -> None:
    assert tracker("check", home=home).code == 0
    collected = tracker("collect", "--platform", "telegram", home=home)
    assert collected.code == 0, collected.err
    told = f"telegram: read over the public preview pages ({pages.url}/s/…), without a login; "
    assert told + "their counters are rounded to three digits" in collected.err
    assert "login telegram" not in collected.err
    accounts = {
        account["subject"]: account for account in loads(tracker("status", "--json", home=home).out)["accounts"]
    }
    names = {subject.handle: channel for subject, channel in zip(SUBJECTS_IN_DEMO, demo_world(), strict=True)}
    outlet = names["generated_outlet_5"].channel_id
    assert accounts["outlet-5"]["posts"] == len(pages.world.posts(outlet))
    assert accounts["outlet-5"]["platform_id"] == str(outlet)
    assert {account["source"] for account in accounts.values()} == {"web"}
    assert {account["last_outcome"] for account in accounts.values()} == {"ok"}
    assert accounts["journalist-6"]["posts"] is None
    asked = len(pages.log)
    again = tracker("collect", "--platform", "telegram", "--all", home=home)
    assert again.code == 0
    assert " 0 new posts" in again.err
    assert len(pages.log) == asked + 1  # an at-risk account's week is not over: nothing is asked of it
