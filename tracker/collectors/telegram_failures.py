"""What Telegram's and Telethon's errors mean, in the closed set of outcomes."""

from __future__ import annotations

import sqlite3

from telethon import errors

from tracker.collectors.telegram_link import LOST
from tracker.domain.instants import Instant
from tracker.domain.outcomes import Failure, OutcomeKind

LOG_IN = "run `tracker login telegram`"

WAITS = (
    errors.FloodWaitError,
    errors.FloodPremiumWaitError,
    errors.FloodTestPhoneWaitError,
    errors.SlowModeWaitError,
)
UNAUTHORISED = (
    errors.UnauthorizedError,
    errors.AuthKeyError,
    errors.ApiIdInvalidError,
    errors.ApiIdPublishedFloodError,
)
UNWELL = (
    errors.ServerError,
    errors.TimedOutError,
    errors.RpcCallFailError,
    errors.RpcMcgetFailError,
    errors.InterdcCallErrorError,
    errors.InterdcCallRichErrorError,
)

EXPECTED = (errors.RPCError, errors.TypeNotFoundError, sqlite3.Error, *LOST)
"""Everything that asking Telegram may raise. Anything else is a defect."""

STALE_KEY = Failure(OutcomeKind.REFUSED, "Telegram does not know the channel by this login's access key")
"""The access key was another login's: look the name up again."""


def failure_of(error: Exception, endpoint: str, now: Instant) -> Failure:
    """The outcome that an error stands for; `now` is when a wait begins."""
    match error:
        case _ if isinstance(error, WAITS):
            seconds = max(1, int(error.seconds))
            return Failure(OutcomeKind.RATE_LIMITED, f"wait {seconds} s for {endpoint}", now + seconds, endpoint)
        case _ if isinstance(error, UNAUTHORISED):
            return Failure(OutcomeKind.AUTH_FAILED, f"Telegram no longer accepts the login: {LOG_IN}")
        case _ if isinstance(error, UNWELL):
            return Failure(OutcomeKind.TRANSPORT, f"Telegram is having internal trouble: {_word(error)}")
        case errors.FloodError():
            return Failure(OutcomeKind.RATE_LIMITED, f"too much asked of {endpoint}: {_word(error)}", None, endpoint)
        case errors.ChannelPrivateError():
            return Failure(OutcomeKind.NOT_PUBLIC, "the channel is private now")
        case errors.UsernameNotOccupiedError() | errors.UsernameInvalidError():
            return Failure(OutcomeKind.GONE, "nobody has this name")
        case errors.ChannelInvalidError():
            return STALE_KEY
        case errors.RPCError():
            return Failure(OutcomeKind.REFUSED, f"Telegram refused {endpoint}: {_word(error)}")
        case errors.TypeNotFoundError():
            return Failure(OutcomeKind.BAD_ANSWER, f"{endpoint} answered with a type that Telethon does not know")
        case sqlite3.Error():
            return Failure(OutcomeKind.AUTH_FAILED, f"the session file cannot be used ({error}): {LOG_IN}")
        case TimeoutError():
            return Failure(OutcomeKind.TRANSPORT, f"no answer to {endpoint} in time")
        case errors.AuthKeyNotFound() | errors.InvalidBufferError():
            detail = f"Telegram's servers did not know the session or broke off; if that lasts, {LOG_IN}"
            return Failure(OutcomeKind.TRANSPORT, detail)
        case _:
            return Failure(OutcomeKind.TRANSPORT, f"connection lost: {type(error).__name__}")


def _word(error: Exception) -> str:
    """Telegram's own word for the error, without the request that it is about."""
    return str(getattr(error, "message", None) or type(error).__name__)
