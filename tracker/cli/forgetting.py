"""tracker forget."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.asking import confirm
from tracker.cli.opening import config_of, database_of, naming_the_last_backup, writing
from tracker.domain.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.config.home import Config
    from tracker.runtime.forgetting import Plan
    from tracker.store.proof import Proof
    from tracker.store.store import Store

FAILED, PARTIAL = 1, 3


def forget(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="SUBJECT|ACCOUNT|POST",
            help="A subject's id or name; an account as x:HANDLE or x:ID; a post as x:HANDLE/ID or its URL.",
            show_default=False,
        ),
    ] = None,
    expired: Annotated[
        bool, typer.Option("--expired", help="Remove what [retention] in the settings keeps no longer, instead.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Remove a subject, an account or a post for good, and prove that no file of the data folder holds it any more.

    It shows what will go and asks. A forgotten post is not stored again; a forgotten account is, as long as the
    watchlist lists it. Exports and backups are only listed: delete them yourself. Stop the daemon first.

    Exit code 0 if it is proved, 1 if a file holds it or cannot be searched for it, 3 if an open reader prevents the
    proof.

    Example: tracker forget x:some_handle
    """
    from tracker.runtime import presence

    if (what is None) != expired:
        raise UsageError("name a subject, an account or a post, or say --expired; not both")
    config = config_of(context)
    database = database_of(config)
    with naming_the_last_backup(config.home):
        presence.require(config.home, database)
    if not database.exists():
        raise StoreError(f"nothing is collected yet: {database} does not exist, so there is nothing to forget")
    with writing(config) as store:
        if what is None:
            _expire(store, config, yes=yes, as_json=as_json)
        else:
            _forget(store, config, what, yes=yes, as_json=as_json)


def _forget(store: Store, config: Config, what: str, *, yes: bool, as_json: bool) -> None:
    import json

    from tracker.config.naming import named
    from tracker.reports.forgetting import as_json as proof_json
    from tracker.reports.forgetting import told
    from tracker.runtime.clock import clock_from
    from tracker.runtime.forgetting import forget as forget_it
    from tracker.runtime.forgetting import plan

    planned = plan(store, config, named(what))
    if not yes:
        _ask(planned, config)
    proof = forget_it(store, config, planned, clock_from(config.settings.clock_start)(), progress=_progress())
    if as_json:
        again = [f"{config.home.watchlist}:{listing.line}" for listing in planned.listed]
        typer.echo(json.dumps({**proof_json(proof), "listed_at": again}, indent=2))
    else:
        for line in told(proof):
            typer.echo(line)
    if planned.listed:
        typer.echo(f"tracker: {_comes_back(planned, config)}", err=True)
    _leave(proof)


def _expire(store: Store, config: Config, *, yes: bool, as_json: bool) -> None:
    """Remove what is kept no longer, as the daemon does every day, and write the file anew."""
    import json

    from tracker.runtime.clock import clock_from
    from tracker.runtime.local import zones_of
    from tracker.runtime.open_readers import open_readers
    from tracker.runtime.retention import UNTOLD, expire, expiring, told

    kept = config.settings.retention
    if kept.raw_answers is None and kept.texts is None and kept.at_risk_weeks is None:
        raise UsageError(f"{config.home.settings} keeps everything for ever; write how long under [retention] first")

    zones, now = zones_of(config), clock_from(config.settings.clock_start)()
    if not yes:
        typer.echo(f"will go for good: {told(expiring(store, config, zones, now))}")
        confirm("Remove what [retention] keeps no longer?")
    gone = expire(store, config, zones, now)
    erasure = store.erase()
    if as_json:
        removed = {what: None if what == UNTOLD else count for what, count in gone.items()}
        typer.echo(json.dumps({"removed": removed}, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"removed: {told(gone)}")
    if erasure.busy:
        who = " and ".join(map(str, open_readers(store.path))) or "another process"
        typer.echo(f"tracker: {who} has the database open; end it, then run this again", err=True)
        raise typer.Exit(PARTIAL)


def _ask(planned: Plan, config: Config) -> None:
    """Show what will go, and ask. Raises UsageError where nobody can answer."""
    from tracker.reports.forgetting import counted

    target = planned.target
    for account in target.accounts:
        number = "" if account.platform_id is None else f", id {account.platform_id}"
        typer.echo(f"{account.platform} account {', '.join(sorted(account.names))}{number}, of {account.subject}")
    if target.posts:
        typer.echo(f"post {', '.join(map(str, target.posts))}")
    if not target.accounts:
        typer.echo("nothing of it is stored; only the files are searched")
    else:
        typer.echo(f"will go for good: {counted(planned.rows)}")
    if planned.listed:
        typer.echo(_comes_back(planned, config))
    if planned.begun:
        typer.echo("an earlier forgetting was broken off; it is finished with this one")
    confirm("Forget it?")


def _comes_back(planned: Plan, config: Config) -> str:
    """What is still to be done. Neither database nor watchlist will know the subject by then, so handles are told."""
    lines = ", ".join(str(line) for line in sorted({listing.line for listing in planned.listed}))
    accounts = sorted({f"{listing.platform}:{listing.handle}" for listing in planned.listed})
    again = " and ".join(f"`tracker forget {account}`" for account in accounts)
    return (
        f"it will be collected again unless it leaves the watchlist: remove line {lines} of {config.home.watchlist}, "
        f"then run {again}"
    )


def _leave(proof: Proof) -> None:
    if proof.files_left:
        raise typer.Exit(FAILED)
    if not proof.is_clean:
        raise typer.Exit(PARTIAL)


def _progress() -> Callable[[int], None]:
    """How many bytes were searched, on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        return lambda _count: None
    searched = 0

    def told(count: int) -> None:
        nonlocal searched
        searched += count
        sys.stderr.write(f"\rsearched {searched / 1e6:,.0f} MB")
        sys.stderr.flush()

    return told


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(forget)
