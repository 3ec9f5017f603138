"""tracker publish."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.options import AsOf, Country, PlatformOption, RoleOption, Since, Until
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.selecting import selection_of

if TYPE_CHECKING:
    from tracker.analysis.question import Selection
    from tracker.config.home import Config
    from tracker.domain.instants import Instant
    from tracker.reports.page.content import Page

TITLE = "Who posts on platforms that are banned where they are"
OF_THE_SANDBOX = (
    "A rehearsal, not for quoting: collected from the local sandbox. Its posts on X are a sample of real ones, so "
    'read each figure as "at least"; what it has of Telegram is generated, and no such person or body exists.'
)


def publish(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.", show_default=False)],
    since: Since = None,
    until: Until = None,
    country: Country = None,
    role: RoleOption = None,
    platform: PlatformOption = None,
    as_of: AsOf = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="What stands above the page.")] = TITLE,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier page.")] = False,
    override: Override = False,
    reason: Reason = None,
) -> None:
    """Write all reports as one folder: a page that needs no network and no server, its tables and its pictures.

    Open DIR/index.html, or put the folder on any web server. People at risk are never named in it.

    Example: tracker publish page --country IR --from 2022-09-21
    """
    from tracker.cli.recording import record_export
    from tracker.reports.files import require_outside

    config = config_for(context, override, reason)
    require_outside(config.home, config.settings, directory)
    selection = selection_of(
        config, since=since, until=until, country=country, role=role, platform=platform, as_of=as_of
    )
    record_export(config, "page", "folder", selection, directory)
    publish_to(directory, config, selection, title, force)
    typer.echo(f"published {directory / 'index.html'}", err=True)


def publish_to(
    directory: Path, config: Config, selection: Selection, title: str = TITLE, force: bool = False
) -> None:
    """Write the page of the selection, whole or not at all.

    Raises UsageError if nobody passes the filters or if `directory` holds something else, ConfigError without the
    extra that draws, TrackerError if the disk refuses.
    """
    from tracker.cli.publishing_sections import sections_of
    from tracker.cli.reporting import usage_of
    from tracker.config.settings import SANDBOX
    from tracker.domain.words import By
    from tracker.reports.charts.drawing import require_charts
    from tracker.reports.page.build import require_pages
    from tracker.reports.page.content import Page
    from tracker.reports.page.folder import new_folder
    from tracker.reports.page.headlines import headlines

    require_pages()
    require_charts()
    settings = config.settings
    rehearsed = SANDBOX in (settings.x.api_url, settings.telegram.server)
    with new_folder(directory, force) as folder:  # before the work: what cannot be written ends at once
        by_account = usage_of(config, selection, By.ACCOUNT)
        page = Page(
            title=title,
            as_of=selection.as_of,
            asked=_asked(selection),
            command=_command(directory, selection, title),
            headlines=headlines(by_account),
            sections=sections_of(config, selection, by_account),
            notices=(OF_THE_SANDBOX,) if rehearsed else (),
        )
        _write(folder, page, config, selection)


def _write(folder: Path, page: Page, config: Config, selection: Selection) -> None:
    from tracker.cli.publishing_files import write_exports, write_tables
    from tracker.reports.page.build import file_of, index_html, pictures, sheets_of
    from tracker.reports.page.content import Download
    from tracker.reports.page.folder import write_files

    data = folder / "data"
    data.mkdir()
    sheets = list(sheets_of(page))
    write_tables(data, config, selection, sheets, page.command)
    write_files(folder, pictures(page))
    says = {file_of(sheet): sheet.title for sheet in sheets}
    says |= {f"data/{name}": what for name, what in write_exports(data, config, selection).items()}
    says |= {
        "data/METHOD.md": "How each file came about, to be read",
        "data/datapackage.json": "The same for programs: a Frictionless data package",
    }
    says |= {
        f"pictures/{drawing.name}.png": drawing.title for section in page.sections for drawing in section.drawings
    }
    downloads = [Download(path, what, (folder / path).stat().st_size) for path, what in says.items()]
    write_files(folder, {"index.html": index_html(page, downloads)})


def _asked(selection: Selection) -> tuple[tuple[str, str], ...]:
    said = [
        ("as of", _moment(selection.as_of)),
        ("from", "the beginning of each account" if selection.since is None else _moment(selection.since)),
        ("until", _moment(selection.end)),
    ]
    said += [(what, value) for what, value in _filters(selection) if value]
    return tuple(said)


def _moment(instant: Instant) -> str:
    from tracker.domain.instants import iso

    return iso(instant).replace("T", " ").replace("Z", " UTC")


def _filters(selection: Selection) -> tuple[tuple[str, str | None], ...]:
    return (("country", selection.country), ("role", selection.role), ("platform", selection.platform))


def _command(directory: Path, selection: Selection, title: str) -> str:
    """The command that makes the page again. Only the folder's own name: where it lay is nobody's business."""
    from tracker.domain.instants import iso

    words = ["tracker", "publish", directory.absolute().name]
    for option, instant in (("--from", selection.since), ("--until", selection.until), ("--as-of", selection.as_of)):
        words += [] if instant is None else [option, iso(instant)]
    for what, value in _filters(selection):
        words += [] if value is None else [f"--{what}", value]
    words += [] if title == TITLE else ["--title", title]
    return shlex.join(words)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("publish")(publish)
