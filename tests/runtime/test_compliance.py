"""Asking X in bulk which stored posts were deleted, over the sandbox's sockets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.runtime.making import START, Stage, listed
from tracker.config.settings import Allowance, BudgetSettings, RefreshSettings
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Protection
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_world import XState

JOBS = "/2/compliance/jobs"
OLD = "متنی کهنه که پاک شد"


@pytest.fixture(autouse=True)
def sweeping(stage: Stage) -> None:
    stage.settings = replace(stage.settings, refresh=RefreshSettings())


def deleted(stage: Stage) -> list[int]:
    found = stage.rows("SELECT post_id FROM post WHERE deleted_at IS NOT NULL ORDER BY post_id")
    return [int(str(post_id)) for (post_id,) in found]


def old_posts(stage: Stage, *accounts: int) -> list[int]:
    """An old post of each account, too old to be read again by its id; their ids."""
    for account_id in accounts:
        stage.x_account(account_id, f"account{account_id}")
    ids = [stage.x.world.publish(account_id, START - 100 * DAY, OLD).post_id for account_id in accounts]
    stage.watch(*(listed(f"account{account_id}", account_id) for account_id in accounts))
    stage.visit()
    return ids


def sweep(stage: Stage) -> None:
    """A week later, and until the job is done."""
    stage.visit(later=7 * DAY + MINUTE)
    for _ in range(2):
        stage.visit(later=HOUR)


def test_an_old_post_that_was_deleted_is_found_and_nothing_of_what_it_said_stays(stage: Stage) -> None:
    gone, stays = old_posts(stage, 101, 102)
    stage.x.world.delete(gone)
    sweep(stage)
    assert deleted(stage) == [gone]
    assert stage.rows("SELECT post_id, text IS NULL FROM post ORDER BY account_id") == [(gone, 1), (stays, 0)]
    assert stage.rows("SELECT status, ids, ended_at FROM compliance_job") == [("complete", 2, stage.now)]
    assert stage.x.bill.posts == 2  # nothing was charged for asking
    assert stage.rows("SELECT sum(cost) FROM ledger WHERE endpoint = 'compliance/jobs'") == [(0,)]


def test_the_posts_of_a_suspended_protected_or_left_account_are_not_called_deleted(stage: Stage) -> None:
    old_posts(stage, 101, 102, 103)
    for account_id, state in ((101, XState.SUSPENDED), (102, XState.PROTECTED), (103, XState.GONE)):
        stage.x.world.set_state(account_id, state)
    sweep(stage)
    assert stage.rows("SELECT status FROM compliance_job") == [("complete",)]
    assert deleted(stage) == []
    assert stage.rows("SELECT count(*) FROM post WHERE text IS NULL") == [(0,)]
    assert stage.rows("SELECT state FROM account ORDER BY id") == [("suspended",), ("protected",), ("account_gone",)]


@pytest.mark.parametrize(("sweep", "times"), [(7 * DAY, 2), (DAY, 20 // 3 + 1)])
def test_it_is_asked_as_often_as_the_settings_say_once_the_list_before_is_back(
    stage: Stage, sweep: int, times: int
) -> None:
    """Each step of a list takes a visit here: handing it in, waiting, fetching it."""
    stage.settings = replace(stage.settings, refresh=replace(stage.settings.refresh, sweep=sweep))
    old_posts(stage, 101)
    for _ in range(20):
        stage.visit(later=DAY)
    created = [served for served in stage.x.log if served.path == JOBS and served.method == "POST"]
    assert len(created) == times


def test_a_job_whose_ids_did_not_arrive_is_gone_on_with(stage: Stage) -> None:
    (gone,) = old_posts(stage, 101)
    stage.x.world.delete(gone)
    stage.x.fail(XFault.SERVER_ERROR, 1, JOBS)
    stage.visit(later=7 * DAY + MINUTE)
    assert stage.rows("SELECT * FROM compliance_job") == []
    stage.visit(later=HOUR)
    stage.restart()
    for _ in range(2):
        stage.visit(later=HOUR)
    assert deleted(stage) == [gone]
    assert stage.rows("SELECT count(*) FROM compliance_job") == [(1,)]


def test_where_x_refuses_it_the_visits_go_on_and_it_is_tried_again_another_day(stage: Stage) -> None:
    old_posts(stage, 101)
    stage.x.fail(XFault.CLIENT_FORBIDDEN, 1, JOBS)
    stage.visit(later=7 * DAY + MINUTE)
    asked = len([served for served in stage.x.log if served.path == JOBS])
    stage.visit(later=2 * HOUR)
    assert len([served for served in stage.x.log if served.path == JOBS]) == asked == 1
    stage.visit(later=DAY)
    assert stage.rows("SELECT count(*) FROM compliance_job") == [(1,)]


def test_the_files_are_sent_without_our_token_and_no_id_of_people_at_risk_is_in_them(stage: Stage) -> None:
    (named,) = old_posts(stage, 101)
    stage.x_account(104, "quiet", 30)
    stage.watch(listed("account101", 101), listed("quiet", 104, protection=Protection.AT_RISK))
    sweep(stage)
    assert stage.rows("SELECT ids FROM compliance_job") == [(1,)]
    assert stage.store.living_ids() == [named]


@pytest.mark.parametrize(
    "cap", [Allowance(1, dollars=False), Allowance(0, dollars=True), Allowance(12_000, dollars=True)]
)
def test_what_x_has_deleted_goes_though_the_budget_is_spent(stage: Stage, cap: Allowance) -> None:
    """The check costs nothing; the cap is lower than what was spent already, as after it was lowered."""
    gone, stays = old_posts(stage, 101, 102)
    stage.x.world.delete(gone)
    worker = stage.worker()
    worker.settings = replace(worker.settings, budget=BudgetSettings(x_per_month=cap))
    charged = stage.x.bill.micros
    for _ in range(4):
        stage.visit(later=12 * HOUR)
    assert {kind for kind, _ in stage.watcher.stops} == {OutcomeKind.BUDGET_SPENT}
    assert stage.rows("SELECT post_id, text IS NULL FROM post ORDER BY account_id") == [(gone, 1), (stays, 0)]
    assert stage.x.bill.micros == charged


@pytest.mark.parametrize("fault", [XFault.SPEND_CAP, XFault.MONTHLY_CAP])
def test_what_x_has_deleted_goes_though_its_cap_on_reading_is_reached(stage: Stage, fault: XFault) -> None:
    (gone,) = old_posts(stage, 101)
    stage.x.world.delete(gone)
    stage.x.fail(fault, 1_000, "/2/users*")
    for _ in range(4):
        stage.visit(later=12 * HOUR)
    assert deleted(stage) == [gone]


def test_where_the_check_itself_is_held_back_it_waits(stage: Stage) -> None:
    (gone,) = old_posts(stage, 101)
    stage.x.world.delete(gone)
    stage.x.fail(XFault.RATE_LIMITED, 1, JOBS)
    stage.visit(later=7 * DAY)
    asked = len([served for served in stage.x.log if served.path == JOBS])
    stage.visit(later=MINUTE)
    assert len([served for served in stage.x.log if served.path == JOBS]) == asked
    for _ in range(3):
        stage.visit(later=HOUR)
    assert deleted(stage) == [gone]
