"""Writing down what leaves the database, before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.cli.opening import database_of

if TYPE_CHECKING:
    from pathlib import Path

    from tracker.analysis.question import Selection
    from tracker.config.home import Config


def record_export(config: Config, kind: str, format: str, selection: Selection, target: Path | None) -> None:
    """Note in the audit log what is written where; `target` is None for standard output.

    Says of whom and of when only as the options do, so that a later `tracker forget` can tell what may hold it.
    """
    from tracker.domain.instants import iso
    from tracker.runtime.audit import Deed, record
    from tracker.runtime.clock import clock_from

    if not database_of(config).exists():
        return  # the command is about to say so
    record(
        config.home.data,
        Deed.EXPORT,
        clock_from(config.settings.clock_start)(),
        kind=kind,
        format=format,
        platform=selection.platform,
        country=selection.country,
        role=selection.role,
        since=None if selection.since is None else iso(selection.since),
        until=iso(selection.end),
        path=None if target is None else str(target.absolute()),
    )
