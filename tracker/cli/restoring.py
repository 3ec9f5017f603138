"""tracker restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.asking import confirm
from tracker.cli.opening import config_of
from tracker.domain.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tracker.config.home import Config
    from tracker.runtime.audit import Entry
    from tracker.runtime.restoring import Plan, Restored


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup that `tracker backup` has made.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Put a backup in place of the database. Stop the daemon first.

    The backup is verified and stays as it is; an older one is brought to the present schema. The former database is
    moved aside, never deleted. Taken over from it, if it can still be read: what was spent, so that no cap is passed;
    forgotten posts, which are removed again; and what was deleted on the platforms. People who are at risk by now are
    reduced to weeks. Accounts and subjects forgotten after the backup are back: they are listed, forget them again.
    Files imported after it are listed too: import them again, no platform shows their posts a second time.

    Exit code 0, 1 if the backup is not sound, 75 if a tracker is running, 78 if the backup is of a newer tracker.

    Example: tracker restore /mnt/backups/tracker-20261126T030000Z.db
    """
    import json

    from tracker.cli.progress import copying
    from tracker.runtime import presence, restoring
    from tracker.runtime.clock import clock_from
    from tracker.runtime.lock import only_writer

    config = config_of(context)
    with only_writer(config.home.lock):
        planned = restoring.plan(config, file)
        if not yes:
            for line in _before(planned):
                typer.echo(line)
            confirm("Restore it?")
        with copying(file.stat().st_size) as written:
            now = clock_from(config.settings.clock_start)()
            done = restoring.restore(config, planned, now, progress=written)
        presence.note(config.home)
    if as_json:
        typer.echo(json.dumps(_json(planned, done), ensure_ascii=False, indent=2))
        return
    for line in _after(config, planned, done):
        typer.echo(line)


def _before(planned: Plan) -> Iterator[str]:
    from tracker.domain.instants import iso

    rows, moment = planned.contents.rows, planned.moment
    when = "" if moment is None else f", last written to at {iso(moment)}"
    yield f"{planned.file}: sound, {plural(rows['account'], 'account')}, {plural(rows['post'], 'post')}{when}"
    if planned.database.exists():
        yield f"{planned.database} will be moved aside; what it has collected since is read again where possible"
    if planned.forgotten:
        count = len(planned.forgotten)
        yield f"forgotten since it was written: {count}; posts are removed again, accounts and subjects are back"


def _after(config: Config, planned: Plan, done: Restored) -> Iterator[str]:
    from tracker.reports.cells import one_line
    from tracker.runtime.audit import AUDIT
    from tracker.runtime.heads import line_of
    from tracker.store.verification import head_of

    rows = done.contents.rows
    upgraded = planned.contents.schema != done.contents.schema
    schema = f", brought from schema {planned.contents.schema} to {done.contents.schema}" if upgraded else ""
    yield f"restored {planned.database}: {plural(rows['account'], 'account')}, {plural(rows['post'], 'post')}{schema}"
    if done.aside is not None:
        yield f"the former database is {done.aside}: delete it once nobody needs it"
    if (carried := done.carried) is not None:
        yield (
            f"taken over from it: requests in the ledger {carried.requests:,}, digests of forgotten posts "
            f"{carried.digests:,}, deletions {carried.deleted:,}; "
            f"forgotten posts removed again: {carried.forgotten:,}"
        )
        for file in carried.imports:
            yield f"import again: {one_line(file.name)}"
        for part, why in carried.missed.items():
            yield f"NOT taken over: {part}: {why}. {LOST}"
    elif done.not_carried:
        yield f"NOT taken over: what was spent, forgotten and deleted since: {done.not_carried}. {LOST}"
    for entry in done.again:
        yield f"back with the backup: {_forgotten(entry)}; run `tracker forget` for it again"
    if done.aside is None:
        yield f"there was no database to take anything over from. {LOST}; {config.home.data / AUDIT} tells what"
    yield f"head: {line_of(head_of(planned.database), _now(config))}"


LOST = "Lower the caps in [budget] by what was spent, forget again what had been, import again what had been since"


def _now(config: Config) -> int:
    from tracker.runtime.clock import clock_from

    return clock_from(config.settings.clock_start)()


def _forgotten(entry: Entry) -> str:
    """A forgetting, by all that the audit log knows of it."""
    from tracker.domain.instants import iso

    if entry.facts.get("scope") == "post":
        return f"a post, forgotten at {iso(entry.at)}"
    return f"{entry.facts.get('scope')} of {entry.facts.get('posts')} posts, forgotten at {iso(entry.at)}"


def _json(planned: Plan, done: Restored) -> dict[str, object]:
    from tracker.domain.instants import iso

    carried = done.carried
    return {
        "database": str(planned.database.absolute()),
        "aside": None if done.aside is None else str(done.aside.absolute()),
        "schema_before": planned.contents.schema,
        "schema": done.contents.schema,
        "rows": done.contents.told,
        "taken_over": None
        if carried is None
        else {
            "requests": carried.requests,
            "digests": carried.digests,
            "removed_again": carried.forgotten,
            "deleted": carried.deleted,
        },
        "not_taken_over": done.not_carried or ({} if carried is None else dict(carried.missed)),
        "import_again": []
        if carried is None
        else [{"name": file.name, "sha256": file.sha256} for file in carried.imports],
        "forget_again": [{"at": iso(entry.at), **entry.facts} for entry in done.again],
    }


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(restore)
