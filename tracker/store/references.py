"""To whom the posts of named accounts point, read as arrays; only texts that can hold a handle are looked into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row

from tracker.analysis.network_report import Tie
from tracker.analysis.references import Handles, References
from tracker.domain.instants import Instant
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, PostKind, Protection
from tracker.store.accounts import account_row, by_listing
from tracker.store.dialect import driver_of

Numbers = NDArray[np.int64]

ABSENT = 0
"""Where a post names no author, or no post; no platform has an account or a post of this number."""

_NOBODY = np.iinfo(np.int64).min
"""In place of a target that is not on the watchlist, or must not be named."""
_NO_NUMBERS: Numbers = np.empty(0, np.int64)

_TIMES = "account_id = ? AND posted_at >= ? AND posted_at < ?"
POINTERS = f"""
SELECT group_concat(post_id, ' '), group_concat(posted_at * 4 + kind, ' '),
    group_concat(coalesce(ref_author_id, {ABSENT}), ' '), group_concat(coalesce(ref_post_id, {ABSENT}), ' ')
FROM post WHERE {_TIMES} AND kind != {int(PostKind.ORIGINAL)}
"""
"""Numbers joined to texts by SQL, all in the same order, so that no post becomes an object."""
POST_IDS = "SELECT group_concat(post_id, ' ') FROM post WHERE account_id = ?"
_TEXTS = f"SELECT post_id, posted_at, text FROM post WHERE {_TIMES} AND kind != {int(PostKind.REPOST)} AND "
TEXTS = {
    Platform.X: _TEXTS + "(text LIKE '%@%' OR text LIKE '%＠%')",
    Platform.TELEGRAM: _TEXTS + "(text LIKE '%@%' OR text LIKE '%t.me/%')",
}


class _Account(NamedTuple):
    account: ListedAccount
    row_id: int | None
    """None: not collected yet."""
    platform_id: int | None


_Window = tuple[int, Instant, Instant]
"""An account's row, since, until."""


class _Pointers(NamedTuple):
    """Aligned arrays: one entry a pointer."""

    source: Numbers
    target: Numbers
    post_id: Numbers
    posted_at: Numbers
    tie: Numbers


def read_references(
    connection: Connection,
    sources: Iterable[ListedAccount],
    everyone: Sequence[ListedAccount],
    since: Instant,
    until: Instant,
) -> References:
    """The pointers in the posts of the sources, made in [since, until), to accounts among `everyone`.

    Sources that are at risk, or not confirmed, are passed over, and nobody at risk is pointed to.
    """
    known = by_listing(connection)
    rows = [account_row(known, account) for account in everyone]
    at_risk = frozenset(
        account.subject for account, row in zip(everyone, rows, strict=True) if _is_at_risk(account, row)
    )
    named: list[_Account] = []
    handles = Handles()
    for account, row in zip(everyone, rows, strict=True):
        apart = account.subject in at_risk or not account.verified
        handles.add(account.platform, _handles(connection, account, row), None if apart else len(named))
        if not apart:
            number = account.platform_id if row is None or account.platform_id is not None else row.platform_id
            named.append(_Account(account, None if row is None else row.id, number))
    asked = {account.latest.account_key for account in sources}
    by_id = {platform: _by_platform_id(named, platform) for platform in Platform}
    found: list[_Pointers] = []
    for place, member in enumerate(named):
        if member.row_id is not None and member.account.latest.account_key in asked:
            window = (member.row_id, since, until)
            found.append(_pointers(connection, member.account.platform, by_id, place, window))
            found.append(_mentions(connection, member.account.platform, handles, place, window))
    return References(
        tuple(one.account for one in named), at_risk, *_joined(_authors_found(connection, named, found))
    )


def _is_at_risk(account: ListedAccount, row: Row[tuple[object, ...]] | None) -> bool:
    return Protection.AT_RISK in (account.protection, None if row is None else row.protection)


def _handles(connection: Connection, account: ListedAccount, row: Row[tuple[object, ...]] | None) -> set[str]:
    listed = {listing.handle for listing in account.listings}
    if row is None:
        return listed
    borne = driver_of(connection).execute("SELECT handle FROM handle WHERE account_id = ?", (row.id,))
    return {*listed, row.handle, row.listed_handle, *(handle for (handle,) in borne)}


def _pointers(
    connection: Connection, platform: Platform, by_id: Mapping[Platform, Numbers], place: int, window: _Window
) -> _Pointers:
    """What the platform says: reposts, forwards, quotes, replies.

    Where X leaves out the author of the post that is pointed to, the target is that post's number, negative.
    """
    post_id, coded, author, referred = map(_numbers, driver_of(connection).execute(POINTERS, window).fetchone())
    targets = _looked_up(author, by_id[platform])
    if platform is Platform.X:  # on Telegram posts are numbered within their channel
        lost = (author == ABSENT) & (referred != ABSENT)
        targets[lost] = -referred[lost]
    elif (reply := (coded & 3 == PostKind.REPLY) & (author == ABSENT) & (referred != ABSENT)).any():
        targets[reply] = place
    held = targets != _NOBODY
    ties = np.array([-1, Tie.REPLY, _repost_on(platform), Tie.QUOTE], np.int64)[coded & 3]
    return _Pointers(np.full(held.sum(), place), targets[held], post_id[held], coded[held] >> 2, ties[held])


def _repost_on(platform: Platform) -> Tie:
    return Tie.FORWARD if platform is Platform.TELEGRAM else Tie.REPOST


def _by_platform_id(named: Sequence[_Account], platform: Platform) -> Numbers:
    """Pairs of numeric id and place, sorted."""
    known = sorted(
        (one.platform_id, place)
        for place, one in enumerate(named)
        if one.platform_id is not None and one.account.platform is platform
    )
    return np.array(known, np.int64).reshape(-1, 2)


def _looked_up(wanted: Numbers, pairs: Numbers) -> Numbers:
    """What stands beside each wanted number in the pairs, which are sorted by their first; else _NOBODY."""
    if not len(pairs):
        return np.full(wanted.shape, _NOBODY)
    at = np.minimum(np.searchsorted(pairs[:, 0], wanted), len(pairs) - 1)
    return np.where(pairs[at, 0] == wanted, pairs[at, 1], _NOBODY)


def _mentions(connection: Connection, platform: Platform, handles: Handles, place: int, window: _Window) -> _Pointers:
    texts = driver_of(connection).execute(TEXTS[platform], window)
    found = [
        (place, target, post_id, posted_at, int(Tie.MENTION))
        for post_id, posted_at, text in texts
        for target in handles.named_in(text, platform)
    ]
    return _Pointers(*np.array(found, np.int64).reshape(-1, 5).T)


def _authors_found(
    connection: Connection, named: Sequence[_Account], pointers: Iterable[_Pointers]
) -> list[_Pointers]:
    """The pointers, each negative target replaced by whose stored post it is; those to no stored post left out."""
    pointers = list(pointers)
    wanted = np.unique(np.concatenate([_NO_NUMBERS, *(-one.target[_is_post(one)] for one in pointers)]))
    if not wanted.size:
        return pointers
    pairs = [np.empty((0, 2), np.int64)]
    for place, account in enumerate(named):
        if account.account.platform is Platform.X and account.row_id is not None:
            (text,) = driver_of(connection).execute(POST_IDS, (account.row_id,)).fetchone()
            ids = _numbers(text)
            here = ids[wanted[np.searchsorted(wanted, ids) % wanted.size] == ids]
            pairs.append(np.column_stack([here, np.full(here.shape, place)]))
    authors = np.concatenate(pairs)
    authors = authors[np.lexsort(authors.T[::-1])]
    whole: list[_Pointers] = []
    for one in pointers:
        target = np.where(_is_post(one), _looked_up(-one.target, authors), one.target)
        held = target != _NOBODY
        whole.append(_Pointers(*(column[held] for column in one._replace(target=target))))
    return whole


def _is_post(pointers: _Pointers) -> NDArray[np.bool_]:
    of_post: NDArray[np.bool_] = (pointers.target < 0) & (pointers.tie != Tie.MENTION)
    return of_post


def _numbers(text: str | None) -> Numbers:
    return np.fromstring(text, np.int64, sep=" ") if text else _NO_NUMBERS.copy()


def _joined(pointers: Iterable[_Pointers]) -> _Pointers:
    columns = zip(_Pointers(*[_NO_NUMBERS] * 5), *pointers, strict=True)
    return _Pointers(*(np.concatenate(column) for column in columns))
