"""What every collector does. A collector that passes can be scheduled, stored and reported on like the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from tests.collectors.walking import failed, looked_up, onward, posts_of, read, resolved, walk_through
from tests.contract.scenes import POSTS, SCENES, Scene, Trouble
from tracker.collectors.protocol import Collector
from tracker.domain.instants import DAY
from tracker.domain.outcomes import PLATFORM_STOPS, Failure, OutcomeKind
from tracker.domain.records import End, Metrics, Page, Profile, Target, Walk
from tracker.domain.words import Platform, PostKind


@pytest.fixture(params=list(SCENES))
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with SCENES[request.param](tmp_path) as scene:
        yield scene


def told_in_one_line(failure: Failure) -> bool:
    return bool(failure.detail.strip()) and failure.detail.isprintable()


def broken(scene: Scene, trouble: Trouble) -> tuple[Collector, Target, Walk, Page, Failure]:
    """A walk whose second page fails."""
    collector = scene.collector()
    target = resolved(collector, scene.handle)
    first = read(collector, target, Walk())
    walk = onward(Walk(), first)
    scene.fail(trouble)
    failure = failed(collector.fetch(target, walk))
    assert told_in_one_line(failure)
    assert failure.requests >= 1
    return collector, target, walk, first, failure


def goes_on(scene: Scene, collector: Collector, target: Target, walk: Walk, first: Page) -> bool:
    """Whether the walk goes on when the trouble is over, without a gap or a repetition."""
    scene.heal()
    return posts_of([first, *walk_through(collector, target, walk)]) == scene.truth()


def test_every_platform_has_a_scene(tmp_path: Path) -> None:
    found = set()
    for open_scene in SCENES.values():
        with open_scene(tmp_path) as scene:
            found.add(scene.platform)
    assert found == set(Platform)


def test_it_says_which_platform_it_reads_by_which_endpoints_and_how_many_at_once(scene: Scene) -> None:
    collector = scene.collector()
    assert collector.platform is scene.platform
    assert collector.batch >= 1
    names = [getattr(collector.endpoints, field.name) for field in fields(collector.endpoints)]
    assert len(set(names)) == 3
    assert all(name.isprintable() and name for name in names)


# Who is who


def test_a_name_is_looked_up_once_and_then_known_by_its_number(scene: Scene) -> None:
    collector = scene.collector()
    asked = Target(scene.handle)
    assert not collector.knows(asked)
    target = resolved(collector, scene.handle)
    assert collector.knows(target)
    answer = scene.collector().profiles([target])
    assert not isinstance(answer, Failure)
    profile = answer.results[target]
    assert isinstance(profile, Profile)
    assert (profile.platform_id, profile.handle, profile.taken_at) == (target.platform_id, scene.handle, scene.now)
    assert profile.followers is not None
    assert profile.created_at is None or profile.created_at <= scene.truth()[-1].posted_at
    assert answer.spend.requests == 1


def test_upper_and_lower_case_of_a_name_are_the_same(scene: Scene) -> None:
    assert resolved(scene.collector(), scene.handle.swapcase()).platform_id == (
        resolved(scene.collector(), scene.handle).platform_id
    )


def test_a_name_that_nobody_has_is_gone(scene: Scene) -> None:
    failure = failed(looked_up(scene.collector(), scene.unknown))
    assert failure.kind is OutcomeKind.GONE
    assert told_in_one_line(failure)


def test_what_is_not_public_is_an_outcome_and_never_collected(scene: Scene) -> None:
    found = {name: failed(looked_up(scene.collector(), name)) for name in scene.not_public}
    assert {name: failure.kind for name, failure in found.items()} == scene.not_public
    assert all(map(told_in_one_line, found.values()))


def test_an_account_made_private_brings_nothing_more(scene: Scene) -> None:
    collector = scene.collector()
    target = resolved(collector, scene.handle)
    first = read(collector, target, Walk())
    scene.hide()
    failure = failed(collector.fetch(target, onward(Walk(), first)))
    # Those who have no account cannot tell a name that is hidden from one that nobody has.
    assert failure.kind in (OutcomeKind.NOT_PUBLIC, OutcomeKind.PROTECTED, OutcomeKind.GONE)
    assert told_in_one_line(failure)


# Walks


def test_a_whole_walk_is_the_truth_newest_first(scene: Scene) -> None:
    collector = scene.collector()
    pages = walk_through(collector, resolved(collector, scene.handle))
    posts = posts_of(pages)
    assert posts == scene.truth()
    assert len({post.post_id for post in posts}) == len(posts) == POSTS
    assert [post.posted_at for post in posts] == sorted((post.posted_at for post in posts), reverse=True)
    assert pages[-1].end is End.BEGINNING


def test_every_page_goes_on_or_says_why_not_and_says_how_far_it_reached_and_what_it_used(scene: Scene) -> None:
    collector = scene.collector()
    for page in walk_through(collector, resolved(collector, scene.handle)):
        assert (page.cursor is None) == (page.end is not None)
        assert page.floor is not None
        assert page.floor <= min(post.posted_at for post in page.posts)
        assert page.asked_at == scene.now
        assert page.spend.requests == 1
        assert page.spend.posts >= len(page.posts)
        assert (page.set_aside, page.warnings) == ((), ())


def test_posts_carry_numbers_instants_and_known_kinds(scene: Scene) -> None:
    collector = scene.collector()
    for post in read(collector, resolved(collector, scene.handle), Walk()).posts:
        assert type(post.post_id) is type(post.version_id) is type(post.posted_at) is int
        assert 0 < post.post_id <= post.version_id < 2**63
        assert scene.now - 1000 * DAY < post.posted_at <= scene.now
        assert isinstance(post.kind, PostKind)
        assert isinstance(post.metrics, Metrics)
        assert all(count is None or (type(count) is int and count >= 0) for count in post.metrics)


def test_the_mark_of_the_first_page_leads_to_just_what_is_newer(scene: Scene) -> None:
    collector = scene.collector()
    target = resolved(collector, scene.handle)
    mark = read(collector, target, Walk()).mark
    assert mark is not None
    nothing = walk_through(collector, target, Walk(mark=mark))
    assert (posts_of(nothing), nothing[0].mark, nothing[-1].end) == ((), mark, End.KNOWN_GROUND)
    scene.publish(150)
    pages = walk_through(scene.collector(), target, Walk(mark=mark))
    assert posts_of(pages) == scene.truth()[:150]
    assert pages[-1].end is End.KNOWN_GROUND
    assert posts_of(walk_through(collector, target, Walk(mark=pages[0].mark))) == ()


def test_a_walk_resumed_by_another_collector_equals_an_uninterrupted_one(scene: Scene) -> None:
    first = scene.collector()
    target = resolved(first, scene.handle)
    page = read(first, target, Walk())
    first.close()
    scene.publish(3)
    rest = walk_through(scene.collector(), target, onward(Walk(), page))
    assert posts_of([page, *rest]) == scene.truth()[3:]


def test_the_same_page_can_be_asked_for_again(scene: Scene) -> None:
    collector = scene.collector()
    target = resolved(collector, scene.handle)
    walk = onward(Walk(), read(collector, target, Walk()))
    first, second = read(collector, target, walk), read(scene.collector(), target, walk)
    assert (first.posts, first.floor, first.cursor, first.end) == (
        second.posts,
        second.floor,
        second.cursor,
        second.end,
    )


@pytest.mark.parametrize(("newest", "oldest"), [(0, 249), (20, 30), (120, 230), (200, 249), (30, 30)])
def test_a_walk_bounded_by_time_brings_just_that_time_and_no_way_back(scene: Scene, newest: int, oldest: int) -> None:
    truth = scene.truth()
    walk = Walk(after=truth[oldest].posted_at, before=truth[newest].posted_at + 1)
    collector = scene.collector()
    pages = walk_through(collector, resolved(collector, scene.handle), walk)
    assert posts_of(pages) == truth[newest : oldest + 1]
    assert {(page.mark, page.answer) for page in pages} == {(None, None)}
    assert pages[-1].end in (End.KNOWN_GROUND, End.BEGINNING)


# Trouble


def test_a_rate_limit_says_of_what_and_until_when(scene: Scene) -> None:
    collector, target, walk, first, failure = broken(scene, Trouble.RATE_LIMITED)
    assert failure.kind is OutcomeKind.RATE_LIMITED
    assert failure.endpoint == collector.endpoints.timeline
    assert failure.until is not None
    assert scene.now < failure.until <= scene.now + DAY
    assert failure.kind in PLATFORM_STOPS
    assert goes_on(scene, collector, target, walk, first)


def test_a_lost_connection_is_a_transport_error_until_it_is_back(scene: Scene) -> None:
    collector, target, walk, first, failure = broken(scene, Trouble.DROPPED)
    assert (failure.kind, failure.until) == (OutcomeKind.TRANSPORT, None)
    assert goes_on(scene, collector, target, walk, first)


def test_a_credential_that_is_refused_says_so(scene: Scene) -> None:
    if scene.secret is None:
        pytest.skip("it needs none")
    collector, target, walk, first, failure = broken(scene, Trouble.UNAUTHORISED)
    assert failure.kind is OutcomeKind.AUTH_FAILED
    assert scene.secret not in repr(failure)
    assert goes_on(scene, collector, target, walk, first)


def test_no_answer_holds_the_credential(scene: Scene) -> None:
    if scene.secret is None:
        pytest.skip("it needs none")
    collector = scene.collector()
    target = resolved(collector, scene.handle)
    said = [collector, collector.resolve([target]), collector.profiles([target]), read(collector, target, Walk())]
    assert scene.secret not in repr(said)


def test_closing_twice_is_harmless_whether_or_not_anything_was_asked(scene: Scene) -> None:
    used, unused = scene.collector(), scene.collector()
    resolved(used, scene.handle)
    for collector in (used, unused):
        collector.close()
        collector.close()
