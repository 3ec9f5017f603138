"""Showing more than the rules allow: one way for all commands, with a reason, which is logged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import config_of
from tracker.domain.errors import UsageError

if TYPE_CHECKING:
    from tracker.config.home import Config

LONGEST_REASON = 500

Override = Annotated[
    bool,
    typer.Option("--override", help="Let smallest_group of the settings hold though it is below 5; with --reason."),
]
Reason = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Why, naming nobody; it is kept: tracker audit."),
]


def config_for(context: typer.Context, override: bool, reason: str | None) -> Config:
    """The configuration; groups of people at risk are of at least five, unless that is overridden with a reason.

    Raises UsageError for an override without a reason, or of nothing.
    """
    from tracker.config.settings import SMALLEST_GROUP

    why = _reason(override, reason)
    config = config_of(context)
    asked = config.settings.report.smallest_group
    if not override:
        if asked < SMALLEST_GROUP:
            typer.echo(
                f"tracker: smallest_group = {asked} is below {SMALLEST_GROUP} and holds only with --override and "
                f"--reason; groups of {SMALLEST_GROUP} are shown",
                err=True,
            )
        return _with_groups_of(config, max(asked, SMALLEST_GROUP))
    if asked >= SMALLEST_GROUP:
        raise UsageError(
            f"there is nothing to override: smallest_group is {asked}; write the smaller number into "
            f"{config.home.settings} first"
        )
    from tracker.runtime.audit import Deed, record
    from tracker.runtime.clock import clock_from

    now = clock_from(config.settings.clock_start)()
    command = context.command_path.partition(" ")[2]
    record(config.home.data, Deed.OVERRIDE, now, command=command, smallest_group=asked, reason=why)
    return config


def _reason(override: bool, reason: str | None) -> str:
    """The reason on one line, without what cannot be seen; empty without an override. Raises UsageError."""
    from tracker.reports.cells import one_line

    if reason is not None and not override:
        raise UsageError("--reason is for --override; leave it out, or say both")
    why = " ".join(one_line(reason or "").split())
    if override and not any(letter.isalnum() for letter in why):
        raise UsageError("--override shows people at risk in smaller groups; say why: --reason TEXT (it is logged)")
    if len(why) > LONGEST_REASON:
        raise UsageError(f"--reason has {len(why):,} letters; say why in {LONGEST_REASON} at most (it is logged)")
    return why


def _with_groups_of(config: Config, least: int) -> Config:
    report = replace(config.settings.report, smallest_group=least)
    return replace(config, settings=replace(config.settings, report=report))
