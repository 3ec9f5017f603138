"""What collecting costs, as sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracker.analysis.cost import MONTH, AccountCost, CostReport, Dollars, Plan, added, together
from tracker.analysis.forecast import Forecast, Limit
from tracker.analysis.prices import FIGURES, MILLION, Figure
from tracker.domain.wording import plural
from tracker.domain.words import Mode, Platform
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet, Value
from tracker.store.costs import Spent


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
        "What the whole calendar month will have cost: what is spent, for each day that is left a thirtieth of a "
        "planned month, and at most what first visits and holes of named accounts still ask for. No more than the "
        "limits let through.",
    ),
    Column(
        "unsettled",
        Kind.COUNT,
        meaning="Requests of this month of which nobody knows whether they were answered; they count in full.",
        rank=3,
    ),
)
_BY_FIGURE = (
    _dollars("posts", "For usage, activity, silence and events: timelines, each post read once."),
    _dollars("counts", "For the same of accounts in counts mode: how many posts there were."),
    _dollars("counters", "For influence: known posts read again, for their reactions and for what was changed."),
    _dollars("profiles", "For followers, and for who an account is."),
    _dollars("dollars", "All of these."),
)
_FIGURES = (Column("period", meaning="Of X only: Telegram charges nothing."), *_BY_FIGURE)
_WAYS = (
    Column(
        "way", meaning="How the accounts would be collected; who is off or unverified is in no sum but their own."
    ),
    *_BY_FIGURE,
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
        "This calendar month, on the account's posts, counters, profile and counts. Empty: not told.",
    ),
    _dollars("on_posts", "Of this, for posts on its timeline.", rank=3),
    _dollars("on_counters", "Of this, for posts read again.", rank=3),
    _dollars("on_profiles", "Of this, for its profile.", rank=3),
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
_PAID = ("spent", "on_posts", "on_counters", "on_profiles", "posts_read", "per_1000_posts")
PLAN = tuple(column for column in _ACCOUNTS if column.key not in _PAID)


def spent_sheet(
    report: CostReport,
    month: Sequence[Spent],
    today: Mapping[tuple[str, str], Spent],
    limits: Sequence[Limit],
    ahead: Forecast,
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
        values: tuple[Value, ...] = (
            bill.platform,
            bill.endpoint,
            bill.requests,
            bill.posts,
            bill.users,
            since_midnight / MILLION,
            spent,
            spent + (ahead.allowed if bill.platform == Platform.X else 0.0) if whole else None,
            bill.unsettled,
        )
        rows.append(Row(values, strong=whole))
    notes = [] if rows else ["Nothing has been spent this month."]
    for limit in limits:
        left = replace(limit.allowed, amount=limit.left)
        notes.append(f"{limit.platform}: {left} left of {limit.allowed} a {limit.period}.")
    if not limits and not folded:
        notes.append("No limit is set: see [budget] in settings.toml.")
    if Platform.X not in folded:
        notes += _ahead(report, ahead)
    if folded:
        notes.append(
            "Few people at risk are listed: what they cost would say how much they post. So only whole dollars of "
            f"{', '.join(sorted(folded))} are told, rounded up, and no account's own."
        )
    return Sheet("spent", "Spent", report.as_of, _SPENT, tuple(rows), notes=tuple(notes))


def _ahead(report: CostReport, ahead: Forecast) -> list[str]:
    """What the end of the month depends on."""
    notes = []
    behind = sum(report.behind.values())
    if behind:
        notes.append(f"The end of the month has up to ${behind:,.2f} in it for first visits and holes.")
    if ahead.allowed < ahead.wanted:
        notes.append(
            f"The limits let ${ahead.allowed:,.2f} through of ${ahead.wanted:,.2f} that the rest of the month would "
            "cost: posts will wait, and what X shows no longer by then stays a hole."
        )
    return notes


def figures_sheet(report: CostReport, month: Sequence[Spent]) -> Sheet:
    """What X has cost this month for each kind of figure, beside a planned month."""
    spent = added(
        {FIGURES[bill.endpoint]: bill.micros / MILLION}
        for bill in month
        if bill.platform == Platform.X and bill.endpoint in FIGURES
    )
    rows = (_by_figure("this month", spent), _by_figure(f"{MONTH} days, as listed now", report.a_month))
    return Sheet("figures", "Cost by figure", report.as_of, _FIGURES, rows)


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


def plan_sheets(report: CostReport) -> list[Sheet]:
    """What the watchlist would cost, before anything is spent: account by account, and all together in each way."""
    rows = [_row(one, whole=False) for one in report.accounts]
    if report.at_risk:
        name = f"{plural(report.at_risk, 'account')} of people at risk"
        rows.append(Row((name, None, None, None, None, None, *_planned(report.plan_at_risk))))
    title = f"What {MONTH} days would cost"
    accounts = Sheet("plan", f"{title}, by account", report.as_of, PLAN, tuple(rows), notes=report.notes)
    return [accounts, Sheet("month", f"{title} together", report.as_of, _WAYS, tuple(_ways(report)))]


def _ways(report: CostReport) -> list[Row]:
    """All together: as listed, and as they could be."""
    everybody = together((*(one.plan for one in report.collected), report.plan_at_risk))
    rows = [
        _by_figure("as listed now", report.a_month, strong=True),
        _by_figure("all read, and again for their counters", everybody.of(Mode.POSTS, refresh=True)),
        _by_figure("all read once", everybody.of(Mode.POSTS, refresh=False)),
        _by_figure("all counted", everybody.of(Mode.COUNTS, refresh=False)),
    ]
    if report.unverified:
        unverified = added(one.plan.of(one.account.mode, refresh=True) for one in report.unverified)
        rows.append(_by_figure("the unverified, if they were listed", unverified))
    first = report.behind
    if any(first.values()):
        rows.append(_by_figure("first visits and holes, once, at most", first))
        rows.append(_by_figure("first month, at most", added((report.a_month, first)), strong=True))
    return rows


def _by_figure(name: str, spent: Dollars, *, strong: bool = False) -> Row:
    order = (Figure.POSTS, Figure.COUNTS, Figure.COUNTERS, Figure.PROFILES)
    return Row((name, *(spent.get(figure, 0.0) for figure in order), sum(spent.values())), strong=strong)


def _row(one: AccountCost, *, whole: bool, told: bool = True) -> Row:
    account, paid = one.account, one.paid
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
        per_1000 = paid.total * 1000 / paid.posts if paid.posts else None
        parts = (paid.dollars.get(figure, 0.0) for figure in (Figure.POSTS, Figure.COUNTERS, Figure.PROFILES))
        spent = (paid.total, *parts, paid.posts, per_1000) if told else (None,) * len(_PAID)
    return Row((*head, *spent, *_planned(one.plan)))


def _planned(plan: Plan) -> tuple[Value, ...]:
    return plan.read, plan.unrefreshed, plan.counted, plan.first_visit
