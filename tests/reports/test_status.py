"""How `tracker status` says when an account is visited next."""

from __future__ import annotations

from io import StringIO

import pytest

from tests.runtime.making import START
from tracker.domain.instants import HOUR
from tracker.domain.intervals import Intervals
from tracker.domain.words import Mode, Platform, Protection
from tracker.reports.status import status_table
from tracker.store.reader import AccountStatus


@pytest.mark.parametrize(
    ("outcome", "due", "said"),
    [
        ("ok", START - HOUR, "now"),
        ("ok", START + HOUR, "in 1 h"),
        ("budget_spent", START - HOUR, "as soon as it may"),
        ("monthly_cap", START - HOUR, "as soon as it may"),
        ("budget_spent", START + HOUR, "in 1 h"),
    ],
)
def test_who_waits_for_a_limit_is_not_said_to_be_visited_now(outcome: str, due: int, said: str) -> None:
    account = AccountStatus(
        *("s", Platform.X, "generated", 1, Protection.NAMED, Mode.POSTS, True, None, None),
        *(START - HOUR, outcome, None, due, 0, Intervals(), 0, 0, None),
    )
    out = StringIO()
    status_table([account], START, out)
    assert said in out.getvalue()
    assert ("now" in out.getvalue()) == (said == "now")
