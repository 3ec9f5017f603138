"""tracker report network."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import reading
from tracker.cli.options import (
    AsJson,
    AsOf,
    Calendar,
    Country,
    Format,
    PlatformOption,
    RoleOption,
    Since,
    Until,
)
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.selecting import chosen, selection_of
from tracker.cli.showing import show
from tracker.domain.words import By
from tracker.reports.calendars import Calendar as Calendars
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.analysis.network_report import NetworkReport
    from tracker.analysis.question import Selection
    from tracker.config.home import Config


class Table(StrEnum):
    """Which of the network's tables is printed."""

    NODES = "nodes"
    EDGES = "edges"
    FLOWS = "flows"


class NodeBy(StrEnum):
    """What a node of the network stands for."""

    SUBJECT = "subject"
    ACCOUNT = "account"


def network(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    country: Country = None,
    role: RoleOption = None,
    platform: PlatformOption = None,
    by: Annotated[NodeBy, typer.Option(help="What a node stands for.")] = NodeBy.SUBJECT,
    table: Annotated[Table, typer.Option(help="Which table to print; JSON holds all three.")] = Table.NODES,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write a graph instead: .gexf, .graphml, or .csv (edges)."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    format: Format = ReportFormat.TABLE,
    calendar: Calendar = Calendars.GREGORIAN,
    as_of: AsOf = None,
    as_json: AsJson = False,
    override: Override = False,
    reason: Reason = None,
) -> None:
    """Who on the watchlist reposts, forwards, quotes, answers or mentions whom. Filters choose who points.

    Example: tracker report network --country IR --from 2021-01-01 -o network.gexf
    """
    from tracker.cli.recording import record_export
    from tracker.reports.files import require_free, require_outside
    from tracker.reports.graph_files import require_ending, write_graph
    from tracker.reports.network import network_sheets

    if output is not None:
        require_ending(output)
    config = config_for(context, override, reason)
    if output is not None:
        require_outside(config.home, config.settings, output)
    selection = selection_of(
        config, since=since, until=until, country=country, role=role, platform=platform, as_of=as_of
    )
    report = network_of(config, selection, By(by))
    if output is not None:
        require_free(output, force)
        record_export(config, "network", output.suffix[1:].lower(), selection, output)
        write_graph(report, output, force)
        typer.echo(f"wrote {len(report.nodes):,} nodes and {len(report.edges):,} edges to {output}", err=True)
        for note in report.notes:
            typer.echo(note, err=True)
        return
    sheets = network_sheets(report)
    whole = as_json or format is ReportFormat.JSON
    show(sheets if whole else [sheets[list(Table).index(table)]], format, as_json, calendar)


def network_of(config: Config, selection: Selection, by: By = By.SUBJECT) -> NetworkReport:
    """The network of the selection; `by` is SUBJECT or ACCOUNT. Raises UsageError if nobody passes the filters."""
    from tracker.analysis.network import network as network_report
    from tracker.domain.intervals import BEGINNING

    sources = chosen(config, selection)
    since = BEGINNING if selection.since is None else selection.since
    with reading(config) as reader:
        series = reader.series(sources)
        references = reader.references(sources, config.watchlist.accounts, since, selection.end)
    return network_report(references, series, config.settings, selection, by)


def register(report: typer.Typer) -> None:
    """Add the command of this file."""
    report.command("network")(network)
