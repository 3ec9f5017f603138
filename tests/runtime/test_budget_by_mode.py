"""A budget in which no page of posts fits any more, but a count does: counts go on, and no limit is passed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from tests.runtime.making import START, Stage, listed
from tests.runtime.test_counting import counted
from tracker.analysis.ground import ground
from tracker.analysis.question import Selection
from tracker.config.settings import Allowance, BudgetSettings
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, Protection
from tracker.sandbox.x_faults import XFault
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


@pytest.mark.parametrize(
    "left", [0, *(PROFILE + more for more in (0, COUNT - 1, COUNT, COUNT + 1, 2 * COUNT)), PAGE - 1]
)
def test_as_many_are_counted_as_fit_with_a_look_at_the_profile_and_not_one_more(mixed: Stage, left: int) -> None:
    """Nobody knows before it is paid for whether a count is one of 0, which is worth nothing without a look."""
    a_week_later(mixed, left, profile_interval=100 * DAY)
    before = mixed.x.bill.micros
    mixed.visit()
    assert mixed.x.bill.micros - before == max(0, left - PROFILE) // COUNT * COUNT
    assert mixed.rows("SELECT handle FROM account WHERE next_visit_at <= ?", mixed.now)[0] == ("read",), "still due"
    assert mixed.visit(later=HOUR).failed == 0
    assert mixed.x.bill.micros - before <= left


def test_where_the_look_was_paid_for_on_the_same_day_a_count_needs_no_room_for_it(mixed: Stage) -> None:
    a_week_later(mixed, len(COUNTED) * COUNT + 4 * PROFILE, profile_interval=DAY)
    before = mixed.x.bill.micros
    mixed.visit()
    assert mixed.x.bill.micros - before == len(COUNTED) * COUNT + 4 * PROFILE


def silent(stage: Stage, number: int = 301, **listing: Any) -> None:
    """An account that is there, is counted, and has never posted."""
    stage.x_account(number, f"silent_{number}")
    stage.watch(counted(listed(f"silent_{number}", number, **listing)))


def tick(stage: Stage, times: int = 13) -> None:
    """As the daemon does, for about a minute."""
    for _ in range(times):
        stage.visit(later=5)


@pytest.mark.parametrize("protection", list(Protection))
@pytest.mark.parametrize("cap", [1, 2, 3, 4])
def test_a_cap_in_reads_bounds_counts_and_no_count_is_paid_for_and_thrown_away(
    stage: Stage, cap: int, protection: Protection
) -> None:
    allow(stage, Allowance(cap, dollars=False))
    silent(stage, protection=protection)
    tick(stage)
    bill, paid = stage.x.bill, stage.x.bill.counts_recent + stage.x.bill.counts_all
    assert bill.posts + bill.users + paid <= cap
    assert paid == min(cap - 1, 1), "the profile is the first read, and free for the rest of the day"
    assert counted_accounts(stage) == ({301} if paid else set())
    assert stage.rows("SELECT count(*) FROM visit")[0][0] == 1, "no tick begins anew what does not fit"


def test_after_a_restart_a_count_is_still_one_of_the_reads_that_are_spent(stage: Stage) -> None:
    allow(stage, Allowance(3, dollars=False))
    silent(stage)
    stage.visit()
    stage.restart()
    silent(stage, 302)
    tick(stage)
    bill = stage.x.bill
    assert (bill.users, bill.counts_recent) == (2, 1), "three reads"


@pytest.mark.parametrize("cap", range(PROFILE, PROFILE + COUNT * 5, 2_500))
def test_whatever_is_paid_for_under_a_cap_in_dollars_is_kept(stage: Stage, cap: int) -> None:
    allow(stage, Allowance(cap, dollars=True))
    silent(stage)
    tick(stage)
    assert stage.x.bill.micros <= cap
    assert stage.x.bill.counts_recent == len(counted_accounts(stage))


def test_the_next_day_or_a_larger_budget_counts_who_had_to_wait(stage: Stage) -> None:
    allow(stage, Allowance(1, dollars=False))
    silent(stage)
    tick(stage, 2)
    assert counted_accounts(stage) == set()
    worker = stage.worker()
    worker.settings = replace(worker.settings, budget=BudgetSettings(x_per_day=Allowance(2, dollars=False)))
    stage.visit(later=5)
    assert counted_accounts(stage) == {301}


def test_where_profiles_may_not_be_asked_for_now_nothing_is_paid_for_a_count(stage: Stage) -> None:
    silent(stage)
    stage.x.fail(XFault.RATE_LIMITED, 1, "/2/users")
    stage.visit()
    assert stage.x.bill.counts_recent == 0
    stage.visit(later=16 * MINUTE)
    assert counted_accounts(stage) == {301}
