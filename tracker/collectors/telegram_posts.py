"""From Telegram's messages to posts. Pure: no connection, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import signature
from typing import Any

import msgspec
from telethon import types
from telethon.tl.tlobject import TLObject

from tracker.collectors.telegram_walk import TELEGRAM_BEGAN
from tracker.domain.instants import Instant
from tracker.domain.records import Metrics, Post, SetAside
from tracker.domain.words import PostKind


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of some messages: posts newest first, and what did not fit."""

    posts: tuple[Post, ...]
    set_aside: tuple[SetAside, ...]


def read_messages(messages: Iterable[TLObject], channel_id: int) -> Reading:
    """Posts of one channel's messages; an album is one post, service messages and empty ones are none."""
    members: dict[tuple[str, int], list[TLObject]] = {}
    set_aside: list[SetAside] = []
    for message in messages:
        if isinstance(message, types.MessageService | types.MessageEmpty):
            continue
        reason = _unreadable(message)
        if reason is not None:
            set_aside.append(SetAside(getattr(message, "id", None), reason))
        elif message.grouped_id is None:
            members["single", message.id] = [message]
        else:
            members.setdefault(("album", message.grouped_id), []).append(message)
    posts = [_post_of(sorted(album, key=lambda member: member.id), channel_id) for album in members.values()]
    return Reading(tuple(sorted(posts, key=lambda post: post.post_id, reverse=True)), tuple(set_aside))


def without_cut_album(messages: Sequence[TLObject]) -> Sequence[TLObject]:
    """The messages, newest first, without those of a last album that may go on below them.

    They are left for the next page, which then holds the album whole. A page that is nothing but one album is
    left as it is, so that every page gets on.
    """
    album = getattr(messages[-1], "grouped_id", None) if messages else None
    if album is None:
        return messages
    first = next(index for index, message in enumerate(messages) if getattr(message, "grouped_id", None) == album)
    return messages[:first] or messages


def instant_of(message: TLObject) -> Instant | None:
    """When the message was published; None where it does not say so credibly."""
    moment = getattr(message, "date", None)
    instant = int(moment.timestamp()) if moment is not None else 0
    return instant if instant >= TELEGRAM_BEGAN else None


def _unreadable(message: TLObject) -> str | None:
    if not isinstance(message, types.Message):
        return f"unknown kind of message: {type(message).__name__}"
    if instant_of(message) is None:
        return "no credible date"
    return None


def _post_of(album: Sequence[TLObject], channel_id: int) -> Post:
    """One post from its messages, the lowest id first."""
    first = album[0]
    kind, ref_author_id, ref_post_id = _reference(first, channel_id)
    edits = [int(member.edit_date.timestamp()) for member in album if member.edit_date and not member.edit_hide]
    return Post(
        post_id=first.id,
        version_id=first.id,
        posted_at=int(first.date.timestamp()),
        kind=kind,
        text=next((str(member.message) for member in album if member.message), None),
        ref_post_id=ref_post_id,
        ref_author_id=ref_author_id,
        edited_at=max(edits, default=None),
        metrics=Metrics(
            views=_most(member.views for member in album),
            reposts=_most(member.forwards for member in album),
            replies=_most(member.replies.replies if member.replies else None for member in album),
            reactions=_most(_reactions(member) for member in album),
        ),
    )


def _reference(message: TLObject, channel_id: int) -> tuple[PostKind, int | None, int | None]:
    """The kind, and the account and post that it refers to. Private persons are never named."""
    if message.fwd_from is not None:
        origin = message.fwd_from
        author_id = origin.from_id.channel_id if isinstance(origin.from_id, types.PeerChannel) else None
        return PostKind.REPOST, author_id, origin.channel_post if author_id is not None else None
    if isinstance(message.reply_to, types.MessageReplyHeader):
        answered = message.reply_to
        if answered.reply_to_peer_id is None:
            return PostKind.REPLY, channel_id, answered.reply_to_msg_id
        if isinstance(answered.reply_to_peer_id, types.PeerChannel):
            return PostKind.REPLY, answered.reply_to_peer_id.channel_id, answered.reply_to_msg_id
        return PostKind.REPLY, None, None
    if message.reply_to is not None:
        return PostKind.REPLY, None, None
    return PostKind.ORIGINAL, None, None


def _reactions(message: TLObject) -> int | None:
    return sum(reaction.count for reaction in message.reactions.results) if message.reactions else None


def _most(counts: Iterable[int | None]) -> int | None:
    return max((count for count in counts if count is not None), default=None)


PERSONAL = frozenset(
    {
        "from_name",
        "saved_from_name",
        "post_author",
        "recent_repliers",
        "recent_reactions",
        "top_reactors",
        "user_id",
        "phone_number",
        "first_name",
        "last_name",
        "vcard",
        "users",
    }
)
"""Fields that can name persons, who are none of our business."""


def raw_answer(answer: TLObject, channel_id: int) -> bytes:
    """A page as Telegram sent it, as JSON: the messages and the channel, but no person, and no absent field."""
    kept = {
        "_": type(answer).__name__,
        "count": getattr(answer, "count", None),
        "messages": [_impersonal(message.to_dict()) for message in answer.messages],
        "chats": [_impersonal(chat.to_dict()) for chat in answer.chats if chat.id == channel_id],
    }
    return msgspec.json.encode(kept)


def _impersonal(value: object) -> object:
    if isinstance(value, dict):
        parts = ((name, _impersonal(part)) for name, part in value.items() if name not in PERSONAL)
        return {name: part for name, part in parts if part is not None and part is not False}
    if isinstance(value, list):
        return [_impersonal(part) for part in value]
    return value


class _Kept(msgspec.Struct):
    messages: list[dict[str, Any]] = []


DATES = frozenset({"date", "edit_date"})


def kept_messages(body: bytes) -> list[TLObject] | None:
    """The messages of an answer that `raw_answer` has written; None if it is none."""
    try:
        kept = msgspec.json.decode(body, type=_Kept)
        return [_revived(message) for message in kept.messages]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None


def _revived(value: Any) -> Any:
    """An object of Telegram's from its JSON; what was left out, or never there, is None."""
    if isinstance(value, list):
        return [_revived(part) for part in value]
    if not isinstance(value, dict):
        return value
    kind = getattr(types, str(value.get("_")), None)
    if not (isinstance(kind, type) and issubclass(kind, TLObject)):
        return value
    revived: TLObject = object.__new__(kind)
    for name in signature(kind).parameters:
        part = value.get(name)
        setattr(revived, name, datetime.fromisoformat(part) if name in DATES and part else _revived(part))
    return revived
