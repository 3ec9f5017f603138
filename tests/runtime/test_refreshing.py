"""Known posts read again over the sandbox's sockets: their counters, what was edited, and what was deleted."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.making import START, Stage, listed
from tracker.config.settings import Allowance, BudgetSettings, RefreshSettings
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Metrics
from tracker.domain.words import Platform, Protection
from tracker.sandbox.telegram_server import PRIVATE
from tracker.sandbox.telegram_world import Item
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_world import XState

T = Platform.TELEGRAM
POSTS, GET_MESSAGES = "/2/tweets", "channels.getMessages"


@pytest.fixture(autouse=True)
def refreshing(stage: Stage) -> None:
    stage.settings = replace(stage.settings, refresh=RefreshSettings())


def asked_again(stage: Stage) -> list[tuple[int, ...]]:
    """The ids of each request for posts by their ids, as X answered."""
    return [tuple(map(int, one.parameters["ids"].split(","))) for one in stage.x.log if one.path == POSTS]


def tombstones(stage: Stage) -> dict[int, int]:
    found = stage.rows("SELECT post_id, deleted_at FROM post WHERE deleted_at IS NOT NULL")
    return {int(str(post_id)): int(str(at)) for post_id, at in found}


def text_of(stage: Stage, post_id: int) -> object:
    ((text,),) = stage.rows("SELECT text FROM post WHERE post_id = ?", post_id)
    return text


def one_post(stage: Stage, text: str = "[ساختگی]") -> int:
    """An account with one new post, visited; the post's id."""
    stage.x_account(101, "example")
    post = stage.x.world.publish(101, START - MINUTE, text, metrics=Metrics(likes=1))
    stage.watch(listed("example", 101))
    stage.visit()
    return post.post_id


def test_counters_are_read_again_once_at_each_age_and_never_after_the_last(stage: Stage) -> None:
    post_id = one_post(stage)
    for day in range(1, 41):
        stage.x.world.set_metrics(post_id, Metrics(likes=day))
        stage.visit(later=DAY)
    taken = stage.rows("SELECT (taken_at - ?) / 86400, likes FROM metric ORDER BY taken_at", START)
    # Seen a minute after its publication, it is 24 hours old a minute before the day is over, and waits an hour.
    assert taken == [(0, 1), (2, 2), (8, 8), (31, 31)]
    assert asked_again(stage) == [(post_id,)] * 3
    assert stage.rows("SELECT refresh_at FROM post") == [(None,)]


def test_a_post_that_is_old_when_first_seen_is_not_read_again(stage: Stage) -> None:
    stage.x_account(101, "example")
    stage.x.world.publish(101, START - 31 * DAY)
    stage.x.world.publish(101, START - 8 * DAY)
    stage.watch(listed("example", 101))
    stage.visit()
    found = stage.rows("SELECT refresh_at - posted_at FROM post ORDER BY posted_at")
    assert found == [(None,), (30 * DAY,)]


def test_a_hundred_posts_of_any_accounts_are_asked_for_at_once(stage: Stage) -> None:
    ids = [*stage.x_account(101, "one", 130, MINUTE), *stage.x_account(102, "two", 120, MINUTE)]
    stage.watch(listed("one", 101), listed("two", 102))
    stage.visit()
    stage.visit(later=DAY + HOUR)
    asked = asked_again(stage)
    assert [len(some) for some in asked] == [100, 100, 50]
    assert sorted(post_id for some in asked for post_id in some) == sorted(ids)


def test_where_the_budget_does_not_reach_the_newest_come_first(stage: Stage) -> None:
    ids = stage.x_account(101, "one", 150, MINUTE)
    stage.watch(listed("one", 101))
    stage.visit()
    budget = BudgetSettings(x_per_day=Allowance(41, dollars=False))  # one profile, and what is left
    stage.worker().settings = replace(stage.worker().settings, budget=budget)
    stage.visit(later=DAY + 4 * HOUR)
    newest = [post_id for some in asked_again(stage) for post_id in some]
    assert newest == ids[::-1][: len(newest)]
    assert 30 <= len(newest) <= 40
    stage.visit(later=HOUR)
    assert [post_id for some in asked_again(stage) for post_id in some] == newest
    stage.visit(later=DAY)
    again = [post_id for some in asked_again(stage) for post_id in some]
    assert again == ids[::-1][: len(again)]
    assert len(again) > len(newest)


def test_switched_off_nothing_is_read_again(stage: Stage) -> None:
    one_post(stage)
    stage.worker().settings = replace(stage.worker().settings, refresh=RefreshSettings(on=False))
    stage.visit(later=3 * DAY)
    assert asked_again(stage) == []


def test_what_an_edited_post_said_is_kept_and_the_post_is_counted_once(stage: Stage) -> None:
    post_id = one_post(stage, "before")
    new = stage.x.world.edit(post_id, "after", START + MINUTE)
    stage.visit(later=2 * DAY)
    assert stage.rows("SELECT post_id, version_id, text FROM post") == [(post_id, new.post_id, "after")]
    assert stage.rows("SELECT post_id, version_id, text FROM version") == [(post_id, post_id, "before")]


def test_an_edit_that_no_walk_has_met_is_found_when_the_post_is_read_again(stage: Stage) -> None:
    post_id = one_post(stage, "before")
    new = stage.x.world.edit(post_id, "after", START - MINUTE + 1)
    newest = stage.x.world.publish(101, START + 5)
    with stage.store.transaction() as connection:  # as if the walk had passed it by
        connection.exec_driver_sql("UPDATE account SET mark = ?", (str(newest.post_id),))
    stage.visit(later=DAY + HOUR)
    assert asked_again(stage)[-1] == (new.post_id,)
    assert text_of(stage, post_id) == "after"
    assert stage.rows("SELECT text FROM version") == [("before",)]


def test_the_same_text_under_a_new_id_is_no_version(stage: Stage) -> None:
    post_id = one_post(stage, "same")
    new = stage.x.world.edit(post_id, "same", START + MINUTE)
    stage.visit(later=2 * DAY)
    assert stage.rows("SELECT version_id, text FROM post") == [(new.post_id, "same")]
    assert stage.rows("SELECT * FROM version") == []


SAID = "رازی که پاک می‌شود"


def test_of_a_deleted_post_the_row_and_the_counters_stay_and_no_byte_of_what_it_said(stage: Stage) -> None:
    post_id = one_post(stage, SAID)
    other = stage.x.world.publish(101, START + HOUR, "another one that stays")
    edited = stage.x.world.edit(post_id, SAID + " دوم", START + MINUTE)
    stage.visit(later=2 * HOUR)
    assert SAID.encode() in stage.bytes_at_rest()
    holding = [body for (body,) in stage.rows("SELECT body FROM answer") if SAID.encode() in zlib.decompress(body)]  # type: ignore[arg-type]
    assert len(holding) == 2
    stage.x.world.delete(edited.post_id)
    stage.visit(later=2 * DAY)
    assert tombstones(stage) == {post_id: stage.now}
    assert stage.rows("SELECT post_id, kind, text IS NULL FROM post") == [(post_id, 0, 1), (other.post_id, 0, 0)]
    assert stage.rows("SELECT text FROM version") == [(None,)]
    assert stage.rows("SELECT count(*) FROM metric WHERE post_id = ?", post_id) != [(0,)]
    assert SAID.encode() not in stage.bytes_at_rest()
    at_rest, kept = stage.bytes_at_rest(), said_in_answers(stage)
    assert not any(body[-100:] in at_rest for body in holding)  # type: ignore[index]
    assert SAID.encode() not in kept
    assert SAID.encode("unicode-escape") not in kept
    assert b"another one that stays" in kept
    assert str(post_id).encode() in kept
    assert stage.rows("SELECT count(*) FROM answer WHERE redacted_at = ?", stage.now) != [(0,)]


def said_in_answers(stage: Stage) -> bytes:
    return b"".join(zlib.decompress(body) for (body,) in stage.rows("SELECT body FROM answer"))  # type: ignore[arg-type]


def test_a_deleted_post_that_is_there_again_is_deleted_no_more(stage: Stage) -> None:
    post_id = one_post(stage, "gone and back")
    stage.x.world.delete(post_id)
    stage.visit(later=2 * DAY)
    assert tombstones(stage)
    stage.x.world.undelete(post_id)
    stage.visit(later=6 * DAY)
    assert tombstones(stage) == {}
    assert text_of(stage, post_id) == "gone and back"
    assert stage.rows("SELECT * FROM version") == []


@pytest.mark.parametrize("state", [XState.SUSPENDED, XState.PROTECTED, XState.GONE])
def test_the_posts_of_an_account_that_is_hidden_as_a_whole_are_not_called_deleted(
    stage: Stage, state: XState
) -> None:
    post_id = one_post(stage, "still there")
    stage.x_account(102, "other", 1)
    stage.watch(listed("example", 101), listed("other", 102))
    stage.visit()
    stage.x.world.set_state(101, state)
    hidden_at = stage.now + 2 * DAY
    stage.visit(later=2 * DAY)
    assert asked_again(stage)
    assert tombstones(stage) == {}
    assert text_of(stage, post_id) == "still there"
    for _ in range(3):
        stage.visit(later=2 * DAY)
    assert stage.rows("SELECT state_since FROM account WHERE platform_id = 101") == [(hidden_at,)]
    stage.x.world.set_state(101, XState.ACTIVE)
    stage.visit(later=2 * DAY)
    assert stage.rows("SELECT state FROM account WHERE platform_id = 101") == [(None,)]


def test_a_post_of_a_suspended_account_is_not_deleted_though_its_visit_is_not_due(stage: Stage) -> None:
    post_id = one_post(stage)
    stage.visit(later=DAY)  # the profile is read on this day
    stage.x.world.set_state(101, XState.SUSPENDED)
    with stage.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE account SET next_visit_at = ?", (stage.now + 9 * DAY,))
    stage.visit(later=2 * HOUR)
    assert asked_again(stage) == [(post_id,)]
    assert tombstones(stage) == {}
    assert stage.rows("SELECT state, state_since FROM account") == [("suspended", stage.now)]


def test_an_answer_that_never_came_leaves_everything_to_be_asked_again(stage: Stage) -> None:
    post_id = one_post(stage, "kept")
    stage.x.fail(XFault.DROPPED_AFTER, 1, POSTS)
    stage.visit(later=DAY + HOUR)
    assert tombstones(stage) == {}
    assert stage.rows("SELECT refresh_at - posted_at FROM post") == [(DAY,)]
    stage.visit(later=HOUR)
    assert asked_again(stage)[-1] == (post_id,)
    assert stage.rows("SELECT refresh_at - posted_at FROM post") == [(7 * DAY,)]


def test_of_an_account_at_risk_no_post_is_ever_asked_for_by_its_id(stage: Stage) -> None:
    at_risk = stage.x_account(103, "quiet", 40, 5 * HOUR)
    post_id = one_post(stage)
    stage.watch(listed("example", 101), listed("quiet", 103, protection=Protection.AT_RISK))
    for _ in range(5):
        stage.visit(later=8 * DAY)
    asked = {number for some in asked_again(stage) for number in some}
    assert asked == {post_id}
    assert not asked & set(at_risk)


def test_an_account_that_becomes_at_risk_leaves_nothing_to_be_read_again(stage: Stage) -> None:
    post_id = one_post(stage, "before")
    stage.x.world.edit(post_id, "after", START + MINUTE)
    stage.visit(later=HOUR)
    stage.watch(listed("example", 101, protection=Protection.AT_RISK))
    assert stage.rows("SELECT * FROM version") == stage.rows("SELECT * FROM post") == []
    stage.visit(later=2 * DAY)
    assert asked_again(stage) == []


def test_two_hundred_and_fifty_profiles_take_three_requests_a_day(stage: Stage) -> None:
    for number in range(250):
        stage.x_account(1000 + number, f"generated{number}")
    stage.watch(*(listed(f"generated{number}", 1000 + number) for number in range(250)))
    stage.visit()
    with stage.store.transaction() as connection:  # ten are due at some hour, the others later
        connection.exec_driver_sql("UPDATE account SET next_visit_at = ? WHERE id > 10", (stage.now + 9 * DAY,))
    before = len(stage.x.log)
    stage.visit(later=DAY)
    asked = [served.parameters["ids"].split(",") for served in stage.x.log[before:] if served.path == "/2/users"]
    assert [len(some) for some in asked] == [100, 100, 50]
    assert stage.rows("SELECT count(*) FROM profile") == [(500,)]
    stage.visit(later=6 * HOUR)
    assert len([served for served in stage.x.log[before:] if served.path == "/2/users"]) == 3


def test_a_rename_found_while_no_visit_was_due_is_told_by_the_next_one(stage: Stage) -> None:
    stage.x_account(101, "example")
    stage.watch(listed("example", 101))
    stage.visit()
    stage.x.world.rename(101, "renamed")
    with stage.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE account SET next_visit_at = ?", (stage.now + 2 * DAY,))
    stage.visit(later=DAY)
    assert stage.rows("SELECT handle FROM account") == [("renamed",)]
    assert stage.visit(later=DAY).visits == {OutcomeKind.RENAMED: 1}


def test_a_name_that_a_gone_account_left_to_somebody_else_is_an_alarm_and_nothing_is_attached(stage: Stage) -> None:
    one_post(stage)
    stage.x.world.set_state(101, XState.GONE)
    stage.visit(later=2 * DAY)
    assert stage.rows("SELECT state FROM account") == [("account_gone",)]
    stage.x_account(999, "example", 5)
    stage.visit(later=2 * DAY)
    assert stage.outcome("example") is OutcomeKind.REASSIGNED
    seen_at, looked_up = stage.now, [served for served in stage.x.log if served.path == "/2/users/by"]
    for _ in range(3):
        stage.visit(later=2 * DAY)
    assert stage.rows("SELECT state, state_since, platform_id FROM account") == [("reassigned", seen_at, 101)]
    assert [served for served in stage.x.log if served.path == "/2/users/by"] == looked_up
    assert len(stage.stored(101)) == 1
    stage.x.world.rename(999, "somebody_else")
    stage.x.world.set_state(101, XState.ACTIVE)
    stage.visit(later=2 * DAY)
    assert stage.rows("SELECT state FROM account") == [(None,)]


def test_that_somebody_else_has_taken_the_old_name_of_a_renamed_account_is_told(stage: Stage) -> None:
    one_post(stage)
    stage.x.world.rename(101, "renamed")
    stage.x_account(999, "example", 5)
    assert stage.visit(later=2 * DAY).visits == {OutcomeKind.RENAMED: 1}
    ((detail,),) = stage.rows("SELECT last_detail FROM account")
    assert detail == "example is now renamed; example belongs to somebody else now, of whom nothing is attached"
    assert len(stage.stored(101)) == 1


# Telegram


def channel_with(stage: Stage, *items: Item) -> int:
    """A channel with these messages, visited."""
    channel = stage.channel("generated_ministry")
    stage.telegram.world.publish(channel, *items)
    stage.watch(listed("generated_ministry", platform=T))
    stage.visit(T)
    return channel


def test_on_telegram_too_counters_edits_and_deletions_are_found_by_the_ids(stage: Stage) -> None:
    channel = channel_with(
        stage, *(Item(0, START - 9 + number, f"[ساختگی] {number}", views=5) for number in range(3))
    )
    world = stage.telegram.world
    world.change(channel, 1, views=70, reactions={"👍": 3}, edited_at=START + 9, edit_hidden=True)
    world.change(channel, 2, text="ویرایش", edited_at=START + 9)
    world.delete(channel, 3)
    stage.visit(T, later=DAY + HOUR)
    assert len(stage.telegram.requests(GET_MESSAGES)) == 1
    assert tombstones(stage) == {3: stage.now}
    assert stage.rows("SELECT post_id, text FROM post ORDER BY post_id") == [
        (1, "[ساختگی] 0"),
        (2, "ویرایش"),
        (3, "[ساختگی] 2"),
    ]
    assert stage.rows("SELECT post_id, text FROM version") == [(2, "[ساختگی] 1")]
    assert stage.rows("SELECT views FROM metric WHERE post_id = 1 ORDER BY taken_at") == [(5,), (70,)]
    world.undelete(channel, 3)
    stage.visit(T, later=7 * DAY)
    assert tombstones(stage) == {}


def test_the_settings_can_ask_that_what_was_deleted_on_telegram_is_forgotten(stage: Stage) -> None:
    stage.settings = replace(stage.settings, refresh=RefreshSettings(forget_deleted=True))
    channel = channel_with(stage, Item(0, START - 9, SAID), Item(0, START - 8, "stays"))
    stage.telegram.world.delete(channel, 1)
    stage.visit(T, later=DAY + HOUR)
    assert stage.rows("SELECT text FROM post ORDER BY post_id") == [(None,), ("stays",)]
    assert SAID.encode() not in stage.bytes_at_rest() + said_in_answers(stage)


def test_an_album_is_read_again_as_a_whole(stage: Stage) -> None:
    channel = channel_with(
        stage,
        Item(0, START - 2 * HOUR, "", views=3, album=7),
        Item(0, START - 2 * HOUR, "the caption", views=9, album=7),
        Item(0, START - HOUR, "after it"),
    )
    stage.telegram.world.change(channel, 2, views=90)
    stage.visit(T, later=DAY + 2 * HOUR)
    assert stage.rows("SELECT post_id, text, deleted_at FROM post") == [
        (1, "the caption", None),
        (3, "after it", None),
    ]
    assert stage.rows("SELECT * FROM version") == []
    assert stage.rows("SELECT views FROM metric WHERE post_id = 1 ORDER BY taken_at") == [(9,), (90,)]


def test_a_channel_that_turned_private_keeps_its_posts_and_the_day_on_which_that_was_seen(stage: Stage) -> None:
    channel = channel_with(stage, Item(0, START - 9, "kept"))
    stage.telegram.fail(PRIVATE, "messages.getHistory", 99)
    stage.visit(T, later=2 * DAY)
    seen_at = stage.now
    for _ in range(3):  # its profile can be read all the while
        stage.visit(T, later=2 * DAY)
    assert stage.rows("SELECT state, state_since FROM account") == [("not_public", seen_at)]
    stage.telegram.world.set_private(channel)
    stage.visit(T, later=2 * DAY)
    assert stage.rows("SELECT state, state_since FROM account") == [("not_public", seen_at)]
    assert text_of(stage, 1) == "kept"
    assert tombstones(stage) == {}


def test_nothing_is_lost_or_paid_twice_in_a_day_when_killed_before_the_answer_is_written(
    stage: Stage, tmp_path: Path
) -> None:
    post_id = one_post(stage)
    stage.now += DAY + HOUR
    stage.x.fail(XFault.DROPPED_AFTER, 1, POSTS)
    stage.visit()
    stage.restart()
    stage.visit(later=HOUR)
    assert asked_again(stage) == [(post_id,), (post_id,)]
    assert stage.x.bill.posts == 2  # once when first read, once on this day
