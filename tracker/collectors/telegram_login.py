"""`tracker login telegram`: from a phone number to a session file that collectors can use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telethon import errors
from telethon.tl.tlobject import TLObject

from tracker.collectors.proxy_faults import told_with
from tracker.collectors.telegram_failures import EXPECTED, failure_of
from tracker.collectors.telegram_link import Link
from tracker.collectors.telegram_session import Server
from tracker.config.proxy import Proxy
from tracker.domain.errors import TrackerError

TIMEOUT = 20.0
"""Seconds for one step; a login may have to move to another data centre."""


class LoginError(TrackerError):
    """The login did not succeed."""


class LoginWaitError(LoginError):
    """Telegram wants us to wait before the next try."""

    exit_code = 75


@dataclass(frozen=True, slots=True)
class Prompts:
    """How to ask the user. None of the answers is kept."""

    phone: Callable[[], str]
    """The phone number, with its country code."""
    code: Callable[[], str]
    """The code that Telegram has just sent."""
    password: Callable[[], str]
    """The second factor; asked for only where the login has one."""


def login(
    session_path: Path,
    api_id: int,
    api_hash: str,
    prompts: Prompts,
    server: Server | None = None,
    timeout: float = TIMEOUT,
    proxy: Proxy | None = None,
) -> str:
    """Log in, unless the session is already, and check that Telegram knows us; what to tell the user.

    The session file (mode 0600, name ending in `.session`) holds the key to the account and nothing about it.
    Raises LoginError, with one line that says what to do.
    """
    link = Link(session_path, api_id, api_hash, server, timeout, proxy)
    try:
        me = link.call(lambda client: client.get_me())
        already = me is not None
        if me is None:
            _sign_in(link, prompts)
            me = link.call(lambda client: client.get_me())
    except EXPECTED as error:
        raise _explained(error, proxy) from error
    finally:
        link.close()
    _check(me)
    done = "Already logged in" if already else "Logged in"
    return f"{done} to Telegram. Whoever has the file {session_path} has the account: only you can read it."


def _sign_in(link: Link, prompts: Prompts) -> None:
    phone = prompts.phone().strip()
    if not phone.lstrip("+").replace(" ", "").isdecimal():
        raise LoginError("that is no phone number: write it with its country code, such as +98 912 000 0000")
    sent: TLObject = link.call(lambda client: client.send_code_request(phone))
    code = prompts.code().strip()
    try:
        link.call(lambda client: client.sign_in(phone, code, phone_code_hash=sent.phone_code_hash))
    except errors.SessionPasswordNeededError:
        password = prompts.password()
        link.call(lambda client: client.sign_in(password=password))


def _check(me: TLObject | None) -> None:
    if me is None:
        raise LoginError("Telegram did not keep the login: try again")
    if me.bot:
        raise LoginError("this is a bot's login, and bots cannot read channels: log in with a phone number")


def _explained(error: Exception, proxy: Proxy | None) -> LoginError:
    match error:
        case errors.PhoneNumberInvalidError() | errors.PhoneNumberUnoccupiedError():
            return LoginError("Telegram does not know this phone number: write it with its country code")
        case errors.PhoneCodeInvalidError() | errors.PhoneCodeEmptyError():
            return LoginError("the code is wrong: run the command again and type the newest code")
        case errors.PhoneCodeExpiredError():
            return LoginError("the code has expired: run the command again")
        case errors.PasswordHashInvalidError():
            return LoginError("the password is wrong: run the command again")
        case errors.ApiIdInvalidError():
            return LoginError("Telegram does not know this API id and hash: compare them with my.telegram.org")
        case errors.FloodWaitError():
            return LoginWaitError(f"too many tries: Telegram wants you to wait {error.seconds} seconds")
        case _:
            failure = told_with(failure_of(error, "the login", 0), proxy, error)
            return LoginError(f"could not log in to Telegram: {failure.detail}")
