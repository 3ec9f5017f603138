"""Kept raw answers, read once more by the parsers that read them when they came. Pure: no connection, no clock."""

from __future__ import annotations

import re
from typing import NamedTuple

from tracker.domain.records import Post
from tracker.domain.words import Platform

_ABOVE = re.compile(r" above=([0-9]{1,19})\b")


class UnreadableError(ValueError):
    """An answer that no parser understands."""


class Parsed(NamedTuple):
    """What a page of a timeline shows."""

    is_about: bool
    """Whether it is of the account asked about."""
    posts: tuple[Post, ...]
    """What its reader has stored."""
    others: tuple[Post, ...] = ()
    """What it shows besides, and what perhaps was left for another page: a cut album, posts known before."""
    knows_references: bool = True
    """Whether the ids of the posts referred to are in it; on Telegram's pages they partly come from elsewhere."""


def parsed(platform: Platform, platform_id: int | None, request: str, body: bytes) -> Parsed:
    """The posts in a kept answer to a request about an account. Raises UnreadableError."""
    if platform is Platform.X:
        return _of_x(platform_id, request, body)
    if request.startswith("GET "):
        return _of_telegram_pages(platform_id, request, body)
    return _of_telegram(platform_id, request, body)


def _of_x(platform_id: int | None, request: str, body: bytes) -> Parsed:
    import msgspec

    from tracker.collectors import x_answers, x_schema

    try:
        timeline, _ = x_schema.decode_timeline(body)
    except msgspec.DecodeError as error:
        raise UnreadableError(str(error)) from error
    posts, _ = x_answers.to_posts(timeline)
    return Parsed(f"/users/{platform_id}/" in request, tuple(posts))


def _of_telegram(platform_id: int | None, request: str, body: bytes) -> Parsed:
    from tracker.collectors.telegram_posts import kept_messages, read_messages, without_cut_album

    messages = kept_messages(body)
    if messages is None:
        raise UnreadableError("not an answer of Telegram's as it is kept")
    channel_id = platform_id or 0
    everything = read_messages(messages, channel_id).posts
    stored = frozenset(post.post_id for post in read_messages(without_cut_album(messages), channel_id).posts)
    return Parsed(
        f" channel={platform_id} " in request,
        tuple(post for post in everything if post.post_id in stored),
        tuple(post for post in everything if post.post_id not in stored),
    )


def _of_telegram_pages(platform_id: int | None, request: str, body: bytes) -> Parsed:
    from tracker.collectors.telegram_web_page import parse, read_preview

    preview = read_preview(parse(body), {})
    if preview is None:
        if body:
            raise UnreadableError("not a preview page")
        return Parsed(True, (), knows_references=False)
    above = _ABOVE.search(request)
    last = preview.blocks[-1] if preview.blocks else None
    posts: list[Post] = []
    others: list[Post] = []
    for block in preview.blocks:
        if block.post is None:
            continue
        # Without a word of where the walk ended, as in older answers, any of it may have been known before.
        known = above is None or block.lowest <= int(above[1])
        cut = block is last and block.has_pictures
        (others if known or cut else posts).append(block.post)
    is_about = preview.channel_ids <= {platform_id}
    return Parsed(is_about, tuple(posts), tuple(others), knows_references=False)
