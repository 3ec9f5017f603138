"""Posts as finished lines of CSV: SQL renders, quotes and guards them, and Python never makes an object a cell.

The lines are byte for byte those that the csv module writes from the same rows with CR LF at the ends of lines
(a test compares the two): a cell is quoted if it holds a comma, a quotation mark, CR or LF, and a text that a
spreadsheet would compute begins with an apostrophe.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.domain.words import Platform, PostKind
from tracker.store.dialect import driver_of

LINES_AT_ONCE = 1000
COUNTERS = ("reposts", "replies", "quotes", "views", "precision")
"""The counters of a line, after its likes or reactions."""


class LineFrame(NamedTuple):
    """A stretch of an account's posts, and what stands in each line around what its post says: finished cells."""

    since: Instant
    until: Instant
    """The posts of [since, until)."""
    platform: Platform
    before: str
    """Up to the post's id, the comma included."""
    address_before: str
    """Around the id in the post's address, with the commas and, if there are any, the quotation marks."""
    address_after: str
    after: str
    """What follows the counters, from its comma to the end of the line."""


class Lines(NamedTuple):
    """Some finished lines."""

    rows: int
    data: bytes


def read_lines(connection: Connection, account_id: int, frame: LineFrame) -> Iterator[Lines]:
    """The lines of the account's posts in the frame, in the order of time and id, a thousand at once."""
    found = driver_of(connection).execute(_STATEMENTS[frame.platform], {"account": account_id, **frame._asdict()})
    while lines := found.fetchmany(LINES_AT_ONCE):
        yield Lines(len(lines), b"".join([line for (line,) in lines]))


def _cell(text: str) -> str:
    """A cell of a text expression, quoted where it has to be."""
    special = " OR ".join(f"instr({text}, {letter})" for letter in ("','", "'\"'", "char(10)", "char(13)"))
    return f"""CASE WHEN {special} THEN '"' || replace({text}, '"', '""') || '"' ELSE {text} END"""


def _text_cell(column: str) -> str:
    """The cell of a text column, guarded; empty for NULL."""
    starts = "'=', '+', '-', '@', char(9), char(13), char(10), char(65309), char(65291), char(65293), char(65312)"
    guarded = _cell(f"('''' || {column})")
    return f"ifnull(CASE WHEN substr({column}, 1, 1) IN ({starts}) THEN {guarded} ELSE {_cell(column)} END, '')"


def _time_cell(column: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')"


def _kind_cell(column: str) -> str:
    words = " ".join(f"WHEN {kind.value} THEN '{kind.word}'" for kind in PostKind)
    return f"CASE {column} {words} END"


def _joined(*cells: str) -> str:
    return " || ',' || ".join(cells)


def _statement(platform: Platform) -> str:
    # The metric table is stored in the order of its key, so the newest snapshot is one step from the post's id.
    likes = "likes" if platform is Platform.X else "reactions"
    counters = _joined(*(f"ifnull({name}, '')" for name in (likes, *COUNTERS)))
    newest = (
        f"ifnull((SELECT {counters} FROM metric WHERE metric.account_id = post.account_id "
        f"AND metric.post_id = post.post_id ORDER BY taken_at DESC LIMIT 1), '{',' * len(COUNTERS)}')"
    )
    head = _joined(
        "post_id",
        _kind_cell("kind"),
        *(f"ifnull({_time_cell(name)}, '')" for name in ("posted_at", "collected_at", "edited_at", "deleted_at")),
        _text_cell("lang"),
    )
    tail = _joined("ifnull(ref_post_id, '')", "ifnull(ref_author_id, '')", newest)
    # In brackets: each || copies what stands to its left, and the text is the long part.
    return (
        f"SELECT CAST((:before || {head} || ',') || {_text_cell('text')} "
        f"|| (:address_before || version_id || :address_after || {tail} || :after) AS BLOB) "
        "FROM post WHERE account_id = :account AND posted_at >= :since AND posted_at < :until "
        "ORDER BY posted_at, post_id"
    )


_STATEMENTS = {platform: _statement(platform) for platform in Platform}
