"""What the X API sends, as typed structures, and how it becomes our records.

X renamed its fields on 2026-08-07 (`tweet` to `post`, `retweet` to `repost`). Both spellings are in the wild and both
are read; requests use the old ones, which are still understood. Ids come as strings and are numbers here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tracker.domain.instants import Instant
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Metrics, Post, Profile, SetAside
from tracker.domain.words import PostKind

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
FIRST_SNOWFLAKE = 30_000_000_000
"""Ids below were given out in sequence, before November 2010, and hold no time."""


class Struct(msgspec.Struct, gc=False):
    """Base of the structures; unknown fields are ignored, since X adds some every month."""


class Counts(Struct):
    like_count: int | None = None
    retweet_count: int | None = None
    repost_count: int | None = None
    reply_count: int | None = None
    quote_count: int | None = None
    bookmark_count: int | None = None
    impression_count: int | None = None


class Reference(Struct):
    type: str
    id: int


class Note(Struct):
    text: str | None = None


class Withheld(Struct):
    country_codes: list[str] = []


class Mention(Struct):
    id: int | None = None


class Entities(Struct):
    mentions: list[Mention] = []


class XPost(Struct):
    id: int
    text: str | None = None
    created_at: datetime | None = None
    lang: str | None = None
    author_id: int | None = None
    in_reply_to_user_id: int | None = None
    public_metrics: Counts | None = None
    referenced_tweets: list[Reference] | None = None
    referenced_posts: list[Reference] | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None
    edit_history_tweet_ids: list[int] | None = None
    edit_history_post_ids: list[int] | None = None
    entities: Entities | None = None
    withheld: Withheld | None = None


class UserCounts(Struct):
    followers_count: int | None = None
    following_count: int | None = None
    tweet_count: int | None = None
    post_count: int | None = None


class XUser(Struct):
    id: int
    username: str
    name: str | None = None
    created_at: datetime | None = None
    protected: bool = False
    public_metrics: UserCounts | None = None


class Problem(Struct):
    title: str = ""
    detail: str = ""
    type: str = ""
    resource_id: str | None = None
    value: str | None = None
    reset_date: str | None = None


class Meta(Struct):
    next_token: str | None = None


class Includes(Struct):
    tweets: list[msgspec.Raw] = []
    posts: list[msgspec.Raw] = []
    users: list[msgspec.Raw] = []


class Timeline(Struct):
    """A timeline whose every item fits."""

    data: list[XPost] = []
    includes: Includes | None = None
    errors: list[Problem] = []
    meta: Meta = msgspec.field(default_factory=Meta)


class RawTimeline(Struct):
    """A timeline whose items are looked at one by one, because some do not fit."""

    data: list[msgspec.Raw] = []
    includes: Includes | None = None
    errors: list[Problem] = []
    meta: Meta = msgspec.field(default_factory=Meta)


class Users(Struct):
    data: list[msgspec.Raw] = []
    errors: list[Problem] = []


# X sends numbers as strings; the lax mode reads them as what they are.
timeline_decoder = msgspec.json.Decoder(Timeline, strict=False)
raw_timeline_decoder = msgspec.json.Decoder(RawTimeline, strict=False)
post_decoder = msgspec.json.Decoder(XPost, strict=False)
users_decoder = msgspec.json.Decoder(Users, strict=False)
user_decoder = msgspec.json.Decoder(XUser, strict=False)
problem_decoder = msgspec.json.Decoder(Problem, strict=False)


class _OnlyId(Struct):
    id: int | None = None


_id_decoder = msgspec.json.Decoder(_OnlyId, strict=False)


def decode_timeline(body: bytes) -> tuple[Timeline, tuple[SetAside, ...]]:
    """The timeline in an answer, and the items that do not fit. Raises msgspec.DecodeError if it is none at all."""
    try:
        return timeline_decoder.decode(body), ()
    except msgspec.ValidationError:
        raw = raw_timeline_decoder.decode(body)
    fitting: list[XPost] = []
    aside: list[SetAside] = []
    for item in raw.data:
        try:
            fitting.append(post_decoder.decode(item))
        except msgspec.DecodeError as error:
            aside.append(SetAside(_id_of(item), str(error)))
    return Timeline(fitting, raw.includes, raw.errors, raw.meta), tuple(aside)


def _id_of(item: msgspec.Raw) -> int | None:
    try:
        return _id_decoder.decode(item).id
    except msgspec.DecodeError:
        return None


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
    if when is None:
        return SetAside(item.id, "no time of publication")
    kind, ref_post_id, ref_author_id = PostKind.ORIGINAL, None, None
    text = item.text
    note = item.note_post or item.note_tweet
    if note is not None and note.text is not None:
        text = note.text
    references = item.referenced_posts or item.referenced_tweets
    if references:
        by_kind = {KINDS[reference.type]: reference.id for reference in references if reference.type in KINDS}
        for kind in (PostKind.REPLY, PostKind.REPOST, PostKind.QUOTE):
            if kind in by_kind:
                ref_post_id = by_kind[kind]
                break
        else:
            return SetAside(item.id, f"unknown kind of reference: {references[0].type}")
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
        ",".join(item.withheld.country_codes) if item.withheld is not None else None,
        Metrics()
        if counts is None
        else Metrics(
            counts.like_count,
            counts.repost_count if counts.repost_count is not None else counts.retweet_count,
            counts.reply_count,
            counts.quote_count,
            counts.bookmark_count,
            counts.impression_count,
        ),
    )


def full_texts(includes: Includes | None) -> dict[int, str]:
    """The whole texts of the posts that came along."""
    texts: dict[int, str] = {}
    for item in (*includes.posts, *includes.tweets) if includes else ():
        try:
            post = post_decoder.decode(item)
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
    detail = problem.detail or problem.title or "the account is not there"
    if "suspended" in detail.casefold():
        kind = OutcomeKind.SUSPENDED
    elif problem.title == "Authorization Error" or "not-authorized" in problem.type:
        kind = OutcomeKind.PROTECTED
    elif problem.title == "Not Found Error" or "not-found" in problem.type:
        kind = OutcomeKind.GONE
    else:
        kind = OutcomeKind.REFUSED
    return Failure(kind, one_line(detail))


def one_line(text: str, longest: int = 200) -> str:
    """Text from outside, fit for a message: one line, printable, not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * longest])
    line = " ".join(printable.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


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
