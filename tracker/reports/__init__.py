"""Figures as tables, JSON, CSV and Markdown; exports as files."""
