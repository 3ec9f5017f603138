"""Answers whose form does the harm: bombs, endless ones, headers, redirects, depth. Over real sockets."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.collectors.walking import failed, read
from tests.collectors.x_stage import MINISTRY_TARGET, NOW, Stage, answering
from tests.hostile.corpus import HARMFUL_IN_JSON, NUMBERS, TIMES
from tests.sandbox.x_rehearsal import MINISTRY
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.config.settings import TelegramSettings
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Job, JobStatus, Page, Profiles, Target, Walk
from tracker.sandbox.x_http import Request
from tracker.sandbox.x_replies import Reply, json_reply

CHANNEL = Target("generated_channel", 5)
LITTLE = 350 * 2**20
"""Bytes by which the memory may grow, for a moment, at a bomb of 4 GB: the largest answer, twice, and the bomb."""
BAD_ADDRESSES = [
    "http://[",
    "http://[::1",
    "//",
    "https://127.0.0.1:99999999/x",
    "http://user:pass@127.0.0.1:1/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://xn--/\\@127.0.0.1/",
    "\xff\xfe",
    "../" * 100,
    "ftp://127.0.0.1/",
    "http://127.0.0.1\u2100.example/".encode().decode("latin-1"),
]


@contextmanager
def sending(write: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that sends these bytes to whoever asks, whatever is asked."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(1 << 16)
                    write(connection)
                except OSError:
                    continue  # the client has had enough, as it should

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def head(*lines: str, status: str = "200 OK") -> bytes:
    said = ["HTTP/1.1 " + status, "Content-Type: application/json", *lines]
    return "\r\n".join(said).encode("latin-1") + b"\r\n\r\n"


def bomb() -> Iterator[bytes]:
    """4 GB in 4 MB of gzip, as members of 64 MB."""
    member = gzip.compress(bytes(64 * 2**20))
    for _ in range(64):
        yield member


def send_bomb(connection: socket.socket, status: str = "200 OK", *lines: str) -> None:
    connection.sendall(head("Content-Encoding: gzip", "Connection: close", *lines, status=status))
    for piece in bomb():
        connection.sendall(piece)


def send_endless(connection: socket.socket) -> None:
    connection.sendall(head("Connection: close"))
    while True:
        connection.sendall(b" " * (1 << 20))


def send_endless_chunks(connection: socket.socket) -> None:
    connection.sendall(head("Transfer-Encoding: chunked"))
    while True:
        connection.sendall(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")


def send_bomb_beside_a_redirect(connection: socket.socket) -> None:
    send_bomb(connection, "302 Found", "Location: http://127.0.0.1:9/elsewhere")


def send_endless_header(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        connection.sendall(b"x" * (1 << 16))


def send_headers_without_end(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: 1\r\n" * 1000)


def send_too_little(connection: socket.socket) -> None:
    connection.sendall(head("Content-Length: 1000") + b'{"meta":{"result_count":0}}')


def send_a_length_that_is_none(connection: socket.socket) -> None:
    connection.sendall(head("Content-Length: -5", "Connection: close") + b"{")


def send_no_http(connection: socket.socket) -> None:
    connection.sendall(b"\x1b]0;owned\x07SSH-2.0-x\r\n" + bytes(range(256)) * 100)


def send_damaged_gzip(connection: socket.socket) -> None:
    connection.sendall(head("Content-Encoding: gzip", "Content-Length: 9") + b"\x1f\x8b\x08\0\0\xff\xff\xff\xff")


HARM = (
    send_bomb,
    send_endless,
    send_endless_chunks,
    send_bomb_beside_a_redirect,
    send_endless_header,
    send_headers_without_end,
    send_too_little,
    send_a_length_that_is_none,
    send_no_http,
    send_damaged_gzip,
)


@contextmanager
def little_memory() -> Iterator[None]:
    """Fails if the process was, at any moment of the block, much larger than before."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _memory("VmRSS")
    yield
    assert _memory("VmHWM") - before < LITTLE


def _memory(what: str) -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what)]
    return int(line.split()[1]) * 1024


def test_the_memory_that_a_bomb_takes_would_be_seen() -> None:
    """The control."""
    with pytest.raises(AssertionError), little_memory():
        assert len(bytearray(LITTLE + 2**20)) > LITTLE


def of_x(url: str) -> list[Failure]:
    with Stage() as stage:
        collector = stage.collector(url, retries=0)
        return [failed(collector.fetch(MINISTRY_TARGET, Walk())), failed(collector.profiles([MINISTRY_TARGET]))]


def of_telegram(url: str) -> list[Failure]:
    collector = TelegramWebCollector(TelegramSettings(web_url=url, web_pace=0), lambda: NOW)
    try:
        profiles = collector.profiles([CHANNEL])
        failure = profiles.results[CHANNEL] if isinstance(profiles, Profiles) else profiles
        assert isinstance(failure, Failure)
        return [failed(collector.fetch(CHANNEL, Walk())), failure]
    finally:
        collector.close()


@pytest.mark.parametrize("platform", [of_x, of_telegram])
@pytest.mark.parametrize("send", HARM)
def test_an_answer_that_would_fill_the_memory_or_is_none_is_a_failure(
    send: Callable[[socket.socket], None], platform: Callable[[str], list[Failure]]
) -> None:
    with sending(send) as url, little_memory():
        failures = platform(url)
    for failure in failures:
        assert failure.kind in (OutcomeKind.TRANSPORT, OutcomeKind.BAD_ANSWER)
        assert failure.detail.isprintable()
        assert len(failure.detail) <= 250


@pytest.mark.parametrize("send", [send_bomb, send_bomb_beside_a_redirect, send_endless])
def test_a_list_of_rulings_that_is_a_bomb_is_refused(send: Callable[[socket.socket], None]) -> None:
    """The file of a compliance job comes from an address that X names."""
    with Stage() as stage, sending(send) as url, little_memory():
        compliance = stage.collector(url, retries=0).compliance
        job = Job("5", JobStatus.COMPLETE, f"{url}/up", f"{url}/down", None)
        for failure in (compliance.rulings(job), compliance.upload(job, [1])):
            assert isinstance(failure, Failure)
            assert failure.kind is OutcomeKind.TRANSPORT


@pytest.mark.parametrize("scheme", ["http://example.org/x", "ftp://example.org/x", "file:///etc/passwd", ""])
def test_a_file_of_ids_goes_to_no_unencrypted_address(scheme: str) -> None:
    with Stage() as stage:
        compliance = stage.collector().compliance
        job = Job("5", JobStatus.COMPLETE, scheme, scheme, None)
        for failure in (compliance.rulings(job), compliance.upload(job, [1])):
            assert isinstance(failure, Failure)
            assert failure.requests == 0


@pytest.mark.parametrize("place", BAD_ADDRESSES)
@pytest.mark.parametrize("platform", [of_x, of_telegram])
def test_a_redirect_to_an_address_that_is_none_is_a_failure(
    place: str, platform: Callable[[str], list[Failure]]
) -> None:
    with answering(lambda _: Reply(302, headers={"Location": place})) as url:
        for failure in platform(url):
            # To the host's own front page Telegram leads whoever asks for a name that nobody has.
            gone = platform is of_telegram and place.startswith("../")
            assert gone or failure.kind in (OutcomeKind.TRANSPORT, OutcomeKind.BAD_ANSWER)
            assert failure.detail.isprintable()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("platform", [of_x, of_telegram])
def test_no_redirect_to_another_host_is_followed(status: int, platform: Callable[[str], list[Failure]]) -> None:
    visited: list[Request] = []

    def elsewhere(request: Request) -> Reply:
        visited.append(request)
        return json_reply(200, {"meta": {"result_count": 0}})

    with (
        answering(elsewhere) as other,
        answering(lambda _: Reply(status, headers={"Location": f"{other}/s/generated_channel"})) as url,
    ):
        failures = platform(url)
    assert [failure.kind for failure in failures] != []
    assert visited == []


def page_with(value: str, key: str, place: int = 7) -> Page:
    """A page of which one post has this JSON under a key."""
    with Stage(250) as stage:

        def answer(request: Request) -> Reply:
            headers = {"Authorization": request.authorization or ""}
            body = requests.get(stage.server.url + request.target, headers=headers, timeout=5).json()
            mark = "here comes the harm"
            body["data"][place][key] = mark
            return Reply(200, json.dumps(body).replace(f'"{mark}"', value).encode("utf-8", "surrogatepass"))

        with answering(answer) as url:
            page = read(stage.collector(url), MINISTRY_TARGET, Walk())
        truth = stage.truth(MINISTRY)[:100]
        others = truth[:place] + truth[place + 1 :]
        kept = tuple(post for post in page.posts if post.post_id != truth[place].post_id)
        assert kept == others, "another post has suffered"
        assert len(page.posts) + len(page.set_aside) == 100
        for aside in page.set_aside:
            assert aside.reason.isprintable()
            assert len(aside.reason) <= 200
        return page


@pytest.mark.parametrize("name", HARMFUL_IN_JSON)
@pytest.mark.parametrize("key", ["text", "entities", "unheard_of"])
def test_one_harmful_value_costs_at_most_its_own_post(name: str, key: str) -> None:
    page = page_with(HARMFUL_IN_JSON[name], key)
    if key == "text":
        assert len(page.set_aside) == 1


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("key", ["id", "public_metrics", "in_reply_to_user_id"])
def test_an_absurd_number_is_set_aside_or_was_a_number_all_the_same(name: str, key: str) -> None:
    value = f'{{"like_count":{NUMBERS[name]}}}' if key == "public_metrics" else NUMBERS[name]
    page = page_with(value, key)
    for post in page.posts:
        assert 0 < post.post_id < 2**63
        assert post.metrics.likes is None or -(2**63) <= post.metrics.likes < 2**63


@pytest.mark.parametrize("text", TIMES)
def test_an_absurd_time_is_set_aside_or_corrected_by_the_id(text: str) -> None:
    page = page_with(f'"{text}"', "created_at")
    assert all(post.posted_at > 1_142_899_200 for post in page.posts)


def test_of_a_key_that_is_there_twice_one_is_taken() -> None:
    page = page_with('"first","text":"second"', "text")
    assert page.posts[7].text == "second"
    assert page.set_aside == ()
