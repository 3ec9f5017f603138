"""4CAT's table of Telegram posts: a message a row, of any number of channels, the newest of each first."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.archives.entries import Archive, Chunk, Entry, Hints
from tracker.archives.source import Source
from tracker.archives.tables import Row, Table, header_of
from tracker.archives.telegram_export import LARGEST_ALBUM
from tracker.domain.records import Post
from tracker.domain.words import Platform, PostKind

ITS_OWN = "unix_timestamp_forwarded_from"
"""A column that only these tables have; it is empty where nothing was forwarded."""
ATTACHMENT = "attachment_type"
PICTURES = frozenset({"photo", "video", "image", "audio", "application"})


def table_of(source: Source, hints: Hints) -> Archive:
    """The reader of a table. Raises UsageError if its header cannot be read, or lacks what every post needs."""
    return (TelegramTable if ITS_OWN in header_of(source).columns else Table)(source, hints)


class TelegramTable(Table):
    """As `Table`; pictures of one album are one post, as everywhere else.

    From whom a message was forwarded is not kept: the column may hold the number of a private person.
    """

    def __init__(self, source: Source, hints: Hints) -> None:
        super().__init__(source, hints)
        columns = header_of(source).columns
        self._attached = columns.index(ATTACHMENT) if ATTACHMENT in columns else None
        self._places.pop("account_id", None)
        self._places.pop("reactions", None)  # a row of emoji, where a flag is as long as two faces
        self._pictured = False

    def _platform(self, head: str, header: Row) -> Platform:
        return Platform.TELEGRAM

    def chunks(self, after: int) -> Iterator[Chunk]:
        """As of any table, an album held back until its last picture was read."""
        held: Chunk | None = None
        album: list[Entry] = []
        for chunk in super().chunks(after):
            if held is not None and chunk.entries and self._pictured and _continues(album, chunk.entries[0]):
                album.extend(chunk.entries)
                held = Chunk(chunk.place, (_together(album),))
                continue
            if held is not None:
                yield held
                held = None
            if chunk.entries and self._pictured:
                held, album = chunk, list(chunk.entries)
            else:
                yield chunk
        if held is not None:
            yield held

    def _read(self, row: Row) -> Chunk:
        chunk = super()._read(row)
        self._pictured = bool(chunk.entries) and self._attached is not None and row[self._attached] in PICTURES
        return chunk

    def _entry(self, row: Row) -> Entry | None:
        entry = super()._entry(row)
        if entry is None:
            return None
        post = _post(entry)
        return entry._replace(posts=(post._replace(ref_post_id=None),)) if post.kind is PostKind.REPOST else entry


def _post(entry: Entry) -> Post:
    """The one post of a row."""
    (post,) = entry.posts
    return post


def _continues(album: list[Entry], entry: Entry) -> bool:
    """Whether a picture belongs to the album: as in Telegram's own exports, nothing says so but its place."""
    posts, post = [_post(one) for one in album], _post(entry)
    step = post.post_id - posts[-1].post_id
    return (
        len(album) < LARGEST_ALBUM
        and (album[-1].number, album[-1].handle) == (entry.number, entry.handle)
        and (abs(step) == 1 if len(album) == 1 else step == posts[1].post_id - posts[0].post_id)
        and post.posted_at == posts[-1].posted_at
        and post.kind is posts[-1].kind
        and not (post.text and any(one.text for one in posts))
    )


def _together(album: list[Entry]) -> Entry:
    """The one post that an album is: its number is the lowest, its text that of whichever picture has it."""
    posts = [_post(one) for one in album]
    text = next((post.text for post in posts if post.text), None)
    edited_at = max((post.edited_at for post in posts if post.edited_at), default=None)
    lowest = min(posts, key=lambda post: post.post_id)
    return album[0]._replace(posts=(lowest._replace(text=text, edited_at=edited_at),))
