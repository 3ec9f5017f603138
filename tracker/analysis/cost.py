"""What collecting a watchlist costs: the rates of its accounts, times the prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tracker.analysis.counted import COUNTED_EVERY
from tracker.analysis.counting import inside
from tracker.analysis.series import PostSeries, Series
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, Instant
from tracker.domain.intervals import span
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Mode, Platform, Protection

MONTH = 30
"""Days of a planned month."""
WINDOW = 30 * DAY
"""How far back posts are counted to say how many an account makes in a day."""
ENOUGH = DAY
"""So much of it has to be covered."""
USUAL = 3.0
"""Posts a day of an account of which nothing is known, nor of any other: an assumption, to be replaced by
`--posts-a-day`."""
DAYS_OF_A_WEEK = 7
"""People at risk are visited, or counted, once in so many."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an account costs in US dollars a month, in each mode."""

    posts: float
    without_refresh: float
    """Read once and never again: counters are those of the first visit."""
    counts: float | None
    """None where the platform does not count."""
    first_visit: float
    """At most, once: as many posts as the platform shows."""

    def of(self, mode: Mode, *, refresh: bool) -> float:
        """In one mode."""
        if mode is Mode.OFF:
            return 0.0
        if mode is Mode.COUNTS and self.counts is not None:
            return self.counts
        return self.posts if refresh else self.without_refresh


@dataclass(frozen=True, slots=True)
class AccountCost:
    """What one named account costs."""

    account: ListedAccount
    posts_a_day: float
    measured: bool
    """Whether that was seen, else it is assumed."""
    plan: Plan
    posts_read: int = 0
    """This month."""
    micros: int = 0
    """Spent on its timeline or counts this month, in millionths of a US dollar."""


@dataclass(frozen=True, slots=True)
class CostReport:
    """The accounts, and those of people at risk together."""

    as_of: Instant
    accounts: tuple[AccountCost, ...]
    at_risk: int
    """How many accounts of people at risk there are."""
    plan_at_risk: Plan
    """Of all of them together."""
    assumed: float
    """Posts a day where nothing was measured."""
    days_left: float
    """Until the end of the calendar month, UTC."""
    refresh: bool
    notes: tuple[str, ...]

    @property
    def a_day(self) -> float:
        """US dollars, as the watchlist says now."""
        read = [one for one in self.accounts if one.account.verified]
        named = sum(one.plan.of(one.account.mode, refresh=self.refresh) for one in read)
        return (named + self._at_risk) / MONTH

    @property
    def _at_risk(self) -> float:
        return self.plan_at_risk.posts


def cost(
    series: Iterable[Series],
    spent: Mapping[int, tuple[int, int]],
    settings: Settings,
    as_of: Instant,
    days_left: float,
    posts_a_day: float | None = None,
) -> CostReport:
    """Each account's cost. `spent` is (posts read, millionths of a dollar) by the place of the account in `series`.

    `posts_a_day` is assumed of accounts that were not covered long enough; None: the median of the others.
    """
    series = list(series)
    rates = [_rate(one, as_of) for one in series]
    measured = [rate for rate in rates if rate is not None]
    assumed = posts_a_day if posts_a_day is not None else median(measured) if measured else USUAL
    accounts: list[AccountCost] = []
    at_risk: list[Plan] = []
    for place, (one, rate) in enumerate(zip(series, rates, strict=True)):
        account = one.observed.account
        if account.protection is Protection.AT_RISK:
            # Never from their own rate: what is spent would tell how much they post.
            plan = plan_of(account, assumed, settings)
            as_listed = plan.of(account.mode, refresh=False)
            at_risk.append(Plan(as_listed, as_listed, plan.counts, plan.first_visit))
            continue
        known = assumed if rate is None else rate
        plan = plan_of(account, known, settings)
        accounts.append(AccountCost(account, known, rate is not None, plan, *spent.get(place, (0, 0))))
    accounts.sort(key=lambda one: (-one.plan.posts, one.account.platform, one.account.handle.casefold()))
    notes = _notes(accounts, len(at_risk), assumed, posts_a_day is not None, bool(measured), settings)
    return CostReport(
        as_of,
        tuple(accounts),
        len(at_risk),
        _together(at_risk),
        assumed,
        days_left,
        settings.refresh.on,
        tuple(notes),
    )


def plan_of(account: ListedAccount, posts_a_day: float, settings: Settings) -> Plan:
    """What an account that posts so often costs. Telegram charges nothing."""
    if account.platform is not Platform.X:
        return Plan(0.0, 0.0, None, 0.0)
    prices, at_risk = settings.prices, account.protection is Protection.AT_RISK
    # People at risk are visited once a week, and their profile is read then.
    looks = 1 / DAYS_OF_A_WEEK if at_risk else min(1.0, DAY / settings.visits.profile_interval)
    profile = looks * prices.user
    once = posts_a_day * prices.post
    again = 0 if at_risk else len(settings.refresh.ages)
    counted = prices.counts_all / DAYS_OF_A_WEEK if at_risk else prices.counts_recent / COUNTED_EVERY
    return Plan(
        (once * (1 + again) + profile) * MONTH,
        (once + profile) * MONTH,
        (counted + profile) * MONTH,
        settings.x.depth * prices.post + prices.user,
    )


def _rate(one: Series, as_of: Instant) -> float | None:
    """Posts a day in the covered part of the last days; None if that is too short."""
    if not isinstance(one, PostSeries):
        return None
    window = span(as_of - WINDOW, as_of)
    covered = one.observed.coverage & window  # what the platform has counted included
    if covered.length < ENOUGH:
        return None
    posts = int(inside(one.posted_at, one.posted_at + 1, covered).sum())
    return (posts + one.counted.within(window.parts[0]).total) * DAY / covered.length


def _together(plans: Sequence[Plan]) -> Plan:
    counts = [plan.counts for plan in plans if plan.counts is not None]
    return Plan(
        sum(plan.posts for plan in plans),
        sum(plan.without_refresh for plan in plans),
        sum(counts) if counts else None,
        sum(plan.first_visit for plan in plans),
    )


def _notes(
    accounts: Sequence[AccountCost], at_risk: int, assumed: float, given: bool, measured: bool, settings: Settings
) -> Iterable[str]:
    unknown = sum(not one.measured for one in accounts if one.account.platform is Platform.X)
    if unknown:
        why = "as --posts-a-day says" if given else "the median of the others" if measured else "an assumption"
        yield f"Of {unknown} accounts too little was seen: {assumed:g} posts a day are taken for each, {why}."
    unverified = sum(not one.account.verified for one in accounts)
    if unverified:
        yield f"{unverified} accounts are unverified: not read, so not in what is listed now."
    ages = len(settings.refresh.ages)
    if settings.refresh.on:
        yield f"In posts mode each post is read {1 + ages} times: when it is found, and again at {ages} ages."
    if settings.x.expand_referenced:
        yield "Expanded posts come on top: x.expand_referenced is on."
    if at_risk:
        yield (
            "Accounts of people at risk are planned with the assumed rate, never with their own, and what was spent "
            "on them is in the sums of the platform only."
        )
