"""tracker cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import config_of, database_of, reading
from tracker.cli.options import AsJson, AsOf, Format, as_of_instant
from tracker.cli.showing import show
from tracker.domain.errors import UsageError
from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tracker.analysis.cost import CostReport
    from tracker.analysis.series import Series
    from tracker.config.home import Config
    from tracker.config.settings import Allowance
    from tracker.domain.instants import Instant
    from tracker.domain.subjects import ListedAccount
    from tracker.reports.cost import Bill, Limit
    from tracker.reports.sheet import Sheet
    from tracker.store.costs import Spent


def cost(
    context: typer.Context,
    plan: Annotated[
        bool, typer.Option("--plan", help="What the watchlist would cost a month in each mode; spends nothing.")
    ] = False,
    posts_a_day: Annotated[
        float | None,
        typer.Option(metavar="N", min=0, max=10_000, help="Taken for accounts of which too little was seen yet."),
    ] = None,
    format: Format = ReportFormat.TABLE,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """What was spent, what the month will come to, and what each account costs.

    From the ledger: each request is set aside there before it is sent, and put right when its answer is stored.

    Example: tracker cost --plan --posts-a-day 5
    """
    from tracker.reports.cost import accounts_sheet, plan_sheet

    config = config_of(context)
    now = as_of_instant(as_of, config, "UTC")
    if not config.watchlist.accounts:
        raise UsageError(f"{config.home.watchlist} lists nobody; add a row first")
    sheets = [plan_sheet(planned(config, now, posts_a_day))] if plan else []
    if not plan:
        report, spent = spent_so_far(config, now, posts_a_day, past=as_of is not None)
        sheets = [spent, accounts_sheet(report)]
    show(sheets, ReportFormat.JSON if as_json else format, False, Calendar.GREGORIAN)


def planned(config: Config, now: Instant, posts_a_day: float | None = None) -> CostReport:
    """The plan; from measured rates where there is a database, else from the assumed one."""
    from tracker.analysis.cost import cost as cost_of

    listed = config.watchlist.accounts
    series: Sequence[Series]
    if database_of(config).exists():
        with reading(config) as reader:
            series = reader.series(listed)
    else:
        from tracker.store.series import unseen

        series = [unseen(account) for account in listed]
    return cost_of(series, {}, config.settings, now, _days_left(now), posts_a_day)


def spent_so_far(
    config: Config, now: Instant, posts_a_day: float | None = None, *, past: bool = False
) -> tuple[CostReport, Sheet]:
    """The cost of each account, and what the ledger says; `past`: as it was then, without what came later.

    Raises StoreError if nothing is collected yet.
    """
    from tracker.analysis.cost import cost as cost_of
    from tracker.domain.instants import DAY
    from tracker.reports.cost import Bill, spent_sheet
    from tracker.runtime.budget import month_around

    listed = config.watchlist.accounts
    day, (month, next_month) = now // DAY * DAY, month_around(now)
    until = now if past else next_month  # a rehearsal's clock may have gone on beyond where it starts
    with reading(config) as reader:
        this_month, today = reader.spent(month, until), reader.spent(day, until)
        on_accounts = reader.spent_on(listed, month, until)
        if few_at_risk(listed, config.settings.report.smallest_group):
            on_accounts = {}
        report = cost_of(reader.series(listed), on_accounts, config.settings, now, _days_left(now), posts_a_day)
    folded = few_at_risk(listed, config.settings.report.smallest_group)
    bills = list(_bills(this_month))
    of_today = {(bill.platform, bill.what): bill.micros for bill in _bills(today)}
    totals = {bill.platform: bill for bill in bills if bill.what == "all"}
    totals_today = {bill.platform: bill for bill in _bills(today) if bill.what == "all"}
    limits = []
    budget = config.settings.budget
    for platform in ("x", "telegram"):
        for period, spent in (("day", totals_today), ("month", totals)):
            allowed: Allowance | None = getattr(budget, f"{platform}_per_{period}")
            if allowed is not None:
                limits.append(_limit(platform, period, allowed, spent.get(platform, Bill(platform, "all"))))
    return report, spent_sheet(report, bills, of_today, [] if folded else limits, folded)


def few_at_risk(listed: Sequence[ListedAccount], smallest: int) -> frozenset[str]:
    """The platforms on which some people at risk are listed, but fewer than may be shown together.

    There what the named accounts have cost, taken from the whole, would say how much these few post.
    """
    from collections import defaultdict

    from tracker.domain.words import Protection

    people: defaultdict[str, set[str]] = defaultdict(set)
    for account in listed:
        if account.protection is Protection.AT_RISK:
            people[account.platform].add(account.subject)
    return frozenset(platform for platform, some in people.items() if len(some) < smallest)


def _bills(spent: Sequence[Spent]) -> Iterator[Bill]:
    """Each platform's endpoints, and then all of them together."""
    from itertools import groupby

    from tracker.reports.cost import Bill

    for platform, some in groupby(spent, lambda one: one.platform):
        rows = [
            Bill(platform, one.endpoint, one.requests, one.posts, one.users, one.micros, one.unsettled)
            for one in some
        ]
        yield from rows
        yield Bill(
            platform,
            "all",
            sum(row.requests for row in rows),
            sum(row.posts for row in rows),
            sum(row.users for row in rows),
            sum(row.micros for row in rows),
            sum(row.unsettled for row in rows),
        )


def _limit(platform: str, period: str, allowed: Allowance, spent: Bill) -> Limit:
    from dataclasses import replace

    from tracker.reports.cost import Limit

    used = spent.micros if allowed.dollars else spent.posts + spent.users if platform == "x" else spent.requests
    left = replace(allowed, amount=max(0, allowed.amount - used))
    return Limit(platform, f"{allowed} a {period}", str(left))


def _days_left(now: Instant) -> float:
    """Until the end of the calendar month (UTC)."""
    from tracker.domain.instants import DAY
    from tracker.runtime.budget import month_around

    return (month_around(now)[1] - now) / DAY


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("cost")(cost)
