"""A second opinion on usage: one instant and one post at a time, without NumPy and without interval arithmetic.

Time goes in ticks of six hours, so that a window is a few ticks that can be walked through, each with the seconds of
it that belong to the window. Every instant given to it must be a whole tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tracker.analysis.levels import Level
from tracker.analysis.question import UsageQuestion
from tracker.analysis.series import PostSeries
from tracker.config.settings import ReportSettings
from tracker.domain.restrictions import Restriction
from tracker.domain.subjects import Listing
from tracker.domain.words import PostKind, Residence, RestrictionKind, Role, Scope

TICK = 6 * 3600
DAY = 86400

UNKNOWN_PAST = 10**12
"""Where nobody knows when an account began, the time before the first tick is too long to be covered."""

Ticks = dict[int, int]
"""Seconds by the tick in which they lie."""


@dataclass
class Opinion:
    posts: int | None = None
    restricted: int | None = None
    uncertain: int | None = None
    throttled: int | None = None
    kinds: tuple[int, ...] | None = None
    active_days: int | None = None
    per_week: float | None = None
    first: int | None = None
    last: int | None = None
    state: str = "none"
    share: float = 0.0
    without_data: int = 0
    level: Level = Level.UNKNOWN


def opinion(
    series: Sequence[PostSeries],
    restrictions: Sequence[Restriction],
    question: UsageQuestion,
    report: ReportSettings,
) -> Opinion:
    """The figures of all series together."""
    looked_at: list[tuple[Ticks, Ticks]] = []  # asked and covered, one pair a unit
    lived: list[tuple[Ticks, Ticks]] = []
    counted: list[tuple[int, int, Listing]] = []
    in_life: list[tuple[int, int]] = []
    covered_posts, without_data = 0, 0
    for one in series:
        has_data = False
        for listing in one.observed.account.listings:
            asked = _ticks(one, listing, question, question.since, report.freshness)
            life = _ticks(one, listing, question, None, report.freshness)
            seen = _looked_at(one, asked)
            looked_at.append((asked, seen))
            lived.append((life, _looked_at(one, life)))
            made = list(zip(one.posted_at.tolist(), one.kind.tolist(), strict=True))
            inside = [(moment, kind, listing) for moment, kind in made if moment in asked]
            counted += inside
            in_life += [(moment, kind) for moment, kind in made if moment in life]
            covered_posts += sum(moment in seen for moment, _, _ in inside)
            has_data = has_data or bool(seen) or bool(inside)
        without_data += not has_data
    relevant = [(asked, seen) for asked, seen in looked_at if asked]
    covered = sum(sum(seen.values()) for _, seen in relevant)
    found = Opinion(without_data=without_data, level=_level(in_life, lived, question, report))
    if relevant and all(asked == seen for asked, seen in relevant):
        found.state, found.share = "full", 1.0
    elif covered:
        found.state, found.share = "partial", covered / sum(sum(asked.values()) for asked, _ in relevant)
    if not covered and not counted:
        return found
    verdicts = [_verdict(moment, listing, restrictions, question) for moment, _, listing in counted]
    found.posts = len(counted)
    found.restricted, found.uncertain = verdicts.count("yes"), verdicts.count("uncertain")
    found.throttled = sum(_throttled(moment, listing, restrictions) for moment, _, listing in counted)
    found.kinds = tuple(sum(kind == wanted for _, kind, _ in counted) for wanted in PostKind)
    found.active_days = len({datetime.fromtimestamp(moment, UTC).date() for moment, _, _ in counted})
    found.per_week = covered_posts / (covered / (7 * DAY)) if covered >= DAY else None
    moments = [moment for moment, _, _ in counted]
    found.first, found.last = min(moments, default=None), max(moments, default=None)
    return found


def _looked_at(one: PostSeries, ticks: Ticks) -> Ticks:
    return {
        tick: seconds
        for tick, seconds in ticks.items()
        if any(part.since <= tick < part.until for part in one.observed.coverage)
    }


def _ticks(one: PostSeries, listing: Listing, question: UsageQuestion, since: int | None, freshness: int) -> Ticks:
    """The ticks of the window that the rules give to one account under one listing."""
    end = question.as_of if question.until is None else min(question.as_of, question.until)
    end = min(end, listing.until)
    posted = one.posted_at.tolist()
    coverage = list(one.observed.coverage)
    begun = one.observed.created_at
    if begun is None and coverage:
        begun = coverage[0].since
    if posted:
        begun = posted[0] if begun is None else min(begun, posted[0])
    starts = [start for start in (since, listing.since if listing.since > 0 else None, begun) if start is not None]
    if not starts:
        return {0: UNKNOWN_PAST, **_between(TICK, end)}
    start = max(starts)
    if coverage and start < coverage[-1].until < end and end - coverage[-1].until <= freshness:
        last = max((moment for moment in posted if moment < end), default=start)
        end = max(coverage[-1].until, last + 1)
    return _between(start, end)


def _between(start: int, end: int) -> Ticks:
    return {tick: min(TICK, end - tick) for tick in range(start, end, TICK)}


def _binds(restriction: Restriction, listing: Listing) -> str:
    if restriction.country != listing.country or restriction.platform not in ("*", listing.platform):
        return "no"
    if listing.role in (Role.OFFICIAL, Role.STATE_BODY):
        return "yes"
    if restriction.scope is Scope.STATE_BODIES or listing.residence is Residence.ABROAD:
        return "no"
    return "yes" if listing.residence is Residence.INSIDE else "perhaps"


def _verdict(moment: int, listing: Listing, restrictions: Sequence[Restriction], question: UsageQuestion) -> str:
    verdict = "no"
    for one in restrictions:
        bound = _binds(one, listing)
        if one.kind not in question.kinds or bound == "no":
            continue
        if bound == "yes" and one.start.latest <= moment < one.end.earliest:
            return "yes"
        if one.start.earliest <= moment < one.end.latest:
            verdict = "uncertain"
    return verdict


def _throttled(moment: int, listing: Listing, restrictions: Sequence[Restriction]) -> bool:
    return any(
        one.kind is RestrictionKind.THROTTLE
        and _binds(one, listing) == "yes"
        and one.start.latest <= moment < one.end.earliest
        for one in restrictions
    )


def _level(
    made: list[tuple[int, int]],
    lived: list[tuple[Ticks, Ticks]],
    question: UsageQuestion,
    report: ReportSettings,
) -> Level:
    end = question.as_of if question.until is None else min(question.as_of, question.until)

    def followed(since: int) -> bool:
        asked = sum(seconds for life, _ in lived for tick, seconds in life.items() if tick >= since)
        covered = sum(seconds for _, seen in lived for tick, seconds in seen.items() if tick >= since)
        return covered >= report.level_coverage * asked

    originals = [moment for moment, kind in made if kind == PostKind.ORIGINAL]
    answers = [moment for moment, kind in made if kind in (PostKind.REPLY, PostKind.QUOTE)]
    if not originals and not answers:
        if made:
            return Level.REPOSTS_ONLY if followed(0) else Level.UNKNOWN
        whole = [(life, seen) for life, seen in lived if life]
        return Level.NEVER if whole and all(life == seen for life, seen in whole) else Level.UNKNOWN
    last = max(originals or answers)
    if end - last <= report.active_days * DAY:
        return Level.ACTIVE
    if not followed(last):
        return Level.UNKNOWN
    for limit, level in (
        (report.occasional_days, Level.OCCASIONAL),
        (report.infrequent_days, Level.INFREQUENT),
        (report.lapsed_days, Level.LAPSED),
    ):
        if end - last <= limit * DAY:
            return level
    return Level.DORMANT
