"""X's counts: how many posts of an account there were, without reading one of them. Reposts are not in them."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from tracker.analysis.prices import ARCHIVE_BEGINS
from tracker.collectors.x_schema import Moment, Problem, Struct
from tracker.domain.instants import iso
from tracker.domain.intervals import Interval
from tracker.domain.records import Count, Grain, Target

RECENT = "tweets/counts/recent"
"""The endpoint for the last seven days."""
ARCHIVE = "tweets/counts/all"
"""The endpoint for all time, 31 days an answer, the newest first."""


class _Piece(Struct):
    start: Moment
    end: Moment
    tweet_count: int | None = None
    post_count: int | None = None


class _Meta(Struct):
    next_token: str | None = None
    total_tweet_count: int | None = None
    total_post_count: int | None = None


class _Answer(Struct):
    data: list[_Piece] = msgspec.field(default_factory=list)
    errors: list[Problem] = msgspec.field(default_factory=list)
    meta: _Meta = msgspec.field(default_factory=_Meta)


class CountsError(ValueError):
    """An answer that contradicts itself: no figure may rest on it."""


def question_of(target: Target, asked: Interval, grain: Grain, cursor: str | None) -> dict[str, str]:
    """The parameters of a request. The account is named by its number: a handle may have another owner by now."""
    question = {
        "query": f"from:{target.platform_id}",
        "granularity": grain.value,
        "start_time": iso(max(asked.since, ARCHIVE_BEGINS)),
        "end_time": iso(asked.until),
    }
    return question if cursor is None else question | {"next_token": cursor}


def decode(body: bytes) -> tuple[tuple[Count, ...], str | None, list[Problem]]:
    """The pieces of an answer, oldest first, the token of the next answer, and what X complains of.

    Raises msgspec.DecodeError for what cannot be read, CountsError for pieces that overlap or do not add up.
    """
    answer = msgspec.json.decode(body, type=_Answer)
    counts = tuple(sorted(_count(piece) for piece in answer.data))
    if any(count.since >= count.until or count.posts < 0 for count in counts):
        raise CountsError("X counted backwards")
    if any(one.until > other.since for one, other in pairwise(counts)):
        raise CountsError("X counted some time twice")
    total = answer.meta.total_post_count
    total = answer.meta.total_tweet_count if total is None else total
    if total is not None and total != sum(count.posts for count in counts):
        raise CountsError("X's counts do not add up to its total")
    return counts, answer.meta.next_token, answer.errors


def _count(piece: _Piece) -> Count:
    posts = piece.post_count if piece.post_count is not None else piece.tweet_count
    if posts is None:
        raise CountsError("X gave a piece of time without a count")
    return Count(int(piece.start.timestamp()), int(piece.end.timestamp()), posts)
