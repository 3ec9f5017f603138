"""Marks and cursors that name a forgotten post are moved to a post beside it, so that a walk still finds its way."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from tracker.store.dialect import driver_of

MARK = "mark"
"""The one key of a cursor that says how far down to read; all others say where to go on."""
UNIQUE = 10**9
"""A number from here on stands for nothing else, wherever it is seen."""
ABOVE = "SELECT min(post_id) FROM post WHERE account_id = ? AND post_id > ?"
BELOW = "SELECT max(version_id) FROM post WHERE account_id = ? AND post_id < ? AND version_id < ?"


@dataclass(frozen=True, slots=True)
class Beside:
    """A post that is forgotten, and the known ones next to it; None: there is none."""

    post_id: int
    above: int | None
    below: int | None


def beside(connection: Connection, account_id: int, post_id: int, others: frozenset[int] = frozenset()) -> Beside:
    """The known posts next to one of an account; `others` are on their way into the database."""
    driver = driver_of(connection)
    (above,) = driver.execute(ABOVE, (account_id, post_id)).fetchone()
    (below,) = driver.execute(BELOW, (account_id, post_id, post_id)).fetchone()
    return Beside(
        post_id,
        min((one for one in (above, *others) if one is not None and one > post_id), default=None),
        max((one for one in (below, *others) if one is not None and one < post_id), default=None),
    )


def moved(opaque: str | None, gone: Beside) -> str | None:
    """The mark or cursor without the number of the forgotten post.

    A mark goes down to the next known post: the forgotten one is read once more at each visit, until a newer one
    comes, and not stored. A cursor goes up to the next known post; without one that part of the walk begins anew.
    """
    if opaque is None or str(gone.post_id) not in opaque:
        return opaque
    try:
        cursor: object = json.loads(opaque)
    except ValueError:
        return None
    if not isinstance(cursor, dict):
        return _text(gone.below) if opaque == str(gone.post_id) else opaque
    goes_on_there = any(name != MARK and _names(value, gone) for name, value in cursor.items())
    if goes_on_there and gone.above is None:
        return None
    return json.dumps({name: _part(name, value, gone, goes_on_there) for name, value in cursor.items()})


def _part(name: str, value: object, gone: Beside, goes_on_there: bool) -> object:
    if name == MARK:
        return _text(gone.below) if _names(value, gone) else value
    if isinstance(value, int):
        return gone.above if _names(value, gone) else value
    return None if goes_on_there else value  # the platform's own token would lead past what is to be read again


def _names(value: object, gone: Beside) -> bool:
    return str(value) == str(gone.post_id) or (gone.post_id >= UNIQUE and str(gone.post_id) in str(value))


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
