"""What collecting a watchlist costs: the rates of its accounts, times the prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median

from tracker.analysis.counted import COUNTED_EVERY
from tracker.analysis.counting import inside
from tracker.analysis.ground_report import Grounds, StoredHole
from tracker.analysis.prices import ARCHIVE_BEGINS, Figure
from tracker.analysis.series import Observed, PostSeries, Series
from tracker.config.crowding import KEY, RIGHT, crowded_out
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, Instant
from tracker.domain.intervals import span
from tracker.domain.subjects import ListedAccount
from tracker.domain.wording import are, plural
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
RECENT = 7 * DAY
"""What is not older than this X counts without asking its archive."""
COUNTED_AT_ONCE = 30 * DAY
"""How much of the past one request to the archive counts."""
DAYS_OF_A_WEEK = 7
"""People at risk are visited, or counted, once in so many."""


Dollars = Mapping[Figure, float]
"""By what they are spent on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an account costs in US dollars a month."""

    posts: float
    """Each read once."""
    counters: float
    """Posts read again, were that switched on."""
    profiles: float
    counts: float | None
    """None where the platform does not count."""
    first_visit: float
    """At most, once: as many posts as the platform shows."""

    @property
    def read(self) -> float:
        """In posts mode, each post read again at all ages."""
        return self.unrefreshed + self.counters

    @property
    def unrefreshed(self) -> float:
        """In posts mode, each post read once: counters are those of the first reading."""
        return self.posts + self.profiles

    @property
    def counted(self) -> float | None:
        """In counts mode."""
        return None if self.counts is None else self.counts + self.profiles

    def of(self, mode: Mode, *, refresh: bool) -> Dollars:
        """In one mode."""
        if mode is Mode.OFF:
            return {}
        if mode is Mode.COUNTS and self.counts is not None:
            return {Figure.COUNTS: self.counts, Figure.PROFILES: self.profiles}
        return {
            Figure.POSTS: self.posts,
            Figure.COUNTERS: self.counters if refresh else 0.0,
            Figure.PROFILES: self.profiles,
        }


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid for on one account, in this month."""

    posts: int = 0
    """Read, on its timeline."""
    dollars: Dollars = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.dollars.values())


@dataclass(frozen=True, slots=True)
class AccountCost:
    """What one named account costs."""

    account: ListedAccount
    posts_a_day: float
    measured: bool
    """Whether that was seen, else it is assumed."""
    plan: Plan
    paid: Paid
    behind: Dollars
    """At most what its first visit is still going to cost, its holes or its past, as the watchlist says now."""


@dataclass(frozen=True, slots=True)
class CostReport:
    """The accounts, and those of people at risk together."""

    as_of: Instant
    accounts: tuple[AccountCost, ...]
    at_risk: int
    """How many accounts of people at risk are collected."""
    plan_at_risk: Plan
    """Of all of them together."""
    a_month: Dollars
    """As the watchlist says now: without what is off or unverified."""
    notes: tuple[str, ...]

    @property
    def collected(self) -> tuple[AccountCost, ...]:
        """The named accounts that are visited as the watchlist says now."""
        return tuple(one for one in self.accounts if one.account.is_collected)

    @property
    def unverified(self) -> tuple[AccountCost, ...]:
        """The named accounts that would be visited if somebody had made sure of them."""
        return tuple(one for one in self.accounts if not one.account.verified and one.account.mode is not Mode.OFF)

    @property
    def behind(self) -> Dollars:
        """At most what first visits, holes and the uncounted past of named accounts are still going to cost."""
        return added(one.behind for one in self.accounts)


def cost(
    series: Iterable[Series],
    grounds: Iterable[Grounds],
    paid: Mapping[int, Paid],
    settings: Settings,
    as_of: Instant,
    posts_a_day: float | None = None,
) -> CostReport:
    """Each account's cost. `grounds` are the series', in their order; `paid` is by the place of the account in it.

    `posts_a_day` is assumed of accounts that were not covered long enough; None: the median of the others.
    """
    series = list(series)
    rates = [_rate(one, as_of) for one in series]
    measured = [rate for rate in rates if rate is not None]
    assumed = posts_a_day if posts_a_day is not None else median(measured) if measured else USUAL
    accounts: list[AccountCost] = []
    at_risk: list[Plan] = []
    as_listed: list[Dollars] = []
    for place, (one, rate, ground) in enumerate(zip(series, rates, grounds, strict=True)):
        account = one.observed.account
        known = assumed
        if account.protection is Protection.NAMED and rate is not None:
            known = rate  # of people at risk never: what is spent would tell how much they post
        plan = plan_of(account, known, settings)
        if account.protection is Protection.NAMED:
            behind = _behind(one, plan, known, ground.holes, settings, as_of)
            accounts.append(AccountCost(account, known, rate is not None, plan, paid.get(place, Paid()), behind))
        elif account.is_collected:
            at_risk.append(plan)
        if account.verified:
            as_listed.append(plan.of(account.mode, refresh=settings.refresh.on))
    accounts.sort(key=lambda one: (-one.plan.read, one.account.platform, one.account.handle.casefold()))
    notes = _notes(accounts, len(at_risk), assumed, posts_a_day is not None, bool(measured), settings, as_of)
    return CostReport(as_of, tuple(accounts), len(at_risk), together(at_risk), added(as_listed), tuple(notes))


def plan_of(account: ListedAccount, posts_a_day: float, settings: Settings) -> Plan:
    """What an account that posts so often costs. Telegram charges nothing."""
    if account.platform is not Platform.X:
        return Plan(0.0, 0.0, 0.0, None, 0.0)
    prices, at_risk = settings.prices, account.protection is Protection.AT_RISK
    # People at risk are visited once a week, and their profile is read then.
    looks = 1 / DAYS_OF_A_WEEK if at_risk else min(1.0, DAY / settings.visits.profile_interval)
    once = posts_a_day * prices.post
    again = 0 if at_risk else len(settings.refresh.ages)
    counted = prices.counts_all / DAYS_OF_A_WEEK if at_risk else prices.counts_recent / COUNTED_EVERY
    return Plan(
        once * MONTH,
        once * again * MONTH,
        looks * prices.user * MONTH,
        counted * MONTH,
        settings.x.depth * prices.post + prices.user,
    )


def together(plans: Iterable[Plan]) -> Plan:
    """The sum of plans. Where a platform does not count, it adds nothing there."""
    plans = list(plans)
    counts = [plan.counts for plan in plans if plan.counts is not None]
    return Plan(
        sum(plan.posts for plan in plans),
        sum(plan.counters for plan in plans),
        sum(plan.profiles for plan in plans),
        sum(counts) if counts else None,
        sum(plan.first_visit for plan in plans),
    )


def added(parts: Iterable[Dollars]) -> Dollars:
    """The sum, figure by figure."""
    total: defaultdict[Figure, float] = defaultdict(float)
    for part in parts:
        for figure, dollars in part.items():
            total[figure] += dollars
    return total


def _behind(
    one: Series, plan: Plan, posts_a_day: float, holes: Iterable[StoredHole], settings: Settings, as_of: Instant
) -> Dollars:
    """At most what is still to be paid for of the past. X shows no more posts than so many, and counts all."""
    account = one.observed.account
    if account.platform is not Platform.X or not account.is_collected:
        return {}
    if account.mode is Mode.COUNTS:
        requests = _uncounted(one.observed, as_of) if settings.x.counts_archive else 0
        return {Figure.COUNTS: requests * settings.prices.counts_all}
    if one.observed.last_look is None:
        return {Figure.POSTS: plan.first_visit}
    if not isinstance(one, PostSeries):
        return {}  # who is kept as at risk: their holes are theirs
    depth = settings.x.depth
    posts = sum(
        depth if hole.since is None else min(depth, posts_a_day * (hole.until - hole.since) / DAY)
        for hole in holes
        if not hole.unreachable
    )
    return {Figure.POSTS: min(depth, posts) * settings.prices.post}


def _uncounted(observed: Observed, as_of: Instant) -> int:
    """How many requests to the archive it takes to count what was neither read nor counted, at most."""
    begun = ARCHIVE_BEGINS if observed.created_at is None else observed.created_at
    missing = span(begun, as_of - RECENT) - observed.coverage
    return sum(ceil((part.until - part.since) / COUNTED_AT_ONCE) for part in missing.parts)


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


def _notes(
    accounts: Sequence[AccountCost],
    at_risk: int,
    assumed: float,
    given: bool,
    measured: bool,
    settings: Settings,
    as_of: Instant,
) -> Iterable[str]:
    unknown = sum(
        not one.measured for one in accounts if one.account.platform is Platform.X and one.account.is_collected
    )
    if unknown:
        why = "as --posts-a-day says" if given else "the median of the others" if measured else "an assumption"
        few = plural(unknown, "account")
        yield f"Of {few} too little was seen: {assumed:g} posts a day are taken for each, {why}."
    unverified = sum(not one.account.verified for one in accounts)
    if unverified:
        who = f"{plural(unverified, 'account')} {are(unverified)}"
        yield f"{who} unverified: not read before somebody has made sure of them."
    crowded = crowded_out(settings, [one.account for one in accounts])
    if crowded is not None:
        yield f"{KEY}: {crowded}; {RIGHT}."
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
        if settings.x.counts_archive:
            most = ceil((as_of - ARCHIVE_BEGINS) / COUNTED_AT_ONCE) * settings.prices.counts_all
            yield f"To count the past of each of them in counts mode costs at most ${most:,.2f} on top, once."
