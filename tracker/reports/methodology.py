"""What every figure means: the definitions of all analyses in one text, in the words that the reports print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.config.settings import Settings
from tracker.reports.cells import markdown
from tracker.reports.columns import Column


@dataclass(frozen=True, slots=True)
class Section:
    """The figures of one report."""

    title: str
    intro: tuple[str, ...]
    """Sentences."""
    definitions: tuple[tuple[str, str], ...]
    """(word, meaning)."""


def sections(settings: Settings) -> tuple[Section, ...]:
    """All definitions, with the thresholds of the settings."""
    from tracker.analysis import (
        activity_words,
        change_words,
        ground_words,
        influence_words,
        network_words,
        silence_words,
    )
    from tracker.analysis import definitions as usage

    return (
        Section(
            "Every figure",
            ("What holds of all reports, charts and exports.",),
            usage.ground_rules(settings),
        ),
        Section(
            "Usage",
            ("`tracker report usage`: who used which platform, how often, and how much of it while restricted.",),
            usage.definitions(settings),
        ),
        Section(
            "Influence",
            ("`tracker report influence`: reach and engagement, figure by figure and never as one score.",),
            influence_words.definitions(settings),
        ),
        Section(
            "Network",
            ("`tracker report network`: who on the watchlist points to whom.",),
            network_words.definitions(settings),
        ),
        Section(
            "Silence",
            ("`tracker report silence`: whose present silence is out of character.",),
            silence_words.definitions(settings),
        ),
        Section(
            "Change around an event",
            (
                "`tracker report event`: before and after. A figure says that something changed after the event, "
                "never that it changed because of it.",
            ),
            change_words.definitions(settings),
        ),
        Section(
            "Activity over time",
            ("`tracker report activity`: posts by day, week, month or year.",),
            activity_words.definitions(settings),
        ),
        Section(
            "Coverage",
            ("`tracker report coverage`: what was looked at, and what was not.",),
            ground_words.definitions(settings),
        ),
        *_files(),
    )


def _files() -> tuple[Section, ...]:
    from tracker.reports import export_columns

    files = (
        ("posts", "One row a post of a named subject.", export_columns.POSTS),
        ("accounts", "One row a named account.", export_columns.ACCOUNTS),
        ("profiles", "One row a profile snapshot of a named account.", export_columns.PROFILES),
        (
            "daily",
            "One row a named account and local day that lies wholly in the time asked for; the last day ends at "
            "--as-of.",
            export_columns.DAILY,
        ),
    )
    return tuple(
        Section(f"Export: {noun}", (f"`tracker export {noun}`.", said), _meanings(columns))
        for noun, said, columns in files
    )


def _meanings(columns: Sequence[Column]) -> tuple[tuple[str, str], ...]:
    return tuple((column.key, column.meaning) for column in columns)


def methodology_md(settings: Settings) -> str:
    """The sections as Markdown."""
    parts = [
        "# What the figures mean\n",
        "A report prints these definitions under its table, with the thresholds in force; JSON carries them in "
        "`definitions`, and METHOD.md beside an export repeats them. The thresholds here are the defaults of "
        "`config/settings.toml`. `scripts/methodology` writes this file.\n",
    ]
    for section in sections(settings):
        parts += [f"## {section.title}\n", " ".join(section.intro) + "\n"]
        parts += [f"**{markdown(word)}.** {markdown(meaning)}\n" for word, meaning in section.definitions]
    return "\n".join(parts)
