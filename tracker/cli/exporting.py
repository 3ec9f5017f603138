"""tracker export posts, accounts, daily."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opening import config_of, reading
from tracker.cli.options import AsOf, as_of_instant
from tracker.reports.formats import ExportFormat


class Noun(StrEnum):
    """What can be exported."""

    POSTS = "posts"
    ACCOUNTS = "accounts"
    DAILY = "daily"


def export(
    context: typer.Context,
    noun: Annotated[Noun, typer.Argument(metavar="posts|accounts|daily", help="What to write.")],
    format: Annotated[ExportFormat, typer.Option(help="csv, or jsonl: one JSON object a line.")] = ExportFormat.CSV,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write. Default: standard output.")
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="Begin CSV with the mark that lets Excel read it as UTF-8.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_of: AsOf = None,
) -> None:
    """Write what is collected to a file.

    posts: every stored post, with its newest counters and whether the platform was restricted. accounts: who each
    one is, its last profile, what is covered. daily: posts per account and day in the country's zone up to --as-of;
    empty cells where nothing was looked at. Named subjects only. Times are UTC, ids are text.

    Example: tracker export posts -o posts.csv --excel
    """
    from tracker.analysis.exposures import Exposures
    from tracker.reports import export as exports
    from tracker.reports.export_rows import account_rows, daily_rows, post_rows

    config = config_of(context)
    listed, settings = config.watchlist.accounts, config.settings
    exposures = Exposures(config.restrictions)
    with reading(config) as reader:
        match noun:
            case Noun.POSTS:
                columns, rows = exports.POSTS, post_rows(reader.posts(listed), exposures)
            case Noun.ACCOUNTS:
                columns, rows = exports.ACCOUNTS, account_rows(reader.facts(listed), reader.series(listed))
            case _:
                now = as_of_instant(as_of, config, settings.default_zone)
                columns = exports.DAILY
                rows = daily_rows(reader.facts(listed), reader.series(listed), exposures, settings, now)
        count = exports.write(rows, columns, format, output, excel=excel, force=force)
    if output is not None:
        typer.echo(f"wrote {count:,} rows to {output}", err=True)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(export)
