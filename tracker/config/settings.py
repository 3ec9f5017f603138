"""The settings, as the program uses them. Reading and checking the file is `tracker.config.toml`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tracker.config.credentials import Secret
from tracker.config.proxy import Proxy
from tracker.domain.instants import DAY, HOUR, MINUTE, Instant
from tracker.domain.words import LogFormat, Platform, TelegramChoice

SANDBOX = "sandbox"
"""In place of an address: start the local sandbox for the command and talk to that."""

TELEGRAM_WEB = "https://t.me"
"""Where Telegram itself shows public channels to everybody."""


LEAST_WEB_PACE = 1.0
"""Seconds between two requests for Telegram's pages, at least."""

SMALLEST_GROUP = 5
"""At-risk subjects are shown in groups of at least so many; in smaller ones only with a reason, which is logged."""


@dataclass(frozen=True, slots=True)
class XSettings:
    api_url: str = "https://api.x.com"
    """Base address of the API, or `sandbox`."""
    connect_timeout: float = 5.0
    read_timeout: float = 8.0
    """Seconds for which X may be silent; a whole answer may take four times as long."""
    retries: int = 3
    """How often a request is sent again after a 5xx answer or a broken connection."""
    backoff: float = 1.0
    """Seconds; the wait before retry n is up to backoff * 2**n, with jitter."""
    depth: int = 3200
    """How many of an account's newest posts the API shows; what is older cannot be read."""
    expand_referenced: bool = False
    """Ask for the reposted and quoted posts too; each is charged as a post read."""
    counts_archive: bool = False
    """Count accounts of mode `counts` from their beginning on, and days that were missed; each 31 days are a request
    at the price of all-time counts. People at risk are counted through it in any case, week by week."""


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    server: str = ""
    """Empty for Telegram itself, `host:port` for another server, or `sandbox`."""
    server_key: str = ""
    """PEM file of another server's public key, relative to the home or absolute."""
    timeout: float = 8.0
    """Seconds for one call."""
    pace: float = 1.0
    """Least seconds between two requests."""
    source: TelegramChoice = TelegramChoice.AUTO
    """Over the API, which needs a login, or over the public preview pages, which need nothing."""
    web_url: str = TELEGRAM_WEB
    """Base address of the preview pages, or `sandbox`."""
    web_pace: float = LEAST_WEB_PACE
    """Least seconds between two requests for pages; less than LEAST_WEB_PACE only on this machine."""


@dataclass(frozen=True, slots=True)
class VisitSettings:
    """When accounts are visited. Lengths in seconds."""

    requests_a_day: float = 24.0
    """For each account, on average: a platform's share them so that posts are collected as soon as possible."""
    shortest_interval: int = 5 * MINUTE
    longest_interval: int = DAY
    """The floor: no account is left alone longer, whatever requests that takes."""
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
    """At-risk subjects are reported only in groups of at least so many; less than SMALLEST_GROUP is an override."""


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
class RefreshSettings:
    """Reading known posts again, by their ids."""

    on: bool = True
    ages: tuple[int, ...] = (DAY, 7 * DAY, 30 * DAY)
    """Seconds after its publication at which a post is read again; ascending."""
    sweep: int = DAY
    """How often X is asked which of all stored posts it has deleted. Seconds."""
    forget_deleted: bool = False
    """Remove the texts of posts that were deleted on Telegram too; on X that is always done, as X demands."""


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long what was collected is kept, in seconds; None: for ever."""

    raw_answers: int | None = None
    """Of named accounts, from when they were asked for; of people at risk there are none."""
    texts: int | None = None
    """From when a post was first collected; the raw answers of that time, which hold texts too, go with them."""
    at_risk_weeks: int | None = None
    """Everything known of a past week of people at risk."""


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """Who stamps the heads of the run log, if somebody is asked to."""

    stamp_url: str = ""
    """Address of a time stamp authority (RFC 3161); empty: none."""


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """US dollars, as of 2026-11."""

    post: float = 0.005
    user: float = 0.010
    counts_recent: float = 0.005
    """A request for the counts of the last seven days."""
    counts_all: float = 0.010
    """A request for counts of the whole archive."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much may be spent in a period: millionths of a US dollar, or reads."""

    amount: int
    dollars: bool

    def __str__(self) -> str:
        if not self.dollars:
            return f"{self.amount:,} reads"
        exact = self.amount / 1_000_000
        return (
            f"{exact:.6f}".rstrip("0") + " dollars" if exact < 1 and self.amount % 10_000 else f"{exact:,.2f} dollars"
        )


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """The most that may be spent in a UTC day and in a UTC month; None: no limit but the platform's own.

    A read is a post, a user or a request for counts on X, a request on Telegram.
    """

    x_per_day: Allowance | None = None
    x_per_month: Allowance | None = None
    telegram_per_day: Allowance | None = None
    telegram_per_month: Allowance | None = None


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """By which way platforms are reached. With a password, a proxy is a credential: see `credentials.proxy`."""

    x: Proxy | None = None
    telegram: Proxy | None = None
    others_directly: bool = False
    """Let pass by the proxies what cannot go through them: alerts and, where only an MTProxy is set, the ping and
    stamps. Else these are not sent."""
    from_environment: bool = False
    """Use what HTTPS_PROXY and ALL_PROXY say where nothing else is set; else they are not looked at."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    format: LogFormat = LogFormat.AUTO


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """Whom the daemon tells how it is."""

    ping_url: Secret | None = None
    """Asked by GET after good ticks; or as a credential: `TRACKER_PING_URL`."""
    ping_interval: int = 5 * MINUTE
    """Least seconds between two pings."""
    metrics_file: str = ""
    """For Prometheus' node_exporter; within the home, or absolute. Empty: none."""


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
    refresh: RefreshSettings = RefreshSettings()
    retention: RetentionSettings = RetentionSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    prices: PriceSettings = PriceSettings()
    budget: BudgetSettings = BudgetSettings()
    proxy: ProxySettings = ProxySettings()
    log: LogSettings = LogSettings()
    health: HealthSettings = HealthSettings()

    def zone(self, country: str) -> str:
        """The zone in which the country's days are counted."""
        return self.zones.get(country, self.default_zone)
