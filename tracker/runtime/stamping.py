"""A time stamp for a head: RFC 3161, asked of an authority over HTTP.

Only the SHA-256 of one line leaves this machine. Whether the authority's signature is good is for a tool that knows
its certificate (`openssl ts -verify`, docs/evidence.md); here only that the token is for this line and this question.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import requests
from pyasn1.codec.der import decoder, encoder  # type: ignore[import-untyped]
from pyasn1.error import PyAsn1Error  # type: ignore[import-untyped]
from pyasn1.type import univ  # type: ignore[import-untyped]

from tracker.collectors.patience import Patient, whole
from tracker.collectors.routing import routed
from tracker.config.proxy import Proxy
from tracker.domain.errors import TrackerError

SHA256 = univ.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
SIGNED_DATA = univ.ObjectIdentifier("1.2.840.113549.1.7.2")
TST_INFO = univ.ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
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
    """A TimeStampReq for a SHA-256, asking for the certificate as well."""
    algorithm = _sequence(SHA256, univ.Null(""))
    imprint = _sequence(algorithm, univ.OctetString(digest))
    asked = _sequence(univ.Integer(1), imprint, univ.Integer(nonce), univ.Boolean(True))
    return bytes(encoder.encode(asked))


def _sequence(*parts: Any) -> Any:
    sequence = univ.Sequence()
    for place, part in enumerate(parts):
        sequence.setComponentByPosition(place, part)
    return sequence


def read(answer: bytes, digest: bytes, nonce: int) -> Stamp:
    """The stamp in a TimeStampResp. Raises StampError if it is none, or for another question."""
    try:
        response, _ = decoder.decode(answer)
        status = int(response[0][0])
        if status not in GRANTED:
            raise StampError(f"the authority refused to stamp (status {status}{_reason(response[0])})")
        content, signed = response[1][0], response[1][1]
        encapsulated = signed[2]
        if content != SIGNED_DATA or encapsulated[0] != TST_INFO:
            raise StampError("the authority's answer holds no time stamp")
        info, _ = decoder.decode(bytes(encapsulated[1]))
        algorithm, imprint = info[2][0][0], bytes(info[2][1])
        said_at = str(info[4])
        numbers = [int(part) for part in list(info)[5:] if part.isSameTypeWith(univ.Integer())]
    except (PyAsn1Error, IndexError, KeyError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise StampError(f"the authority's answer cannot be read ({type(error).__name__})") from error
    if algorithm != SHA256 or imprint != digest:
        raise StampError("the authority has stamped something else than what was asked")
    if numbers != [nonce]:
        raise StampError("the authority's answer is for another question: its nonce is not ours")
    return Stamp(answer, said_at)


def _reason(status: Any) -> str:
    said = str(status[1][0]) if len(status) > 1 else ""
    line = "".join(sign if sign.isprintable() else " " for sign in said)[:200].strip()
    return f": {line}" if line else ""


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
