"""The file for Prometheus: its format, and that nobody is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracker.config.toml import read_settings
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Platform
from tracker.runtime.metrics import Meters
from tracker.runtime.pulse import Beat

NOW = 1_790_000_000
BEATS = {Platform.X: Beat(NOW, NOW, stop="auth_failed"), Platform.TELEGRAM: Beat(failures=2)}
LINE = re.compile(r'tracker_[a-z_]+(\{[a-z]+="[a-z_]+"(,[a-z]+="[a-z_]+")*\})? [0-9.e+]+')


def meters(told: list[str]) -> Meters:
    counting = Meters(told.append, lambda: NOW)
    counting.ended(Platform.X, "canary", OutcomeKind.OK, "canary")
    counting.ended(Platform.X, "canary", OutcomeKind.OK, "canary")
    counting.ended(Platform.TELEGRAM, "", OutcomeKind.SUSPENDED, "")  # a person at risk
    counting.page(Platform.X, 100)
    counting.spent(Platform.X, 3, 2_500_000)
    return counting


def test_it_says_how_collecting_goes_by_platform_and_outcome() -> None:
    text = meters([]).text(BEATS)
    lines = text.splitlines()
    for line in (
        'tracker_visits_total{platform="x",outcome="ok"} 2',
        'tracker_posts_total{platform="x"} 100',
        'tracker_posts_total{platform="telegram"} 0',
        'tracker_spent_dollars_total{platform="x"} 2.5',
        'tracker_failed_ticks{platform="telegram"} 2',
        'tracker_stopped{platform="x",reason="auth_failed"} 1',
        f"tracker_written_time_seconds {NOW}",
        "# TYPE tracker_visits_total counter",
    ):
        assert line in lines
    assert text.endswith("\n")
    assert all(line.startswith(("# HELP tracker_", "# TYPE tracker_")) or LINE.fullmatch(line) for line in lines)


def test_neither_a_name_nor_a_visit_of_a_person_at_risk_is_in_it() -> None:
    text = meters([]).text(BEATS)
    assert "canary" not in text
    assert "suspended" not in text


def test_the_file_is_whole_at_any_moment_and_readable_by_the_exporter(tmp_path: Path) -> None:
    counting = meters([])
    counting.path = tmp_path / "tracker.prom"
    counting.write(BEATS)
    assert counting.path.read_text("ascii") == counting.text(BEATS)
    assert oct(counting.path.stat().st_mode)[-3:] == "644"
    with counting.path.open() as before:
        counting.write({Platform.X: Beat()})
        assert before.read() == counting.text(BEATS)  # whoever had it open goes on reading the old one
    assert [path.name for path in tmp_path.iterdir()] == ["tracker.prom"]


def test_a_disk_that_refuses_is_told_of_once(tmp_path: Path) -> None:
    told: list[str] = []
    counting = meters(told)
    counting.path = tmp_path / "gone" / "tracker.prom"
    counting.write(BEATS)
    counting.write(BEATS)
    assert len(told) == 1
    counting.path.parent.mkdir()
    counting.write(BEATS)
    assert counting.path.exists()


@pytest.mark.parametrize("path", ["data/tracker.prom", "/var/lib/node_exporter/tracker.prom", ""])
def test_its_place_is_the_users(path: str) -> None:
    settings, problems = read_settings(f'[health]\nmetrics_file = "{path}"\n'.encode())
    assert (settings.health.metrics_file, problems) == (path, [])


@pytest.mark.parametrize("path", ["data/tracker.txt", "../tracker.prom", "data/.prom"])
def test_a_file_that_no_exporter_reads_is_refused(path: str) -> None:
    settings, problems = read_settings(f'[health]\nmetrics_file = "{path}"\n'.encode())
    assert settings.health.metrics_file == ""
    assert len(problems) == 1
