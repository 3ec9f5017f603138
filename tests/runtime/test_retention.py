"""What the settings keep no longer goes, and only that. All names are invented."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.forgettable import CANARY, config_of, everywhere, filled
from tests.store.making import NOW, ZONES, listed, one, opened, rows
from tracker.config.settings import RetentionSettings
from tracker.domain.instants import DAY, WEEK, start_of_week
from tracker.domain.words import Protection
from tracker.runtime.audit import entries
from tracker.runtime.retention import expire, expiring, told

ZONE = ZONES["IR"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


def test_texts_go_with_the_answers_that_hold_them_and_everything_else_stays(path: Path, tmp_path: Path) -> None:
    config = config_of(tmp_path)
    kept = replace(config, settings=replace(config.settings, retention=RetentionSettings(texts=30 * DAY)))
    with filled(path) as store:
        posts = one(path, "SELECT count(*) FROM post")
        assert expire(store, kept, {}, NOW + 29 * DAY) == {}, "the control: not yet"
        assert CANARY.encode() in everywhere(path)
        would_go = expiring(store, kept, {}, NOW + 31 * DAY)
        assert CANARY.encode() in everywhere(path), "it was only tried"
        gone = expire(store, kept, {}, NOW + 31 * DAY)
        assert gone == would_go
        assert gone["texts"] > 40
        assert CANARY.encode() not in everywhere(path)
        assert one(path, "SELECT count(*) FROM answer") == 0
        assert one(path, "SELECT count(*) FROM post") == posts
        assert one(path, "SELECT count(*) FROM metric") == posts
    (entry,) = entries(config.home.data)
    assert entry.facts["step"] == "expired"


def test_weeks_of_people_at_risk_that_go_read_as_not_looked_at(path: Path, tmp_path: Path) -> None:
    config = config_of(tmp_path)
    retention = RetentionSettings(at_risk_weeks=10 * WEEK)
    kept = replace(config, settings=replace(config.settings, retention=retention))
    monday = start_of_week(NOW, ZONE)
    weeks = [start_of_week(monday - number * WEEK + DAY, ZONE) for number in range(1, 15)]
    with opened(path, listed("generated", 7, protection=Protection.AT_RISK)) as store:
        with store.transaction() as connection:
            for week in weeks:
                connection.exec_driver_sql("INSERT INTO week_count VALUES (1, ?, 0, 3)", (week,))
            coverage = "INSERT INTO coverage VALUES (1, ?, ?, 'live')"
            connection.exec_driver_sql(coverage, (weeks[-1], monday))
            hole = "INSERT INTO hole (account_id, until, unreachable) VALUES (1, ?, 0)"
            connection.exec_driver_sql(hole, (weeks[-1],))
        gone = expire(store, kept, {"subject-of-generated": ZONE}, NOW)
        first = start_of_week(NOW - 10 * WEEK, ZONE)
        assert gone["week counts"] == sum(week < first for week in weeks) > 0
        assert told(gone).startswith("the week counts"), "how many would say how often people at risk have posted"
        assert entries(config.home.data)[-1].facts["week_counts"] is True
        assert min(week for (week,) in rows(path, "SELECT week FROM week_count")) == first
        assert rows(path, "SELECT since, until FROM coverage") == [(first, monday)]
        assert rows(path, "SELECT * FROM hole") == []
