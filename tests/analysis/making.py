"""Short ways to make listings, restrictions and series. All names are generated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import numpy as np

from tracker.analysis.question import UsageQuestion
from tracker.analysis.report import UsageRow
from tracker.analysis.series import Observed, PostSeries, Series, WeekSeries
from tracker.analysis.usage import usage
from tracker.config.settings import ReportSettings, Settings
from tracker.domain.instants import Instant, from_iso
from tracker.domain.intervals import Intervals
from tracker.domain.restrictions import OPEN_END, Restriction, edge_of
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.words import (
    By,
    Platform,
    PostKind,
    Precision,
    Protection,
    Residence,
    RestrictionKind,
    Role,
    Scope,
)

SETTINGS = Settings(
    zones=MappingProxyType({"IR": "Asia/Tehran", "RU": "Europe/Moscow", "CN": "Asia/Shanghai"}),
    report=ReportSettings(),
)
NOW = from_iso("2024-06-01T00:00:00Z")
ORIGINAL, REPLY, REPOST, QUOTE = PostKind


def at(text: str) -> Instant:
    """The instant of `2024-05-01` or `2024-05-01 12:30`, in UTC."""
    return from_iso(text.replace(" ", "T") + ("Z" if " " in text else "T00:00:00Z"))


def listing(
    subject: str = "s1",
    role: Role = Role.OFFICIAL,
    country: str = "IR",
    residence: Residence = Residence.INSIDE,
    platform: Platform = Platform.X,
    number: int = 1,
    protection: Protection = Protection.NAMED,
) -> Listing:
    return Listing(
        subject=subject,
        name=f"Generated {subject}",
        name_native="",
        role=role,
        country=country,
        residence=residence,
        protection=protection,
        protection_reason="",
        platform=platform,
        handle=f"generated_{number}",
        platform_id=number,
        verified=True,
    )


def restriction(
    country: str,
    platform: str,
    starts: str,
    precision: Precision = Precision.DAY,
    ends: str | None = None,
    end_precision: Precision = Precision.DAY,
    kind: RestrictionKind = RestrictionKind.BLOCK,
    scope: Scope = Scope.PUBLIC,
    zone: str = "Asia/Tehran",
) -> Restriction:
    start = edge_of(date.fromisoformat(starts), precision, zone, 7)
    end = edge_of(date.fromisoformat(ends), end_precision, zone, 7) if ends else OPEN_END
    return Restriction(country, platform, kind, scope, start, end)


def observed(
    *listings: Listing,
    coverage: Iterable[tuple[Instant, Instant]] = (),
    created_at: Instant | None = None,
) -> Observed:
    covered = Intervals.of(coverage)
    return Observed(ListedAccount(listings), covered, created_at, covered.until, None)


def posts(seen: Observed, *made: tuple[Instant, PostKind]) -> PostSeries:
    ordered = sorted(made)
    return PostSeries(
        seen,
        np.array([moment for moment, _ in ordered], dtype=np.int64),
        np.array([kind for _, kind in ordered], dtype=np.uint8),
    )


def weeks(seen: Observed, *made: tuple[Instant, tuple[int, int, int, int]]) -> WeekSeries:
    return WeekSeries(
        seen,
        np.array([week for week, _ in made], dtype=np.int64),
        np.array([counts for _, counts in made], dtype=np.int64).reshape(-1, 4),
    )


def question(**asked: object) -> UsageQuestion:
    return replace(UsageQuestion(as_of=NOW), **asked)  # type: ignore[arg-type]  # the fields differ in type


def rows(
    series: Iterable[Series],
    restrictions: Iterable[Restriction] = (),
    settings: Settings = SETTINGS,
    **asked: object,
) -> tuple[UsageRow, ...]:
    return usage(list(series), list(restrictions), settings, question(**asked)).rows


def row(
    one: Series, restrictions: Iterable[Restriction] = (), settings: Settings = SETTINGS, **asked: object
) -> UsageRow:
    (only,) = rows([one], restrictions, settings, **{"by": By.SUBJECT, **asked})
    return only
