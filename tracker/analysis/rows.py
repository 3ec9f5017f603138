"""From judged units to one row of figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import TypeVar

import numpy as np

from tracker.analysis.at_risk import group_name
from tracker.analysis.counting import longest_gap, union_size
from tracker.analysis.levels import level_of
from tracker.analysis.question import UsageQuestion
from tracker.analysis.report import Coverage, CoverageState, UsageRow
from tracker.analysis.units import Unit
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, WEEK, Instant, week_of
from tracker.domain.intervals import Intervals, span
from tracker.domain.words import By, PostKind

T = TypeVar("T")


def row_of(units: Sequence[Unit], question: UsageQuestion, settings: Settings) -> UsageRow:
    """The figures of the units together; they are all of named subjects or all at risk."""
    by, at_risk = question.by, units[0].at_risk
    fine = by in (By.SUBJECT, By.ACCOUNT)
    single = fine and not at_risk
    latest = max((unit.listing for unit in units), key=lambda listing: (listing.until, listing.since))
    country = shared(unit.listing.country for unit in units)
    known = [unit for unit in units if unit.known]
    read = [unit for unit in known if unit.read]
    first, last = _first_and_last(known, at_risk)
    return UsageRow(
        subject=latest.subject if single else None,
        name=latest.name if single else group_name(units) if at_risk else None,
        role=shared(unit.listing.role for unit in units) if fine or by is By.ROLE else None,
        country=country if fine or by is By.COUNTRY else None,
        platform=shared(unit.listing.platform for unit in units) if fine or by is By.PLATFORM else None,
        accounts=_accounts(units),
        posts=_total(unit.tally.posts for unit in known),
        posts_restricted=_total(unit.tally.restricted for unit in known),
        posts_uncertain=_total(unit.tally.uncertain for unit in known),
        originals=_total(unit.tally.kinds[PostKind.ORIGINAL] for unit in read),
        replies=_total(unit.tally.kinds[PostKind.REPLY] for unit in read),
        reposts=_total(unit.tally.kinds[PostKind.REPOST] for unit in read),
        quotes=_total(unit.tally.kinds[PostKind.QUOTE] for unit in read),
        active_days=None if at_risk else _active_days(known),
        per_week=_per_week(known),
        first_post=first,
        last_post=last,
        level=level_of(units, question.end, settings.report),
        coverage=coverage_of(units, single),
        posts_throttled=_total(unit.tally.throttled for unit in known),
        longest_gap_days=_longest_gap_days(units) if single else None,
        at_risk=at_risk,
        handle=units[0].observed.account.handle if single and by is By.ACCOUNT else None,
        zone=settings.default_zone if country is None else settings.zone(country),
        counted=_total(unit.tally.counted.total for unit in known if unit.sight.counted),
    )


def shared(values: Iterable[T]) -> T | None:
    """The value that all of them have, if they do."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _total(counts: Iterable[int]) -> int | None:
    """The sum; None of nothing, because "no data" is not 0."""
    counts = list(counts)
    return sum(counts) if counts else None


def _accounts(units: Iterable[Unit]) -> int:
    return len({unit.observed.account.latest.account_key for unit in units})


def _first_and_last(known: Sequence[Unit], at_risk: bool) -> tuple[Instant | date | None, Instant | date | None]:
    first = [(unit.tally.first, unit.zone) for unit in known if unit.tally.first is not None]
    last = [(unit.tally.last, unit.zone) for unit in known if unit.tally.last is not None]
    if not first:
        return None, None
    if at_risk:
        return min(week_of(*moment) for moment in first), max(week_of(*moment) for moment in last)
    return min(first)[0], max(last)[0]


def _active_days(known: Sequence[Unit]) -> int | None:
    return union_size([unit.tally.days for unit in known]) if known else None


def _per_week(known: Sequence[Unit]) -> float | None:
    covered = sum(unit.sight.covered.length for unit in known)
    return sum(unit.tally.in_coverage for unit in known) * WEEK / covered if covered >= DAY else None


def coverage_of(units: Sequence[Unit], single: bool) -> Coverage:
    """How much of the units' time was covered; `single`: they are one subject's.

    Units whose account did not exist in the time asked for have nothing to cover. Of people at risk no instants are
    said: the first and the last are those of one of them.
    """
    at_risk = any(unit.at_risk for unit in units)
    relevant = [unit.sight for unit in units if not unit.sight.empty]
    covered = [part for sight in relevant for part in sight.covered]
    silent = _accounts(units) - _accounts(unit for unit in units if unit.known)
    if relevant and all(sight.full for sight in relevant):
        state, share = CoverageState.FULL, 1.0
    elif covered:
        asked = sum(sight.length for sight in relevant)
        state, share = CoverageState.PARTIAL, sum(part.length for part in covered) / asked
    else:
        state, share = CoverageState.NONE, 0.0
    return Coverage(
        state,
        share,
        since=None if at_risk else min((part.since for part in covered), default=None),
        until=None if at_risk else max((part.until for part in covered), default=None),
        accounts_without_data=None if single else silent,
    )


def _longest_gap_days(units: Sequence[Unit]) -> float | None:
    """Over the posts of all units, where each of them is covered or not asked for."""
    relevant = [unit for unit in units if not unit.sight.empty]
    if not relevant:
        return None
    if len(relevant) == 1:
        gap = longest_gap(relevant[0].tally.times, relevant[0].sight.read)
    else:
        asked = reduce(or_, (span(*unit.sight.window) for unit in relevant))
        seen = reduce(and_, (_never_missed(unit) for unit in relevant), asked)
        gap = longest_gap(np.sort(np.concatenate([unit.tally.times for unit in relevant])), seen)
    return None if gap is None else gap / DAY


def _never_missed(unit: Unit) -> Intervals:
    return unit.sight.read | span(*unit.sight.window).complement()
