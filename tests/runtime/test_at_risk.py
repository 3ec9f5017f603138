"""At-risk subjects: nothing finer than a whole week's count reaches the disk, not even for the time of a request."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from tests.runtime.making import START, ZONE, Stage, listed
from tests.runtime.model import KilledError
from tracker.domain.instants import DAY, HOUR, MINUTE, WEEK, Instant, from_iso, next_week, start_of_week
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, PostKind, Protection
from tracker.sandbox.telegram_world import Item
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_server import XServer
from tracker.sandbox.x_world import XState

CANARY = "canary-قناری"
HANDLE = "canary_reporter"
X_ID = 7_000_000_007
MONDAY = from_iso("2022-10-03T00:00:00+03:30")
POSTS, EVERY = 460, 2 * HOUR

Truth = Counter[tuple[Instant, int]]


def at_risk(handle: str = HANDLE, platform_id: int | None = None, platform: Platform = Platform.X) -> ListedAccount:
    return listed(handle, platform_id, platform=platform, protection=Protection.AT_RISK)


class Reporter:
    """One at-risk subject on one platform, with five weeks of posts."""

    def __init__(self, stage: Stage, platform: Platform) -> None:
        self.stage, self.platform = stage, platform
        self.times = [START - HOUR - 7 - number * EVERY for number in reversed(range(POSTS))]
        self.kinds = [PostKind(number % 3) for number in range(POSTS)]
        if platform is Platform.X:
            stage.x_account(X_ID, HANDLE)
            self.post_ids = [
                stage.x.world.publish(
                    X_ID,
                    at,
                    f"{CANARY} {at}",
                    kind,
                    ref_post_id=at if kind else None,
                    ref_author_id=5 if kind else None,
                ).post_id
                for at, kind in zip(self.times, self.kinds, strict=True)
            ]
        else:
            self.channel = stage.channel(HANDLE)
            self.post_ids = []
            for at, kind in zip(self.times, self.kinds, strict=True):
                extra = {1: {"reply_to": 1}, 2: {"origin": (9_000_000_999, 777)}}.get(kind, {})
                stage.telegram.world.publish(self.channel, Item(0, at, f"{CANARY} {at}", **extra))  # type: ignore[arg-type]
        stage.watch(at_risk(platform=platform))

    def truth(self, before: Instant) -> Truth:
        """The posts of the weeks before that instant, by week and kind."""
        pairs = zip(self.times, self.kinds, strict=True)
        return Counter((start_of_week(at, ZONE), int(kind)) for at, kind in pairs if at < before)

    def counted(self) -> Truth:
        found = self.stage.rows("SELECT week, kind, posts FROM week_count")
        return Counter({(int(str(week)), int(str(kind))): int(str(posts)) for week, kind, posts in found})

    def assert_nothing_of_a_post_is_on_the_disk(self) -> None:
        data = self.stage.bytes_at_rest()
        assert data, "nothing was looked at"
        assert CANARY.encode() not in data
        assert CANARY.encode("utf-16-le") not in data
        written = {int(digits) for digits in re.findall(rb"[0-9]{9,}", data)}
        assert written.isdisjoint(self.times)
        # Whole weeks begin at full minutes and so do our own looks; posts never do.
        assert all(at % MINUTE for at in self.times)
        assert windows(data, 4).isdisjoint(at.to_bytes(4, "big") for at in self.times)
        if self.platform is Platform.X:  # Telegram's are small numbers, and everywhere
            assert written.isdisjoint(self.post_ids)
            assert windows(data, 8).isdisjoint(number.to_bytes(8, "big") for number in self.post_ids)


def windows(data: bytes, width: int) -> set[bytes]:
    """All that stands anywhere in the data, so many bytes wide: integers as SQLite stores them among it."""
    return {data[start : start + width] for start in range(len(data) - width + 1)}


@pytest.fixture(params=list(Platform))
def reporter(stage: Stage, request: pytest.FixtureRequest) -> Reporter:
    return Reporter(stage, request.param)


def test_whole_weeks_are_counted_and_nothing_else_is_ever_on_the_disk(reporter: Reporter) -> None:
    stage = reporter.stage
    stage.watcher.at_page = lambda _pages: reporter.assert_nothing_of_a_post_is_on_the_disk()
    assert stage.visit(reporter.platform).visits == {OutcomeKind.OK: 1}
    assert stage.watcher.pages == 5
    reporter.assert_nothing_of_a_post_is_on_the_disk()
    assert reporter.counted() == reporter.truth(MONDAY)
    assert stage.rows("SELECT max(until) FROM coverage") == [(MONDAY,)]
    for table in ("post", "metric", "answer", "set_aside", "hole"):
        assert stage.rows(f"SELECT * FROM {table}") == []
    assert stage.rows("SELECT mark, last_look_at, last_detail FROM account") == [(None, MONDAY, None)]
    assert stage.rows("SELECT name, posts FROM profile") == [(None, None)]


def test_killed_after_any_page_it_counts_the_same_in_the_end(reporter: Reporter) -> None:
    stage, truth = reporter.stage, reporter.truth(MONDAY)
    for last in (1, 3, 2, 1, 2):

        def kill(pages: int, last: int = last) -> None:
            if pages == last:
                raise KilledError

        stage.watcher.at_page = kill
        with pytest.raises(KilledError):
            stage.visit(reporter.platform)
        stage.restart()
        reporter.assert_nothing_of_a_post_is_on_the_disk()
        assert reporter.counted().items() <= truth.items()
    assert stage.visit(reporter.platform).visits == {OutcomeKind.OK: 1}
    assert reporter.counted() == truth
    assert stage.rows("SELECT * FROM hole") == []


def test_the_next_visit_is_due_once_the_week_is_over_and_counts_just_that_week(reporter: Reporter) -> None:
    stage = reporter.stage
    stage.visit(reporter.platform)
    first = reporter.counted()
    due = stage.now + stage.due_in(HANDLE)
    end = next_week(stage.now, ZONE)
    assert end + 2 * HOUR <= due < end + 8 * HOUR
    read = len(stage.x.delivered)
    stage.visit(reporter.platform, later=due - stage.now)
    assert reporter.counted() == reporter.truth(end)
    this_week = reporter.truth(end) - first
    assert {week for week, _ in this_week} == {MONDAY}
    if reporter.platform is Platform.X:  # Telegram's pages are whole ones, and free
        assert len(stage.x.delivered) == read + this_week.total()
    reporter.assert_nothing_of_a_post_is_on_the_disk()


def test_a_visit_before_the_week_is_over_changes_nothing(reporter: Reporter) -> None:
    stage = reporter.stage
    stage.visit(reporter.platform)
    counted, coverage = reporter.counted(), stage.rows("SELECT * FROM coverage")
    stage.store.make_due(reporter.platform, None, stage.now)
    assert stage.visit(reporter.platform, later=DAY).visits == {OutcomeKind.OK: 1}
    assert (reporter.counted(), stage.rows("SELECT * FROM coverage")) == (counted, coverage)


def test_what_the_platform_says_of_the_account_is_not_kept_with_its_name_in_it(stage: Stage) -> None:
    stage.x_account(X_ID, HANDLE, posts=3)
    stage.watch(at_risk("canary_other_name", X_ID))
    stage.visit()
    assert stage.watcher.ends == [("", OutcomeKind.RENAMED, "")]
    stage.x.world.set_state(X_ID, XState.SUSPENDED)
    stage.store.make_due(Platform.X, None, stage.now)
    stage.visit(later=DAY)
    assert stage.watcher.ends == [("", OutcomeKind.SUSPENDED, "")]
    assert stage.rows("SELECT last_detail FROM account UNION SELECT detail FROM visit") == [(None,)]


def test_answers_about_named_accounts_are_kept_and_those_about_at_risk_ones_never(stage: Stage) -> None:
    stage.x_account(X_ID, HANDLE, posts=2)
    stage.x_account(55, "ministry", posts=2)
    stage.watch(at_risk(), listed("ministry"))
    assert stage.visit().visits == {OutcomeKind.OK: 2}
    asked = [str(request) for (request,) in stage.rows("SELECT request FROM answer")]
    assert len(asked) == 2
    assert any("usernames=ministry" in request for request in asked)
    assert not any(HANDLE in request or str(X_ID) in request for request in asked)


# The watchlist changes


def test_a_named_subject_that_becomes_at_risk_is_reduced_to_weeks_at_once(reporter: Reporter) -> None:
    stage = reporter.stage
    stage.watch(listed(HANDLE, platform=reporter.platform))
    stage.visit(reporter.platform)
    assert CANARY.encode() in stage.bytes_at_rest()
    stage.watch(at_risk(platform=reporter.platform))
    reporter.assert_nothing_of_a_post_is_on_the_disk()
    assert reporter.counted() == reporter.truth(MONDAY)
    stage.visit(reporter.platform, later=DAY)
    assert reporter.counted() == reporter.truth(MONDAY)
    reporter.assert_nothing_of_a_post_is_on_the_disk()


def test_an_at_risk_subject_that_is_named_is_read_anew_and_in_full(reporter: Reporter) -> None:
    stage = reporter.stage
    stage.visit(reporter.platform)
    stage.watch(listed(HANDLE, platform=reporter.platform))
    assert reporter.counted() == Counter()
    stage.visit(reporter.platform, later=MINUTE)
    assert stage.rows("SELECT count(*) FROM post") == [(POSTS,)]
    assert reporter.counted() == Counter()


def test_a_subject_that_becomes_at_risk_during_its_visit_leaves_nothing_from_then_on(reporter: Reporter) -> None:
    stage = reporter.stage
    stage.watch(listed(HANDLE, platform=reporter.platform))

    def change(pages: int) -> None:
        if pages == 2:
            assert CANARY.encode() in stage.bytes_at_rest()
            stage.watch(at_risk(platform=reporter.platform))
        if pages >= 2:
            reporter.assert_nothing_of_a_post_is_on_the_disk()

    stage.watcher.at_page = change
    tally = stage.visit(reporter.platform)
    assert tally.visits == {OutcomeKind.PARTIAL: 1, OutcomeKind.OK: 1}
    reporter.assert_nothing_of_a_post_is_on_the_disk()
    assert reporter.counted() == reporter.truth(MONDAY)


def test_a_subject_that_is_named_during_its_visit_is_not_counted_in_weeks_besides(reporter: Reporter) -> None:
    stage = reporter.stage
    stage.watcher.at_page = lambda pages: (
        stage.watch(listed(HANDLE, platform=reporter.platform)) if pages == 2 else None
    )
    assert stage.visit(reporter.platform).visits == {OutcomeKind.PARTIAL: 1, OutcomeKind.OK: 1}
    assert reporter.counted() == Counter()
    assert stage.rows("SELECT count(*) FROM post") == [(POSTS,)]


# What X shows, and where


def test_a_post_edited_in_the_first_hour_of_the_next_week_is_counted_in_its_own(stage: Stage) -> None:
    stage.x_account(X_ID, HANDLE)
    stage.watch(at_risk())
    late = stage.x.world.publish(X_ID, MONDAY + WEEK - 10 * MINUTE, "first words")
    stage.visit()
    stage.now = MONDAY + WEEK + 20 * MINUTE
    stage.x.world.edit(late.post_id, "second words", stage.now)
    stage.visit(later=8 * HOUR)
    stage.visit(later=WEEK)
    assert stage.rows("SELECT week, posts FROM week_count") == [(MONDAY, 1)]


def test_such_a_post_is_counted_as_well_where_the_walk_was_broken_off_above_it(stage: Stage) -> None:
    stage.x_account(X_ID, HANDLE)
    late = stage.x.world.publish(X_ID, MONDAY - 10 * MINUTE, "first words")
    stage.x.world.edit(late.post_id, "second words", MONDAY + 20 * MINUTE)
    for number in range(120):
        stage.x.world.publish(X_ID, MONDAY + HOUR + number * 30 * MINUTE, "later")
    stage.watch(at_risk())
    stage.x.fail(XFault.DROPPED, 1, "/2/users/*/tweets", after=1)
    assert stage.visit().visits == {OutcomeKind.TRANSPORT: 1}
    assert stage.visit(later=HOUR).visits == {OutcomeKind.OK: 1}
    assert stage.rows("SELECT week, posts FROM week_count") == [(MONDAY - WEEK, 1)]


def depth_of(stage: Stage, depth: int) -> XServer:
    """X, showing no more than so many posts of a timeline."""
    stage.settings = replace(stage.settings, x=replace(stage.settings.x, depth=depth))
    return XServer(stage.x.world, depth=depth, clock=lambda: stage.now)


def test_posts_of_the_running_week_count_for_the_depth_that_x_shows(stage: Stage) -> None:
    """Else the walk would end where X shows no more, and take that for the beginning of the account."""
    with depth_of(stage, 300) as shallow:
        stage.settings = replace(stage.settings, x=replace(stage.settings.x, api_url=shallow.url))
        stage.x_account(X_ID, HANDLE, posts=500, every=20 * MINUTE)  # seven days; 180 since Monday
        stage.watch(at_risk())
        assert stage.visit().visits == {OutcomeKind.PARTIAL: 1}
        assert stage.rows("SELECT * FROM coverage") == []
        assert stage.rows("SELECT since, until, unreachable FROM hole") == [(None, MONDAY, 1)]


def test_posts_of_the_running_week_count_for_the_depth_of_a_hole_as_well(stage: Stage) -> None:
    with depth_of(stage, 200) as shallow:
        stage.settings = replace(stage.settings, x=replace(stage.settings.x, api_url=shallow.url))
        stage.x_account(X_ID, HANDLE, posts=600, every=38 * MINUTE)  # a hundred since Monday
        stage.watch(at_risk())
        shallow.fail(XFault.DROPPED, 1, "/2/users/*/tweets", after=1)
        stage.visit()
        assert stage.rows("SELECT until, unreachable FROM hole") == [(MONDAY, 0)]
        assert stage.visit(later=HOUR).visits == {OutcomeKind.PARTIAL: 1}
        assert stage.rows("SELECT * FROM coverage") == []
        assert stage.rows("SELECT until, unreachable FROM hole") == [(MONDAY, 1)]


def test_a_hole_below_what_x_no_longer_shows_is_never_taken_for_empty(stage: Stage) -> None:
    with depth_of(stage, 200) as shallow:
        stage.settings = replace(stage.settings, x=replace(stage.settings.x, api_url=shallow.url))
        stage.x_account(X_ID, HANDLE, posts=150, every=6 * HOUR)
        stage.watch(at_risk())
        shallow.fail(XFault.DROPPED, 1, "/2/users/*/tweets", after=1)
        stage.visit()
        ((hole,),) = stage.rows("SELECT until FROM hole")
        for number in range(400):  # until Saturday
            stage.x.world.publish(X_ID, START + number * 10 * MINUTE, "many")
        stage.visit(later=8 * DAY)
        assert stage.rows("SELECT unreachable FROM hole") == [(1,), (1,)]
        assert stage.rows("SELECT * FROM coverage WHERE since < ?", hole) == []
