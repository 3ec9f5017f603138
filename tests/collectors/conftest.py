from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collectors.ways import Listener
from tests.collectors.x_stage import Stage


@pytest.fixture(params=["tweet", "post"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Both spellings of X's fields."""
    return str(request.param)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """250 posts of every kind in turn, on three pages."""
    with Stage(250) as stage:
        yield stage


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """On the direct way, in an environment that would lead there."""
    listener = Listener()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    yield listener
    listener.close()
