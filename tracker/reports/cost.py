"""What collecting costs, as sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.analysis.cost import MONTH, AccountCost, CostReport, Plan
from tracker.domain.words import Platform
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet, Value
from tracker.store.costs import Spent

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the settings, and what is left of it."""

    platform: str
    said: str
    left: str


def _dollars(key: str, meaning: str, rank: int = 0, heading: str = "") -> Column:
    return Column(key, Kind.NUMBER, heading, meaning=meaning, unit="US$", digits=3, rank=rank)


_SPENT = (
    Column("platform"),
    Column("request", meaning="What was asked for, as the platform calls it; all: the whole platform."),
    Column("requests", Kind.COUNT, meaning="Sent this calendar month (UTC).", rank=2),
    Column("posts_read", Kind.COUNT, meaning="Charged this month; a post read twice on a UTC day is charged once."),
    Column("users_read", Kind.COUNT, meaning="The same of profiles."),
    _dollars("today", "Spent since midnight UTC, in US dollars."),
    _dollars("this_month", "Spent since the first of the month, in US dollars."),
    _dollars(
        "month_end",
        "This month's dollars if the rest of it goes on as the accounts' rates say: spent, and for each day that is "
        "left a thirtieth of a planned month.",
    ),
    Column(
        "unsettled",
        Kind.COUNT,
        meaning="Requests of this month of which nobody knows whether they were answered; they count in full.",
        rank=3,
    ),
)
_ACCOUNTS = (
    Column("subject"),
    Column("handle", rank=4),
    Column("platform", rank=5),
    Column("mode", meaning="posts: each is read; counts: X is asked how many there were; off: not visited."),
    Column("posts_a_day", Kind.NUMBER, meaning="In the covered part of the last 30 days, or assumed."),
    Column("measured", Kind.FLAG, meaning="no: too little was seen, the rate is assumed.", rank=1),
    _dollars(
        "spent",
        "This calendar month, on the account's timeline or counts. Profiles, and posts read again for their "
        "counters, are asked for of many at once: they are no account's, see the table above. Empty: not told.",
    ),
    Column("posts_read", Kind.COUNT, meaning="Charged this month, on the account's timeline.", rank=2),
    _dollars("per_1000_posts", "spent ÷ posts_read × 1,000.", rank=3),
    _dollars("posts_month", f"US dollars for {MONTH} days in posts mode.", heading="posts, a month"),
    _dollars(
        "unrefreshed_month",
        "The same with counters as of the first reading only: [refresh] on = false.",
        rank=1,
        heading="posts without refresh, a month",
    ),
    _dollars("counts_month", f"US dollars for {MONTH} days in counts mode.", heading="counts, a month"),
    _dollars(
        "first_visit", "At most, once: the first visit of an account in posts mode reads what X still shows.", rank=1
    ),
)
PLAN = tuple(column for column in _ACCOUNTS if column.key not in ("spent", "posts_read", "per_1000_posts"))


def spent_sheet(
    report: CostReport,
    month: Sequence[Spent],
    today: Mapping[tuple[str, str], Spent],
    limits: Sequence[Limit],
    folded: frozenset[Platform] = frozenset(),
) -> Sheet:
    """What was spent; `today` by platform and endpoint.

    `folded` are the platforms with too few people at risk: of these only whole dollars are told, rounded up.
    """
    rows = []
    for bill in month:
        since_midnight = today[bill.platform, bill.endpoint].micros if (bill.platform, bill.endpoint) in today else 0
        if bill.platform in folded:
            if bill.endpoint == "all":
                whole_dollars = (-(-since_midnight // MILLION), -(-bill.micros // MILLION))
                rows.append(Row((bill.platform, "all", None, None, None, *map(float, whole_dollars), None, None)))
            continue
        whole = bill.endpoint == "all"
        spent = bill.micros / MILLION
        ahead = report.a_day * report.days_left if whole and bill.platform == Platform.X else 0.0
        values: tuple[Value, ...] = (
            bill.platform,
            bill.endpoint,
            bill.requests,
            bill.posts,
            bill.users,
            since_midnight / MILLION,
            spent,
            spent + ahead if whole else None,
            bill.unsettled,
        )
        rows.append(Row(values, strong=whole))
    said = [f"{limit.platform}: {limit.left} left of {limit.said}." for limit in limits]
    if not said and not folded:
        said = ["No limit is set: see [budget] in settings.toml."]
    if folded:
        said.append(
            "Few people at risk are listed: what they cost would say how much they post. So only whole dollars of "
            f"{', '.join(sorted(folded))} are told, rounded up, and no account's own."
        )
    nothing = [] if rows else ["Nothing has been spent this month."]
    return Sheet("spent", "Spent", report.as_of, _SPENT, tuple(rows), notes=(*nothing, *said))


def accounts_sheet(report: CostReport, folded: frozenset[Platform] = frozenset()) -> Sheet:
    """What each named account has cost, and would in each mode; on the `folded` platforms the former is not told."""
    return Sheet(
        "cost",
        "Cost by account",
        report.as_of,
        _ACCOUNTS,
        tuple(_row(one, whole=True, told=one.account.platform not in folded) for one in report.accounts),
        notes=report.notes,
    )


def plan_sheet(report: CostReport) -> Sheet:
    """What the watchlist would cost, before anything is spent; the sum of all accounts last."""
    rows = [_row(one, whole=False) for one in report.accounts]
    plans = [one.plan for one in report.accounts]
    if report.at_risk:
        name = f"{report.at_risk} accounts of people at risk"
        rows.append(Row((name, None, None, None, None, None, *_planned(report.plan_at_risk))))
        plans.append(report.plan_at_risk)
    together = Plan(
        sum(plan.posts for plan in plans),
        sum(plan.without_refresh for plan in plans),
        sum(plan.counts or 0.0 for plan in plans),
        sum(plan.first_visit for plan in plans),
    )
    rows.append(Row(("all", None, None, None, None, None, *_planned(together)), strong=True))
    rows.append(
        Row(
            ("as listed now", None, None, None, None, None, report.a_day * MONTH, None, None, None),
            strong=True,
        )
    )
    return Sheet("plan", f"What {MONTH} days would cost", report.as_of, PLAN, tuple(rows), notes=report.notes)


def _row(one: AccountCost, *, whole: bool, told: bool = True) -> Row:
    account = one.account
    head: tuple[Value, ...] = (
        account.subject,
        account.handle,
        account.platform,
        account.mode,
        one.posts_a_day,
        one.measured,
    )
    spent: tuple[Value, ...] = ()
    if whole:
        per_1000 = one.micros / 1000 / one.posts_read if one.posts_read else None
        spent = (one.micros / MILLION, one.posts_read, per_1000) if told else (None, None, None)
    return Row((*head, *spent, *_planned(one.plan)))


def _planned(plan: Plan) -> tuple[Value, ...]:
    return plan.posts, plan.without_refresh, plan.counts, plan.first_visit
