"""What each page of a walk proves, and what it leaves. (Whole walks: tests/runtime/test_coverage_model.py.)"""

from __future__ import annotations

import pytest

from tracker.domain.coverage import Stretch, advance
from tracker.domain.instants import Instant
from tracker.domain.intervals import NEVER, span
from tracker.domain.records import End, Page, Spend

CREATED, LOOKED, NOW = 1_000, 5_000, 9_000


def page(floor: Instant | None, end: End | None = None, cursor: str | None = None) -> Page:
    return Page(NOW, (), floor, cursor, end, None, Spend(1))


def test_a_page_with_more_below_proves_all_above_its_oldest_second() -> None:
    """Another post of the oldest second may be the first of the next page."""
    step = advance(Stretch(NOW, LOOKED, "m"), page(7_000, cursor="c"), CREATED)
    assert step.proved == span(7_001, NOW)
    assert step.left == Stretch(7_001, LOOKED, "m", "c")


def test_a_page_all_of_whose_posts_are_newer_than_the_stretch_proves_nothing_yet() -> None:
    """Posts of the very second in which we look, or after it, lie outside what is looked at."""
    step = advance(Stretch(NOW, LOOKED), page(NOW + 3, cursor="c"), CREATED)
    assert step.proved == NEVER
    assert step.left == Stretch(NOW, LOOKED, cursor="c")


def test_meeting_known_ground_proves_the_whole_stretch() -> None:
    assert advance(Stretch(NOW, LOOKED, "m"), page(7_000, End.KNOWN_GROUND), CREATED).proved == span(LOOKED, NOW)
    assert advance(Stretch(NOW, LOOKED, "m"), page(None, End.KNOWN_GROUND), CREATED).proved == span(LOOKED, NOW)


def test_known_ground_that_begins_below_the_last_look_proves_no_more_than_the_stretch() -> None:
    assert advance(Stretch(NOW, LOOKED, "m"), page(2_000, End.KNOWN_GROUND), CREATED).proved == span(LOOKED, NOW)


@pytest.mark.parametrize(("created", "floor", "since"), [(CREATED, 7_000, CREATED), (None, 7_000, 7_000)])
def test_meeting_the_beginning_proves_all_since_the_account_was_made(
    created: Instant | None, floor: Instant, since: Instant
) -> None:
    step = advance(Stretch(NOW), page(floor, End.BEGINNING), created)
    assert (step.proved, step.left) == (span(since, NOW), None)


def test_a_post_older_than_its_account_is_believed() -> None:
    assert advance(Stretch(NOW), page(500, End.BEGINNING), CREATED).proved == span(500, NOW)


def test_an_account_of_unknown_age_without_posts_proves_nothing() -> None:
    step = advance(Stretch(NOW), page(None, End.BEGINNING), None)
    assert (step.proved, step.left) == (NEVER, None)


def test_an_empty_last_page_proves_the_second_of_the_oldest_post_above_it() -> None:
    above = advance(Stretch(NOW), page(7_000, cursor="c"), None)
    assert above.left is not None
    below = advance(above.left, page(None, End.BEGINNING), None)
    assert above.proved | below.proved == span(7_000, NOW)


def test_what_lies_below_the_depth_limit_is_left_for_ever() -> None:
    step = advance(Stretch(NOW, LOOKED, "m", "c"), page(7_000, End.DEPTH_LIMIT), CREATED)
    assert step.proved == span(7_001, NOW)
    assert step.left == Stretch(7_001, LOOKED, "m", None, unreachable=True)


def test_an_empty_page_at_the_depth_limit_proves_nothing_more() -> None:
    step = advance(Stretch(7_001, LOOKED, "m", "c"), page(None, End.DEPTH_LIMIT), CREATED)
    assert step.proved == NEVER
    assert step.left == Stretch(7_001, LOOKED, "m", None, unreachable=True)
