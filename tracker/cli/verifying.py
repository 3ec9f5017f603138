"""tracker verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import config_of, database_of
from tracker.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.config.home import Config

WRONG = 1


def verify(
    context: typer.Context,
    database: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A backup, in place of the home's own database.")
    ] = None,
    head: Annotated[bool, typer.Option("--head", help="Only print the head: date, number and hash.")] = False,
    against: Annotated[
        str | None, typer.Option(metavar="HEAD", help="A head printed earlier: is it still in the chain?")
    ] = None,
    stamp: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the head to FILE, and a stamp of it to FILE.tsr.")
    ] = None,
    stamp_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Who stamps (RFC 3161). Default: the settings'.")
    ] = None,
    without_posts: Annotated[
        bool, typer.Option("--without-posts", help="Follow the chain only; compare no posts with raw answers.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Find out whether anything that was collected has been changed, removed or inserted since.

    It follows the run log, checks every raw answer against it, reads the answers once more and compares the posts.
    What was lawfully forgotten is listed. It changes nothing, and the daemon may run. That the end of the log was cut
    off shows only against a head that was kept elsewhere: print one each day, or have it stamped.

    Exit code 0 if all is as it was, 1 if something is wrong: one line for each thing.

    Example: tracker verify --against "2026-11-24 1234 5f2c…"
    """
    import json

    from tracker.reports import verifying as words
    from tracker.reports.files import require_outside
    from tracker.runtime.clock import clock_from
    from tracker.runtime.heads import known_from, line_of
    from tracker.runtime.verifying import verify as look
    from tracker.store.verification import head_of

    if head and against is not None:
        raise UsageError("--head only prints; say --against without it")
    config = None if database is not None and stamp is None else config_of(context)
    path = database if database is not None else database_of(_there(config))
    now = clock_from(None if config is None else config.settings.clock_start)()
    if stamp is not None:
        require_outside(_there(config).home, _there(config).settings, stamp)
    if head or stamp is not None:
        line = line_of(head_of(path), now)
        told: dict[str, object] = {"head": line}
        if stamp is not None:
            told |= _stamp(_there(config), line, stamp, stamp_url)
        typer.echo(json.dumps(told) if as_json else "\n".join(map(str, told.values())))
        return
    known = None if against is None else known_from(against)
    verdict = look(path, known, compare=not without_posts, progress=_progress())
    followed = verdict.followed
    counts = verdict.answers, verdict.compared, verdict.uncompared
    printed = None if followed.head is None else line_of(followed.head, now)
    if as_json:
        said = words.as_json(followed, verdict.findings, verdict.further, counts, printed)
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        for line in words.told(followed, *counts, comparing=not without_posts):
            typer.echo(line)
        for line in words.wrong(verdict.findings, verdict.further):
            typer.echo(f"WRONG  {line}")
        typer.echo(f"head: {printed}")
        typer.echo("all is as it was" if verdict.is_sound else "NOT as it was")
    if not verdict.is_sound:
        raise typer.Exit(WRONG)


def _there(config: Config | None) -> Config:
    assert config is not None
    return config


def _stamp(config: Config, line: str, file: Path, url: str | None) -> dict[str, object]:
    """Have the head stamped; where the stamp is, and what is still to be done with it."""
    import os

    from tracker.collectors.registry import proxy_towards
    from tracker.config.problems import BadValueError
    from tracker.config.values import stamp_url
    from tracker.runtime import stamping

    try:
        address = stamp_url(url) if url is not None else config.settings.evidence.stamp_url
    except BadValueError as error:
        raise UsageError(f"--stamp-url: {error.wrong}; {error.right}") from None
    if not address:
        raise UsageError("who stamps? give --stamp-url URL, or set evidence.stamp_url in the settings")
    stamp = stamping.stamped(line, address, proxy_towards(address, config.settings, os.environ))
    beside = stamping.write(file, line, stamp)
    return {
        "stamp": f"stamped {stamp.said_at}: {beside}",
        "then": f"check its signature: openssl ts -verify -data {file} -in {beside} -CAfile THE-AUTHORITY'S.pem",
    }


def _progress() -> Callable[[int], None]:
    """How many answers were read, on a terminal; nothing in a pipe."""
    import sys

    if not sys.stderr.isatty():
        return lambda _count: None

    def told(count: int) -> None:
        if count % 100 == 0:
            sys.stderr.write(f"\r{count:,} raw answers read ")
            sys.stderr.flush()

    return told


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(verify)
