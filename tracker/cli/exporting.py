"""tracker export posts, accounts, profiles, daily, network."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import config_of, reading
from tracker.cli.options import AsOf, Country, PlatformOption, RoleOption, Since, Until
from tracker.cli.selecting import chosen, selection_of
from tracker.domain.errors import UsageError
from tracker.reports.formats import ExportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracker.analysis.network_report import NetworkReport
    from tracker.analysis.question import Selection
    from tracker.config.home import Config
    from tracker.domain.subjects import ListedAccount
    from tracker.reports.exports import Export
    from tracker.store.reader import Reader


class Noun(StrEnum):
    """What can be exported."""

    POSTS = "posts"
    ACCOUNTS = "accounts"
    PROFILES = "profiles"
    DAILY = "daily"
    NETWORK = "network"


def export(
    context: typer.Context,
    noun: Annotated[Noun, typer.Argument(metavar="posts|accounts|profiles|daily|network", help="What to write.")],
    format: Annotated[
        ExportFormat, typer.Option(help="jsonl: one JSON object a line. ids: numeric ids only, the form to share.")
    ] = ExportFormat.CSV,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write. Default: standard output.")
    ] = None,
    since: Since = None,
    until: Until = None,
    country: Country = None,
    role: RoleOption = None,
    platform: PlatformOption = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="Begin CSV with the mark that lets Excel read it as UTF-8.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_of: AsOf = None,
) -> None:
    """Write what is collected to a file; beside it datapackage.json and METHOD.md say what it holds and how it came
    about.

    posts: every stored post, with its newest counters and whether the platform was restricted. accounts: who each
    one is, its last profile, what is covered. profiles: every profile snapshot. daily: posts per account and whole
    day in the country's zone; empty cells where nothing was looked at. network: who points to whom. Named subjects
    only. Times are UTC, ids are text.

    Example: tracker export posts -o posts.csv --excel
    """
    from tracker.cli.recording import record_export
    from tracker.reports.files import require_free, require_outside

    config = config_of(context)
    if noun is Noun.ACCOUNTS and (since or until):
        raise UsageError("an account has no time of its own: --from and --until are for the other exports")
    if excel and format is not ExportFormat.CSV:
        raise UsageError(f"--excel marks CSV; {format} needs no mark")
    selection = selection_of(
        config, since=since, until=until, country=country, role=role, platform=platform, as_of=as_of
    )
    if as_of is None:
        selection = _not_before_the_last_look(config, selection)
    if output is not None:
        require_outside(config.home, config.settings, output)
        _require_fitting(output, format)
        require_free(output, force)
    record_export(config, noun, format, selection, output)
    count = export_to(config, selection, noun, format, output, excel=excel, force=force)
    if output is not None:
        typer.echo(f"wrote {count:,} rows to {output}; beside it datapackage.json and METHOD.md", err=True)


def _require_fitting(output: Path, format: ExportFormat) -> None:
    """Raises UsageError for the name of another format, or of none."""
    if output.name == "-":
        raise UsageError("without -o the export goes to standard output; to a file of that name with -o ./-")
    named = output.suffix.removeprefix(".").casefold()
    if named != format and named in set(ExportFormat):
        raise UsageError(f"{output} would hold {format}: say --format {named}, or name it .{format}")


def export_to(
    config: Config,
    selection: Selection,
    noun: Noun,
    format: ExportFormat,
    target: Path | None,
    *,
    excel: bool = False,
    force: bool = False,
) -> int:
    """Write one export, with its description beside it if there is a target; the number of rows.

    Raises UsageError if it cannot be written so, or nobody passes the filters.
    """
    from tracker.reports.exports import require, write_export
    from tracker.reports.method import Ask, method_of

    accounts = chosen(config, selection)
    with reading(config) as reader:
        network = _network(config, selection) if noun is Noun.NETWORK else None
        table = _table(reader, config, selection, noun, accounts, network)
        libraries = require(table, format, target)
        if target is None:
            return write_export(table, format, as_of=selection.as_of, excel=excel)
        method = method_of(
            Ask(noun, format, selection, excel),
            target,
            config,
            accounts,
            reader.observed(accounts),
            libraries=libraries,
            words=_words(network),
            notes=() if network is None else network.notes,
        )
        return write_export(table, format, target, method, as_of=selection.as_of, excel=excel, force=force)


def _network(config: Config, selection: Selection) -> NetworkReport:
    from tracker.cli.report_network import network_of

    return network_of(config, selection)


def _words(network: NetworkReport | None) -> tuple[tuple[str, str], ...]:
    """The definitions of a network's words that are no column's."""
    if network is None:
        return ()
    from tracker.reports.network import edges_sheet

    return edges_sheet(network).words


def _table(
    reader: Reader,
    config: Config,
    selection: Selection,
    noun: Noun,
    accounts: Sequence[ListedAccount],
    network: NetworkReport | None,
) -> Export:
    from tracker.analysis.exposures import Exposures
    from tracker.domain.intervals import BEGINNING
    from tracker.reports import export_columns as columns
    from tracker.reports import export_rows as rows
    from tracker.reports.export_lines import post_lines
    from tracker.reports.exports import Export
    from tracker.reports.network import edges_sheet

    exposures = Exposures(config.restrictions)
    since = BEGINNING if selection.since is None else selection.since
    match noun:
        case Noun.POSTS:
            return Export(
                noun,
                columns.POSTS,
                lambda: rows.post_rows(reader.posts(accounts, since, selection.end), exposures, selection),
                key=("platform", "platform_id", "post_id"),
                ids="post_id",
                lines=lambda: post_lines(reader, accounts, exposures, selection),
            )
        case Noun.ACCOUNTS:
            return Export(
                noun,
                columns.ACCOUNTS,
                lambda: rows.account_rows(reader.facts(accounts), reader.series(accounts), selection),
                ids="platform_id",
            )
        case Noun.PROFILES:
            return Export(
                noun,
                columns.PROFILES,
                lambda: rows.profile_rows(reader.profiles(accounts), selection),
                key=("platform", "platform_id", "taken_at"),
                ids="platform_id",
            )
        case Noun.DAILY:
            return Export(
                noun,
                columns.DAILY,
                lambda: rows.daily_rows(
                    reader.facts(accounts), reader.series(accounts), exposures, config.settings, selection
                ),
                key=("platform", "platform_id", "day"),
            )
        case Noun.NETWORK:
            assert network is not None
            sheet = edges_sheet(network)
            return Export(noun, sheet.columns, lambda: (row.values for row in sheet.rows), key=("source", "target"))


def _not_before_the_last_look(config: Config, selection: Selection) -> Selection:
    """The selection as of now; in a rehearsal, whose clock starts anew with each command, as of the last look."""
    with reading(config) as reader:
        last = reader.last_moment()
    return selection if last is None else replace(selection, as_of=max(selection.as_of, last + 1))


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(export)
