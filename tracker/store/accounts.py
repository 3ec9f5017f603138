"""Accounts in the database: who is on the watchlist, who is due, who they turned out to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upserting

from tracker.domain.instants import Instant
from tracker.domain.outcomes import ACCOUNT_STATES, PLATFORM_STOPS, SUCCESSES, OutcomeKind
from tracker.domain.records import Profile, Target
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Mode, Platform, Protection
from tracker.store.dialect import driver_of
from tracker.store.tables import Account, Handle, ProfileSnapshot

accounts = Account.metadata.tables["account"]
handles = Handle.metadata.tables["handle"]
profiles = ProfileSnapshot.metadata.tables["profile"]

AT_RISK = str(Protection.AT_RISK)
PRESENT = "SELECT protection, collected, mode FROM account WHERE id = ?"
LOOK = update(accounts).where(accounts.c.id == bindparam("account"))


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the runtime has to know of an account to visit it."""

    id: int
    platform: Platform
    subject: str
    handle: str
    platform_id: int | None
    access_key: int | None
    protection: Protection
    mode: Mode
    created_at: Instant | None
    mark: str | None
    last_look_at: Instant | None
    profile_at: Instant | None
    next_visit_at: Instant
    failures: int
    state: str | None
    """What keeps it from being read: one of ACCOUNT_STATES."""

    def spread(self, seconds: int) -> int:
        """A part of so many seconds, always the same and another for each account, so that they keep out of step."""
        return (self.id * 7919) % seconds

    @property
    def target(self) -> Target:
        return Target(self.handle, self.platform_id, self.access_key)


def state_of(row: Row[tuple[object, ...]]) -> AccountState:
    """The state that a whole row of the table holds."""
    return AccountState(
        row.id,
        Platform(row.platform),
        row.subject,
        row.handle,
        row.platform_id,
        row.access_key,
        Protection(row.protection),
        Mode(row.mode),
        row.created_at,
        row.mark,
        row.last_look_at,
        row.profile_at,
        row.next_visit_at,
        row.failures,
        row.state,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of all accounts, by what a watchlist can say of them."""

    by_id: dict[tuple[str, int], Row[tuple[object, ...]]]
    by_handle: dict[tuple[str, str], Row[tuple[object, ...]]]


def by_listing(connection: Connection) -> Known:
    """All accounts, to be found by numeric id and by the handle under which they were listed."""
    rows = connection.execute(select(accounts).order_by(accounts.c.id)).all()
    return Known(
        {(row.platform, row.platform_id): row for row in rows if row.platform_id is not None},
        {(row.platform, row.listed_handle.casefold()): row for row in rows},
    )


def account_row(known: Known, account: ListedAccount) -> Row[tuple[object, ...]] | None:
    """The row of a listed account: by its numeric id, else by the handle under which it was listed."""
    if account.platform_id is not None and (account.platform, account.platform_id) in known.by_id:
        return known.by_id[account.platform, account.platform_id]
    row = known.by_handle.get((account.platform, account.handle.casefold()))
    if row is not None and None not in (row.platform_id, account.platform_id):
        return None  # the handle was listed before for another numeric id: that is another account
    return row


def sync(
    connection: Connection, listed: Iterable[ListedAccount], platforms: frozenset[Platform]
) -> dict[int, ListedAccount]:
    """Make the table say what the watchlist says. Returns the accounts whose protection has changed.

    Accounts that are no longer listed, or not confirmed, stay with all that was collected, but are not visited.
    """
    known = by_listing(connection)
    connection.execute(update(accounts).values(collected=0))
    changed: dict[int, ListedAccount] = {}
    for account in listed:
        values: dict[str, object] = {
            "subject": account.subject,
            "listed_handle": account.handle,
            "protection": account.protection,
            "mode": account.mode,
            "collected": int(account.is_collected and account.platform in platforms),
        }
        row = account_row(known, account)
        if account.platform_id is not None:
            values["platform_id"] = account.platform_id
        if row is None:
            unseen = {"platform": account.platform, "handle": account.handle, "failures": 0}
            connection.execute(insert(accounts).values(**values, **unseen, next_visit_at=0, leased_until=0))
            continue
        if row.protection != account.protection:
            changed[row.id] = account
        if row.mode != account.mode:
            values["next_visit_at"] = 0
        if row.listed_handle != account.handle:
            values["handle"] = account.handle  # put right in the watchlist; the next look-up has the last word
        connection.execute(update(accounts).where(accounts.c.id == row.id).values(values))
    return changed


def _eligible(platform: Platform, subject: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [accounts.c.platform == platform, accounts.c.collected == 1]
    if subject is not None:
        conditions.append(accounts.c.subject == subject)
    return conditions


def make_due(connection: Connection, platform: Platform, subject: str | None, now: Instant) -> None:
    """Let every account of the selection be due now."""
    connection.execute(update(accounts).where(*_eligible(platform, subject)).values(next_visit_at=now))


def count_due(connection: Connection, platform: Platform, subject: str | None, now: Instant) -> int:
    """How many accounts of the selection are due."""
    rows = connection.execute(
        select(accounts.c.id).where(*_eligible(platform, subject), accounts.c.next_visit_at <= now)
    )
    return len(rows.all())


def next_due(connection: Connection, platforms: Iterable[Platform], subject: str | None) -> Instant | None:
    """When the next account of the selection is due; None: none is visited."""
    due = [select(func.min(accounts.c.next_visit_at)).where(*_eligible(platform, subject)) for platform in platforms]
    found = (connection.execute(one).scalar_one() for one in due)
    return min((instant for instant in found if instant is not None), default=None)


def keep_waiting(
    connection: Connection, platform: Platform, subject: str | None, now: Instant, kind: OutcomeKind, detail: str
) -> None:
    """Write down with the accounts that are due why nobody visits them."""
    connection.execute(
        update(accounts)
        .where(
            *_eligible(platform, subject),
            accounts.c.next_visit_at <= now,
            accounts.c.last_outcome.is_distinct_from(str(kind)),
        )
        .values(last_outcome=str(kind), last_detail=detail)
    )


def claim(
    connection: Connection,
    platform: Platform,
    subject: str | None,
    now: Instant,
    lease: int,
    limit: int,
    mode: Mode | None = None,
) -> list[AccountState]:
    """Take up to `limit` accounts that are due and not leased, the longest overdue first, for `lease` seconds.

    `mode`: only those of which this is collected.
    """
    of_mode = [] if mode is None else [accounts.c.mode == str(mode)]
    rows = connection.execute(
        select(accounts)
        .where(
            *_eligible(platform, subject),
            accounts.c.next_visit_at <= now,
            accounts.c.leased_until <= now,
            *of_mode,
        )
        .order_by(accounts.c.next_visit_at, accounts.c.id)
        .limit(limit)
    ).all()
    if rows:
        connection.execute(
            update(accounts).where(accounts.c.id.in_([row.id for row in rows])).values(leased_until=now + lease)
        )
    return [state_of(row) for row in rows]


def release(connection: Connection, account_ids: Sequence[int] | None = None) -> None:
    """Give leases back: of these accounts, or, at the start of the only writer, all that a killed one left."""
    statement = update(accounts).values(leased_until=0)
    if account_ids is not None:
        statement = statement.where(accounts.c.id.in_(account_ids))
    connection.execute(statement)


def read(connection: Connection, account_id: int) -> AccountState:
    """The present state of one account."""
    return state_of(connection.execute(select(accounts).where(accounts.c.id == account_id)).one())


def read_all(connection: Connection, account_ids: Iterable[int]) -> list[AccountState]:
    """The present states of several accounts."""
    rows = connection.execute(select(accounts).where(accounts.c.id.in_(list(account_ids))))
    return [state_of(row) for row in rows]


def is_at_risk(connection: Connection, account_ids: Iterable[int]) -> bool:
    """Whether any of these accounts is at risk by now."""
    at_risk = select(accounts.c.id).where(accounts.c.id.in_(list(account_ids)), accounts.c.protection == AT_RISK)
    return connection.execute(at_risk.limit(1)).one_or_none() is not None


def is_unchanged(connection: Connection, account: AccountState) -> bool:
    """Whether the account is still to be collected, in the mode and with the protection its visit began with."""
    row: object = driver_of(connection).execute(PRESENT, (account.id,)).fetchone()
    return row == (str(account.protection), 1, str(account.mode))


def looked(connection: Connection, account_id: int, at: Instant, mark: str | None, source: str | None = None) -> None:
    """The account's timeline was there when we looked; `source` is over what, where there are several ways."""
    values: dict[str, object] = {"account": account_id, "last_look_at": at, "state": None, "state_since": None}
    if mark is not None:
        values["mark"] = mark
    if source is not None:
        values["source"] = source
    connection.execute(LOOK, values)


def identify(connection: Connection, account_id: int, profile: Profile, whole: bool = True) -> None:
    """Record who an account is: its numeric id, its present handle, and a profile snapshot.

    `whole` is False for a look-up that left the counters out: the profile is still to be read. Of an at-risk subject
    the platform's own count of posts is left out: taken daily it would count by the day.
    """
    if is_at_risk(connection, [account_id]):
        profile = replace(profile, name=None, posts=None)
    values: dict[str, object] = {
        "platform_id": profile.platform_id,
        "handle": profile.handle,
        # Whether posts can be read again only a look at them tells; where none are read, the profile has to do.
        "state": case((accounts.c.mode == Mode.POSTS, accounts.c.state)),
        "state_since": case((accounts.c.mode == Mode.POSTS, accounts.c.state_since)),
    }
    if whole:
        values["profile_at"] = profile.taken_at
    if profile.created_at is not None:
        values["created_at"] = profile.created_at
    if profile.access_key is not None:
        values["access_key"] = profile.access_key
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))
    note_handle(connection, account_id, profile.handle, profile.taken_at)
    snapshot = {
        "name": profile.name,
        "followers": profile.followers,
        "following": profile.following,
        "posts": profile.posts,
        "precision": profile.precision,
    }
    connection.execute(
        upserting(profiles)
        .values(account_id=account_id, taken_at=profile.taken_at, **snapshot)
        .on_conflict_do_update(index_elements=["account_id", "taken_at"], set_=snapshot)
    )


def note_handle(connection: Connection, account_id: int, handle: str, seen: Instant) -> None:
    """Add a handle to the account's history, or extend the time in which it was seen."""
    statement = upserting(handles).values(account_id=account_id, handle=handle, first_seen=seen, last_seen=seen)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["account_id", "handle"], set_={"last_seen": seen})
    )


def end_visit(
    connection: Connection,
    account: AccountState,
    kind: OutcomeKind,
    detail: str,
    ended_at: Instant,
    next_visit_at: Instant,
) -> None:
    """Record on the account how its visit ended and when the next is due, and give its lease back."""
    failures = account.failures if kind in PLATFORM_STOPS else account.failures + 1
    values: dict[str, object] = {
        "last_visit_at": ended_at,
        "last_outcome": kind,
        "last_detail": detail or None,
        "next_visit_at": next_visit_at,
        "leased_until": 0,
        "failures": 0 if kind in SUCCESSES or kind is OutcomeKind.PARTIAL else failures,
    }
    connection.execute(update(accounts).where(accounts.c.id == account.id).values(values))
    enter_state(connection, account.id, kind, ended_at)


def enter_state(connection: Connection, account_id: int, kind: OutcomeKind, seen_at: Instant) -> None:
    """Record a state of the account, if that is what the outcome is.

    The day on which it was first seen stays, however often it is seen again.
    """
    if kind in ACCOUNT_STATES:
        connection.execute(
            update(accounts)
            .where(accounts.c.id == account_id, or_(accounts.c.state.is_(None), accounts.c.state != kind))
            .values(state=kind, state_since=seen_at)
        )


def missed_profile(connection: Connection, account_id: int, kind: OutcomeKind, asked_at: Instant) -> None:
    """The account's profile was asked for in vain; it is old again when one that was read now would be."""
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(profile_at=asked_at))
    enter_state(connection, account_id, kind, asked_at)


def old_profiles(connection: Connection, platform: Platform, before: Instant) -> list[AccountState]:
    """The named accounts with a numeric id whose profile was not read since then, the oldest first."""
    rows = connection.execute(
        select(accounts)
        .where(
            *_eligible(platform, None),
            accounts.c.protection == str(Protection.NAMED),
            accounts.c.platform_id.is_not(None),
            or_(accounts.c.profile_at.is_(None), accounts.c.profile_at < before),
        )
        .order_by(accounts.c.profile_at, accounts.c.id)
    )
    return [state_of(row) for row in rows]


def forget_details(connection: Connection, account_id: int) -> None:
    """Drop what names posts from an account's own row, when it has become at risk."""
    connection.execute(
        update(accounts)
        .where(accounts.c.id == bindparam("account"))
        .values(last_detail=None, handle=accounts.c.listed_handle),
        {"account": account_id},
    )
    connection.execute(delete(profiles).where(profiles.c.account_id == account_id))
