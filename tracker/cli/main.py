"""The command `tracker`: the table of commands, and how errors reach a user."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from sqlite3 import DatabaseError
from typing import Annotated

import typer

from tracker import __version__
from tracker.cli import (
    auditing,
    backing,
    charting,
    collecting,
    complying,
    configuring,
    cost,
    doctoring,
    exporting,
    forgetting,
    importing,
    publishing,
    rehearsing,
    reporting,
    restoring,
    verifying,
)
from tracker.domain.errors import TrackerError
from tracker.reports.cells import one_line

app = typer.Typer(
    name="tracker",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tracker {__version__}")
        raise typer.Exit


@app.callback()
def tracker(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            envvar="TRACKER_HOME",
            show_envvar=True,
            help="Folder that holds config/ and data/. Default: the current one.",
        ),
    ] = None,
    _version_asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Who uses a platform that is banned where they are, how often; and who has fallen silent."""
    context.obj = home or Path()


configuring.register(app)
collecting.register(app)
importing.register(app)
complying.register(app)
cost.register(app)
reporting.register(app)
charting.register(app)
exporting.register(app)
publishing.register(app)
rehearsing.register(app)
forgetting.register(app)
auditing.register(app)
backing.register(app)
restoring.register(app)
doctoring.register(app)
verifying.register(app)


def main() -> None:
    """Run the command line; a foreseen error ends with one line and its exit code."""
    _make_writable()
    try:
        app()
    except TrackerError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has gone; what is left in the buffer must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except DatabaseError as error:
        # Not the tracker's own database, whose errors come as TrackerError: Telethon's session, on a full disk.
        _say(f"a file in data/ cannot be used ({error}); is the disk full or read-only?")
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"{where}{error.strerror or error}")
        sys.exit(1)


def _make_writable() -> None:
    """Let standard output and error take every letter, also where they are closed, or know fewer."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # until we end
        elif isinstance(stream, TextIOWrapper) and stream.encoding.casefold() not in ("utf-8", "utf8"):
            stream.reconfigure(errors="backslashreplace")


def _say(what: str) -> None:
    """One line of an error, in which the name of a file commands no terminal."""
    typer.echo(f"tracker: {one_line(what)}", err=True)
