"""Items that do not fit what we expect: kept out with their reason, while the walk loses no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.collectors.walking import failed, onward, posts_of, read, walk_through
from tests.collectors.x_stage import MINISTRY_TARGET, Body, Stage
from tests.sandbox.x_rehearsal import MINISTRY
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import End, Page, Walk
from tracker.sandbox.x_faults import XFault

OLDEST, MIDDLE, NEWEST = -1, 25, 0


def without_id(place: int) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        if "data" in body:
            del body["data"][place]["id"]

    return change


def without_any_id(body: Body) -> None:
    """No item says its id, and the page does not say how far it reaches."""
    for item in body.get("data", ()):
        del item["id"]
    for end in ("newest_id", "oldest_id"):
        body["meta"].pop(end, None)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (XFault.MALFORMED_ID, "Object missing required field `id`"),
        (XFault.MALFORMED_METRICS, "Expected `object | null`, got `str` - at `$.public_metrics`"),
    ],
)
def test_a_malformed_post_is_set_aside_and_the_page_goes_on(dialect: str, fault: XFault, reason: str) -> None:
    with Stage(250, dialect=dialect) as stage:
        stage.server.fail(fault)
        pages = walk_through(stage.collector(), MINISTRY_TARGET)
        spoiled = stage.server.log[0].spoiled
        assert posts_of(pages) == tuple(post for post in stage.truth() if post.post_id != spoiled)
        assert [(aside.post_id, aside.reason) for page in pages for aside in page.set_aside] == [
            (None if fault is XFault.MALFORMED_ID else spoiled, reason)
        ]
        assert pages[0].spend.posts == 100


@pytest.mark.parametrize("forgotten", [False, True])
@pytest.mark.parametrize("place", [OLDEST, MIDDLE, NEWEST])
def test_wherever_a_post_has_lost_its_id_floor_mark_and_way_on_stay_right(
    stage: Stage, place: int, forgotten: bool
) -> None:
    truth = stage.truth()
    with stage.meddled(without_id(place)) as url:
        collector = stage.collector(url)
        pages, walk = [read(collector, MINISTRY_TARGET, Walk())], Walk()
        while pages[-1].end is None:
            walk = onward(walk, pages[-1])
            if forgotten:
                stage.server.expire_tokens()
            pages.append(read(collector, MINISTRY_TARGET, walk))
    lost = [range(0, 100)[place], range(100, 200)[place], range(200, 250)[place]]
    assert posts_of(pages) == tuple(post for number, post in enumerate(truth) if number not in lost)
    assert [len(page.set_aside) for page in pages] == [1, 1, 1]
    assert [page.floor for page in pages] == [truth[99].posted_at, truth[199].posted_at, truth[249].posted_at]
    assert pages[0].mark == str(truth[0].post_id)
    assert stage.server.delivered == [post.post_id for post in truth]


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_page_without_any_id_is_not_taken_for_the_end(stage: Stage, forgotten: bool) -> None:
    with stage.meddled(without_any_id) as url:
        spoiled = read(stage.collector(url), MINISTRY_TARGET, Walk())
    assert (len(spoiled.set_aside), spoiled.end, spoiled.floor, spoiled.mark) == (100, None, None, None)
    if forgotten:
        stage.server.expire_tokens()
    rest = walk_through(stage.collector(), MINISTRY_TARGET, onward(Walk(), spoiled))
    # Without an id and without its token, a walk can only begin anew: that loses nothing.
    assert posts_of(rest) == stage.truth()[0 if forgotten else 100 :]
    assert rest[-1].end is End.BEGINNING


def test_a_page_without_any_id_leaves_the_mark_where_it_was(stage: Stage) -> None:
    mark = str(stage.truth()[5].post_id)
    with stage.meddled(without_any_id) as url:
        assert read(stage.collector(url), MINISTRY_TARGET, Walk(mark=mark)).mark == mark


def test_an_empty_page_that_announces_another_is_not_taken_for_the_end(stage: Stage) -> None:
    pages: list[Page] = []

    def empty_first(body: Body) -> None:
        if not pages:
            del body["data"]
            body["meta"] = {"result_count": 0, "next_token": body["meta"]["next_token"]}

    with stage.meddled(empty_first) as url:
        collector = stage.collector(url)
        pages.append(read(collector, MINISTRY_TARGET, Walk()))
        assert (pages[0].posts, pages[0].end) == ((), None)
        assert posts_of(walk_through(collector, MINISTRY_TARGET, onward(Walk(), pages[0]))) == stage.truth()[100:]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"title": "Something", "detail": "new"},
        {"data": []},
        {"meta": {"result_count": 5}},
        {"data": None, "meta": {"result_count": 0}},
        {"data": "none"},
    ],
)
def test_an_answer_that_does_not_say_that_there_is_nothing_never_means_nothing(stage: Stage, odd: Body) -> None:
    def change(body: Body) -> None:
        body.clear()
        body.update(odd)

    with stage.meddled(change) as url:
        failure = failed(stage.collector(url).fetch(MINISTRY_TARGET, Walk()))
    assert failure.kind is OutcomeKind.BAD_ANSWER


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "9223372036854775808"),
        ("id", "-5"),
        ("id", "0"),
        ("id", "1.7E+18"),
        ("created_at", "2022-09-21T14:00:00"),
        ("created_at", "1970-01-01T00:00:00Z"),
        ("created_at", 5),
        ("text", 5),
        ("public_metrics", {"like_count": 2**63}),
        ("lang", ["fa"]),
        ("edit_history_post_ids", ["x"]),
        ("referenced_posts", [{"type": "echoed", "id": "1"}]),
    ],
)
def test_what_the_database_could_not_hold_or_nobody_could_believe_is_set_aside(
    stage: Stage, field: str, value: object
) -> None:
    def change(body: Body) -> None:
        body["data"][7][field] = value

    with stage.meddled(change) as url:
        page = read(stage.collector(url), MINISTRY_TARGET, Walk())
    truth = stage.truth()[:100]
    assert page.posts == truth[:7] + truth[8:]
    (aside,) = page.set_aside
    assert aside.post_id == (None if field == "id" else truth[7].post_id)
    assert aside.reason.isprintable()


def test_a_reference_of_an_unknown_kind_beside_a_known_one_does_not_matter(stage: Stage) -> None:
    def change(body: Body) -> None:
        reply = next(
            item for item in body["data"] if item.get("referenced_posts", [{}])[0].get("type") == "replied_to"
        )
        reply["referenced_posts"].insert(0, {"type": "echoed", "id": "1"})

    with stage.meddled(change) as url:
        assert read(stage.collector(url), MINISTRY_TARGET, Walk()).posts == stage.truth()[:100]


def test_a_field_that_was_asked_for_and_is_absent_from_a_whole_page_is_warned_of(stage: Stage) -> None:
    def change(body: Body) -> None:
        for item in body["data"]:
            item["metrics_of_the_public"] = item.pop("public_metrics")
            del item["edit_history_post_ids"]

    with stage.meddled(change) as url:
        page = read(stage.collector(url), MINISTRY_TARGET, Walk())
    renamed = "; has X renamed it?"
    assert page.warnings == (f"no post has public_metrics{renamed}", f"no post has edit_history_tweet_ids{renamed}")
    assert [post.post_id for post in page.posts] == [post.post_id for post in stage.truth()[:100]]


def test_problems_with_posts_that_should_have_come_along_do_not_matter(stage: Stage) -> None:
    # The invented posts that are referred to do not exist: X complains of them beside the data.
    page = read(stage.collector(expand_referenced=True), MINISTRY_TARGET, Walk())
    assert page.answer is not None
    assert b'"errors"' in page.answer.body
    assert page.posts == stage.truth()[:100]


def test_what_came_along_and_does_not_fit_leaves_the_cut_text(stage: Stage) -> None:
    newest = stage.world.newest(MINISTRY)

    def change(body: Body) -> None:
        body["includes"] = {"posts": [{"id": "x"}, 7, {"id": str(newest)}], "users": [{}]}

    with stage.meddled(change) as url:
        page = read(stage.collector(url, expand_referenced=True), MINISTRY_TARGET, Walk())
    assert page.posts == stage.truth()[:100]
    # The newest came in the data already: it is charged once.
    assert (page.spend.posts, page.spend.users) == (102, 1)
