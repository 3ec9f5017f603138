"""What the rest of a month will cost: what is planned, as far as the limits let it be spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Literal

from tracker.analysis.cost import MONTH, CostReport, Dollars, added
from tracker.analysis.prices import MILLION, Figure
from tracker.config.settings import Allowance, PriceSettings
from tracker.domain.words import Platform


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the settings, and what is left of it today or this month (UTC)."""

    platform: Platform
    allowed: Allowance
    period: Literal["day", "month"]
    left: int
    """Millionths of a US dollar, or reads, as it is allowed in."""

    def until(self, days_left: float) -> int:
        """How much it lets through until a month is over of which so many days are left, today's rest included."""
        later = ceil(days_left) - 1 if self.period == "day" else 0
        return self.left + self.allowed.amount * max(0, later)


@dataclass(frozen=True, slots=True)
class Forecast:
    """US dollars until the end of the calendar month (UTC)."""

    wanted: float
    """What the accounts' rates ask for, with first visits and holes at their most."""
    allowed: float
    """So much of it as the limits let be spent."""


def forecast(report: CostReport, days_left: float, limits: Iterable[Limit], prices: PriceSettings) -> Forecast:
    """What X will still charge in the days that are left of the month."""
    ahead = {figure: dollars * days_left / MONTH for figure, dollars in report.a_month.items()}
    rest = added((ahead, report.behind))
    wanted = sum(rest.values())
    share = 1.0
    for limit in limits:
        if limit.platform is Platform.X:
            needed = wanted * MILLION if limit.allowed.dollars else _reads(rest, prices)
            share = min(share, limit.until(days_left) / needed if needed else 1.0)
    return Forecast(wanted, wanted * share)


def _reads(dollars: Dollars, prices: PriceSettings) -> float:
    """How many posts, profiles and requests for counts that is at most: those for counts of the archive cost more."""
    each = {
        Figure.POSTS: prices.post,
        Figure.COUNTERS: prices.post,
        Figure.PROFILES: prices.user,
        Figure.COUNTS: prices.counts_recent,
    }
    return sum(spent / each[figure] for figure, spent in dollars.items() if each.get(figure))
