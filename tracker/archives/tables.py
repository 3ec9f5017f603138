"""CSV: a table with a header, whose columns are guessed from their names or said by the user."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tracker.archives.entries import Chunk, Entry, Hints, Puzzle
from tracker.archives.lines import CUT_OFF, numbered_lines
from tracker.archives.source import Source
from tracker.archives.times import BadTimeError, NaiveTimeError, instant_of
from tracker.collectors.telegram_walk import TELEGRAM_BEGAN
from tracker.collectors.x_answers import X_BEGAN
from tracker.collectors.x_schema import one_line
from tracker.config.csvfile import next_row
from tracker.domain.errors import UsageError
from tracker.domain.instants import Instant
from tracker.domain.records import Metrics, Post
from tracker.domain.words import Platform, PostKind

COUNTERS = ("likes", "reposts", "replies", "quotes", "bookmarks", "views", "reactions")
FLAGS = {"is_repost": PostKind.REPOST, "is_reply": PostKind.REPLY, "is_quote": PostKind.QUOTE}
"""What makes a post of a kind, the strongest first."""
GUESSES: Mapping[str, tuple[str, ...]] = {
    "post_id": ("post_id", "tweet_id", "id_str", "message_id", "msg_id", "status_id", "id"),
    "posted_at": ("posted_at", "unix_timestamp", "date_unixtime", "created_at", "timestamp", "date", "time"),
    "account_id": ("account_id", "platform_id", "author_id", "user_id", "channel_id", "chat_id"),
    # In a table of a channel's posts the author is somebody else: who wrote, not where.
    "handle": ("handle", "chat", "channel", "author", "username", "screen_name", "user_screen_name"),
    "text": ("text", "body", "full_text", "message", "content"),
    "kind": ("kind",),
    "is_repost": ("is_repost", "is_retweet"),
    "is_reply": ("is_reply",),
    "is_quote": ("is_quote", "is_quote_tweet"),
    "lang": ("lang", "language", "language_guess"),
    "ref_post_id": ("ref_post_id",),
    "reply_to": ("in_reply_to_status_id", "reply_to_message_id", "reply_to"),
    "ref_author_id": ("ref_author_id", "in_reply_to_user_id"),
    "forwarded_from": ("author_forwarded_from_name", "forwarded_from"),
    "forwarded_at": ("unix_timestamp_forwarded_from",),
    "edited_at": ("edited_at", "unix_timestamp_edited"),
    "likes": ("likes", "like_count", "favorite_count"),
    "reposts": ("reposts", "repost_count", "retweet_count", "forwards"),
    "replies": ("replies", "reply_count"),
    "quotes": ("quotes", "quote_count"),
    "bookmarks": ("bookmarks", "bookmark_count"),
    "views": ("views", "view_count", "impression_count"),
    "reactions": ("reactions",),
    "collected_at": ("collected_at", "taken_at", "retrieved_at", "timestamp_collected"),
    "platform": ("platform",),
}
"""Our fields, and the names under which other tools have them; the first that is there is taken."""
NEEDED = ("post_id", "posted_at")
ON_TELEGRAM = frozenset({"chat", "chat_id", "channel_id", "forwards", "author_forwarded_from_name"})
"""Columns that only tables of Telegram's posts have."""
KIND_WORDS = {kind.word: kind for kind in PostKind} | {
    "retweet": PostKind.REPOST,
    "retweeted": PostKind.REPOST,
    "replied_to": PostKind.REPLY,
    "quoted": PostKind.QUOTE,
    "forward": PostKind.REPOST,
    "tweet": PostKind.ORIGINAL,
    "post": PostKind.ORIGINAL,
    "": PostKind.ORIGINAL,
}
TRUE = frozenset({"yes", "true", "1", "y", "t"})
ROUNDED = re.compile(r"[\d.,]+[eE]\+?\d+|[0-9]{6,9}0{10}(\.0)?")
"""As `1.6E+18`, or with all its digits, of which a spreadsheet has kept the first few only."""
LONGEST_ID = 19
"""Digits."""
KEPT_DIGITS = 15
"""A spreadsheet makes noughts of all further ones."""
LONG_ID = 10 ** (KEPT_DIGITS + 2)
ROUNDED_IDS = 3
"""So many long ids that end in noughts, and none before that does not, are no chance: that is 1 in 10**9 or less."""
IDS_IN_TEXT = re.compile(r"(?P<chat>\w+)-(?P<id>\d+)", re.ASCII)
"""4CAT writes a Telegram post's id behind the channel's name, or behind its number where it has none."""
LONGEST_CELL = 2**20
Row = Sequence[str]


class BadCellError(ValueError):
    """A row that cannot be understood."""


class Header(NamedTuple):
    """The first line of a table."""

    delimiter: str
    columns: Row


def header_of(source: Source) -> Header:
    """The first line of a table, which is not read past."""
    first = source.head().decode("utf-8-sig", "replace").partition("\n")[0].rstrip("\r")
    if "\r" in first:
        raise UsageError(
            f"{source.name}: its lines end as those of old Macintosh files do (CR); save it as CSV UTF-8 again"
        )
    delimiter = max((",", ";", "\t"), key=first.count)
    return Header(delimiter, next(csv.reader([first], delimiter=delimiter), []))


class Table:
    """The posts of a table."""

    def __init__(self, source: Source, hints: Hints) -> None:
        """Raises UsageError if the header cannot be read, or lacks what every post needs."""
        self._source, self._hints = source, hints
        self._delimiter, header = header_of(source)
        self._places = _places(source.name, header, hints.columns)
        self._width = len(header)
        self.platform = self._platform(source.head().decode("utf-8-sig", "replace"), header)
        self._rounded: int | None = 0
        """How many long ids may have been rounded so far; None: one was not, so none was."""
        self._began = X_BEGAN if self.platform is Platform.X else TELEGRAM_BEGAN

    def _platform(self, head: str, header: Row) -> Platform:
        """What the user says; else Telegram where only it has such columns, or only it is spoken of."""
        if self._hints.platform is not None:
            return self._hints.platform
        if not ON_TELEGRAM.isdisjoint(column.strip().casefold() for column in header):
            return Platform.TELEGRAM
        telegram = "t.me/" in head or ",telegram," in head
        return Platform.TELEGRAM if telegram and "x.com/" not in head and "twitter.com/" not in head else Platform.X

    def chunks(self, after: int) -> Iterator[Chunk]:
        puzzles: list[Puzzle] = []
        reader = csv.reader(self._lines(puzzles), delimiter=self._delimiter, strict=False)
        header_seen = False
        while True:
            try:
                row = next_row(reader, LONGEST_CELL)
            except StopIteration:
                break
            except csv.Error as error:
                puzzles.append(Puzzle(self._line, one_line(str(error))))
                continue
            if not header_seen:
                header_seen = True
            elif row and self._line > after:
                yield self._read(row)
            if puzzles:
                yield Chunk(self._line, puzzles=tuple(puzzles))
                puzzles.clear()
        if puzzles:
            yield Chunk(self._line, puzzles=tuple(puzzles))

    _line = 0

    def _lines(self, puzzles: list[Puzzle]) -> Iterator[str]:
        for number, line, whole in numbered_lines(self._source):
            self._line = number
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                puzzles.append(Puzzle(number, "a text that is not UTF-8"))
                continue
            if "\0" in text:
                puzzles.append(Puzzle(number, "a NUL byte"))
                continue
            if self._source.cut and not whole:
                puzzles.append(Puzzle(number, CUT_OFF))
                continue
            yield text + "\n" if whole else text

    def _read(self, row: Row) -> Chunk:
        number = self._line
        if len(row) != self._width:
            return Chunk(number, puzzles=(Puzzle(number, f"{len(row)} cells in place of {self._width}"),))
        try:
            entry = self._entry(row)
        except NaiveTimeError as error:
            raise UsageError(f"{self._source.name}: line {number}: {error}") from None
        except (BadTimeError, BadCellError) as error:
            return Chunk(number, puzzles=(Puzzle(number, str(error)),))
        return Chunk(number, others=1) if entry is None else Chunk(number, (entry,))

    def _entry(self, row: Row) -> Entry | None:
        """The entry of a row; None if it is of another platform."""
        cell = self._cell
        platform = cell(row, "platform")
        if platform and platform.casefold() not in (self.platform, "twitter" if self.platform is Platform.X else ""):
            return None
        handle: str | None = cell(row, "handle").lstrip("@") or None
        written = cell(row, "post_id")
        joined = IDS_IN_TEXT.fullmatch(written)
        account_id = _id(cell(row, "account_id"), "account_id")
        if joined is not None and joined["chat"].isdecimal():
            written, handle, account_id = joined["id"], None, _id(joined["chat"], "account_id")
        elif joined is not None:
            written, handle = joined["id"], joined["chat"]
        post_id = _id(written, "post_id")
        if post_id is None:
            raise BadCellError("no post_id")
        self._refuse_rounded(post_id)
        posted_at = self._time(row, "posted_at")
        if posted_at is None or posted_at < self._began:
            raise BadCellError("no credible time of publication")
        if account_id is None and handle is None:
            handle = self._hints.account
        kind = self._kind(row)
        metrics = Metrics(*(_count(cell(row, counter), counter) for counter in COUNTERS))
        post = Post(
            post_id,
            post_id,
            posted_at,
            kind,
            cell(row, "text") or None,
            cell(row, "lang") or None,
            _id(cell(row, "ref_post_id") or cell(row, "reply_to"), "ref_post_id")
            if kind is not PostKind.ORIGINAL
            else None,
            _id(cell(row, "ref_author_id"), "ref_author_id") if kind is not PostKind.ORIGINAL else None,
            self._time(row, "edited_at"),
            None,
            metrics,
        )
        return Entry(account_id, handle, self._time(row, "collected_at") or self._hints.taken_at, (post,))

    def _refuse_rounded(self, post_id: int) -> None:
        """Raises UsageError once it is plain that a spreadsheet has rounded all ids: each would be another post's."""
        if self._rounded is None or post_id < LONG_ID:
            return
        is_rounded = post_id % 10 ** (len(str(post_id)) - KEPT_DIGITS) == 0
        self._rounded = self._rounded + 1 if is_rounded else None
        if self._rounded == ROUNDED_IDS:
            raise UsageError(
                f"{self._source.name}: a spreadsheet has rounded ids to {KEPT_DIGITS} digits (all end in zeros): "
                "take the table as it was before it was opened there, and keep its ids as text"
            )

    def _cell(self, row: Row, field: str) -> str:
        place = self._places.get(field)
        return row[place].strip() if place is not None else ""

    def _time(self, row: Row, field: str) -> Instant | None:
        text = self._cell(row, field)
        return instant_of(text, self._hints.zone) if text else None

    def _kind(self, row: Row) -> PostKind:
        if "kind" in self._places:
            word = self._cell(row, "kind").casefold()
            if word not in KIND_WORDS:
                raise BadCellError("a kind that is none of original, reply, repost, quote")
            return KIND_WORDS[word]
        for flag, kind in FLAGS.items():
            if self._cell(row, flag).casefold() in TRUE:
                return kind
        forwarded = self._cell(row, "forwarded_from") or self._cell(row, "forwarded_at")
        if forwarded or self._cell(row, "text").startswith("RT @"):
            return PostKind.REPOST
        return PostKind.REPLY if self._cell(row, "reply_to") else PostKind.ORIGINAL


def _places(name: str, header: Row, said: Mapping[str, str]) -> dict[str, int]:
    """Where each of our fields stands."""
    columns = {column.strip().casefold(): place for place, column in reversed(list(enumerate(header)))}
    places: dict[str, int] = {}
    for field, guesses in GUESSES.items():
        if field in said:
            if said[field].casefold() not in columns:
                raise UsageError(f"{name} has no column {said[field]!r}; it has {one_line(', '.join(header))}")
            places[field] = columns[said[field].casefold()]
        elif (guess := next((one for one in guesses if one in columns), None)) is not None:
            places[field] = columns[guess]
    folded = [column.strip().casefold() for column in header]
    twice = next((header[place] for place in places.values() if folded.count(folded[place]) > 1), None)
    if twice is not None:
        raise UsageError(f"{name} has two columns {twice.strip()!r}; rename or remove one")
    missing = [field for field in NEEDED if field not in places]
    if missing:
        raise UsageError(
            f"{name}: no column is known to be {' or '.join(missing)}; say which is, as --map "
            f"{missing[0]}=COLUMN; it has {one_line(', '.join(header)) or 'none'}"
        )
    return places


def _id(text: str, field: str) -> int | None:
    if not text:
        return None
    number = text.removesuffix(".0")
    if ROUNDED.fullmatch(text):
        raise BadCellError(f"{field} has been rounded by a spreadsheet: write ids as text")
    is_number = number.isascii() and number.isdigit() and len(number) <= LONGEST_ID
    if not (is_number and 0 < int(number) < 2**63):
        raise BadCellError(f"{field} is no number")
    return int(number)


def _count(text: str, field: str) -> int | None:
    number = text.removesuffix(".0")
    if not number:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise BadCellError(f"a number of {field} that is none")
    count = int(number)
    return count if count or field != "views" else None
