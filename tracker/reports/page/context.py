"""What figures are read beside: the restrictions that were counted, with their sources."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.domain.instants import DAY, HOUR, Instant
from tracker.domain.restrictions import Edge, Restriction
from tracker.domain.subjects import ListedAccount
from tracker.reports.columns import Column
from tracker.reports.sheet import Row, Sheet

_COLUMNS = (
    Column("country"),
    Column("platform", meaning="* stands for all platforms: a shutdown of everything."),
    Column("kind", meaning="Throttled means slowed down; it is shown apart and never counted as restricted."),
    Column("scope", meaning="Whom it binds: the public, or officials and state bodies only."),
    Column("starts", meaning="The day, month or year in the country's time zone; about, where it is not exact."),
    Column("ends", meaning="The same; empty while it lasts."),
    Column("note", wraps=True),
    Column("source", wraps=True, meaning="Where it is known from."),
)


def restrictions_sheet(
    restrictions: Iterable[Restriction], accounts: Iterable[ListedAccount], as_of: Instant
) -> Sheet:
    """The restrictions that concern an account, in the order of country, platform and start."""
    concerned = {(listing.country, listing.platform) for account in accounts for listing in account.listings}
    used = [one for one in restrictions if any(one.concerns(*where) for where in concerned)]
    used.sort(key=lambda one: (one.country, one.platform, one.start.earliest, one.line))
    return Sheet(
        "restrictions",
        "Restrictions that concern the accounts of this page",
        as_of,
        _COLUMNS,
        tuple(Row(_values(one)) for one in used),
        () if used else ("No known restriction concerns the accounts of this page, so none of their posts counts.",),
    )


def _values(one: Restriction) -> tuple[str | None, ...]:
    return (
        one.country,
        one.platform,
        one.kind.value,
        one.scope.value.replace("_", " "),
        _edge(one.start, one.starts_as_written),
        _edge(one.end, one.ends_as_written),
        one.note or None,
        one.source or None,
    )


def _edge(edge: Edge, written: str) -> str | None:
    """The date as written; with "about" where it names a day and the edge may lie outside it."""
    names_a_day = len(written) >= len("2018-04-30")
    longest_day = DAY + HOUR
    return f"about {written}" if names_a_day and edge.latest - edge.earliest > longest_day else written or None
