"""The service manager hears what sd_notify(3) says, over a real socket; without one nothing happens."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.runtime.service import ServiceManager


def bound(address: str) -> socket.socket:
    way = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    way.bind(address)
    way.settimeout(5)
    return way


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    name = f"@tracker-test-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
    with bound(name.replace("@", "\0", 1) if request.param == "abstract" else name) as way:
        yield name, way


def test_it_hears_the_words_of_the_protocol(manager: tuple[str, socket.socket]) -> None:
    name, way = manager
    service = ServiceManager({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "5000000"})
    service.ready("waiting")
    assert way.recv(4096) == b"READY=1\nSTATUS=waiting"
    service.feed()
    assert way.recv(4096) == b"WATCHDOG=1"
    service.reloading()
    assert way.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    service.says("all is well")
    assert way.recv(4096) == b"STATUS=all is well"
    service.stopping()
    assert way.recv(4096).startswith(b"STOPPING=1\n")


def test_a_watchdog_that_watches_nobody_or_another_process_is_not_fed(manager: tuple[str, socket.socket]) -> None:
    name, way = manager
    usec = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2500000"}
    assert ServiceManager({**usec, "WATCHDOG_PID": str(os.getpid())}).watchdog == 2.5
    for environment in ({"NOTIFY_SOCKET": name}, {**usec, "WATCHDOG_PID": "1"}, {**usec, "WATCHDOG_USEC": "soon"}):
        service = ServiceManager(environment)
        assert service.watchdog is None
        service.feed()
    way.setblocking(False)
    with pytest.raises(BlockingIOError):
        way.recv(4096)


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "/nowhere/at/all", "relative"])
def test_without_a_manager_that_listens_nothing_happens(address: str) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    service.ready("waiting")
    service.feed()
