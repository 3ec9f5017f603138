"""One page on one named subject: what is known of it, what it did, what bound it, and what was not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tracker.analysis.activity import activity
from tracker.analysis.activity_report import ActivityReport
from tracker.analysis.ground import Gap, Ground, Grounds, missing
from tracker.analysis.history import Followers, History
from tracker.analysis.influence import influence
from tracker.analysis.influence_report import Engagement, InfluenceReport, InfluenceRow
from tracker.analysis.question import Selection, UsageQuestion
from tracker.analysis.report import UsageReport
from tracker.analysis.series import Observed
from tracker.analysis.subject_words import definitions
from tracker.analysis.usage import usage
from tracker.analysis.window import window_notes
from tracker.config.settings import Settings
from tracker.domain.events import Event
from tracker.domain.instants import Instant
from tracker.domain.intervals import BEGINNING, span
from tracker.domain.restrictions import Bound, Restriction, binds
from tracker.domain.subjects import Listing
from tracker.domain.words import By, Every


@dataclass(frozen=True, slots=True)
class FollowerCount:
    """How many followed an account at one moment."""

    taken_at: Instant
    count: int


@dataclass(frozen=True, slots=True)
class SubjectAccount:
    """One account of the subject."""

    observed: Observed
    platform_id: int | None
    followers_first: FollowerCount | None
    followers_last: FollowerCount | None
    """In the time asked for; None: not counted in it."""
    deleted: int
    edited: int


@dataclass(frozen=True, slots=True)
class SubjectRestriction:
    """A restriction of one of the subject's platforms in the time asked for."""

    restriction: Restriction
    bound: Bound
    in_force: Bound
    """At the end of the time asked for."""


@dataclass(frozen=True, slots=True)
class SubjectGap:
    """A stretch of an account's time that nobody looked at."""

    listing: Listing
    ground: Ground
    gap: Gap


@dataclass(frozen=True, slots=True)
class SubjectReport:
    """Everything about one subject, section by section."""

    as_of: Instant
    subject: str
    zone: str
    listings: tuple[Listing, ...]
    """In order of time."""
    accounts: tuple[SubjectAccount, ...]
    activity: ActivityReport
    usage: UsageReport
    influence: InfluenceReport
    """Without ranks: among one there is none."""
    restrictions: tuple[SubjectRestriction, ...]
    gaps: tuple[SubjectGap, ...]
    events: tuple[Event, ...]
    definitions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def subject_report(
    histories: Sequence[History],
    grounds: Sequence[Grounds],
    platform_ids: Sequence[int | None],
    restrictions: Sequence[Restriction],
    events: Sequence[Event],
    settings: Settings,
    selection: Selection,
    *,
    solar_hijri: bool = False,
) -> SubjectReport:
    """The page on the subject whose named accounts these are; there is at least one.

    `grounds` and `platform_ids` are those of the histories, in their order.
    """
    series = [history.series for history in histories]
    listings = sorted(
        (listing for one in series for listing in one.observed.account.listings),
        key=lambda listing: (listing.until, listing.since, listing.platform, listing.handle),
    )
    latest = listings[-1]
    gaps = tuple(
        SubjectGap(one.observed.account.latest, which, gap)
        for one, known in zip(series, grounds, strict=True)
        for which, gap in missing(one, known, settings, selection)
    )
    return SubjectReport(
        as_of=selection.as_of,
        subject=latest.subject,
        zone=settings.zone(latest.country),
        listings=tuple(listings),
        accounts=tuple(
            _account(history, number, selection) for history, number in zip(histories, platform_ids, strict=True)
        ),
        activity=activity(
            series, restrictions, settings, selection, Every.MONTH, By.SUBJECT, solar_hijri=solar_hijri
        ),
        usage=usage(series, restrictions, settings, UsageQuestion.of(selection, By.ACCOUNT)),
        influence=_unranked(influence(histories, settings, selection)),
        restrictions=tuple(_restrictions(listings, restrictions, selection)),
        gaps=gaps,
        events=tuple(_events(listings, events, selection)),
        definitions=definitions(settings),
        notes=window_notes(series, selection),
    )


def _account(history: History, platform_id: int | None, selection: Selection) -> SubjectAccount:
    counted = history.followers
    since = BEGINNING if selection.since is None else selection.since
    first, beyond = np.searchsorted(counted.taken_at, (since, selection.end)).tolist()
    known = first < beyond
    return SubjectAccount(
        history.series.observed,
        platform_id,
        _count(counted, first) if known else None,
        _count(counted, beyond - 1) if known else None,
        history.deleted,
        history.edited,
    )


def _count(counted: Followers, place: int) -> FollowerCount:
    return FollowerCount(int(counted.taken_at[place]), int(counted.count[place]))


def _restrictions(
    listings: Sequence[Listing], restrictions: Sequence[Restriction], selection: Selection
) -> list[SubjectRestriction]:
    asked = span(BEGINNING if selection.since is None else selection.since, selection.end)
    found = []
    for restriction in restrictions:
        if not restriction.possible & asked:
            continue
        bounds = {
            binds(restriction.scope, listing.role, listing.residence)
            for listing in listings
            if restriction.concerns(listing.country, listing.platform)
        } - {Bound.NO}
        if bounds:
            bound = Bound.YES if Bound.YES in bounds else Bound.PERHAPS
            found.append(SubjectRestriction(restriction, bound, _in_force(restriction, selection.end - 1)))
    return sorted(found, key=lambda one: (one.restriction.start.earliest, one.restriction.line))


def _in_force(restriction: Restriction, at: Instant) -> Bound:
    if at in restriction.certain:
        return Bound.YES
    return Bound.PERHAPS if at in restriction.possible else Bound.NO


def _events(listings: Sequence[Listing], events: Sequence[Event], selection: Selection) -> list[Event]:
    since = BEGINNING if selection.since is None else selection.since
    found = [
        event
        for event in events
        if event.when.latest > since
        and event.when.earliest < selection.end
        and any(event.concerns(listing.country, listing.platform) for listing in listings)
    ]
    return sorted(found, key=lambda event: (event.when.earliest, event.id))


def _unranked(report: InfluenceReport) -> InfluenceReport:
    return replace(report, rows=tuple(map(_unranked_row, report.rows)))


def _unranked_row(row: InfluenceRow) -> InfluenceRow:
    def bare(engagement: Engagement | None) -> Engagement | None:
        if engagement is None:
            return None
        return replace(engagement, rank=None, rank_views=None, rank_views_per_subscriber=None)

    return replace(
        row,
        rank_followers=None,
        rank_followers_per_week=None,
        rank_posts=None,
        rank_originals=None,
        at_24h=bare(row.at_24h),
        at_7d=bare(row.at_7d),
    )
