"""Asking Telegram for the messages of one channel by their ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from telethon import functions, types
from telethon.tl.tlobject import TLObject

from tracker.collectors.protocol import Rereading
from tracker.collectors.telegram_posts import read_messages
from tracker.domain.records import Post

LARGEST_ALBUM = 10
REREADING = Rereading(
    # The first request, and those for the other pictures of albums.
    "channels.getMessages",
    batch=100,
    of_several=False,
    requests=LARGEST_ALBUM,
)


def request_for(channel_id: int, access_key: int, ids: Sequence[int]) -> TLObject:
    """A request for the messages with these ids."""
    return functions.channels.GetMessagesRequest(
        types.InputChannel(channel_id, access_key), [types.InputMessageID(number) for number in ids]
    )


def rest_of_albums(messages: Iterable[TLObject], known: frozenset[int]) -> Iterator[list[int]]:
    """The ids that other pictures of these messages' albums can have, a request's worth at a time."""
    ids = sorted(
        {
            message.id + step
            for message in messages
            if getattr(message, "grouped_id", None) is not None
            for step in range(1, LARGEST_ALBUM)
        }
        - known
    )
    for start in range(0, len(ids), REREADING.batch):
        yield ids[start : start + REREADING.batch]


def posts_of(messages: Sequence[TLObject], asked: frozenset[int], channel_id: int) -> dict[int, Post]:
    """The posts asked for, by the id of their first message; albums whole."""
    albums = {message.grouped_id for message in messages if _is_asked(message, asked)} - {None}
    chosen = [
        message for message in messages if message.id in asked or getattr(message, "grouped_id", None) in albums
    ]
    found = {post.post_id: post for post in read_messages(chosen, channel_id).posts}
    return {post_id: post for post_id, post in found.items() if post_id in asked}


def missing_of(messages: Iterable[TLObject], asked: frozenset[int]) -> frozenset[int]:
    """The ids under which there is nothing any more."""
    return frozenset(message.id for message in messages if isinstance(message, types.MessageEmpty)) & asked


def _is_asked(message: TLObject, asked: frozenset[int]) -> bool:
    return message.id in asked and hasattr(message, "grouped_id")
