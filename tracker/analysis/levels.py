"""How active an account is, by the time since its last original post."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from tracker.analysis.units import Unit
from tracker.config.settings import ReportSettings
from tracker.domain.instants import DAY, Instant
from tracker.domain.intervals import BEGINNING, FOREVER, span


class Level(StrEnum):
    ACTIVE = "active"
    OCCASIONAL = "occasional"
    INFREQUENT = "infrequent"
    LAPSED = "lapsed"
    DORMANT = "dormant"
    REPOSTS_ONLY = "reposts only"
    NEVER = "never seen to post"
    UNKNOWN = "unknown"


def level_of(units: Sequence[Unit], at: Instant, thresholds: ReportSettings) -> Level:
    """The level of the units together at the instant `at`.

    It is a state and not a count: it looks at all listed time before `at`, however narrow the time asked for is.
    Where there is no original post the last reply or quote takes its place.
    """
    units = [unit for unit in units if not unit.life.empty]
    last = max((unit.last_original for unit in units if unit.last_original is not None), default=None)
    if last is None:
        last = max((unit.last_answer for unit in units if unit.last_answer is not None), default=None)
    if last is None:
        return _level_without_words(units, thresholds.level_coverage)
    age = at - last
    if age <= thresholds.active_days * DAY:
        return Level.ACTIVE
    if not _followed(units, last, thresholds.level_coverage):
        return Level.UNKNOWN
    for days, level in (
        (thresholds.occasional_days, Level.OCCASIONAL),
        (thresholds.infrequent_days, Level.INFREQUENT),
        (thresholds.lapsed_days, Level.LAPSED),
    ):
        if age <= days * DAY:
            return level
    return Level.DORMANT


def _level_without_words(units: Sequence[Unit], share: float) -> Level:
    if any(unit.last_repost is not None for unit in units):
        return Level.REPOSTS_ONLY if _followed(units, BEGINNING, share) else Level.UNKNOWN
    return Level.NEVER if units and all(unit.life.full for unit in units) else Level.UNKNOWN


def _followed(units: Sequence[Unit], since: Instant, share: float) -> bool:
    """Whether at least this share of the units' listed time after `since` is covered."""
    afterwards = span(since, FOREVER)
    needed = sum(max(0, unit.life.window.until - max(since, unit.life.window.since)) for unit in units)
    covered = sum((unit.life.covered & afterwards).length for unit in units)
    return covered >= share * needed
