"""Whether a day's limit on X is so small that profiles leave nothing of it for anything else."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.config.settings import Allowance, Settings
from tracker.domain.instants import DAY
from tracker.domain.subjects import ListedAccount
from tracker.domain.wording import plural
from tracker.domain.words import Mode, Platform, Protection

SMALLEST_PAGE = 5
"""Posts: X gives no fewer for a request for a timeline."""
MILLION = 1_000_000
KEY = "budget.x_per_day"
RIGHT = "raise it, or visits.profile_interval"


def crowded_out(settings: Settings, accounts: Iterable[ListedAccount]) -> str | None:
    """Why no post is ever read, or nobody counted; None if the limit has room for it beside the profiles.

    Of people at risk profiles are read once a week.
    """
    limit = settings.budget.x_per_day
    on_x = [account for account in accounts if account.is_collected and account.platform is Platform.X]
    daily = sum(account.protection is Protection.NAMED for account in on_x)
    if limit is None or not daily or settings.visits.profile_interval > DAY:
        return None
    read = any(account.mode is Mode.POSTS for account in on_x)
    prices = settings.prices
    if limit.dollars:
        taken = daily * round(prices.user * MILLION)
        least = round((SMALLEST_PAGE * prices.post if read else prices.counts_recent) * MILLION)
    else:
        taken, least = daily, SMALLEST_PAGE if read else 1
    if taken + least <= limit.amount:
        return None
    profiles = Allowance(min(taken, limit.amount), limit.dollars)
    what = f"the fewest posts that X gives at once, {SMALLEST_PAGE}" if read else "a count"
    return (
        f"profiles of {plural(daily, 'account')} take {profiles} of {limit} a day; the rest is too little for {what}"
    )
