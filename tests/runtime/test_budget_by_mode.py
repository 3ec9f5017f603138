"""A budget in which no page of posts fits any more, but a count does: counts go on, and no limit is passed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from tests.runtime.making import START, Stage, listed
from tests.runtime.test_counting import counted
from tracker.analysis.ground import ground
from tracker.analysis.question import Selection
from tracker.config.settings import Allowance, BudgetSettings
from tracker.domain.instants import DAY, HOUR
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform
from tracker.store.reader import Reader

PAGE, COUNT, PROFILE = 5 * 5_000, 5_000, 10_000
"""Millionths of a dollar: of the smallest page of posts, of counts of the last days, of one profile."""
COUNTED = (201, 202, 203)


@pytest.fixture
def mixed(stage: Stage) -> Stage:
    """An account whose posts are read, and three that are counted, all identified by an earlier visit."""
    stage.x_account(101, "read", posts=300)
    for number in COUNTED:
        stage.x_account(number, f"counted_{number}", posts=40)
    stage.watch(listed("read", 101), *(counted(listed(f"counted_{number}", number)) for number in COUNTED))
    return stage


def allow(stage: Stage, allowance: Allowance) -> None:
    stage.settings = replace(stage.settings, budget=BudgetSettings(x_per_day=allowance))


def counted_accounts(stage: Stage) -> set[int]:
    rows = stage.rows("SELECT DISTINCT platform_id FROM account JOIN count ON account_id = account.id")
    return {int(str(number)) for (number,) in rows}


def outcomes(stage: Stage) -> dict[str, str]:
    return {str(handle): str(outcome) for handle, outcome in stage.rows("SELECT handle, last_outcome FROM account")}


def test_counts_go_on_where_no_page_fits_any_more_and_no_limit_is_passed(mixed: Stage) -> None:
    limit = (1 + len(COUNTED)) * PROFILE + 20 * PAGE + PAGE - 1
    allow(mixed, Allowance(limit, dollars=True))
    mixed.visit()
    assert counted_accounts(mixed) == set(COUNTED)
    assert mixed.x.bill.micros <= limit
    stored = len(mixed.stored(101))
    assert 0 < stored < 300
    assert outcomes(mixed)["read"] == OutcomeKind.BUDGET_SPENT
    assert {outcome for handle, outcome in outcomes(mixed).items() if handle != "read"} == {OutcomeKind.OK}
    assert mixed.rows("SELECT count(*) FROM hole") == [(1,)], "coverage says what is missing"
    mixed.visit(later=DAY)
    assert len(mixed.stored(101)) > stored, "the next day goes on where the budget ended"


def listed_as(name: str) -> ListedAccount:
    return listed(name, {"read": 101, "other": 102}[name])


def causes(stage: Stage) -> dict[str, str | None]:
    """What `report coverage` says of why time is missing, by handle, for the three days up to now."""
    accounts = [listed_as("read"), listed_as("other")]
    with closing(Reader(stage.path)) as reader:
        series, grounds = reader.series(accounts), reader.grounds(accounts)
    asked = Selection(stage.now, stage.now - 3 * DAY)
    return {
        str(row.handle): None if row.cause is None else str(row.cause)
        for row in ground(series, grounds, stage.settings, asked).rows
    }


def test_coverage_names_the_spent_budget_with_each_account_that_waits_for_it(stage: Stage) -> None:
    for number, name in ((101, "read"), (102, "other")):
        stage.x_account(number, name, posts=30)
    stage.watch(listed_as("read"), listed_as("other"))
    stage.visit()
    assert causes(stage) == {"read": None, "other": None}
    worker = stage.worker()
    worker.settings = replace(worker.settings, budget=BudgetSettings(x_per_day=Allowance(1, dollars=True)))
    stage.visit(later=4 * DAY)
    assert stage.rows("SELECT count(*) FROM visit") == [(2,)], "there is not enough for the smallest page"
    assert causes(stage) == {"read": "budget_spent", "other": "budget_spent"}
    worker.settings = replace(worker.settings, budget=BudgetSettings())
    stage.visit(later=HOUR)
    assert causes(stage) == {"read": None, "other": None}, "all was found"


def a_week_later(stage: Stage, left: int, profile_interval: int) -> None:
    """Everything is known and paid for; since then all have posted, and so much may be spent on this day."""
    stage.visit()
    for number in COUNTED:
        for day in range(8):
            stage.x.world.publish(number, START + day * DAY + HOUR, "[ساختگی]")
    stage.now = START + 8 * DAY
    visits = replace(stage.settings.visits, profile_interval=profile_interval)
    refresh = replace(stage.settings.refresh, on=False)
    stage.settings = replace(stage.settings, visits=visits, refresh=refresh)
    allow(stage, Allowance(left, dollars=True))
    stage.restart()
    stage.store.make_due(Platform.X, None, stage.now)


@pytest.mark.parametrize("left", [0, COUNT - 1, COUNT, 2 * COUNT, 2 * COUNT + 1, 3 * COUNT, PAGE - 1])
def test_as_many_are_counted_as_fit_and_not_one_more(mixed: Stage, left: int) -> None:
    a_week_later(mixed, left, profile_interval=100 * DAY)
    before = mixed.x.bill.micros
    mixed.visit()
    assert mixed.x.bill.micros - before == min(left // COUNT, len(COUNTED)) * COUNT
    assert mixed.rows("SELECT handle FROM account WHERE next_visit_at <= ?", mixed.now)[0] == ("read",), "still due"
    assert mixed.visit(later=HOUR).failed == 0
    assert mixed.x.bill.micros - before <= left


def test_a_profile_that_does_not_fit_keeps_nobody_from_being_counted(mixed: Stage) -> None:
    a_week_later(mixed, PROFILE - 1, profile_interval=DAY)
    before = mixed.x.bill.micros
    mixed.visit()
    assert mixed.x.bill.micros - before == COUNT
