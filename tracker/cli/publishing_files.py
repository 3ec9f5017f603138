"""The files of a published page that hold data, each with its description in datapackage.json and METHOD.md."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tracker.cli.exporting import Noun, export_to
from tracker.cli.opening import reading
from tracker.cli.selecting import chosen
from tracker.domain.words import Platform
from tracker.reports.formats import ExportFormat

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tracker.analysis.question import Selection
    from tracker.config.home import Config
    from tracker.reports.sheet import Sheet


def write_tables(folder: Path, config: Config, selection: Selection, sheets: Iterable[Sheet], command: str) -> None:
    """Write each sheet as CSV into the folder, described; `command` is what made them."""
    from tracker.reports.datapackage import describing
    from tracker.reports.files import writing_bytes
    from tracker.reports.method import Ask, method_of
    from tracker.reports.sheet_csv import csv_columns, sheet_csv

    accounts = chosen(config, selection)
    with reading(config) as reader:
        observed = reader.observed(accounts)
    for sheet in sheets:
        target = folder / f"{sheet.name}.csv"
        noun = sheet.name.partition("-")[0]
        ask = Ask(noun, ExportFormat.CSV, selection)
        method = method_of(ask, target, config, accounts, observed, words=sheet.words, notes=sheet.notes)
        with describing(target, force=False) as description, writing_bytes(target) as out:
            out.write(sheet_csv(sheet).encode())
            out.flush()
            described = {**method, "what": sheet.title, "command": command}
            description.write(csv_columns(sheet), (), ExportFormat.CSV, out, described, len(sheet.rows))


def write_exports(folder: Path, config: Config, selection: Selection) -> dict[str, str]:
    """Write what may be shared of the records themselves: file name to what it holds.

    Of X only the ids of posts, as its terms allow; no texts, and nobody at risk.
    """
    always = replace(selection, since=None, until=None)  # an account has no time of its own
    export_to(config, always, Noun.ACCOUNTS, ExportFormat.CSV, folder / "accounts.csv")
    told = {"accounts.csv": "The named accounts, their last profile, and what is covered"}
    on_x = replace(selection, platform=Platform.X)
    if selection.platform in (None, Platform.X) and any(
        on_x.asks_for(listing) for account in config.watchlist.accounts for listing in account.listings
    ):
        export_to(config, on_x, Noun.POSTS, ExportFormat.IDS, folder / "post-ids-x.txt")
        told["post-ids-x.txt"] = "The ids of the posts on X, the form in which X allows to share them"
    return told
