"""What is cut out of raw answers, and what only looks like it."""

from __future__ import annotations

import msgspec

from tracker.store.excision import Traces, excised, posts_in

THEIRS = Traces(frozenset({"28", "gen_reporter"}), handles=frozenset({"gen_reporter"}))


def left_of(answer: object, traces: Traces = THEIRS) -> object:
    left = excised(msgspec.json.encode(answer), traces)
    return None if left is None else msgspec.json.decode(left)


def test_a_number_that_is_no_id_stays_though_somebody_has_it_as_his_id() -> None:
    page = {
        "data": [
            {
                "id": "71",
                "text": "28",
                "created_at": "2025-02-28T13:28:28.000Z",
                "public_metrics": {"like_count": 28, "impression_count": 28},
                "entities": {"hashtags": [{"start": 28, "end": 30, "tag": "of_28"}]},
            }
        ],
        "meta": {"result_count": 28},
    }
    assert left_of(page) == page
    messages = [{"_": "Message", "id": 3, "message": "x", "views": 28, "date": "2025-02-28T13:28:28+00:00"}]
    assert left_of(messages) == messages


def test_the_same_number_as_an_id_goes_with_what_it_describes() -> None:
    reply = {"id": "71", "text": "no", "in_reply_to_user_id": "28"}
    mention = {
        "id": "72",
        "text": "@gen_reporter",
        "entities": {"mentions": [{"username": "Gen_Reporter", "id": "28"}]},
    }
    page = {"data": [reply, mention, {"id": "73", "text": "said", "author_id": "28"}]}
    assert left_of(page) == {
        "data": [{"id": "71", "text": "no"}, {"id": "72", "text": "@gen_reporter", "entities": {"mentions": []}}]
    }
    forward = {
        "_": "Message",
        "id": 4,
        "message": "theirs",
        "fwd_from": {"date": 1, "channel_post": 3, "from_id": {"_": "PeerChannel", "channel_id": 28}},
    }
    assert left_of([forward]) == [{"_": "Message", "id": 4}]


def test_a_forward_of_one_post_goes_and_one_of_another_stays() -> None:
    traces = Traces(forwards=frozenset({("28", "3")}))
    head = {"_": "MessageFwdHeader", "from_id": {"_": "PeerChannel", "channel_id": 28}}
    cut = {"_": "Message", "id": 4, "message": "theirs", "fwd_from": {**head, "channel_post": 3}}
    kept = {"_": "Message", "id": 5, "message": "another", "fwd_from": {**head, "channel_post": 2}}
    assert left_of([cut, kept], traces) == [{"_": "Message", "id": 4}, kept]


def test_posts_are_told_by_their_author_and_by_links_to_them() -> None:
    link = {"urls": [{"expanded_url": "https://twitter.com/Gen_Reporter/status/1577584304714678272"}]}
    other = {"urls": [{"expanded_url": "https://x.com/gen_minister/status/99"}]}
    page = {
        "data": [{"id": "71", "text": "look", "entities": link}, {"id": "72", "text": "or", "entities": other}],
        "includes": {
            "tweets": [{"id": "73", "text": "theirs", "author_id": "28"}, {"id": "74", "text": "", "author_id": "5"}]
        },
    }
    assert posts_in(msgspec.json.encode(page), THEIRS) == {1577584304714678272, 73}
