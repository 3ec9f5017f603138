from __future__ import annotations

import pytest

from tests.collectors.walking import onward, posts_of, read, walk_through
from tests.collectors.x_stage import EMBASSY_TARGET, MINISTRY_TARGET, NOW, TIMELINES, Stage
from tests.sandbox.x_rehearsal import EMBASSY, MINISTRY, START
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.records import End, Spend, Target, Walk
from tracker.domain.words import PostKind
from tracker.sandbox.x_data import diplomats
from tracker.sandbox.x_faults import XFault


def test_the_whole_history_equals_what_was_published(dialect: str) -> None:
    with Stage(250, dialect=dialect) as stage:
        pages = walk_through(stage.collector(), MINISTRY_TARGET)
        assert posts_of(pages) == stage.truth()
        assert [len(page.posts) for page in pages] == [100, 100, 50]
        assert [page.end for page in pages] == [None, None, End.BEGINNING]
        assert [page.spend for page in pages] == [Spend(1, 100), Spend(1, 100), Spend(1, 50)]
        assert {page.warnings for page in pages} == {()}
        assert pages[0].mark == str(stage.truth()[0].post_id)


def test_the_real_sample_is_read_as_it_is(dialect: str) -> None:
    world = diplomats()
    with Stage(world=world, dialect=dialect) as stage:
        busiest = max(world.accounts(), key=lambda account: world.count(account.account_id))
        pages = walk_through(stage.collector(), Target(busiest.username, busiest.account_id))
        assert posts_of(pages) == stage.truth(busiest.account_id)


def test_each_page_reaches_down_to_its_floor_and_no_further(stage: Stage) -> None:
    pages = walk_through(stage.collector(), MINISTRY_TARGET)
    assert [page.floor for page in pages] == [page.posts[-1].posted_at for page in pages]


def test_a_walk_down_to_a_mark_brings_just_what_is_new(stage: Stage) -> None:
    collector = stage.collector()
    mark = walk_through(collector, MINISTRY_TARGET)[0].mark
    new = [stage.world.publish(MINISTRY, START + 20 * DAY + hour * HOUR).post_id for hour in range(150)]
    pages = walk_through(collector, MINISTRY_TARGET, Walk(mark=mark))
    assert [post.post_id for post in posts_of(pages)] == new[::-1]
    assert pages[-1].end is End.KNOWN_GROUND
    assert pages[0].mark == str(new[-1])


def test_a_walk_without_anything_new_is_one_empty_page_on_known_ground(stage: Stage) -> None:
    collector = stage.collector()
    mark = read(collector, MINISTRY_TARGET, Walk()).mark
    page = read(collector, MINISTRY_TARGET, Walk(mark=mark))
    assert (page.posts, page.floor, page.cursor, page.end) == ((), None, None, End.KNOWN_GROUND)
    assert (page.mark, page.spend) == (mark, Spend(requests=1))


def test_an_account_without_posts_has_its_beginning_on_the_first_page(stage: Stage) -> None:
    page = read(stage.collector(), EMBASSY_TARGET, Walk())
    assert (page.posts, page.cursor, page.end, page.mark) == ((), None, End.BEGINNING, None)


@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_walk_resumed_by_another_collector_equals_an_uninterrupted_one_and_pays_for_no_post_twice(
    stage: Stage, stop_after: int
) -> None:
    first, walk, pages = stage.collector(), Walk(), []
    for _ in range(stop_after):
        pages.append(read(first, MINISTRY_TARGET, walk))
        walk = onward(walk, pages[-1])
    first.close()
    stage.world.publish(MINISTRY, NOW)
    pages += walk_through(stage.collector(), MINISTRY_TARGET, walk)
    assert posts_of(pages) == stage.truth()[1:]
    assert stage.server.delivered == [post.post_id for post in stage.truth()[1:]]
    assert sum(page.spend.posts for page in pages) == stage.server.bill.posts == 250


@pytest.mark.parametrize("mark", [False, True])
def test_a_token_that_x_has_forgotten_is_replaced_by_the_id_and_nothing_is_read_twice(
    dialect: str, mark: bool
) -> None:
    with Stage(250, dialect=dialect) as stage:
        collector = stage.collector()
        walk = Walk(mark=str(stage.truth()[220].post_id) if mark else None)
        first = read(collector, MINISTRY_TARGET, walk)
        stage.server.expire_tokens()
        second = read(collector, MINISTRY_TARGET, onward(walk, first))
        rest = walk_through(collector, MINISTRY_TARGET, onward(walk, second))
        assert posts_of([first, second, *rest]) == stage.truth()[: 220 if mark else 250]
        assert stage.server.delivered == [post.post_id for post in posts_of([first, second, *rest])]
        assert [page.spend.requests for page in (first, second, *rest)] == [1, 2, 1]


def test_long_posts_come_whole_and_reposts_are_cut(dialect: str) -> None:
    with Stage(dialect=dialect) as stage:
        long = "سخن دراز " * 60
        stage.world.publish(EMBASSY, START - HOUR, long)
        source = stage.world.newest(EMBASSY)
        stage.world.publish(MINISTRY, START, long, lang="fa")
        stage.world.publish(MINISTRY, START + 1, long, PostKind.QUOTE, ref_post_id=source)
        stage.world.publish(MINISTRY, START + 2, long, PostKind.REPOST, ref_post_id=source)
        page = read(stage.collector(), MINISTRY_TARGET, Walk())
        assert page.posts == stage.truth()
        repost, quote, original = page.posts
        assert (original.text, quote.text) == (long, long)
        assert repost.text == long[:139] + "…"
        whole = read(stage.collector(expand_referenced=True), MINISTRY_TARGET, Walk())
        assert [post.text for post in whole.posts] == [long, long, long]
        assert whole.spend == Spend(requests=1, posts=4)


def test_replies_quotes_and_reposts_name_what_they_refer_to(dialect: str) -> None:
    with Stage(dialect=dialect) as stage:
        for second, kind in enumerate(PostKind):
            target = None if kind is PostKind.ORIGINAL else 700 + second
            author = EMBASSY if kind is PostKind.REPLY else None
            stage.world.publish(MINISTRY, START + second, "", kind, ref_post_id=target, ref_author_id=author)
        posts = read(stage.collector(), MINISTRY_TARGET, Walk()).posts
        assert [(post.kind, post.ref_post_id, post.ref_author_id) for post in reversed(posts)] == [
            (PostKind.ORIGINAL, None, None),
            (PostKind.REPLY, 701, EMBASSY),
            (PostKind.REPOST, 702, None),
            (PostKind.QUOTE, 703, None),
        ]


def test_an_edited_post_is_one_post_with_its_first_id_and_its_true_time(dialect: str) -> None:
    with Stage(dialect=dialect) as stage:
        first = stage.world.publish(MINISTRY, START, "نوشته").post_id
        collector = stage.collector()
        before = read(collector, MINISTRY_TARGET, Walk())
        second = stage.world.edit(first, "ویرایش", START + 20 * MINUTE).post_id
        third = stage.world.edit(second, "ویرایش دوم", START + 40 * MINUTE).post_id
        after = read(collector, MINISTRY_TARGET, Walk(mark=before.mark))
        (post,) = after.posts
        assert (post.post_id, post.version_id, post.text) == (first, third, "ویرایش دوم")
        assert (post.posted_at, post.edited_at) == (START, START + 40 * MINUTE)
        assert after.mark == str(third)
        # What was published between the post and its edit may be on the next page.
        assert after.floor == START + 40 * MINUTE


def test_countries_in_which_a_post_is_withheld_are_told(dialect: str) -> None:
    with Stage(dialect=dialect) as stage:
        stage.world.publish(MINISTRY, START, withheld_in=("IR", "RU"))
        (post,) = read(stage.collector(), MINISTRY_TARGET, Walk()).posts
        assert post.withheld_in == "IR,RU"


# Bounded by time


def test_a_walk_bounded_by_time_brings_just_that_time_and_nothing_to_find_the_way_by(dialect: str) -> None:
    with Stage(250, dialect=dialect) as stage:
        truth = stage.truth()
        after, before = truth[230].posted_at, truth[20].posted_at
        pages = walk_through(stage.collector(), MINISTRY_TARGET, Walk(after=after, before=before))
        assert posts_of(pages) == truth[21:231]
        assert pages[-1].end is End.KNOWN_GROUND
        assert {(page.mark, page.answer) for page in pages} == {(None, None)}


def test_a_walk_bounded_by_time_outlives_a_forgotten_token(stage: Stage) -> None:
    truth = stage.truth()
    walk = Walk(after=truth[230].posted_at, before=truth[20].posted_at)
    first = read(stage.collector(), MINISTRY_TARGET, walk)
    stage.server.expire_tokens()
    rest = walk_through(stage.collector(), MINISTRY_TARGET, onward(walk, first))
    assert posts_of([first, *rest]) == truth[21:231]


@pytest.mark.parametrize("before", [NOW, NOW + HOUR, NOW - 5])
def test_a_walk_up_to_the_present_leaves_nothing_new_out(stage: Stage, before: int) -> None:
    newest = stage.world.publish(MINISTRY, NOW - 8)
    page = read(stage.collector(), MINISTRY_TARGET, Walk(after=NOW - DAY, before=before))
    assert [post.post_id for post in page.posts] == [newest.post_id]
    assert "end_time" not in stage.server.log[-1].parameters


def test_a_post_edited_after_the_end_of_a_week_is_counted_in_the_week_of_its_true_time(stage: Stage) -> None:
    monday = START + 50 * DAY
    first = stage.world.publish(MINISTRY, monday - 10 * MINUTE).post_id
    stage.world.edit(first, "ویرایش", monday + 30 * MINUTE)
    collector = stage.collector()
    week = posts_of(walk_through(collector, MINISTRY_TARGET, Walk(after=monday - 7 * DAY, before=monday)))
    next_week = posts_of(walk_through(collector, MINISTRY_TARGET, Walk(after=monday, before=monday + 7 * DAY)))
    assert ([post.post_id for post in week], next_week) == ([first], ())


def test_a_walk_bounded_by_a_time_before_x_had_any_is_empty(stage: Stage) -> None:
    page = read(stage.collector(), MINISTRY_TARGET, Walk(after=0, before=1000))
    assert (page.posts, page.end) == ((), End.KNOWN_GROUND)


# Depth


def test_at_the_depth_limit_nothing_is_said_of_what_lies_below(dialect: str) -> None:
    with Stage(250, dialect=dialect, depth=150) as stage:
        pages = walk_through(stage.collector(depth=150), MINISTRY_TARGET)
        assert posts_of(pages) == stage.truth()[:150]
        assert pages[-1].end is End.DEPTH_LIMIT


def test_a_walk_down_to_a_mark_beyond_the_depth_limit_does_not_meet_known_ground(stage: Stage) -> None:
    mark = str(stage.truth()[200].post_id)
    with Stage(world=stage.world, depth=150) as shallow:
        pages = walk_through(shallow.collector(depth=150), MINISTRY_TARGET, Walk(mark=mark))
        assert posts_of(pages) == shallow.truth()[:150]
        assert pages[-1].end is End.DEPTH_LIMIT


@pytest.mark.parametrize("fresh", [False, True])
def test_a_resumed_walk_meets_the_depth_limit_by_what_is_known_to_be_newer(fresh: bool) -> None:
    with Stage(250, depth=150) as stage:
        collector = stage.collector(depth=150)
        first = read(collector, MINISTRY_TARGET, Walk())
        if fresh:
            stage.server.expire_tokens()
        rest = walk_through(collector, MINISTRY_TARGET, Walk(cursor=first.cursor, newer=100))
        assert posts_of([first, *rest]) == stage.truth()[:150]
        assert rest[-1].end is End.DEPTH_LIMIT


def test_a_shorter_timeline_than_the_depth_has_its_beginning() -> None:
    with Stage(120, depth=150) as stage:
        pages = walk_through(stage.collector(depth=150), MINISTRY_TARGET)
        assert (posts_of(pages), pages[-1].end) == (stage.truth(), End.BEGINNING)


def test_a_walk_bounded_by_time_meets_the_depth_limit_by_what_is_known_to_be_newer() -> None:
    with Stage(250, depth=150) as stage:
        truth = stage.truth()
        walk = Walk(before=truth[79].posted_at, newer=80)
        pages = walk_through(stage.collector(depth=150), MINISTRY_TARGET, walk)
        assert posts_of(pages) == truth[80:150]
        assert pages[-1].end is End.DEPTH_LIMIT


def test_a_walk_bounded_by_time_that_sees_all_has_its_beginning(stage: Stage) -> None:
    pages = walk_through(stage.collector(), MINISTRY_TARGET, Walk(before=stage.truth()[50].posted_at))
    assert (posts_of(pages), pages[-1].end) == (stage.truth()[51:], End.BEGINNING)


# What X says of its limits


def test_every_page_tells_what_x_says_of_the_limit(stage: Stage) -> None:
    quota = read(stage.collector(), MINISTRY_TARGET, Walk()).quota
    assert quota is not None
    assert (quota.endpoint, quota.limit, quota.remaining) == ("users/:id/tweets", 10_000, 9_999)
    assert quota.reset_at == NOW + 15 * MINUTE


def test_the_requests_sent_to_bring_a_page_are_all_counted(stage: Stage) -> None:
    stage.server.fail(XFault.SERVER_ERROR, times=2, path=TIMELINES)
    page = read(stage.collector(), MINISTRY_TARGET, Walk())
    assert page.spend == Spend(requests=3, posts=100)
    assert len(stage.server.log) == 3


def test_the_raw_answer_is_kept_as_it_came_with_what_was_asked(stage: Stage) -> None:
    answer = read(stage.collector(), MINISTRY_TARGET, Walk()).answer
    assert answer is not None
    assert answer.request.startswith(f"GET /2/users/{MINISTRY}/tweets?")
    assert answer.body.startswith(b'{"data":[{"id":"')
