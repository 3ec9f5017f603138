"""What X answers when it is asked for posts by their ids. Pure: no connection, no clock."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tracker.collectors import x_answers, x_schema
from tracker.domain.instants import Instant
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Reread, SetAside


def decode(body: bytes, asked: Sequence[int], asked_at: Instant) -> Reread:
    """What became of the posts asked for. Raises msgspec.DecodeError if the answer says nothing of any."""
    answer, aside = x_schema.decode_timeline(body)
    if not answer.data and not aside and not answer.errors:
        raise msgspec.DecodeError("neither posts nor the reason why there are none")
    wanted = {str(post_id): post_id for post_id in asked}
    missing: set[int] = set()
    hidden: set[int] = set()
    for problem in x_schema.read_problems(answer.errors):
        about = wanted.get(problem.resource_id or problem.value or "")
        if about is not None:
            there = x_answers.account_failure(problem).kind is not OutcomeKind.GONE
            (hidden if there else missing).add(about)
    texts = x_answers.full_texts(answer.includes)
    posts = {}
    newer = {}
    for item in answer.data:
        latest = max(item.edit_history_post_ids or item.edit_history_tweet_ids or [item.id])
        post = x_answers.to_post(item, texts)
        if item.id not in asked or isinstance(post, SetAside):
            continue
        if latest > item.id:
            newer[item.id] = latest
        else:
            posts[item.id] = post
    spend, resources = x_answers.charged(answer, aside)
    return Reread(asked_at, posts, spend, frozenset(missing), frozenset(hidden), newer, resources=resources)
