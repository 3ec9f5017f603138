"""A head is stamped by a real authority, and a stamp for anything else is refused."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.authority import OPENSSL, Authority, authority, openssl
from tracker.runtime import stamping
from tracker.runtime.stamping import StampError, contents, query, read, stamped, write

LINE = f"2026-11-24 1234 {'5f' * 32}"
DIGEST = hashlib.sha256(contents(LINE)).digest()

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="NOT TESTED: there is no openssl to stamp with")


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("tsa") / "authority") as here:
        yield here


@pytest.fixture(autouse=True)
def obliging(request: pytest.FixtureRequest) -> None:
    if "tsa" in request.fixturenames:
        here = request.getfixturevalue("tsa")
        here.canned, here.status = None, 200


@needs_openssl
def test_a_stamp_is_one_that_openssl_verifies(tsa: Authority, tmp_path: Path) -> None:
    stamp = stamped(LINE, tsa.url, None)
    file = tmp_path / "head.txt"
    beside = write(file, LINE, stamp)
    assert stamp.said_at.startswith("20")
    done = openssl("ts", "-verify", "-data", file, "-in", beside, "-CAfile", tsa.ca)
    assert b"Verification: OK" in done.stdout + done.stderr
    file.write_bytes(contents(LINE.replace("1234", "1235")))
    done = openssl("ts", "-verify", "-data", file, "-in", beside, "-CAfile", tsa.ca, check=False)
    assert done.returncode != 0, "the control: of another line it is no stamp"


@needs_openssl
def test_the_question_is_what_openssl_reads_and_holds_nothing_but_the_digest(tsa: Authority, tmp_path: Path) -> None:
    asked = tmp_path / "q.tsq"
    asked.write_bytes(query(DIGEST, 2**62 + 5))
    said = openssl("ts", "-query", "-in", asked, "-text").stdout.decode()
    assert "sha256" in said
    assert f"0x{2**62 + 5:X}" in said
    stamped(LINE, tsa.url, None)
    assert DIGEST in tsa.asked[-1]
    assert LINE.encode() not in tsa.asked[-1]


@needs_openssl
def test_a_stamp_for_another_line_or_another_question_is_refused(tsa: Authority) -> None:
    tsa.canned = stamped(LINE, tsa.url, None).answer
    with pytest.raises(StampError, match="nonce"):
        stamped(LINE, tsa.url, None)
    with pytest.raises(StampError, match="something else"):
        stamped(LINE + "0", tsa.url, None)


@needs_openssl
def test_a_refusal_an_error_and_rubbish_are_each_one_line(tsa: Authority) -> None:
    tsa.canned = tsa.answer(query(DIGEST, 5)[:-5])  # openssl refuses what it cannot read, in a proper answer
    with pytest.raises(StampError, match="refused to stamp"):
        stamped(LINE, tsa.url, None)
    tsa.canned = b"<html>"
    with pytest.raises(StampError, match="cannot be read"):
        stamped(LINE, tsa.url, None)
    tsa.canned = b"0" * (stamping.LARGEST + 10)
    with pytest.raises(StampError, match="no whole answer"):
        stamped(LINE, tsa.url, None)
    tsa.status = 500
    tsa.canned = b"oops"
    with pytest.raises(StampError, match="status 500"):
        stamped(LINE, tsa.url, None)


def test_where_nobody_listens_that_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(StampError, match="try again later"):
        stamped(LINE, f"http://127.0.0.1:{port}/", None)


@needs_openssl
def test_any_changed_byte_of_an_answer_is_read_or_refused_and_nothing_else(tsa: Authority) -> None:
    answer = tsa.answer(query(DIGEST, 77))
    assert read(answer, DIGEST, 77).answer == answer
    refused = 0
    for place in range(len(answer)):
        bent = answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]
        try:
            read(bent, DIGEST, 77)
        except StampError:
            refused += 1
    assert refused > 32, "the control: the digest alone is as long as that"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_what_is_no_answer_is_refused(rubbish: bytes) -> None:
    with pytest.raises(StampError):
        read(rubbish, DIGEST, 77)


def test_no_file_is_written_over(tmp_path: Path) -> None:
    file = tmp_path / "head.txt"
    file.write_bytes(b"kept")
    with pytest.raises(StampError, match="exists"):
        write(file, LINE, stamping.Stamp(b"", ""))
    assert file.read_bytes() == b"kept"
