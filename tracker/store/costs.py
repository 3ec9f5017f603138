"""What the ledger says was spent, for people to read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, text

from tracker.domain.instants import Instant
from tracker.store.spending import BY_REQUEST, LATE

# As in `spending`: what is not settled counts in full, and what was charged around midnight for both days.
IN_PERIOD = """
FROM ledger WHERE reserved_at <= :as_of AND reserved_at >= :since - :late
    AND (reserved_at >= :since OR settled_at >= :since OR settled_at IS NULL)
"""
BY_ENDPOINT = text(f"""
SELECT platform, endpoint, sum(requests), sum(posts), sum(users), sum(cost), sum(settled_at IS NULL),
    sum(posts + users + {BY_REQUEST})
{IN_PERIOD} GROUP BY platform, endpoint ORDER BY platform, endpoint
""")
BY_ACCOUNT = text(f"""
SELECT account_id, platform, endpoint, sum(requests), sum(posts), sum(users), sum(cost), sum(settled_at IS NULL),
    sum(posts + users + {BY_REQUEST})
{IN_PERIOD} AND account_id IS NOT NULL GROUP BY account_id, platform, endpoint ORDER BY account_id, endpoint
""")


@dataclass(frozen=True, slots=True)
class Spent:
    """What one endpoint has cost since the beginning of a day or month."""

    platform: str
    endpoint: str
    requests: int
    posts: int
    users: int
    micros: int
    """Millionths of a US dollar."""
    unsettled: int
    """Requests of which nobody knows whether they were answered; they count in full."""
    reads: int
    """What a limit in reads is about, on X."""


def read_spent(connection: Connection, since: Instant, as_of: Instant) -> list[Spent]:
    """By endpoint, in order; up to and with `as_of`."""
    return [Spent(*row) for row in connection.execute(BY_ENDPOINT, {"since": since, "as_of": as_of, "late": LATE})]


def read_spent_on_accounts(connection: Connection, since: Instant, as_of: Instant) -> dict[int, list[Spent]]:
    """By account and endpoint, with its share of the requests that asked for several; of people at risk nothing."""
    spent: defaultdict[int, list[Spent]] = defaultdict(list)
    for account, *row in connection.execute(BY_ACCOUNT, {"since": since, "as_of": as_of, "late": LATE}):
        spent[account].append(Spent(*row))
    return spent
