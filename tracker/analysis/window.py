"""What must be said of the time asked for: it begins before the coverage does, or nothing in it is covered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tracker.analysis.question import Selection
from tracker.analysis.series import Observed, Series
from tracker.analysis.units import is_at_risk
from tracker.domain.instants import iso
from tracker.domain.intervals import Intervals
from tracker.domain.wording import plural


def window_notes(series: Iterable[Series], selection: Selection) -> tuple[str, ...]:
    """Sentences for below the figures; none where the time asked for lies in the coverage.

    Dates are given of named accounts only: people at risk are spoken of in groups, and not here.
    """
    chosen = [one for one in series if any(map(selection.asks_for, one.observed.account.listings))]
    named = [one.observed for one in chosen if not is_at_risk(one)]
    if chosen and not named:
        return ("Only people at risk pass these filters; what is covered of them is said of whole groups only.",)
    return tuple(_notes(named, selection))


def _notes(named: Sequence[Observed], selection: Selection) -> Iterator[str]:
    covered = [one.coverage for one in named if one.coverage]
    if not any(_seen(one, selection) for one in named):
        yield _nothing(named, selection)
    elif selection.since is not None and (first := _first(covered)) is not None and selection.since < first:
        yield (
            f"The time asked for begins {iso(selection.since)}, before anything was looked at: coverage of the "
            f"chosen accounts begins {iso(first)}{_made_then(named, first)}."
        )


def _nothing(named: Sequence[Observed], selection: Selection) -> str:
    """What is missing, and what to do."""
    since = "the beginning" if selection.since is None else iso(selection.since)
    unconfirmed = sum(not one.account.verified and not one.coverage for one in named)
    never = sum(not one.coverage for one in named) - unconfirmed
    elsewhere = [one.coverage for one in named if one.coverage]
    parts = [
        f"{plural(unconfirmed, 'account')} listed as unverified and therefore not read" if unconfirmed else "",
        f"{plural(never, 'account')} never looked at" if never else "",
        f"{plural(len(elsewhere), 'account')} covered only {_outside(elsewhere)}" if elsewhere else "",
    ]
    what_to_do = (
        "Ask for a time that is covered, with --from and --until."
        if elsewhere
        else "`tracker collect` looks at them; `tracker status` says what has kept it."
        if never
        else "Write the numeric id into the watchlist once it is certain whose account it is."
    )
    return (
        f"Nothing is covered from {since} until {iso(selection.end)}: no figure is whole, and no data is not 0. "
        f"Of {plural(len(named), 'account')}: {'; '.join(part for part in parts if part)}. {what_to_do}"
    )


def _seen(one: Observed, selection: Selection) -> bool:
    """Whether some of the time asked for is covered while the account was listed as asked."""
    bounds = Intervals.of(selection.bounds(row) for row in one.account.listings if selection.asks_for(row))
    return bool(one.coverage & bounds)


def _outside(covered: Iterable[Intervals]) -> str:
    """Where the coverage lies, from its first instant to its last."""
    parts = [part for intervals in covered for part in intervals]
    return f"outside it, from {iso(min(parts).since)} until {iso(max(part.until for part in parts))}"


def _first(covered: Iterable[Intervals]) -> int | None:
    return min((intervals.since for intervals in covered if intervals.since is not None), default=None)


def _made_then(named: Iterable[Observed], first: int) -> str:
    made = [one.created_at for one in named if one.created_at is not None]
    return ", when the oldest of them was made" if made and min(made) == first else ""
