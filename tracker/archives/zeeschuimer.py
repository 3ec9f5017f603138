"""What X's website sent to a browser, as Zeeschuimer keeps it and 4CAT hands it on: NDJSON, a post a line."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tracker.archives.entries import Chunk, Entry, Hints, Puzzle
from tracker.archives.lines import understood_lines
from tracker.archives.source import Source
from tracker.archives.x_legacy import LegacyPost, Reposted, to_legacy_post
from tracker.collectors.x_schema import Count, Id, Struct, decode_with
from tracker.domain.instants import Instant
from tracker.domain.records import SetAside
from tracker.domain.words import Platform

X_NAMES = frozenset({"twitter.com", "x.com", "twitter", "x"})
NEWEST_SECONDS = 100_000_000_000
"""A larger number of seconds since 1970 is one of milliseconds."""


class Views(Struct):
    count: Count | None = None


class NoteText(Struct):
    text: str | None = None


class NoteResult(Struct):
    result: NoteText | None = None


class NoteTweet(Struct):
    note_tweet_results: NoteResult | None = None

    @property
    def text(self) -> str | None:
        found = self.note_tweet_results
        return found.result.text if found is not None and found.result is not None else None


class EditControl(Struct):
    edit_tweet_ids: list[Id] = msgspec.field(default_factory=list)


class Name(Struct):
    screen_name: str | None = None


class User(Struct):
    rest_id: Id | None = None
    legacy: Name | None = None
    core: Name | None = None

    @property
    def handle(self) -> str | None:
        return next((one.screen_name for one in (self.core, self.legacy) if one and one.screen_name), None)


class UserResult(Struct):
    result: User | None = None


class Core(Struct):
    user_results: UserResult | None = None


class LegacyWebPost(LegacyPost):
    retweeted_status_result: WebResult | None = None


class WebPost(Struct):
    """A post as the website's own interface has it; older ones keep the user beside it."""

    rest_id: Id | None = None
    legacy: LegacyWebPost | None = None
    core: Core | None = None
    user: OldUser | None = None
    note_tweet: NoteTweet | None = None
    views: Views | None = None
    edit_control: EditControl | None = None
    tweet: WebPost | None = None
    """Where who may answer is limited, the post is one level deeper."""
    import_meta: ImportMeta | None = msgspec.field(name="__import_meta", default=None)

    @property
    def itself(self) -> WebPost:
        return self.tweet if self.legacy is None and self.tweet is not None else self

    @property
    def author(self) -> User:
        found = self.core.user_results if self.core is not None else None
        return (found.result if found is not None else None) or User()


class WebResult(Struct):
    result: WebPost | None = None


class OldUser(Struct):
    id_str: Id | None = None
    screen_name: str | None = None


class ImportMeta(Struct):
    """What 4CAT keeps of Zeeschuimer's line."""

    timestamp_collected: float | None = None
    source_platform: str | None = None


class Line(Struct):
    """Zeeschuimer's line around a post."""

    data: WebPost
    timestamp_collected: float | None = None
    source_platform: str | None = None


_line_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line, strict=False)
_post_decoder: msgspec.json.Decoder[WebPost] = msgspec.json.Decoder(WebPost, strict=False)


class Zeeschuimer:
    """Posts of many accounts, each seen when its line says."""

    platform = Platform.X

    def __init__(self, source: Source, hints: Hints) -> None:
        self._source, self._hints = source, hints

    def chunks(self, after: int) -> Iterator[Chunk]:
        return understood_lines(self._source, after, self._read)

    def _read(self, number: int, line: bytes) -> Chunk:
        try:
            wrapped = decode_with(_line_decoder, line)
            item, collected, platform = wrapped.data, wrapped.timestamp_collected, wrapped.source_platform
        except msgspec.DecodeError:
            item = decode_with(_post_decoder, line)
            meta = item.import_meta or ImportMeta()
            collected, platform = meta.timestamp_collected, meta.source_platform
        if platform is not None and platform.casefold().removeprefix("www.") not in X_NAMES:
            return Chunk(number, others=1)
        item = item.itself
        if item.legacy is None:
            raise msgspec.DecodeError("a line without a post of X")
        return self._chunk(number, item, item.legacy, self._time(collected))

    def _chunk(self, number: int, item: WebPost, legacy: LegacyWebPost, taken_at: Instant | None) -> Chunk:
        history = item.edit_control.edit_tweet_ids if item.edit_control is not None else []
        post = to_legacy_post(
            legacy,
            item.rest_id,
            first_id=min(history, default=None),
            text=item.note_tweet.text if item.note_tweet is not None else None,
            views=item.views.count if item.views is not None else None,
            reposted=_reposted(legacy.retweeted_status_result),
        )
        if isinstance(post, SetAside):
            return Chunk(number, puzzles=(Puzzle(number, post.reason),))
        old = item.user or OldUser()
        whose = item.author.rest_id or legacy.user_id_str or old.id_str
        return Chunk(number, (Entry(whose, item.author.handle or old.screen_name, taken_at, (post,)),))

    def _time(self, collected: float | None) -> Instant | None:
        if collected is None or not 0 < collected < 1e15:
            return self._hints.taken_at
        return int(collected / 1000 if collected > NEWEST_SECONDS else collected)


def _reposted(found: WebResult | None) -> Reposted | None:
    if found is None:
        return None
    if found.result is None:
        return Reposted()
    original = found.result.itself
    legacy = original.legacy
    note = original.note_tweet.text if original.note_tweet is not None else None
    return Reposted(
        original.rest_id,
        original.author.rest_id or (legacy.user_id_str if legacy else None),
        note or (legacy.full_text if legacy else None),
    )
