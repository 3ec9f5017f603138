"""The report that the project exists for: who uses a platform that is banned where they are, and how often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Protocol

from tracker.analysis.at_risk import Pool, pool, without_thin_weeks
from tracker.analysis.definitions import definitions_of
from tracker.analysis.exposures import Exposures
from tracker.analysis.question import UsageQuestion
from tracker.analysis.report import Coverage, CoverageState, UsageReport, UsageRow
from tracker.analysis.rows import row_of
from tracker.analysis.series import Observed, Series
from tracker.analysis.units import Unit, unit_of
from tracker.analysis.window import window_notes
from tracker.config.settings import Settings
from tracker.domain.restrictions import Restriction
from tracker.domain.subjects import Listing
from tracker.domain.wording import are, plural
from tracker.domain.words import By

__all__ = ["By", "Coverage", "CoverageState", "UsageQuestion", "UsageReport", "UsageRow", "usage"]


def usage(
    series: Sequence[Series], restrictions: Sequence[Restriction], settings: Settings, question: UsageQuestion
) -> UsageReport:
    """Answer the question from all posts of the accounts up to `question.as_of`, with the coverage beneath them.

    The series must not be cut to the time asked for: a level looks further back.
    """
    exposures = Exposures(restrictions, question.kinds)
    units = [
        unit_of(one, listing, exposures.of(listing), question, settings)
        for one in without_thin_weeks(series, settings)
        for listing in one.observed.account.listings
        if question.asks_for(listing)
    ]
    named = [unit for unit in units if not unit.at_risk]
    pooled = pool((unit for unit in units if unit.at_risk), settings.report.smallest_group)
    groups = [*_groups(named, key_of(question.by)), *_groups_at_risk(pooled, question.by)]
    rows = sorted((row_of(group, question, settings) for group in groups), key=_busiest_first)
    notes = (*window_notes(series, question), *_notes(rows, pooled, settings))
    return UsageReport(question.as_of, question.by, definitions_of(question, settings), tuple(rows), notes)


def counted_note(rows: int) -> str:
    """What is said beside figures that rest on counts."""
    return (
        f"In {plural(rows, 'row')} X itself counted posts that nobody read (column counted): reposts are not "
        "included, so figures are at least what is said (≥)."
    )


class Grouped(Protocol):
    """One account under one of its listings."""

    @property
    def observed(self) -> Observed: ...

    @property
    def listing(self) -> Listing: ...


def key_of(by: By) -> Callable[[Grouped], Hashable]:
    """What members of one row have in common."""
    match by:
        case By.SUBJECT:
            return lambda unit: unit.listing.subject
        case By.ACCOUNT:
            return lambda unit: (unit.listing.subject, unit.observed.account.latest.account_key)
        case By.ROLE:
            return lambda unit: unit.listing.role
        case By.COUNTRY:
            return lambda unit: unit.listing.country
        case By.PLATFORM:
            return lambda unit: unit.listing.platform


def _groups(units: Iterable[Unit], key: Callable[[Grouped], Hashable]) -> list[list[Unit]]:
    groups: defaultdict[Hashable, list[Unit]] = defaultdict(list)
    for unit in units:
        groups[key(unit)].append(unit)
    return list(groups.values())


def _groups_at_risk(pooled: Pool, by: By) -> list[list[Unit]]:
    """The cells themselves in place of subjects and accounts, else the sums of those that share the key."""
    if by in (By.SUBJECT, By.ACCOUNT):
        return [list(cell) for cell in pooled.cells]
    return _groups((unit for cell in pooled.cells for unit in cell), key_of(by))


def _busiest_first(row: UsageRow) -> tuple[int, int, str, str]:
    label = row.name or row.role or row.country or row.platform or ""
    return (
        -1 if row.posts_restricted is None else -1 - row.posts_restricted,
        -1 if row.posts is None else -1 - row.posts,
        label,
        row.handle or "",
    )


def _notes(rows: Sequence[UsageRow], pooled: Pool, settings: Settings) -> Iterable[str]:
    lacking = sum(not row.known for row in rows)
    partial = sum(row.known and not row.complete for row in rows)
    if lacking or partial:
        yield (
            f"Of {len(rows)} rows, {len(rows) - lacking - partial} fully covered, {partial} at least what is said "
            f"(≥), {lacking} without data, which is not 0."
        )
    if by_count := sum(row.counted is not None for row in rows):
        yield counted_note(by_count)
    if pooled.cells:
        yield "Rows of people at risk stand apart; rows of named subjects do not contain them."
    if pooled.suppressed:
        yield (
            f"{plural(pooled.suppressed, 'subject')} at risk {are(pooled.suppressed)} left out of all "
            f"figures, for want of a group of {settings.report.smallest_group}."
        )
