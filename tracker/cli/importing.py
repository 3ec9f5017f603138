"""tracker import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import config_of, writing
from tracker.cli.options import AsJson, start_of
from tracker.cli.showing import show
from tracker.domain.errors import UsageError
from tracker.domain.wording import plural
from tracker.domain.words import Platform
from tracker.reports.calendars import Calendar
from tracker.reports.formats import ReportFormat

if TYPE_CHECKING:
    from tracker.archives.entries import ArchiveFormat
    from tracker.config.home import Config
    from tracker.domain.instants import Instant
    from tracker.domain.intervals import Interval, Intervals
    from tracker.runtime.importing import Outcome

PARTIAL = 3
FORMATS = ("x_lines", "x_archive", "zeeschuimer", "telegram", "csv")


def import_files(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", exists=True, dir_okay=False, help="What to read; also .gz and .zip."),
    ],
    format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help=f"One of {', '.join(FORMATS)}. Default: as it looks.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="@HANDLE", help="Whose posts they are, where the file does not say.")
    ] = None,
    covers: Annotated[
        str | None,
        typer.Option(
            metavar="FROM..UNTIL",
            help="Days (UTC) of which the files hold every post of each account in them, as 2020-01-01..2022-09-21; "
            "the last day is excluded. You are believed: X may not be asked for them again.",
        ),
    ] = None,
    taken_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the contents were collected, where the file does not say."),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN,…", help="For CSV: which column is what; or a .toml file of it."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Of times without an offset, as UTC or Asia/Tehran.")
    ] = None,
    platform: Annotated[Platform | None, typer.Option(help="For CSV: where the posts are.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take posts from files that other tools and the platforms hand out.

    Reads X API v2 JSON Lines (pages, or flattened by twarc2), tweets.js of X's archive, Telegram Desktop's
    result.json, Zeeschuimer and 4CAT, and CSV. Only accounts on the watchlist are taken; doing it twice changes
    nothing, and an import that was broken off goes on. Exit code 3 if something was not understood.

    Example: tracker import twarc.jsonl.gz result.json --covers 2020-01-01..2022-09-21
    """
    import signal

    from tracker.archives.entries import Hints
    from tracker.reports.importing import import_sheets
    from tracker.runtime.clock import clock_from
    from tracker.runtime.importing import Ask, Importer

    config = config_of(context)
    clock = clock_from(config.settings.clock_start)
    taken = start_of(taken_at, "--taken-at", "UTC")
    if taken is not None and taken > clock():
        raise UsageError(f"--taken-at {taken_at} has not come yet; when were the contents collected?")
    hints = Hints(account and account.lstrip("@"), platform, _columns(columns or []), _zone(zone), taken)
    ask = Ask(hints, _format(format), _covers(covers, clock()))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with writing(config) as store, _progress(files) as progress:
            outcome = Importer(store, config, clock, ask, progress).run(files)
    except KeyboardInterrupt:
        typer.echo(
            "tracker: broken off; run the same command again: nothing is lost, and nothing there twice", err=True
        )
        raise
    rows = [
        (
            *(file.name, file.format, file.posts, file.new, file.known, file.not_listed, file.at_risk, file.others),
            *(file.not_understood, file.resumed_after or None),
        )
        for file in outcome.files
    ]
    puzzles = [(file.name, puzzle.place, puzzle.reason) for file in outcome.files for puzzle in file.puzzles]
    sheets = list(import_sheets(rows, puzzles, _notes(outcome, ask.covers, config), clock()))
    show(sheets, ReportFormat.TABLE, as_json, Calendar.GREGORIAN)
    if outcome.not_understood:
        raise typer.Exit(PARTIAL)


def _notes(outcome: Outcome, covers: Intervals, config: Config) -> Iterator[str]:
    """What a reader has to know of the figures."""
    yield f"The files are about {plural(outcome.accounts, 'account')} of {config.home.watchlist}."
    if outcome.covered:
        said = f" from {', '.join(map(_days, outcome.time.parts))} (UTC)" if covers else ""
        whose = plural(outcome.covered, "named account")
        yield f"Of {whose} time{said} is covered by what the files hold, as `imported`."
        if covers - outcome.whole:
            yield (
                "The rest of --covers is left out, of each account its own: a file tells of nothing after it was "
                "collected (which it says itself, or --taken-at, or its own date), nor before an account was made."
            )
    for handle, number, file in outcome.taken_to_be:
        yield (
            f"{handle} is taken to be the account {number}, because {file} says so, and nothing else does. If that "
            f"is somebody else: `tracker forget {handle}`, and write the right platform_id into the watchlist first."
        )
    for handle, number, own, file in outcome.of_others:
        yield (
            f"{file} says that {handle} is the account {number}, but the watchlist's is {own}: a handle can pass to "
            "somebody else, so none of these posts are taken."
        )
    if outcome.not_understood:
        yield (
            "Something was not understood, and nobody can tell whose post it was: so nothing is said to be complete, "
            "and no coverage was added. Mend these lines, or remove them if they are no posts, and import again: "
            "nothing is there twice then."
        )
    elif not outcome.covered:
        yield (
            "No coverage was added: nothing says that the files are complete. If they are, say for which days with "
            "--covers FROM..UNTIL; doing so again costs nothing."
        )
    at_risk = sum(file.at_risk for file in outcome.files)
    if at_risk:
        yield (
            f"{plural(at_risk, 'post')} of people at risk read, and none kept; "
            f"{outcome.at_risk_counted:,} of them are in whole weeks that are counted now."
        )
    if any(file.format == "telegram" for file in outcome.files):
        yield (
            "Telegram's export does not say which pictures are one album: consecutive ones of the same second are "
            "taken for one post."
        )
    told = sum(len(file.puzzles) for file in outcome.files)
    if told < outcome.not_understood:
        yield f"{told:,} of the {outcome.not_understood:,} items that were not understood are listed."


def _days(part: Interval) -> str:
    from tracker.domain.instants import DAY, iso

    def day(at: Instant) -> str:
        return iso(at).removesuffix("T00:00:00Z")

    excluded = ", that day excluded" if part.until % DAY == 0 else ""
    return f"{day(part.since)} until {day(part.until)}{excluded}"


def _format(text: str | None) -> ArchiveFormat | None:
    from tracker.archives.entries import ArchiveFormat

    if text is None:
        return None
    try:
        return ArchiveFormat(text)
    except ValueError:
        raise UsageError(f"--format {text!r} is unknown; there are {', '.join(ArchiveFormat)}") from None


def _covers(text: str | None, now: Instant) -> Intervals:
    from tracker.domain.intervals import NEVER, span

    if text is None:
        return NEVER
    first, dots, last = text.partition("..")
    if not dots:
        raise UsageError(f"--covers {text!r} is no range; write it as 2020-01-01..2022-09-21, the last day excluded")
    since, until = start_of(first, "--covers", "UTC"), start_of(last, "--covers", "UTC")
    assert since is not None
    assert until is not None
    if since >= until:
        raise UsageError(f"--covers {text!r} ends before it begins")
    if since >= now:
        raise UsageError(f"--covers {text!r} lies in the future, of which no file can tell")
    return span(since, until)


def _zone(text: str | None) -> str | None:
    from zoneinfo import ZoneInfoNotFoundError

    from tracker.domain.instants import zone_of

    if text is not None:
        try:
            zone_of(text)
        except (ZoneInfoNotFoundError, ValueError):
            raise UsageError(f"--zone {text!r} is unknown; write an IANA name such as Asia/Tehran, or UTC") from None
    return text


def _columns(said: list[str]) -> dict[str, str]:
    """Our field and the file's column, from `FIELD=COLUMN,…` or from a TOML file. Raises UsageError."""
    from tracker.archives.tables import GUESSES

    found: dict[str, str] = {}
    for text in said:
        if text.endswith(".toml"):
            found |= _columns_in(Path(text))
            continue
        for pair in text.split(","):
            field, equals, column = pair.partition("=")
            if not equals or not column.strip():
                raise UsageError(f"--map {pair!r} names no column; write it as posted_at=created_at,post_id=id")
            found[field.strip()] = column.strip()
    for field in found:
        if field not in GUESSES:
            raise UsageError(f"--map: there is no field {field!r}; there are {', '.join(GUESSES)}")
    return found


def _columns_in(path: Path) -> dict[str, str]:
    import tomllib

    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f'{path}: {error}; write lines such as posted_at = "created_at"') from None
    if not all(isinstance(column, str) for column in table.values()):
        raise UsageError(f'{path}: each field names one column, as posted_at = "created_at"')
    return {field: str(column) for field, column in table.items()}


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[str, int], None]]:
    """A bar a file on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _name, _count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from tracker.archives.source import parts_of

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        total = sum(part.size for path in files for part in parts_of(path))
        task = bars.add_task("", total=total)

        def read(name: str, count: int) -> None:
            bars.update(task, advance=count, description=name)

        yield read


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("import")(import_files)
