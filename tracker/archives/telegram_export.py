"""Telegram Desktop's `result.json`, of one chat or of everything: only channels are read, never groups or persons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from tracker.archives.documents import CutOffError, Path, items
from tracker.archives.entries import Chunk, Entry, Hints, Proof, Puzzle
from tracker.archives.source import Source
from tracker.archives.times import BadTimeError, instant_of
from tracker.collectors.telegram_walk import TELEGRAM_BEGAN
from tracker.collectors.x_schema import Id, Struct, one_line
from tracker.domain.errors import UsageError
from tracker.domain.instants import Instant
from tracker.domain.intervals import span
from tracker.domain.records import Metrics, Post
from tracker.domain.words import Platform, PostKind

CHANNELS = frozenset({"public_channel", "private_channel"})
ONE, FULL = (), ("chats", "list", "*")
LEFT = ("left_chats", "list", "*")
CHATS: tuple[Path, ...] = (ONE, FULL, LEFT)
MESSAGES = frozenset((*chat, "messages", "*") for chat in CHATS)
FACTS = frozenset((*chat, fact) for chat in CHATS for fact in ("id", "type"))
LARGEST_ALBUM = 10
OF_CHANNEL = re.compile(r"channel([0-9]{1,18})")
PICTURES = frozenset({"video_file", "photo", "animation", "audio_file"})


Seconds = Annotated[int, msgspec.Meta(ge=0, le=10**11)]
"""Since 1970."""


class Piece(Struct):
    """A part of a text that is formatted."""

    text: str = ""


class Reaction(Struct):
    count: Annotated[int, msgspec.Meta(ge=0, le=10**15)] = 0


class Message(Struct):
    id: int
    type: str = "message"
    date: str = ""
    date_unixtime: Seconds | None = None
    edited_unixtime: Seconds | None = None
    from_id: str | None = None
    forwarded_from: str | None = None
    forwarded_from_id: str | None = None
    reply_to_message_id: Id | None = None
    reply_to_peer_id: str | None = None
    text: str | list[str | Piece] = ""
    reactions: list[Reaction] = msgspec.field(default_factory=list)
    photo: str | None = None
    file: str | None = None
    media_type: str | None = None

    @property
    def whole_text(self) -> str | None:
        if isinstance(self.text, str):
            return self.text or None
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.text) or None

    @property
    def can_be_in_an_album(self) -> bool:
        return self.photo is not None or self.media_type in PICTURES or (bool(self.file) and not self.media_type)

    @property
    def is_forwarded(self) -> bool:
        return self.forwarded_from is not None or self.forwarded_from_id is not None


class TelegramExport:
    """The channels of an export. It names them by number only."""

    platform = Platform.TELEGRAM

    def __init__(self, source: Source, hints: Hints) -> None:
        self._source, self._hints = source, hints

    def chunks(self, after: int) -> Iterator[Chunk]:
        number = 0
        chat = _Chat(None, None)
        try:
            for path, found in items(self._source, MESSAGES, FACTS):
                if path in MESSAGES:
                    number += 1
                    ended, puzzle, others = self._take(chat, number, found)
                    if number > after and (ended is not None or puzzle is not None or others):
                        puzzles = () if puzzle is None else (puzzle,)
                        yield Chunk(chat.place(number), self._entries(chat, ended), puzzles, others)
                elif path in FACTS:
                    chat = self._told(chat, path[-1], found)
                    if chat.is_channel and path[:-1] != ONE and self._hints.account is not None:
                        raise UsageError(
                            f"{self._source.name} is an export of everything, whose channels are told by number: "
                            "--account cannot say which of them it means; leave it out, and write the channel's "
                            "platform_id into the watchlist"
                        )
                elif path in CHATS:
                    yield Chunk(number, self._entries(chat, chat.album), proof=chat.proof if path == ONE else None)
                    chat = _Chat(None, None)
        except CutOffError as error:
            yield Chunk(number, self._entries(chat, chat.album), (Puzzle(number + 1, str(error)),))

    def _told(self, chat: _Chat, fact: str, value: object) -> _Chat:
        if fact == "type":
            chat.type = value if isinstance(value, str) else None
        else:
            chat.number = value if isinstance(value, int) and not isinstance(value, bool) else None
        return chat

    def _take(self, chat: _Chat, number: int, found: object) -> tuple[list[Message] | None, Puzzle | None, int]:
        """Put a message to those in hand. Returns the album that it ends, a puzzle, and items that are no posts."""
        if not chat.is_channel:
            return None, None, 1
        if chat.number is None:
            return None, Puzzle(number, "the export does not say before its messages which channel it is"), 0
        try:
            message = msgspec.convert(found, Message, strict=False)
            when = self._posted_at(message)
        except (msgspec.ValidationError, BadTimeError) as error:
            chat.whole = False
            return None, Puzzle(number, one_line(str(error))), 0
        if not 0 < message.id < 2**63 or when < TELEGRAM_BEGAN:
            chat.whole = False
            return None, Puzzle(number, "no credible id or date"), 0
        chat.saw(message.id, when)
        if message.type == "service":
            return chat.end_album(number), None, 1
        if message.from_id is not None and message.from_id != f"channel{chat.number}":
            chat.whole = False
            return chat.end_album(number), Puzzle(number, "a message that is not the channel's own"), 0
        if chat.album and _continues(chat.album, message):
            chat.album.append(message)
            return None, None, 0
        ended = chat.end_album(number)
        chat.album.append(message)
        return ended, None, 0

    def _posted_at(self, message: Message) -> Instant:
        if message.date_unixtime is not None:
            return message.date_unixtime
        return instant_of(message.date, self._hints.zone)

    def _entries(self, chat: _Chat, album: Sequence[Message] | None) -> list[Entry]:
        if not album or chat.number is None:
            return []
        handle = self._hints.account
        return [Entry(chat.number, handle, self._hints.taken_at, (self._post(album, chat.number),))]

    def _post(self, album: Sequence[Message], channel_id: int) -> Post:
        first = album[0]
        kind, ref_author_id, ref_post_id = _reference(first, channel_id)
        reactions = [sum(reaction.count for reaction in message.reactions) for message in album if message.reactions]
        return Post(
            first.id,
            first.id,
            self._posted_at(first),
            kind,
            next((message.whole_text for message in album if message.whole_text), None),
            ref_post_id=ref_post_id,
            ref_author_id=ref_author_id,
            edited_at=max((message.edited_unixtime for message in album if message.edited_unixtime), default=None),
            metrics=Metrics(reactions=max(reactions, default=None)),
        )


class _Chat:
    """What is known so far of the chat in hand."""

    def __init__(self, number: int | None, type: str | None) -> None:
        self.number, self.type = number, type
        self.album: list[Message] = []
        self.whole = True
        self._first: tuple[int, Instant] | None = None
        self._last: tuple[int, Instant] | None = None

    @property
    def is_channel(self) -> bool:
        return self.type in CHANNELS

    def saw(self, message_id: int, when: Instant) -> None:
        if self._last is not None and (message_id <= self._last[0] or when < self._last[1]):
            self.whole = False  # put together or sorted by somebody: no export leaves it so
        self._first = self._first or (message_id, when)
        self._last = (message_id, when)

    def end_album(self, _number: int) -> list[Message] | None:
        """What was in hand, which is a whole post now."""
        ended, self.album = self.album, []
        return ended or None

    def place(self, number: int) -> int:
        """Up to which item all is handed out: what is in hand is read again."""
        return number - len(self.album)

    @property
    def proof(self) -> Proof | None:
        """An export is one stretch of a channel: from its first to its last message nothing was left out.

        The user may have bounded it by days, which it does not say: so nothing beyond them is proved, nor the second
        of the first message, unless that is the channel's very first, nor the second of the last.
        """
        if not (self.whole and self.is_channel and self.number is not None and self._first and self._last):
            return None
        begin = self._first[1] if self._first[0] == 1 else self._first[1] + 1
        return Proof(self.number, span(begin, self._last[1]))


def _continues(album: Sequence[Message], message: Message) -> bool:
    """Whether a message is the next picture of the album: the export does not say which belong together.

    Those of an album have consecutive numbers, the same second, and one text among them.
    """
    last = album[-1]
    return (
        len(album) < LARGEST_ALBUM
        and message.id == last.id + 1
        and message.date_unixtime is not None
        and message.date_unixtime == last.date_unixtime
        and message.can_be_in_an_album
        and last.can_be_in_an_album
        and message.is_forwarded == last.is_forwarded
        and not (message.whole_text and any(one.whole_text for one in album))
    )


def _reference(message: Message, channel_id: int) -> tuple[PostKind, int | None, int | None]:
    """The kind, and the account and post that it refers to. Private persons are never named."""
    if message.is_forwarded:
        return PostKind.REPOST, _channel(message.forwarded_from_id), None
    if message.reply_to_message_id is not None:
        if message.reply_to_peer_id is None:
            return PostKind.REPLY, channel_id, message.reply_to_message_id
        other = _channel(message.reply_to_peer_id)
        return PostKind.REPLY, other, message.reply_to_message_id if other is not None else None
    return PostKind.ORIGINAL, None, None


def _channel(peer: str | None) -> int | None:
    """The number of a channel; None for a person."""
    found = OF_CHANNEL.fullmatch(peer or "")
    return int(found[1]) if found is not None else None
