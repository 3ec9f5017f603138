"""A time stamp for a head: RFC 3161, asked of an authority over HTTP.

Only the SHA-256 of one line leaves this machine. Whether the authority's signature is good is for a tool that knows
its certificate (`openssl ts -verify`, docs/evidence.md); here only that the token is for this line and this question.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import requests

from tracker.collectors.patience import Patient, whole
from tracker.collectors.routing import routed
from tracker.collectors.x_schema import one_line
from tracker.config.proxy import Proxy
from tracker.domain.errors import TrackerError

SEQUENCE, INTEGER, BOOLEAN, OCTETS, NULL, OBJECT, TEXT, TIME = 0x30, 0x02, 0x01, 0x04, 0x05, 0x06, 0x0C, 0x18
"""Tags of DER."""
SHA256 = bytes.fromhex("608648016503040201")
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
LARGEST = 1_000_000
"""Bytes of an answer."""
GRANTED = (0, 1)


class StampError(TrackerError):
    """The authority gave no stamp, or not for what was asked."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """An answer that is for the right question."""

    answer: bytes
    """The whole answer, as `openssl ts` reads it."""
    said_at: str
    """The time that the authority has put in, as it writes it: `20261124120000Z`."""


def query(digest: bytes, nonce: int) -> bytes:
    """A TimeStampReq for a SHA-256, asking for the certificate as well (RFC 3161, 2.4.1)."""
    imprint = _der(SEQUENCE, _der(SEQUENCE, _der(OBJECT, SHA256), _der(NULL)), _der(OCTETS, digest))
    number = nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")
    return _der(SEQUENCE, _der(INTEGER, b"\x01"), imprint, _der(INTEGER, number), _der(BOOLEAN, b"\xff"))


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    assert len(content) < 0x80, "a query is short"
    return bytes([tag, len(content)]) + content


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """What stands in a constructed value, one after the other: tag and content. Raises ValueError."""
    parts, place = [], 0
    while place < len(data):
        tag, length = data[place], data[place + 1]
        place += 2
        if length >= 0x80:
            size = length - 0x80
            if not 1 <= size <= 4:
                raise ValueError("no DER")
            length = int.from_bytes(data[place : place + size], "big")
            place += size
        if tag & 0x1F == 0x1F or place + length > len(data):
            raise ValueError("no DER")
        parts.append((tag, data[place : place + length]))
        place += length
    return parts


def _inside(part: tuple[int, bytes], tag: int) -> bytes:
    if part[0] != tag:
        raise ValueError("another kind of value")
    return part[1]


class _Info(NamedTuple):
    """What a token says."""

    algorithm: bytes
    hashed: bytes
    said_at: str
    nonces: list[int]


def read(answer: bytes, digest: bytes, nonce: int) -> Stamp:
    """The stamp in a TimeStampResp (RFC 3161, 2.4.2). Raises StampError if it is none, or for another question."""
    try:
        (response,) = _parts(answer)
        status, *token = _parts(_inside(response, SEQUENCE))
        number, *why = _parts(_inside(status, SEQUENCE))
        refusal = int.from_bytes(_inside(number, INTEGER), "big")
        if refusal not in GRANTED:
            raise StampError(f"the authority refused to stamp (status {refusal}{_reason(why)})")
        info = _read_info(_info_in(_inside(token[0], SEQUENCE)))
    except (IndexError, ValueError) as error:
        raise StampError("the authority's answer cannot be read; is it a time stamp authority?") from error
    if (info.algorithm, info.hashed) != (SHA256, digest):
        raise StampError("the authority has stamped something else than what was asked")
    if info.nonces != [nonce]:
        raise StampError("the authority's answer is for another question: its nonce is not ours")
    return Stamp(answer, one_line(info.said_at))


def _read_info(info: bytes) -> _Info:
    """A TSTInfo: version, policy, imprint, serial number and time, then what is optional."""
    _, _, imprint, _, time, *others = _parts(_inside(_parts(info)[0], SEQUENCE))
    algorithm, hashed = _parts(_inside(imprint, SEQUENCE))
    return _Info(
        _inside(_parts(_inside(algorithm, SEQUENCE))[0], OBJECT),
        _inside(hashed, OCTETS),
        _inside(time, TIME).decode("ascii"),
        [int.from_bytes(content, "big") for tag, content in others if tag == INTEGER],
    )


def _info_in(token: bytes) -> bytes:
    """The TSTInfo in a token: a ContentInfo with SignedData, which has it in an OCTET STRING (RFC 5652, 5.1)."""
    kind, content = _parts(token)
    (signed,) = _parts(content[1])
    _, _, encapsulated, *_ = _parts(_inside(signed, SEQUENCE))
    what, held = _parts(_inside(encapsulated, SEQUENCE))
    if (_inside(kind, OBJECT), _inside(what, OBJECT)) != (SIGNED_DATA, TST_INFO):
        raise ValueError("no time stamp")
    (octets,) = _parts(held[1])
    return _inside(octets, OCTETS)


def _reason(why: list[tuple[int, bytes]]) -> str:
    """What the authority says of a refusal, if it says something."""
    try:
        said = [content for tag, content in _parts(_inside(why[0], SEQUENCE)) if tag == TEXT]
    except (IndexError, ValueError):
        said = []
    return f": {one_line(said[0].decode('utf-8', 'replace'))}" if said else ""


def stamped(line: str, url: str, proxy: Proxy | None, patience: float = 20.0) -> Stamp:
    """Have a line stamped, as the bytes of a file that holds it. Raises StampError."""
    digest, nonce = sha256(contents(line)).digest(), int.from_bytes(os.urandom(8), "big") >> 1
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    with routed(requests.Session(), proxy) as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, Patient(patience))
        try:
            asked = query(digest, nonce)
            response = session.post(url, asked, headers=headers, timeout=patience, allow_redirects=False, stream=True)
            answer = whole(response, LARGEST).content
        except requests.RequestException as error:
            raise StampError(f"{url} gave no whole answer ({type(error).__name__}); try again later") from error
    if response.status_code != 200:
        raise StampError(f"{url} answered with status {response.status_code}; is it a time stamp authority?")
    return read(answer, digest, nonce)


def contents(line: str) -> bytes:
    """The file that is stamped."""
    return f"{line}\n".encode()


def write(path: Path, line: str, stamp: Stamp) -> Path:
    """Write the line, and beside it the stamp, as new files. Returns the stamp's. Raises StampError if they exist."""
    beside = path.with_name(f"{path.name}.tsr")
    for target, data in ((path, contents(line)), (beside, stamp.answer)):
        try:
            with target.open("xb") as file:
                file.write(data)
        except FileExistsError:
            raise StampError(f"{target} exists; name another file") from None
    return beside
