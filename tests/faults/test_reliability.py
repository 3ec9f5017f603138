"""docs/reliability.md names tests that exist, and every test of this folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def written_in(file: Path) -> set[str]:
    return set(re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE))


def named() -> set[tuple[str, str]]:
    return set(NAMED.findall(PAGE.read_text("utf-8")))


def missing(names: set[tuple[str, str]]) -> list[str]:
    return [
        f"{file}::{name}"
        for file, name in sorted(names)
        if not (ROOT / file).exists() or name not in written_in(ROOT / file)
    ]


def test_every_test_that_the_document_names_exists() -> None:
    assert len(named()) > 30
    assert missing(named()) == []


def test_every_row_of_the_document_names_a_test_and_a_control() -> None:
    rows = [line.split("|")[1:-1] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    faults = [cells for cells in rows if len(cells) == 4 and cells[0].strip() != "fault"]
    assert len(faults) > 25
    for fault, seen, shown, control in faults:
        assert NAMED.search(shown), fault
        assert seen.strip(), fault
        assert control.strip(), fault


FILES = sorted(file.stem for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__))


@pytest.mark.parametrize("name", FILES)
def test_every_fault_that_is_tested_is_in_the_document(name: str) -> None:
    file = f"tests/faults/{name}.py"
    assert {test for where, test in named() if where == file} == written_in(ROOT / file)


def test_a_test_that_does_not_exist_would_be_found() -> None:
    """The control."""
    assert missing({("tests/faults/test_reliability.py", "test_that_is_not_there")})
