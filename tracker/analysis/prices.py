"""What reading costs: the platforms' price lists, applied."""

from __future__ import annotations

from enum import StrEnum

from tracker.config.settings import PriceSettings
from tracker.domain.instants import Instant
from tracker.domain.records import Cost, Spend
from tracker.domain.words import Platform

MILLION = 1_000_000
COUNTS_RECENT, COUNTS_ALL = "tweets/counts/recent", "tweets/counts/all"
"""The endpoints at which X charges for the request, whatever it brings."""

ARCHIVE_BEGINS: Instant = 1_142_899_200
"""2006-03-21: X began, and with it what its archive counts."""


class Figure(StrEnum):
    """What reading is paid for."""

    POSTS = "posts"
    """Usage, activity, silence, events: what was posted, and when."""
    COUNTS = "counts"
    """The same, where the platform was only asked how many posts there were."""
    COUNTERS = "counters"
    """Influence: known posts read again for their reactions and views, and for what was changed in them."""
    PROFILES = "profiles"
    """Followers, and who an account is."""


FIGURES = {
    "users/:id/tweets": Figure.POSTS,
    COUNTS_RECENT: Figure.COUNTS,
    COUNTS_ALL: Figure.COUNTS,
    "tweets": Figure.COUNTERS,
    "users": Figure.PROFILES,
    "users/by": Figure.PROFILES,
}
"""What each endpoint of X that is charged for brings."""


def cost_of(platform: Platform, endpoint: str, spend: Spend, prices: PriceSettings) -> Cost:
    """What one call of an endpoint costs, in millionths of a US dollar. Telegram charges nothing.

    Requests that were sent again because X was out of order are not charged.
    """
    if platform is not Platform.X:
        return Cost(spend)
    each = {COUNTS_RECENT: prices.counts_recent, COUNTS_ALL: prices.counts_all}.get(endpoint, 0.0)
    by_request = min(spend.requests, 1) if each else 0
    # Each price is rounded, not the sum: so that many small entries add up to one large one.
    priced = ((spend.posts, prices.post), (spend.users, prices.user), (by_request, each))
    return Cost(spend, sum(number * round(price * MILLION) for number, price in priced), by_request)
