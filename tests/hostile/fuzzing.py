"""One case each of fuzzing the three parsers: X's page, Telegram's preview page, and export files.

Each takes where decisions come from, and raises AssertionError where a property does not hold: nothing is raised but
the error that stands for "this is no answer"; what was not touched reads as before; what was touched is a post that
the database can hold, or set aside with a printable reason; and nothing vanishes without a word.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tests.archives.making import (
    BEGIN,
    legacy_post,
    read,
    telegram_chat,
    telegram_message,
    x_page,
    x_post,
    zeeschuimer_line,
)
from tests.collectors.test_x_decoding import all_that_is_read
from tests.collectors.test_x_decoding import page as golden_page
from tests.hostile.corpus import TEXTS, TIMES
from tests.hostile.mutating import Chance, changed, garbled, one_of, written
from tracker.archives.entries import ArchiveFormat, Hints
from tracker.collectors.telegram_web_page import parse, raw_answer, read_contact, read_preview
from tracker.collectors.x_schema import one_line
from tracker.domain.errors import UsageError
from tracker.domain.instants import HOUR
from tracker.domain.records import Post
from tracker.sandbox.telegram_web_html import preview_page
from tracker.sandbox.telegram_world import Item, Slice, World
from tracker.sandbox.x_dialect import DIALECTS

LARGEST = 2**63


def believable(post: Post) -> None:
    """The post fits the database."""
    assert 0 < post.post_id < LARGEST
    assert 0 < post.version_id < LARGEST
    for number in (post.posted_at, post.edited_at, post.ref_post_id, post.ref_author_id, *post.metrics):
        assert number is None or -LARGEST <= number < LARGEST
    for text in (post.text, post.lang, post.withheld_in):
        assert text is None or text.encode() is not None


def printable(reason: str) -> None:
    assert reason
    assert reason.isprintable(), reason
    assert len(reason) <= 300


# X's page


def x_page_with_one_item_changed(chance: Chance) -> None:
    """A page of which one item is changed: the others are the posts that they were, and none is lost in silence."""
    document = json.loads(golden_page(one_of(chance, sorted(DIALECTS))))
    before, aside = all_that_is_read(json.dumps(document).encode())
    assert not aside
    place = chance.randrange(len(document["data"]))
    items = document["data"][place : place + 1]
    holder: dict[str, Any] = {"items": items}
    for _ in range(1 + chance.randrange(3)):
        if holder["items"]:
            changed(holder, chance, ("items", 0))
    document["data"][place : place + 1] = holder["items"]
    try:
        posts, aside = all_that_is_read(written(document, chance))
    except msgspec.DecodeError as error:
        raise AssertionError(f"one changed item cost the page: {error}") from error
    assert len(posts) + len(aside) == len(document["data"])
    untouched = Counter(post for number, post in enumerate(before) if number != place)
    missing = untouched - Counter(posts)
    assert not missing
    _check(posts, aside)


def x_page_changed_anywhere(chance: Chance) -> None:
    """A page changed anywhere, in structure or bytes: read, or refused as no answer."""
    body = golden_page(one_of(chance, sorted(DIALECTS)))
    if chance.randrange(2):
        document = json.loads(body)
        for _ in range(1 + chance.randrange(3)):
            if isinstance(document, dict):
                document, _ = changed(document, chance)
        body = written(document, chance)
    else:
        body = garbled(body, chance)
    try:
        posts, aside = all_that_is_read(body)
    except msgspec.DecodeError as error:
        printable(one_line(str(error)))
        return
    _check(posts, aside)


def _check(posts: list[Post], aside: Any) -> None:
    for post in posts:
        believable(post)
    for item in aside:
        printable(item.reason)


# Telegram's preview page


@cache
def golden_preview() -> str:
    """A preview with posts, an album, a reply, a forward and a service message."""
    world = World()
    other = world.add("generated_other", title="[ساختگی]", created_at=BEGIN, subscribers=5)
    number = world.add("generated", title="[ساختگی]", created_at=BEGIN, subscribers=12_345)
    world.publish(
        number,
        Item(0, BEGIN + HOUR, "[ساختگی] 1\nline <b>&", views=3456, reactions={"👍": 1200, "❤": 3}),
        Item(0, BEGIN + 2 * HOUR, "[ساختگی] 2", views=12, reply_to=1),
        Item(0, BEGIN + 3 * HOUR, "[ساختگی] 3", views=18_900_000, origin=(other, 7)),
        *(Item(0, BEGIN + 4 * HOUR, "[ساختگی] album" * (picture == 0), album=5) for picture in range(3)),
        Item(0, BEGIN + 5 * HOUR, service=True),
        Item(0, BEGIN + 6 * HOUR, "[ساختگی] 8", from_person=True, author="[ساختگی]"),
        Item(0, BEGIN + 7 * HOUR, poll=("[ساختگی]?", "yes", "no")),
    )
    channel = world.channel(number)
    assert channel is not None
    newest_first = world.history(channel, Slice(limit=20))
    return preview_page(channel, newest_first[::-1], True, world.channel)


def preview_changed(chance: Chance) -> None:
    """A preview whose tags, attributes or bytes are changed: read, set aside, or no preview; nothing is raised."""
    text = golden_preview()
    if chance.randrange(3):
        for _ in range(1 + chance.randrange(4)):
            text = _changed_html(text, chance)
        body = text.encode("utf-8", "surrogatepass")
    else:
        body = garbled(text.encode(), chance)
    page = parse(body)
    read_contact(page)
    preview = read_preview(page, {})
    raw_answer(body)
    if preview is None:
        return
    for block in preview.blocks:
        assert 0 < block.lowest <= block.highest < LARGEST
        if block.post is not None:
            believable(block.post)
    for item in preview.set_aside:
        printable(item.reason)
    for warning in preview.warnings:
        printable(warning)
    nodes = page.css(".tgme_widget_message[data-post]")
    assert len(preview.blocks) + len(preview.set_aside) == len(nodes), "a block has vanished"


def _changed_html(text: str, chance: Chance) -> str:
    """A tag dropped, doubled, moved or closed; or the value of an attribute or of a number changed."""
    pieces = text.replace("<", "\x00<").replace(">", ">\x00").split("\x00")
    place = chance.randrange(len(pieces))
    piece = pieces[place]
    match chance.randrange(6):
        case 0:
            del pieces[place]
        case 1:
            pieces.insert(place, piece)
        case 2:
            other = chance.randrange(len(pieces))
            pieces[place], pieces[other] = pieces[other], piece
        case 3:
            pieces[place] = one_of(chance, list(TEXTS.values()))[:200]
        case 4 if '"' in piece:
            parts = piece.split('"')
            parts[1 + 2 * chance.randrange(len(parts) // 2)] = one_of(
                chance,
                [*TIMES, "", "generated/0", "generated/-1", "generated/" + "9" * 30, "x/٣", "-1", "e30", "????"],
            )
            pieces[place] = '"'.join(parts)
        case _:
            pieces[place] = one_of(chance, ["-1K", "1e400", "9" * 40, "3.K", "K", "∞", "١٢", "1.2.3M", "0"])
    return "".join(pieces)


# Export files


GOLDEN: dict[ArchiveFormat, list[Any]] = {
    ArchiveFormat.X_LINES: [x_page([x_post(number) for number in range(4)]), x_post(5), x_post(6)],
    ArchiveFormat.ZEESCHUIMER: [zeeschuimer_line(number) for number in range(4)],
    ArchiveFormat.X_ARCHIVE: [{"tweet": legacy_post(number)} for number in range(4)],
    ArchiveFormat.TELEGRAM: [telegram_message(number) for number in range(1, 6)],
}
HINTS = Hints(account="sample_minister", zone="UTC")
TABLE = "id,created_at,author_id,text,like_count,lang\n" + "".join(
    f"{number},2022-10-0{number}T12:00:00Z,101,[ساختگی] {number},{number},fa\n" for number in range(1, 6)
)


def file_changed(chance: Chance, folder: Path) -> None:
    """A file of which one item, or some bytes, are changed: every other item is there as before."""
    format = one_of(chance, [*GOLDEN, ArchiveFormat.CSV])
    path = folder / "file"
    if format is ArchiveFormat.CSV:
        path.write_bytes(garbled(TABLE.encode(), chance))
        _read(path, format)
        return
    items = copy.deepcopy(GOLDEN[format])
    place = chance.randrange(len(items))
    bodies = [json.dumps(item, ensure_ascii=False).encode() for item in items]
    bytewise = chance.randrange(3) == 0
    if bytewise:
        bodies[place] = garbled(bodies[place], chance).replace(b"\n", b" ")
    else:
        holder = [items[place]]
        changed(holder, chance, (0,))
        bodies[place] = written(holder[0], chance) if holder else b""
    _write(path, format, bodies)
    posts = _read(path, format)
    if posts is None or format in (ArchiveFormat.TELEGRAM, ArchiveFormat.X_ARCHIVE):
        return  # one document: what is broken in its middle hides what follows, and is told
    others = [body for number, body in enumerate(bodies) if number != place]
    _write(path, format, others)
    untouched = _read(path, format)
    assert untouched is not None
    assert not Counter(untouched) - Counter(posts), "another line has suffered"


def _write(path: Path, format: ArchiveFormat, bodies: list[bytes]) -> None:
    if format is ArchiveFormat.TELEGRAM:
        mark = b'"the messages"'
        chat = json.dumps({**telegram_chat([]), "messages": "the messages"}).encode()
        path.write_bytes(chat.replace(mark, b"[" + b",".join(bodies) + b"]"))
    elif format is ArchiveFormat.X_ARCHIVE:
        path.write_bytes(b"window.YTD.tweets.part0 = [" + b",".join(bodies) + b"]")
    else:
        path.write_bytes(b"".join(body + b"\n" for body in bodies))


def _read(path: Path, format: ArchiveFormat) -> list[Post] | None:
    """The posts of a file; None if it is refused as a whole, in one printable line."""
    try:
        chunks = read(path, HINTS, format)
    except UsageError as error:
        printable(str(error))
        return None
    posts = [post for chunk in chunks for entry in chunk.entries for post in entry.posts]
    for post in posts:
        believable(post)
    for chunk in chunks:
        for entry in chunk.entries:
            assert entry.number is None or 0 < entry.number < LARGEST
            assert entry.taken_at is None or -LARGEST <= entry.taken_at < LARGEST
            assert entry.handle is None or entry.handle.encode() is not None
        for puzzle in chunk.puzzles:
            printable(puzzle.reason)
    return posts


CASES: dict[str, Callable[[Chance, Path], None]] = {
    "x_item": lambda chance, _: x_page_with_one_item_changed(chance),
    "x_page": lambda chance, _: x_page_changed_anywhere(chance),
    "preview": lambda chance, _: preview_changed(chance),
    "file": file_changed,
}
"""By the name that `scripts/fuzz` calls them; the folder is for files."""
