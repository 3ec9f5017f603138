"""The network fails: what is stored stays true, the outcome says so in one line, and the next visit makes it good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.wires import HANDLE, POSTS, WAYS, Wire, wired
from tests.store.making import listed
from tracker.config.proxy import parse
from tracker.domain.instants import DAY, HOUR
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Protection
from tracker.runtime.visit import PATIENCE
from tracker.sandbox.proxies import HttpProxy, SocksProxy
from tracker.sandbox.relay import FOREVER, LineFault
from tracker.sandbox.x_http import LOOPBACK, HttpService, Request
from tracker.sandbox.x_replies import Reply, json_reply

FAULTS = {
    "refused": (LineFault.REFUSED, 0),
    "reset at once": (LineFault.RESET, 0),
    "reset in the answer": (LineFault.RESET, 700),
    "half-open": (LineFault.HALF_OPEN, 0),
    "a byte at a time": (LineFault.DRIP, 0),
    "a byte at a time from the body on": (LineFault.DRIP, 700),
    "cut at once": (LineFault.CUT, 0),
    "cut in the answer": (LineFault.CUT, 700),
}
SILENT = {"half-open", "a byte at a time", "a byte at a time from the body on"}
DRIP = 0.05
"""Seconds between two bytes: each begins the socket's own timeout anew, and a page would take hours."""


@pytest.fixture(params=WAYS)
def wire(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wire]:
    with wired(tmp_path, request.param) as wire:
        yield wire


def recovers(wire: Wire) -> None:
    """One line was said, nothing untrue is stored, and as soon as the line is whole everything is there."""
    assert wire.detail().isprintable()
    assert wire.detail().strip()
    assert wire.stage.due_in(HANDLE) <= 2 * HOUR
    wire.equal(complete=False)
    wire.line.heal()
    assert wire.stage.visit(wire.platform, later=DAY).failed == 0
    assert len(wire.stage.stored(wire.platform_id)) == POSTS
    wire.equal()


@pytest.mark.parametrize("name", FAULTS)
def test_a_line_that_is_broken_from_the_beginning_is_a_transport_error_until_it_is_whole(
    wire: Wire, name: str
) -> None:
    fault, after = FAULTS[name]
    if name in SILENT:
        wire.hurry()
    wire.line.fail(fault, after=after, times=FOREVER, seconds=DRIP)
    assert wire.stage.visit(wire.platform).visits == {OutcomeKind.TRANSPORT: 1}
    assert wire.stage.stored(wire.platform_id) == []
    recovers(wire)


@pytest.mark.parametrize("name", FAULTS)
def test_a_line_that_breaks_between_two_pages_loses_nothing_of_the_first(wire: Wire, name: str) -> None:
    fault, after = FAULTS[name]

    def break_off(pages: int) -> None:
        if pages == 1:
            wire.line.fail(fault, after=after, times=FOREVER, seconds=DRIP)

    if name in SILENT:
        wire.hurry()
    wire.stage.watcher.at_page = break_off
    assert wire.stage.visit(wire.platform).visits == {OutcomeKind.TRANSPORT: 1}
    assert wire.stage.stored(wire.platform_id)
    wire.stage.watcher.at_page = lambda _pages: None
    recovers(wire)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("after", [1, 14, 60, 400, 5_000, -1])
@pytest.mark.parametrize("way", ["x", "telegram_web"])
def test_an_answer_cut_at_any_byte_is_never_taken_for_a_shorter_one(
    tmp_path: Path, way: str, after: int, chunked: bool
) -> None:
    with wired(tmp_path, way, whole=True, chunked=chunked) as wire:

        def cut(pages: int) -> None:
            if pages == 1:
                wire.line.fail(LineFault.CUT, after=after, times=1)

        wire.stage.watcher.at_page = cut
        wire.stage.visit(wire.platform)
        assert wire.stage.outcome(HANDLE) in (OutcomeKind.OK, OutcomeKind.TRANSPORT, OutcomeKind.BAD_ANSWER)
        wire.equal(complete=False)
        wire.line.heal()
        wire.stage.visit(wire.platform, later=DAY)
        assert len(wire.stage.stored(wire.platform_id)) == POSTS
        wire.equal()


def test_a_name_that_cannot_be_resolved_is_a_transport_error_and_costs_nothing(wire: Wire) -> None:
    wire.point("name.invalid")
    assert wire.stage.visit(wire.platform).visits == {OutcomeKind.TRANSPORT: 1}
    assert wire.stage.rows("SELECT coalesce(sum(cost), 0) FROM ledger") == [(0,)]
    wire.point()
    recovers(wire)


PROXIES = {"http": HttpProxy, "socks5h": SocksProxy}


@pytest.mark.parametrize("scheme", PROXIES)
def test_where_the_proxy_is_gone_nothing_goes_directly(wire: Wire, scheme: str) -> None:
    proxy = PROXIES[scheme]((LOOPBACK, wire.line.port))
    with proxy:
        gone = parse(f"{scheme}://{LOOPBACK}:{proxy.port}", telegram=wire.way != "x")
    before = wire.arrived()
    wire.point(proxy=gone)
    assert wire.stage.visit(wire.platform).visits == {OutcomeKind.TRANSPORT: 1}
    assert wire.arrived() == before
    assert wire.detail() == f"the proxy {gone} cannot be reached"
    with proxy:
        recovers(wire)
        assert proxy.asked


class InACircle(HttpService):
    """An X whose timelines are empty, and always go on."""

    def __init__(self) -> None:
        super().__init__(0, "in-a-circle")
        self.asked = 0

    def _reply(self, request: Request) -> Reply:
        if "/tweets" in request.target:
            self.asked += 1
            return json_reply(200, {"meta": {"result_count": 0, "next_token": "again"}})
        user = {"id": "101", "username": HANDLE, "name": "[ساختگی]", "created_at": "2020-01-01T00:00:00.000Z"}
        return json_reply(200, {"data": [user]})


@pytest.mark.parametrize("protection", Protection)
def test_an_x_that_names_the_same_next_page_for_ever_is_given_up_and_said(
    tmp_path: Path, protection: Protection
) -> None:
    with wired(tmp_path, "x") as wire, InACircle() as circle:
        wire.stage.watch(listed(HANDLE, protection=protection))
        wire.line.upstream = ("127.0.0.1", circle.port)
        assert wire.stage.visit().visits == {OutcomeKind.BAD_ANSWER: 1}
        assert circle.asked == PATIENCE
        assert wire.stage.rows("SELECT sum(posts) FROM ledger") == [(0,)]
        assert wire.stage.rows("SELECT * FROM coverage") == []
        if protection is Protection.NAMED:
            assert "nothing older" in wire.detail()
        wire.line.upstream = ("127.0.0.1", wire.stage.x.port)
        wire.line.hang_up()
        wire.stage.visit(later=8 * DAY)
        wire.equal()


def test_the_comparison_sees_a_post_that_is_lost(tmp_path: Path) -> None:
    """The control of this file."""
    with wired(tmp_path, "x") as wire:
        wire.stage.visit()
        with wire.stage.store.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM post WHERE post_id = (SELECT min(post_id) FROM post)")
        with pytest.raises(AssertionError, match="not stored, though their time is covered"):
            wire.equal()
