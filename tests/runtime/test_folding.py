"""What is spent on people at risk: counted to the cent, and kept as sums that tell of nobody."""

from __future__ import annotations

from tests.runtime.making import START, Stage, listed
from tests.runtime.test_budget import limit, publish, reads, spent
from tracker.domain.instants import DAY, HOUR, MINUTE, from_iso
from tracker.domain.words import Platform, Protection
from tracker.store import folding
from tracker.store.dialect import driver_of

COLUMNS = "id, platform, endpoint, reserved_at, settled_at, cost, requests, posts, users"
SUMS = "SELECT reserved_at, settled_at, posts FROM ledger WHERE endpoint = 'users/:id/tweets' ORDER BY reserved_at"
OCTOBER, NOVEMBER = from_iso("2022-10-01T00:00:00Z"), from_iso("2022-11-01T00:00:00Z")


def test_what_a_request_about_a_person_at_risk_has_cost_is_in_the_sum_of_its_day_and_then_of_its_month(
    stage: Stage,
) -> None:
    for number in range(101, 104):
        stage.x_account(number, f"reporter{number}", posts=150, every=6 * HOUR)
    stage.watch(*(listed(f"reporter{number}", number, protection=Protection.AT_RISK) for number in range(101, 104)))
    stage.visit()
    today = START // DAY * DAY
    assert stage.rows(SUMS) == [(today, today, 450)]
    assert spent(stage) == stage.x.bill.micros
    for _ in range(4):
        publish(stage, 101, 3, stage.now + HOUR)
        stage.visit(later=8 * DAY)
    assert [(since, until) for since, until, _ in stage.rows(SUMS)] == [(OCTOBER, OCTOBER), (NOVEMBER + 5 * DAY,) * 2]
    assert spent(stage) == stage.x.bill.micros


def test_of_a_named_account_each_request_is_in_the_ledger(stage: Stage) -> None:
    """The control."""
    stage.x_account(101, "minister", posts=150)
    stage.watch(listed("minister", 101))
    stage.visit()
    assert stage.rows(SUMS) == [(START, START, 100), (START, START, 50)]


def test_a_day_with_people_at_risk_has_its_cap_and_so_has_the_next(stage: Stage) -> None:
    stage.x_account(101, "reporter", posts=600, every=HOUR)
    limit(stage, x_per_day=reads(150))
    stage.watch(listed("reporter", 101, protection=Protection.AT_RISK))
    for _ in range(3):
        before = stage.x.bill.micros
        stage.visit()
        assert 0 < stage.x.bill.micros - before <= 150 * 5000 + 5000  # one of the reads is a profile
        stage.restart()
        stage.visit(later=MINUTE)
        assert stage.x.bill.micros - before <= 150 * 5000 + 5000
        stage.now = (stage.now // DAY + 1) * DAY + HOUR
    assert spent(stage) >= stage.x.bill.micros


def test_where_the_clock_was_set_back_sums_stay_where_the_order_of_entries_puts_them(stage: Stage) -> None:
    stage.x_account(101, "reporter", posts=5, every=6 * HOUR)
    stage.watch(listed("reporter", 101, protection=Protection.AT_RISK))
    with stage.store.transaction() as connection:
        driver = driver_of(connection)
        for entry, day in ((101, 3), (102, 5), (103, 3), (104, 4)):
            at = OCTOBER + day * DAY
            row = (entry, "x", "counts", at, at, 1, 1, 0, 0)
            driver.execute(f"INSERT INTO ledger ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        folding.fold_entry(driver, Platform.X, 103, OCTOBER + 3 * DAY)
        assert driver.execute("SELECT count(*) FROM ledger").fetchone() == (4,)
        folding.fold_days(driver, Platform.X, OCTOBER // DAY + 40)
        assert driver.execute("SELECT id, reserved_at, cost FROM ledger").fetchall() == [(101, OCTOBER, 4)]


def test_once_at_risk_the_ledger_keeps_the_money_and_not_whose_it_was(stage: Stage) -> None:
    stage.x_account(101, "reporter", posts=30)
    stage.watch(listed("reporter", 101))
    for _ in range(10):
        publish(stage, 101, 1, stage.now)
        stage.store.make_due(Platform.X, None, stage.now)
        stage.visit(later=DAY)
    before = spent(stage)
    assert before == stage.x.bill.micros
    stage.watch(listed("reporter", 101, protection=Protection.AT_RISK))
    assert spent(stage) == before
    assert stage.rows("SELECT DISTINCT account_id FROM ledger") == [(None,)]
    assert stage.rows("SELECT * FROM billed WHERE what = 'post'") == []
    last = stage.now // DAY * DAY
    assert [since for since, _, _ in stage.rows(SUMS)] == [OCTOBER, last]
