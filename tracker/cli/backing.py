"""tracker backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import home_of, naming_the_last_backup
from tracker.domain.errors import StoreError, TrackerError, UsageError
from tracker.domain.wording import plural

if TYPE_CHECKING:
    from tracker.runtime.backup import Backup

NOT_IN_IT = "config/, data/audit.jsonl, data/telegram.session, credentials"


def backup(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Where to write it; in a folder, a file named after the time.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Copy the whole database into one verified file; the daemon may run.

    The copy is opened, checked by SQLite and compared with the database before it gets its name; after an error there
    is none. It is for its owner alone and holds all that the database holds: keep it encrypted, elsewhere. Not in it
    are config/, data/audit.jsonl, data/telegram.session (as good as a password) and credentials: carry these yourself
    if you move. `tracker forget` lists the backups that may still hold what it removes.

    Example: tracker backup /mnt/backups/
    """
    import json
    import signal

    from tracker.cli.progress import copying
    from tracker.config.home import load_settings
    from tracker.reports.files import require_free, require_outside, writing_part
    from tracker.runtime import backup as backups
    from tracker.runtime import presence
    from tracker.runtime.clock import clock_from
    from tracker.runtime.heads import line_of
    from tracker.store.verification import Head

    home = home_of(context)
    settings = load_settings(home)  # a broken watchlist is no reason to have no backup
    database, clock = home.database(settings), clock_from(settings.clock_start)
    with naming_the_last_backup(home):
        presence.require(home, database)
    if not database.exists():
        raise StoreError(f"{database} does not exist; name a home with --home, or collect something first")
    if file.endswith("/") and not Path(file).is_dir():
        raise UsageError(f"there is no folder {file}; make it first, or is its disk not mounted?")
    target = backups.place_for(Path(file), clock())
    require_outside(home, settings, target)
    require_free(target, force)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a half file goes then too
    backups.announce(home.data, target, clock())
    try:
        with writing_part(target, force) as part, copying(database.stat().st_size) as written:
            made = backups.make(database, part, written)
    except (TrackerError, OSError):
        backups.failed(home.data, target, clock())
        raise
    backups.confirm(home.data, target, made, clock())
    head = None if made.contents.head is None else line_of(Head(*made.contents.head, None), clock())
    if as_json:
        said = {
            "path": str(target.absolute()),
            "bytes": made.size,
            "schema": made.contents.schema,
            "rows": made.contents.told,
            "compared": "rows" if made.quiet else "run log",
            "head": head,
            "not_in_it": NOT_IN_IT.split(", "),
        }
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for line in _told(target, made, head):
        typer.echo(line)


def _told(target: Path, made: Backup, head: str | None) -> list[str]:
    rows = made.contents.rows
    compared = (
        "every table has as many rows as the database"
        if made.quiet
        else "its run log is the database's (rows were not compared: somebody wrote meanwhile)"
    )
    return [
        f"wrote {target}: {made.size:,} bytes, {plural(rows['account'], 'account')}, {plural(rows['post'], 'post')}, "
        f"schema {made.contents.schema}",
        f"verified: sound, {compared}",
        *([] if head is None else [f"head: {head}"]),
        f"not in it: {NOT_IN_IT}",
    ]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(backup)
