"""Visits to Telegram, over the sandbox's MTProto, and that the two platforms do not wait for each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.runtime.making import START, Stage, listed
from tracker.domain.instants import DAY, HOUR, MINUTE
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform
from tracker.sandbox.telegram_server import DROPPED, FOREVER, INTERNAL, PRIVATE, REVOKED, flood_wait
from tracker.sandbox.telegram_world import Item, PeerKind

T = Platform.TELEGRAM
RESOLVE, FULL, HISTORY = "contacts.resolveUsername", "channels.getFullChannel", "messages.getHistory"


def channel_listed(handle: str, platform_id: int | None = None) -> ListedAccount:
    return listed(handle, platform_id, platform=T)


def ids(stage: Stage, channel_id: int) -> list[int]:
    return sorted(post.post_id for post in stage.telegram.world.posts(channel_id))


def test_a_first_visit_looks_the_name_up_once_and_reads_everything(stage: Stage) -> None:
    channel = stage.channel("generated_ministry", posts=250)
    stage.watch(channel_listed("generated_ministry"))
    assert stage.visit(T).visits == {OutcomeKind.OK: 1}
    assert stage.stored(channel) == ids(stage, channel)
    stage.telegram.world.publish(channel, Item(0, stage.now + 5, "تازه"))
    assert stage.visit(T, later=2 * DAY).visits == {OutcomeKind.OK: 1}
    assert stage.stored(channel) == ids(stage, channel)
    assert len(stage.telegram.requests(RESOLVE)) == 1
    assert stage.rows("SELECT sum(posts_new) FROM visit") == [(251,)]
    assert stage.rows("SELECT sum(cost) FROM ledger") == [(0,)]


def test_a_login_that_is_read_from_the_file_again_needs_no_name_looked_up(stage: Stage) -> None:
    stage.channel("generated_ministry", posts=5)
    stage.watch(channel_listed("generated_ministry"))
    stage.visit(T)
    stage.restart()
    stage.visit(T, later=2 * DAY)
    assert len(stage.telegram.requests(RESOLVE)) == 1


def test_a_first_visit_knows_the_subscribers_which_looking_a_name_up_does_not_tell(stage: Stage) -> None:
    stage.channel("generated_ministry", posts=5)
    stage.watch(channel_listed("generated_ministry"))
    stage.visit(T)
    assert stage.rows("SELECT followers FROM profile WHERE followers IS NOT NULL") == [(5,)]
    stage.visit(T, later=HOUR)
    assert len(stage.telegram.requests(FULL)) == 1


def test_a_changed_text_is_revised_where_it_is_read_again_and_a_reaction_is_no_edit(stage: Stage) -> None:
    """Only what a walk meets is read again: here the first page of a walk that was broken off."""
    channel = stage.channel("generated_ministry", posts=3)
    stage.watch(channel_listed("generated_ministry"))
    stage.visit(T)
    with stage.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE account SET mark = NULL")
    stage.telegram.world.change(channel, 1, text="ویرایش", edited_at=START)
    stage.telegram.world.change(channel, 2, reactions={"👍": 3}, edited_at=START, edit_hidden=True)
    stage.visit(T, later=2 * DAY)
    assert stage.rows("SELECT post_id, text, edited_at FROM post ORDER BY post_id") == [
        (1, "ویرایش", START),
        (2, "[ساختگی] 1", None),
        (3, "[ساختگی] 0", None),
    ]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(INTERNAL, OutcomeKind.TRANSPORT), (DROPPED, OutcomeKind.TRANSPORT), (PRIVATE, OutcomeKind.NOT_PUBLIC)],
)
def test_a_failure_between_two_pages_keeps_what_was_read_and_the_next_visit_goes_on(
    stage: Stage, fault: Exception, kind: OutcomeKind
) -> None:
    channel = stage.channel("generated_ministry", posts=250)
    stage.watch(channel_listed("generated_ministry"))
    stage.watcher.at_page = lambda pages: stage.telegram.fail(fault, HISTORY, FOREVER) if pages == 1 else None
    assert stage.visit(T).visits == {kind: 1}
    assert stage.stored(channel) == ids(stage, channel)[150:]
    stage.telegram.recover()
    assert stage.visit(T, later=2 * DAY).visits == {OutcomeKind.OK: 1}
    assert stage.stored(channel) == ids(stage, channel)
    assert stage.rows("SELECT count(*), count(DISTINCT post_id) FROM metric") == [(250, 250)]


def test_a_flood_of_looking_names_up_stops_neither_the_known_channels_nor_x(stage: Stage) -> None:
    known = stage.channel("generated_known", posts=5)
    stage.channel("generated_unknown", posts=5)
    x_ids = stage.x_account(101, "example", posts=5)
    stage.watch(channel_listed("generated_known"), listed("example", 101))
    stage.visit(T)
    stage.watch(channel_listed("generated_known"), channel_listed("generated_unknown"), listed("example", 101))
    stage.telegram.world.publish(known, Item(0, stage.now + 5, "تازه"))
    stage.telegram.fail(flood_wait(3 * 86400), RESOLVE)
    tally = stage.visit(T, later=2 * DAY)
    assert tally.visits == {OutcomeKind.OK: 1, OutcomeKind.RATE_LIMITED: 1}
    assert tally.stop is None
    assert stage.due_in("generated_unknown") == 3 * DAY
    assert len(stage.stored(known)) == 6
    assert stage.visit(Platform.X).visits == {OutcomeKind.OK: 1}
    assert stage.stored(101) == x_ids
    asked = len(stage.telegram.requests(RESOLVE))
    stage.restart()
    stage.store.make_due(T, None, stage.now)
    stage.visit(T, later=HOUR)
    assert len(stage.telegram.requests(RESOLVE)) == asked
    assert stage.outcome("generated_unknown") is OutcomeKind.RATE_LIMITED
    stage.visit(T, later=3 * DAY)
    assert stage.outcome("generated_unknown") is OutcomeKind.OK


def test_a_flood_of_reading_histories_stops_telegram_until_its_end(stage: Stage) -> None:
    first, second = stage.channel("generated_one", posts=5), stage.channel("generated_two", posts=5)
    stage.watch(channel_listed("generated_one"), channel_listed("generated_two"))
    stage.telegram.fail(flood_wait(600), HISTORY)
    tally = stage.visit(T)
    assert tally.visits == {OutcomeKind.RATE_LIMITED: 1}
    stage.restart()
    asked = len(stage.telegram.requests())
    assert stage.visit(T, later=599).visits == {}
    assert len(stage.telegram.requests()) == asked
    assert stage.visit(T, later=1).visits == {OutcomeKind.OK: 2}
    assert stage.stored(first) == stage.stored(second) == [1, 2, 3, 4, 5]


def test_a_login_that_was_ended_is_an_outcome_and_keeps_what_there_is(stage: Stage) -> None:
    channel = stage.channel("generated_ministry", posts=5)
    stage.watch(channel_listed("generated_ministry"))
    stage.visit(T)
    stage.telegram.fail(REVOKED, None, FOREVER)
    tally = stage.visit(T, later=2 * DAY)
    assert tally.stop is not None
    assert tally.stop.kind is OutcomeKind.AUTH_FAILED
    assert stage.stored(channel) == [1, 2, 3, 4, 5]
    assert stage.watcher.stops == [(OutcomeKind.AUTH_FAILED, stage.now + 5 * MINUTE)]


def private(stage: Stage, channel: int) -> None:
    stage.telegram.world.set_private(channel)


def nameless(stage: Stage, channel: int) -> None:
    stage.telegram.world.rename(channel, None)


@pytest.mark.parametrize("hide", [private, nameless])
def test_a_channel_that_is_no_longer_public_is_not_read_and_keeps_its_posts(
    stage: Stage, hide: Callable[[Stage, int], None]
) -> None:
    channel = stage.channel("generated_ministry", posts=5)
    stage.watch(channel_listed("generated_ministry"))
    stage.visit(T)
    hide(stage, channel)
    stage.telegram.world.publish(channel, Item(0, stage.now + 5, "پنهان"))
    stage.visit(T, later=2 * DAY)
    assert stage.outcome("generated_ministry") is OutcomeKind.NOT_PUBLIC
    assert stage.stored(channel) == [1, 2, 3, 4, 5]
    assert stage.rows("SELECT state, state_since FROM account") == [("not_public", stage.now)]


@pytest.mark.parametrize("kind", [PeerKind.USER, PeerKind.GROUP])
def test_people_and_groups_are_never_collected(stage: Stage, kind: PeerKind) -> None:
    stage.telegram.world.add("generated_person", title="[ساختگی]", kind=kind)
    stage.watch(channel_listed("generated_person"))
    assert stage.visit(T).visits == {OutcomeKind.NOT_PUBLIC: 1}
    assert stage.telegram.requests(HISTORY) == ()
    assert stage.rows("SELECT platform_id, state FROM account") == [(None, "not_public")]


def test_a_name_that_nobody_has_is_an_account_that_is_gone(stage: Stage) -> None:
    stage.watch(channel_listed("generated_nobody"))
    assert stage.visit(T).visits == {OutcomeKind.GONE: 1}
    assert DAY <= stage.due_in("generated_nobody") < DAY + MINUTE


def test_a_name_that_belongs_to_another_channel_now_is_an_alarm_and_nothing_is_attached(stage: Stage) -> None:
    """The id is listed; the access key has to be learnt through the name."""
    true = stage.channel("generated_other", posts=3)
    thief = stage.channel("generated_ministry", posts=3)
    stage.watch(channel_listed("generated_ministry", true))
    assert stage.visit(T).visits == {OutcomeKind.REASSIGNED: 1}
    ((_, _, detail),) = stage.watcher.ends
    assert detail == f"the handle belongs to {thief} now, not to {true}; nothing is attached"
    assert stage.rows("SELECT * FROM post") == []
    assert stage.rows("SELECT platform_id, state FROM account") == [(true, "reassigned")]
    stage.watch(channel_listed("generated_other", true))
    stage.visit(T, later=2 * DAY)
    assert stage.stored(true) == [1, 2, 3]


def test_a_renamed_channel_is_followed_by_its_id(stage: Stage) -> None:
    channel = stage.channel("generated_before", posts=2)
    stage.watch(channel_listed("generated_before"))
    stage.visit(T)
    stage.telegram.world.rename(channel, "generated_after")
    stage.visit(T, later=2 * DAY)
    assert stage.watcher.ends == [
        ("generated_before", OutcomeKind.RENAMED, "generated_before is now generated_after")
    ]
    assert [handle for (handle,) in stage.rows("SELECT handle FROM handle ORDER BY first_seen")] == [
        "generated_before",
        "generated_after",
    ]
