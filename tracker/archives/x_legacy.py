"""A post as X wrote it before the API v2, and as its website and its archives write it still."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from tracker.collectors.x_answers import X_BEGAN, snowflake_time
from tracker.collectors.x_schema import Count, Id, Struct, one_line
from tracker.domain.instants import Instant
from tracker.domain.records import Metrics, Post, SetAside
from tracker.domain.words import PostKind

CREATED_AT = "%a %b %d %H:%M:%S %z %Y"
LINK_TO_POST = re.compile(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/\w+/status/([0-9]{1,19})(?![0-9])")


class Mention(Struct):
    id_str: Id | None = None


class Link(Struct):
    url: str = ""
    expanded_url: str = ""


class LegacyEntities(Struct):
    user_mentions: list[Mention] = msgspec.field(default_factory=list)
    urls: list[Link] = msgspec.field(default_factory=list)


class Initial(Struct):
    editTweetIds: list[Id] = msgspec.field(default_factory=list)  # noqa: N815  # X's name


class Edit(Struct):
    initialTweetId: Id | None = None  # noqa: N815


class EditInfo(Struct):
    """Of the first of an edit chain, or of a later one."""

    initial: Initial | None = None
    edit: Edit | None = None

    @property
    def first_id(self) -> int | None:
        if self.edit is not None:
            return self.edit.initialTweetId
        return min(self.initial.editTweetIds, default=None) if self.initial is not None else None


class LegacyPost(Struct):
    id_str: Id | None = None
    full_text: str | None = None
    text: str | None = None
    created_at: str = ""
    lang: str | None = None
    user_id_str: Id | None = None
    in_reply_to_status_id_str: Id | None = None
    in_reply_to_user_id_str: Id | None = None
    quoted_status_id_str: Id | None = None
    favorite_count: Count | None = None
    retweet_count: Count | None = None
    reply_count: Count | None = None
    quote_count: Count | None = None
    bookmark_count: Count | None = None
    entities: LegacyEntities | None = None
    edit_info: EditInfo | None = None
    withheld_in_countries: list[str] = msgspec.field(default_factory=list)


class Reposted(Struct):
    """The post that a repost shows, where it came along."""

    id: Id | None = None
    author_id: Id | None = None
    text: str | None = None


def to_legacy_post(
    item: LegacyPost,
    post_id: int | None = None,
    *,
    first_id: int | None = None,
    text: str | None = None,
    views: int | None = None,
    reposted: Reposted | None = None,
) -> Post | SetAside:
    """Our record of the post. What stands beside it in the file, and not in it, is handed in."""
    version_id = post_id or item.id_str
    if version_id is None:
        return SetAside(None, "a post without an id")
    first_id = min(first_id or version_id, item.edit_info.first_id or version_id if item.edit_info else version_id)
    when = _posted_at(item, first_id)
    if when is None or when < X_BEGAN:
        return SetAside(version_id, "no credible time of publication")
    said = text or item.full_text or item.text
    entities = item.entities or LegacyEntities()
    kind, ref_post_id, ref_author_id = PostKind.ORIGINAL, None, None
    if reposted is not None or (said or "").startswith("RT @"):
        kind = PostKind.REPOST
        if reposted is not None:
            ref_post_id, ref_author_id, said = reposted.id, reposted.author_id, reposted.text or said
        elif entities.user_mentions:
            ref_author_id = entities.user_mentions[0].id_str
    elif item.in_reply_to_status_id_str is not None or item.in_reply_to_user_id_str is not None:
        kind, ref_post_id, ref_author_id = (
            PostKind.REPLY,
            item.in_reply_to_status_id_str,
            item.in_reply_to_user_id_str,
        )
    elif (quoted := item.quoted_status_id_str or _linked_post(entities, said)) is not None:
        kind, ref_post_id = PostKind.QUOTE, quoted
    return Post(
        first_id,
        version_id,
        when,
        kind,
        said,
        item.lang,
        ref_post_id,
        ref_author_id,
        None if first_id == version_id else snowflake_time(version_id),
        ",".join(item.withheld_in_countries) or None,
        Metrics(
            item.favorite_count,
            item.retweet_count,
            item.reply_count,
            item.quote_count,
            item.bookmark_count,
            views or None,
        ),
    )


def _posted_at(item: LegacyPost, first_id: int) -> Instant | None:
    exact = snowflake_time(first_id)
    return exact if exact is not None else legacy_time(item.created_at)


def legacy_time(text: str) -> Instant | None:
    """When `Wed Sep 21 14:05:00 +0000 2022` was; None if it is no such time."""
    try:
        return int(datetime.strptime(one_line(text), CREATED_AT).timestamp())  # noqa: DTZ007  # it has %z
    except ValueError:
        return None


def _linked_post(entities: LegacyEntities, text: str | None) -> int | None:
    """A quoted post stands in the archive only as the link that ends the text."""
    for link in entities.urls:
        found = LINK_TO_POST.match(link.expanded_url)
        if found is not None and link.url and (text or "").endswith(link.url):
            number = int(found[1])
            return number if number < 2**63 else None
    return None
