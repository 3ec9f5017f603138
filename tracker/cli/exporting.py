"""tracker export posts, accounts, daily."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opening import config_of, reading
from tracker.cli.options import AsOf, as_of_instant
from tracker.reports.formats import ExportFormat

export = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Write what is collected to a file.")

Format = Annotated[ExportFormat, typer.Option(help="csv, or jsonl: one JSON object a line.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write. Default: standard output.")
]
Excel = Annotated[bool, typer.Option("--excel", help="Begin CSV with the mark that lets Excel read it as UTF-8.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]


@export.command("posts")
def posts(
    context: typer.Context,
    format: Format = ExportFormat.CSV,
    output: Output = None,
    excel: Excel = False,
    force: Force = False,
) -> None:
    """Every stored post of named subjects, with its newest counters and whether the platform was restricted.

    Example: tracker export posts -o posts.csv --excel
    """
    from tracker.analysis.exposures import Exposures
    from tracker.reports.export import POSTS, write
    from tracker.reports.export_rows import post_rows

    config = config_of(context)
    with reading(config) as reader:
        rows = post_rows(reader.posts(config.watchlist.accounts), Exposures(config.restrictions))
        _done(write(rows, POSTS, format, output, excel=excel, force=force), output)


@export.command("accounts")
def accounts(
    context: typer.Context,
    format: Format = ExportFormat.CSV,
    output: Output = None,
    excel: Excel = False,
    force: Force = False,
) -> None:
    """Every account of named subjects: who it is, its last profile, what is covered.

    Example: tracker export accounts --format jsonl
    """
    from tracker.reports.export import ACCOUNTS, write
    from tracker.reports.export_rows import account_rows

    config = config_of(context)
    with reading(config) as reader:
        series = reader.series(config.watchlist.accounts)
        rows = account_rows(reader.facts(config.watchlist.accounts), series)
        _done(write(rows, ACCOUNTS, format, output, excel=excel, force=force), output)


@export.command("daily")
def daily(
    context: typer.Context,
    format: Format = ExportFormat.CSV,
    output: Output = None,
    excel: Excel = False,
    force: Force = False,
    as_of: AsOf = None,
) -> None:
    """Posts per account of a named subject and day, in the country's zone; empty cells where nothing was looked at.

    Example: tracker export daily -o daily.csv
    """
    from tracker.analysis.exposures import Exposures
    from tracker.reports.export import DAILY, write
    from tracker.reports.export_rows import daily_rows

    config = config_of(context)
    now = as_of_instant(as_of, config, config.settings.default_zone)
    with reading(config) as reader:
        series = reader.series(config.watchlist.accounts)
        facts = reader.facts(config.watchlist.accounts)
        rows = daily_rows(facts, series, Exposures(config.restrictions), config.settings, now)
        _done(write(rows, DAILY, format, output, excel=excel, force=force), output)


def _done(rows: int, output: Path | None) -> None:
    if output is not None:
        typer.echo(f"wrote {rows:,} rows to {output}", err=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(export, name="export")
