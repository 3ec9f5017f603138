"""tracker cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import database_of, reading
from tracker.cli.options import AsJson, AsOf, Format, as_of_instant
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.showing import show
from tracker.domain.errors import UsageError
from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tracker.analysis.cost import CostReport
    from tracker.analysis.series import Series
    from tracker.config.home import Config
    from tracker.config.settings import Allowance, Settings
    from tracker.domain.instants import Instant
    from tracker.domain.words import Platform
    from tracker.reports.cost import Limit
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
    override: Override = False,
    reason: Reason = None,
) -> None:
    """What was spent, what the month will come to, and what each account costs.

    From the ledger: each request is set aside there before it is sent, and put right when its answer is stored.

    Example: tracker cost --plan --posts-a-day 5
    """
    from tracker.reports.cost import accounts_sheet, plan_sheet

    config = config_for(context, override, reason)
    now = as_of_instant(as_of, config, "UTC")
    if not config.watchlist.accounts:
        raise UsageError(f"{config.home.watchlist} lists nobody; add a row first")
    sheets = [plan_sheet(planned(config, now, posts_a_day))] if plan else []
    if not plan:
        report, spent, folded = spent_so_far(config, now, posts_a_day, past=as_of is not None)
        sheets = [spent, accounts_sheet(report, folded)]
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
) -> tuple[CostReport, Sheet, frozenset[Platform]]:
    """The cost of each account, and what the ledger says; `past`: as it was then, without what came later.

    And the platforms with so few people at risk that only whole dollars may be told of them.

    Raises StoreError if nothing is collected yet.
    """
    from tracker.analysis.at_risk import platforms_of_few
    from tracker.analysis.cost import cost as cost_of
    from tracker.domain.instants import DAY, month_around
    from tracker.reports.cost import spent_sheet

    listed, settings = config.watchlist.accounts, config.settings
    folded = platforms_of_few(listed, settings.report.smallest_group)
    day, (month, next_month) = now // DAY * DAY, month_around(now)
    until = now if past else next_month  # a rehearsal's clock may have gone on beyond where it starts
    with reading(config) as reader:
        this_month = list(_with_totals(reader.spent(month, until)))
        today = {(one.platform, one.endpoint): one for one in _with_totals(reader.spent(day, until))}
        on_accounts = {
            place: spent
            for place, spent in reader.spent_on(listed, month, until).items()
            if listed[place].platform not in folded
        }
        series = reader.series(listed)
    report = cost_of(series, on_accounts, settings, now, _days_left(now), posts_a_day)
    by_endpoint = {(one.platform, one.endpoint): one for one in this_month}
    limits = [limit for limit in _limits(settings, by_endpoint, today) if limit.platform not in folded]
    return report, spent_sheet(report, this_month, today, limits, folded), folded


def _with_totals(spent: Sequence[Spent]) -> Iterator[Spent]:
    """Each platform's endpoints, and then all of them together."""
    from itertools import groupby

    from tracker.store.costs import Spent

    for platform, some in groupby(spent, lambda one: one.platform):
        rows = list(some)
        yield from rows
        yield Spent(
            platform,
            "all",
            sum(row.requests for row in rows),
            sum(row.posts for row in rows),
            sum(row.users for row in rows),
            sum(row.micros for row in rows),
            sum(row.unsettled for row in rows),
        )


def _limits(
    settings: Settings, month: Mapping[tuple[str, str], Spent], today: Mapping[tuple[str, str], Spent]
) -> Iterator[Limit]:
    """The limits that are set, each with what is left of it."""
    from dataclasses import replace

    from tracker.reports.cost import Limit
    from tracker.store.costs import Spent

    for platform in ("x", "telegram"):
        for period, spent in (("day", today), ("month", month)):
            allowed: Allowance | None = getattr(settings.budget, f"{platform}_per_{period}")
            if allowed is None:
                continue
            one = spent.get((platform, "all"), Spent(platform, "all", 0, 0, 0, 0, 0))
            reads = one.posts + one.users if platform == "x" else one.requests
            left = replace(allowed, amount=max(0, allowed.amount - (one.micros if allowed.dollars else reads)))
            yield Limit(platform, f"{allowed} a {period}", str(left))


def _days_left(now: Instant) -> float:
    """Until the end of the calendar month (UTC)."""
    from tracker.domain.instants import DAY, month_around

    return (month_around(now)[1] - now) / DAY


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("cost")(cost)
