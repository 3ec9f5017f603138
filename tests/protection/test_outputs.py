"""However much few people at risk have posted, collecting, its log, its metrics and its bill say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.dying import Nursery
from tests.hostile.test_places import here
from tests.protection.scene import environment, played, ran
from tracker.domain.instants import WEEK

PASSING = (
    r"\d\d:\d\d:\d\d",
    r"127\.0\.0\.1:\d+",
    r"\b\d+ (s|min)\b",
    r"_seconds [0-9.e+]+",
    r"[0-9.,]+ GB free",
    r'"(at|as_of)": "[^"]+"',
    r"\b\d{8}T\d{6}Z",
    r'[\d,]+ bytes|"bytes": \d+',
    r"\b[0-9a-f]{64}\b",
)
"""Moments of our own, ports, the disk, sizes of files and hashes of the run log."""
LOOKS = (
    ["status"],
    ["status", "--json"],
    ["status", "--health"],
    ["cost"],
    ["cost", "--format", "json"],
    ["cost", "--plan"],
    ["report", "usage", "--by", "role"],
    ["report", "coverage", "--json"],
    ["report", "subject", "minister"],
    ["chart", "usage", "-o", "OUT/usage.svg"],
    ["export", "accounts"],
    ["backup", "OUT/a.db"],
    ["backup", "OUT/b.db", "--json"],
    ["audit"],
    ["restore", "OUT/a.db", "--yes"],
    ["restore", "OUT/b.db", "--yes", "--json"],
)


def in_order(lines: str) -> str:
    """The platforms are visited side by side."""
    return "\n".join(sorted(lines.splitlines()))


def said(folder: Path, extra: int) -> dict[str, str]:
    """Everything that is said of two weeks of collecting, by what says it."""
    folder.mkdir()
    told: dict[str, str] = {}
    with (
        played(folder / "home", extra=extra) as scene,
        Nursery(folder, environment(scene.home)) as nursery,
    ):
        told["collect"] = in_order(ran(nursery, scene, "collect").said)
        scene.configure(now=scene.now + WEEK)
        told["again"] = in_order(ran(nursery, scene, "collect", "--all").said)
        for words in LOOKS:
            done = here(*(word.replace("OUT", str(scene.home / "out")) for word in words), home=scene.home)
            told[" ".join(words)] = done.out + done.err.replace(str(folder), "")
        told["picture"] = (scene.home / "out" / "usage.svg").read_text("utf-8")
        at_risk = ran(nursery, scene, "forget", "x:canary_reader", "--yes").said
        told["forget"] = re.sub(r"[\d,]+ (files|bytes)", "", at_risk)
    for name, text in told.items():
        for shape in PASSING:
            text = re.sub(shape, "", text)
        told[name] = text.replace(str(folder), "")
    return told


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return said(tmp_path_factory.mktemp("few") / "a", 0)


def test_what_few_people_posted_is_in_no_output(few: dict[str, str], tmp_path: Path) -> None:
    many = said(tmp_path / "b", 5)
    assert few.keys() == many.keys()
    assert [name for name in few if few[name] != many[name]] == []


def test_what_is_compared_says_something(few: dict[str, str]) -> None:
    """A control: nothing of it is empty, and what is spent on named accounts is told."""
    assert all(text.strip() for text in few.values())
    assert "5 accounts visited" in few["collect"]
    assert re.search(r"\$0\.[1-9]", few["collect"])
