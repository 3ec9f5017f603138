"""Whatever X sends, reading it gives records or says that it cannot be read, and raises nothing else."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collectors.x_stage import MINISTRY_TARGET, Stage
from tests.sandbox.x_rehearsal import get, timeline
from tracker.collectors.x import POST_FIELDS
from tracker.collectors.x_answers import account_failure, ids_of, missing_fields, snowflake_time, to_posts
from tracker.collectors.x_schema import decode_problem, decode_timeline, decode_users
from tracker.domain.records import Post, SetAside
from tracker.sandbox.x_dialect import DIALECTS

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.sampled_from(["0", "-1", str(2**63), "1.7E+18", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+23:59"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@cache
def page(dialect: str) -> bytes:
    """A page as the sandbox sends it, with posts of every kind and one that was edited."""
    with Stage(12, dialect=dialect) as stage:
        assert MINISTRY_TARGET.platform_id is not None
        newest = stage.truth()[0]
        stage.world.edit(newest.post_id, "سخن دراز " * 60, newest.posted_at + 60)
        fields = {"tweet_fields": ",".join(POST_FIELDS), "expansions": "referenced_tweets.id", "max_results": 5}
        return get(stage.server, timeline(MINISTRY_TARGET.platform_id), fields).content


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The ways to every part of a JSON document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(way for key, part in parts for way in places(part, (*path, key)))]


def replaced(value: Any, path: tuple[str | int, ...], part: object) -> Any:
    """The document with another part in one place."""
    if not path:
        return part
    value[path[0]] = replaced(value[path[0]], path[1:], part)
    return value


def all_that_is_read(body: bytes) -> tuple[list[Post], tuple[SetAside, ...]]:
    """What the collector does with a page."""
    read, aside = decode_timeline(body)
    posts, unfit = to_posts(read)
    missing_fields(read.data)
    for post_id in ids_of(read, aside + unfit):
        snowflake_time(post_id)
    for error in read.errors:
        assert account_failure(decode_problem(error)).detail.isprintable()
    return posts, aside + unfit


def reads_or_refuses(body: bytes) -> None:
    """Nothing but DecodeError is raised, and what is read fits the database."""
    try:
        posts, aside = all_that_is_read(body)
    except msgspec.DecodeError:
        return
    for post in posts:
        assert 0 < post.post_id < 2**63
        assert 0 < post.version_id < 2**63
        assert -(2**63) <= post.posted_at < 2**63
        assert all(count is None or count < 2**63 for count in post.metrics)
        "".join(text for text in (post.text, post.lang, post.withheld_in) if text).encode()
    assert all(item.reason.isprintable() for item in aside)


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(DIALECTS)))
def test_a_page_with_anything_in_any_place_is_read_or_refused(data: st.DataObject, dialect: str) -> None:
    document = json.loads(page(dialect))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(document)))
        document = replaced(document, path, data.draw(JSON))
    reads_or_refuses(json.dumps(document).encode())


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(DIALECTS)))
def test_a_page_with_bytes_missing_or_changed_is_read_or_refused(data: st.DataObject, dialect: str) -> None:
    body = page(dialect)
    begin = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(begin, min(len(body), begin + 20)))
    reads_or_refuses(body[:begin] + data.draw(st.binary(max_size=8)) + body[end:])


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    reads_or_refuses(body)


@settings(deadline=None)
@given(JSON, st.binary(max_size=60))
def test_any_users_and_problems_are_read_or_refused(document: object, noise: bytes) -> None:
    for body in (json.dumps({"data": document}).encode(), json.dumps({"errors": document}).encode(), noise):
        assert account_failure(decode_problem(body)).detail.isprintable()
        try:
            users, problems, charged = decode_users(body)
        except msgspec.DecodeError:
            continue
        assert len(users) <= charged
        assert all(account_failure(problem).detail.isprintable() for problem in problems)


def test_a_text_that_is_none_costs_only_its_own_post() -> None:
    body = page("post").replace("نوشتهٔ 8".encode(), b"\xff\xfe")
    posts, aside = all_that_is_read(body)
    assert len(posts) == 4
    (item,) = aside
    assert item.reason == "a text that is not UTF-8"
    assert item.post_id is not None
