"""The way that tweepy and SQLModel suggest: an object for everything, from the answer to the row."""

from __future__ import annotations

from typing import Any

import requests
import tweepy
from sqlalchemy import Engine
from sqlmodel import Session

from scripts.benches.answers import Answers
from tracker.collectors.x import PAGE, POST_FIELDS
from tracker.domain.instants import Instant
from tracker.domain.words import PostKind
from tracker.store.tables import Metric, Post

KINDS = {"replied_to": PostKind.REPLY, "retweeted": PostKind.REPOST, "quoted": PostKind.QUOTE}


class OfflineClient(tweepy.Client):  # type: ignore[misc]  # tweepy has no types
    """The real client, but for the request: it takes the next answer that lies ready."""

    def __init__(self, answers: Answers) -> None:
        super().__init__("generated")
        self._waiting = iter([answer for pages in answers.values() for answer in pages])

    def request(self, *_question: object, **_options: object) -> requests.Response:
        return next(self._waiting)


def store_objects(engine: Engine, answers: Answers, now: Instant) -> None:
    """Store the posts and counters of all answers, a commit a page; a post that is known already is no error."""
    client = OfflineClient(answers)
    with Session(engine) as session:
        for account_id, pages in answers.items():
            for _ in pages:
                page = client.get_users_tweets(account_id, max_results=PAGE, tweet_fields=POST_FIELDS)
                for tweet in page.data:
                    session.merge(_post(account_id, tweet, now))
                    session.add(_metric(account_id, tweet, now))
                session.commit()


def _post(account_id: int, tweet: Any, now: Instant) -> Post:
    reference = tweet.referenced_tweets[0] if tweet.referenced_tweets else None
    return Post(
        account_id=account_id,
        post_id=tweet.id,
        version_id=tweet.id,
        posted_at=int(tweet.created_at.timestamp()),
        kind=PostKind.ORIGINAL if reference is None else KINDS[reference.type],
        text=tweet.text,
        lang=tweet.lang,
        ref_post_id=None if reference is None else reference.id,
        ref_author_id=tweet.in_reply_to_user_id,
        collected_at=now,
    )


def _metric(account_id: int, tweet: Any, now: Instant) -> Metric:
    counts = tweet.public_metrics
    return Metric(
        account_id=account_id,
        post_id=tweet.id,
        taken_at=now,
        likes=counts["like_count"],
        reposts=counts["retweet_count"],
        replies=counts["reply_count"],
        quotes=counts["quote_count"],
        bookmarks=counts["bookmark_count"],
        views=counts["impression_count"],
    )
