"""The control: each judge finds what it looks for, where it is left in."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from tests.hostile.corpus import FORMULA, TEXTS
from tests.hostile.judging import (
    commands_in,
    formulas_in_csv,
    formulas_in_workbook,
    live_in_html,
    live_in_svg,
    turned_in,
)


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith(("ansi", "osc", "nul"))])
def test_what_commands_a_terminal_is_found(name: str) -> None:
    assert commands_in(TEXTS[name])


@pytest.mark.parametrize("name", ["bidi_override", "zero_width_spoof"])
def test_what_reorders_or_hides_is_found(name: str) -> None:
    assert turned_in(TEXTS[name])


def test_a_formula_in_a_cell_is_found(tmp_path: Path) -> None:
    for name, text in TEXTS.items():
        if name.startswith("formula"):
            assert formulas_in_csv('a,"' + text.replace('"', '""') + '"\r\n'), name
    assert formulas_in_csv("-5,12,+\r\n") == ["+"]
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        book.add_worksheet().write(0, 0, FORMULA)
    assert formulas_in_workbook(tmp_path / "book.xlsx") == [FORMULA]


@pytest.mark.parametrize("name", ["html_script", "html_script_end", "html_handlers", "data_address"])
def test_live_html_is_found(name: str) -> None:
    assert live_in_html(f'<p>{TEXTS[name]}</p><a href="{TEXTS[name]}">')


def test_live_svg_is_found() -> None:
    assert live_in_svg(TEXTS["svg_script"]) == ["script"]
    assert live_in_svg('<svg onload="a"><a href="javascript:b"/></svg>') == ["onload", "href"]
