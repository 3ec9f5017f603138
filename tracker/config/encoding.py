"""From bytes to text: UTF-8, with or without a byte order mark. Anything else is named as what it seems to be."""

from __future__ import annotations

import codecs

from tracker.config.problems import Findings

_SAVE_AS = 'save it again: in Excel as "CSV UTF-8", in LibreOffice with character set "Unicode (UTF-8)"'

_WORKBOOKS = {
    b"PK\x03\x04": "an Excel or LibreOffice workbook (.xlsx, .ods)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
}
# UTF-32 little-endian begins with the mark of UTF-16, so the longer marks come first.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def decode(data: bytes, findings: Findings) -> str | None:
    """The text of a file, without a byte order mark; None if it is no text at all.

    A file in a wrong encoding is an error, but is read on as what it seems to be, so that its other faults are
    found at the same time.
    """
    for start, kind in _WORKBOOKS.items():
        if data.startswith(start):
            findings.error(0, "", f"this is {kind}, not a text file", _SAVE_AS)
            return None
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return _decode_as(name, data, 1, findings)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _decode_as(_likely_encoding(data), data, line, findings)
    nuls = text.count("\0")
    if nuls > len(text) // 4:
        return _decode_as("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", data, 1, findings)
    if nuls:
        line = text[: text.index("\0")].count("\n") + 1
        findings.error(
            line, "", f"holds {nuls} NUL byte(s): the file is damaged", "restore it, or type the line anew"
        )
    return text.replace("\0", "")


def _likely_encoding(data: bytes) -> str:
    """Windows-1256 if most bytes beyond ASCII are Arabic letters in it, else Windows-1252.

    UTF-16 without a mark has a NUL in about every second byte, or Persian's high byte 06.
    """
    if data[1::2].count(0) + data[1::2].count(6) > len(data) // 3:
        return "utf-16-le"
    if data[0::2].count(0) + data[0::2].count(6) > len(data) // 3:
        return "utf-16-be"
    beyond = bytes(byte for byte in data[:100_000] if byte > 127).decode("cp1256")
    arabic = sum("\u0600" <= letter <= "\u06ff" or letter == "\u200c" for letter in beyond)
    return "cp1256" if arabic * 2 > len(beyond) else "cp1252"


_NAMES = {"cp1256": "Windows-1256 (Arabic script)", "cp1252": "Windows-1252 (Western)"}


def _decode_as(encoding: str, data: bytes, line: int, findings: Findings) -> str:
    name = _NAMES.get(encoding, "UTF-" + encoding.split("-")[1] if encoding.startswith("utf") else encoding)
    findings.error(line, "", f"not UTF-8; it seems to be {name}", _SAVE_AS)
    return data.decode(encoding, errors="ignore").removeprefix("\ufeff").replace("\0", "")
