"""One channel over the API and over the public pages: the same posts once, whichever of the two can read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import pytest

from tests.collectors.walking import failed, onward, read, resolved
from tests.runtime.making import START, Stage, listed
from tests.sandbox.telegram_rehearsal import API_HASH
from tracker.collectors.protocol import Collector
from tracker.collectors.telegram import TelegramCollector
from tracker.collectors.telegram_sources import REFUSED_FOR, TelegramSources
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.domain.instants import DAY, HOUR, WEEK
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Reread, Walk
from tracker.domain.words import Platform, Protection
from tracker.sandbox.telegram_server import DROPPED, FOREVER, REVOKED, flood_wait
from tracker.sandbox.telegram_web import TelegramWebServer, WebFault
from tracker.sandbox.telegram_world import Item

T = Platform.TELEGRAM
RESOLVE, FULL, HISTORY = "contacts.resolveUsername", "channels.getFullChannel", "messages.getHistory"
NAME = "generated_ministry"


@dataclass
class Ways:
    """A stage whose Telegram is read over the API, over the pages, or over both."""

    stage: Stage
    pages: TelegramWebServer

    def by(self, opened: Callable[[], Collector]) -> None:
        """From here on another process reads, with this collector."""
        self.stage.restart()
        self.stage._collectors[T] = opened()

    def api(self) -> TelegramCollector:
        stage = self.stage
        settings = stage.settings.telegram
        return TelegramCollector(
            settings, stage.session, 1, API_HASH, lambda: stage.now, stage.telegram.address, page_size=30
        )

    def web(self) -> TelegramWebCollector:
        settings = replace(self.stage.settings.telegram, web_url=self.pages.url, web_pace=0)
        return TelegramWebCollector(settings, lambda: self.stage.now)

    def both(self) -> TelegramSources:
        return TelegramSources(self.api(), self.web(), lambda: self.stage.now, web_first=False)

    def both_web_first(self) -> TelegramSources:
        return TelegramSources(self.api(), self.web(), lambda: self.stage.now, web_first=True)

    def truth(self, channel_id: int) -> list[int]:
        return sorted(post.post_id for post in self.stage.telegram.world.posts(channel_id))

    def source(self) -> object:
        ((source,),) = self.stage.rows("SELECT source FROM account")
        return source

    def channel(self, posts: int, protection: Protection = Protection.NAMED) -> int:
        """A listed channel in which every fifth post is an album of three pictures and every seventh a service
        message."""
        channel_id = self.stage.telegram.world.add(NAME, title="[ساختگی]", subscribers=5)
        for number in reversed(range(posts)):
            moment = START - HOUR - number * HOUR
            album = number if number % 5 == 0 else None
            for picture in range(3 if album is not None else 1):
                text = f"[ساختگی] {number}" if picture == 0 else ""
                self.stage.telegram.world.publish(
                    channel_id, Item(0, moment, text, album=album, service=number % 7 == 3, views=number)
                )
        self.stage.watch(listed(NAME, platform=T, protection=protection))
        return channel_id

    def publish(self, channel_id: int, posts: int) -> None:
        items = (Item(0, self.stage.now - 60 * number, "[ساختگی] تازه") for number in reversed(range(posts)))
        self.stage.telegram.world.publish(channel_id, *items)


@pytest.fixture
def ways(stage: Stage) -> Iterator[Ways]:
    with TelegramWebServer(stage.telegram.world, page_size=17) as pages:
        yield Ways(stage, pages)


def break_off_after(ways: Ways, pages: int) -> None:
    def at_page(count: int) -> None:
        ways.stage.stopping = count >= pages

    ways.stage.watcher.at_page = at_page


@pytest.mark.parametrize("first", ["api", "web"])
@pytest.mark.parametrize("pages_each", [2, 3])
def test_a_channel_read_half_over_the_one_and_half_over_the_other_is_there_once(
    ways: Ways, first: str, pages_each: int
) -> None:
    channel_id = ways.channel(150)
    order: list[Callable[[], Collector]] = [ways.api, ways.web] if first == "api" else [ways.web, ways.api]
    for turn in range(40):
        ways.by(order[turn % 2])
        break_off_after(ways, pages_each)
        ways.stage.visit(T, later=HOUR)
        if turn == 3:
            ways.publish(channel_id, 5)
        if ways.stage.outcome(NAME) is OutcomeKind.OK and turn > 4:
            break
        ways.stage.store.make_due(T, None, ways.stage.now)
    assert ways.stage.outcome(NAME) is OutcomeKind.OK
    assert ways.stage.stored(channel_id) == ways.truth(channel_id)
    assert ways.stage.rows("SELECT count(*) FROM hole") == [(0,)]
    assert ways.stage.rows("SELECT count(*), count(DISTINCT post_id) FROM metric") == [
        (len(ways.truth(channel_id)), len(ways.truth(channel_id)))
    ]
    times = [post.posted_at for post in ways.stage.telegram.world.posts(channel_id)]
    ((since, until),) = ways.stage.rows("SELECT min(since), max(until) FROM coverage")
    assert since == min(times)
    assert until is not None


def test_both_ways_tell_the_same_of_each_post_but_for_the_counters_that_pages_round_or_lack(ways: Ways) -> None:
    channel_id = ways.channel(60)
    question = "SELECT post_id, posted_at, kind, text, ref_post_id, ref_author_id FROM post ORDER BY post_id"
    ways.by(ways.api)
    ways.stage.visit(T)
    over_the_api = ways.stage.rows(question)
    with ways.stage.store.transaction() as connection:
        for table in ("post", "metric", "coverage", "hole"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql("UPDATE account SET mark = NULL, last_look_at = NULL")
    ways.by(ways.web)
    ways.stage.visit(T, later=2 * DAY)
    assert ways.stage.rows(question) == over_the_api
    assert len(over_the_api) == len(ways.truth(channel_id))


def test_rounded_counters_are_stored_with_their_precision(ways: Ways) -> None:
    channel_id = ways.channel(2)
    ways.stage.telegram.world.set_subscribers(channel_id, 52_345)
    for post_id, views in ((1, 12_345), (2, 12_345), (3, 12_345), (4, 12_345)):
        if post_id <= 4:
            ways.stage.telegram.world.change(channel_id, post_id, views=views)
    ways.by(ways.web)
    ways.stage.visit(T)
    assert ways.stage.rows("SELECT DISTINCT views, precision FROM metric") == [(12_300, 100)]
    assert ways.stage.rows("SELECT followers, precision FROM profile") == [(52_300, 100)]
    ways.stage.visit(T, later=2 * DAY)
    assert ways.stage.rows("SELECT followers, precision FROM profile ORDER BY taken_at") == [
        (52_300, 100),
        (52_345, None),
    ]


def test_with_a_login_the_api_is_asked_and_the_pages_are_not(ways: Ways) -> None:
    channel_id = ways.channel(20)
    ways.by(ways.both)
    ways.stage.visit(T)
    assert ways.stage.stored(channel_id) == ways.truth(channel_id)
    assert (ways.source(), ways.pages.log) == ("api", [])


def test_where_the_login_is_refused_the_pages_stand_in_and_it_is_tried_again_later(ways: Ways) -> None:
    channel_id = ways.channel(50)
    ways.stage.telegram.fail(REVOKED, None, FOREVER)
    ways.by(ways.both)
    tally = ways.stage.visit(T)
    assert (tally.visits, tally.stop) == ({OutcomeKind.OK: 1}, None)
    assert ways.stage.stored(channel_id) == ways.truth(channel_id)
    assert ways.source() == "web"
    refused = len(ways.stage.telegram.requests())
    ways.stage.telegram.recover()
    ways.publish(channel_id, 3)
    ways.stage.store.make_due(T, None, ways.stage.now)
    ways.stage.visit(T, later=REFUSED_FOR - 1)
    assert len(ways.stage.telegram.requests()) == refused
    ways.publish(channel_id, 3)
    ways.stage.store.make_due(T, None, ways.stage.now)
    ways.stage.visit(T, later=1)
    assert ways.source() == "api"
    assert ways.stage.stored(channel_id) == ways.truth(channel_id)


def test_a_refused_login_is_told_with_the_next_page_once(ways: Ways) -> None:
    ways.channel(50)
    ways.stage.telegram.fail(REVOKED, None, FOREVER)
    collector = ways.both()
    target = resolved(collector, NAME)
    first = read(collector, target, Walk())
    assert first.warnings == (
        "Telegram no longer accepts the login: run `tracker login telegram`; meanwhile the public pages are read",
    )
    assert read(collector, target, onward(Walk(), first)).warnings == ()
    collector.close()


def test_known_posts_are_read_again_over_the_api_and_after_a_refusal_over_the_pages(ways: Ways) -> None:
    channel_id = ways.channel(3)
    newest = max(ways.truth(channel_id))
    ways.stage.telegram.world.change(channel_id, newest, views=12_345)
    collector = ways.both()
    target = resolved(collector, NAME)

    def views() -> tuple[int | None, int | None]:
        answer = collector.posts(target, [newest])
        assert isinstance(answer, Reread)
        metrics = answer.posts[newest].metrics
        return metrics.views, metrics.precision

    assert views() == (12_345, None)
    ways.stage.telegram.fail(REVOKED, None, FOREVER)
    # A refused login must not stop what the pages can still read.
    assert failed(collector.posts(target, [newest])).kind is OutcomeKind.REFUSED
    assert views() == (12_300, 100)
    collector.close()


def test_a_login_that_ends_between_two_pages_lets_the_walk_go_on_over_the_pages(ways: Ways) -> None:
    channel_id = ways.channel(150)
    ways.by(ways.both)
    refuse = partial(ways.stage.telegram.fail, REVOKED, None, FOREVER)
    ways.stage.watcher.at_page = lambda count: refuse() if count == 2 else None
    assert ways.stage.visit(T).visits == {OutcomeKind.OK: 1}
    assert ways.stage.stored(channel_id) == ways.truth(channel_id)


def test_a_channel_without_a_preview_is_read_with_the_login_and_its_page_not_asked_for_again(ways: Ways) -> None:
    channel_id = ways.channel(50)
    ways.stage.telegram.world.set_preview(channel_id, False)
    ways.by(ways.both_web_first)
    assert ways.stage.visit(T).visits == {OutcomeKind.OK: 1}
    assert ways.stage.stored(channel_id) == ways.truth(channel_id)
    assert ways.source() == "api"
    assert len(ways.pages.log) == 2
    others = sum(len(ways.stage.telegram.requests(method)) for method in (RESOLVE, FULL, HISTORY))
    assert ways.stage.watcher.requests == 2 + others


def test_channels_with_a_preview_cost_the_login_nothing_when_the_pages_come_first(ways: Ways) -> None:
    channel_id = ways.channel(50)
    ways.by(ways.both_web_first)
    ways.stage.visit(T)
    assert ways.stage.stored(channel_id) == ways.truth(channel_id)
    assert (ways.source(), ways.stage.telegram.requests()) == ("web", ())


@pytest.mark.parametrize("opened", ["both", "both_web_first"])
def test_if_neither_can_read_a_channel_that_is_its_one_outcome_and_the_others_are_read(
    ways: Ways, opened: str
) -> None:
    hidden = ways.channel(20)
    other = ways.stage.channel("generated_other", posts=5)
    ways.stage.watch(listed(NAME, platform=T), listed("generated_other", platform=T))
    ways.stage.telegram.world.set_preview(hidden, False)
    ways.stage.telegram.fail(REVOKED, None, FOREVER)
    ways.by(getattr(ways, opened))
    tally = ways.stage.visit(T)
    assert (tally.visits, tally.stop) == ({OutcomeKind.OK: 1, OutcomeKind.PREVIEW_UNAVAILABLE: 1}, None)
    assert ways.stage.stored(other) == ways.truth(other)
    assert ways.stage.rows("SELECT state FROM account WHERE listed_handle = ?", NAME) == [("preview_unavailable",)]


def test_a_flood_or_a_lost_line_of_the_api_is_no_reason_to_ask_the_pages(ways: Ways) -> None:
    ways.channel(20)
    ways.by(ways.both)
    ways.stage.telegram.fail(DROPPED, None, 2)
    assert ways.stage.visit(T).visits == {OutcomeKind.TRANSPORT: 1}
    ways.stage.telegram.fail(flood_wait(60), RESOLVE)
    ways.stage.store.make_due(T, None, ways.stage.now)
    assert ways.stage.visit(T, later=HOUR).visits == {OutcomeKind.RATE_LIMITED: 1}
    assert ways.pages.log == []


def test_a_limit_of_the_pages_stops_them_until_its_end_restarts_included(ways: Ways) -> None:
    channel_id = ways.channel(50)
    ways.by(ways.web)
    ways.pages.fail(WebFault.RATE_LIMITED, path=f"/s/{NAME}?", seconds=600)
    tally = ways.stage.visit(T)
    assert tally.stop is not None
    assert (tally.stop.kind, tally.stop.until) == (OutcomeKind.RATE_LIMITED, ways.stage.now + 600)
    asked = len(ways.pages.log)
    ways.by(ways.web)
    ways.stage.visit(T, later=599)
    assert len(ways.pages.log) == asked
    ways.stage.visit(T, later=1)
    assert ways.stage.stored(channel_id) == ways.truth(channel_id)


def test_people_at_risk_are_counted_by_whole_weeks_over_the_pages_and_nothing_finer_is_kept(ways: Ways) -> None:
    channel_id = ways.channel(24 * 30, Protection.AT_RISK)
    ways.by(ways.web)
    assert ways.stage.visit(T).visits == {OutcomeKind.OK: 1}
    weeks = ways.stage.rows("SELECT week, sum(posts) FROM week_count GROUP BY week ORDER BY week")
    counted = {int(str(week)): int(str(posts)) for week, posts in weeks}
    truth = [post.posted_at for post in ways.stage.telegram.world.posts(channel_id)]
    for week, following in pairwise([*counted, max(counted) + WEEK]):
        assert counted[week] == sum(week <= moment < following for moment in truth)
    assert len(counted) == 4
    for table in ("post", "metric", "answer", "set_aside"):
        assert ways.stage.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert ways.stage.rows("SELECT mark, source FROM account") == [(None, "web")]
    assert "[ساختگی]".encode() not in ways.stage.bytes_at_rest()
