"""What a file is, told from its first bytes; and the reader for it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from tracker.archives.entries import Archive, ArchiveFormat, Hints
from tracker.archives.source import HEAD, Source
from tracker.archives.telegram_export import TelegramExport
from tracker.archives.telegram_table import table_of
from tracker.archives.x_archive import BEGIN, XArchive
from tracker.archives.x_lines import XLines
from tracker.archives.zeeschuimer import Zeeschuimer
from tracker.domain.errors import UsageError

READERS: dict[ArchiveFormat, Callable[[Source, Hints], Archive]] = {
    ArchiveFormat.X_LINES: XLines,
    ArchiveFormat.X_ARCHIVE: XArchive,
    ArchiveFormat.ZEESCHUIMER: Zeeschuimer,
    ArchiveFormat.TELEGRAM: TelegramExport,
    ArchiveFormat.CSV: table_of,
}
MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""The longer marks first: that of UTF-32 begins with that of UTF-16."""
ZEESCHUIMER = re.compile(rb'"(nav_index|source_platform_url|timestamp_collected|__import_meta|rest_id)"\s*:')
TELETHON = re.compile(rb'"_chat"\s*:\s*\{')
"""A chat in a message that Telethon has read, as 4CAT keeps it."""
CHATS = re.compile(rb'"(messages|chats|personal_information|left_chats)"\s*:')
X_PAGE = re.compile(rb'^\{\s*"(data|includes|errors|meta|__twarc)"\s*:')
X_POST = re.compile(rb'"(text|author_id|edit_history_(tweet|post)_ids|public_metrics)"\s*:')


def opened_archive(source: Source, hints: Hints, said: ArchiveFormat | None) -> tuple[ArchiveFormat, Archive]:
    """The format of the file, as said or as detected, and its reader. Raises UsageError if it is none, or no text."""
    head = source.head()
    if not head.strip():
        raise UsageError(f"{source.name} is empty")
    refuse_other_encodings(source.name, head)
    if head.startswith(codecs.BOM_UTF8):
        source.skip(len(codecs.BOM_UTF8))
    which = said or format_of(source.name, head.removeprefix(codecs.BOM_UTF8))
    return which, READERS[which](source, hints)


def refuse_other_encodings(name: str, head: bytes) -> None:
    """Raises UsageError if these first bytes are not UTF-8."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            raise UsageError(f"{name} is {encoding}, not UTF-8; convert it: iconv -f {encoding} -t UTF-8")
    nuls = head.count(0)
    if nuls > len(head) // 8:
        raise UsageError(f"{name} is no text, or UTF-16 without its mark; only UTF-8 can be read")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            line = head[: error.start].count(b"\n") + 1
            raise UsageError(
                f"{name}: line {line} is not UTF-8 (byte {head[error.start]:#04x}); find out its encoding and "
                "convert it: iconv -f WINDOWS-1252 -t UTF-8, or WINDOWS-1256 for Persian and Arabic"
            ) from None


def format_of(name: str, head: bytes) -> ArchiveFormat:
    """What a file is that begins with these bytes. Raises UsageError if it is nothing that is known."""
    begin = head.lstrip()
    if begin.startswith(BEGIN):
        return ArchiveFormat.X_ARCHIVE
    if begin.startswith(b"{"):
        first, _, rest = begin.partition(b"\n")
        whole = first.rstrip().endswith(b"}") or not rest
        if TELETHON.search(first):
            raise UsageError(f"{name} is 4CAT's NDJSON of Telegram; have 4CAT write it as CSV, and import that")
        if whole and not X_PAGE.match(first) and ZEESCHUIMER.search(first):
            return ArchiveFormat.ZEESCHUIMER
        if whole and (X_PAGE.match(first) or (X_POST.search(first) and not CHATS.search(first[:2000]))):
            return ArchiveFormat.X_LINES
        if CHATS.search(begin):
            return ArchiveFormat.TELEGRAM
    elif begin.startswith(b"["):
        raise UsageError(f"{name} is one JSON array; write an item a line: jq -c '.[]' {name}")
    elif any(delimiter in begin.partition(b"\n")[0] for delimiter in (b",", b";", b"\t")):
        return ArchiveFormat.CSV
    raise UsageError(f"{name} is none of {', '.join(ArchiveFormat)}; if it is, say so with --format")
