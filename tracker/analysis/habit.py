"""How long an account is used to pause, and whether its present pause is out of character.

Measured on accounts that post in bursts, a fixed number of days or a Poisson test alarms 15 to 370 times an
account-year without cause; a multiple of the account's own longest covered gap 0.4 to 0.6 times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tracker.analysis.counting import Times, covered_gaps, local_days
from tracker.analysis.silence_report import NO_BACKTEST, BackTest, Verdict
from tracker.config.settings import SilenceSettings
from tracker.domain.instants import DAY, Instant, start_of_day
from tracker.domain.intervals import FOREVER, NEVER, Intervals, span

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Habit:
    """What is known of one track's pauses at one moment; lengths in seconds. See `Judgement` for the fields."""

    verdict: Verdict
    posts: int = 0
    last_post: Instant | None = None
    covered_until: Instant | None = None
    silence: int | None = None
    longest_gap: int | None = None
    limit: int | None = None
    covered: int = 0
    active_days: int = 0
    uncovered: Intervals = NEVER
    backtest: BackTest = NO_BACKTEST


def habit_of(
    times: Times,
    coverage: Intervals,
    as_of: Instant,
    freshness: int,
    zone: str,
    rule: SilenceSettings,
    latest: Times | None = None,
) -> Habit:
    """Judge the posts of one track: sorted `times`, none after `as_of`, and `coverage` that ends there at the latest.

    `zone` is where its days are counted; `freshness` how long before `as_of` the last look may be. Posts known by the
    day have the day's beginning in `times` and its end in `latest`: then gaps are as long, and the present silence as
    short, as the days allow, and an alarm holds wherever in its days the posts were.
    """
    looked_until = coverage.until
    if not times.size:
        if looked_until is None or as_of - looked_until > freshness:
            return Habit(Verdict.NOT_COVERED, covered_until=looked_until, uncovered=_after(looked_until, as_of))
        return Habit(Verdict.NEVER_POSTED, covered_until=looked_until)
    first, last = int(times[0]), int((times if latest is None else latest)[-1])
    until = last if looked_until is None else max(last, looked_until)
    fresh = as_of - until <= freshness
    followed = fresh and coverage.covers(last, until)
    history = coverage & span(first, last)
    days = local_days(times, zone)
    starts, gaps = covered_gaps(times, history, latest)
    longest = int(gaps.max()) if gaps.size else None
    ripe = _ripe(history, days, zone, rule)
    limit = None if longest is None or ripe is None else int(rule.factor * longest)
    silence = until - last if followed else None
    if silence is None:
        verdict = Verdict.NOT_COVERED
    elif limit is None:
        verdict = Verdict.NOT_ENOUGH_HISTORY
    else:
        verdict = Verdict.ALARM if silence > limit else Verdict.WITHIN_HABIT
    return Habit(
        verdict,
        int(times.size),
        last,
        looked_until,
        silence,
        longest,
        limit,
        history.length,
        int(days.size),
        NEVER if followed else span(last + 1, until if fresh else as_of) - coverage,
        NO_BACKTEST if ripe is None else replay(starts, gaps, ripe, rule.factor),
    )


def replay(starts: Times, gaps: Times, ripe: Instant, factor: float) -> BackTest:
    """Apply the rule to each covered gap that began at or after `ripe`, knowing only the gaps before it."""
    first = max(1, int(np.searchsorted(starts, ripe)))
    if first >= gaps.size:
        return NO_BACKTEST
    longest_before = np.maximum.accumulate(gaps)[first - 1 : -1]
    tried = gaps[first:]
    false_alarms = int(np.count_nonzero(tried > factor * longest_before))
    return BackTest(false_alarms, int(tried.sum()), math.log2(gaps.size / first))


def _ripe(history: Intervals, days: Times, zone: str, rule: SilenceSettings) -> Instant | None:
    """From when on there was enough history; None: there is not yet."""
    needed = rule.covered_days * DAY
    if days.size < rule.active_days:
        return None
    enough_days = start_of_day(_EPOCH + timedelta(days=int(days[rule.active_days - 1])), zone)
    for since, until in history:
        if until - since >= needed:
            return max(since + needed, enough_days)
        needed -= until - since
    return None


def _after(looked_until: Instant | None, as_of: Instant) -> Intervals:
    return NEVER if looked_until is None else span(looked_until, min(as_of, FOREVER))
