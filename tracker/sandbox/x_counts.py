"""How many posts of an account X counts: in the last seven days, or in its whole archive, piece by piece.

Since May 2026 X's search, and so what it counts, leaves reposts out. An account that cannot be shown, or does not
exist, has counts of 0: nothing tells them from silence.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tracker.domain.instants import DAY, Instant, from_iso, iso
from tracker.domain.records import Grain
from tracker.domain.words import PostKind
from tracker.sandbox.x_dialect import Dialect, JsonObject
from tracker.sandbox.x_parameters import BadParameterError, Parameters
from tracker.sandbox.x_world import XAccount, XState, XWorld

PARAMETERS = (
    *("query", "start_time", "end_time", "next_token", "pagination_token", "granularity", "search_count.fields"),
    *("since_id", "until_id"),
)
RECENT = 7 * DAY
"""How far back the recent counts reach."""
ARCHIVE_BEGINS: Instant = from_iso("2006-03-21T00:00:00Z")
ARCHIVE_PAGE = 31 * DAY
"""How much time a page of the archive's counts spans; its first page is the newest."""
USUAL_SPAN = 30 * DAY
"""What the archive counts where no beginning is asked for."""
SETTLED = 10
"""Seconds by which an end has to be past."""
USUAL_LAG = 30
"""Where no end is asked for, it is so many seconds ago."""

_FROM = re.compile(r"from:@?([A-Za-z0-9_]{1,19})")
_SECONDS = {Grain.MINUTE: 60, Grain.HOUR: 3600, Grain.DAY: DAY}


@dataclass(frozen=True, slots=True)
class _Question:
    account: XAccount | None
    start: Instant
    end: Instant
    grain: Grain
    token: str


def counts(parameters: Parameters, world: XWorld, dialect: Dialect, now: Instant, *, archive: bool) -> JsonObject:
    """The body of an answer. Raises BadParameterError for what X would refuse."""
    question = _question(parameters, world, now, archive=archive)
    end = _end_of_page(question)
    start = max(question.start, end - ARCHIVE_PAGE)
    pieces = list(_pieces(question, start, end, world, dialect))
    meta: JsonObject = {f"total_{dialect.post_count}": sum(int(str(piece[dialect.post_count])) for piece in pieces)}
    if start > question.start:
        meta["next_token"] = _token(start)
    return {"data": pieces, "meta": meta}


def _question(parameters: Parameters, world: XWorld, now: Instant, *, archive: bool) -> _Question:
    parameters.allow(*PARAMETERS)
    for name in ("since_id", "until_id"):
        if (value := parameters.text(name)) is not None:
            raise BadParameterError(name, value, f"The sandbox counts by time only, not by `{name}`")
    query = parameters.text("query") or ""
    match = _FROM.fullmatch(query)
    if match is None:
        message = f"The sandbox understands queries such as from:handle or from:12345 only, not [{query}]"
        raise BadParameterError("query", query, message)
    earliest = ARCHIVE_BEGINS if archive else now - RECENT
    start, end = parameters.instant("start_time", earliest), parameters.instant("end_time", earliest)
    parameters.ordered("start_time", "end_time", start, end)
    if end is not None and end > now - SETTLED:
        value = parameters.text("end_time") or ""
        message = (
            f"Invalid 'end_time':'{value}'. 'end_time' must be a minimum of 10 seconds prior to the request time."
        )
        raise BadParameterError("end_time", value, message)
    end = now - USUAL_LAG if end is None else end
    if start is None:
        start = max(ARCHIVE_BEGINS, end - USUAL_SPAN) if archive else now - RECENT
    (grain,) = parameters.chosen("granularity", frozenset(Grain)) or {Grain.HOUR.value}
    token = parameters.text("next_token") or parameters.text("pagination_token") or ""
    return _Question(_account(match[1], world), start, end, Grain(grain), token)


def _account(name: str, world: XWorld) -> XAccount | None:
    """`from:` takes a handle or a numeric id."""
    account = world.account_named(name)
    return world.account(int(name)) if account is None and name.isdecimal() else account


def _end_of_page(question: _Question) -> Instant:
    if not question.token:
        return question.end
    try:
        end = int(base64.b32hexdecode(question.token.upper() + "=" * (-len(question.token) % 8)))
    except (binascii.Error, ValueError):
        end = 0
    if not question.start < end < question.end:
        message = f"The `next_token` query parameter value [{question.token}] is not valid"
        raise BadParameterError("next_token", question.token, message)
    return end


def _token(end: Instant) -> str:
    return base64.b32hexencode(str(end).encode()).decode().rstrip("=").lower()


def _pieces(question: _Question, start: Instant, end: Instant, world: XWorld, dialect: Dialect) -> list[JsonObject]:
    """The pieces begin at full minutes, hours or days of UTC; the first and the last may be parts of such."""
    seconds = _SECONDS[question.grain]
    edges = [start, *range(start // seconds * seconds + seconds, end, seconds), end]
    found = dict.fromkeys(edges[:-1], 0)
    if question.account is not None and question.account.state is XState.ACTIVE:
        for post in world.timeline(question.account.account_id):
            if start <= post.created_at < end and post.kind is not PostKind.REPOST:
                found[max(start, post.created_at // seconds * seconds)] += 1
    moments = [_moment(edge) for edge in edges]
    return [
        {"start": since, "end": until, dialect.post_count: posts}
        for (since, until), posts in zip(pairwise(moments), found.values(), strict=True)
    ]


def _moment(instant: Instant) -> str:
    """As X writes it. A page of minutes has 44,640 of them, on 31 days."""
    day, second = divmod(instant, DAY)
    return f"{_date(day)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z"


@lru_cache(maxsize=100)
def _date(day: int) -> str:
    return iso(day * DAY)[:10]
