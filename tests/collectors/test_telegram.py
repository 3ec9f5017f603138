from __future__ import annotations

import gc
import logging
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.collectors.walking import posts_of, read, walk_through
from tests.sandbox.telegram_rehearsal import (
    API_HASH,
    NOW,
    Rehearsal,
    item,
    rehearsal,
    resolved,
    server_key,
)
from tracker.collectors.telegram import TelegramCollector
from tracker.config.settings import TelegramSettings
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import End, Profile, Target, Walk
from tracker.domain.words import PostKind
from tracker.sandbox.telegram_demo import demo_world
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.telegram_tl import PRIVATE_NAME, PRIVATE_PERSON
from tracker.sandbox.telegram_world import PeerKind


@pytest.fixture
def telegram(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Rehearsal]:
    """A rehearsal after which nothing is left running, nothing complains, and no secret stands in the log."""
    caplog.set_level(logging.DEBUG)
    with rehearsal(tmp_path) as rehearsing:
        yield rehearsing
    gc.collect()
    logged = [*caplog.get_records("call"), *caplog.records]
    assert [record.getMessage() for record in logged if record.levelno >= logging.WARNING] == []
    assert not any(API_HASH in record.getMessage() for record in logged)


def profile_of(collector: TelegramCollector, target: Target) -> Profile | Failure:
    answer = collector.profiles([target])
    assert not isinstance(answer, Failure), answer
    return answer.results[target]


def test_looking_a_name_up_tells_the_channel_s_id_key_name_and_age(telegram: Rehearsal) -> None:
    channel_id = telegram.channel()
    answer = telegram.collector().resolve([Target("Generated_Ministry")])
    assert not isinstance(answer, Failure)
    profile = answer.results[Target("Generated_Ministry")]
    assert isinstance(profile, Profile)
    assert (profile.platform_id, profile.handle, profile.name) == (
        channel_id,
        "generated_ministry",
        "Invented ministry",
    )
    assert profile.created_at == NOW - 1000 * DAY
    assert profile.access_key is not None
    assert answer.spend.requests == 1


def test_a_target_is_known_once_its_name_has_been_looked_up(telegram: Rehearsal) -> None:
    channel_id = telegram.channel()
    collector = telegram.collector()
    assert not collector.knows(Target("generated_ministry", channel_id))
    assert collector.knows(resolved(collector))
    assert collector.knows(Target("generated_ministry", channel_id))


def test_a_profile_tells_the_subscribers(telegram: Rehearsal) -> None:
    telegram.channel()
    collector = telegram.collector()
    profile = profile_of(collector, resolved(collector))
    assert isinstance(profile, Profile)
    assert (profile.followers, profile.taken_at) == (1234, NOW)


def test_a_renamed_channel_is_read_on_and_shows_its_new_name(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=3)
    collector = telegram.collector()
    target = resolved(collector)
    telegram.world.rename(channel_id, "generated_renamed")
    profile = profile_of(collector, target)
    assert isinstance(profile, Profile)
    assert profile.handle == "generated_renamed"
    assert len(read(collector, target, Walk()).posts) == 3


def test_a_channel_without_a_public_name_is_not_public(telegram: Rehearsal) -> None:
    channel_id = telegram.channel()
    collector = telegram.collector()
    target = resolved(collector)
    telegram.world.rename(channel_id, None)
    profile = profile_of(collector, target)
    assert isinstance(profile, Failure)
    assert profile.kind is OutcomeKind.NOT_PUBLIC


@pytest.mark.parametrize("kind", [PeerKind.USER, PeerKind.GROUP])
def test_people_and_groups_are_not_public_and_nothing_is_kept_of_them(telegram: Rehearsal, kind: PeerKind) -> None:
    telegram.channel(handle="generated_other", kind=kind)
    target = Target("generated_other")
    answer = telegram.collector().resolve([target])
    assert not isinstance(answer, Failure)
    result = answer.results[target]
    assert isinstance(result, Failure)
    assert result.kind is OutcomeKind.NOT_PUBLIC
    assert "Invented" not in result.detail


def test_the_whole_history_equals_what_was_published(tmp_path: Path) -> None:
    with TelegramServer(demo_world(), key=server_key()) as server:
        rehearsing = Rehearsal(server, tmp_path)
        collector = rehearsing.collector()
        for channel in server.world:
            pages = walk_through(collector, resolved(collector, channel.handle or ""))
            assert posts_of(pages) == server.world.posts(channel.channel_id)
            assert pages[-1].end is End.BEGINNING
            assert all((page.cursor is None) == (page.end is not None) for page in pages)
        rehearsing.close()


def test_a_walk_down_to_a_mark_brings_what_is_new_in_one_request(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=250)
    collector = telegram.collector()
    target = resolved(collector)
    mark = walk_through(collector, target)[0].mark
    assert mark == "250"
    telegram.world.publish(channel_id, item(HOUR, "[ساختگی] تازه"), item(MINUTE, "[ساختگی] تازه‌تر"))
    (page,) = walk_through(collector, target, Walk(mark=mark))
    assert [post.post_id for post in page.posts] == [252, 251]
    assert (page.end, page.mark, page.spend.requests) == (End.KNOWN_GROUND, "252", 1)


def test_a_walk_without_anything_new_is_one_empty_page_on_known_ground(telegram: Rehearsal) -> None:
    telegram.channel(posts=5)
    collector = telegram.collector()
    (page,) = walk_through(collector, resolved(collector), Walk(mark="5"))
    assert (page.posts, page.end, page.mark, page.floor) == ((), End.KNOWN_GROUND, "5", None)


def test_an_empty_channel_has_its_beginning_on_the_first_page(telegram: Rehearsal) -> None:
    telegram.channel()
    collector = telegram.collector()
    (page,) = walk_through(collector, resolved(collector))
    assert (page.posts, page.end, page.mark) == ((), End.BEGINNING, None)


@pytest.mark.parametrize("stop_after", [1, 2, 5])
def test_a_walk_resumed_by_another_collector_equals_an_uninterrupted_one(
    telegram: Rehearsal, stop_after: int
) -> None:
    channel_id = telegram.channel(posts=100)
    first = telegram.collector(page_size=15)
    target = resolved(first)
    pages = [read(first, target, Walk())]
    while len(pages) < stop_after:
        pages.append(read(first, target, Walk(cursor=pages[-1].cursor)))
    first.close()
    telegram.world.publish(channel_id, item(text="[ساختگی] در این میان"))
    pages += walk_through(telegram.collector(page_size=15), target, Walk(cursor=pages[-1].cursor))
    assert posts_of(pages) == telegram.world.posts(channel_id)[1:]
    assert {page.mark for page in pages} == {"100"}


@pytest.mark.parametrize("page_size", [10, 11, 13, 17])
def test_no_album_is_cut_by_the_end_of_a_page(telegram: Rehearsal, page_size: int) -> None:
    channel_id = telegram.channel(posts=2)
    for number in range(1, 30):
        pictures = (
            item(HOUR * (24 - number) + DAY, views=picture, album=number, reactions={"👍": 3} if picture == 1 else {})
            for picture in range(number % 10 + 1)
        )
        telegram.world.publish(channel_id, *pictures)
        telegram.world.publish(channel_id, item(HOUR * (24 - number) + DAY, f"[ساختگی] {number}"))
    collector = telegram.collector(page_size=page_size)
    pages = walk_through(collector, resolved(collector))
    assert posts_of(pages) == telegram.world.posts(channel_id)


def test_the_text_of_an_album_may_stand_under_any_of_its_pictures(telegram: Rehearsal) -> None:
    channel_id = telegram.channel()
    telegram.world.publish(channel_id, item(HOUR, album=7), item(HOUR, "[ساختگی] زیرنویس", album=7))
    collector = telegram.collector()
    (post,) = read(collector, resolved(collector), Walk()).posts
    assert (post.post_id, post.text) == (1, "[ساختگی] زیرنویس")


def test_an_album_that_is_still_arriving_is_read_again_whole(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=1)
    telegram.world.publish(channel_id, item(1, "[ساختگی]", album=7), item(0, album=7))
    collector = telegram.collector()
    target = resolved(collector)
    mark = read(collector, target, Walk()).mark
    telegram.world.publish(channel_id, item(0, album=7, views=9))
    telegram.now += HOUR
    page = read(collector, target, Walk(mark=mark))
    assert page.posts == telegram.world.posts(channel_id)[:1]
    assert page.mark == "4"


def test_short_and_empty_looking_pages_do_not_end_a_walk(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=90)
    for post_id in (*range(3, 20), *range(41, 49), 90):
        telegram.world.change(channel_id, post_id, withheld=True)
    for post_id in range(60, 70):
        telegram.world.delete(channel_id, post_id)
    collector = telegram.collector(page_size=20)
    pages = walk_through(collector, resolved(collector))
    assert posts_of(pages) == telegram.world.posts(channel_id)
    assert pages[-1].end is End.BEGINNING


@pytest.mark.parametrize("page_size", [10, 12, 100])
def test_a_walk_bounded_by_time_brings_just_that_time_and_nothing_to_find_the_way_by(
    telegram: Rehearsal, page_size: int
) -> None:
    channel_id = telegram.channel(posts=200)
    posts = telegram.world.posts(channel_id)
    before, after = posts[40].posted_at, posts[110].posted_at
    collector = telegram.collector(page_size=page_size)
    pages = walk_through(collector, resolved(collector), Walk(after=after, before=before))
    assert posts_of(pages) == tuple(post for post in posts if after <= post.posted_at < before)
    assert pages[-1].end is End.KNOWN_GROUND
    assert {(page.mark, page.answer) for page in pages} == {(None, None)}


def test_a_walk_that_has_seen_the_lowest_id_asks_no_more(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=25)
    for post_id in range(10, 15):
        telegram.world.delete(channel_id, post_id)
    collector = telegram.collector(page_size=20)
    (page,) = walk_through(collector, resolved(collector))
    assert (len(page.posts), page.end) == (20, End.BEGINNING)


def test_a_walk_bounded_by_time_brings_nothing_newer_even_where_its_cursor_is(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=60)
    collector = telegram.collector(page_size=20)
    target = resolved(collector)
    cursor = read(collector, target, Walk()).cursor
    before = telegram.world.posts(channel_id)[30].posted_at
    page = read(collector, target, Walk(cursor=cursor, before=before))
    assert page.posts == telegram.world.posts(channel_id)[31:40]


def test_a_walk_bounded_by_time_may_meet_the_beginning(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=30)
    collector = telegram.collector(page_size=20)
    pages = walk_through(collector, resolved(collector), Walk(before=NOW))
    assert posts_of(pages) == telegram.world.posts(channel_id)
    assert pages[-1].end is End.BEGINNING


def test_service_messages_are_no_posts_but_move_the_floor(telegram: Rehearsal) -> None:
    channel_id = telegram.channel()
    telegram.world.publish(channel_id, item(3 * DAY, service=True), item(DAY, "[ساختگی]"), item(HOUR, service=True))
    collector = telegram.collector()
    page = read(collector, resolved(collector), Walk())
    assert [post.post_id for post in page.posts] == [2]
    assert (page.floor, page.mark, page.set_aside) == (NOW - 3 * DAY, "3", ())


def test_an_edit_is_told_and_a_reaction_is_not_called_one(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=2)
    telegram.world.change(channel_id, 1, text="[ساختگی] ویرایش", edited_at=NOW)
    telegram.world.change(channel_id, 2, reactions={"👍": 4, "🔥": 2}, edited_at=NOW, edit_hidden=True)
    collector = telegram.collector()
    liked, edited = read(collector, resolved(collector), Walk()).posts
    assert (edited.text, edited.edited_at) == ("[ساختگی] ویرایش", NOW)
    assert (liked.edited_at, liked.metrics.reactions) == (None, 6)


def test_forwards_and_replies_name_what_they_refer_to(telegram: Rehearsal) -> None:
    channel_id = telegram.channel(posts=1)
    telegram.world.publish(channel_id, item(2, "[ساختگی]", origin=(555, 77)), item(1, "[ساختگی]", reply_to=1))
    collector = telegram.collector()
    reply, repost, original = read(collector, resolved(collector), Walk()).posts
    assert (repost.kind, repost.ref_author_id, repost.ref_post_id) == (PostKind.REPOST, 555, 77)
    assert (reply.kind, reply.ref_author_id, reply.ref_post_id) == (PostKind.REPLY, channel_id, 1)
    assert (original.kind, original.ref_author_id, original.ref_post_id) == (PostKind.ORIGINAL, None, None)


def test_nothing_is_brought_home_of_the_private_persons_in_a_channel(telegram: Rehearsal) -> None:
    channel_id = telegram.channel()
    telegram.world.publish(channel_id, item(2, "[ساختگی] نقل", from_person=True, comments=3))
    collector = telegram.collector()
    page = read(collector, resolved(collector), Walk())
    (post,) = page.posts
    assert (post.kind, post.ref_author_id, post.metrics.replies) == (PostKind.REPOST, None, 3)
    assert page.answer is not None
    assert "[ساختگی] نقل" in page.answer.body.decode()
    assert PRIVATE_NAME not in page.answer.body.decode()
    assert str(PRIVATE_PERSON) not in page.answer.body.decode()


def test_a_message_that_does_not_fit_is_set_aside_and_the_page_goes_on(telegram: Rehearsal) -> None:
    channel_id = telegram.channel()
    telegram.world.publish(
        channel_id, item(9, "[ساختگی] یک"), replace(item(8), posted_at=1000), item(7, "[ساختگی] سه")
    )
    collector = telegram.collector()
    page = read(collector, resolved(collector), Walk())
    assert [post.post_id for post in page.posts] == [3, 1]
    assert [(aside.post_id, aside.reason) for aside in page.set_aside] == [(2, "no credible date")]
    assert page.floor == NOW - 9


def test_requests_are_so_many_seconds_apart_as_the_settings_say(telegram: Rehearsal) -> None:
    telegram.channel(posts=1)
    elapsed = [0.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        elapsed[0] += seconds

    collector = TelegramCollector(
        TelegramSettings(pace=1.5),
        telegram.session_path,
        1,
        API_HASH,
        lambda: NOW,
        telegram.server.address,
        sleep=sleep,
        monotonic=lambda: elapsed[0],
    )
    target = resolved(collector)
    read(collector, target, Walk())
    elapsed[0] += 1.0
    read(collector, target, Walk())
    elapsed[0] += 9.0
    read(collector, target, Walk())
    collector.close()
    assert waits == [1.5, 0.5]


def test_the_session_is_its_owner_s_and_remembers_nobody(telegram: Rehearsal) -> None:
    telegram.channel(posts=3)
    telegram.session_path.chmod(0o644)
    collector = telegram.collector()
    target = resolved(collector)
    profile_of(collector, target)
    walk_through(collector, target)
    collector.close()
    assert stat.S_IMODE(telegram.session_path.stat().st_mode) == 0o600
    session = sqlite3.connect(telegram.session_path)
    try:
        assert session.execute("SELECT count(*) FROM entities").fetchone() == (0,)
        assert session.execute("SELECT length(auth_key) FROM sessions").fetchone() == (256,)
    finally:
        session.close()


def test_no_request_is_made_for_the_chats_of_the_login(telegram: Rehearsal) -> None:
    telegram.channel(posts=3)
    collector = telegram.collector()
    walk_through(collector, resolved(collector))
    asked = {type(request).__name__ for request in telegram.server.requests()}
    assert asked == {
        "GetConfigRequest",
        "GetUsersRequest",
        "GetStateRequest",
        "GetDifferenceRequest",
        "ResolveUsernameRequest",
        "GetHistoryRequest",
    }


def test_a_collector_that_was_never_used_can_be_closed_twice(telegram: Rehearsal) -> None:
    collector = telegram.collector()
    collector.close()
    collector.close()
