"""A clock set forward and back, a machine that sleeps, summer time: nothing is claimed, lost, or kept waiting."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.comparing import differences, equal_to_the_world
from tests.runtime.making import ZONE, Stage, listed
from tracker.config.settings import Allowance, BudgetSettings, RefreshSettings
from tracker.domain.instants import DAY, HOUR, MINUTE, WEEK, Instant, from_iso, start_of_week
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Platform, Protection
from tracker.sandbox.telegram_server import PRIVATE
from tracker.sandbox.telegram_world import Item
from tracker.sandbox.x_world import XAccount
from tracker.store import redating

YEAR = 365 * DAY
JUMPS = [HOUR, DAY, YEAR]


def publish(stage: Stage, at: Instant, count: int = 3, author: int = 101) -> None:
    for number in range(count):
        stage.x.world.publish(author, at + number, f"[ساختگی] {at}")


def lived(stage: Stage, days: int = 3) -> None:
    """Some days of collecting in which nothing is wrong."""
    stage.x_account(101, "example", posts=50)
    stage.watch(listed("example", 101))
    for _ in range(days * 4):
        stage.now += 6 * HOUR
        publish(stage, stage.now - HOUR)
        assert stage.visit().failed == 0


@pytest.mark.parametrize("jump", JUMPS, ids=["an hour", "a day", "a year"])
@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "restarted"])
def test_a_clock_that_was_ahead_leaves_no_hole_and_no_claim(stage: Stage, jump: int, restarted: bool) -> None:
    stage.settings = replace(stage.settings, refresh=RefreshSettings())
    lived(stage)
    stage.now += jump
    stage.store.make_due(Platform.X, None, stage.now)
    for _ in range(3):
        stage.visit(later=20 * MINUTE)
        publish(stage, stage.now - jump - MINUTE)
        stage.store.make_due(Platform.X, None, stage.now)
    stage.now -= jump
    if restarted:
        stage.restart()
    publish(stage, stage.now - MINUTE)
    stage.visit(later=MINUTE)
    assert stage.outcome("example") is OutcomeKind.OK
    equal_to_the_world(stage.path, stage.x.world, bill=stage.x.bill)
    ((newest,),) = stage.rows("SELECT max(until) FROM coverage")
    assert newest == stage.now
    assert stage.due_in("example") <= DAY + HOUR
    future = [
        *(
            "SELECT max(taken_at) FROM metric",
            "SELECT max(taken_at) FROM profile",
            "SELECT max(collected_at) FROM post",
        ),
        *(
            "SELECT max(started_at) FROM visit",
            "SELECT max(last_seen) FROM handle",
            "SELECT max(profile_at) FROM account",
        ),
    ]
    for question in future:
        ((at,),) = stage.rows(question)
        assert at is None or int(str(at)) <= stage.now, question
    assert stage.rows(
        "SELECT count(*) FROM post WHERE refresh_at IS NULL AND posted_at > ?", stage.now - 5 * DAY
    ) == [(0,)]


def test_without_being_put_right_a_clock_that_was_ahead_would_be_a_claim_and_a_silence(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(type(stage.store), "put_clock_right", lambda *_: 0)
    lived(stage)
    stage.now += YEAR
    stage.store.make_due(Platform.X, None, stage.now)
    stage.visit()
    stage.now -= YEAR
    publish(stage, stage.now - MINUTE)
    stage.visit(later=2 * DAY)
    assert any("covered" in sentence for sentence in differences(stage.path, stage.x.world))


@pytest.mark.parametrize("jump", JUMPS, ids=["an hour", "a day", "a year"])
def test_what_was_published_while_it_was_looked_at_is_followed_by_no_gap(stage: Stage, jump: int) -> None:
    """The newest post is later than the end of what is covered; the visit under the wrong clock covers nothing."""
    published_meanwhile(stage, jump)
    equal_to_the_world(stage.path, stage.telegram.world)


def test_looked_at_again_from_the_newest_post_on_there_would_be_a_gap(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(redating, "COVERED", "SELECT NULL WHERE ?")
    published_meanwhile(stage, DAY)
    assert any("neither covered nor a hole" in sentence for sentence in differences(stage.path, stage.telegram.world))


def published_meanwhile(stage: Stage, jump: int) -> None:
    channel = stage.channel("generated", posts=50)
    stage.watch(listed("generated", platform=Platform.TELEGRAM))
    stage.visit(Platform.TELEGRAM, later=6 * HOUR)
    stage.telegram.world.publish(channel, Item(0, stage.now + MINUTE, "[ساختگی]"))
    stage.store.make_due(Platform.TELEGRAM, None, stage.now)
    stage.visit(Platform.TELEGRAM, later=30)
    stage.now += jump
    stage.store.make_due(Platform.TELEGRAM, None, stage.now)
    stage.telegram.fail(PRIVATE, "messages.getHistory")
    assert stage.visit(Platform.TELEGRAM).failed == 1
    stage.telegram.recover()
    stage.now += 2 * HOUR - jump
    stage.store.make_due(Platform.TELEGRAM, None, stage.now)
    stage.visit(Platform.TELEGRAM)
    assert stage.outcome("generated") is OutcomeKind.OK


def test_a_clock_that_was_wrong_from_the_first_visit_on_costs_nothing_again(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=250)
    stage.watch(listed("example", 101))
    stage.now += YEAR
    stage.visit()
    before = len(stage.x.delivered)
    stage.now -= YEAR
    publish(stage, stage.now - MINUTE)
    stage.visit(later=MINUTE)
    assert set(stage.stored(101)) > set(ids)
    assert len(stage.x.delivered) - before == 3
    equal_to_the_world(stage.path, stage.x.world)


@pytest.mark.parametrize("jump", [8 * DAY, YEAR], ids=["a week", "a year"])
def test_a_person_at_risk_whose_week_was_counted_before_it_was_over_is_counted_anew(stage: Stage, jump: int) -> None:
    stage.x_account(103, "reporter", posts=90, every=5 * HOUR)
    stage.watch(listed("reporter", 103, protection=Protection.AT_RISK))
    stage.visit()
    stage.visit(later=WEEK)
    stage.now += jump
    stage.store.make_due(Platform.X, None, stage.now)
    stage.visit()
    stage.now -= jump
    publish(stage, stage.now + HOUR, author=103)
    stage.visit(later=MINUTE)
    stage.visit(later=8 * DAY)
    equal_to_the_world(stage.path, stage.x.world)
    ((until,),) = stage.rows("SELECT max(until) FROM coverage")
    assert until == start_of_week(stage.now, ZONE)


@pytest.mark.parametrize("jump", JUMPS, ids=["an hour", "a day", "a year"])
def test_with_a_clock_that_is_behind_nothing_is_done_but_one_line_said_until_it_is_right(
    stage: Stage, jump: int
) -> None:
    lived(stage)
    publish(stage, stage.now + MINUTE)
    stage.visit(later=10 * HOUR)
    asked = len(stage.x.log)
    publish(stage, stage.now + DAY - 5 * MINUTE)
    stage.visit(later=DAY)
    before, asked = stage.now, len(stage.x.log)
    publish(stage, stage.now - MINUTE)
    stage.now -= jump
    tally = stage.visit()
    if jump > HOUR:
        assert tally.stop is not None
        assert "behind" in tally.stop.detail
        assert len(stage.x.log) == asked
        for _ in range(5):
            stage.visit(later=1)
        assert len(stage.watcher.stops) == 1
    stage.now = before + HOUR
    stage.store.make_due(Platform.X, None, stage.now)
    assert stage.visit().stop is None
    equal_to_the_world(stage.path, stage.x.world, bill=stage.x.bill)


def test_what_was_spent_with_a_wrong_clock_counts_now_and_not_for_a_year(stage: Stage) -> None:
    """A cap is not passed by a read, and not kept spent for ever either."""
    stage.x_account(101, "example", posts=300)
    stage.watch(listed("example", 101))
    cap = 60
    stage.settings = replace(stage.settings, budget=BudgetSettings(x_per_day=Allowance(cap, dollars=False)))
    stage.now += YEAR
    stage.visit()
    spent = stage.x.bill.posts + stage.x.bill.users
    assert cap - 5 < spent <= cap
    stage.now -= YEAR
    for _ in range(3):
        stage.restart()
        stage.visit(later=MINUTE)
    assert stage.x.bill.posts + stage.x.bill.users == spent
    stage.now += DAY
    for _ in range(8):
        stage.restart()
        stage.visit()
        stage.now += DAY
    assert stage.x.bill.posts > 250
    assert len(stage.stored(101)) > 250


def test_what_was_spent_while_the_clock_was_behind_counts_for_the_day_it_comes_back_to(stage: Stage) -> None:
    stage.x_account(101, "example", posts=300)
    stage.watch(listed("example", 101))
    cap = 60
    stage.settings = replace(stage.settings, budget=BudgetSettings(x_per_day=Allowance(cap, dollars=False)))
    budget = stage.worker().budget
    first = budget.reserve
    assert first is not None
    stage.visit()
    today = stage.x.bill.posts + stage.x.bill.users
    stage.now -= YEAR  # as it is after a dead battery
    with closing(sqlite3.connect(stage.path)) as connection:
        connection.execute(
            "UPDATE account SET last_look_at = NULL, last_visit_at = NULL, profile_at = NULL, mark = NULL"
        )
        connection.execute("UPDATE visit SET started_at = 1, ended_at = 1")
        connection.commit()
    stage.restart()
    stage.visit()
    stage.now += YEAR
    stage.restart()
    stage.visit(later=MINUTE)
    assert today <= stage.x.bill.posts + stage.x.bill.users <= cap


def test_limits_and_leases_of_a_wrong_clock_do_not_hold_for_a_year(stage: Stage) -> None:
    from tracker.sandbox.x_faults import XFault

    lived(stage)
    stage.now += YEAR
    stage.store.make_due(Platform.X, None, stage.now)
    stage.x.fail(XFault.RATE_LIMITED_WITHOUT_RESET, 1)
    stage.visit()
    stage.store.make_due(Platform.X, None, stage.now)
    stage.store.claim(Platform.X, None, stage.now, HOUR, 100)  # and there the process is killed
    stage.now -= YEAR
    stage.restart()
    publish(stage, stage.now - MINUTE)
    stage.visit(later=MINUTE)
    assert stage.outcome("example") is OutcomeKind.OK
    equal_to_the_world(stage.path, stage.x.world)


# Sleep, midnight, summer time


def test_a_machine_that_slept_for_three_days_collects_all_of_them_at_the_first_tick(stage: Stage) -> None:
    lived(stage)
    for hour in range(1, 72, 5):
        publish(stage, stage.now + hour * HOUR)
    assert stage.visit(later=3 * DAY).visits == {OutcomeKind.OK: 1}
    equal_to_the_world(stage.path, stage.x.world, bill=stage.x.bill)
    ((gaps,),) = stage.rows("SELECT count(*) FROM coverage")
    assert int(str(gaps)) <= 2  # live and backfilled


def test_a_budget_of_a_day_that_the_machine_slept_through_is_a_new_one_after_midnight(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    stage.settings = replace(stage.settings, budget=BudgetSettings(x_per_day=Allowance(80, dollars=False)))
    stage.visit()
    assert len(stage.stored(101)) < 80
    assert stage.visit(later=HOUR).visits == {}
    stage.now = from_iso("2022-10-06T00:00:01Z")
    stage.visit()
    assert stage.stored(101) == ids
    by_day = stage.x.daily_bills.values()
    assert all(bill.posts + bill.users <= 80 for bill in by_day)


@pytest.mark.parametrize(
    "noon", [from_iso("2022-03-22T12:00:00Z"), from_iso("2022-09-22T12:00:00Z")], ids=["forward", "back"]
)
def test_a_week_with_a_change_of_clocks_is_counted_whole(tmp_path: Path, stage: Stage, noon: Instant) -> None:
    """Until 2022-09 Iran changed its clocks: a week there had 167 or 169 hours."""
    stage.now = noon - 10 * DAY
    stage.x.world.add_account(XAccount(103, "reporter", "[ساختگی]", noon - 900 * DAY))
    stage.watch(listed("reporter", 103, protection=Protection.AT_RISK))
    for hour in range(40 * 24):
        stage.x.world.publish(103, noon - 20 * DAY + hour * HOUR + 1, f"[ساختگی] {hour}")
    for _ in range(5):
        stage.store.make_due(Platform.X, None, stage.now)
        stage.visit(later=4 * DAY)
    weeks = stage.rows("SELECT week, sum(posts) FROM week_count GROUP BY week ORDER BY week")
    lengths = {int(str(posts)) for _, posts in weeks[1:]}
    assert lengths & {167, 169}
    assert lengths <= {167, 168, 169}
    late = differences(stage.path, stage.x.world)
    assert late == []
