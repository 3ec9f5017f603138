"""The three parsers, fuzzed with a fixed number of cases, every time the same; `scripts/fuzz` goes on at length."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.collectors.test_x_decoding import all_that_is_read
from tests.collectors.test_x_decoding import page as golden_page
from tests.hostile.fuzzing import (
    CASES,
    file_changed,
    preview_changed,
    x_page_changed_anywhere,
    x_page_with_one_item_changed,
)
from tests.hostile.mutating import Chance
from tracker.collectors import x_answers
from tracker.domain.records import SetAside

EACH = 300
FIXED = settings(
    max_examples=EACH, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
CHANCE = st.randoms(use_true_random=False)


@FIXED
@given(CHANCE)
def test_an_item_of_a_page_of_x_that_is_changed_costs_only_itself(chance: Chance) -> None:
    x_page_with_one_item_changed(chance)


@FIXED
@given(CHANCE)
def test_a_page_of_x_that_is_changed_anywhere_is_read_or_refused(chance: Chance) -> None:
    x_page_changed_anywhere(chance)


@FIXED
@given(CHANCE)
def test_a_preview_that_is_changed_is_read_set_aside_or_none(chance: Chance) -> None:
    preview_changed(chance)


@FIXED
@given(CHANCE)
def test_an_export_that_is_changed_loses_only_what_was_changed(chance: Chance) -> None:
    with TemporaryDirectory() as folder:
        file_changed(chance, Path(folder))


def fails(case: Callable[[Chance, Path], None], folder: Path) -> int:
    """How many of 300 cases fail."""
    failed = 0
    for seed in range(300):
        try:
            case(Random(seed), folder)
        except (AssertionError, KeyError):
            failed += 1
    return failed


def test_a_parser_that_drops_what_it_does_not_understand_would_be_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The control: with items that do not fit left out in silence, the same cases fail; as it is, none does."""
    case = CASES["x_item"]
    assert fails(case, tmp_path) == 0
    whole = x_answers.to_post
    dropped = SetAside(None, "\x1b")

    def silent(item: object, texts: object) -> object:
        found = whole(item, texts)  # type: ignore[arg-type]
        return dropped if isinstance(found, SetAside) else found

    monkeypatch.setattr(x_answers, "to_post", silent)
    assert fails(case, tmp_path) > 0


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff", "\\uDBFF\\u0041", "\\udc00\\ud800"])
def test_half_a_surrogate_pair_costs_one_post_and_a_whole_one_none(half: str) -> None:
    body = json.dumps(json.loads(golden_page("post"))).encode()
    text = json.loads(body)["data"][1]["text"].encode("ascii", "backslashreplace")
    assert text in body
    posts, aside = all_that_is_read(body.replace(text, half.encode()))
    assert (len(posts), len(aside)) == (4, 1)
    posts, aside = all_that_is_read(body.replace(text, b"\\ud83d\\ude42 \\\\ud800"))
    assert (len(posts), len(aside)) == (5, 0)
    with pytest.raises(msgspec.DecodeError):
        all_that_is_read(b'{"data":[')
