"""tracker cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import database_of, reading
from tracker.cli.options import AsJson, AsOf, Format, as_of_instant, require_number
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.showing import show
from tracker.domain.errors import UsageError
from tracker.domain.words import Platform
from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tracker.analysis.cost import CostReport, Paid
    from tracker.analysis.forecast import Limit
    from tracker.analysis.series import Series
    from tracker.config.home import Config
    from tracker.config.settings import Allowance, Settings
    from tracker.domain.instants import Instant
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
    """What was spent, what the month will come to, and what each account and figure costs.

    From the ledger: each request is set aside there before it is sent, and put right when its answer is stored.

    Example: tracker cost --plan --posts-a-day 5
    """
    from tracker.reports.cost import plan_sheets

    require_number(posts_a_day, "--posts-a-day")
    config = config_for(context, override, reason)
    now = as_of_instant(as_of, config, "UTC")
    if not config.watchlist.accounts:
        raise UsageError(f"{config.home.watchlist} lists nobody; add a row first")
    if plan:
        sheets = plan_sheets(planned(config, now, posts_a_day))
    else:
        sheets = spent_so_far(config, now, posts_a_day, past=as_of is not None)
    show(sheets, ReportFormat.JSON if as_json else format, False, Calendar.GREGORIAN)


def planned(config: Config, now: Instant, posts_a_day: float | None = None) -> CostReport:
    """The plan; from measured rates where there is a database, else from the assumed one."""
    from tracker.analysis.cost import cost as cost_of
    from tracker.runtime import presence

    listed = config.watchlist.accounts
    series: Sequence[Series]
    if database_of(config).exists() or presence.loss(config.home, database_of(config)):
        with reading(config) as reader:
            series, grounds = reader.series(listed), reader.grounds(listed)
    else:
        from tracker.analysis.ground_report import Grounds
        from tracker.store.series import unseen

        series, grounds = [unseen(account) for account in listed], [Grounds() for _ in listed]
    return cost_of(series, grounds, {}, config.settings, now, posts_a_day)


def spent_so_far(
    config: Config, now: Instant, posts_a_day: float | None = None, *, past: bool = False
) -> list[Sheet]:
    """What the ledger says: all, by figure, by account; `past`: as it was then, without what came later.

    Of platforms with so few people at risk that it would say how much they post, only whole dollars are told.

    Raises StoreError if nothing is collected yet.
    """
    from tracker.analysis.at_risk import platforms_of_few
    from tracker.analysis.cost import cost as cost_of
    from tracker.analysis.forecast import forecast
    from tracker.domain.instants import DAY, month_around
    from tracker.reports.cost import accounts_sheet, figures_sheet, spent_sheet

    listed, settings = config.watchlist.accounts, config.settings
    folded = platforms_of_few(listed, settings.report.smallest_group)
    day, (month, next_month) = now // DAY * DAY, month_around(now)
    until = now if past else next_month  # a rehearsal's clock may have gone on beyond where it starts
    with reading(config) as reader:
        this_month = list(_with_totals(reader.spent(month, until)))
        today = {(one.platform, one.endpoint): one for one in _with_totals(reader.spent(day, until))}
        paid = {
            place: _paid(spent)
            for place, spent in reader.spent_on(listed, month, until).items()
            if listed[place].platform not in folded
        }
        series, grounds = reader.series(listed), reader.grounds(listed)
    report = cost_of(series, grounds, paid, settings, now, posts_a_day)
    totals = {(one.platform, one.endpoint): one for one in this_month}
    limits = [limit for limit in _limits(settings, totals, today) if limit.platform not in folded]
    ahead = forecast(report, (next_month - now) / DAY, limits, settings.prices)
    figures = [] if Platform.X in folded else [figures_sheet(report, this_month)]
    return [
        spent_sheet(report, this_month, today, limits, ahead, folded),
        *figures,
        accounts_sheet(report, folded),
    ]


def _paid(spent: Iterable[Spent]) -> Paid:
    """What was paid for on one account."""
    from tracker.analysis.cost import Paid, added
    from tracker.analysis.prices import FIGURES, MILLION, Figure

    charged = [one for one in spent if one.endpoint in FIGURES]
    posts = sum(one.posts for one in charged if FIGURES[one.endpoint] is Figure.POSTS)
    return Paid(posts, added({FIGURES[one.endpoint]: one.micros / MILLION} for one in charged))


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
            sum(row.reads for row in rows),
        )


def _limits(
    settings: Settings, month: Mapping[tuple[str, str], Spent], today: Mapping[tuple[str, str], Spent]
) -> Iterator[Limit]:
    """The limits that are set, each with what is left of it."""
    from tracker.analysis.forecast import Limit

    budget = settings.budget
    for platform, a_day, a_month in (
        (Platform.X, budget.x_per_day, budget.x_per_month),
        (Platform.TELEGRAM, budget.telegram_per_day, budget.telegram_per_month),
    ):
        if a_day is not None:
            yield Limit(platform, a_day, "day", _left(platform, a_day, today))
        if a_month is not None:
            yield Limit(platform, a_month, "month", _left(platform, a_month, month))


def _left(platform: Platform, allowed: Allowance, spent: Mapping[tuple[str, str], Spent]) -> int:
    one = spent.get((platform, "all"))
    if one is None:
        return allowed.amount
    reads = one.reads if platform is Platform.X else one.requests
    return max(0, allowed.amount - (one.micros if allowed.dollars else reads))


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("cost")(cost)
