"""All that an account is called, and what gives it away elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tracker.domain.words import Platform
from tracker.store import accounts, needles
from tracker.store.dialect import driver_of
from tracker.store.excision import Traces
from tracker.store.needles import Needle, Trace
from tracker.store.unlinking import Pointed


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account in the database, with all that it is called."""

    id: int
    platform: Platform
    subject: str
    platform_id: int | None
    names: frozenset[str]
    """Its handles, of today and before."""
    at_risk: bool


def stored_accounts(connection: Connection, account_id: int | None = None) -> list[StoredAccount]:
    """All accounts, listed or not; or this one."""
    which = "" if account_id is None else f"WHERE account.id = {account_id:d}"
    rows = driver_of(connection).execute(
        "SELECT id, platform, subject, platform_id, listed_handle, handle, protection "
        f"FROM account {which} ORDER BY id"
    )
    borne: dict[int, set[str]] = {}
    question = f"SELECT account_id, handle.handle FROM handle JOIN account ON account.id = account_id {which}"
    for account_id, handle in driver_of(connection).execute(question):
        borne.setdefault(account_id, set()).add(handle)
    return [
        StoredAccount(
            account_id,
            Platform(platform),
            subject,
            platform_id,
            frozenset({listed, handle, *borne.get(account_id, ())}),
            protection == accounts.AT_RISK,
        )
        for account_id, platform, subject, platform_id, listed, handle, protection in rows.fetchall()
    ]


NUMBERS = "SELECT post_id, version_id FROM post WHERE account_id = ?"


def post_ids_of(connection: Connection, account_id: int) -> set[int]:
    """The ids of an account's posts, first and present ones."""
    return {number for row in driver_of(connection).execute(NUMBERS, (account_id,)) for number in row}


def needles_of(account: StoredAccount) -> Iterator[Needle]:
    """What an account is called, to be looked for."""
    yield from needles.of_number(account.platform_id, Trace.ACCOUNT_ID)
    for name in sorted(account.names):
        yield from needles.of_word(name, Trace.HANDLE)


def pointed_at(some: Sequence[StoredAccount], post_ids: Collection[int]) -> Pointed:
    """What points to these accounts of one platform, or to these posts of theirs."""
    authors = tuple(one.platform_id for one in some if one.platform_id is not None)
    handles = {name.casefold() for one in some for name in one.names}
    return Pointed(some[0].platform, tuple(one.id for one in some), authors, handles, post_ids)


def traces_of(some: Sequence[StoredAccount], post_ids: Iterable[int]) -> Traces:
    """What gives these accounts of one platform, and these posts of theirs, away in answers about others."""
    handles = frozenset(name.casefold() for one in some for name in one.names)
    words = {str(one.platform_id) for one in some if one.platform_id is not None}
    # On Telegram the numbers of posts mean nothing elsewhere.
    words |= set(map(str, post_ids)) if some[0].platform is Platform.X else set()
    return Traces(handles | words, handles=handles)
