"""Accounts that are counted and never read: over real sockets, with figures worked out from the posts there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.collectors.x_stage import answering
from tests.runtime.making import START, ZONE, Stage, listed
from tests.runtime.model import KilledError
from tracker.analysis.activity import activity
from tracker.analysis.question import Selection, UsageQuestion
from tracker.analysis.report import CoverageState, UsageRow
from tracker.analysis.series import PostSeries, Series
from tracker.analysis.usage import usage
from tracker.domain.instants import DAY, HOUR, MINUTE, WEEK, Instant, from_iso, start_of_week
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import By, Every, Mode, PostKind, Protection
from tracker.runtime.visit import GRACE
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_http import Request
from tracker.sandbox.x_replies import Reply, json_reply
from tracker.sandbox.x_world import XAccount, XState
from tracker.store.reader import Reader

CANARY = "canary-قناری"
HANDLE, X_ID = "counted_ministry", 7_100_000_007
RECENT, ARCHIVE = "/2/tweets/counts/recent", "/2/tweets/counts/all"
CENT = 10_000


def counted(account: ListedAccount, mode: Mode = Mode.COUNTS) -> ListedAccount:
    """The account in another mode."""
    return ListedAccount(tuple(replace(listing, mode=mode) for listing in account.listings))


def midnight(day: date, zone: str = ZONE) -> Instant:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def local_day(at: Instant, zone: str = ZONE) -> date:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


class Ministry:
    """An account that posts every 70 minutes, in all kinds."""

    def __init__(self, stage: Stage, days: int = 40, until: Instant = START, account_id: int = X_ID) -> None:
        self.stage = stage
        stage.x.world.add_account(XAccount(account_id, HANDLE, CANARY, until - days * DAY))
        self.posts: list[tuple[Instant, PostKind]] = []
        self.account_id = account_id
        self.post(until - days * DAY, until)

    def post(self, since: Instant, until: Instant, every: int = 70 * MINUTE) -> None:
        """Post from time to time; never at a full minute."""
        for number, at in enumerate(range(since + 13, until, every)):
            kind = PostKind(number % 4)
            self.stage.x.world.publish(
                self.account_id,
                at,
                f"{CANARY} {at}",
                kind,
                ref_post_id=at if kind else None,
                ref_author_id=5 if kind else None,
            )
            self.posts.append((at, kind))

    def by_day(self, zone: str = ZONE) -> Counter[date]:
        """What X would count: everything but reposts, by local day."""
        return Counter(local_day(at, zone) for at, kind in self.posts if kind is not PostKind.REPOST)

    def own(self, since: Instant, until: Instant) -> int:
        return sum(since <= at < until and kind is not PostKind.REPOST for at, kind in self.posts)

    def all(self, since: Instant, until: Instant) -> int:
        return sum(since <= at < until for at, _ in self.posts)


@pytest.fixture
def ministry(stage: Stage) -> Ministry:
    found = Ministry(stage)
    stage.watch(counted(listed(HANDLE, X_ID)))
    return found


def stored(stage: Stage, handle: str = HANDLE) -> list[tuple[int, int, int]]:
    question = "SELECT since, until, posts FROM count JOIN account ON id = account_id WHERE listed_handle = ?"
    return [tuple(map(int, map(str, row))) for row in stage.rows(question + " ORDER BY since", handle)]  # type: ignore[misc]


def requests(stage: Stage, path: str = "/counts/") -> int:
    return sum(path in served.path for served in stage.x.log)


def series_of(stage: Stage, *accounts: ListedAccount) -> list[Series]:
    with closing(Reader(stage.path)) as reader:
        return reader.series(accounts)


def usage_row(stage: Stage, *accounts: ListedAccount, since: Instant, until: Instant) -> UsageRow:
    question = UsageQuestion(as_of=stage.now, since=since, until=until, by=By.ACCOUNT)
    (row,) = usage(series_of(stage, *accounts), (), stage.settings, question).rows
    return row


def days_between(since: Instant, until: Instant) -> Iterator[date]:
    day = local_day(since)
    while midnight(day) < until:
        yield day
        day += timedelta(days=1)


def test_whole_local_days_are_counted_though_the_zone_is_half_an_hour_off(stage: Stage, ministry: Ministry) -> None:
    stage.visit()
    assert stage.outcome(HANDLE) is OutcomeKind.OK
    truth = ministry.by_day()
    today = local_day(START)
    expected = [
        (midnight(day), midnight(day + timedelta(days=1)), truth[day])
        for day in (today - timedelta(days=number) for number in range(6, 0, -1))
    ]
    assert stored(stage) == expected
    assert requests(stage) == 1


def test_no_post_is_ever_asked_for_and_nothing_of_one_is_on_the_disk(stage: Stage, ministry: Ministry) -> None:
    for _ in range(4):
        stage.visit(later=6 * DAY)
    assert stage.timeline_requests() == 0
    assert stage.x.delivered == []
    assert stage.rows("SELECT count(*) FROM post") == [(0,)]
    assert f"{CANARY} ".encode() not in stage.bytes_at_rest()


def test_a_month_costs_about_two_cents_and_the_ledger_says_what_x_charges(stage: Stage, ministry: Ministry) -> None:
    stage.visit()
    for _ in range(0, 30 * DAY, 6 * HOUR):
        ministry.post(stage.now, stage.now + 6 * HOUR)
        stage.visit(later=6 * HOUR)
    assert requests(stage, RECENT) == 1 + 5, "the first, and a month's"
    ((cost,),) = stage.rows("SELECT sum(cost) FROM ledger WHERE endpoint = 'tweets/counts/recent'")
    assert cost == 0.5 * CENT + 2.5 * CENT
    assert (stage.x.bill.counts_recent, stage.x.bill.counts_all) == (6, 0)
    assert stage.rows("SELECT count(*) FROM ledger WHERE settled_at IS NULL") == [(0,)]
    days = stored(stage)
    assert [until for _, until, _ in days[:-1]] == [since for since, _, _ in days[1:]], "a day was left out"
    truth = ministry.by_day()
    assert [posts for _, _, posts in days] == [truth[local_day(since)] for since, _, _ in days]


def test_days_that_nobody_counted_in_time_stay_without_data(stage: Stage, ministry: Ministry) -> None:
    stage.visit()
    ministry.post(START, START + 30 * DAY)
    stage.visit(later=20 * DAY)
    days = {local_day(since) for since, _, _ in stored(stage)}
    asked = list(days_between(START - 6 * DAY, stage.now - DAY))
    missed = [day for day in asked if day not in days]
    assert len(missed) == 20 - 6 - 1 + 1
    report = activity(
        series_of(stage, counted(listed(HANDLE, X_ID))),
        (),
        stage.settings,
        Selection(stage.now, midnight(asked[0]), midnight(local_day(stage.now))),
        Every.DAY,
    )
    truth = ministry.by_day()
    for point in report.points:
        if point.first in days:
            assert (point.posts, point.counted, point.originals) == (truth[point.first], truth[point.first], None)
            assert point.coverage.state is CoverageState.PARTIAL
        else:
            assert point.posts is None, f"{point.first}: nobody looked"


@pytest.mark.parametrize("state", [XState.SUSPENDED, XState.PROTECTED, XState.GONE])
def test_an_account_that_cannot_be_seen_is_no_silent_one(stage: Stage, ministry: Ministry, state: XState) -> None:
    stage.visit()
    known = stored(stage)
    stage.x.world.set_state(X_ID, state)
    stage.visit(later=7 * DAY)
    assert stage.outcome(HANDLE).value.replace("account_", "") == state.value
    assert stored(stage) == known


def test_an_account_suspended_between_the_look_at_its_profile_and_the_count_is_no_silent_one(
    stage: Stage, ministry: Ministry
) -> None:
    stage.settings = replace(stage.settings, visits=replace(stage.settings.visits, profile_interval=365 * DAY))
    stage.visit()
    known = stored(stage)
    stage.x.world.set_state(X_ID, XState.SUSPENDED)
    stage.visit(later=7 * DAY)
    assert requests(stage) == 2, "X was asked, and said 0"
    assert stage.outcome(HANDLE) is OutcomeKind.SUSPENDED
    assert stored(stage) == known


def test_an_account_that_is_there_and_silent_has_counts_of_0(stage: Stage) -> None:
    stage.x_account(X_ID, HANDLE)
    stage.watch(counted(listed(HANDLE, X_ID)))
    stage.visit()
    assert [posts for _, _, posts in stored(stage)] == [0] * 6
    row = usage_row(stage, counted(listed(HANDLE, X_ID)), since=START - 5 * DAY, until=START - DAY)
    assert (row.posts, row.counted, row.originals, row.complete) == (0, 0, None, False)


def test_an_account_that_was_silent_for_long_is_looked_at_once_a_visit(stage: Stage) -> None:
    stage.x.world.add_account(XAccount(X_ID, HANDLE, CANARY, START - 400 * DAY))
    stage.settings = replace(stage.settings, x=replace(stage.settings.x, counts_archive=True))
    stage.watch(counted(listed(HANDLE, X_ID)))
    stage.visit()
    assert requests(stage, ARCHIVE) > 10
    assert requests(stage, "/2/users") <= 2, "who it is, and whether it is there"


def test_the_history_is_counted_once_where_the_settings_ask_for_it(stage: Stage) -> None:
    ministry = Ministry(stage, days=100)
    stage.settings = replace(stage.settings, x=replace(stage.settings.x, counts_archive=True))
    stage.watch(counted(listed(HANDLE, X_ID)))
    stage.visit()
    days, truth = stored(stage), ministry.by_day()
    assert sum(posts for _, _, posts in days) == sum(truth.values()) - truth[local_day(START)]
    assert len(days) == 100
    assert requests(stage, ARCHIVE) == 4
    stage.visit(later=6 * DAY + 8 * HOUR)
    assert requests(stage, ARCHIVE) == 4, "history was asked for twice"


def test_a_count_that_was_killed_is_asked_for_again_and_nothing_is_there_twice(
    stage: Stage, ministry: Ministry
) -> None:
    stage.settings = replace(stage.settings, x=replace(stage.settings.x, counts_archive=True))

    def kill(_page: int) -> None:
        raise KilledError

    for _ in range(3):
        stage.watcher.at_page = kill
        with pytest.raises(KilledError):
            stage.visit()
        stage.restart()
        stage.watch(counted(listed(HANDLE, X_ID)))
    stage.visit()
    assert requests(stage) == 3, "what was stored was asked for again"
    days, truth = stored(stage), ministry.by_day()
    assert [until for _, until, _ in days[:-1]] == [since for since, _, _ in days[1:]]
    assert {local_day(since): posts for since, _, posts in days if posts} == {
        day: posts for day, posts in truth.items() if day < local_day(START)
    }


def test_a_budget_that_is_spent_keeps_what_was_counted(stage: Stage, ministry: Ministry) -> None:
    from tracker.config.settings import Allowance, BudgetSettings

    stage.settings = replace(
        stage.settings,
        x=replace(stage.settings.x, counts_archive=True),
        budget=BudgetSettings(x_per_day=Allowance(3 * CENT, dollars=True)),
    )
    stage.visit()
    assert stage.outcome(HANDLE) is OutcomeKind.BUDGET_SPENT
    ((spent,),) = stage.rows("SELECT sum(cost) FROM ledger")
    assert 0 < int(str(spent)) <= 3 * CENT
    assert stored(stage)


def test_what_x_charged_for_an_answer_that_contradicts_itself_is_in_the_ledger(stage: Stage) -> None:
    def answer(request: Request) -> Reply:
        if RECENT not in request.target:
            return json_reply(500, {})
        whole = {"start": "2022-10-04T00:00:00.000Z", "end": "2022-10-05T00:00:00.000Z", "post_count": 1}
        return json_reply(200, {"data": [whole], "meta": {"total_post_count": 2}})

    with answering(answer) as url:
        stage.settings = replace(stage.settings, x=replace(stage.settings.x, api_url=url))
        stage.watch(counted(listed(HANDLE, X_ID)))
        stage.visit()
    assert stage.outcome(HANDLE) is OutcomeKind.BAD_ANSWER
    charged = "SELECT requests, cost, settled_at IS NOT NULL FROM ledger WHERE endpoint = 'tweets/counts/recent'"
    assert stage.rows(charged) == [(1, CENT // 2, 1)]


def test_a_rate_limit_on_counts_does_not_keep_others_from_being_read(stage: Stage, ministry: Ministry) -> None:
    stage.x_account(9, "read_one", 3)
    stage.watch(counted(listed(HANDLE, X_ID)), listed("read_one", 9))
    stage.x.fail(XFault.RATE_LIMITED, times=1, path=RECENT)
    stage.visit()
    assert stage.outcome(HANDLE) is OutcomeKind.RATE_LIMITED
    assert stage.outcome("read_one") is OutcomeKind.OK
    stage.visit(later=16 * MINUTE)
    assert stage.outcome(HANDLE) is OutcomeKind.OK


def test_posts_count_where_they_were_read_and_counts_elsewhere(stage: Stage, ministry: Ministry) -> None:
    read, by_count = listed(HANDLE, X_ID), counted(listed(HANDLE, X_ID))
    stage.watch(read)
    stage.visit()
    switched, walked = stage.now, stage.timeline_requests()
    stage.watch(by_count)
    ministry.post(START, START + 20 * DAY)
    stage.visit()  # at once: the mode has changed
    for _ in range(3):
        stage.visit(later=6 * DAY)
    assert stage.timeline_requests() == walked
    end = max(until for _, until, _ in stored(stage))
    (series,) = series_of(stage, by_count)
    assert isinstance(series, PostSeries)
    row = usage_row(stage, by_count, since=START - 10 * DAY, until=end)
    since = START - 10 * DAY
    assert row.posts == ministry.all(since, switched) + ministry.own(switched, end)
    assert row.counted == ministry.own(switched, end)
    assert row.originals == sum(since <= at < switched and kind is PostKind.ORIGINAL for at, kind in ministry.posts)
    assert row.coverage.share == 1
    assert not row.complete
    # And back again: what was counted is read now, and stands for itself.
    stage.watch(read)
    stage.visit(later=HOUR)
    row = usage_row(stage, read, since=since, until=end)
    assert (row.posts, row.counted, row.complete) == (ministry.all(since, end), None, True)


def test_an_account_that_is_switched_off_is_left_alone_and_keeps_its_figures(
    stage: Stage, ministry: Ministry
) -> None:
    stage.visit()
    known, asked = stored(stage), len(stage.x.log)
    off = counted(listed(HANDLE, X_ID), Mode.OFF)
    stage.watch(off)
    stage.visit(later=30 * DAY)
    assert (stored(stage), len(stage.x.log)) == (known, asked)
    row = usage_row(stage, off, since=known[0][0], until=known[-1][1])
    assert row.posts == sum(posts for _, _, posts in known)


# -- people at risk


def test_of_people_at_risk_only_whole_weeks_are_asked_for_and_kept(stage: Stage) -> None:
    ministry = Ministry(stage)
    someone = counted(listed(HANDLE, X_ID, protection=Protection.AT_RISK))
    stage.watch(someone)
    stage.visit()
    for _ in range(3):
        ministry.post(stage.now, stage.now + WEEK)
        stage.visit(later=WEEK)
    weeks = stored(stage)
    assert len(weeks) == 4 + 3
    for since, until, posts in weeks:
        assert since == start_of_week(since, ZONE)
        assert until == midnight(local_day(since) + timedelta(days=7))
        assert posts == ministry.own(since, until)
    assert stage.timeline_requests() == 0
    assert requests(stage, RECENT) == 0
    for served in stage.x.log:
        if served.path == ARCHIVE:
            assert {from_iso(served.parameters[name]) for name in ("start_time", "end_time")} <= {
                edge for since, until, _ in weeks for edge in (since, until)
            }
    data = stage.bytes_at_rest()
    assert CANARY.encode() not in data
    assert not any(str(at).encode() in data for at, _ in ministry.posts)
    assert stage.rows("SELECT count(*) FROM answer") == [(0,)]
    assert stage.rows("SELECT DISTINCT account_id FROM ledger WHERE endpoint LIKE 'tweets%'") == [(None,)]


def test_weeks_of_people_at_risk_that_were_missed_are_counted_later(stage: Stage) -> None:
    ministry = Ministry(stage)
    stage.watch(counted(listed(HANDLE, X_ID, protection=Protection.AT_RISK)))
    stage.visit()
    ministry.post(START, START + 10 * WEEK)
    stage.visit(later=10 * WEEK)
    weeks = stored(stage)
    assert len(weeks) == 14
    assert [posts for _, _, posts in weeks] == [ministry.own(since, until) for since, until, _ in weeks]


def test_who_becomes_at_risk_keeps_whole_weeks_only(stage: Stage, ministry: Ministry) -> None:
    for _ in range(4):
        stage.visit(later=6 * DAY)
        ministry.post(stage.now, stage.now + 6 * DAY)
    days = stored(stage)
    stage.watch(counted(listed(HANDLE, X_ID, protection=Protection.AT_RISK)))
    weeks = stored(stage)
    assert weeks
    for since, until, posts in weeks:
        assert (since, until) == (start_of_week(since, ZONE), start_of_week(since + WEEK + DAY, ZONE))
        assert posts == sum(count for at, _, count in days if since <= at < until)


def test_the_clocks_change_and_days_and_weeks_are_still_whole(stage: Stage) -> None:
    zone = "Europe/Berlin"
    until = from_iso("2022-11-02T12:00:00Z")
    stage.now = until
    ministry = Ministry(stage, until=until)
    stage.watch(counted(listed(HANDLE, X_ID)))
    stage.worker().settings = replace(stage.settings, default_zone=zone)
    stage.visit()
    days, truth = stored(stage), ministry.by_day(zone)
    assert (25 * HOUR) in [until - since for since, until, _ in days]
    assert [posts for _, _, posts in days] == [truth[local_day(since, zone)] for since, _, _ in days]
    assert stage.x.log[-1].parameters["granularity"] == "hour"


def test_a_day_is_counted_only_so_long_after_its_end(stage: Stage, ministry: Ministry) -> None:
    stage.now = midnight(local_day(START)) + GRACE - 1
    stage.visit()
    assert max(until for _, until, _ in stored(stage)) == midnight(local_day(START) - timedelta(days=1))
