"""Reads what a user edits: settings.toml and the CSV files; strict, and clear about what is wrong and where."""
