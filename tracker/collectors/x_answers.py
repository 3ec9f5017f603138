"""How what X sends becomes our records. Pure: no connection, no clock."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tracker.collectors.x_schema import (
    Includes,
    Problem,
    Timeline,
    UserCounts,
    XPost,
    XUser,
    decode_post,
    id_of,
    one_line,
)
from tracker.domain.instants import Instant
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Metrics, Post, Profile, Resources, SetAside, Spend
from tracker.domain.words import PostKind

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
FIRST_SNOWFLAKE = 30_000_000_000
"""Ids below were given out in sequence, before November 2010, and hold no time."""
SNOWFLAKES_BEGAN: Instant = SNOWFLAKE_EPOCH_MS // 1000
"""2010-11-04: from then on ids hold a time."""
X_BEGAN: Instant = 1_142_899_200
"""2006-03-21: an older post has no time that could be true."""


def snowflake_time(post_id: int) -> Instant | None:
    """When an id was given out; None for those from before ids held a time."""
    return ((post_id >> 22) + SNOWFLAKE_EPOCH_MS) // 1000 if post_id >= FIRST_SNOWFLAKE else None


def posted_at(item: XPost, first_id: int) -> Instant | None:
    """When a post was published. After an edit X gives the time of the edit; the first id keeps the true one."""
    edited = item.id != first_id
    if item.created_at is not None and not edited:
        return int(item.created_at.timestamp())
    exact = snowflake_time(first_id)
    if exact is None and item.created_at is not None:
        return int(item.created_at.timestamp())
    return exact


KINDS = {
    "replied_to": PostKind.REPLY,
    "retweeted": PostKind.REPOST,
    "reposted": PostKind.REPOST,
    "quoted": PostKind.QUOTE,
}


def to_post(item: XPost, full_texts: dict[int, str]) -> Post | SetAside:
    """Our record of a post. `full_texts` holds what came along of reposted posts, whose text is cut otherwise."""
    history = item.edit_history_post_ids or item.edit_history_tweet_ids
    first_id = min(history) if history else item.id
    when = posted_at(item, first_id)
    if when is None or when < X_BEGAN:
        return SetAside(item.id, "no credible time of publication")
    kind, ref_post_id, ref_author_id = PostKind.ORIGINAL, None, None
    text = item.text
    note = item.note_post or item.note_tweet
    if note is not None and note.text is not None:
        text = note.text
    references = item.referenced_posts or item.referenced_tweets
    if references:
        known = [(KINDS[reference.type], reference.id) for reference in references if reference.type in KINDS]
        if not known:
            return SetAside(item.id, one_line(f"unknown kind of reference: {references[0].type}"))
        kind, ref_post_id = min(known)  # a reply that quotes is a reply: as the kinds are numbered
        if kind is PostKind.REPLY:
            ref_author_id = item.in_reply_to_user_id
        elif kind is PostKind.REPOST:
            text = full_texts.get(ref_post_id, text)
            if item.entities is not None and item.entities.mentions and (item.text or "").startswith("RT @"):
                ref_author_id = item.entities.mentions[0].id
    elif item.in_reply_to_user_id is not None:
        kind, ref_author_id = PostKind.REPLY, item.in_reply_to_user_id  # the post replied to is gone
    counts = item.public_metrics
    return Post(
        first_id,
        item.id,
        when,
        kind,
        text,
        item.lang,
        ref_post_id,
        ref_author_id,
        None if item.id == first_id or item.created_at is None else int(item.created_at.timestamp()),
        ",".join(item.withheld.country_codes) or None if item.withheld is not None else None,
        Metrics()
        if counts is None
        else Metrics(
            counts.like_count,
            counts.repost_count if counts.repost_count is not None else counts.retweet_count,
            counts.reply_count,
            counts.quote_count,
            counts.bookmark_count,
            counts.impression_count or None,  # X says 0 where it did not count: of all posts before December 2022
        ),
    )


def to_posts(timeline: Timeline) -> tuple[list[Post], tuple[SetAside, ...]]:
    """Our records of a timeline's posts, and those that make no sense."""
    texts = full_texts(timeline.includes)
    posts: list[Post] = []
    aside: list[SetAside] = []
    for item in timeline.data:
        post = to_post(item, texts)
        if isinstance(post, SetAside):
            aside.append(post)
        else:
            posts.append(post)
    return posts, tuple(aside)


def ids_of(timeline: Timeline, aside: Iterable[SetAside]) -> list[int]:
    """The ids that a page shows, those of items set aside too.

    Where an item has lost its id, the page's own word for its newest and oldest one still tells how far it reaches.
    """
    ids = [item.id for item in timeline.data]
    ids += [item.post_id for item in aside if item.post_id is not None]
    if timeline.meta is not None:
        ids += [end for end in (timeline.meta.newest_id, timeline.meta.oldest_id) if end is not None]
    return ids


def charged(timeline: Timeline, aside: Iterable[SetAside]) -> tuple[Spend, Resources]:
    """How many posts and users a page is charged for, and which: each once, those that came along too.

    One whose id cannot be read is charged all the same.
    """
    includes = timeline.includes or Includes()
    posts = [item.id for item in timeline.data] + [item.post_id for item in aside]
    posts += [id_of(item) for item in (*includes.posts, *includes.tweets)]
    users = [id_of(item) for item in includes.users]
    known = Resources(
        frozenset(number for number in posts if number is not None),
        frozenset(number for number in users if number is not None),
    )
    return Spend(posts=len(known.posts) + posts.count(None), users=len(known.users) + users.count(None)), known


def floor_of(ids: Iterable[int], posts: Iterable[Post]) -> Instant | None:
    """How far down a page of these ids and posts reaches; None if nothing on it tells a time."""
    times = [post.posted_at for post in posts if post.version_id == post.post_id]
    oldest = snowflake_time(min([number for number in ids if number >= FIRST_SNOWFLAKE], default=0))
    return min(times if oldest is None else [oldest, *times], default=None)


def full_texts(includes: Includes | None) -> dict[int, str]:
    """The whole texts of the posts that came along."""
    texts: dict[int, str] = {}
    for item in (*includes.posts, *includes.tweets) if includes else ():
        try:
            post = decode_post(item)
        except msgspec.DecodeError:
            continue  # it is extra; without it the cut text stays
        note = post.note_post or post.note_tweet
        text = note.text if note is not None and note.text is not None else post.text
        if text is not None:
            texts[post.id] = text
    return texts


def to_profile(user: XUser, taken_at: Instant) -> Profile:
    """Our record of a profile."""
    counts = user.public_metrics or UserCounts()
    return Profile(
        user.id,
        user.username,
        taken_at,
        user.name,
        counts.followers_count,
        counts.following_count,
        counts.post_count if counts.post_count is not None else counts.tweet_count,
        None if user.created_at is None else int(user.created_at.timestamp()),
    )


def account_failure(problem: Problem) -> Failure:
    """What a problem in a successful answer says of an account."""
    detail = problem.detail or problem.title or "X does not say why"
    if "has been suspended" in detail.casefold():  # the word alone may be part of a name
        kind = OutcomeKind.SUSPENDED
    elif problem.title == "Authorization Error" or "not-authorized" in problem.type:
        kind = OutcomeKind.PROTECTED
    elif problem.title == "Not Found Error" or "not-found" in problem.type:
        kind = OutcomeKind.GONE
    else:
        kind = OutcomeKind.REFUSED
    return Failure(kind, one_line(detail))


FIELDS_OF_A_PAGE = {
    "public_metrics": ("public_metrics",),
    "created_at": ("created_at",),
    "edit_history_tweet_ids": ("edit_history_tweet_ids", "edit_history_post_ids"),
}
"""Requested fields that every post has, with the names under which they may come."""


def missing_fields(items: Iterable[XPost]) -> tuple[str, ...]:
    """Requested fields that no post of a page has: X has renamed or withdrawn them."""
    posts = list(items)
    return tuple(
        field
        for field, names in FIELDS_OF_A_PAGE.items()
        if posts and all(getattr(post, name) is None for post in posts for name in names)
    )
