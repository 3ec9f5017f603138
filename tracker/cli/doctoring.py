"""tracker doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import home_of
from tracker.domain.errors import ConfigError

if TYPE_CHECKING:
    from tracker.config.home import Home
    from tracker.runtime.health import Sign


def doctor(
    context: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Also ask each platform for something free, through its proxy.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Look for whatever may be wrong with this home and this machine, and say what to do.

    Python and SQLite, permissions, disk, clock, configuration, credentials, proxies, the lock, the database and its
    log, accounts that fail, and backups. It takes no lock, writes nothing, and without --online nothing leaves the
    machine. With it X is asked how much was used this month (free), and Telegram for its configuration or front page.

    Exit code 0 if nothing is wrong; 78 if the configuration, a credential, a proxy or the schema is, whatever else is
    wrong too; else 1.

    Example: tracker doctor --online
    """
    from tracker.cli.health import as_json_of, as_text
    from tracker.runtime.doctor import CONFIGURATION

    signs = _signs(home_of(context), online=online)
    wrong = {sign.name for sign in signs if not sign.well}
    typer.echo(as_json_of(signs) if as_json else as_text(signs))
    if wrong:
        raise typer.Exit(ConfigError.exit_code if wrong & CONFIGURATION else 1)


def _signs(home: Home, *, online: bool) -> list[Sign]:
    import os

    from tracker.config.home import load, load_settings
    from tracker.runtime.clock import clock_from, system_clock
    from tracker.runtime.doctor import look, look_outside
    from tracker.runtime.health import Sign

    try:
        clock = clock_from(load_settings(home).clock_start)
    except ConfigError:
        clock = system_clock
    signs = look(home, os.environ, clock, system_clock())
    if online:
        try:
            signs += look_outside(load(home), os.environ, clock, system_clock())
        except ConfigError:
            signs.append(Sign("reach", None, False, "nobody was asked: mend the configuration first"))
    return signs


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(doctor)
