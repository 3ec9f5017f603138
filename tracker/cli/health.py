"""tracker status --health: one look for a monitor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tracker.domain.errors import ConfigError

if TYPE_CHECKING:
    from tracker.config.home import Home
    from tracker.runtime.health import Sign


def tell_health(context: typer.Context, *, as_json: bool) -> None:
    """Say how the daemon and what it collects are; ends with 0 if all is well, else with 1."""
    from tracker.cli.opening import home_of

    signs = _signs(home_of(context))
    unwell = [sign for sign in signs if not sign.well]
    typer.echo(as_json_of(signs) if as_json else as_text(signs))
    raise typer.Exit(1 if unwell else 0)


def _signs(home: Home) -> list[Sign]:
    from tracker.config.home import load
    from tracker.runtime.clock import clock_from, system_clock
    from tracker.runtime.health import examine, without_configuration

    try:
        config = load(home)
    except ConfigError as error:
        return without_configuration(home, str(error), system_clock())
    return examine(config, clock_from(config.settings.clock_start)(), system_clock())


def as_json_of(signs: list[Sign]) -> str:
    """One object for scripts."""
    import json

    rows = [{"sign": sign.name, "platform": sign.platform, "well": sign.well, "says": sign.says} for sign in signs]
    return json.dumps({"healthy": all(sign.well for sign in signs), "signs": rows}, ensure_ascii=False, indent=2)


def as_text(signs: list[Sign]) -> str:
    """A line each, what is bad first, below one that sums them up."""
    from tracker.reports.cells import one_line

    unwell = sum(not sign.well for sign in signs)
    head = f"unhealthy: {unwell} of {len(signs)} signs are bad" if unwell else f"healthy: {len(signs)} signs are well"
    lines = [
        f"{'ok ' if sign.well else 'BAD'} {f'{sign.platform} ' if sign.platform else ''}{sign.name}: {sign.says}"
        for sign in sorted(signs, key=lambda sign: sign.well)
    ]
    return "\n".join(one_line(line) for line in (head, *lines))
