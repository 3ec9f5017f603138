"""tracker compliance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.collecting import PARTIAL, TRY_LATER, work_for
from tracker.cli.opening import config_of, writing
from tracker.domain.errors import UsageError
from tracker.domain.wording import plural
from tracker.domain.words import Platform

if TYPE_CHECKING:
    from tracker.domain.outcomes import Failure
    from tracker.runtime.compliance import Progress, Sweep
    from tracker.runtime.local import Work

PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0, *(8.0,) * 74)
"""Seconds before each question how X is getting on: a short list is soon done, and after ten minutes we leave."""


def compliance(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Ask X now which of all stored posts were deleted, and remove what those said.

    The daemon does so by itself every week. X does not charge for it; not every plan of X's has it.

    Exit code 0, 3 if X could not be asked, 75 if it is still at work: the daemon, or this command, goes on later.

    Example: tracker compliance
    """
    import json

    from tracker.cli.progress import watching
    from tracker.collectors.protocol import Complying
    from tracker.config.home import platforms_in_use
    from tracker.runtime.clock import clock_from
    from tracker.runtime.compliance import Progress, Sweep
    from tracker.runtime.local import sync

    config = config_of(context)
    if not platforms_in_use(config, Platform.X):
        raise UsageError(f"no account on X in {config.home.watchlist} is collected; the others have no such list")
    with writing(config) as store, watching(quiet=True) as observer:
        with work_for(config, store, observer, clock_from(config.settings.clock_start)) as work:
            sync(store, config)
            collector = work.openers[Platform.X]()
            try:
                assert isinstance(collector, Complying)
                budget = work.worker(Platform.X, collector).budget
                before = len(store.living_ids())
                result = _swept(work, Sweep(collector.compliance, store, budget, work.clock))
                deleted = before - len(store.living_ids())
            finally:
                collector.close()
    if not isinstance(result, Progress):
        typer.echo(f"tracker: X could not be asked: {result.detail}", err=True)
        raise typer.Exit(PARTIAL)
    if as_json:
        typer.echo(json.dumps({"posts": before, "deleted": deleted, "done": result is not Progress.UNDER_WAY}))
    elif result is Progress.DONE:
        typer.echo(f"{plural(before, 'post')} checked, {deleted:,} of them deleted")
    elif result is Progress.NOT_DUE:
        typer.echo("no post on X is stored")
    else:
        typer.echo(f"X is still at work on {before:,} ids; the daemon, or this command, goes on later")
    if result is Progress.UNDER_WAY:
        raise typer.Exit(TRY_LATER)


def _swept(work: Work, sweep: Sweep) -> Progress | Failure:
    """Step by step until X is done, has refused, or we are to stop."""
    from tracker.runtime.compliance import Progress

    result = sweep.step(at_once=True)
    for pause in PAUSES:
        if result is not Progress.UNDER_WAY or work.stop.wait(pause):
            break
        result = sweep.step()
    return result


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(compliance)
