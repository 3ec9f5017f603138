"""The tables. Instants are integers (seconds UTC); ids are integers, so that they compare as numbers.

What is said of an at-risk subject's account stands in `account`, `profile`, `coverage`, `visit` and `week_count`
only, and in `alert` if the settings ask for alerts of people at risk: no row of `post`, `metric`, `answer` or
`set_aside` ever belongs to it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Text, text
from sqlmodel import Field, SQLModel

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = Integer().with_variant(BigInteger, "postgresql")
"""64 bits on either database; SQLite's strict tables know the one word INTEGER."""

STRICT: dict[str, Any] = {"sqlite_strict": True}
CLUSTERED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""Rows stored in the order of the primary key, without a second tree beside it."""


class Table(SQLModel):
    """Base of all tables; holds the metadata with the naming convention."""

    metadata = metadata


def key() -> Any:
    """A column of a primary key that the database does not number itself."""
    return Field(primary_key=True, sa_type=Number, sa_column_kwargs={"autoincrement": False})


def owner(table: str = "account", *, part_of_key: bool = False, index: bool = False) -> Any:
    """A reference to the row that this one belongs to, and with which it goes."""
    return Field(
        primary_key=part_of_key,
        sa_type=Number,
        foreign_key=f"{table}.id",
        ondelete="CASCADE",
        index=index,
        sa_column_kwargs={"autoincrement": False} if part_of_key else {},
    )


def number(*, default: Any = ...) -> Any:
    return Field(default=default, sa_type=Number)


def word(*, default: Any = ...) -> Any:
    return Field(default=default, sa_type=Text)


class Account(Table, table=True):
    """One subject's presence on one platform, and when it is visited next."""

    __tablename__ = "account"
    __table_args__ = (
        Index("uq_account_platform_platform_id", "platform", "platform_id", unique=True),
        Index("ix_account_due", "platform", "next_visit_at"),
        STRICT,
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Number)
    platform: str = word()
    subject: str = word()
    listed_handle: str = word()
    """As the watchlist writes it; finds the row again while no numeric id is listed."""
    handle: str = word()
    """As the platform said last."""
    platform_id: int | None = number(default=None)
    access_key: int | None = number(default=None)
    protection: str = word()
    mode: str = Field(default="posts", sa_type=Text, sa_column_kwargs={"server_default": "posts"})
    """What is collected: `posts`, `counts` or `off`."""
    source: str | None = word(default=None)
    """The collector that read it last, where its platform has several."""
    collected: int = number()
    """1 while it is on the watchlist and confirmed, else 0: kept, but not visited."""
    created_at: int | None = number(default=None)
    state: str | None = word(default=None)
    state_since: int | None = number(default=None)
    mark: str | None = word(default=None)
    """The newest known ground, opaque to all but the collector. Never set for an at-risk account."""
    last_look_at: int | None = number(default=None)
    last_visit_at: int | None = number(default=None)
    last_outcome: str | None = word(default=None)
    last_detail: str | None = word(default=None)
    failures: int = number(default=0)
    profile_at: int | None = number(default=None)
    next_visit_at: int = number(default=0)
    leased_until: int = number(default=0)


class Handle(Table, table=True):
    """A handle that an account has borne, first and last seen."""

    __tablename__ = "handle"
    __table_args__ = (CLUSTERED,)

    account_id: int = owner(part_of_key=True)
    handle: str = Field(primary_key=True, sa_type=Text)
    first_seen: int = number()
    last_seen: int = number()


class Post(Table, table=True):
    """One public item, as last seen."""

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_series", "account_id", "posted_at", "kind"),
        Index(
            "ix_post_refresh_at",
            "refresh_at",
            sqlite_where=text("refresh_at IS NOT NULL"),
            postgresql_where=text("refresh_at IS NOT NULL"),
        ),
        Index(
            "ix_post_deleted",
            "account_id",
            sqlite_where=text("deleted_at IS NOT NULL"),
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
        CLUSTERED,
    )

    account_id: int = owner(part_of_key=True)
    post_id: int = key()
    version_id: int = number()
    posted_at: int = number()
    kind: int = number()
    text: str | None = word(default=None)
    lang: str | None = word(default=None)
    ref_post_id: int | None = number(default=None)
    ref_author_id: int | None = number(default=None)
    edited_at: int | None = number(default=None)
    withheld_in: str | None = word(default=None)
    collected_at: int = number()
    refresh_at: int | None = number(default=None)
    """When its counters are to be read again; None: never again."""
    deleted_at: int | None = number(default=None)
    """When it was first seen to be gone. On X its text is removed then; counts and counters stay."""


class Version(Table, table=True):
    """What a post said before an edit."""

    __tablename__ = "version"
    __table_args__ = (CLUSTERED,)

    account_id: int = owner(part_of_key=True)
    post_id: int = key()
    replaced_at: int = key()
    """When we first saw that it says something else."""
    version_id: int = number()
    text: str | None = word(default=None)


class Metric(Table, table=True):
    """A metric snapshot: a post's counters at one moment."""

    __tablename__ = "metric"
    __table_args__ = (CLUSTERED,)

    account_id: int = owner(part_of_key=True)
    post_id: int = key()
    taken_at: int = key()
    likes: int | None = number(default=None)
    reposts: int | None = number(default=None)
    replies: int | None = number(default=None)
    quotes: int | None = number(default=None)
    bookmarks: int | None = number(default=None)
    views: int | None = number(default=None)
    reactions: int | None = number(default=None)
    precision: int | None = number(default=None)
    """The unit of the last digit where the source rounds, as 10 for "3.12K", the coarsest of the row; None: exact."""


class ProfileSnapshot(Table, table=True):
    """An account's counters at one moment."""

    __tablename__ = "profile"
    __table_args__ = (CLUSTERED,)

    account_id: int = owner(part_of_key=True)
    taken_at: int = key()
    name: str | None = word(default=None)
    followers: int | None = number(default=None)
    following: int | None = number(default=None)
    posts: int | None = number(default=None)
    precision: int | None = number(default=None)
    """As for metrics: the unit to which `followers` is rounded; None: exact."""


class Count(Table, table=True):
    """How many posts the platform itself counted from `since` to `until`: a source of its own, without their kinds.

    It is its own coverage. Of an at-risk account: whole local weeks only.
    """

    __tablename__ = "count"
    __table_args__ = (CLUSTERED,)

    account_id: int = owner(part_of_key=True)
    since: int = key()
    until: int = number()
    posts: int = number()
    counted_at: int = number()


class Coverage(Table, table=True):
    """An interval for which every post that was there when we looked is stored or counted."""

    __tablename__ = "coverage"
    __table_args__ = (CLUSTERED,)

    account_id: int = owner(part_of_key=True)
    since: int = key()
    until: int = number()
    how: str = word()
    """`live`: looked at since the last visit. `backfilled`: looked at later, deletions before then unseen.
    `imported`: read from a file."""


class Hole(Table, table=True):
    """A part of a timeline that a walk did not reach; later visits fill it, unless the platform shows no more."""

    __tablename__ = "hole"
    __table_args__ = (STRICT,)

    id: int | None = Field(default=None, primary_key=True, sa_type=Number)
    account_id: int = owner(index=True)
    since: int | None = number(default=None)
    """None: the beginning of the account."""
    until: int = number()
    mark: str | None = word(default=None)
    cursor: str | None = word(default=None)
    unreachable: int = number(default=0)
    """1 where the platform's depth limit was met."""


class Visit(Table, table=True):
    """One collector working on one account once. Without an outcome: under way, or killed."""

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_account_id_started_at", "account_id", "started_at"), STRICT)

    id: int | None = Field(default=None, primary_key=True, sa_type=Number)
    account_id: int = owner()
    started_at: int = number()
    ended_at: int | None = number(default=None)
    outcome: str | None = word(default=None)
    detail: str | None = word(default=None)
    pages: int = number(default=0)
    """Of somebody at risk whether there were any: 0 or 1."""
    posts_new: int = number(default=0)


class RawAnswer(Table, table=True):
    """What a platform answered, as it came, compressed; with the SHA-256 of the uncompressed bytes."""

    __tablename__ = "answer"
    __table_args__ = (STRICT,)

    id: int | None = Field(default=None, primary_key=True, sa_type=Number)
    visit_id: int | None = Field(default=None, sa_type=Number, foreign_key="visit.id", ondelete="CASCADE", index=True)
    """None: a profile request for several accounts at once."""
    asked_at: int = number()
    request: str = word()
    sha256: str = word()
    body: bytes = Field(sa_type=LargeBinary)
    """zlib."""
    redacted_at: int | None = number(default=None)
    """When what deleted posts said was taken out of the body; the SHA-256 is still that of what came."""


class SetAsideItem(Table, table=True):
    """An item of an answer that did not fit what we expect, and why."""

    __tablename__ = "set_aside"
    __table_args__ = (STRICT,)

    id: int | None = Field(default=None, primary_key=True, sa_type=Number)
    visit_id: int = owner("visit", index=True)
    post_id: int | None = number(default=None)
    reason: str = word()


class QuotaState(Table, table=True):
    """What a platform said of an endpoint's limit; endpoint `*` is the whole platform."""

    __tablename__ = "quota"
    __table_args__ = (CLUSTERED,)

    platform: str = Field(primary_key=True, sa_type=Text)
    endpoint: str = Field(primary_key=True, sa_type=Text)
    quota: int | None = number(default=None)
    remaining: int = number()
    reset_at: int = number()
    outcome: str = word()
    detail: str = word()


class LedgerEntry(Table, table=True):
    """One request and its price: reserved before it is sent, settled after. Never lost: the money is spent.

    An entry that was never settled counts in full: nobody knows whether the platform has answered. Of people at risk
    only sums are kept: of the day, and when it is over, of the calendar month, at its first second.
    """

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_platform_reserved_at", "platform", "reserved_at"), STRICT)

    id: int | None = Field(default=None, primary_key=True, sa_type=Number)
    platform: str = word()
    endpoint: str = word()
    account_id: int | None = Field(
        default=None, sa_type=Number, foreign_key="account.id", ondelete="SET NULL", index=True
    )
    """None: for several accounts at once, whose posts and profiles then have entries of their own; or at risk."""
    reserved_at: int = number()
    settled_at: int | None = number(default=None)
    cost: int = number()
    """Millionths of a US dollar: the most that it can cost until it is settled, then what it did cost."""
    requests: int = number()
    posts: int = number()
    users: int = number()


class Billed(Table, table=True):
    """A post or user that was charged on a UTC day: read again on that day, it is free. Only today's are kept.

    No post of an at-risk account is ever in it.
    """

    __tablename__ = "billed"
    __table_args__ = (CLUSTERED,)

    platform: str = Field(primary_key=True, sa_type=Text)
    what: str = Field(primary_key=True, sa_type=Text)
    """`post` or `user`."""
    resource_id: int = key()
    day: int = number()
    """The UTC day, counted from 1970-01-01."""


class ImportedFile(Table, table=True):
    """A file that was imported, or part of it: where to go on."""

    __tablename__ = "imported_file"
    __table_args__ = (STRICT,)

    sha256: str = Field(primary_key=True, sa_type=Text)
    name: str = word()
    format: str = word()
    size: int = number()
    terms: str = word()
    """A digest of the watchlist and the options that it is read with: under others it is read from the beginning."""
    done: int = number()
    """The line or item up to which it is read."""
    started_at: int = number()
    ended_at: int | None = number(default=None)


class ComplianceJob(Table, table=True):
    """A list of ids that X was asked to check for what is deleted or hidden."""

    __tablename__ = "compliance_job"
    __table_args__ = (STRICT,)

    job_id: str = Field(primary_key=True, sa_type=Text)
    created_at: int = number()
    expires_at: int | None = number(default=None)
    status: str = word()
    ids: int = number()
    """How many were uploaded."""
    ended_at: int | None = number(default=None)


class WeekCount(Table, table=True):
    """How many posts of a kind an at-risk account published in a local ISO week; all that is kept of them."""

    __tablename__ = "week_count"
    __table_args__ = (CLUSTERED,)

    account_id: int = owner(part_of_key=True)
    week: int = key()
    """The week's first instant."""
    kind: int = key()
    posts: int = number()


class Alert(Table, table=True):
    """The last change of an account's verdict of which somebody is to be told.

    `since` follows from the times of posts. So the rows of an account go when it becomes at risk, and an at-risk
    account's row has none: it says that its whole weeks gave an alarm, which its week counts say as well.
    """

    __tablename__ = "alert"
    __table_args__ = (CLUSTERED,)

    account_id: int = owner(part_of_key=True)
    track: str = Field(primary_key=True, sa_type=Text)
    """`own`, `reposts`, or `account` for a state such as suspended."""
    verdict: str = word()
    """The word of a verdict; `calm` once it is over."""
    since: int | None = number(default=None)
    told_at: int | None = number(default=None)
    """When the message was delivered; None: not yet."""


class ForgettingKey(Table, table=True):
    """The one random key of the digests in `forgotten`, made when something is forgotten first."""

    __tablename__ = "forgetting_key"
    __table_args__ = (STRICT,)

    id: int | None = Field(default=None, primary_key=True, sa_type=Number)
    key: bytes = Field(sa_type=LargeBinary)


class Forgotten(Table, table=True):
    """What was forgotten, as a keyed digest that says neither what nor whose it was."""

    __tablename__ = "forgotten"
    __table_args__ = (CLUSTERED,)

    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    what: str = word()
    """`post`: it may not be stored again. `begun`: a name that is being forgotten, until that is proved."""


class EvidenceEntry(Table, table=True):
    """A link of the run log. It is never changed and never removed, so nothing in it may point to anybody."""

    __tablename__ = "entry"
    __table_args__ = (STRICT,)

    number: int | None = Field(default=None, primary_key=True, sa_type=Number)
    at: int | None = Field(default=None, sa_type=Number)
    """None: somebody at risk is concerned, or no moment is."""
    kind: str = word()
    facts: str = word()
    """JSON."""
    commitment: bytes | None = Field(default=None, sa_type=LargeBinary)
    previous: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)


class Seal(Table, table=True):
    """What an entry's commitment is made of. Whoever lawfully removes the payload destroys this row."""

    __tablename__ = "seal"
    __table_args__ = (STRICT,)

    entry: int | None = Field(default=None, primary_key=True, sa_type=Number)
    salt: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)
    """SHA-256 of the payload."""
    account_id: int | None = Field(
        default=None, sa_type=Number, foreign_key="account.id", ondelete="CASCADE", index=True
    )
    """None: an answer about several accounts at once."""
    answer_id: int | None = Field(default=None, sa_type=Number, index=True)
    """The payload is this raw answer."""
    payload: str | None = word(default=None)
    """The payload itself where it is no answer: JSON."""
