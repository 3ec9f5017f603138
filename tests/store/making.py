"""Listed accounts and pages for the tests of the store, and raw looks into its file. All names are invented."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tracker.domain.coverage import Stretch, advance
from tracker.domain.instants import Instant, from_iso
from tracker.domain.records import (
    Answer,
    Cost,
    End,
    Metrics,
    Page,
    Post,
    Profile,
    Profiles,
    Quota,
    Resources,
    SetAside,
    Spend,
)
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.words import Platform, PostKind, Protection, Residence, Role
from tracker.store.accounts import AccountState
from tracker.store.spending import Reservation, Settlement
from tracker.store.store import Store

NOW: Instant = from_iso("2022-10-05T12:00:00Z")
"""A Wednesday."""

BOTH = frozenset(Platform)
ZONES = {"IR": "Asia/Tehran"}


def listed(
    handle: str,
    platform_id: int | None = None,
    *,
    subject: str = "",
    platform: Platform = Platform.X,
    protection: Protection = Protection.NAMED,
    verified: bool = True,
) -> ListedAccount:
    """One row of a watchlist."""
    return ListedAccount(
        (
            Listing(
                subject or f"subject-of-{handle.casefold()}",
                "Invented Person",
                "شخص ساختگی",
                Role.OFFICIAL if protection is Protection.NAMED else Role.JOURNALIST,
                "IR",
                Residence.INSIDE,
                protection,
                "",
                platform,
                handle,
                platform_id,
                verified,
            ),
        )
    )


def sync(store: Store, *accounts: ListedAccount, platforms: frozenset[Platform] = BOTH) -> None:
    store.sync(accounts, platforms, ZONES)


@contextmanager
def opened(path: Path, *accounts: ListedAccount) -> Iterator[Store]:
    """A store on the file, with these accounts on its watchlist if any are given."""
    with closing(Store(path)) as store:
        if accounts:
            sync(store, *accounts)
        yield store


def claim(
    store: Store, now: Instant = NOW, *, platform: Platform = Platform.X, limit: int = 100
) -> list[AccountState]:
    return store.claim(platform, None, now, 600, limit)


def the_account(store: Store, now: Instant = NOW, platform: Platform = Platform.X) -> AccountState:
    """The only account that is due, leased."""
    (account,) = claim(store, now, platform=platform)
    return account


def post(post_id: int, posted_at: Instant = NOW, text: str = "متن ساختگی", **fields: object) -> Post:
    values: dict[str, Any] = {"version_id": post_id, "kind": PostKind.ORIGINAL, "metrics": Metrics(likes=1), **fields}
    return Post(post_id, posted_at=posted_at, text=text, **values)


def page(
    *posts: Post,
    asked_at: Instant = NOW,
    cursor: str | None = None,
    end: End = End.BEGINNING,
    answer: Answer | None = None,
    quota: Quota | None = None,
    set_aside: Sequence[SetAside] = (),
) -> Page:
    """A page with these posts, the last unless it has a cursor."""
    return Page(
        asked_at=asked_at,
        posts=posts,
        floor=min((item.posted_at for item in posts), default=None),
        cursor=cursor,
        end=None if cursor else end,
        mark=str(max(item.version_id for item in posts)) if posts else None,
        spend=Spend(1, len(posts)),
        set_aside=tuple(set_aside),
        quota=quota,
        answer=answer,
    )


def settlement_of(
    store: Store, account: AccountState, cost: Cost, at: Instant = NOW, resources: Resources = Resources()
) -> Settlement:
    """What a request about the account, reserved now, turned out to cost."""
    at_risk = account.protection is Protection.AT_RISK
    entry = store.next_entry()
    reservation = Reservation(entry, account.platform, "timeline", account.id, at, cost, 100, at_risk)
    store.reserve(reservation)
    return Settlement(reservation, at, cost, resources)


def keep_answers(store: Store, answers: Sequence[Answer], about: Sequence[int]) -> None:
    """Store what a request for the profiles of named accounts brought."""
    cost = Cost(Spend(1, users=len(about)), 10_000 * len(about))
    reservation = Reservation(store.next_entry(), Platform.X, "users", None, NOW, cost, len(about), False)
    store.reserve(reservation)
    settlement = Settlement(reservation, NOW, cost)
    store.write_profiles(NOW, Profiles({}, cost.spend, answers=tuple(answers)), settlement, about, keep=True)


def write(
    store: Store,
    account: AccountState,
    new: Page,
    *,
    stretch: Stretch | None = None,
    hole_id: int | None = None,
    visit_id: int | None = None,
) -> tuple[int, int | None] | None:
    """Store a page as a visit does; without a stretch it is the first of a walk from the present."""
    top = stretch is None
    walked = stretch or Stretch(new.asked_at, account.last_look_at, account.mark)
    cost = Cost(new.spend, 5000 * new.spend.posts)
    return store.write_page(
        account,
        store.begin_visit(account.id, new.asked_at) if visit_id is None else visit_id,
        new,
        settlement_of(store, account, cost, new.asked_at, new.resources),
        hole_id,
        advance(walked, new, account.created_at),
        top=top,
        looked_at=new.asked_at if top else None,
    )


def profile(platform_id: int, handle: str, taken_at: Instant = NOW, **fields: object) -> Profile:
    values: dict[str, Any] = {"name": "Invented Person", "followers": 10, "posts": 5, **fields}
    return Profile(platform_id, handle, taken_at, **values)


def rows(path: Path, question: str, *parameters: object) -> list[Any]:
    """What a plain SQLite connection reads."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(question, parameters).fetchall()


def one(path: Path, question: str, *parameters: object) -> Any:
    """The one value of the one row of an answer."""
    ((value,),) = rows(path, question, *parameters)
    return value
