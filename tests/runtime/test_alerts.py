"""Telling somebody, through Apprise, at a real local server: one message a change, and no long wait."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.runtime.making import START, Stage, listed
from tests.store.making import listed as listed_as
from tracker.config.credentials import Secret
from tracker.config.home import Config, Home
from tracker.config.settings import AlertSettings, ProxySettings
from tracker.domain.errors import ConfigError
from tracker.domain.instants import DAY, HOUR, WEEK, start_of_week
from tracker.domain.subjects import ListedAccount, Watchlist
from tracker.domain.words import Protection
from tracker.runtime.alerts import Alerts
from tracker.runtime.messenger import Messenger
from tracker.sandbox.x_world import XState

TOKEN = "canary-of-the-address"


class Inbox:
    """A server that takes messages, or refuses them."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.bodies: list[str] = []
        self.refuses = False
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if not inbox.refuses:
                    inbox.titles.append(said["title"])
                    inbox.bodies.append(said["message"])
                self.send_response(503 if inbox.refuses else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/{TOKEN}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    yield inbox
    inbox.close()


def config(
    stage: Stage,
    *accounts: ListedAccount,
    urls: tuple[str, ...] = (),
    at_risk: bool = False,
    others_directly: bool = False,
) -> Config:
    alerts, proxy = AlertSettings(tuple(map(Secret, urls)), at_risk), ProxySettings(others_directly=others_directly)
    settings = replace(stage.settings, alerts=alerts, proxy=proxy)
    return Config(Home(stage.data.parent), settings, Watchlist(accounts), (), (), (), ())


def telling(stage: Stage, *accounts: ListedAccount, urls: tuple[str, ...] = (), at_risk: bool = False) -> Alerts:
    """The stage's worker tells of these accounts, which are on its watchlist."""
    stage.watch(*accounts)
    alerts = Alerts(stage.store, lambda: stage.now, stage.watcher)
    alerts.take_up(config(stage, *accounts, urls=urls, at_risk=at_risk), {})
    stage.worker().alerts = alerts
    return alerts


def daily(stage: Stage, account_id: int = 101, handle: str = "generated_one") -> ListedAccount:
    """An account with two hundred daily posts, the newest an hour old."""
    stage.x_account(account_id, handle, posts=200, every=DAY)
    return listed(handle, account_id)


def test_one_message_when_it_falls_silent_one_when_it_posts_again_none_between(stage: Stage, inbox: Inbox) -> None:
    telling(stage, daily(stage), urls=(inbox.url,))
    stage.visit()
    assert inbox.titles == []
    stage.visit(later=26 * HOUR)
    assert inbox.titles == []
    stage.visit(later=25 * HOUR)
    assert len(inbox.titles) == 1
    assert "unusually silent (posts of its own)" in inbox.titles[0]
    assert "generated_one" in inbox.titles[0]
    assert "Longest gap before: 1.0 days; an alarm is raised beyond 1.5" in inbox.bodies[0]
    stage.visit(later=25 * HOUR)
    assert len(inbox.titles) == 1
    stage.x.world.publish(101, stage.now + HOUR, "[ساختگی]")
    stage.visit(later=25 * HOUR)
    assert len(inbox.titles) == 2
    assert "posts of its own again" in inbox.titles[1]


def test_a_restart_tells_nothing_twice(stage: Stage, inbox: Inbox) -> None:
    account = daily(stage)
    telling(stage, account, urls=(inbox.url,))
    stage.visit()
    stage.visit(later=3 * DAY)
    assert len(inbox.titles) == 1
    stage.restart()
    telling(stage, account, urls=(inbox.url,))
    stage.visit(later=DAY + HOUR)
    assert len(inbox.titles) == 1


def test_a_state_of_the_account_is_told_as_such_and_when_it_ends(stage: Stage, inbox: Inbox) -> None:
    telling(stage, daily(stage), urls=(inbox.url,))
    stage.visit()
    stage.x.world.set_state(101, XState.SUSPENDED)
    stage.visit(later=2 * DAY)
    stage.visit(later=2 * DAY)
    assert [title.rpartition(": ")[2] for title in inbox.titles] == ["suspended"]
    stage.x.world.set_state(101, XState.ACTIVE)
    stage.visit(later=2 * DAY)
    assert [title.rpartition(": ")[2] for title in inbox.titles] == [
        "suspended",
        "can be read again",
        "unusually silent (posts of its own)",
    ]


def test_what_a_dead_server_did_not_take_is_sent_later_and_told_only_then(stage: Stage, inbox: Inbox) -> None:
    telling(stage, daily(stage), urls=(inbox.url,))
    stage.visit()
    inbox.refuses = True
    stage.visit(later=3 * DAY)
    stage.visit(later=DAY + HOUR)
    assert stage.rows("SELECT verdict, told_at FROM alert") == [("alarm", None)]
    assert len(stage.watcher.reasons) == 1
    assert TOKEN not in stage.watcher.reasons[0]
    assert "127.0.0.1" not in stage.watcher.reasons[0]
    inbox.refuses = False
    stage.visit(later=DAY + HOUR)
    assert len(inbox.titles) == 1
    assert stage.rows("SELECT verdict, told_at FROM alert") == [("alarm", stage.now)]


def test_what_could_not_be_told_of_one_account_is_told_after_the_visit_of_another(stage: Stage, inbox: Inbox) -> None:
    one, other = daily(stage), daily(stage, 102, "generated_two")
    alerts = telling(stage, one, other, urls=(inbox.url,))
    stage.visit()
    inbox.refuses = True
    stage.visit(later=3 * DAY)
    assert len(stage.rows("SELECT * FROM alert WHERE told_at IS NULL")) == 2
    inbox.refuses = False
    stage.now += HOUR
    alerts.after_visit(1)
    assert sorted(title.split()[2] for title in inbox.titles) == ["(@generated_one,", "(@generated_two,"]


def test_a_server_that_never_answers_holds_collecting_up_once_and_not_for_each_account(stage: Stage) -> None:
    """It takes the connection and is silent; the second account's message is not even tried."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"json://127.0.0.1:{server.getsockname()[1]}/?rto=0.2"
        telling(stage, daily(stage), daily(stage, 102, "generated_two"), urls=(url,))
        stage.visit()
        tally = stage.visit(later=3 * DAY)
        assert tally.failed == 0
        assert tally.visits.total() == 2
        server.setblocking(False)
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()
    assert len(stage.watcher.reasons) == 1


def test_a_message_that_takes_too_long_is_given_up(inbox: Inbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = Secret(f"json://127.0.0.1:{server.getsockname()[1]}/?rto=1")
        assert Messenger([url], patience=0.05).send("title", "body") == "no answer in time"


def test_one_address_that_takes_the_message_is_enough(inbox: Inbox) -> None:
    dead = Secret("json://127.0.0.1:1/")
    assert Messenger([dead, Secret(inbox.url)]).send("title", "body") is None
    assert inbox.titles == ["title"]


def test_without_an_address_nothing_is_judged_and_nothing_remembered(stage: Stage) -> None:
    telling(stage, daily(stage))
    stage.visit()
    stage.visit(later=3 * DAY)
    assert stage.rows("SELECT * FROM alert") == []


def silent_at_risk(stage: Stage) -> ListedAccount:
    """A journalist at risk with a post a week for forty weeks, and none for the last six."""
    stage.x_account(103, "generated_reporter")
    monday = start_of_week(START, "UTC")
    for number in range(7, 47):
        stage.x.world.publish(103, monday - number * WEEK + DAY, "[ساختگی]")
    return listed_as("generated_reporter", 103, protection=Protection.AT_RISK)


def test_of_a_person_at_risk_nothing_is_told_unless_the_settings_ask(stage: Stage, inbox: Inbox) -> None:
    person = silent_at_risk(stage)
    telling(stage, person, urls=(inbox.url,))
    stage.visit()
    assert inbox.titles == []
    assert stage.rows("SELECT * FROM alert") == []


def test_and_if_they_ask_neither_name_nor_handle_nor_time_is_told(stage: Stage, inbox: Inbox) -> None:
    person = silent_at_risk(stage)
    telling(stage, person, urls=(inbox.url,), at_risk=True)
    stage.visit()
    (title,), (body,) = inbox.titles, inbox.bodies
    assert title == "a person at risk (journalist, IR, x): unusually silent (posts of its own)"
    for name in ("generated_reporter", "Invented Person", "subject-of", "103", "20"):
        assert name not in title + body
    assert stage.rows("SELECT track, verdict, since FROM alert") == [("own", "alarm", None)]


def test_past_a_proxy_that_is_set_messages_go_only_if_somebody_says_so(stage: Stage, inbox: Inbox) -> None:
    alerts = telling(stage)
    for variable in ("TRACKER_X_PROXY", "TRACKER_TELEGRAM_PROXY"):
        environment = {variable: "socks5h://127.0.0.1:1"}
        with pytest.raises(ConfigError, match="cannot go through a proxy"):
            alerts.take_up(config(stage, urls=(inbox.url,)), environment)
        with pytest.raises(ConfigError, match="cannot go through a proxy"):
            alerts.take_up(config(stage), environment | {"TRACKER_ALERT_URLS": inbox.url})
        alerts.take_up(config(stage), environment)
        alerts.take_up(config(stage, urls=(inbox.url,), others_directly=True), environment)


def test_addresses_come_from_the_environment_or_a_credential_too(stage: Stage, inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "alert_urls").write_text(f"{inbox.url}\n", "utf-8")
    (tmp_path / "alert_urls").chmod(0o600)
    account = daily(stage)
    for number, environment in enumerate(
        ({"TRACKER_ALERT_URLS": inbox.url}, {"CREDENTIALS_DIRECTORY": str(tmp_path)}), start=1
    ):
        alerts = telling(stage, account)
        alerts.take_up(config(stage, account), environment)
        if number == 1:
            stage.visit()
            stage.visit(later=3 * DAY)
        else:
            stage.x.world.publish(101, stage.now + HOUR, "[ساختگی]")
            stage.visit(later=2 * DAY)
        assert len(inbox.titles) == number


def test_an_address_that_apprise_does_not_know_is_refused_without_being_shown(stage: Stage) -> None:
    account = daily(stage)
    alerts = telling(stage, account)
    with pytest.raises(ConfigError, match="address 2 of the alerts") as raised:
        alerts.take_up(config(stage, account, urls=("json://127.0.0.1", f"nonsense://{TOKEN}")), {})
    assert TOKEN not in str(raised.value)
    assert raised.value.exit_code == 78


def test_no_address_is_ever_logged_or_shown(
    stage: Stage, inbox: Inbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO):
        telling(stage, daily(stage), urls=(inbox.url, f"json://127.0.0.1:1/{TOKEN}"))
        stage.visit()
        stage.visit(later=3 * DAY)
    said = capfd.readouterr()
    assert len(inbox.titles) == 1
    assert TOKEN not in caplog.text + said.out + said.err
    assert TOKEN not in repr(config(stage, urls=(inbox.url,)))
    assert TOKEN.encode() not in stage.bytes_at_rest()


def test_where_apprise_is_missing_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['apprise'] = None\n"
        "from tracker.config.credentials import Secret\n"
        "from tracker.runtime.messenger import Messenger\n"
        "try: Messenger([Secret('json://127.0.0.1')])\n"
        "except Exception as error: print(error.exit_code, error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}, timeout=60
    )
    assert ran.stdout.startswith("78 alerts are asked for, but Apprise is not installed: pip install")


def test_apprise_is_loaded_only_where_there_is_an_address() -> None:
    code = "import sys; import tracker.runtime.alerts; print('apprise' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "False"
