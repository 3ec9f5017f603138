"""The page on one subject: a sheet for each section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tracker.analysis.subject import FollowerCount, SubjectReport
from tracker.domain.instants import DAY, Instant
from tracker.domain.intervals import BEGINNING, FOREVER
from tracker.reports.activity import activity_sheet
from tracker.reports.columns import Column, Kind
from tracker.reports.influence import influence_sheet
from tracker.reports.sheet import Row, Sheet, Value
from tracker.reports.usage import usage_sheet

_WHO = (
    Column("subject"),
    Column("name", wraps=True),
    Column("name_native", wraps=True, rank=1),
    Column("role"),
    Column("country"),
    Column("residence", rank=2),
    Column("platform"),
    Column("handle"),
    Column("listed_from", Kind.DAY, rank=3),
    Column("listed_until", Kind.DAY, rank=3),
    Column("source", wraps=True, rank=4),
)
_ACCOUNTS = (
    Column("platform"),
    Column("platform_id", Kind.ID, rank=4),
    Column("handle"),
    Column("state", rank=1),
    Column("state_since", Kind.DAY, rank=5),
    Column("created", Kind.DAY, rank=2),
    Column("last_look", Kind.TIME, rank=1),
    Column("followers_first", Kind.COUNT, "followers, first", rank=3),
    Column("followers_first_day", Kind.DAY, "counted on", rank=6),
    Column("followers_last", Kind.COUNT, "followers, last"),
    Column("followers_last_day", Kind.DAY, "last counted on", rank=6),
    Column("posts_deleted", Kind.COUNT, "deleted", rank=3),
    Column("posts_edited", Kind.COUNT, "edited", rank=4),
)
_HANDLES = (Column("platform"), Column("handle"), Column("first_seen", Kind.DAY), Column("last_seen", Kind.DAY))
_RESTRICTIONS = (
    Column("country"),
    Column("platform"),
    Column("kind"),
    Column("scope", rank=2),
    Column("starts"),
    Column("ends"),
    Column("in_force"),
    Column("binds", rank=1),
    Column("source", wraps=True, rank=3),
    Column("note", wraps=True, rank=4),
)
_HOLES = (
    Column("platform"),
    Column("handle"),
    Column("ground"),
    Column("from", Kind.DAY),
    Column("to", Kind.DAY),
    Column("hole_days", Kind.NUMBER, "days", unit="days"),
)
_EVENTS = (
    Column("date"),
    Column("precision", rank=3),
    Column("country", rank=2),
    Column("platforms", rank=1),
    Column("kind"),
    Column("title", wraps=True),
    Column("title_native", wraps=True, rank=4),
    Column("source", wraps=True, rank=5),
    Column("id", rank=6),
)


def subject_sheets(report: SubjectReport) -> tuple[Sheet, ...]:
    """All sections; one without rows says in a note what there is none of."""
    latest = report.listings[-1]
    who = _sheet(report, "who", f"Who: {latest.name}", _WHO, _who(report))
    return (
        replace(who, notes=report.notes),
        _sheet(report, "accounts", "Accounts", _ACCOUNTS, _accounts(report)),
        _sheet(
            report,
            "handles",
            "Handles that the accounts have borne",
            _HANDLES,
            _handles(report),
            "No handle was seen yet.",
        ),
        *map(
            _of_one, (activity_sheet(report.activity), usage_sheet(report.usage), influence_sheet(report.influence))
        ),
        _sheet(
            report,
            "restrictions",
            "Restrictions of the subject's platforms",
            _RESTRICTIONS,
            _restrictions(report),
            "No listed restriction bound the subject in the time asked for.",
        ),
        _sheet(
            report,
            "holes",
            "What was not looked at",
            _HOLES,
            _holes(report),
            "No hole is known in the time asked for.",
        ),
        _sheet(
            report,
            "events",
            "Events that concern the subject's platforms",
            _EVENTS,
            _events(report),
            "config/events.csv has no event of the subject's countries and platforms in the time asked for.",
        ),
    )


def _of_one(sheet: Sheet) -> Sheet:
    """Without the words that have no meaning on the page of one named subject."""
    return replace(sheet, words=tuple(pair for pair in sheet.words if pair[0] not in ("at risk", "rank", "row")))


def _sheet(
    report: SubjectReport,
    name: str,
    title: str,
    columns: tuple[Column, ...],
    values: Iterable[tuple[Value, ...]],
    nothing: str = "",
) -> Sheet:
    meanings = dict(report.definitions)
    meant = tuple(replace(column, meaning=meanings.get(column.key, "")) for column in columns)
    rows = tuple(Row(cells, zone=report.zone) for cells in values)
    return Sheet(name, title, report.as_of, meant, rows, () if rows or not nothing else (nothing,))


def _who(report: SubjectReport) -> Iterable[tuple[Value, ...]]:
    for listing in report.listings:
        yield (
            listing.subject,
            listing.name,
            listing.name_native or None,
            listing.role,
            listing.country,
            listing.residence,
            listing.platform,
            listing.handle,
            None if listing.since == BEGINNING else listing.since,
            None if listing.until == FOREVER else listing.until,
            listing.source or None,
        )


def _accounts(report: SubjectReport) -> Iterable[tuple[Value, ...]]:
    for one in report.accounts:
        account, seen = one.observed.account, one.observed
        yield (
            account.platform,
            one.platform_id,
            seen.handles[-1].handle if seen.handles else account.handle,
            seen.state,
            seen.state_since,
            seen.created_at,
            seen.last_look,
            *_counted(one.followers_first),
            *_counted(one.followers_last),
            one.deleted,
            one.edited,
        )


def _counted(counted: FollowerCount | None) -> tuple[int | None, Instant | None]:
    return (None, None) if counted is None else (counted.count, counted.taken_at)


def _handles(report: SubjectReport) -> Iterable[tuple[Value, ...]]:
    for one in report.accounts:
        for borne in one.observed.handles:
            yield one.observed.account.platform, borne.handle, borne.first_seen, borne.last_seen


def _restrictions(report: SubjectReport) -> Iterable[tuple[Value, ...]]:
    for one in report.restrictions:
        it = one.restriction
        yield (
            it.country,
            it.platform,
            it.kind,
            it.scope,
            it.starts_as_written,
            it.ends_as_written,
            one.in_force,
            one.bound,
            it.source or None,
            it.note or None,
        )


def _holes(report: SubjectReport) -> Iterable[tuple[Value, ...]]:
    for one in report.gaps:
        seconds = one.gap.seconds
        days = None if seconds is None else seconds / DAY
        yield one.listing.platform, one.listing.handle, one.ground, one.gap.since, one.gap.until - 1, days


def _events(report: SubjectReport) -> Iterable[tuple[Value, ...]]:
    for event in report.events:
        yield (
            event.date_as_written,
            event.precision,
            event.country,
            " ".join(sorted(event.platforms)),
            event.kind,
            event.title,
            event.title_native or None,
            event.source,
            event.id,
        )
