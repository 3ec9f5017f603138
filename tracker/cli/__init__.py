"""Thin typer commands; each imports what it needs inside its body."""
