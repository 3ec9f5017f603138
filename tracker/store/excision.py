"""Cutting a forgotten account or post out of a raw answer that holds other people's posts as well. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from tracker.store.redaction import SAYING

WORDS_OF_OTHERS = SAYING | {"description", "name", "title"}
"""What somebody says in his own words: if he mentions the forgotten, that stays his."""
KINDS = frozenset({"_", "type", "lang"})
"""Whose values are words of the platform's own."""
TOKENS = re.compile(r"\w+")
LONG = 7
"""Digits that stand for nothing but an id."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What gives the forgotten away in an answer."""

    words: frozenset[str] = frozenset()
    """Ids and handles, folded, that stand for nothing else: wherever one stands, it goes with what it describes."""
    posts: frozenset[str] = frozenset()
    """Ids of posts that are unique within their account only: a post that has one goes."""
    handles: frozenset[str] = frozenset()
    """Of an account, folded: who reposts it quotes its words."""
    forwards: frozenset[tuple[str, str]] = frozenset()
    """Posts on Telegram by channel and number, of which forwards repeat the words."""

    def __or__(self, others: Traces) -> Traces:
        """Both."""
        return Traces(
            self.words | others.words,
            self.posts | others.posts,
            self.handles | others.handles,
            self.forwards | others.forwards,
        )

    def names(self, leaf: object, name: object = "id") -> bool:
        """Whether a value of this name that is no object and no list names the forgotten.

        A number that stands for something else, as a counter, is nobody's id, nor is a short one within a text, as
        in a time.
        """
        if isinstance(leaf, bool) or not isinstance(leaf, str | int):
            return False
        if isinstance(leaf, int):
            return str(name).endswith("id") and str(leaf) in self.words
        folded = leaf.casefold()
        return folded in self.words or any(
            token in self.words and (not token.isdecimal() or len(token) >= LONG) for token in TOKENS.findall(folded)
        )

    def in_bytes(self, body: bytes) -> bool:
        """Whether an answer may hold a trace: quick, and never wrongly no."""
        wanted = self.words | self.posts | {channel for channel, _ in self.forwards}
        if not wanted:
            return False
        if len(wanted) <= FEW:
            lower = body.lower()
            return any(word.encode() in lower for word in wanted)
        return not wanted.isdisjoint(TOKENS.findall(body.decode(errors="replace").casefold()))

    def is_reposted_in(self, text: object) -> bool:
        """Whether a text is a repost of the account, as X writes it."""
        if not isinstance(text, str) or not text[:4].casefold().startswith("rt @"):
            return False
        return text[4:].partition(":")[0].casefold() in self.handles

    def is_forwarded_in(self, post: Mapping[object, object]) -> bool:
        """Whether a post is a forward of one of these, as Telegram has it."""
        header = post.get("fwd_from")
        source = header.get("from_id") if isinstance(header, dict) else None
        if not self.forwards or not isinstance(header, dict) or not isinstance(source, dict):
            return False
        return (str(source.get("channel_id")), str(header.get("channel_post"))) in self.forwards


FEW = 200


class _Gone:
    """In place of what is cut out."""


_GONE = _Gone()


def excised(body: bytes, traces: Traces) -> bytes | None:
    """The answer without the forgotten; None if it is not JSON, or all about them, and so has to go whole."""
    try:
        answer: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    left = _without(answer, traces, is_root=True)
    if isinstance(left, _Gone):
        return None
    return body if left == answer else msgspec.json.encode(left)


def _without(value: object, traces: Traces, name: object = "", *, is_root: bool = False) -> object:
    if isinstance(value, dict):
        return _object_without(value, traces, is_root)
    if isinstance(value, list):
        parts = [_without(part, traces, name) for part in value]
        return [part for part in parts if not isinstance(part, _Gone)]
    return _GONE if traces.names(value, name) else value


def _object_without(value: dict[object, object], traces: Traces, is_root: bool) -> object:
    """An object that describes the forgotten goes; of another's post only what points to them."""
    is_post = not SAYING.isdisjoint(value)
    own = str(value.get("id")).casefold()
    if is_post and (own in traces.posts or own in traces.words or traces.names(value.get("author_id"))):
        return _GONE
    if is_post and traces.is_forwarded_in(value):
        return {name: part for name, part in value.items() if name != "fwd_from" and name not in QUOTING}
    left: dict[object, object] = {}
    points_there = False
    for name, part in value.items():
        if (name in WORDS_OF_OTHERS or name in KINDS) and isinstance(part, str):
            left[name] = part
            continue
        kept = _without(part, traces, name)
        if name in WHOLE and kept != part:
            kept = _GONE
        if not isinstance(kept, _Gone):
            left[name] = kept
            points_there = points_there or (_is_reference(name) and kept != part)
        elif not is_post and not is_root and not isinstance(part, dict | list):
            return _GONE
        elif _is_reference(name):
            points_there = True
    if is_post and (traces.is_reposted_in(value.get("text")) or (points_there and _is_repost(value))):
        left = {name: part for name, part in left.items() if name not in QUOTING}
    return left


QUOTING = SAYING | {"note_tweet", "note_post"}


WHOLE = frozenset({"fwd_from", "reply_to"})
"""On Telegram: beside whose post it is they hold its number, its time, and words of it."""


def _is_reference(name: object) -> bool:
    return name in ("referenced_tweets", "referenced_posts", "fwd_from")


def _is_repost(post: dict[object, object]) -> bool:
    """Whether what the post says is another's: a repost on X, a forward on Telegram."""
    if "fwd_from" in post:
        return True
    listed = post.get("referenced_tweets") or post.get("referenced_posts")
    references = listed if isinstance(listed, list) else []
    return any(isinstance(one, dict) and one.get("type") in ("retweeted", "reposted") for one in references)


LINK = re.compile(r"/(\w+)/status(?:es)?/([0-9]{1,19})\b")


def posts_in(body: bytes, traces: Traces) -> frozenset[int]:
    """The ids of the posts on X that an answer shows, or links to, as being by those whom the traces name."""
    try:
        answer: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return frozenset()
    return frozenset(int(number) for number in _posts_in(answer, traces) if number.isascii() and number.isdecimal())


def _posts_in(value: object, traces: Traces) -> Iterator[str]:
    if isinstance(value, dict):
        if not SAYING.isdisjoint(value) and traces.names(value.get("author_id")):
            yield str(value.get("id"))
        for part in value.values():
            yield from _posts_in(part, traces)
    elif isinstance(value, list):
        for part in value:
            yield from _posts_in(part, traces)
    elif isinstance(value, str) and (link := LINK.search(value)) and link[1].casefold() in traces.handles:
        yield link[2]
