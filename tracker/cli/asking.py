"""Asking before something is done that cannot be taken back."""

from __future__ import annotations

import sys

import typer

from tracker.domain.errors import UsageError


def confirm(question: str) -> None:
    """Ask; raises UsageError where nobody can answer."""
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here; look what would go on a terminal, or say --yes")
    typer.confirm(question, abort=True)
