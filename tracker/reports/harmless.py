"""Output that commands no terminal, whatever the texts in it say."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"}
_COMMANDS = {**_PICTURES, 0x7F: 0x2421, **dict.fromkeys(range(0x80, 0xA0), 0xFFFD)}
"""Control characters, and the signs that picture them; the second range has none."""


def harmless(text: str) -> str:
    """The text with a visible sign in place of each control character but tabs and ends of lines."""
    return text.translate(_COMMANDS)


class HarmlessOutput(io.BufferedIOBase, BinaryIO):
    """A terminal to which files are written: UTF-8 in which control characters are seen, not obeyed.

    A pipe and a file are given the bytes as they are.
    """

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        piece = bytes(data)
        self._terminal.write(harmless(self._decoder.decode(piece)).encode())
        return len(piece)

    def flush(self) -> None:
        self._terminal.flush()
