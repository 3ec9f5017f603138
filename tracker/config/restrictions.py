"""Reads restrictions.csv: which country restricts which platform, how, and from when until when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tracker.config.cells import any_platform, needed_source, text, word_of
from tracker.config.countries import country
from tracker.config.csvfile import Layout, Row, read_rows
from tracker.config.edges import take_edge
from tracker.config.overlaps import overlapping
from tracker.config.problems import Findings, Problem
from tracker.config.settings import Settings
from tracker.domain.intervals import Interval
from tracker.domain.restrictions import Restriction
from tracker.domain.words import RestrictionKind, Scope

RESTRICTIONS = "config/restrictions.csv"
LAYOUT = Layout(
    ("country", "platform", "kind", "scope", "starts", "starts_precision", "ends", "ends_precision", "note", "source")
)

_kind = word_of(
    RestrictionKind,
    "kind",
    {"ban": RestrictionKind.BLOCK, "banned": RestrictionKind.BLOCK, "blackout": RestrictionKind.SHUTDOWN,
     "slowdown": RestrictionKind.THROTTLE, "slowed": RestrictionKind.THROTTLE},
)  # fmt: skip
_scope = word_of(Scope, "scope", {"everyone": Scope.PUBLIC, "all": Scope.PUBLIC, "state": Scope.STATE_BODIES})
_COMPARED = {"country", "platform", "kind", "scope", "starts", "starts_precision", "ends", "ends_precision"}


def read_restrictions(
    data: bytes, settings: Settings, file: str = RESTRICTIONS
) -> tuple[tuple[Restriction, ...], list[Problem]]:
    """The restrictions and all problems of the file. With errors among these, the former are not to be used."""
    findings = Findings(file)
    entries = [(_restriction(row, settings), row) for row in read_rows(data, LAYOUT, findings)]
    _check_overlaps([restriction for restriction, row in entries if not row.faults & _COMPARED], findings)
    return tuple(restriction for restriction, row in entries if not row.faults), findings.problems


def _restriction(row: Row, settings: Settings) -> Restriction:
    where = row.take("country", country, "")
    zone = settings.zone(where)
    start, _ = take_edge(row, "starts", "starts_precision", zone, settings)
    end, _ = take_edge(row, "ends", "ends_precision", zone, settings, may_be_open=True)
    if not row.faults & _COMPARED and end.latest <= start.earliest:
        wrong = f"ends {row.text('ends')} is before starts {row.text('starts')}"
        row.error("ends", wrong, "write a later end, or leave it empty with the precision open")
    return Restriction(
        country=where,
        platform=row.take("platform", any_platform, ""),
        kind=row.take("kind", _kind, RestrictionKind.BLOCK),
        scope=row.take("scope", _scope, Scope.PUBLIC),
        start=start,
        end=end,
        note=row.take("note", text, ""),
        source=row.take("source", needed_source, ""),
        line=row.line,
        starts_as_written=row.text("starts"),
        ends_as_written=row.text("ends"),
    )


def _check_overlaps(restrictions: Iterable[Restriction], findings: Findings) -> None:
    """The same restriction may not be in force twice: each day of a report would have two reasons."""
    alike: defaultdict[object, list[Restriction]] = defaultdict(list)
    for restriction in restrictions:
        alike[restriction.country, restriction.platform, restriction.kind, restriction.scope].append(restriction)
    for rows in alike.values():
        for one, other in overlapping(rows, _in_force):
            earlier, later = sorted((one, other), key=lambda restriction: restriction.line)
            what = f"{later.kind} of {later.platform} for {later.scope} in {later.country}"
            wrong = f"overlaps line {earlier.line}: {what} would be in force twice"
            findings.error(later.line, "starts", wrong, "make them one row, or end one before the other starts")


def _in_force(restriction: Restriction) -> Interval:
    """From the earliest start to the earliest end, so that one row may start on the day on which another ends."""
    since = restriction.start.earliest
    return Interval(since, max(restriction.end.earliest, since + 1))
