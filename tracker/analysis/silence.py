"""Who has fallen silent out of character: each account's present silence judged by its own past."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from tracker.analysis.at_risk import Pool, pool, subjects_of, without_thin_weeks
from tracker.analysis.counted import Counted
from tracker.analysis.counting import Times, inside
from tracker.analysis.habit import Habit, habit_of
from tracker.analysis.poisson import poisson_interval
from tracker.analysis.question import Selection
from tracker.analysis.series import Borne, Observed, PostSeries, Series, WeekSeries
from tracker.analysis.silence_report import (
    NO_BACKTEST,
    YEAR,
    Expectation,
    GroupSilence,
    Judgement,
    SilenceReport,
    StateSeen,
    Track,
    Verdict,
)
from tracker.analysis.silence_words import definitions
from tracker.analysis.units import is_at_risk, unit_of
from tracker.analysis.window import window_notes
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, Instant, next_week, start_of_week
from tracker.domain.intervals import BEGINNING, Interval, span
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.restrictions import Exposure
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.wording import are, plural
from tracker.domain.words import PostKind

RENAMED = "renamed"
COUNTED_FRESHNESS = 8 * DAY
"""How old the last count may be: an account that is counted is looked at every six days."""
ORDER = {verdict: place for place, verdict in enumerate(Verdict)}

_STATES = {
    OutcomeKind.GONE: Verdict.GONE,
    OutcomeKind.SUSPENDED: Verdict.SUSPENDED,
    OutcomeKind.PROTECTED: Verdict.PROTECTED,
    OutcomeKind.NOT_PUBLIC: Verdict.NOT_PUBLIC,
    OutcomeKind.REASSIGNED: Verdict.REASSIGNED,
    OutcomeKind.PREVIEW_UNAVAILABLE: Verdict.PREVIEW_UNAVAILABLE,
}
_KINDS = {
    Track.OWN: (PostKind.ORIGINAL, PostKind.REPLY, PostKind.QUOTE),
    Track.REPOSTS: (PostKind.REPOST,),
}


def silence(series: Sequence[Series], settings: Settings, selection: Selection) -> SilenceReport:
    """Judge each account's present silence by its own past, as of `selection.as_of`.

    All known time before that moment is its past; `selection.since` and `until` are not looked at. Accounts are
    judged that are listed at that moment, under the listing that holds then.
    """
    present = [
        (one, listing) for one in series if (listing := listed_at(one.observed.account, selection)) is not None
    ]
    named = [(one, listing) for one, listing in present if isinstance(one, PostSeries) and not is_at_risk(one)]
    judgements = [
        judgement for one, listing in named for judgement in judgements_of(one, listing, settings, selection.as_of)
    ]
    judgements.sort(key=_alarms_first)
    states = [seen for one, listing in named for seen in _states_of(one, listing, settings, selection.as_of)]
    states.sort(key=lambda seen: (-(seen.first_seen or 0), seen.listing.name, seen.handle, seen.state))
    at_risk = [(one, listing) for one, listing in present if isinstance(one, WeekSeries)]
    shown = zip(without_thin_weeks((one for one, _ in at_risk), settings), at_risk, strict=True)
    pooled = pool(
        (unit_of(one, listing, Exposure(), selection, settings) for one, (_, listing) in shown),
        settings.report.smallest_group,
    )
    expected = tuple(_expectation(track, judgements) for track in Track)
    notes = (
        *_notes(judgements, expected, len(series) - len(present)),
        *_notes_at_risk(pooled, settings.report.smallest_group),
        *window_notes(series, selection),
    )
    return SilenceReport(
        selection.as_of,
        tuple(judgements),
        tuple(states),
        tuple(_groups(pooled, at_risk, settings, selection.as_of)),
        expected,
        settings.report.smallest_group,
        definitions(settings),
        notes,
    )


def listed_at(account: ListedAccount, selection: Selection) -> Listing | None:
    """The row of the watchlist that holds at `as_of`, if it passes the filters."""
    for listing in account.listings:
        if listing.since <= selection.as_of < listing.until and selection.asks_for(listing):
            return listing
    return None


def state_at(observed: Observed, as_of: Instant) -> Verdict | None:
    """The account's state that is not silence, if it was known by then."""
    if observed.state is None or (observed.state_since is not None and observed.state_since > as_of):
        return None
    return _STATES[OutcomeKind(observed.state)]


def judgements_of(
    series: PostSeries, listing: Listing, settings: Settings, as_of: Instant
) -> tuple[Judgement, Judgement]:
    """Both tracks of a named account, judged at `as_of`."""
    observed, zone = series.observed, settings.zone(listing.country)
    known = int(np.searchsorted(series.posted_at, as_of))
    times, kinds = series.posted_at[:known], series.kind[:known]
    counted = series.counted.within(Interval(BEGINNING, as_of))
    read = (observed.coverage - series.counted.time) & span(BEGINNING, as_of)
    coverage = read | counted.time
    state = state_at(observed, as_of)
    reposted = kinds == PostKind.REPOST
    own, latest = _own_moments(times[~reposted], counted)

    def judge(track: Track) -> Judgement:
        freshness, rule = settings.report.freshness, settings.silence
        if track is Track.REPOSTS:
            habit = habit_of(times[reposted], read, as_of, freshness, zone, rule)  # they are not in the counts
        elif counted.since.size:
            freshness = COUNTED_FRESHNESS if coverage.until != read.until else freshness
            habit = habit_of(own, coverage, as_of, freshness, zone, rule, latest)
        else:
            habit = habit_of(own, coverage, as_of, freshness, zone, rule)
        verdict = habit.verdict if state is None else state
        of_counts = counted.total if track is Track.OWN and counted.since.size else None
        return Judgement(
            listing,
            handle_of(observed, listing, as_of),
            zone,
            track,
            verdict,
            habit.posts if of_counts is None else int(np.count_nonzero(~reposted)) + of_counts,
            habit.last_post,
            habit.covered_until,
            habit.silence,
            habit.longest_gap,
            habit.limit,
            habit.covered,
            habit.active_days,
            observed.state_since if state is not None else _alarm_began(habit),
            habit.uncovered,
            habit.backtest,
            of_counts,
        )

    return judge(Track.OWN), judge(Track.REPOSTS)


def _own_moments(times: Times, counted: Counted) -> tuple[Times, Times]:
    """When each own post was made at the earliest and at the latest; of a counted piece one stands for all."""
    active = counted.active
    if not active.since.size:
        return times, times
    earliest, latest = np.concatenate([times, active.since]), np.concatenate([times, active.until - 1])
    order = np.argsort(earliest, kind="stable")
    return earliest[order], np.maximum.accumulate(latest[order])


def weekly_verdict(series: WeekSeries, track: Track, zone: str, settings: Settings, as_of: Instant) -> Verdict:
    """Judge an at-risk account by whole weeks, so that an alarm holds wherever in its weeks the posts were.

    Two posts in weeks apart are at most as far apart as the weeks' outer ends; the present silence is at least that
    of the whole weeks since. Each active week is at least one active day.
    """
    observed, rule = series.observed, settings.silence
    if (state := state_at(observed, as_of)) is not None:
        return state
    present = start_of_week(as_of, zone)
    own = track is Track.OWN
    counted = series.counted.active.within(Interval(BEGINNING, present))
    looked_at = observed.coverage if own else observed.coverage - series.counted.time
    coverage = looked_at & span(BEGINNING, present)
    until = coverage.until
    if until is None or until < start_of_week(as_of - settings.report.freshness, zone):
        return Verdict.NOT_COVERED
    busy = (series.counts[:, _KINDS[track]].sum(axis=1) > 0) & (series.week < present)
    starts = np.union1d(series.week[busy], counted.since) if own else series.week[busy]
    if not starts.size:
        return Verdict.NEVER_POSTED
    ends = np.array([next_week(int(week), zone) for week in starts], np.int64)
    if not coverage.covers(int(ends[-1]), until):
        return Verdict.NOT_COVERED
    history = coverage & span(int(starts[0]), int(ends[-1]))
    gaps = (ends[1:] - starts[:-1])[inside(starts[:-1], ends[1:], history)]
    if not gaps.size or history.length < rule.covered_days * DAY or starts.size < rule.active_days:
        return Verdict.NOT_ENOUGH_HISTORY
    return Verdict.ALARM if until - ends[-1] > rule.factor * gaps.max() else Verdict.WITHIN_HABIT


def handle_of(observed: Observed, listing: Listing, as_of: Instant) -> str:
    """The handle seen last."""
    borne = _borne(observed, as_of)
    return borne[-1].handle if borne else listing.handle


def _borne(observed: Observed, as_of: Instant) -> list[Borne]:
    return [seen for seen in observed.handles if seen.first_seen <= as_of]


def _alarm_began(habit: Habit) -> Instant | None:
    if habit.verdict is not Verdict.ALARM or habit.last_post is None or habit.limit is None:
        return None
    return habit.last_post + habit.limit


def _states_of(series: PostSeries, listing: Listing, settings: Settings, as_of: Instant) -> Iterator[StateSeen]:
    observed, zone = series.observed, settings.zone(listing.country)
    handle = handle_of(observed, listing, as_of)
    if (state := state_at(observed, as_of)) is not None:
        yield StateSeen(listing, handle, zone, state.value, observed.state_since)
    for old, new in pairwise(_borne(observed, as_of)):
        if old.handle.casefold() != new.handle.casefold():
            # A handle that is borne again was first seen long ago, but not between.
            seen = max(new.first_seen, old.last_seen) if new.first_seen <= old.last_seen else new.first_seen
            yield StateSeen(listing, handle, zone, RENAMED, seen, f"{old.handle} → {new.handle}")


def _alarms_first(judgement: Judgement) -> tuple[int, float, str, str, str, str]:
    listing = judgement.listing
    beyond = 0.0
    if judgement.verdict.judged and judgement.silence is not None and judgement.limit is not None:
        beyond = judgement.silence / max(judgement.limit, 1)
    return (
        ORDER[judgement.verdict],
        -beyond,
        listing.name,
        listing.subject,
        str(listing.account_key),
        judgement.track,
    )


def _expectation(track: Track, judgements: Sequence[Judgement]) -> Expectation:
    """From the past of the judged accounts to their next year.

    The newest of n gaps is the longest with a chance of 1 / n, if gaps do not change their kind (A. Rényi, Théorie
    des éléments saillants d'une suite d'observations, 1962). So new alarms become rarer as the past grows, and come
    evenly only with each doubling of it. An average a year would expect three times too many.
    """
    judged = [one for one in judgements if one.track is track and one.verdict.judged]
    pooled = sum((one.backtest for one in judged), NO_BACKTEST)
    if not pooled.doublings:
        return Expectation(track, len(judged), pooled)
    ahead = sum(math.log2(1 + YEAR / one.covered) for one in judged)
    low, high = (ahead * limit / pooled.doublings for limit in poisson_interval(pooled.false_alarms))
    expected = ahead * pooled.false_alarms / pooled.doublings
    return Expectation(track, len(judged), pooled, pooled.per_year, expected, low, high)


def _groups(
    pooled: Pool, at_risk: Sequence[tuple[WeekSeries, Listing]], settings: Settings, as_of: Instant
) -> Iterator[GroupSilence]:
    """How many of each cell have fallen silent; a number smaller than the smallest group is not said."""
    series_of = {one.observed.account.latest.account_key: one for one, _ in at_risk}
    for cell in pooled.cells:
        listing = cell[0].listing
        for track in Track:
            silent = subjects_of(
                unit
                for unit in cell
                if weekly_verdict(
                    series_of[unit.observed.account.latest.account_key], track, unit.zone, settings, as_of
                )
                is Verdict.ALARM
            )
            number = len(silent) if len(silent) >= settings.report.smallest_group else None
            yield GroupSilence(listing.role, listing.country, listing.platform, track, len(subjects_of(cell)), number)


def _notes(judgements: Sequence[Judgement], expected: Sequence[Expectation], not_listed: int) -> Iterator[str]:
    for track in Track:
        counts = Counter(one.verdict for one in judgements if one.track is track)
        if counts:
            said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
            yield f"{_track_name(track)}: of {counts.total()} accounts {said}."
    for one in expected:
        if one.judged:
            yield _expected_said(one)
    if not_listed:
        yield f"{not_listed} of the chosen accounts {are(not_listed)} not listed at this time."


def _track_name(track: Track) -> str:
    return "Own posts" if track is Track.OWN else "Reposts"


def _expected_said(one: Expectation) -> str:
    name = _track_name(one.track)
    if one.per_account_year is None or one.per_year is None or one.per_month is None:
        return f"{name}: no past long enough to replay the rule; how often it is wrong is not known."
    return (
        f"{name}: in {one.pooled.years:.1f} account-years replayed the rule would have raised "
        f"{plural(one.pooled.false_alarms, 'false alarm')}, "
        f"{one.per_account_year:.2f} an account-year. Over the {one.judged} accounts judged now expect "
        f"{one.per_year:.1f} in the next year (95 %: {one.low:.1f} to {one.high:.1f}), {one.per_month:.1f} a month."
    )


def _notes_at_risk(pooled: Pool, smallest: int) -> Iterator[str]:
    if pooled.cells:
        yield "People at risk stand apart, as groups; the other rows do not contain them."
    if pooled.suppressed:
        yield (f"{plural(pooled.suppressed, 'subject')} at risk left out, for want of a group of {smallest}.")
