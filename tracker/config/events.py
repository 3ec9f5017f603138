"""Reads events.csv: what happened outside the platforms."""

from __future__ import annotations

from tracker.config.cells import any_platform, key, needed_source, needed_text, text, word_of
from tracker.config.countries import country
from tracker.config.csvfile import Layout, Row, read_rows
from tracker.config.edges import take_edge
from tracker.config.problems import BadValueError, Findings, Problem
from tracker.config.settings import Settings
from tracker.domain.events import Event, EventKind

EVENTS = "config/events.csv"
LAYOUT = Layout(("id", "date", "precision", "country", "platforms", "kind", "title", "title_native", "source"))

_kind = word_of(
    EventKind,
    "kind",
    {"ban": EventKind.BLOCK, "unblock": EventKind.LIFTED, "blackout": EventKind.SHUTDOWN, "war": EventKind.CONFLICT},
)


def read_events(data: bytes, settings: Settings, file: str = EVENTS) -> tuple[tuple[Event, ...], list[Problem]]:
    """The events and all problems of the file. With errors among these, the events are not to be used."""
    findings = Findings(file)
    events: list[Event] = []
    lines: dict[str, int] = {}
    for row in read_rows(data, LAYOUT, findings):
        event = _event(row, settings)
        if event.id and lines.setdefault(event.id, row.line) != row.line:
            row.error("id", f"duplicate id {event.id}: line {lines[event.id]} has it too", "write another id")
        if not row.faults:
            events.append(event)
    return tuple(events), findings.problems


def _event(row: Row, settings: Settings) -> Event:
    where = row.take("country", country, "")
    when, precision = take_edge(row, "date", "precision", settings.zone(where), settings)
    return Event(
        id=row.take("id", key, ""),
        when=when,
        date_as_written=row.text("date"),
        precision=precision,
        country=where,
        platforms=row.take("platforms", _platforms, frozenset()),
        kind=row.take("kind", _kind, EventKind.OTHER),
        title=row.take("title", needed_text, ""),
        title_native=row.take("title_native", text, ""),
        source=row.take("source", needed_source, ""),
        line=row.line,
    )


def _platforms(cell: str) -> frozenset[str]:
    if not cell:
        raise BadValueError("is empty", "write the platforms with a space between them, or * for all")
    return frozenset(any_platform(name) for name in cell.replace(",", " ").split())
