"""Who has how much influence: figures beside each other, each defined, none of them mixed into a score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from tracker.analysis.at_risk import group_name, pool, without_thin_weeks
from tracker.analysis.equal_age import Counted, counted_at, together, top_tenth
from tracker.analysis.history import ABSENT, Followers, History, Numbers
from tracker.analysis.influence_notes import notes_on
from tracker.analysis.influence_report import Engagement, InfluenceReport, InfluenceRow, TopTenth
from tracker.analysis.influence_words import definitions
from tracker.analysis.question import Selection
from tracker.analysis.ranks import ranked
from tracker.analysis.rows import coverage_of
from tracker.analysis.series import Series
from tracker.analysis.units import Unit, is_at_risk, unit_of
from tracker.analysis.window import window_notes
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, WEEK, Instant, day_of
from tracker.domain.intervals import NEVER, Interval
from tracker.domain.restrictions import Exposure
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import CounterAge, Platform, PostKind

__all__ = ["Engagement", "InfluenceReport", "InfluenceRow", "TopTenth", "influence", "in_order"]

AGES = (CounterAge.DAY, CounterAge.WEEK)
_UNRESTRICTED = Exposure(NEVER, NEVER, NEVER)

Spread = dict[tuple[CounterAge, Platform], list[Numbers]]
"""The engagement of every counted post, for the top tenth of the whole selection."""


def in_order(accounts: Iterable[ListedAccount]) -> list[ListedAccount]:
    """The accounts as `influence` wants their histories: those of one subject on one platform together."""
    return sorted(accounts, key=lambda account: (*_whose(account), account.handle))


def influence(
    histories: Iterable[History], settings: Settings, selection: Selection, age: CounterAge = CounterAge.DAY
) -> InfluenceReport:
    """The influence of the selected accounts, from the histories of `in_order` accounts, each looked at once.

    Only one row's counters are held at a time. Raises ValueError if the histories are not in order.
    """
    rows: list[InfluenceRow] = []
    at_risk: list[Series] = []
    spread: Spread = defaultdict(list)
    series: list[Series] = []
    seen: set[tuple[str, Platform]] = set()
    for whose, some in groupby(histories, key=lambda history: _whose(history.series.observed.account)):
        if whose in seen:
            raise ValueError(f"the histories of {whose} do not stand together; see in_order")
        seen.add(whose)
        named: list[_Account] = []
        for history in some:
            series.append(history.series)
            if is_at_risk(history.series):
                at_risk.append(history.series)
            elif units := _units(history.series, settings, selection):
                named.append(_Account.of(history, units, selection, settings.report.freshness))
        if named:
            rows.append(_row(named, settings, spread))
    shown = without_thin_weeks(at_risk, settings)
    in_groups = (unit for one in shown for unit in _units(one, settings, selection))
    pooled = pool(in_groups, settings.report.smallest_group)
    rows += [_row_at_risk(cell, settings) for cell in pooled.cells]
    rows = ranked(rows)
    rows.sort(key=lambda row: _highest_first(row, age))
    top_tenths = _top_tenths(spread)
    return InfluenceReport(
        selection.as_of,
        age,
        definitions(settings),
        tuple(rows),
        top_tenths,
        (*window_notes(series, selection), *notes_on(rows, pooled, top_tenths, settings, age)),
    )


@dataclass(frozen=True, slots=True)
class _Ends:
    """An account's followers at both ends of the time asked for, with the instants at which they were counted."""

    first_at: Instant
    first: int
    last_at: Instant
    last: int

    @property
    def per_week(self) -> float | None:
        length = self.last_at - self.first_at
        return (self.last - self.first) * WEEK / length if length >= DAY else None


@dataclass(frozen=True, slots=True)
class _Account:
    """What one named account adds to its row."""

    units: list[Unit]
    ends: _Ends | None
    counted: list[Counted]
    """For each of AGES."""

    @classmethod
    def of(cls, history: History, units: list[Unit], selection: Selection, freshness: int) -> _Account:
        windows = [unit.sight.window for unit in units if not unit.sight.empty]
        since = min((window.since for window in windows), default=selection.end)
        until = max((selection.bounds(unit.listing).until for unit in units), default=selection.end)
        return cls(
            units,
            _ends(history.followers, Interval(since, until), freshness),
            counted_at(history, windows, [age.seconds for age in AGES]),
        )


def _whose(account: ListedAccount) -> tuple[str, Platform]:
    return account.subject, account.platform


def _units(series: Series, settings: Settings, selection: Selection) -> list[Unit]:
    return [
        unit_of(series, listing, _UNRESTRICTED, selection, settings)
        for listing in series.observed.account.listings
        if selection.asks_for(listing)
    ]


def _ends(followers: Followers, window: Interval, freshness: int) -> _Ends | None:
    """The first and last snapshot in the window; where there are not two, the nearest before it is the first.

    Where there is none by then, it is the nearest after, if that is fresh enough to stand for the window's end.
    """
    times = followers.taken_at
    begin, beyond = (int(place) for place in np.searchsorted(times, window))
    if beyond - begin < 2:
        begin = max(0, begin - 1)
    if begin >= beyond:
        begin, beyond = beyond, beyond + 1
        if begin >= times.size or times[begin] > window.until + freshness:
            return None
    first, last = begin, beyond - 1
    return _Ends(int(times[first]), int(followers.count[first]), int(times[last]), int(followers.count[last]))


def _row(accounts: Sequence[_Account], settings: Settings, spread: Spread) -> InfluenceRow:
    """The figures of one named subject's accounts on one platform."""
    units = [unit for account in accounts for unit in account.units]
    latest = max((unit.listing for unit in units), key=lambda listing: (listing.until, listing.since))
    known = [unit for unit in units if unit.known]
    zone = settings.zone(latest.country)
    ends = [account.ends for account in accounts if account.ends is not None]
    complete = len(ends) == len(accounts)
    rates = [each.per_week for each in ends if each.per_week is not None]
    at_24h, at_7d = (
        _engagements(accounts, latest.platform, spread) if any(unit.read for unit in known) else (None, None)
    )
    return InfluenceRow(
        subject=latest.subject,
        name=latest.name,
        role=latest.role,
        country=latest.country,
        platform=latest.platform,
        accounts=len(accounts),
        posts=sum(unit.tally.posts for unit in known) if known else None,
        originals=_originals(known),
        followers_first=sum(each.first for each in ends) if complete else None,
        followers_first_day=day_of(min(each.first_at for each in ends), zone) if complete else None,
        followers_last=sum(each.last for each in ends) if complete else None,
        followers_last_day=day_of(max(each.last_at for each in ends), zone) if complete else None,
        followers_per_week=sum(rates) if len(rates) == len(accounts) else None,
        at_24h=at_24h,
        at_7d=at_7d,
        coverage=coverage_of(units, True),
        at_risk=False,
        zone=zone,
    )


def _row_at_risk(units: Sequence[Unit], settings: Settings) -> InfluenceRow:
    """The counts of one cell; its subjects' followers and counters are nobody's business, and never read."""
    listing = units[0].listing
    known = [unit for unit in units if unit.known]
    return InfluenceRow(
        subject=None,
        name=group_name(units),
        role=listing.role,
        country=listing.country,
        platform=listing.platform,
        accounts=len({unit.observed.account.latest.account_key for unit in units}),
        posts=sum(unit.tally.posts for unit in known) if known else None,
        originals=_originals(known),
        followers_first=None,
        followers_first_day=None,
        followers_last=None,
        followers_last_day=None,
        followers_per_week=None,
        at_24h=None,
        at_7d=None,
        coverage=coverage_of(units, False),
        at_risk=True,
        zone=settings.zone(listing.country),
    )


def _originals(known: Sequence[Unit]) -> int | None:
    """Of what was read; None where the platform has only counted."""
    read = [unit.tally.kinds[PostKind.ORIGINAL] for unit in known if unit.read]
    return sum(read) if read else None


def _engagements(accounts: Sequence[_Account], platform: Platform, spread: Spread) -> tuple[Engagement, Engagement]:
    """The figures at 24 hours and at 7 days, from the same counters only once; adds the posts to the spread."""
    young, old = (together(counted) for counted in zip(*(account.counted for account in accounts), strict=True))
    engagement = young.engagement
    at_24h = _engagement(CounterAge.DAY, young, engagement)
    spread[CounterAge.DAY, platform].append(engagement)
    if old is young:
        spread[CounterAge.WEEK, platform].append(engagement)
        return at_24h, replace(at_24h, age=CounterAge.WEEK)
    engagement = old.engagement
    spread[CounterAge.WEEK, platform].append(engagement)
    return at_24h, _engagement(CounterAge.WEEK, old, engagement)


def _engagement(age: CounterAge, counted: Counted, engagement: Numbers) -> Engagement:
    likes, reposts, replies, quotes, reactions, views = (
        _median(counter[counter != ABSENT]) for counter in counted.counters
    )
    counters_age = _median(counted.age)
    return Engagement(
        age=age,
        posts=counted.age.size,
        without_counters=counted.without,
        median=_median(engagement),
        mean=float(engagement.mean()) if engagement.size else None,
        likes=likes,
        reposts=reposts,
        replies=replies,
        quotes=quotes,
        reactions=reactions,
        views=views,
        views_per_subscriber=_median(counted.per_subscriber),
        counters_age_days=None if counters_age is None else counters_age / DAY,
        top_tenth=top_tenth(engagement)[2],
    )


def _median(values: np.ndarray[tuple[int, ...], np.dtype[np.int64 | np.float64]]) -> float | None:
    return float(np.median(values)) if values.size else None


def _top_tenths(spread: Spread) -> tuple[TopTenth, ...]:
    found = []
    for age in AGES:
        platforms = sorted(platform for each, platform in spread if each is age)
        parts = {platform: np.concatenate(spread[age, platform]) for platform in platforms}
        if parts:
            found.append(_top_tenth(age, None, np.concatenate(list(parts.values()))))
        found += [_top_tenth(age, platform, engagement) for platform, engagement in parts.items()]
    return tuple(found)


def _top_tenth(age: CounterAge, platform: Platform | None, engagement: Numbers) -> TopTenth:
    top, total, share = top_tenth(engagement)
    return TopTenth(age, platform, engagement.size, top, total, share)


def _highest_first(row: InfluenceRow, age: CounterAge) -> tuple[float, int, int, str, str, str]:
    at = row.engagement(age)
    return (
        1.0 if at is None or at.median is None else -at.median,
        1 if row.followers_last is None else -row.followers_last,
        1 if row.posts is None else -row.posts,
        row.name,
        row.subject or "",
        row.platform,
    )
