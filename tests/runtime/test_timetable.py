"""When accounts are due again: the worker follows the visiting policy, with what is in the database."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.runtime.making import START, Stage, listed
from tests.store.making import rows
from tracker.config.settings import VisitSettings
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Mode, Platform, Protection
from tracker.runtime.timetable import Timetable

SPREAD = MINUTE
"""What is added so that accounts do not come in step is less."""


def some_accounts(stage: Stage) -> list[str]:
    """Four, from one that never publishes to one that does every ten minutes; visited, and settled in."""
    stage.x_account(101, "silent")
    stage.x_account(102, "rare", posts=20, every=2 * DAY)
    stage.x_account(103, "daily", posts=60, every=12 * HOUR)
    stage.x_account(104, "busy", posts=600, every=10 * MINUTE)
    names = ["silent", "rare", "daily", "busy"]
    stage.watch(*(listed(name, 101 + number) for number, name in enumerate(names)))
    stage.visit()
    stage.store.make_due(Platform.X, None, stage.now)
    stage.visit(later=HOUR)
    return names


@pytest.mark.parametrize("platform", Platform)
def test_an_account_is_due_when_the_policy_says(stage: Stage, platform: Platform) -> None:
    if platform is Platform.X:
        stage.x_account(101, "example", posts=90, every=3 * HOUR)
        stage.watch(listed("example", 101))
    else:
        stage.channel("example", posts=90, every=3 * HOUR)
        stage.watch(listed("example", platform=platform))
    assert stage.visit(platform).visits == {OutcomeKind.OK: 1}
    ((account_id,),) = rows(stage.path, "SELECT id FROM account")
    said = Timetable(platform, stage.store).next_visit_at(account_id, stage.now, stage.settings.visits)
    assert said - stage.now <= stage.due_in("example") < said - stage.now + SPREAD
    assert 10 * MINUTE < said - stage.now < 4 * HOUR


def test_who_publishes_more_is_visited_sooner(stage: Stage) -> None:
    waits = [stage.due_in(name) for name in some_accounts(stage)]
    assert all(later > sooner for later, sooner in pairwise(waits))
    assert stage.settings.visits.shortest_interval <= waits[3]
    assert waits[0] < stage.settings.visits.longest_interval


def test_fewer_requests_a_day_are_later_visits_and_the_floor_is_kept(stage: Stage) -> None:
    names = some_accounts(stage)
    before = [stage.due_in(name) for name in names]
    for a_day, longest in ((6.0, 7 * DAY), (0.1, 7 * DAY), (0.1, 2 * DAY)):
        visits = VisitSettings(requests_a_day=a_day, longest_interval=longest)
        stage.worker().settings = replace(stage.worker().settings, visits=visits)
        stage.store.make_due(Platform.X, None, stage.now)
        stage.visit()
        now = [stage.due_in(name) for name in names]
        assert all(wait <= longest + SPREAD for wait in now)
        assert a_day == 0.1 or all(later > sooner for later, sooner in zip(now, before, strict=True))
    assert stage.due_in("silent") > DAY


def test_a_new_burst_is_followed_closely(stage: Stage) -> None:
    some_accounts(stage)
    calm = stage.due_in("daily")
    for number in range(6):
        stage.x.world.publish(103, stage.now + HOUR - 7 - number * MINUTE, "[ساختگی]")
    stage.store.make_due(Platform.X, None, stage.now)
    stage.visit(later=HOUR)
    assert stage.due_in("daily") < calm / 2


def test_over_days_as_many_requests_are_sent_as_are_allowed(stage: Stage) -> None:
    names = some_accounts(stage)
    a_day = 12.0
    visits = VisitSettings(requests_a_day=a_day, shortest_interval=MINUTE)
    stage.worker().settings = replace(stage.worker().settings, visits=visits)
    stage.store.make_due(Platform.X, None, stage.now)
    stage.visit(later=DAY)
    sent = stage.timeline_requests()
    last, alone = dict.fromkeys(names, stage.now), 0
    for _ in range(2 * 4 * 24):
        stage.visit(later=15 * MINUTE)
        for name, _, _ in stage.watcher.ends:
            alone, last[name] = max(alone, stage.now - last[name]), stage.now
    assert stage.timeline_requests() - sent == pytest.approx(2 * a_day * len(names), rel=0.25)
    assert alone <= DAY


def test_too_many_visits_in_an_hour_make_the_next_ones_later(stage: Stage) -> None:
    some_accounts(stage)
    visits, silent = stage.settings.visits, 1
    table = Timetable(Platform.X, stage.store)
    before = stage.now
    for _ in range(100):  # a day's worth
        before = table.next_visit_at(silent, stage.now, visits)
    assert table.next_visit_at(silent, stage.now + HOUR - 1, visits) == before
    after = table.next_visit_at(silent, stage.now + HOUR, visits)
    assert after - stage.now > 1.5 * (before - stage.now)


def test_people_at_risk_and_those_who_are_only_counted_are_no_part_of_the_timetable(stage: Stage) -> None:
    stage.x_account(101, "named", posts=9)
    stage.x_account(102, "reporter", posts=9)
    stage.x_account(103, "counted", posts=9)
    counted = listed("counted", 103)
    stage.watch(
        listed("named", 101),
        listed("reporter", 102, protection=Protection.AT_RISK),
        replace(counted, listings=(replace(counted.latest, mode=Mode.COUNTS),)),
    )
    stage.visit()
    (seen,) = stage.store.all_seen(Platform.X, 0)
    assert seen.times.tolist() == [START - number * HOUR for number in range(9, 0, -1)]
    assert list(seen.covered) == [(START - 900 * DAY, START)]
    assert stage.store.all_seen(Platform.TELEGRAM, 0) == []


def test_times_of_posts_are_read_from_the_index_alone(stage: Stage) -> None:
    from tracker.store.rhythm import TIMES

    ((*_, plan),) = rows(stage.path, f"EXPLAIN QUERY PLAN {TIMES}", 1, 0)
    assert "USING COVERING INDEX ix_post_series (account_id=? AND posted_at>?)" in str(plan)
