"""Who is on the watchlist: subjects, their accounts, and what held when."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.instants import Instant
from tracker.domain.intervals import BEGINNING, FOREVER
from tracker.domain.words import EXPOSED_ROLES, Mode, Platform, Protection, Residence, Role


def protection_of(role: Role, residence: Residence, stated: Protection | None) -> Protection:
    """The protection level that follows from role and residence, unless the watchlist states one.

    A journalist or activist who lives in the country, or whose residence is unknown, is at risk.
    """
    if stated is not None:
        return stated
    if role in EXPOSED_ROLES and residence is not Residence.ABROAD:
        return Protection.AT_RISK
    return Protection.NAMED


def mode_of(platform: Platform, protection: Protection, stated: Mode | None) -> Mode:
    """What is collected, unless the watchlist says it: of people at risk on X counts, so that no text is fetched."""
    if stated is not None:
        return stated
    return Mode.COUNTS if (platform, protection) == (Platform.X, Protection.AT_RISK) else Mode.POSTS


@dataclass(frozen=True, slots=True)
class Listing:
    """One row of the watchlist: an account, and what held of its subject between `since` and `until`."""

    subject: str
    name: str
    name_native: str
    role: Role
    country: str
    residence: Residence
    protection: Protection
    protection_reason: str
    platform: Platform
    handle: str
    platform_id: int | None
    verified: bool
    """False: the account is listed but not collected until the user confirms that it is the subject's."""
    since: Instant = BEGINNING
    until: Instant = FOREVER
    source: str = ""
    line: int = 0
    """Line in the watchlist, for messages."""
    mode: Mode = Mode.POSTS
    """What is collected of the account. The last row of an account decides."""

    @property
    def account_key(self) -> tuple[Platform, str]:
        """What names the account in the watchlist: its numeric id where it is given, else its handle."""
        return self.platform, str(self.platform_id) if self.platform_id else "@" + self.handle.casefold()


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """All rows of one account, in order of time: what the tracker visits and reports on."""

    listings: tuple[Listing, ...]

    @property
    def latest(self) -> Listing:
        return self.listings[-1]

    @property
    def subject(self) -> str:
        return self.latest.subject

    @property
    def platform(self) -> Platform:
        return self.latest.platform

    @property
    def handle(self) -> str:
        return self.latest.handle

    @property
    def platform_id(self) -> int | None:
        return self.latest.platform_id

    @property
    def verified(self) -> bool:
        return all(listing.verified for listing in self.listings)

    @property
    def mode(self) -> Mode:
        return self.latest.mode

    @property
    def is_collected(self) -> bool:
        """Whether it is visited at all, where its platform is."""
        return self.verified and self.mode is not Mode.OFF

    @property
    def protection(self) -> Protection:
        """The strictest of all its rows: what was at risk once is kept so."""
        if any(listing.protection is Protection.AT_RISK for listing in self.listings):
            return Protection.AT_RISK
        return Protection.NAMED


@dataclass(frozen=True, slots=True)
class Watchlist:
    """The listed accounts. `digest` is the SHA-256 of the file's bytes, so that a figure can name its input."""

    accounts: tuple[ListedAccount, ...]
    digest: str = ""

    def select(self, subject: str | None = None, platform: Platform | None = None) -> tuple[ListedAccount, ...]:
        """The accounts of a subject, of a platform, or all."""
        return tuple(
            account
            for account in self.accounts
            if (subject is None or account.subject == subject) and (platform is None or account.platform is platform)
        )
