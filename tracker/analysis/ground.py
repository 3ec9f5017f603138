"""What ground the figures stand on: for each account and week, what was looked at, how, and what is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tracker.analysis.at_risk import group_name, pool, without_thin_weeks
from tracker.analysis.counting import Flags, Times, length_before
from tracker.analysis.exposures import Exposures
from tracker.analysis.ground_report import (
    LOOKED_AT,
    MISSING,
    Gap,
    Ground,
    GroundReport,
    GroundRow,
    Grounds,
    GroundWeek,
    Parts,
    StoredHole,
)
from tracker.analysis.ground_words import definitions
from tracker.analysis.periods import edges_of, periods_of
from tracker.analysis.question import Selection
from tracker.analysis.series import Series, WeekSeries
from tracker.analysis.units import Unit, is_at_risk, sight_of, unit_of, whole_weeks
from tracker.analysis.window import window_notes
from tracker.config.settings import Settings
from tracker.domain.instants import day_of
from tracker.domain.intervals import BEGINNING, NEVER, Interval, Intervals, span
from tracker.domain.outcomes import SUCCESSES
from tracker.domain.subjects import Listing
from tracker.domain.wording import are, plural
from tracker.domain.words import Every

__all__ = [
    "Ground",
    "GroundReport",
    "GroundRow",
    "GroundWeek",
    "Grounds",
    "Gap",
    "Parts",
    "StoredHole",
    "divided",
    "ground",
    "missing",
]


@dataclass(frozen=True, slots=True)
class _Account:
    """One account with the grounds of the time asked for, in the order of `Ground`; they are disjoint."""

    series: Series
    listings: tuple[Listing, ...]
    zone: str
    grounds: tuple[Intervals, ...]

    @property
    def asked(self) -> Intervals:
        return Intervals.of(part for intervals in self.grounds for part in intervals)


def ground(
    series: Sequence[Series], grounds: Sequence[Grounds], settings: Settings, selection: Selection
) -> GroundReport:
    """Divide each account's listed life in the time asked for by how it is known; `grounds` are the series'.

    Weeks are those of the subject's zone. People at risk appear as groups only.
    """
    accounts = [
        account
        for one, known in zip(series, grounds, strict=True)
        if (account := _account(one, known, settings, selection)) is not None
    ]
    named = [account for account in accounts if not is_at_risk(account.series)]
    rows = [_row(account, known, selection) for account, known in _with_grounds(named, series, grounds)]
    rows.sort(key=_worst_first)
    groups, suppressed = _groups([one for one in accounts if is_at_risk(one.series)], settings, selection)
    notes = (*window_notes(series, selection), *_notes(rows, len(groups), suppressed, settings))
    return GroundReport(selection.as_of, (*rows, *groups), definitions(settings), notes)


def divided(asked: Intervals, known: Grounds) -> tuple[Intervals, ...]:
    """The time asked for, in the order of `Ground`. What is covered is no hole, whatever the ledger says besides."""
    live = known.live & asked
    backfilled = (known.backfilled & asked) - live
    imported = (known.imported & asked) - live - backfilled
    counted = (known.counted & asked) - live - backfilled - imported
    left = asked - live - backfilled - imported - counted
    truncated = left & _holes(known, unreachable=True)
    unproven = (left & _holes(known, unreachable=False)) - truncated
    return live, backfilled, imported, counted, truncated, unproven, left - truncated - unproven


def missing(
    series: Series, known: Grounds, settings: Settings, selection: Selection
) -> tuple[tuple[Ground, Gap], ...]:
    """Every stretch of the time asked for that was not looked at, and which of the grounds it is; oldest first."""
    account = _account(series, known, settings, selection)
    if account is None:
        return ()
    found = [
        (which, Gap(*part))
        for which, parts in zip(MISSING, account.grounds[len(LOOKED_AT) :], strict=True)
        for part in parts
    ]
    beyond = _open_hole(series, known)
    if beyond is not None and selection.since is None:
        which = Ground.TRUNCATED if beyond.unreachable else Ground.UNPROVEN
        found.append((which, Gap(None, beyond.until)))
    return tuple(sorted(found, key=lambda one: (one[1].until, one[0])))


def _holes(known: Grounds, *, unreachable: bool) -> Intervals:
    return Intervals.of(
        (BEGINNING if hole.since is None else hole.since, hole.until)
        for hole in known.holes
        if hole.unreachable is unreachable
    )


def _account(series: Series, known: Grounds, settings: Settings, selection: Selection) -> _Account | None:
    listings = tuple(listing for listing in series.observed.account.listings if selection.asks_for(listing))
    if not listings:
        return None
    asked = Intervals.of(_asked(series, listing, known, settings, selection) for listing in listings)
    return _Account(series, listings, settings.zone(listings[-1].country), divided(asked, known))


def _asked(series: Series, listing: Listing, known: Grounds, settings: Settings, selection: Selection) -> Interval:
    """Empty where nobody knows when the account began."""
    bounds = selection.bounds(listing)
    if isinstance(series, WeekSeries):
        bounds = whole_weeks(bounds, settings.zone(listing.country), series.observed.last_look)
    window = sight_of(series, bounds, settings.report.freshness).window
    if _open_hole(series, known) is not None and selection.since is not None:
        window = Interval(bounds.since, window.until)
    return window if window.since != BEGINNING else Interval(BEGINNING, BEGINNING)


def _open_hole(series: Series, known: Grounds) -> StoredHole | None:
    """The hole that reaches down to the unknown beginning of the account."""
    if series.observed.created_at is not None:
        return None
    return next((hole for hole in known.holes if hole.since is None), None)


def _with_grounds(
    accounts: Iterable[_Account], series: Sequence[Series], grounds: Sequence[Grounds]
) -> Iterator[tuple[_Account, Grounds]]:
    by_series = {id(one): known for one, known in zip(series, grounds, strict=True)}
    for account in accounts:
        yield account, by_series[id(account.series)]


def _row(account: _Account, known: Grounds, selection: Selection) -> GroundRow:
    latest, observed = account.listings[-1], account.series.observed
    mondays, by_week = _weekly([account], _first_day([account], selection), selection)
    parts = Parts(tuple(one.length for one in account.grounds))
    halted = observed.ended not in SUCCESSES and (parts.missing or not parts.asked)
    return GroundRow(
        subject=latest.subject,
        name=latest.name,
        role=latest.role,
        country=latest.country,
        platform=latest.platform,
        handle=latest.handle,
        at_risk=False,
        accounts=1,
        zone=account.zone,
        parts=parts,
        longest_hole=_longest_hole(account, known, selection),
        last_look=observed.last_look,
        cause=observed.ended if halted else None,
        mondays=mondays,
        by_week=by_week[0],
    )


def _longest_hole(account: _Account, known: Grounds, selection: Selection) -> Gap | None:
    open_hole = _open_hole(account.series, known)
    if open_hole is not None and selection.since is None:
        return Gap(None, open_hole.until)
    missing = Intervals.of(part for intervals in account.grounds[len(LOOKED_AT) :] for part in intervals)
    longest = max(missing, key=lambda part: part.length, default=None)
    return None if longest is None else Gap(*longest)


def _first_day(accounts: Iterable[_Account], selection: Selection) -> date | None:
    """The local day with which the time asked for begins, else on which the first account began."""
    starts = (
        (account.asked.since if selection.since is None else selection.since, account.zone) for account in accounts
    )
    return min((day_of(since, zone) for since, zone in starts if since is not None), default=None)


def _weekly(accounts: Sequence[_Account], first: date | None, selection: Selection) -> tuple[tuple[date, ...], Times]:
    """The weeks from the first day on, and for each account, ground and week the seconds."""
    if first is None:
        return (), np.zeros((len(accounts), len(Ground), 0), np.int64)
    last = max(day_of(selection.end - 1, account.zone) for account in accounts)
    weeks = periods_of(first, last, Every.WEEK)
    seconds = [
        [np.diff(length_before(edges_of(weeks, account.zone), one)) for one in account.grounds]
        for account in accounts
    ]
    return tuple(week.first for week in weeks), np.array(seconds, np.int64)


def _groups(accounts: Sequence[_Account], settings: Settings, selection: Selection) -> tuple[list[GroundRow], int]:
    """The cells of people at risk, and how many subjects are in none."""
    exposures = Exposures(())
    units = [
        unit_of(one, listing, exposures.of(listing), selection, settings)
        for account, one in zip(accounts, without_thin_weeks([a.series for a in accounts], settings), strict=True)
        for listing in account.listings
    ]
    pooled = pool(units, settings.report.smallest_group)
    by_account = {id(account.series.observed.account): account for account in accounts}
    rows = []
    for cell in pooled.cells:
        parts = [_under(by_account[id(unit.observed.account)], unit) for unit in cell]
        rows.append(_group_row(cell, parts, settings.report.smallest_group, selection))
    return rows, pooled.suppressed


def _under(account: _Account, unit: Unit) -> _Account:
    """The account under one of its listings only."""
    window = span(*unit.sight.window) if unit.sight.window.since != BEGINNING else NEVER
    grounds = tuple(one & window for one in account.grounds)
    return _Account(account.series, (unit.listing,), account.zone, grounds)


def _group_row(cell: Sequence[Unit], accounts: Sequence[_Account], smallest: int, selection: Selection) -> GroundRow:
    first = cell[0].listing
    mondays, seconds = _weekly(accounts, _first_day(accounts, selection), selection)
    asked_by_subject: defaultdict[str, list[Flags]] = defaultdict(list)
    for account, of_account in zip(accounts, seconds, strict=True):
        asked_by_subject[account.listings[0].subject].append(of_account.sum(axis=0) > 0)
    subjects = np.sum([np.logical_or.reduce(flags) for flags in asked_by_subject.values()], axis=0)
    # A week in which the group was smaller says nothing, nor does when its first member began.
    enough = subjects >= smallest
    by_week = seconds.sum(axis=0) * enough
    begun = 0 if selection.since is not None else int(enough.argmax()) if enough.any() else enough.size
    return GroundRow(
        subject=None,
        name=group_name(cell),
        role=first.role,
        country=first.country,
        platform=first.platform,
        handle=None,
        at_risk=True,
        accounts=len({unit.observed.account.latest.account_key for unit in cell}),
        zone=accounts[0].zone,
        parts=Parts(tuple(by_week.sum(axis=1).tolist())),
        longest_hole=None,
        last_look=None,
        cause=None,
        mondays=mondays[begun:],
        by_week=by_week[:, begun:],
    )


def _worst_first(row: GroundRow) -> tuple[float, str, str, str]:
    covered = row.parts.covered
    return -1.0 if covered is None else covered, row.name.casefold(), row.platform, row.handle or ""


def _notes(rows: Sequence[GroundRow], groups: int, suppressed: int, settings: Settings) -> Iterator[str]:
    full = sum(row.parts.covered == 1 for row in rows)
    if rows:
        never = sum(row.last_look is None for row in rows)
        all_of_them = plural(len(rows), "account")
        yield f"Of {all_of_them}, {full} fully covered, {len(rows) - full} not; {never} never looked at."
    causes = Counter(row.cause.replace("_", " ") for row in rows if row.cause is not None)
    if causes:
        why = ", ".join(f"{cause} ({accounts})" for cause, accounts in sorted(causes.items()))
        yield f"Why the collector does not go on where time is missing, by accounts: {why}."
    if groups:
        yield "Rows of people at risk stand apart; rows of named subjects do not contain them."
    if suppressed:
        who = f"{plural(suppressed, 'subject')} at risk {are(suppressed)}"
        yield f"{who} left out, for want of a group of {settings.report.smallest_group}."
