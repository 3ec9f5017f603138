from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.collectors.walking import failed, looked_up, onward, posts_of, read, resolved, walk_through
from tests.sandbox.telegram_rehearsal import NOW, item
from tests.sandbox.telegram_web_rehearsal import Pages, public_pages, shown
from tracker.collectors.protocol import Rereader
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.collectors.telegram_web_page import Rounded, number_of
from tracker.config.settings import TelegramSettings
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import End, Page, Profile, Reread, Target, Walk
from tracker.domain.words import PostKind
from tracker.sandbox.telegram_demo import demo_world
from tracker.sandbox.telegram_tl import PRIVATE_NAME
from tracker.sandbox.telegram_web import PAGE_SIZE, WebFault
from tracker.sandbox.telegram_world import PAID

HANDLE = "generated_ministry"


@pytest.fixture
def pages(caplog: pytest.LogCaptureFixture) -> Iterator[Pages]:
    """Pages after which nothing complains, and no address stands in the log."""
    with public_pages() as pages:
        yield pages
    gc.collect()
    logged = [*caplog.get_records("call"), *caplog.records]
    assert not any(HANDLE in record.getMessage() for record in logged if record.levelno >= logging.INFO)


def fetched(pages: Pages, handle: str = HANDLE) -> Page | Failure:
    """The first page of a channel that is known."""
    collector = pages.collector()
    return collector.fetch(resolved(collector, handle), Walk())


def profile_of(collector: TelegramWebCollector, target: Target) -> tuple[Profile | Failure, int]:
    answer = collector.profiles([target])
    assert not isinstance(answer, Failure), answer
    return answer.results[target], answer.spend.requests


# Numbers


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("0", 0, 1),
        ("771", 771, 1),
        ("3.12K", 3_120, 10),
        ("8.2K", 8_200, 10),
        ("27K", 27_000, 100),
        ("132K", 132_000, 1_000),
        ("12.34K", 12_340, 10),
        ("1M", 1_000_000, 10_000),
        ("18.9M", 18_900_000, 100_000),
        ("2.1B", 2_100_000_000, 10_000_000),
        (" 39.9K\n", 39_900, 100),
    ],
)
def test_a_rounded_number_keeps_the_unit_of_its_third_digit(text: str, value: int, unit: int) -> None:
    assert number_of(text) == Rounded(value, unit)


@pytest.mark.parametrize("text", ["", "K", "1.5", "many", "1,234", "-3", "1e3", "٣", "9" * 30, "1.2.3K"])
def test_what_is_no_such_number_is_none(text: str) -> None:
    assert number_of(text) is None


# Who is who


def test_looking_a_name_up_tells_the_number_the_name_as_written_the_title_and_rounded_subscribers(
    pages: Pages,
) -> None:
    channel_id = pages.channel(posts=3)
    pages.world.set_subscribers(channel_id, 10_523_123)
    profile = looked_up(pages.collector(), "Generated_Ministry")
    assert profile == Profile(channel_id, HANDLE, NOW, "Invented ministry", followers=10_500_000, precision=100_000)


def test_a_profile_asks_once_more_for_the_exact_number_of_subscribers(pages: Pages) -> None:
    channel_id = pages.channel(posts=3)
    pages.world.set_subscribers(channel_id, 10_523_123)
    collector = pages.collector()
    profile, requests = profile_of(collector, resolved(collector, HANDLE))
    assert isinstance(profile, Profile)
    assert (profile.followers, profile.precision, requests) == (10_523_123, None, 2)


@pytest.mark.parametrize("subscribers", [0, 1, 999])
def test_a_number_that_is_shown_whole_takes_no_second_request(pages: Pages, subscribers: int) -> None:
    pages.world.set_subscribers(pages.channel(posts=3), subscribers)
    collector = pages.collector()
    profile, requests = profile_of(collector, resolved(collector, HANDLE))
    assert isinstance(profile, Profile)
    assert (profile.followers, profile.precision, requests) == (subscribers, None, 1)


def test_a_profile_stays_rounded_where_the_second_page_fails(pages: Pages) -> None:
    pages.channel(posts=3)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.server.fail(WebFault.UNAVAILABLE, path=f"/{HANDLE}")
    profile, requests = profile_of(collector, target)
    assert isinstance(profile, Profile)
    assert (profile.followers, profile.precision, requests) == (1_230, 10, 2)


def test_a_channel_that_shows_no_preview_is_told_from_groups_and_people(pages: Pages) -> None:
    pages.world.set_preview(pages.channel(posts=3), False)
    failure = failed(looked_up(pages.collector(), HANDLE))
    assert (failure.kind, failure.detail) == (
        OutcomeKind.PREVIEW_UNAVAILABLE,
        "the channel shows no preview to us",
    )
    assert [served.path for served in pages.server.log] == [f"/s/{HANDLE}", f"/{HANDLE}"]


def test_a_preview_that_is_switched_off_during_a_walk_ends_it(pages: Pages) -> None:
    channel_id = pages.channel(posts=30)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    walk = onward(Walk(), read(collector, target, Walk()))
    pages.world.set_preview(channel_id, False)
    failure = failed(collector.fetch(target, walk))
    assert (failure.kind, failure.requests) == (OutcomeKind.PREVIEW_UNAVAILABLE, 2)


def test_telegram_s_front_page_in_place_of_a_channel_means_that_it_is_gone(pages: Pages) -> None:
    pages.channel(posts=3)
    pages.server.fail(WebFault.HOME_PAGE)
    assert failed(looked_up(pages.collector(), HANDLE)).kind is OutcomeKind.GONE


def test_nothing_of_another_channel_that_has_come_to_bear_the_name_is_brought_home(pages: Pages) -> None:
    before = pages.channel(posts=3)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.world.rename(before, "generated_other")
    thief = pages.channel(posts=3)
    failure = failed(collector.fetch(target, Walk()))
    assert (failure.kind, failure.detail) == (OutcomeKind.REASSIGNED, f"the name belongs to {thief} now")
    profile, _ = profile_of(collector, target)
    assert isinstance(profile, Profile)
    assert profile.platform_id == thief


# Walks


@pytest.mark.parametrize("page_size", [7, 20, 23])
def test_the_whole_history_equals_what_was_published_rounded(page_size: int) -> None:
    with public_pages(demo_world(), page_size) as pages:
        collector = pages.collector()
        for channel in list(pages.world)[:4]:
            known = {other.channel_id for other in list(pages.world)[:4] if other.channel_id <= channel.channel_id}
            found = walk_through(collector, resolved(collector, channel.handle or ""))
            assert posts_of(found) == shown(pages.world, channel.channel_id, known)
            assert found[-1].end is End.BEGINNING
            assert {page.set_aside for page in found} == {()}


@pytest.mark.parametrize("page_size", [10, 11, 13, 17])
def test_no_album_is_cut_by_the_end_of_a_page(page_size: int) -> None:
    with public_pages(page_size=page_size) as pages:
        channel_id = pages.channel(posts=2)
        for number in range(1, 30):
            pictures = (item(HOUR * (24 - number) + DAY, album=number) for _ in range(number % 10 + 1))
            pages.world.publish(channel_id, *pictures)
            pages.world.publish(channel_id, item(HOUR * (24 - number) + DAY, f"[ساختگی] {number}"))
        collector = pages.collector()
        found = walk_through(collector, resolved(collector, HANDLE))
        assert posts_of(found) == shown(pages.world, channel_id)


def test_an_album_is_one_post_with_its_lowest_number_and_the_text_of_any_picture(pages: Pages) -> None:
    channel_id = pages.channel()
    pages.world.publish(channel_id, item(HOUR, album=7), item(HOUR, "[ساختگی]\nزیرنویس", album=7))
    page = fetched(pages)
    assert isinstance(page, Page)
    assert [(post.post_id, post.text) for post in page.posts] == [(1, "[ساختگی]\nزیرنویس")]
    assert page.mark == "2"


def test_an_album_that_is_still_arriving_is_read_again_whole(pages: Pages) -> None:
    channel_id = pages.channel(posts=1)
    pages.world.publish(channel_id, item(1, "[ساختگی]", album=7), item(0, album=7))
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    mark = read(collector, target, Walk()).mark
    pages.world.publish(channel_id, item(0, album=7, views=9))
    pages.now += HOUR
    page = read(collector, target, Walk(mark=mark))
    assert page.posts == shown(pages.world, channel_id)[:1]
    assert page.mark == "4"


def test_numbers_that_are_missing_are_nothing_and_a_walk_goes_on_below_them(pages: Pages) -> None:
    channel_id = pages.channel(posts=90)
    for post_id in (*range(3, 20), 90):
        pages.world.change(channel_id, post_id, withheld=True)
    for post_id in range(60, 70):
        pages.world.delete(channel_id, post_id)
    collector = pages.collector()
    found = walk_through(collector, resolved(collector, HANDLE))
    assert posts_of(found) == shown(pages.world, channel_id)
    assert found[-1].end is End.BEGINNING


def test_where_the_first_posts_are_gone_an_empty_page_is_the_beginning_only_while_the_top_shows_posts(
    pages: Pages,
) -> None:
    channel_id = pages.channel(posts=25)
    for post_id in (1, 2):
        pages.world.delete(channel_id, post_id)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    found = walk_through(collector, target)
    assert posts_of(found) == shown(pages.world, channel_id)
    assert [(len(page.posts), page.end, page.spend.requests) for page in found] == [
        (20, None, 1),
        (3, None, 1),
        (0, End.BEGINNING, 3),
    ]
    pages.server.fail(WebFault.NO_POSTS, times=2)
    failure = failed(collector.fetch(target, Walk(cursor=found[1].cursor)))
    assert (failure.kind, failure.until, failure.requests) == (OutcomeKind.RATE_LIMITED, NOW + 10 * MINUTE, 2)


def test_a_page_that_shows_its_posts_only_when_asked_again_is_no_end_of_the_walk(pages: Pages) -> None:
    channel_id = pages.channel(posts=50)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    first = read(collector, target, Walk(mark="2"))
    pages.server.fail(WebFault.NO_POSTS, path=f"/s/{HANDLE}?before")
    second = read(collector, target, Walk(mark="2", cursor=first.cursor))
    assert (len(second.posts), second.end, second.spend.requests) == (20, None, 3)
    assert posts_of([first, second]) == shown(pages.world, channel_id)[:40]


def test_a_page_without_posts_is_never_taken_for_an_empty_channel(pages: Pages) -> None:
    pages.channel(posts=5)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.server.fail(WebFault.NO_POSTS)
    assert failed(collector.fetch(target, Walk())).kind is OutcomeKind.BAD_ANSWER
    pages.channel(handle="generated_empty")
    assert failed(pages.collector().resolve([Target("generated_empty")])).kind is OutcomeKind.BAD_ANSWER


def test_a_page_that_lacks_the_link_to_older_posts_is_gone_on_from_by_its_lowest_number(pages: Pages) -> None:
    channel_id = pages.channel(posts=50)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.server.fail(WebFault.NO_LINK, times=10)
    assert posts_of(walk_through(collector, target)) == shown(pages.world, channel_id)


def test_a_walk_down_to_a_mark_brings_what_is_new_in_one_request(pages: Pages) -> None:
    channel_id = pages.channel(posts=50)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.world.publish(channel_id, item(HOUR, "[ساختگی] تازه"), item(MINUTE, "[ساختگی] تازه‌تر"))
    (page,) = walk_through(collector, target, Walk(mark="50"))
    assert [post.post_id for post in page.posts] == [52, 51]
    assert (page.end, page.mark, page.spend.requests) == (End.KNOWN_GROUND, "52", 1)


def test_a_mark_never_falls_where_the_newest_posts_were_deleted(pages: Pages) -> None:
    channel_id = pages.channel(posts=30)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.world.delete(channel_id, 30)
    (page,) = walk_through(collector, target, Walk(mark="30"))
    assert (page.posts, page.mark, page.end) == ((), "30", End.KNOWN_GROUND)


def test_service_messages_are_no_posts_but_move_the_floor(pages: Pages) -> None:
    channel_id = pages.channel()
    pages.world.publish(channel_id, item(3 * DAY, service=True), item(DAY, "[ساختگی]"), item(HOUR, service=True))
    page = fetched(pages)
    assert isinstance(page, Page)
    assert [post.post_id for post in page.posts] == [2]
    assert (page.floor, page.mark, page.set_aside) == (NOW - 3 * DAY, "3", ())


# Reading again


@pytest.mark.parametrize("page_size", [3, 7, 20])
def test_known_posts_are_read_again_from_the_pages_on_which_they_stand(page_size: int) -> None:
    with public_pages(page_size=page_size) as pages:
        channel_id = pages.channel(posts=40)
        pages.world.publish(channel_id, *(item(2, album=7) for _ in range(5)), item(1, "[ساختگی]"))
        for post_id in (3, 20, 40, 41):
            pages.world.change(channel_id, post_id, views=77)
        pages.world.delete(channel_id, 20)
        collector = pages.collector()
        target = resolved(collector, HANDLE)
        asked = [46, 41, 40, 20, 19, 3]
        answer = collector.posts(target, asked)
        assert isinstance(answer, Reread)
        truth = {post.post_id: post for post in shown(pages.world, channel_id)}
        assert answer.posts == {post_id: truth[post_id] for post_id in asked if post_id != 20}
        assert (answer.missing, answer.hidden, answer.asked_at) == (frozenset(), frozenset(), NOW)
        assert answer.spend.requests == len(pages.server.log) - 1


def test_posts_that_no_page_shows_any_more_are_not_called_deleted(pages: Pages) -> None:
    channel_id = pages.channel(posts=5)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    for post_id in (1, 2):
        pages.world.delete(channel_id, post_id)
    answer = collector.posts(target, [1, 2])
    assert isinstance(answer, Reread)
    assert (dict(answer.posts), answer.missing) == ({}, frozenset())
    assert isinstance(collector, Rereader)


# What a post says


def test_reactions_of_every_kind_are_added_up_and_so_are_their_errors(pages: Pages) -> None:
    channel_id = pages.channel()
    reactions = {"👍": 12_345, "5265077361648368841": 3_456, PAID: 771}
    pages.world.publish(channel_id, item(HOUR, "[ساختگی]", views=4_321, reactions=reactions))
    page = fetched(pages)
    assert isinstance(page, Page)
    (metrics,) = [post.metrics for post in page.posts]
    assert (metrics.views, metrics.reactions, metrics.precision) == (4_320, 12_300 + 3_450 + 771, 110)
    assert (metrics.reposts, metrics.replies) == (None, None)


def test_forwards_and_replies_name_what_they_refer_to_as_far_as_it_is_known(pages: Pages) -> None:
    channel_id = pages.channel(posts=1)
    other = pages.channel(handle="generated_other", posts=1)
    forwards = (item(3, "[ساختگی]", origin=(other, 77)), item(2, "[ساختگی]", origin=(555, 77)))
    pages.world.publish(channel_id, *forwards, item(1, "[ساختگی]", reply_to=1))
    collector = pages.collector()
    resolved(collector, "generated_other")
    reply, hidden, forward, original = read(collector, resolved(collector, HANDLE), Walk()).posts
    assert (original.kind, original.ref_author_id, original.ref_post_id) == (PostKind.ORIGINAL, None, None)
    assert (forward.kind, forward.ref_author_id, forward.ref_post_id) == (PostKind.REPOST, other, 77)
    assert (hidden.kind, hidden.ref_author_id, hidden.ref_post_id) == (PostKind.REPOST, None, None)
    assert (reply.kind, reply.ref_author_id, reply.ref_post_id) == (PostKind.REPLY, channel_id, 1)
    assert reply.text == "[ساختگی]"


def test_a_poll_is_a_post_without_text_whose_voters_are_no_viewers(pages: Pages) -> None:
    channel_id = pages.channel()
    pages.world.publish(channel_id, item(9, poll=("[ساختگی] آیا؟", "بله", "نه"), views=5))
    page = fetched(pages)
    assert isinstance(page, Page)
    (post,) = page.posts
    assert (post.kind, post.text, post.metrics.views) == (PostKind.ORIGINAL, None, 5)


def test_a_text_keeps_its_line_breaks_and_its_letters(pages: Pages) -> None:
    channel_id = pages.channel()
    text = '[ساختگی] <b> & "نقل" 👍\n\nt.me/generated_other\''
    pages.world.publish(channel_id, item(9, text, author="[ساختگی] سردبیر", edited_at=NOW))
    page = fetched(pages)
    assert isinstance(page, Page)
    assert [post.text for post in page.posts] == [text]


def test_nothing_is_brought_home_of_the_private_persons_on_a_page(pages: Pages) -> None:
    channel_id = pages.channel(posts=1)
    quotation = item(2, "[ساختگی] نقل", from_person=True, author="Generated Signature")
    pages.world.publish(channel_id, quotation, item(1, "[ساختگی] پاسخ", reply_to=1))
    page = fetched(pages)
    assert isinstance(page, Page)
    assert [(post.kind, post.ref_author_id) for post in page.posts[1:2]] == [(PostKind.REPOST, None)]
    assert page.answer is not None
    kept = page.answer.body.decode()
    assert "[ساختگی] نقل" in kept
    assert "[ساختگی] پاسخ" in kept
    assert not any(word in kept for word in (PRIVATE_NAME, "Generated Signature", "A quotation", "<script"))


# What does not fit


def test_a_post_that_cannot_be_understood_is_set_aside_and_the_page_goes_on(pages: Pages) -> None:
    pages.channel(posts=5)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.server.fail(WebFault.NO_DATE)
    page = read(collector, target, Walk())
    assert [post.post_id for post in page.posts] == [4, 3, 2, 1]
    assert [(aside.post_id, aside.reason) for aside in page.set_aside] == [(5, "no credible date")]


def test_a_page_of_which_nothing_can_be_understood_is_a_bad_answer(pages: Pages) -> None:
    channel_id = pages.channel()
    pages.world.publish(channel_id, replace(item(0, "[ساختگی]"), posted_at=1000))
    failure = failed(fetched(pages))
    assert (failure.kind, failure.detail) == (OutcomeKind.BAD_ANSWER, "no post can be understood")


def test_views_that_are_no_number_are_unknown_and_are_told(pages: Pages) -> None:
    pages.channel(posts=2)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.server.fail(WebFault.NO_NUMBERS)
    page = read(collector, target, Walk())
    assert [post.metrics.views for post in page.posts] == [None, None]
    assert page.warnings == ("the page shows views that are no number",)


# Trouble


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (WebFault.UNAVAILABLE, OutcomeKind.TRANSPORT),
        (WebFault.TRUNCATED, OutcomeKind.TRANSPORT),
        (WebFault.CUT, OutcomeKind.TRANSPORT),
        (WebFault.DROPPED, OutcomeKind.TRANSPORT),
        (WebFault.FORBIDDEN, OutcomeKind.REFUSED),
        (WebFault.OTHER_PAGE, OutcomeKind.BAD_ANSWER),
        (WebFault.ELSEWHERE, OutcomeKind.BAD_ANSWER),
    ],
)
def test_what_goes_wrong_is_an_outcome_of_one_request_and_says_nothing_of_the_channel(
    pages: Pages, fault: WebFault, kind: OutcomeKind
) -> None:
    channel_id = pages.channel(posts=30)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.server.fail(fault)
    failure = failed(collector.fetch(target, Walk()))
    assert (failure.kind, failure.requests) == (kind, 1)
    assert HANDLE not in failure.detail
    assert posts_of(walk_through(collector, target)) == shown(pages.world, channel_id)


def test_an_answer_that_comes_too_late_is_a_transport_error(pages: Pages) -> None:
    pages.channel(posts=3)
    collector = pages.collector(timeout=0.2)
    target = resolved(collector, HANDLE)
    pages.server.fail(WebFault.SLOW)
    assert failed(collector.fetch(target, Walk())).kind is OutcomeKind.TRANSPORT


def test_another_host_is_never_asked() -> None:
    with public_pages() as pages, public_pages() as others:
        pages.channel(posts=3)
        others.channel(posts=3)
        collector = pages.collector()
        target = resolved(collector, HANDLE)
        pages.server.lead_to(f"{others.server.url}/s/{HANDLE}")
        pages.server.fail(WebFault.ELSEWHERE, times=10)
        for answer in (collector.fetch(target, Walk()), collector.resolve([target]), collector.profiles([target])):
            failure = failed(answer)
            host = urlsplit(others.server.url).hostname
            assert (failure.kind, failure.detail) == (
                OutcomeKind.BAD_ANSWER,
                f"led to another host, {host}; not followed",
            )
        assert others.server.log == []


@pytest.mark.parametrize(("said", "waits"), [(90, 90), (None, 600), (10**9 - 1, DAY)])
def test_too_many_requests_stop_all_until_the_time_given(pages: Pages, said: int | None, waits: int) -> None:
    pages.channel(posts=30)
    collector = pages.collector()
    target = resolved(collector, HANDLE)
    pages.server.fail(WebFault.RATE_LIMITED, seconds=said)
    failure = failed(collector.fetch(target, Walk()))
    assert (failure.kind, failure.until, failure.endpoint) == (
        OutcomeKind.RATE_LIMITED,
        NOW + waits,
        collector.endpoints.timeline,
    )
    asked = len(pages.server.log)
    pages.now += waits - 1
    assert failed(collector.fetch(target, Walk())).requests == 0
    assert len(pages.server.log) == asked
    pages.now += 1
    assert len(read(collector, target, Walk()).posts) == PAGE_SIZE


def test_requests_reach_the_server_at_least_the_pace_apart(pages: Pages) -> None:
    pages.channel(posts=50)
    pages.world.set_preview(pages.channel(handle="generated_hidden", posts=1), False)
    collector = pages.collector(pace=1.0)
    target = resolved(collector, HANDLE)
    walk_through(collector, target)
    collector.profiles([target])
    looked_up(collector, "generated_hidden")
    times = [served.at for served in pages.server.log]
    assert times == [float(number) for number in range(len(times))]
    assert len(times) == 1 + 3 + 2 + 2


def test_proxies_of_the_environment_are_not_used(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    pages.channel(posts=3)
    with public_pages() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.server.url)
        assert isinstance(fetched(pages), Page)
        assert proxy.server.log == []


def test_a_walk_needs_the_number_of_the_channel(pages: Pages) -> None:
    collector = TelegramWebCollector(TelegramSettings(web_url=pages.server.url, web_pace=0), lambda: NOW)
    with pytest.raises(ValueError, match="resolved first"):
        collector.fetch(Target(HANDLE), Walk())
    collector.close()
