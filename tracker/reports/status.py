"""How collection stands, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TextIO

from tracker.domain.instants import DAY, HOUR, MINUTE, Instant, iso
from tracker.domain.outcomes import PLATFORM_STOPS
from tracker.domain.wording import plural
from tracker.domain.words import Mode, Protection
from tracker.store.reader import AccountStatus

AT_RISK = "(at risk)"
"""In place of the handle of an at-risk subject."""


def status_json(accounts: Sequence[AccountStatus]) -> str:
    """One object; times in ISO 8601, lengths in seconds. At-risk accounts come without handle, id and post count."""
    return json.dumps({"accounts": [_as_json(account) for account in accounts]}, ensure_ascii=False, indent=2)


def _as_json(account: AccountStatus) -> dict[str, object]:
    at_risk = account.protection is Protection.AT_RISK
    return {
        "subject": account.subject,
        "platform": account.platform,
        "handle": None if at_risk else account.handle,
        "platform_id": None if at_risk or account.platform_id is None else str(account.platform_id),
        "at_risk": at_risk,
        "collected": account.collected,
        "mode": account.mode,
        "state": account.state,
        "state_since": _time(account.state_since),
        "last_visit": _time(account.last_visit_at),
        "last_outcome": account.last_outcome,
        "last_detail": account.last_detail,
        "source": account.source,
        "next_visit": _time(account.next_visit_at),
        "posts": account.posts,
        "deleted": account.deleted,
        "edited": account.edited,
        "set_aside": account.set_aside,
        "coverage": [[_time(since), _time(until)] for since, until in account.coverage],
        "holes": account.holes,
        "holes_beyond_reach": account.unreachable,
        "longest_hole": account.longest_hole,
    }


def _time(instant: Instant | None) -> str | None:
    return None if instant is None else iso(instant)


def status_table(accounts: Sequence[AccountStatus], now: Instant, out: TextIO) -> None:
    """Write a table of one line an account, with totals below."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out, width=None if out.isatty() else 140, highlight=False, markup=False, emoji=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("subject", "platform", "handle"):
        table.add_column(heading, no_wrap=True)
    table.add_column("last visit", no_wrap=True)
    table.add_column("outcome")
    table.add_column("next visit", no_wrap=True)
    table.add_column("posts", justify="right")
    table.add_column("covered", no_wrap=True)
    table.add_column("holes", justify="right")
    for account in accounts:
        table.add_row(*(Text(cell) for cell in _cells(account, now)))
    console.print(table)
    known = [account.posts for account in accounts if account.posts is not None]
    never = sum(account.collected and account.last_visit_at is None for account in accounts)
    console.print(
        f"{plural(len(accounts), 'account')}, {plural(sum(known), 'post')} of named subjects; "
        f"{sum(not account.collected for account in accounts):,} listed or once listed but not collected, "
        f"{never:,} not visited yet, {sum(account.holes > 0 for account in accounts):,} with holes."
    )
    console.print(
        f"Seen since: {sum(account.deleted for account in accounts):,} posts deleted (and counted all the same), "
        f"{sum(account.edited for account in accounts):,} edited."
    )
    drifted = {account.platform: 0 for account in accounts if account.set_aside}
    for account in accounts:
        if account.set_aside:
            drifted[account.platform] += account.set_aside
    for platform, items in sorted(drifted.items()):
        console.print(
            f"{platform}: {items:,} items were not as expected and set aside (table set_aside says why); "
            "if that goes on, the platform has changed its answers: look for a newer version of the tracker."
        )


def _cells(account: AccountStatus, now: Instant) -> tuple[str, ...]:
    at_risk = account.protection is Protection.AT_RISK
    outcome = (account.state or account.last_outcome or "").replace("_", " ")
    since, until = account.coverage.since, account.coverage.until
    gaps = ", with gaps" if len(account.coverage.parts) > 1 else ""
    return (
        account.subject,
        account.platform,
        AT_RISK if at_risk else account.handle,
        "never" if account.last_visit_at is None else f"{_length(now - account.last_visit_at)} ago",
        outcome if account.collected else "not collected",
        _next(account, now),
        _posts(account),
        "nothing" if since is None or until is None else f"{iso(since)[:10]} – {iso(until)[:10]}{gaps}",
        _holes(account),
    )


def _posts(account: AccountStatus) -> str:
    if account.posts is not None:
        return f"{account.posts:,}"
    if account.protection is Protection.AT_RISK:
        return "not shown"
    return "counted" if account.mode is Mode.COUNTS and account.coverage else "no data"


def _holes(account: AccountStatus) -> str:
    if not account.holes:
        return ""
    longest = "unknown length" if account.longest_hole is None else _length(account.longest_hole)
    return f"{account.holes} ({longest})"


def _next(account: AccountStatus, now: Instant) -> str:
    """When it is visited next; of one that is due and may not be asked for yet no time is known here."""
    if account.next_visit_at is None:
        return ""
    if account.next_visit_at <= now and account.last_outcome in PLATFORM_STOPS:
        return "as soon as it may"
    return _until(account.next_visit_at - now)


def _until(seconds: int) -> str:
    return "now" if seconds <= 0 else f"in {_length(seconds)}"


def _length(seconds: int) -> str:
    """A length in its largest unit, rounded down."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{max(seconds, 0)} s"
