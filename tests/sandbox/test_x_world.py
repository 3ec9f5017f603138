from __future__ import annotations

import threading

import pytest

from tests.sandbox.x_rehearsal import BANNED, EMBASSY, LEFT, MINISTRY, START, ids, invented_world
from tracker.domain.instants import HOUR
from tracker.domain.words import PostKind
from tracker.sandbox.x_world import XAccount, XState, snowflake, snowflake_ms


def test_an_id_carries_its_time_as_on_x() -> None:
    assert snowflake_ms(1212162072710131712) // 1000 == 1577836933  # 2020-01-01T00:02:13Z, a real post
    assert snowflake_ms(snowflake(1_600_000_000_123, sequence=7)) == 1_600_000_000_123


def test_a_timeline_is_newest_first_whatever_the_order_of_publishing() -> None:
    world = invented_world()
    late, early, middle = (world.publish(MINISTRY, START + hour * HOUR).post_id for hour in (9, 1, 5))
    assert ids(world.timeline(MINISTRY)) == [late, middle, early]


def test_posts_of_the_same_second_have_different_ids() -> None:
    world = invented_world()
    assert len({world.publish(MINISTRY, START).post_id for _ in range(5)}) == 5


def test_an_edit_takes_the_place_of_what_it_edits_and_both_know_the_whole_chain() -> None:
    world = invented_world(posts=3)
    first = world.timeline(MINISTRY)[1]
    second = world.edit(first.post_id, "better", START + 90 * HOUR)
    third = world.edit(second.post_id, "best", START + 91 * HOUR)
    chain = (first.post_id, second.post_id, third.post_id)
    assert world.newest(MINISTRY) == third.post_id
    assert world.count(MINISTRY) == 3
    assert [version.edit_chain for post_id in chain if (version := world.post_of(post_id))] == [chain] * 3
    old = world.post_of(first.post_id)
    assert old is not None
    assert old.text == first.text


def test_deleting_an_edited_post_deletes_all_its_versions() -> None:
    world = invented_world(posts=3)
    first = world.timeline(MINISTRY)[0]
    second = world.edit(first.post_id, "better", START + 90 * HOUR)
    world.delete(second.post_id)
    assert world.count(MINISTRY) == 2
    assert world.post_of(first.post_id) is None
    assert world.post_of(second.post_id) is None


def test_only_what_refers_to_another_post_names_one() -> None:
    world = invented_world()
    with pytest.raises(ValueError, match="refers to a post"):
        world.publish(MINISTRY, START, kind=PostKind.REPLY)
    with pytest.raises(ValueError, match="an original to none"):
        world.publish(MINISTRY, START, ref_post_id=1)


def test_a_name_that_was_left_can_be_taken_by_another_account() -> None:
    world = invented_world()
    world.rename(MINISTRY, "NewMinistry")
    world.rename(EMBASSY, "sample_MINISTRY")
    renamed, taker = world.account_named("newministry"), world.account_named("Sample_Ministry")
    assert renamed is not None
    assert taker is not None
    assert (renamed.account_id, taker.account_id) == (MINISTRY, EMBASSY)


def test_a_name_that_is_in_use_cannot_be_taken() -> None:
    world = invented_world()
    with pytest.raises(ValueError, match="taken"):
        world.rename(MINISTRY, "exampleembassy")
    with pytest.raises(ValueError, match="taken"):
        world.add_account(XAccount(999, "ExampleBanned", "a suspended account keeps its name", START))


def test_an_account_that_is_gone_leaves_its_name_free_for_good() -> None:
    world = invented_world()
    world.add_account(XAccount(999, "ExampleLeft", "somebody else", START))
    world.set_state(LEFT, XState.GONE)
    taker = world.account_named("ExampleLeft")
    assert taker is not None
    assert taker.account_id == 999
    with pytest.raises(ValueError, match="taken"):
        world.set_state(LEFT, XState.ACTIVE)


def test_a_suspended_account_can_come_back_with_its_posts() -> None:
    world = invented_world()
    world.set_state(BANNED, XState.ACTIVE)
    assert world.count(BANNED) == 1


def test_many_threads_can_publish_at_once() -> None:
    world = invented_world()
    threads = [
        threading.Thread(target=lambda: [world.publish(MINISTRY, START) for _ in range(200)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = ids(world.timeline(MINISTRY))
    assert len(found) == 1600
    assert found == sorted(found, reverse=True)
