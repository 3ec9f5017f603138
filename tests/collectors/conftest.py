from __future__ import annotations

from collections.abc import Iterator

import pytest

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
