"""tracker audit."""

from __future__ import annotations

from typing import Annotated

import typer

from tracker.cli.opening import home_of


def audit(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Show what left the database and what was done to it: exports, overrides, forgets, backups, restores.

    The log names files, kinds, numbers and reasons, and never what anybody said.

    Example: tracker audit --json
    """
    import json

    from tracker.domain.instants import iso
    from tracker.runtime.audit import AUDIT, read

    home = home_of(context)
    log = read(home.data)
    if as_json:
        entries = [{"at": iso(entry.at), "what": entry.what, **entry.facts} for entry in log.entries]
        typer.echo(json.dumps({"entries": entries, "damaged_lines": log.damaged}, indent=2))
        return
    for entry in log.entries:
        facts = ", ".join(f"{name} {_said(fact)}" for name, fact in entry.facts.items() if fact is not None)
        typer.echo(f"{iso(entry.at)}  {entry.what:<8}  {facts}")
    if not log.entries:
        typer.echo(f"nothing is recorded in {home.data / AUDIT}")
    if log.damaged:
        typer.echo(f"tracker: {log.damaged:,} lines of {home.data / AUDIT} cannot be read", err=True)


def _said(fact: object) -> str:
    """A fact on one line, without control characters."""
    text = ", ".join(map(str, fact)) if isinstance(fact, list) else str(fact)
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(audit)
