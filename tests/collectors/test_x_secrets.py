"""What must not get out: the bearer token, and whose posts are read."""

from __future__ import annotations

import logging

import pytest

from tests.collectors.walking import failed
from tests.collectors.x_stage import MINISTRY_TARGET, Stage
from tracker.collectors.x import XCollector
from tracker.domain.records import Page, Target, Walk
from tracker.sandbox.x_faults import XFault

ALWAYS = 4
"""As often as one request is sent at most."""
CANARY = "canary-4f1b9c-bearer"


def everything_said(collector: XCollector, stage: Stage) -> list[object]:
    """What a collector gives back, well and badly asked."""
    said: list[object] = [collector, repr(vars(collector))]
    for fault in (None, *(fault for fault in XFault if fault is not XFault.SLOW)):
        for ask in (
            lambda: collector.fetch(MINISTRY_TARGET, Walk()),
            lambda: collector.profiles([MINISTRY_TARGET]),
            lambda: collector.resolve([MINISTRY_TARGET, Target("ExampleBanned")]),
        ):
            stage.server.heal()
            if fault is not None:
                stage.server.fail(fault, times=ALWAYS)
            said.append(ask())
    stage.server.stop()
    said.append(collector.fetch(MINISTRY_TARGET, Walk()))
    return said


@pytest.mark.parametrize("right", [True, False])
def test_the_bearer_token_is_in_no_log_answer_failure_or_representation(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], right: bool
) -> None:
    for name in ("", "tweepy", "tweepy.client", "requests", "urllib3", "http.client"):
        caplog.set_level(logging.DEBUG, name)
    with Stage(3) as stage:
        stage.server = type(stage.server)(
            stage.world, bearer_token=CANARY if right else "another", clock=lambda: stage.now
        )
        stage.server.start()
        said = everything_said(stage.collector(token=CANARY), stage)
    assert isinstance(said[2], Page) == right
    assert CANARY not in repr(said)
    assert caplog.records
    assert not any(CANARY in record.getMessage() for record in caplog.records)
    assert CANARY not in "".join(capfd.readouterr())


def test_whose_posts_are_read_is_in_no_warning(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.server.fail(XFault.DROPPED, times=ALWAYS)
    failed(stage.collector().fetch(MINISTRY_TARGET, Walk()))
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
