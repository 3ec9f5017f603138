"""The settings, as the program uses them. Reading and checking the file is `tracker.config.toml`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tracker.config.credentials import Secret
from tracker.domain.instants import DAY, HOUR, MINUTE, Instant
from tracker.domain.words import Platform

SANDBOX = "sandbox"
"""In place of an address: start the local sandbox for the command and talk to that."""


@dataclass(frozen=True, slots=True)
class XSettings:
    api_url: str = "https://api.x.com"
    """Base address of the API, or `sandbox`."""
    connect_timeout: float = 5.0
    read_timeout: float = 8.0
    retries: int = 3
    """How often a request is sent again after a 5xx answer or a broken connection."""
    backoff: float = 1.0
    """Seconds; the wait before retry n is up to backoff * 2**n, with jitter."""
    depth: int = 3200
    """How many of an account's newest posts the API shows; what is older cannot be read."""
    expand_referenced: bool = False
    """Ask for the reposted and quoted posts too; each is charged as a post read."""


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    server: str = ""
    """Empty for Telegram itself, `host:port` for another server, or `sandbox`."""
    server_key: str = ""
    """PEM file of another server's public key, relative to the home."""
    timeout: float = 8.0
    """Seconds for one call."""
    pace: float = 1.0
    """Least seconds between two requests."""


@dataclass(frozen=True, slots=True)
class VisitSettings:
    """When accounts are visited. Lengths in seconds."""

    shortest_interval: int = 15 * MINUTE
    longest_interval: int = DAY
    posts_per_visit: float = 5.0
    """An account that posts n a day is visited about n / posts_per_visit times a day, within the bounds."""
    profile_interval: int = DAY
    retry_after: int = 5 * MINUTE
    """After a failure in transport; doubled at each further one up to longest_interval."""
    tick: int = 5
    """How often the daemon looks for accounts that are due."""


@dataclass(frozen=True, slots=True)
class ReportSettings:
    active_days: int = 7
    occasional_days: int = 30
    infrequent_days: int = 90
    lapsed_days: int = 180
    level_coverage: float = 0.9
    """Share of the time since the last original post that must be covered before a level is said."""
    freshness: int = 36 * HOUR
    """A figure reaches to the account's last look if that is at most so many seconds before the end asked for."""
    smallest_group: int = 5
    """At-risk subjects are reported only in groups of at least so many."""


@dataclass(frozen=True, slots=True)
class SilenceSettings:
    factor: float = 1.5
    """An alarm is a silence longer than so many times the account's longest covered gap."""
    covered_days: int = 90
    """History that is needed for a judgement: covered days between the first and the last post."""
    active_days: int = 30
    """History that is needed for a judgement: days with a post."""


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Whom to tell when an account falls silent. More addresses come as a credential: `TRACKER_ALERT_URLS`."""

    urls: tuple[Secret, ...] = ()
    """Addresses as Apprise writes them. Secrets, because most hold a token."""
    at_risk: bool = False
    """Tell of at-risk subjects too; by role, country and platform, never by name."""


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """US dollars, as of 2026-11."""

    post: float = 0.005
    user: float = 0.010


@dataclass(frozen=True, slots=True)
class Settings:
    platforms: frozenset[Platform] = frozenset(Platform)
    database: str = "data/tracker.db"
    """The SQLite file, relative to the home."""
    default_zone: str = "UTC"
    zones: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """IANA zone by country; days and the edges of restrictions are counted in it."""
    approximate_days: int = 7
    """How many days an edge given as `approximate` may be off, either way."""
    clock_start: Instant | None = None
    """For rehearsals: the clock starts here when the command does. None: the real time."""
    x: XSettings = XSettings()
    telegram: TelegramSettings = TelegramSettings()
    visits: VisitSettings = VisitSettings()
    report: ReportSettings = ReportSettings()
    silence: SilenceSettings = SilenceSettings()
    alerts: AlertSettings = AlertSettings()
    prices: PriceSettings = PriceSettings()

    def zone(self, country: str) -> str:
        """The zone in which the country's days are counted."""
        return self.zones.get(country, self.default_zone)
