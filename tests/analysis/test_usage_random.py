"""Random small watchlists: the report must agree with the slow second opinion in every figure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.making import listing, observed, posts
from tests.analysis.slow import DAY, TICK, opinion
from tracker.analysis.series import PostSeries
from tracker.analysis.usage import By, UsageQuestion, usage
from tracker.config.settings import ReportSettings, Settings
from tracker.domain.intervals import BEGINNING, FOREVER
from tracker.domain.restrictions import OPEN_END, Edge, Restriction
from tracker.domain.subjects import Listing
from tracker.domain.words import BANNING_KINDS, Platform, PostKind, Residence, RestrictionKind, Role, Scope

LAST_TICK = 160
SMALL = Settings(
    report=ReportSettings(
        active_days=2, occasional_days=5, infrequent_days=10, lapsed_days=20, freshness=8 * TICK, level_coverage=0.6
    )
)
ticks = st.integers(1, LAST_TICK).map(lambda tick: tick * TICK)
spans = st.tuples(ticks, ticks).map(lambda pair: (min(pair), max(pair)))


@st.composite
def edges(draw: st.DrawFn) -> tuple[Edge, Edge]:
    a, b, c, d = sorted(draw(st.lists(ticks, min_size=4, max_size=4)))
    return Edge(a, b), draw(st.just(OPEN_END) | st.just(Edge(c, d)))


@st.composite
def restrictions(draw: st.DrawFn) -> Restriction:
    start, end = draw(edges())
    country, platform = draw(st.sampled_from(["AA", "BB"])), draw(st.sampled_from(["x", "telegram", "*"]))
    kind, scope = draw(st.sampled_from(RestrictionKind)), draw(st.sampled_from(Scope))
    return Restriction(country, platform, kind, scope, start, end)


@st.composite
def listings_of_an_account(draw: st.DrawFn, number: int) -> list[Listing]:
    """One row, or two that follow each other with or without a pause; all are named."""
    base = listing(
        "s1",
        role=draw(st.sampled_from(Role)),
        country=draw(st.sampled_from(["AA", "BB"])),
        residence=draw(st.sampled_from(Residence)),
        platform=draw(st.sampled_from(Platform)),
        number=number,
    )
    match draw(st.integers(0, 2)):
        case 0:
            return [base]
        case 1:
            since, until = draw(spans)
            return [replace(base, since=since, until=until)]
        case _:
            end, again = draw(spans)
            moved = replace(base, residence=draw(st.sampled_from(Residence)), role=draw(st.sampled_from(Role)))
            return [replace(base, since=BEGINNING, until=end), replace(moved, since=again, until=FOREVER)]


@st.composite
def accounts(draw: st.DrawFn) -> list[PostSeries]:
    series = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        seen = observed(
            *draw(listings_of_an_account(number)),
            coverage=draw(st.lists(spans, max_size=3)),
            created_at=draw(st.none() | ticks),
        )
        made = draw(st.lists(st.tuples(ticks, st.sampled_from(PostKind)), max_size=10))
        series.append(posts(seen, *made))
    return series


@st.composite
def questions(draw: st.DrawFn) -> UsageQuestion:
    return UsageQuestion(
        as_of=draw(ticks),
        since=draw(st.none() | ticks),
        until=draw(st.none() | ticks),
        kinds=draw(st.just(BANNING_KINDS) | st.frozensets(st.sampled_from(RestrictionKind), min_size=1)),
        by=By.SUBJECT,
    )


@settings(max_examples=400, deadline=None)
@given(accounts(), st.lists(restrictions(), max_size=4), questions())
def test_every_figure_agrees_with_the_second_opinion(
    series: list[PostSeries], bans: list[Restriction], asked: UsageQuestion
) -> None:
    (row,) = usage(series, bans, SMALL, asked).rows
    slow = opinion(series, bans, asked, SMALL.report)
    assert row.posts == slow.posts
    assert (row.posts_restricted, row.posts_uncertain, row.posts_throttled) == (
        slow.restricted,
        slow.uncertain,
        slow.throttled,
    )
    kinds = (row.originals, row.replies, row.reposts, row.quotes)
    assert kinds == (slow.kinds if slow.kinds is not None else (None,) * 4)
    assert row.active_days == slow.active_days
    assert row.per_week == (None if slow.per_week is None else pytest.approx(slow.per_week))
    assert (row.first_post, row.last_post) == (slow.first, slow.last)
    assert row.coverage.state == slow.state
    assert row.coverage.share <= 1.0
    if row.coverage.state == "partial" and all(_has_beginning(one) for one in series):
        assert row.coverage.share == pytest.approx(slow.share)
    assert row.level == slow.level


@settings(max_examples=60, deadline=None)
@given(accounts(), st.lists(restrictions(), max_size=4), questions())
def test_groups_hold_what_their_accounts_hold(
    series: list[PostSeries], bans: list[Restriction], asked: UsageQuestion
) -> None:
    by_account = usage(series, bans, SMALL, replace(asked, by=By.ACCOUNT)).rows
    for by in (By.ROLE, By.COUNTRY, By.PLATFORM):
        groups = usage(series, bans, SMALL, replace(asked, by=by)).rows
        for figure in ("posts", "posts_restricted", "posts_uncertain", "posts_throttled", "originals", "quotes"):
            assert sum(getattr(row, figure) or 0 for row in groups) == sum(
                getattr(row, figure) or 0 for row in by_account
            )
        assert all((row.posts_restricted or 0) + (row.posts_uncertain or 0) <= (row.posts or 0) for row in groups)


def _has_beginning(one: PostSeries) -> bool:
    """Without one the window begins at the beginning of time, and has no share."""
    return one.observed.created_at is not None or bool(one.observed.coverage) or one.posted_at.size > 0


def test_the_ticks_of_the_second_opinion_divide_days() -> None:
    assert DAY % TICK == 0
    assert SMALL.report.freshness % TICK == 0
