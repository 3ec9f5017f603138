"""Posts and users as X writes them in JSON: the fields that were asked for, in the dialect that is spoken."""

from __future__ import annotations

from tracker.domain.instants import Instant, iso
from tracker.domain.words import PostKind
from tracker.sandbox.x_dialect import Dialect, JsonObject
from tracker.sandbox.x_world import XAccount, XPost, XState, XWorld

POST_LENGTH, REPOST_LENGTH = 280, 140
"""Where X cuts the text of a post, and of a repost."""

REFERENCE_TYPES = {PostKind.REPLY: "replied_to", PostKind.REPOST: "retweeted", PostKind.QUOTE: "quoted"}


def moment(instant: Instant) -> str:
    """The instant as X writes it: with milliseconds, which are always 0."""
    return iso(instant).removesuffix("Z") + ".000Z"


def post_object(post: XPost, fields: frozenset[str], dialect: Dialect, world: XWorld) -> JsonObject:
    """The post with X's default fields and those asked for, by their new names."""
    chain = post.edit_chain or (post.post_id,)
    answer: JsonObject = {
        "id": str(post.post_id),
        "text": _shortened(post),
        dialect.edit_history: [str(version) for version in chain],
    }
    if "author_id" in fields:
        answer["author_id"] = str(post.author_id)
    if "conversation_id" in fields:
        replied_to = post.ref_post_id if post.kind is PostKind.REPLY else None
        answer["conversation_id"] = str(replied_to or chain[0])
    if "created_at" in fields:
        answer["created_at"] = moment(post.created_at)
    if "entities" in fields and (entities := _entities(post, world)):
        answer["entities"] = entities
    if "in_reply_to_user_id" in fields and post.kind is PostKind.REPLY and post.ref_author_id is not None:
        answer["in_reply_to_user_id"] = str(post.ref_author_id)
    if "lang" in fields and post.lang is not None:
        answer["lang"] = post.lang
    if "note_post" in fields and post.kind is not PostKind.REPOST and len(post.text) > POST_LENGTH:
        answer[dialect.note] = {"text": post.text}
    if "possibly_sensitive" in fields:
        answer["possibly_sensitive"] = False
    if "public_metrics" in fields:
        answer["public_metrics"] = _post_metrics(post, dialect)
    if "referenced_posts" in fields and post.ref_post_id is not None:
        answer[dialect.referenced] = [{"type": REFERENCE_TYPES[post.kind], "id": str(post.ref_post_id)}]
    if "withheld" in fields and post.withheld_in:
        countries = list(post.withheld_in)
        answer["withheld"] = {"copyright": False, "country_codes": countries, "scope": dialect.noun}
    return answer


def user_object(account: XAccount, fields: frozenset[str], dialect: Dialect, world: XWorld) -> JsonObject:
    """The user with X's default fields and those asked for, by their new names."""
    answer: JsonObject = {"id": str(account.account_id), "name": account.name, "username": account.username}
    if "created_at" in fields:
        answer["created_at"] = moment(account.created_at)
    if "description" in fields:
        answer["description"] = account.description
    if "protected" in fields:
        answer["protected"] = account.state is XState.PROTECTED
    if "verified" in fields:
        answer["verified"] = False
    if "public_metrics" in fields:
        answer["public_metrics"] = {
            "followers_count": account.followers,
            "following_count": account.following,
            dialect.post_count: world.count(account.account_id),
            "listed_count": 0,
            "like_count": 0,
        }
    newest = world.newest(account.account_id)
    if "most_recent_post_id" in fields and newest is not None:
        answer[dialect.latest] = str(newest)
    return answer


def _entities(post: XPost, world: XWorld) -> JsonObject:
    """Whom a repost names, and the link to what a post quotes, which X shows in its text as a short one."""
    name, colon, _ = post.text.removeprefix("RT @").partition(":")
    if post.kind is PostKind.REPOST and colon and (named := world.account_named(name)) is not None:
        return {"mentions": [{"start": 3, "end": 4 + len(name), "username": name, "id": str(named.account_id)}]}
    author = None if post.ref_author_id is None else world.account(post.ref_author_id)
    if post.kind is PostKind.QUOTE and author is not None:
        link = f"https://twitter.com/{author.username}/status/{post.ref_post_id}"
        end = len(post.text)
        return {"urls": [{"start": max(0, end - 23), "end": end, "url": "https://t.co/0", "expanded_url": link}]}
    return {}


def _post_metrics(post: XPost, dialect: Dialect) -> JsonObject:
    return {
        dialect.repost_count: post.metrics.reposts or 0,
        "reply_count": post.metrics.replies or 0,
        "like_count": post.metrics.likes or 0,
        "quote_count": post.metrics.quotes or 0,
        "bookmark_count": post.metrics.bookmarks or 0,
        "impression_count": post.metrics.views or 0,
    }


def _shortened(post: XPost) -> str:
    length = REPOST_LENGTH if post.kind is PostKind.REPOST else POST_LENGTH
    return post.text if len(post.text) <= length else post.text[: length - 1] + "…"
