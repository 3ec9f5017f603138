"""X API v2 as JSON Lines: a page a line, as it was answered, or a post a line, as `twarc2 flatten` writes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from tracker.archives.entries import Beside, Chunk, Entry, Hints, Puzzle, Wanted
from tracker.archives.lines import understood_lines
from tracker.archives.source import Source
from tracker.collectors.x_answers import KINDS, to_post
from tracker.collectors.x_schema import (
    Id,
    Meta,
    Moment,
    Note,
    Reference,
    Struct,
    XPost,
    decode_leniently,
    decode_with,
    one_line,
)
from tracker.domain.instants import Instant
from tracker.domain.records import Post, SetAside
from tracker.domain.words import Platform, PostKind


class Twarc(Struct):
    """What twarc2 adds to all that it fetches."""

    retrieved_at: Moment | None = None


class Author(Struct):
    id: Id | None = None
    username: str | None = None


class FlatReference(Reference):
    """A post referred to, with what it says put in by twarc2."""

    text: str | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None


class Item(XPost):
    """An item of an answer: a post, or, where users were asked for, one of these."""

    username: str | None = None

    @property
    def is_user(self) -> bool:
        return self.username is not None and self.text is None and self.author_id is None


class FlatPost(Item):
    """A post on a line of its own."""

    referenced_tweets: list[FlatReference] | None = None  # type: ignore[assignment]  # is only read
    referenced_posts: list[FlatReference] | None = None  # type: ignore[assignment]
    author: Author | None = None
    twarc: Twarc | None = msgspec.field(name="__twarc", default=None)


class Said(Struct):
    """Of a post that came along: whose it is, and what it says."""

    id: Id | None = None
    author_id: Id | None = None
    text: str | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None


class Along(Struct):
    """What came along, as far as it is of use; the rest is passed over at the speed of reading."""

    tweets: list[Said] = msgspec.field(default_factory=list)
    posts: list[Said] = msgspec.field(default_factory=list)
    users: list[Author] = msgspec.field(default_factory=list)


class Page(Struct):
    """A line that is a whole answer, whose every item fits."""

    data: list[Item] | None = None
    includes: Along | None = None
    errors: list[msgspec.Raw] = msgspec.field(default_factory=list)
    meta: Meta | None = None
    twarc: Twarc | None = msgspec.field(name="__twarc", default=None)


class RawPage(Struct):
    """The same, whose items are looked at one by one; an answer about one post has a single one."""

    data: msgspec.Raw = msgspec.Raw(b"[]")
    includes: Along | None = None
    twarc: Twarc | None = msgspec.field(name="__twarc", default=None)


class Whole(Struct):
    """What came along, with all that it has."""

    tweets: list[msgspec.Raw] = msgspec.field(default_factory=list)
    posts: list[msgspec.Raw] = msgspec.field(default_factory=list)


class Whose(Struct):
    """Of a post that does not fit."""

    author_id: Id | None = None


class WholePage(Struct):
    """A line once more, for whom some of what came along is of use."""

    includes: Whole = msgspec.field(default_factory=Whole)


# X sends numbers as strings; the lax mode reads them as what they are.
_page_decoder = msgspec.json.Decoder(Page, strict=False)
_raw_page_decoder = msgspec.json.Decoder(RawPage, strict=False)
_flat_decoder = msgspec.json.Decoder(FlatPost, strict=False)
_post_decoder = msgspec.json.Decoder(Item, strict=False)
_whole_decoder = msgspec.json.Decoder(WholePage, strict=False)
_whose_decoder = msgspec.json.Decoder(Whose, strict=False)
_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])

NO_JSON = "got what no JSON may hold (half a character, NaN, or too many levels)"
"""Where a list stands in place of it."""
REPOSTING = frozenset(word for word, kind in KINDS.items() if kind is PostKind.REPOST)


class XLines:
    """Either kind of line; a file may mix them."""

    platform = Platform.X

    def __init__(self, source: Source, hints: Hints) -> None:
        self._source, self._hints = source, hints

    def chunks(self, after: int) -> Iterator[Chunk]:
        return understood_lines(self._source, after, self._read)

    def _read(self, number: int, line: bytes) -> Chunk:
        """The chunk that a line is. Raises msgspec.DecodeError if it is none."""
        try:
            page = decode_with(_page_decoder, line)
        except msgspec.DecodeError:
            return self._raw(number, line)
        if page.data is None and not page.errors and page.meta is None:
            return self._flat(number, line)
        return self._page(number, line, page.data or [], page.includes, page.twarc, [])

    def _flat(self, number: int, line: bytes) -> Chunk:
        item = decode_with(_flat_decoder, line)
        if item.is_user:
            return Chunk(number, others=1)
        references = item.referenced_tweets or item.referenced_posts or ()
        texts = _texts(reference for reference in references if reference.type in REPOSTING)
        author = item.author or Author()
        post = to_post(item, texts)
        if isinstance(post, SetAside):
            return Chunk(number, puzzles=(Puzzle(number, post.reason),))
        whose, handle = item.author_id or author.id, author.username
        return Chunk(number, (self._entry(whose, handle, _time_of(item.twarc, self._hints), (post,)),))

    def _raw(self, number: int, line: bytes) -> Chunk:
        """A page with items that do not fit."""
        try:
            page, mended = decode_with(_raw_page_decoder, line), False
        except msgspec.DecodeError:
            page, mended = decode_leniently(_raw_page_decoder, line), True
        items = _items_of(page.data)
        fitting: list[Item] = []
        puzzles: list[Puzzle] = []
        for item in items:
            try:
                fitting.append(decode_with(_post_decoder, item))
            except msgspec.DecodeError as error:
                reason = str(error).replace("got `array`", NO_JSON) if mended else str(error)
                puzzles.append(Puzzle(number, one_line(reason)))
        return self._page(number, line, fitting, page.includes, page.twarc, puzzles)

    def _page(
        self,
        number: int,
        line: bytes,
        items: list[Item],
        includes: Along | None,
        twarc: Twarc | None,
        puzzles: list[Puzzle],
    ) -> Chunk:
        taken_at = _time_of(twarc, self._hints)
        names = _names(includes)
        said = (*includes.tweets, *includes.posts) if includes is not None else ()
        texts = _texts(said) if any(_is_repost(item) for item in items) else {}
        posts: defaultdict[int | None, list[Post]] = defaultdict(list)
        others = 0
        for item in items:
            if item.is_user:
                others += 1
                continue
            post = to_post(item, texts)
            if isinstance(post, SetAside):
                puzzles.append(Puzzle(number, post.reason))
            else:
                posts[item.author_id].append(post)
        entries = [
            self._entry(whose, None if whose is None else names.get(whose), taken_at, theirs)
            for whose, theirs in posts.items()
        ]
        authors = {post.author_id: names.get(post.author_id) for post in said if post.author_id is not None}
        return Chunk(number, entries, puzzles, others, beside=partial(_beside, number, line, authors, taken_at))

    def _entry(
        self, number: int | None, handle: str | None, taken_at: Instant | None, posts: Sequence[Post]
    ) -> Entry:
        """The entry of posts; those that do not say whose they are, are the account's that the user names."""
        if number is None and handle is None:
            handle = self._hints.account
        return Entry(number, handle, taken_at, posts)


def _time_of(twarc: Twarc | None, hints: Hints) -> Instant | None:
    if twarc is None or twarc.retrieved_at is None:
        return hints.taken_at
    return int(twarc.retrieved_at.timestamp())


def _names(includes: Along | None) -> dict[int, str]:
    """The handles of the users that came along."""
    users = includes.users if includes is not None else ()
    return {user.id: user.username for user in users if user.id is not None and user.username is not None}


def _texts(posts: Iterable[Said | FlatReference]) -> dict[int, str]:
    """The whole texts of posts that came along."""
    texts: dict[int, str] = {}
    for post in posts:
        note = post.note_tweet or post.note_post
        text = note.text if note is not None and note.text is not None else post.text
        if post.id is not None and text is not None:
            texts[post.id] = text
    return texts


def _beside(
    number: int, line: bytes, authors: dict[int, str | None], taken_at: Instant | None, wanted: Wanted
) -> Beside:
    """The posts of these accounts that came along whole: somebody has paid for them. A repost's text is cut off.

    `authors` are those of all posts that came along, with their handles where the line tells them.
    """
    theirs = authors.keys() & wanted.numbers
    if wanted.handles:
        theirs |= {author for author, handle in authors.items() if handle and handle.casefold() in wanted.handles}
    if not theirs:
        return (), ()  # as on nearly every page
    includes = decode_leniently(_whole_decoder, line).includes
    found: defaultdict[int, list[Post]] = defaultdict(list)
    puzzles: list[Puzzle] = []
    for raw in (*includes.tweets, *includes.posts):
        try:
            item = decode_with(_post_decoder, raw)
        except msgspec.DecodeError as error:
            if _author_of(raw) in theirs:
                puzzles.append(Puzzle(number, one_line(str(error))))
            continue
        whose = item.author_id
        if whose not in theirs or _is_repost(item) or not (item.created_at and item.public_metrics and item.text):
            continue
        post = to_post(item, {})
        if isinstance(post, SetAside):
            puzzles.append(Puzzle(number, post.reason))
        else:
            found[whose].append(post)
    return [Entry(whose, authors[whose], taken_at, posts) for whose, posts in found.items()], puzzles


def _author_of(raw: msgspec.Raw) -> int | None:
    """Whose a post is that does not fit."""
    try:
        return decode_with(_whose_decoder, raw).author_id
    except msgspec.DecodeError:
        return None


def _is_repost(item: XPost) -> bool:
    references = item.referenced_tweets or item.referenced_posts
    return references is not None and any(reference.type in REPOSTING for reference in references)


def _items_of(data: msgspec.Raw) -> list[msgspec.Raw]:
    """The items of an answer: several, or a single one."""
    return decode_with(_list_decoder, data) if bytes(data).lstrip().startswith(b"[") else [data]
