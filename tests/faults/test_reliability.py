"""docs/reliability.md names tests that exist, and every test of this folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
TOLD_OF = re.compile(r"\bseen to\b|\b(was|were) found\b")
"""Words for what somebody saw once."""


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


def rows() -> list[list[str]]:
    """The cells of each fault: what it is, what the user sees, the test, the control."""
    found: list[list[str]] = []
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]] if line.startswith("| ") else []
        if len(cells) == 4:
            found.append(cells)
    return found


def faults_in(rows: Sequence[Sequence[str]]) -> list[str]:
    """What is wrong with rows: a head begins a table, "the same" and "as above" refer to a row of the same table."""
    wrong: list[str] = []
    above = False
    for fault, seen, shown, control in rows:
        if fault == "fault":
            above = False
            continue
        if not fault or not seen or NAMED.fullmatch(shown) is None:
            wrong.append(f"{fault}: names no test")
        if not control or shown in control or (control in ("the same", "as above") and not above):
            wrong.append(f"{fault}: has no control")
        if len(NAMED.findall(control)) != control.count("tests/") or TOLD_OF.search(control):
            wrong.append(f"{fault}: its control is no run of a test")
        above = True
    return wrong


def test_every_row_of_the_document_names_a_test_and_a_control() -> None:
    assert len(rows()) > 100
    assert faults_in(rows()) == []


@pytest.mark.parametrize(
    "control",
    [
        "",
        "the same",
        "`tests/a.py::test_a`",
        "seen to fail before it was mended",
        "a trace was found",
        "`tests/b.py`",
    ],
)
def test_a_row_without_a_control_would_be_found(control: str) -> None:
    head, good = ["fault", "what the user sees", "test", "control"], "`tests/b.py::test_b`"
    assert faults_in([head, ["a", "nothing", "`tests/a.py::test_a`", good]]) == []
    assert faults_in([head, ["a", "nothing", "`tests/a.py::test_a`", control]])


FILES = sorted(file.stem for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__))


@pytest.mark.parametrize("name", FILES)
def test_every_fault_that_is_tested_is_in_the_document(name: str) -> None:
    file = f"tests/faults/{name}.py"
    assert {test for where, test in named() if where == file} == written_in(ROOT / file)


def test_a_test_that_does_not_exist_would_be_found() -> None:
    """The control."""
    assert missing({("tests/faults/test_reliability.py", "test_that_is_not_there")})
