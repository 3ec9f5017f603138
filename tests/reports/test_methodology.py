"""The methodology is in the words of the reports, and docs/methodology.md is it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tracker.config.settings import ReportSettings, Settings
from tracker.reports.export_columns import POSTS
from tracker.reports.methodology import methodology_md, sections

DOCUMENT = Path(__file__).parents[2] / "docs" / "methodology.md"


def test_the_document_is_what_the_definitions_say() -> None:
    message = "docs/methodology.md is not what the code says: run scripts/methodology"
    assert DOCUMENT.read_text("utf-8") == methodology_md(Settings()), message


def test_every_figure_is_defined_once_in_its_section_in_a_sentence() -> None:
    for section in sections(Settings()):
        words = [word for word, _ in section.definitions]
        assert len(set(words)) == len(words), section.title
        assert words
        assert section.intro
        for word, meaning in section.definitions:
            assert meaning.rstrip().endswith((".", ")")), (section.title, word)


def test_thresholds_are_those_of_the_settings() -> None:
    settings = replace(Settings(), report=ReportSettings(smallest_group=77))
    assert "at least 77 subjects" in methodology_md(settings)
    assert "at least 77 subjects" not in methodology_md(Settings())


def test_an_export_s_columns_are_in_it_word_for_word() -> None:
    by_title = {section.title: dict(section.definitions) for section in sections(Settings())}
    assert by_title["Export: posts"] == {column.key: column.meaning for column in POSTS}
