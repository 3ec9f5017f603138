"""JSON that is broken in one place, made readable: what is broken costs its own item and not the whole page."""

from __future__ import annotations

import re

DEEPEST = 64
"""Levels of nesting; what X sends has fewer than ten."""
NOTHING = b"[]"
"""In place of what cannot be read: where a value matters, it is of a type that is not expected there."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"(\s*:)?|[\[\]{}]|-?(?:NaN|Infinity)', re.DOTALL)
_ESCAPE = re.compile(
    rb"\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)


def mended(body: bytes) -> bytes:
    """The document with nothing in place of values that no strict reader takes; the same if there are none.

    They are texts with half a surrogate pair, which are no Unicode; numbers that are none; and what is nested too
    deeply. The names of fields are kept.
    """
    parts: list[bytes] = []
    done, depth = 0, 0
    for token in _TOKEN.finditer(body):
        text, start = token[0], token.start()
        if text in (b"[", b"{"):
            depth += 1
            if depth == DEEPEST + 1:
                parts += (body[done:start], NOTHING)
        elif text in (b"]", b"}"):
            depth -= 1
            if depth == DEEPEST:
                done = token.end()
        elif depth <= DEEPEST:
            instead = _in_place_of(text, is_name=token[1] is not None)
            if instead is not None:
                parts += (body[done:start], instead)
                done = token.end()
    if depth > DEEPEST or not parts:
        return body
    return b"".join((*parts, body[done:]))


def _in_place_of(text: bytes, *, is_name: bool) -> bytes | None:
    """What is to stand in place of a text or a number that is none; None: it may stay."""
    if not text.startswith(b'"'):
        return NOTHING
    if b"\\u" not in text or not any(found["half"] for found in _ESCAPE.finditer(text)):
        return None
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found["half"] else found[0], text) if is_name else NOTHING
