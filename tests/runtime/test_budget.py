"""The budget: what is set aside, what it turns out to cost, and that no limit is ever passed by a single read.

The judge is the sandbox's bill, which charges as X does.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.making import START, Stage, listed, staged
from tracker.config.settings import Allowance, BudgetSettings, RefreshSettings, VisitSettings
from tracker.domain.instants import DAY, HOUR, MINUTE, Instant, from_iso, iso
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Resources, Spend
from tracker.domain.words import Platform, PostKind, Protection
from tracker.runtime.budget import Budget, Reservation
from tracker.runtime.observer import Silent
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_limits import Caps
from tracker.store import schema
from tracker.store.dialect import writing_engine

TIMELINE = "/2/users/*/tweets"
MIDNIGHT = from_iso("2022-10-06T00:00:00Z")
NEXT_MONTH = from_iso("2022-11-01T00:00:00Z")
LEAST = 5
"""The smallest page that X gives."""


def limit(stage: Stage, **budget: Allowance) -> None:
    stage.settings = replace(stage.settings, budget=BudgetSettings(**budget))


def dollars(micros: int) -> Allowance:
    return Allowance(micros, dollars=True)


def reads(number: int) -> Allowance:
    return Allowance(number, dollars=False)


def spent(stage: Stage, *, settled: bool | None = None) -> int:
    """Millionths of a dollar by the ledger; only what is settled, or is not, if asked so."""
    which = {None: "1", True: "settled_at IS NOT NULL", False: "settled_at IS NULL"}[settled]
    ((micros,),) = stage.rows(f"SELECT coalesce(sum(cost), 0) FROM ledger WHERE platform = 'x' AND {which}")
    return int(str(micros))


def by_day(stage: Stage) -> dict[int, int]:
    days = "SELECT reserved_at / 86400, sum(cost) FROM ledger WHERE platform = 'x' GROUP BY 1 HAVING sum(cost) > 0"
    return {int(str(day)): int(str(micros)) for day, micros in stage.rows(days)}


def billed_by_day(stage: Stage) -> dict[int, int]:
    return {day: bill.micros for day, bill in stage.x.daily_bills.items() if bill.micros}


def publish(stage: Stage, author: int, count: int, at: Instant) -> None:
    for number in range(count):
        stage.x.world.publish(author, at + number, f"[ساختگی] {number}")


# What was charged


def test_the_ledger_equals_the_bill_to_the_cent_day_by_day(stage: Stage) -> None:
    """Three accounts that quote one another, read several times a day for a week, with a restart every other day."""
    stage.settings = replace(
        stage.settings,
        x=replace(stage.settings.x, expand_referenced=True),
        visits=VisitSettings(profile_interval=5 * HOUR),
    )
    ids = stage.x_account(101, "first", posts=130)
    stage.x_account(102, "second", posts=40)
    stage.x_account(103, "third")
    stage.watch(listed("first"), listed("second", 102), listed("third", 103))
    for day in range(7):
        for hour in (1, 8, 15):
            stage.now = MIDNIGHT + day * DAY + hour * HOUR
            publish(stage, 101, 2, stage.now - HOUR)
            for author, quoted in ((102, ids[day]), (103, ids[day]), (103, ids[-1 - hour])):
                stage.x.world.publish(
                    author, stage.now - MINUTE, "quote", PostKind.QUOTE, ref_post_id=quoted, ref_author_id=101
                )
            stage.store.make_due(Platform.X, None, stage.now)
            assert stage.visit().failed == 0
            assert spent(stage) == stage.x.bill.micros
        if day % 2:
            stage.restart()
    assert by_day(stage) == billed_by_day(stage)
    ((requests, posts, users),) = stage.rows("SELECT sum(requests), sum(posts), sum(users) FROM ledger")
    assert (posts, users) == (stage.x.bill.posts, stage.x.bill.users)
    assert requests == len(stage.x.log)
    ((dated,),) = stage.rows("SELECT count(DISTINCT day) FROM billed")
    assert dated == 1


def on_accounts(stage: Stage, endpoint: str) -> list[tuple[object, ...]]:
    """What was spent, by account; first that which is nobody's."""
    return stage.rows(
        "SELECT account_id, sum(requests), sum(posts), sum(users), sum(cost) FROM ledger WHERE endpoint = ? "
        "GROUP BY account_id ORDER BY account_id",
        endpoint,
    )


def test_what_several_accounts_cost_in_one_request_is_written_down_with_each(stage: Stage) -> None:
    stage.settings = replace(stage.settings, refresh=RefreshSettings(ages=(DAY,)))
    for number, (name, posts) in enumerate({"first": 7, "second": 3}.items()):
        stage.x_account(101 + number, name, posts, MINUTE)
    stage.watch(listed("first", 101), listed("second", 102))
    stage.visit()
    assert on_accounts(stage, "users") == [(None, 1, 0, 0, 0), (1, 0, 0, 1, 10_000), (2, 0, 0, 1, 10_000)]
    stage.visit(later=DAY + HOUR)
    assert on_accounts(stage, "tweets") == [(None, 1, 0, 0, 0), (1, 0, 7, 0, 35_000), (2, 0, 3, 0, 15_000)]
    assert spent(stage) == stage.x.bill.micros


def test_the_share_of_somebody_who_is_at_risk_by_now_stays_in_that_of_nobody(stage: Stage) -> None:
    stage.x_account(101, "official")
    stage.x_account(102, "reporter")
    stage.watch(listed("official", 101), listed("reporter", 102))
    budget = budget_of(stage, 1_000)
    asked = budget.reserve("tweets", Spend(posts=1), wanted=5)
    assert isinstance(asked, Reservation)
    posts = Resources(posts=frozenset(range(1, 6)))
    settlement = budget.settlement(asked, Spend(1, 5), posts, owners={1: 1, 2: 1, 3: 2, 4: 2, 5: 2})
    stage.watch(listed("official", 101), listed("reporter", 102, protection=Protection.AT_RISK))
    stage.store.settle(settlement)
    assert on_accounts(stage, "tweets") == [(None, 1, 3, 0, 15_000), (1, 0, 2, 0, 10_000)]


@pytest.mark.parametrize(
    "fault",
    [
        XFault.SERVER_ERROR,
        XFault.UNAVAILABLE_HTML,
        XFault.RATE_LIMITED,
        XFault.CLIENT_FORBIDDEN,
        XFault.CREDITS_SPENT,
        XFault.SPEND_CAP,
        XFault.MONTHLY_CAP,
        XFault.UNAUTHORIZED,
    ],
)
def test_what_is_refused_costs_nothing(stage: Stage, fault: XFault) -> None:
    stage.x_account(101, "example", posts=120)
    stage.watch(listed("example", 101))
    stage.x.fail(fault, 2, TIMELINE, after=1)
    stage.visit()
    for _ in range(2):
        stage.restart()
        stage.visit(later=40 * DAY)
    assert len(stage.stored(101)) == 120
    assert (spent(stage), spent(stage, settled=False)) == (stage.x.bill.micros, 0)


@pytest.mark.parametrize("fault", [XFault.DROPPED, XFault.DROPPED_AFTER, XFault.TRUNCATED, XFault.OK_HTML])
def test_what_got_lost_counts_in_full_for_x_may_have_charged_it(stage: Stage, fault: XFault) -> None:
    stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    stage.x.fail(fault, 1, TIMELINE)
    stage.visit()
    assert spent(stage, settled=False) == 100 * 5000
    stage.visit(later=HOUR)
    assert len(stage.stored(101)) == 150
    assert spent(stage, settled=True) == stage.x.bill.micros  # what was lost has been read again, on the same day
    assert spent(stage) == stage.x.bill.micros + 100 * 5000


def test_after_a_loss_little_is_risked_until_an_answer_comes(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    stage.x.fail(XFault.DROPPED_AFTER, 3, TIMELINE)
    for _ in range(4):
        stage.visit(later=HOUR)
    asked = [int(served.parameters["max_results"]) for served in stage.x.log if served.path.endswith("/tweets")]
    assert asked == [100, 5, 5, 5, 100, 100]
    assert stage.stored(101) == ids


def test_a_lost_request_is_sent_once_more_where_the_settings_allow_it(stage: Stage) -> None:
    stage.settings = replace(stage.settings, x=replace(stage.settings.x, retries=3))
    stage.x_account(101, "example", posts=50)
    stage.watch(listed("example", 101))
    stage.x.fail(XFault.DROPPED_AFTER, 1, TIMELINE)
    assert stage.visit().visits == {OutcomeKind.OK: 1}
    assert len(stage.rows("SELECT * FROM ledger WHERE settled_at IS NULL")) == 1
    assert len(stage.stored(101)) == 50


# Limits


def a_cap_of(tmp_path: Path, **budget: Allowance) -> tuple[int, int]:
    """What is read and what it costs under a cap, in two visits and a restart: 2 accounts with 25 and 108 posts."""
    with staged(tmp_path) as stage:
        limit(stage, **budget)
        stage.x_account(101, "one", posts=25)
        stage.x_account(102, "two", posts=108)
        stage.watch(listed("one"), listed("two"))
        stage.visit()
        stage.restart()
        stage.visit(later=HOUR)
        assert spent(stage) == stage.x.bill.micros
        if stage.x.bill.posts < 133:
            assert OutcomeKind.BUDGET_SPENT in {kind for kind, _ in stage.watcher.stops}
            holes = stage.rows("SELECT account_id FROM account LEFT JOIN hole ON account_id = account.id")
            assert holes
            assert stage.rows("SELECT count(*) FROM post") == [(stage.x.bill.posts,)]
        return stage.x.bill.posts + stage.x.bill.users, stage.x.bill.micros


@pytest.mark.parametrize("cap", [*range(13), 26, 27, 28, 31, 32, 33, 57, 106, 107, 108, 109, 134, 135, 136])
def test_a_cap_of_any_number_of_reads_is_used_up_and_never_passed(tmp_path: Path, cap: int) -> None:
    read, _ = a_cap_of(tmp_path, x_per_day=reads(cap))
    assert read <= cap
    assert read > min(cap, 135) - LEAST


@pytest.mark.parametrize("cap", [0, 1, 9_999, 10_000, 34_999, 35_000, 45_000, 45_001, 150_000, 333_333, 685_000])
def test_a_cap_of_any_amount_of_money_is_used_up_and_never_passed(tmp_path: Path, cap: int) -> None:
    _, cost = a_cap_of(tmp_path, x_per_month=dollars(cap))
    assert cost <= cap
    assert cost > min(cap, 685_000) - LEAST * 5000


def test_expansions_are_counted_before_they_come(stage: Stage) -> None:
    stage.settings = replace(stage.settings, x=replace(stage.settings.x, expand_referenced=True))
    ids = stage.x_account(101, "one", posts=40)
    stage.x_account(102, "two")
    for number, quoted in enumerate(ids):
        stage.x.world.publish(
            102, START - HOUR + number, "quote", PostKind.QUOTE, ref_post_id=quoted, ref_author_id=101
        )
    stage.watch(listed("two", 102))
    for cap in (14, 16, 31, 46, 61):
        limit(stage, x_per_day=reads(cap))
        stage.restart()
        stage.store.make_due(Platform.X, None, stage.now)
        stage.visit()
        assert stage.x.bill.posts + stage.x.bill.users <= cap
    assert stage.x.bill.posts > 40


def test_at_the_cap_the_visit_ends_with_budget_spent_and_a_hole_that_the_next_day_fills(stage: Stage) -> None:
    ids = stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    limit(stage, x_per_day=reads(111))
    tally = stage.visit()
    assert tally.visits == {OutcomeKind.BUDGET_SPENT: 1}
    assert stage.stored(101) == ids[-110:]
    assert stage.watcher.stops == [(OutcomeKind.BUDGET_SPENT, MIDNIGHT)]
    assert "a day is spent" in stage.watcher.ends[0][2]
    assert len(stage.rows("SELECT * FROM hole")) == 1
    assert stage.rows("SELECT count(*) FROM coverage") == [(1,)]
    asked = len(stage.x.log)
    assert stage.visit(later=HOUR).visits == {}
    assert len(stage.rows("SELECT * FROM visit")) == 1
    assert len(stage.x.log) == asked
    stage.now = MIDNIGHT
    assert stage.visit().visits == {OutcomeKind.OK: 1}
    assert stage.stored(101) == ids
    assert stage.x.bill.posts == 150
    assert stage.rows("SELECT * FROM hole") == []


def test_a_larger_budget_is_in_force_at_once(stage: Stage) -> None:
    stage.x_account(101, "example", posts=60)
    stage.watch(listed("example", 101))
    limit(stage, x_per_month=reads(20))
    stage.visit()
    assert stage.watcher.stops == [(OutcomeKind.BUDGET_SPENT, NEXT_MONTH)]
    worker = stage.worker()
    worker.settings = replace(worker.settings, budget=BudgetSettings(x_per_month=reads(100)))
    assert stage.visit(later=1).visits == {OutcomeKind.OK: 1}


def test_with_the_month_the_monthly_budget_begins_anew(stage: Stage) -> None:
    stage.now = NEXT_MONTH - HOUR
    stage.x_account(101, "example", posts=60)
    stage.watch(listed("example", 101))
    limit(stage, x_per_month=reads(31))
    stage.visit()
    assert stage.x.bill.posts + stage.x.bill.users == 31
    assert stage.visit(later=HOUR - 1).visits == {}
    stage.visit(later=1)
    assert (stage.x.monthly_bill.posts + stage.x.monthly_bill.users, stage.x.bill.posts) == (31, 60)


def test_a_clock_that_goes_back_gives_nothing_to_spend_again(stage: Stage) -> None:
    stage.x_account(101, "example", posts=100)
    stage.watch(listed("example", 101))
    limit(stage, x_per_day=reads(31))
    stage.visit()
    before = stage.x.bill
    stage.store.make_due(Platform.X, None, stage.now - 3 * DAY)
    stage.visit(later=-2 * DAY)
    stage.restart()
    stage.visit(later=HOUR)
    assert stage.x.bill == before


def test_telegram_is_limited_in_requests(stage: Stage) -> None:
    stage.channel("example", posts=350)
    stage.watch(listed("example", platform=Platform.TELEGRAM))
    limit(stage, telegram_per_day=reads(8))
    assert stage.visit(Platform.TELEGRAM).visits == {OutcomeKind.BUDGET_SPENT: 1}
    ((requests, cost),) = stage.rows("SELECT sum(requests), sum(cost) FROM ledger WHERE platform = 'telegram'")
    assert (requests, cost) == (3, 0)  # a fourth might have become six
    stage.now = MIDNIGHT
    for _ in range(5):
        stage.visit(Platform.TELEGRAM)
        stage.now += DAY
    assert stage.rows("SELECT count(*) FROM post") == [(350,)]


# X's own caps


@pytest.mark.parametrize(
    ("caps", "kind"),
    [
        (Caps(spend_cap=500_000), OutcomeKind.SPEND_CAP),
        (Caps(posts_a_month=100), OutcomeKind.MONTHLY_CAP),
    ],
)
def test_a_cap_of_x_stops_the_platform_until_the_month_is_over(stage: Stage, caps: Caps, kind: OutcomeKind) -> None:
    stage.x_account(101, "one", posts=150)
    stage.x_account(102, "two", posts=10)
    stage.watch(listed("one", 101), listed("two", 102))
    stage.x.caps = caps
    stage.visit()
    assert stage.outcome("one") is kind
    assert stage.watcher.stops == [(kind, NEXT_MONTH)]
    asked = len(stage.x.log)
    stage.restart()
    stage.visit(later=20 * DAY)
    assert len(stage.x.log) == asked
    stage.now = NEXT_MONTH
    stage.visit()
    assert (len(stage.stored(101)), len(stage.stored(102))) == (150, 10)
    assert spent(stage) == stage.x.bill.micros


def test_without_credits_x_is_asked_ever_more_rarely_at_last_once_a_day(stage: Stage) -> None:
    stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    stage.x.caps = Caps(credits=500_000)
    waits: list[int] = []
    for _ in range(12):
        stage.visit()
        _, until = stage.watcher.stops[-1]
        assert until is not None
        waits.append(until - stage.now)
        asked = len(stage.x.log)
        stage.visit(later=waits[-1] - 1)
        assert len(stage.x.log) == asked
        stage.now += 1
    assert waits[:4] == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    assert waits[-1] == DAY
    stage.x.caps = Caps(credits=5_000_000)
    stage.visit()
    assert len(stage.stored(101)) == 150
    assert spent(stage) == stage.x.bill.micros


# Around midnight


def budget_of(stage: Stage, per_day: int) -> Budget:
    settings = replace(stage.settings, budget=BudgetSettings(x_per_day=reads(per_day)))
    return Budget(Platform.X, stage.store, settings, lambda: stage.now, Silent())


def reserved(budget: Budget, posts: int) -> Reservation:
    reservation = budget.reserve("users/:id/tweets", Spend(posts=1), wanted=posts, least=5)
    assert isinstance(reservation, Reservation)
    return reservation


def test_a_request_around_midnight_counts_for_both_days_and_frees_nothing(stage: Stage) -> None:
    stage.now = MIDNIGHT - 1
    budget = budget_of(stage, 20)
    reservation = reserved(budget, 10)
    stage.now += 2
    settlement = budget.settlement(reservation, Spend(1, 10), Resources(frozenset(range(10))))
    stage.store.settle(settlement)
    budget.settled(settlement)
    assert stage.rows("SELECT * FROM billed") == []
    for known in (budget, budget_of(stage, 20)):  # as remembered, and as the disk says
        assert isinstance(known.reserve("users/:id/tweets", Spend(posts=1), wanted=11, least=11), Failure)
    assert reserved(budget, 100).granted == 10


def test_one_that_was_never_settled_counts_for_the_day_on_which_it_may_have_arrived(stage: Stage) -> None:
    stage.now = MIDNIGHT - MINUTE
    reserved(budget_of(stage, 20), 20)
    stage.now = MIDNIGHT + HOUR
    assert budget_of(stage, 20).exhausted("users/:id/tweets", Spend(posts=1)) is not None
    stage.now += DAY
    assert budget_of(stage, 20).exhausted("users/:id/tweets", Spend(posts=1)) is None


# People at risk


def test_which_posts_of_a_person_at_risk_were_read_is_known_to_this_process_only(stage: Stage) -> None:
    ids = stage.x_account(101, "reporter", posts=40, every=6 * HOUR)
    stage.watch(listed("reporter", 101, protection=Protection.AT_RISK))
    stage.visit()
    assert spent(stage) == stage.x.bill.micros
    assert stage.rows("SELECT what, resource_id FROM billed") == [("user", 101)]
    assert stage.rows("SELECT DISTINCT account_id FROM ledger WHERE endpoint LIKE '%tweets'") == [(None,)]
    at_rest = stage.bytes_at_rest()
    for post_id in ids:
        assert str(post_id).encode() not in at_rest
        assert post_id.to_bytes(8, "big") not in at_rest
    with closing(sqlite3.connect(stage.path)) as connection:  # read anew: as if a zone had changed
        connection.execute("UPDATE account SET last_look_at = NULL, next_visit_at = 0")
        connection.commit()
    stage.visit(later=HOUR)
    assert spent(stage) == stage.x.bill.micros == 40 * 5000 + 10_000
    with closing(sqlite3.connect(stage.path)) as connection:
        connection.execute("UPDATE account SET last_look_at = NULL, next_visit_at = 0")
        connection.commit()
    stage.restart()
    stage.visit(later=HOUR)
    assert spent(stage) == stage.x.bill.micros + 40 * 5000  # counted in full, though free


# Killed


@pytest.mark.parametrize("point", ["reserved", "answered", "storing", "stored"])
def test_killed_at_any_point_no_cap_is_passed_and_everything_paid_for_is_counted(stage: Stage, point: str) -> None:
    cap, ids = 180, stage.x_account(101, "example", posts=400)
    stage.watch(listed("example", 101))
    killed = 0
    for time in (1, 2, 1):
        died = subprocess.run(
            [
                *(sys.executable, "-m", "tests.runtime.dying", stage.path, stage.x.url),
                *(str(cap), point, str(time), iso(START)),
            ],
            check=False,
            timeout=60,
            capture_output=True,
        )
        assert died.returncode in (0, -9), died.stderr.decode()
        killed += died.returncode == -9
        assert stage.x.bill.posts + stage.x.bill.users <= cap
        assert spent(stage) >= stage.x.bill.micros
    assert killed
    limit(stage, x_per_day=reads(cap))
    stage.restart()
    stage.visit()
    assert stage.x.bill.posts + stage.x.bill.users <= cap
    limit(stage)
    stage.restart()
    stage.visit(later=2 * DAY)
    assert stage.stored(101) == ids


# An older database


def test_what_an_older_database_says_was_spent_counts(stage: Stage) -> None:
    path = stage.data / "old.db"
    engine = writing_engine(path)
    schema.upgrade(engine, "0002")
    with engine.begin() as connection:
        for number, protection in ((1, "named"), (2, "at_risk")):
            connection.exec_driver_sql(
                "INSERT INTO account (id, platform, subject, listed_handle, handle, protection, collected, failures, "
                "next_visit_at, leased_until) VALUES (?, 'x', 's', 'h', 'h', ?, 1, 0, 0, 0)",
                (number, protection),
            )
            connection.exec_driver_sql(
                "INSERT INTO visit "
                "(account_id, started_at, pages, posts_new, requests, posts_read, users_read, cost) "
                "VALUES (?, ?, 1, 7, 3, 7, 1, 45000)",
                (number, START),
            )
    schema.upgrade(engine)
    with engine.begin() as connection:
        kept = connection.exec_driver_sql(
            "SELECT account_id, reserved_at, settled_at, cost, requests, posts, users FROM ledger ORDER BY id"
        ).fetchall()
        assert [tuple(row) for row in kept] == [
            (1, START, START, 45_000, 3, 7, 1),
            (None, START, START, 45_000, 3, 7, 1),
        ]
        (visit,) = connection.exec_driver_sql("SELECT pages, posts_new FROM visit WHERE account_id = 1").fetchall()
        assert tuple(visit) == (1, 7)
    engine.dispose()


# What is set aside ahead


def test_what_is_set_aside_for_the_next_page_is_used_for_it_and_given_back_if_there_is_none(stage: Stage) -> None:
    budget = budget_of(stage, 300)
    first = reserved(budget, 100)
    settlement = budget.settlement(first, Spend(1, 100), Resources(frozenset(range(100))), more=True)
    stage.store.settle(settlement)
    budget.settled(settlement)
    assert stage.store.spent(Platform.X, stage.now // DAY * DAY).spend.posts == 200  # on the disk before it is sent
    second = reserved(budget, 100)
    assert second == settlement.ahead
    settlement = budget.settlement(second, Spend(1, 50), Resources(frozenset(range(100, 150))), more=True)
    stage.store.settle(settlement)
    budget.settled(settlement)
    budget.release()
    for known in (budget, budget_of(stage, 300)):
        third = reserved(known, 200)
        assert third.granted == 150
        known.failed(third, Failure(OutcomeKind.TRANSPORT, "refused", requests=0))


def test_what_was_set_aside_before_the_machine_slept_counts_for_the_day_on_which_it_is_sent(stage: Stage) -> None:
    stage.now = MIDNIGHT - HOUR
    budget = budget_of(stage, 100)
    settlement = budget.settlement(reserved(budget, 50), Spend(1, 50), Resources(frozenset(range(50))), more=True)
    stage.store.settle(settlement)
    budget.settled(settlement)
    stage.now = MIDNIGHT + HOUR
    assert reserved(budget, 50) != settlement.ahead
    assert stage.store.spent(Platform.X, MIDNIGHT).spend.posts == 50
    assert stage.store.spent(Platform.X, MIDNIGHT - DAY).spend.posts == 50 + 50
