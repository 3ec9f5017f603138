"""A file line by line, and what each line says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from tracker.archives.entries import Chunk, Puzzle
from tracker.archives.source import BLOCK, LONGEST_LINE, Source
from tracker.collectors.x_schema import one_line
from tracker.domain.errors import UsageError

CUT_OFF = "cut off: the file ends in the middle of it"


def numbered_lines(source: Source) -> Iterator[tuple[int, bytes, bool]]:
    """The lines that are not empty, with their numbers from 1, and whether each has its end.

    Raises UsageError at a line that is too long, before it is in memory.
    """
    number = 0
    begun: list[bytes] = []
    """The pieces of a line whose end has not been read."""
    length = 0
    while block := source.read(BLOCK):
        start = 0
        while (end := block.find(b"\n", start)) >= 0:
            line = block[start:end]
            if begun:
                line = b"".join((*begun, line))
                begun.clear()
                length = 0
            number, start = number + 1, end + 1
            if line and not line.isspace():
                yield number, line, True
        if start < len(block):
            begun.append(block[start:] if start else block)
            length += len(block) - start
        if length > LONGEST_LINE:
            raise UsageError(
                f"{source.name}: line {number + 1} is longer than {LONGEST_LINE // 2**20} MiB: no export that can be "
                "read here has such lines"
            )
    rest = b"".join(begun)
    if rest and not rest.isspace():
        yield number + 1, rest, False


def understood_lines(source: Source, after: int, read: Callable[[int, bytes], Chunk]) -> Iterator[Chunk]:
    """The chunk that each line beyond `after` is read as; a line that makes no sense is a puzzle."""
    for number, line, whole in numbered_lines(source):
        if number <= after:
            continue
        try:
            chunk = read(number, line)
        except msgspec.DecodeError as error:
            reason = CUT_OFF if not whole or source.cut else one_line(str(error))
            chunk = Chunk(number, puzzles=(Puzzle(number, reason),))
        yield chunk
