"""When the watchdog is fed and when it starves, and what others read of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.words import Platform
from tracker.runtime.pulse import UNCONFIGURED, Beat, Pulse, read_pulses

X, TELEGRAM = Platform.X, Platform.TELEGRAM
NOW = 1_790_000_000


class Fed:
    """A pulse of two platforms, and how often all was told to be well."""

    def __init__(self, path: Path | None = None) -> None:
        self.times, self.now = 0, NOW
        self.pulse = Pulse(path, clock=lambda: self.now, when_whole=[self.count])
        self.pulse.begin(Platform)

    def count(self) -> None:
        self.times += 1


def test_it_is_fed_when_the_ticks_of_all_platforms_have_ended_well() -> None:
    fed = Fed()
    fed.pulse.good(X, None)
    fed.pulse.good(X, None)
    assert fed.times == 0
    fed.pulse.good(TELEGRAM, None)
    assert fed.times == 1
    fed.pulse.good(TELEGRAM, None)
    assert fed.times == 1  # X has hung since


@pytest.mark.parametrize("event", ["page", "spent", "ended"])
def test_within_a_tick_of_many_hours_whatever_is_committed_keeps_it_fed(event: str) -> None:
    fed = Fed()
    for times in range(1, 4):
        fed.pulse.good(TELEGRAM, None)
        match event:
            case "page":
                fed.pulse.page(X, 100)
            case "spent":
                fed.pulse.spent(X, 1, 5)
            case _:
                fed.pulse.ended(X, "generated", OutcomeKind.TRANSPORT, "")
        assert fed.times == times


def test_after_a_failed_tick_only_one_that_ends_well_feeds_it() -> None:
    fed = Fed()
    for _ in range(3):
        fed.pulse.failed(X)
        fed.pulse.page(X, 100)
        fed.pulse.good(TELEGRAM, None)
    assert fed.times == 0
    fed.pulse.good(X, None)
    assert fed.times == 1
    fed.pulse.page(X, 100)
    fed.pulse.good(TELEGRAM, None)
    assert fed.times == 2


@pytest.mark.parametrize("stop", [UNCONFIGURED, Failure(OutcomeKind.AUTH_FAILED, "refused", NOW + 60)])
def test_what_a_new_start_would_not_mend_does_not_starve_it(stop: str | Failure) -> None:
    fed = Fed()
    fed.pulse.good(X, stop)
    fed.pulse.good(TELEGRAM, None)
    assert fed.times == 1
    assert fed.pulse.beats[X].stop in ("unconfigured", "auth_failed")


def test_others_read_how_each_platform_is_and_nothing_of_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "pulse.json"
    fed = Fed(path)
    fed.pulse.good(X, Failure(OutcomeKind.BUDGET_SPENT, "canary", NOW + 60))
    fed.pulse.ended(X, "canary", OutcomeKind.BAD_ANSWER, "canary")
    fed.now += 1
    fed.pulse.failed(TELEGRAM)
    read = read_pulses(path)
    assert read is not None
    assert read.beats == {
        X: Beat(beat_at=NOW, good_at=NOW, stop="budget_spent", until=NOW + 60),
        TELEGRAM: Beat(failed_at=NOW + 1, failures=1),
    }
    assert "canary" not in path.read_text("ascii")
    assert oct(path.stat().st_mode)[-3:] == "600"


def test_it_is_written_at_most_every_so_often_unless_there_is_news(tmp_path: Path) -> None:
    path = tmp_path / "pulse.json"
    fed = Fed(path)
    path.unlink()
    fed.now += 14
    fed.pulse.good(X, None)
    assert not path.exists()
    fed.now += 1
    fed.pulse.good(X, None)
    assert path.exists()
    path.unlink()
    fed.now -= 1000  # the clock was set back
    fed.pulse.good(X, None)
    assert path.exists()


@pytest.mark.parametrize(
    "said", [b"", b"[]", b"{}", b"\xff", b'{"pid":1,"started_at":1,"platforms":{"y":{}}}', b"[" * 100_000]
)
def test_a_file_that_says_nothing_is_read_as_nothing(said: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pulse.json"
    assert read_pulses(path) is None
    path.write_bytes(said)
    assert read_pulses(path) is None
    path.write_text(json.dumps({"pid": 1, "started_at": 1, "platforms": {"x": {}}}))
    assert read_pulses(path) is not None


def test_a_disk_that_refuses_is_no_failed_tick(tmp_path: Path) -> None:
    fed = Fed(tmp_path / "gone" / "pulse.json")
    fed.pulse.good(X, None)
    fed.pulse.good(TELEGRAM, None)
    assert fed.times == 1
