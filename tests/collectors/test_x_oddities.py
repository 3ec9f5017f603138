"""Answers that the sandbox does not give, from servers that are no X at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.collectors.walking import failed, read
from tests.collectors.x_stage import MINISTRY_TARGET, NOW, Stage, answering
from tracker.domain.instants import MINUTE
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Walk
from tracker.sandbox.x_http import Request
from tracker.sandbox.x_replies import Delivery, Reply, json_reply

QUARTER = NOW + 15 * MINUTE
DEEP = b'{"new":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
"""So deep that no decoder follows."""


def fetched(answer: Callable[[Request], Reply]) -> Failure:
    """What a collector makes of these answers."""
    with Stage() as stage, answering(answer) as url:
        return failed(stage.collector(url).fetch(MINISTRY_TARGET, Walk()))


@pytest.mark.parametrize("reset", ["", "soon", "-1", "9" * 30, "1672410000.5", "٣", "0"])
def test_a_reset_that_is_no_time_stands_for_the_whole_window(reset: str) -> None:
    def answer(_: Request) -> Reply:
        return json_reply(429, {}, {"x-rate-limit-reset": reset.encode().decode("latin-1")})

    failure = fetched(answer)
    assert (failure.kind, failure.until) == (OutcomeKind.RATE_LIMITED, QUARTER)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 418, 429, 451, 500, 501, 520])
def test_a_refusal_is_a_failure_whatever_its_body(status: int) -> None:
    expected = {
        401: OutcomeKind.AUTH_FAILED,
        402: OutcomeKind.CREDITS_SPENT,
        429: OutcomeKind.RATE_LIMITED,
    }.get(status, OutcomeKind.TRANSPORT if status >= 500 else OutcomeKind.REFUSED)
    bodies = [b"", b"[]", b'"x"', b"null", b'{"errors": 7}', b"\xff", DEEP, b'{"title": []}']
    with Stage() as stage, answering(lambda _: Reply(status, bodies[-1])) as url:
        collector = stage.collector(url)
        while bodies:
            failure = failed(collector.fetch(MINISTRY_TARGET, Walk()))
            assert failure.kind is expected
            assert failure.detail.isprintable()
            bodies.pop()


@pytest.mark.parametrize("reset_date", [None, "soon", "2022-12-01", "2022-12-30T13:59:59Z"])
def test_a_spend_cap_that_names_no_time_to_come_names_none(reset_date: str | None) -> None:
    def answer(_: Request) -> Reply:
        return json_reply(403, {"title": "SpendCapReached", "reset_date": reset_date})

    failure = fetched(answer)
    assert (failure.kind, failure.until) == (OutcomeKind.SPEND_CAP, None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    visited: list[Request] = []

    def elsewhere(request: Request) -> Reply:
        visited.append(request)
        return json_reply(200, {"meta": {"result_count": 0}})

    with answering(elsewhere) as other:
        failure = fetched(lambda _: Reply(status, headers={"Location": f"{other}/2/users/101/tweets"}))
    assert (failure.kind, failure.requests) == (OutcomeKind.TRANSPORT, 1)
    assert "redirect" in failure.detail
    assert visited == []


def test_a_proxy_in_the_environment_is_not_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    visited: list[Request] = []

    def proxy(request: Request) -> Reply:
        visited.append(request)
        return Reply(502)

    with answering(proxy) as url:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
            monkeypatch.setenv(name.lower(), url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert len(read(stage.collector(), MINISTRY_TARGET, Walk()).posts) == 100
    assert visited == []


def test_the_texts_of_a_refusal_come_as_one_short_line() -> None:
    failure = fetched(lambda _: json_reply(400, {"detail": "a\x1b[31m\n\u202eb" + "ب" * 9999}))
    assert failure.kind is OutcomeKind.REFUSED
    assert failure.detail.startswith("a [31m b")
    assert failure.detail.isprintable()
    assert len(failure.detail) <= 200


def test_an_answer_that_ends_in_the_middle_is_a_transport_error() -> None:
    failure = fetched(lambda _: Reply(200, b'{"meta":{}}', delivery=Delivery.TRUNCATED))
    assert (failure.kind, failure.detail) == (OutcomeKind.TRANSPORT, "the answer broke off")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"\xff", DEEP])
def test_an_answer_that_is_none_is_a_bad_answer(body: bytes) -> None:
    with Stage() as stage, answering(lambda _: Reply(200, body)) as url:
        collector = stage.collector(url)
        profiles = collector.profiles([MINISTRY_TARGET])
        each = [profiles] if isinstance(profiles, Failure) else list(profiles.results.values())
        assert each
        for answer in (collector.fetch(MINISTRY_TARGET, Walk()), *each):
            assert failed(answer).kind is OutcomeKind.BAD_ANSWER
            assert failed(answer).detail.isprintable()
