"""Telegram's public pages, parsed: a channel's preview `/s/NAME`, and what stands at `/NAME`. Pure: no connection.

The classes are those of pages captured in 2026. A preview shows posts oldest first; here they are newest first.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracker.collectors.telegram_walk import TELEGRAM_BEGAN
from tracker.domain.instants import Instant, from_iso
from tracker.domain.records import Metrics, Post, SetAside
from tracker.domain.words import PostKind

DIGITS = 3
"""Telegram shows a large number with so many digits, and leaves noughts at their end out."""
_FACTORS = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_SHORT = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,9}))?\s?([KMB]?)")
_FOLLOWED = re.compile(r"(no|[0-9][0-9.,\s]*[KMB]?)\s+(subscriber|member)s?\b")
_LINK = re.compile(r"https://t\.me/(c/)?([A-Za-z0-9_]+)/([0-9]{1,18})(?:[/?#]|$)")
_SINGLE = re.compile(r"/([0-9]{1,18})\?single")
_PICTURES = (
    ".tgme_widget_message_grouped_wrap, .tgme_widget_message_photo_wrap, .tgme_widget_message_video_player, "
    ".tgme_widget_message_video_wrap, .tgme_widget_message_document_wrap"
)
"""What an album is made of."""
_GROUPED = ".tgme_widget_message_grouped_wrap a[href], a.grouped_media_wrap[href]"
"""An album's pictures; a text, too, may hold the address of one."""
LARGEST_ALBUM = 10
"""Pictures."""
LARGEST = 10**15
"""No channel has such a number, and no counter is so high; what is larger is no number of Telegram's."""
HOME_TITLE = "Telegram Messenger"


class Rounded(NamedTuple):
    """A number as shown; it is less than `unit` away from the true one, or exact if that is 1."""

    value: int
    unit: int


def number_of(text: str) -> Rounded | None:
    """The number that a counter shows, as `771`, `3.12K` or `18.9M`; None if it shows none.

    As noughts at the end are left out, "27K" may stand for 27.0K: its unit is 100.
    """
    match = _SHORT.fullmatch(text.strip())
    if match is None or (match[2] and not match[3]):
        return None
    factor, decimals = _FACTORS[match[3]], match[2] or ""
    value = int(match[1] + decimals) * factor // 10 ** len(decimals)
    if value >= LARGEST:
        return None
    if factor == 1:
        return Rounded(value, 1)
    written = factor // 10 ** len(decimals)
    return Rounded(value, max(1, min(written, 10 ** max(0, len(str(value)) - DIGITS))))


@dataclass(frozen=True, slots=True)
class Block:
    """What a preview shows as one: a post, an album, or a service message, for which there is no post."""

    lowest: int
    highest: int
    """The ids of its messages; the same unless it is an album."""
    posted_at: Instant
    has_pictures: bool
    """It is an album, or may be one of an album's pictures, the others of which are on another page."""
    post: Post | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A channel's preview."""

    channel_ids: frozenset[int]
    """The numeric ids by which its posts call the channel: one."""
    handle: str | None
    title: str | None
    subscribers: Rounded | None
    blocks: tuple[Block, ...]
    """Newest first."""
    set_aside: tuple[SetAside, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """The page `/NAME`: whom the name belongs to. At most one of the two counts is known."""

    named: bool
    """Whether there is anybody."""
    subscribers: Rounded | None
    """A channel's."""
    members: Rounded | None
    """A group's."""


def parse(body: bytes) -> LexborHTMLParser:
    """The page as a tree. Bytes that are no UTF-8 become marks of replacement: the library stumbles over them."""
    return LexborHTMLParser(body.decode("utf-8", "replace"))


def first(node: LexborHTMLParser | LexborNode, selector: str) -> LexborNode | None:
    """The first node that the selector finds: the library's own types say that there always is one."""
    found: LexborNode | None = node.css_first(selector)
    return found


def is_home_page(page: LexborHTMLParser) -> bool:
    """Whether this is telegram.org's own front page, which stands where nobody has the name."""
    title = first(page, "title")
    return title is not None and title.text().strip() == HOME_TITLE and first(page, ".tgme_page") is None


def read_contact(page: LexborHTMLParser) -> Contact | None:
    """What the page `/NAME` says; None if it is another page."""
    if first(page, ".tgme_page") is None:
        return None
    what, count = _followed(first(page, ".tgme_page_extra"))
    return Contact(
        named=first(page, ".tgme_page_title") is not None,
        subscribers=count if what == "subscriber" else None,
        members=count if what == "member" else None,
    )


def read_preview(page: LexborHTMLParser, known: Mapping[str, int]) -> Preview | None:
    """What a channel's preview shows; None if the page is none.

    `known` are numeric ids by name in lower case: a forward shows its source by the name only.
    """
    if first(page, ".tgme_channel_history") is None:
        return None
    nodes = page.css(".tgme_widget_message[data-post]")
    views = [_view_of(node) for node in nodes]
    channel_ids = frozenset(view for view in views if view is not None)
    channel_id = min(channel_ids, default=None)
    blocks: list[Block] = []
    set_aside: list[SetAside] = []
    warnings: set[str] = set()
    handle = None
    for node in nodes:
        name, post_id = _whose(node)
        handle = name or handle
        try:
            names = known if name is None or channel_id is None else {**known, name.casefold(): channel_id}
            blocks.append(_block(node, post_id, names, warnings))
        except _UnreadableError as error:
            set_aside.append(SetAside(post_id, str(error)))
    title = first(page, ".tgme_header_title") or first(page, ".tgme_channel_info_header_title")
    what, count = _followed(first(page, ".tgme_header_counter"))
    return Preview(
        channel_ids,
        handle,
        None if title is None else title.text().strip() or None,
        count if what == "subscriber" else None,
        tuple(sorted(blocks, key=lambda block: block.lowest, reverse=True)),
        tuple(set_aside),
        tuple(sorted(warnings)),
    )


class _UnreadableError(Exception):
    """Why a block cannot be understood."""


def _block(node: LexborNode, post_id: int | None, names: Mapping[str, int], warnings: set[str]) -> Block:
    if post_id is None:
        raise _UnreadableError("no number")
    posted_at = _posted_at(node)
    pictures = [int(number) for link in node.css(_GROUPED) for number in _SINGLE.findall(_href(link))]
    members = {post_id, *(number for number in pictures if number and abs(number - post_id) < LARGEST_ALBUM)}
    lowest = min(members)
    post = None
    if "service_message" not in _classes(node):
        kind, ref_author_id, ref_post_id = _reference(node, names)
        post = Post(
            post_id=lowest,
            version_id=lowest,
            posted_at=posted_at,
            kind=kind,
            text=_text(first(node, ".js-message_text")),
            ref_post_id=ref_post_id,
            ref_author_id=ref_author_id,
            metrics=_metrics(node, warnings),
        )
    return Block(lowest, max(members), posted_at, first(node, _PICTURES) is not None, post)


def _whose(node: LexborNode) -> tuple[str | None, int | None]:
    """The channel's name and the post's number, of which an album's may end with a g."""
    name, _, number = (node.attributes.get("data-post") or "").partition("/")
    number = number.removesuffix("g")
    is_number = number.isascii() and number.isdecimal() and len(number) < 19
    return name or None, (int(number) or None) if is_number else None


class _View(msgspec.Struct):
    """What a block tells Telegram's view counter."""

    c: int
    """The channel's numeric id, negative."""


def _view_of(node: LexborNode) -> int | None:
    """The numeric id of the channel that the block belongs to."""
    packed = node.attributes.get("data-view") or ""
    try:
        view = msgspec.json.decode(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), type=_View)
    except (ValueError, msgspec.DecodeError):
        return None
    return abs(view.c) if 0 < abs(view.c) < LARGEST else None


def _posted_at(node: LexborNode) -> Instant:
    time = first(node, "a.tgme_widget_message_date time[datetime]")
    try:
        instant = 0 if time is None else from_iso(time.attributes.get("datetime") or "")
    except ValueError:
        instant = 0
    if instant < TELEGRAM_BEGAN:
        raise _UnreadableError("no credible date")
    return instant


def _reference(node: LexborNode, names: Mapping[str, int]) -> tuple[PostKind, int | None, int | None]:
    """The kind, and the account and post that it refers to. Private persons are never named."""
    forward = first(node, ".tgme_widget_message_forwarded_from_name, .tgme_widget_message_forwarded_from")
    if forward is not None:
        return PostKind.REPOST, *_linked(first(node, "a.tgme_widget_message_forwarded_from_name"), names)
    reply = first(node, ".tgme_widget_message_reply")
    if reply is not None:
        return PostKind.REPLY, *_linked(reply, names)
    return PostKind.ORIGINAL, None, None


def _linked(link: LexborNode | None, names: Mapping[str, int]) -> tuple[int | None, int | None]:
    """The numeric id of the channel that a link leads to, and the post's; None for both if the first is unknown."""
    match = None if link is None else _LINK.match(_href(link))
    if match is None:
        return None, None
    numeric, name, post_id = match.groups()
    is_number = numeric and name.isdecimal() and len(name) < len(str(LARGEST))
    channel_id = int(name) if is_number else names.get(name.casefold())
    return (None, None) if channel_id is None else (channel_id, int(post_id))


def _text(node: LexborNode | None) -> str | None:
    """The text with its line breaks. An album's stands in a node of its own kind, of which the outer one is asked."""
    if node is None:
        return None
    for line_break in node.css("br"):
        line_break.replace_with("\n")
    return node.text().strip() or None


def _metrics(node: LexborNode, warnings: set[str]) -> Metrics:
    """Views and reactions with their precision. A preview shows neither forwards nor comments."""
    views = _counts(node.css(".tgme_widget_message_views")[:1], "views", warnings)
    # Beside its number stands a picture or an emoji, in a node of its own.
    reactions = _counts(node.css(".tgme_reaction"), "reactions", warnings)
    unit = max(views.unit if views else 1, reactions.unit if reactions else 1)
    return Metrics(
        views=views and views.value, reactions=reactions and reactions.value, precision=unit if unit > 1 else None
    )


def _counts(nodes: Sequence[LexborNode], what: str, warnings: set[str]) -> Rounded | None:
    """The sum of what the nodes show; their errors add up. None if there is none, or one that is no number."""
    found = [number_of(node.text(deep=False)) for node in nodes]
    known = [count for count in found if count is not None]
    if len(known) < len(found):
        warnings.add(f"the page shows {what} that are no number")
        return None
    if not known:
        return None
    return Rounded(sum(count.value for count in known), sum(count.unit for count in known if count.unit > 1) or 1)


def _followed(node: LexborNode | None) -> tuple[str | None, Rounded | None]:
    """`subscriber` or `member`, and how many the node says there are."""
    match = None if node is None else _FOLLOWED.search(node.text())
    if match is None:
        return None, None
    return match[2], Rounded(0, 1) if match[1] == "no" else number_of(re.sub(r"[\s,]", "", match[1]))


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _href(node: LexborNode) -> str:
    return node.attributes.get("href") or ""


_NO_ANSWER = "script, style, svg, canvas, img, video, .tgme_widget_message_user, .tgme_widget_message_bubble_tail"
_PERSONAL = (
    ".tgme_widget_message_from_author, .tgme_widget_message_forwarded_from_author, .tgme_widget_message_author, "
    ".tgme_widget_message_reply > *, .tgme_widget_message_reply_thumb, span.tgme_widget_message_forwarded_from_name, "
    ".tgme_widget_message_forwarded_from_name:not([href])"
)
"""What can name persons, who are none of our business."""


def raw_answer(body: bytes) -> bytes:
    """The posts of a preview as Telegram sent them, but no person, no script and no picture."""
    history = first(parse(body), ".tgme_channel_history")
    if history is None:
        return b""
    _remove(history.css(f"{_NO_ANSWER}, {_PERSONAL}"))
    return (history.html or "").encode()


def _remove(nodes: Iterable[LexborNode]) -> None:
    for node in nodes:
        node.remove()
