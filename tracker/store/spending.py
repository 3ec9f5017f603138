"""What requests cost, in the database: set aside before one is sent, put right when its answer is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace

from sqlalchemy import Connection, delete

from tracker.analysis.prices import COUNTS_ALL, COUNTS_RECENT
from tracker.domain.instants import DAY, Instant
from tracker.domain.records import Cost, Resources, Spend
from tracker.domain.words import Platform
from tracker.store import folding
from tracker.store.dialect import driver_of, insert_rows, upsert
from tracker.store.tables import Billed

billed = Billed.metadata.tables["billed"]

POST, USER = "post", "user"
NOTHING = Resources()
LATE = 600
"""Seconds after which a request that was sent is surely no longer charged, whatever has become of us."""

RESERVE = """
INSERT INTO ledger (id, platform, endpoint, account_id, reserved_at, cost, requests, posts, users)
VALUES (?, ?, ?, (SELECT id FROM account WHERE id = ? AND protection <> 'at_risk'), ?, ?, ?, ?, ?)
"""
AT_RISK = "SELECT 1 FROM account WHERE id = ? AND protection = 'at_risk'"
BOOK = """
INSERT INTO ledger (id, platform, endpoint, account_id, reserved_at, settled_at, cost, requests, posts, users)
SELECT ?, ?, ?, id, ?, ?, ?, ?, ?, ? FROM account WHERE id = ? AND protection <> 'at_risk'
"""
SETTLE = "UPDATE ledger SET settled_at = ?, cost = ?, requests = ?, posts = ?, users = ? WHERE id = ?"
BY_REQUEST = f"iif(cost > 0 AND endpoint IN ('{COUNTS_RECENT}', '{COUNTS_ALL}'), requests, 0)"
"""Of an entry, the requests that were charged for as such: of several attempts all, for sums do not tell how many."""
SPENT = f"""
SELECT coalesce(sum(requests), 0), coalesce(sum(posts), 0), coalesce(sum(users), 0), coalesce(sum(cost), 0),
    coalesce(sum({BY_REQUEST}), 0)
FROM (
    SELECT endpoint, requests, posts, users, cost FROM ledger
    WHERE platform = :platform AND reserved_at >= :since - :late
        AND (reserved_at >= :since OR settled_at >= :since OR settled_at IS NULL)
        AND (reserved_at <= :now OR id > coalesce(
            (SELECT max(id) FROM ledger WHERE platform = :platform AND reserved_at < :since), 0))
    UNION ALL
    SELECT endpoint, requests, posts, users, cost FROM ledger
    WHERE id > (SELECT min(id) FROM ledger WHERE platform = :platform AND reserved_at BETWEEN :since AND :now)
        AND platform = :platform AND reserved_at < :since - :late
)
"""
"""Where the clock was wrong, the order in which entries were made tells: one from the future is over if one of an
earlier period came after it, and one that says it is older belongs to the period if one of the period came before."""
BILL = upsert(billed, update=("day",))
BILLED_ON = "SELECT what, resource_id FROM billed WHERE platform = ? AND day = ?"
UNBILL = "DELETE FROM billed WHERE platform = ? AND what = ? AND resource_id = ?"
FORGET_OTHER_DAYS = "DELETE FROM billed WHERE platform = ? AND day <> ?"


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was set aside for one request."""

    entry: int
    """Its number in the ledger."""
    platform: Platform
    endpoint: str
    account_id: int | None
    """Whose timeline is read; None for several at once."""
    at: Instant
    most: Cost
    granted: int
    """How many posts or accounts may be asked for."""
    at_risk: bool
    """It is about a person at risk: which posts it brings is not written down."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one of the accounts has cost that a request asked for at once: an entry of its own, without a request."""

    entry: int
    account_id: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a request turned out to cost, to be written together with what it brought."""

    reservation: Reservation
    at: Instant
    cost: Cost
    resources: Resources = NOTHING
    """What it was charged for, free for the rest of the day."""
    ahead: Reservation | None = None
    """What is set aside in the same transaction for the request that comes next: a commit saved for each page."""
    shares: tuple[Share, ...] = ()
    """Parts of the cost."""

    @property
    def within_a_day(self) -> bool:
        """Whether it is sure on which UTC day the platform charged."""
        return self.reservation.at // DAY == self.at // DAY

    def without(self, posts: frozenset[int]) -> Settlement:
        """The same, saying nothing of these posts."""
        return replace(self, resources=replace(self.resources, posts=self.resources.posts - posts)) if posts else self

    @property
    def without_posts(self) -> Settlement:
        """The same, saying nothing of which posts were read."""
        return replace(self, resources=Resources(users=self.resources.users))


def counts(since: Instant, reserved_at: Instant, settled_at: Instant | None) -> bool:
    """Whether an entry counts for the period that begins at `since`.

    The platform charges at some moment between the two, so one around midnight counts for both days.
    """
    if settled_at is None:
        return reserved_at >= since - LATE
    return reserved_at >= since or (settled_at >= since and reserved_at >= since - LATE)


def last_entry(connection: Connection) -> int:
    """The highest number in the ledger; 0 if it is empty."""
    (number,) = driver_of(connection).execute("SELECT coalesce(max(id), 0) FROM ledger").fetchone()
    return int(number)


def reserve(connection: Connection, reservation: Reservation) -> None:
    """Set aside the most that a request can cost.

    The entry says whose timeline is read only if that is nobody at risk by now.
    """
    whose = (str(reservation.platform), reservation.endpoint, reservation.account_id)
    most = (reservation.most.micros, *astuple(reservation.most.spend))
    row = (reservation.entry, *whose, reservation.at, *most)
    driver_of(connection).execute(RESERVE, row)


def settle(connection: Connection, settlement: Settlement) -> None:
    """Put an entry right, remember what is free for the rest of the day, and set aside what comes next."""
    reservation = settlement.reservation
    cost = settlement.cost - _book(connection, settlement)
    row = (settlement.at, cost.micros, *astuple(cost.spend), reservation.entry)
    driver_of(connection).execute(SETTLE, row)
    if reservation.at_risk or driver_of(connection).execute(AT_RISK, (reservation.account_id,)).fetchone():
        folding.fold_entry(driver_of(connection), reservation.platform, reservation.entry, settlement.at)
    if settlement.ahead is not None:
        reserve(connection, settlement.ahead)
    if not settlement.within_a_day:
        return
    day, platform = settlement.at // DAY, str(reservation.platform)
    posts = [] if reservation.at_risk else sorted(settlement.resources.posts)
    insert_rows(connection, BILL, [(platform, POST, number, day) for number in posts])
    insert_rows(connection, BILL, [(platform, USER, number, day) for number in sorted(settlement.resources.users)])


def _book(connection: Connection, settlement: Settlement) -> Cost:
    """Give each account its share, but nobody who is at risk by now. Returns how much they are together."""
    reservation, booked = settlement.reservation, Cost()
    request = (str(reservation.platform), reservation.endpoint, reservation.at, settlement.at)
    for share in settlement.shares:
        row = (share.entry, *request, share.cost.micros, *astuple(share.cost.spend), share.account_id)
        if driver_of(connection).execute(BOOK, row).rowcount:
            booked += share.cost
    return booked


def spent(connection: Connection, platform: Platform, since: Instant, now: Instant) -> Cost:
    """What was spent since the beginning of a day or month; what is not settled counts in full."""
    values = {"platform": str(platform), "since": since, "late": LATE, "now": now}
    requests, posts, users, micros, by_request = driver_of(connection).execute(SPENT, values).fetchone()
    return Cost(Spend(requests, posts, users), micros, by_request)


def billed_on(connection: Connection, platform: Platform, day: int) -> set[tuple[str, int]]:
    """What was charged on a UTC day, as (`post` or `user`, id); what is from other days is forgotten.

    Of what was spent on people at risk on the days before, only sums of months stay.
    """
    driver = driver_of(connection)
    folding.fold_days(driver, platform, day)
    driver.execute(FORGET_OTHER_DAYS, (str(platform), day))
    return set(driver.execute(BILLED_ON, (str(platform), day)).fetchall())


def unbill(connection: Connection, platform: Platform, what: str, ids: Iterable[int]) -> None:
    """Forget that these posts, or users, were charged today."""
    driver_of(connection).executemany(UNBILL, [(str(platform), what, number) for number in ids])


def unlink(connection: Connection, platform: Platform, account_id: int) -> None:
    """An account has become at risk: its entries become part of sums that do not say whose they are.

    The money was spent and stays counted. Which posts were read today is forgotten for everybody, since others may
    have quoted it.
    """
    folding.fold_account(connection, platform, account_id)
    connection.execute(delete(billed).where(billed.c.what == POST))
