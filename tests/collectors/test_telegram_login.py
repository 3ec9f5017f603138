from __future__ import annotations

import logging
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.telegram_rehearsal import API_HASH, NOW, server_key
from tracker.collectors.telegram import TelegramCollector
from tracker.collectors.telegram_login import LoginError, LoginWaitError, Prompts, login
from tracker.collectors.telegram_session import Server, open_session, server_of
from tracker.config.settings import TelegramSettings
from tracker.domain.errors import ConfigError
from tracker.domain.outcomes import Failure
from tracker.domain.records import Target
from tracker.sandbox.mtproto import RpcError
from tracker.sandbox.telegram_logins import CODE
from tracker.sandbox.telegram_server import DROPPED, SILENCE, TelegramServer, flood_wait
from tracker.sandbox.telegram_tl import Login

PHONE, PASSWORD = "99966200077", "گذرواژه‌ی ساختگی"


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer(key=server_key()) as running:
        running.logins.add(Login(7, PHONE))
        running.logins.add(Login(8, PHONE + "1", PASSWORD))
        yield running


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return tmp_path / "private" / "telegram.session"


def answers(phone: str = "+" + PHONE, code: str = CODE, password: str = PASSWORD) -> Prompts:
    return Prompts(lambda: phone, lambda: code, lambda: password)


def never() -> str:
    raise AssertionError("asked for what is not needed")


def test_a_login_with_phone_and_code_makes_a_session_that_a_collector_can_use(
    server: TelegramServer, session: Path
) -> None:
    server.world.add("generated_ministry")
    said = login(session, 1, API_HASH, Prompts(lambda: "+" + PHONE, lambda: CODE, never), server.address)
    assert said.startswith("Logged in to Telegram.")
    assert str(session) in said
    collector = TelegramCollector(TelegramSettings(pace=0), session, 1, API_HASH, lambda: NOW, server.address)
    assert not isinstance(collector.resolve([Target("generated_ministry")]), Failure)
    collector.close()


def test_the_session_of_a_login_is_private_and_holds_no_name_and_no_number(
    server: TelegramServer, session: Path
) -> None:
    login(session, 1, API_HASH, answers(), server.address)
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    assert stat.S_IMODE(session.parent.stat().st_mode) == 0o700
    assert PHONE.encode() not in session.read_bytes()
    assert API_HASH.encode() not in session.read_bytes()
    connection = sqlite3.connect(session)
    try:
        assert connection.execute("SELECT count(*) FROM entities").fetchone() == (0,)
    finally:
        connection.close()


def test_a_second_factor_is_asked_for_where_there_is_one(server: TelegramServer, session: Path) -> None:
    assert login(session, 1, API_HASH, answers(PHONE + "1"), server.address).startswith("Logged in")


def test_a_session_that_is_logged_in_already_is_left_as_it_is(server: TelegramServer, session: Path) -> None:
    login(session, 1, API_HASH, answers(), server.address)
    said = login(session, 1, API_HASH, Prompts(never, never, never), server.address)
    assert said.startswith("Already logged in")


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        (answers(code="11111"), "the code is wrong"),
        (answers(phone="+10000000000"), "does not know this phone number"),
        (answers(phone="my phone"), "that is no phone number"),
        (answers(phone=PHONE + "1", password="no"), "the password is wrong"),
    ],
)
def test_a_wrong_answer_is_told_in_one_line(
    server: TelegramServer, session: Path, prompts: Prompts, message: str
) -> None:
    with pytest.raises(LoginError, match=message) as raised:
        login(session, 1, API_HASH, prompts, server.address)
    assert "\n" not in str(raised.value)
    assert login(session, 1, API_HASH, answers(), server.address).startswith("Logged in")


@pytest.mark.parametrize("word", ["PHONE_CODE_EXPIRED", "API_ID_INVALID", "PHONE_NUMBER_BANNED"])
def test_every_other_refusal_is_an_error_in_one_line_too(server: TelegramServer, session: Path, word: str) -> None:
    server.fail(RpcError(400, word), "auth.signIn")
    with pytest.raises(LoginError) as raised:
        login(session, 1, API_HASH, answers(), server.address)
    assert "\n" not in str(raised.value)


def test_too_many_tries_say_how_long_to_wait(server: TelegramServer, session: Path) -> None:
    server.fail(flood_wait(4000), "auth.sendCode")
    with pytest.raises(LoginWaitError, match="4000 seconds") as raised:
        login(session, 1, API_HASH, answers(), server.address)
    assert raised.value.exit_code == 75


def test_a_login_goes_on_over_a_connection_that_broke_while_the_user_was_typing(
    server: TelegramServer, session: Path
) -> None:
    server.fail(DROPPED, "auth.signIn")
    assert login(session, 1, API_HASH, answers(), server.address).startswith("Logged in")


def test_a_login_moves_to_the_data_centre_that_its_own_server_names(tmp_path: Path) -> None:
    for name in ("one", "other"):
        with TelegramServer(key=server_key()) as server:
            server.logins.add(Login(7, PHONE))
            server.fail(RpcError(303, "PHONE_MIGRATE_4"), "auth.sendCode")
            path = tmp_path / f"{name}.session"
            assert login(path, 1, API_HASH, answers(), server.address).startswith("Logged in")
            session = open_session(path, None)
            assert (session.dc_id, session.port) == (4, server.port)
            session.close()


def test_a_server_that_does_not_answer_is_an_error_and_not_a_hang(server: TelegramServer, session: Path) -> None:
    server.fail(SILENCE, "auth.sendCode")
    with pytest.raises(LoginError, match="could not log in to Telegram: no answer"):
        login(session, 1, API_HASH, answers(), server.address, timeout=0.6)


def test_no_secret_of_a_login_is_ever_logged(
    server: TelegramServer, session: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    login(session, 1, API_HASH, answers(PHONE + "1"), server.address)
    for secret in (API_HASH, PHONE, PASSWORD, CODE):
        assert secret not in caplog.text


def test_a_session_must_be_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the name of a session"):
        open_session(tmp_path / "telegram.db", None)


def test_another_server_is_named_by_its_address_and_its_key_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(server_key().pem)
    settings = TelegramSettings(server="127.0.0.1:4430", server_key="key.pem")
    assert server_of(settings, tmp_path) == Server("127.0.0.1", 4430, server_key().pem)
    assert server_of(TelegramSettings(), tmp_path) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (TelegramSettings(server="telegram.example"), "write host:port"),
        (TelegramSettings(server="127.0.0.1:4430", server_key="none.pem"), "cannot read"),
    ],
)
def test_a_server_that_is_not_well_named_is_a_configuration_error(
    tmp_path: Path, settings: TelegramSettings, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        server_of(settings, tmp_path)
