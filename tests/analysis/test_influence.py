"""Influence against an independent computation in plain Python, and its rules one by one. All names are generated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from statistics import mean, median

import numpy as np
import pytest

from tests.analysis.making import NOW, ORIGINAL, REPLY, REPOST, SETTINGS, at, listing, observed, posts, weeks
from tracker.analysis.history import ABSENT, COUNTERS, Followers, History, Snapshots, empty_snapshots, only_series
from tracker.analysis.influence import InfluenceReport, InfluenceRow, in_order, influence
from tracker.analysis.question import Selection
from tracker.analysis.series import PostSeries
from tracker.domain.instants import DAY, HOUR, WEEK, Instant
from tracker.domain.subjects import Listing
from tracker.domain.words import CounterAge, Platform, PostKind, Protection, Role

EVERYTHING = Selection(as_of=NOW)
BEGIN = at("2024-01-01")
WHOLE = [(BEGIN, NOW)]
Snapshot = tuple[Instant, dict[str, int]]


@dataclass
class Made:
    """A post with its snapshots, in plain Python."""

    post_id: int
    posted_at: Instant
    kind: PostKind = ORIGINAL
    snapshots: list[Snapshot] = field(default_factory=list)


def history(
    of: Listing, made: Iterable[Made], followers: Iterable[tuple[Instant, int]] = (), created_at: Instant = BEGIN
) -> History:
    """The arrays that the store would give."""
    ordered = sorted(made, key=lambda post: (post.posted_at, post.kind, post.post_id))
    series = PostSeries(
        observed(of, coverage=WHOLE, created_at=created_at),
        np.array([post.posted_at for post in ordered], np.int64),
        np.array([post.kind for post in ordered], np.uint8),
    )
    rows = sorted((post.post_id, taken, counters) for post in ordered for taken, counters in post.snapshots)
    counters = np.array([[row[2].get(name, ABSENT) for row in rows] for name in COUNTERS], np.int64)
    seen = Snapshots(
        np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.int64), counters
    )
    counts = sorted(followers)
    return History(
        series,
        np.array([post.post_id for post in ordered], np.int64),
        seen if rows else empty_snapshots(),
        Followers(np.array([when for when, _ in counts], np.int64), np.array([n for _, n in counts], np.int64)),
    )


def report(
    *histories: History, selection: Selection = EVERYTHING, age: CounterAge = CounterAge.DAY
) -> InfluenceReport:
    return influence(histories, SETTINGS, selection, age)


def row(*histories: History, selection: Selection = EVERYTHING) -> InfluenceRow:
    (only,) = report(*histories, selection=selection).rows
    return only


def liked(number: int, likes: int, posted_at: Instant = BEGIN, after: int = DAY) -> Made:
    return Made(number, posted_at + number, snapshots=[(posted_at + number + after, {"likes": likes})])


def first_at(post: Made, age: int) -> Snapshot | None:
    return min((snapshot for snapshot in post.snapshots if snapshot[0] >= post.posted_at + age), default=None)


def tenth(values: Sequence[int]) -> float | None:
    if not sum(values):
        return None
    return sum(sorted(values, reverse=True)[: math.ceil(len(values) / 10)]) / sum(values)


@pytest.mark.parametrize("seed", range(20))
def test_every_figure_is_that_of_plain_python(seed: int) -> None:
    chance = Random(seed)
    platform = chance.choice([*Platform])
    of = listing("s1", platform=platform)
    given = ("likes", "reposts", "replies", "quotes", "views") if platform is Platform.X else COUNTERS[1:]
    numbers = chance.sample(range(10**18, 10**18 + 10**6), 120)  # an id says nothing of the time
    made = []
    for number in numbers[: chance.randrange(120)]:
        posted_at = chance.randrange(BEGIN, NOW - WEEK)
        snapshots = {posted_at + chance.randrange(20 * DAY) for _ in range(chance.randrange(4))}
        made.append(
            Made(
                number,
                posted_at,
                chance.choice([ORIGINAL, ORIGINAL, REPLY, REPOST]),
                [
                    (taken, {name: int(chance.expovariate(0.01)) for name in given if chance.random() < 0.9})
                    for taken in snapshots
                ],
            )
        )
    followers = [(chance.randrange(BEGIN, NOW), chance.randrange(1, 5000)) for _ in range(chance.randrange(5))]
    got = row(history(of, made, followers))
    assert got.posts == len(made)
    originals = [post for post in made if post.kind is ORIGINAL]
    assert got.originals == len(originals)
    for age in CounterAge:
        found = got.engagement(age)
        assert found is not None
        used = [(post, snapshot) for post in originals if (snapshot := first_at(post, age.seconds))]
        assert (found.posts, found.without_counters) == (len(used), len(originals) - len(used))
        parts = ("likes", "reposts", "replies", "quotes", "reactions")
        sums = [
            sum(counters.get(name, 0) for name in parts)
            for _, (_, counters) in used
            if any(name in counters for name in parts)
        ]
        assert found.median == (median(sums) if sums else None)
        assert found.mean == (pytest.approx(mean(sums)) if sums else None)
        assert found.top_tenth == (pytest.approx(tenth(sums)) if tenth(sums) is not None else None)
        for name in (*parts, "views"):
            some = [counters[name] for _, (_, counters) in used if name in counters]
            assert getattr(found, name) == (median(some) if some else None), name
        ages = [(taken - post.posted_at) / DAY for post, (taken, _) in used]
        assert found.counters_age_days == (pytest.approx(median(ages)) if ages else None)
        reach = []
        for _, (taken, counters) in used:
            if platform is Platform.TELEGRAM and followers and "views" in counters:
                before = [one for one in sorted(followers) if one[0] <= taken]
                reach.append(counters["views"] / (before[-1] if before else min(followers))[1])
        assert found.views_per_subscriber == (pytest.approx(median(reach)) if reach else None)


def test_a_snapshot_at_the_very_age_counts_and_one_a_second_younger_does_not() -> None:
    exact = Made(1, BEGIN, snapshots=[(BEGIN + DAY, {"likes": 5}), (BEGIN + 2 * DAY, {"likes": 9})])
    young = Made(2, BEGIN + 5, snapshots=[(BEGIN + 5 + DAY - 1, {"likes": 7})])
    found = row(history(listing(), [exact, young])).at_24h
    assert found is not None
    assert (found.posts, found.without_counters, found.median) == (1, 1, 5)


def test_a_post_without_counters_is_left_out_and_said_to_be() -> None:
    made = [liked(1, 10), liked(2, 30), Made(3, BEGIN + 3)]
    answer = report(history(listing(), made))
    found = answer.rows[0].at_24h
    assert found is not None
    assert (found.median, found.posts, found.without_counters) == (20, 2, 1)
    assert any("2 original posts; 1 have no counters taken 24h or more after" in note for note in answer.notes)


def test_only_originals_of_the_time_asked_for_are_measured() -> None:
    early, late = liked(1, 10), liked(2, 50, at("2024-03-01"))
    repost = replace(liked(3, 900, at("2024-03-02")), kind=REPOST)
    found = row(history(listing(), [early, late, repost]), selection=Selection(NOW, at("2024-02-01")))
    assert found.posts == 2
    assert found.originals == 1
    assert found.at_24h is not None
    assert found.at_24h.median == 50


@pytest.mark.parametrize(("count", "top"), [(1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_the_top_tenth_is_rounded_up(count: int, top: int) -> None:
    likes = list(range(1, count + 1))
    answer = report(history(listing(), [liked(number, number) for number in likes]))
    assert answer.rows[0].at_24h is not None
    assert answer.rows[0].at_24h.top_tenth == pytest.approx(sum(likes[-top:]) / sum(likes))
    assert answer.top_tenths[0].top_posts == top


def test_the_top_tenth_of_the_selection_is_taken_over_all_its_posts() -> None:
    one = history(listing("a", number=1), [liked(number, 1) for number in range(1, 16)])
    other = history(listing("b", number=2), [liked(number, 100) for number in range(21, 26)])
    whole, on_x = (top for top in report(one, other).top_tenths if top.age is CounterAge.DAY)
    assert (whole.posts, whole.top_posts, whole.engagement) == (20, 2, 515)
    assert whole.share == pytest.approx(200 / 515)
    assert (on_x.platform, on_x.share) == (Platform.X, whole.share)


def test_no_engagement_at_all_has_no_share() -> None:
    answer = report(history(listing(), [liked(1, 0), liked(2, 0)]))
    assert answer.rows[0].at_24h is not None
    assert (answer.rows[0].at_24h.median, answer.rows[0].at_24h.top_tenth) == (0, None)
    assert answer.top_tenths[0].share is None


def test_ties_share_a_rank_and_the_next_place_counts_them() -> None:
    likes = {"a": 9, "b": 7, "c": 7, "d": 1}
    made = [history(listing(name, number=n), [liked(n, count)]) for n, (name, count) in enumerate(likes.items(), 1)]
    silent = history(listing("e", number=9), [Made(99, BEGIN)])
    rows = report(*made, silent).rows
    assert [row.subject for row in rows] == ["a", "b", "c", "d", "e"]
    assert [row.at_24h and row.at_24h.rank for row in rows] == [1, 2, 2, 4, None]
    assert {row.rank_posts for row in rows} == {1}


def test_a_rank_is_among_the_rows_of_one_platform() -> None:
    on_x = history(listing("a"), [liked(1, 1000)])
    sent = Made(1, BEGIN, snapshots=[(BEGIN + DAY, {"reposts": 3})])
    on_telegram = history(listing("a", platform=Platform.TELEGRAM, number=2), [sent])
    rows = report(on_telegram, on_x).rows
    assert [(row.platform, row.at_24h and row.at_24h.rank) for row in rows] == [
        (Platform.X, 1),
        (Platform.TELEGRAM, 1),
    ]


def test_accounts_of_a_subject_on_a_platform_are_one_row() -> None:
    counts = [(BEGIN, 100), (BEGIN + 2 * WEEK, 140)], [(BEGIN + DAY, 10), (BEGIN + DAY + WEEK, 15)]
    one = history(listing(number=1), [liked(1, 10), liked(2, 20)], counts[0])
    other = history(listing(number=2), [liked(3, 90)], counts[1])
    got = row(one, other)
    assert (got.accounts, got.posts, got.followers_first, got.followers_last) == (2, 3, 110, 155)
    assert got.followers_per_week == pytest.approx(40 / 2 + 5)
    assert (got.followers_first_day, got.followers_last_day) == (date(2024, 1, 1), date(2024, 1, 15))
    assert got.at_24h is not None
    assert got.at_24h.median == 20


def test_followers_are_summed_only_if_all_are_known() -> None:
    one = history(listing(number=1), [liked(1, 10)], [(BEGIN, 100), (BEGIN + WEEK, 140)])
    got = row(one, history(listing(number=2), [liked(2, 10)]))
    assert (got.followers_first, got.followers_last, got.followers_per_week) == (None, None, None)


@pytest.mark.parametrize(
    ("days", "first", "last", "change"),
    [
        ((-1, 2, 9), 2, 9, True),  # two in the window
        ((-3, -1, 5, 30), -1, 5, True),  # one: the nearest before is the first
        ((-3, -1, 30), -1, -1, False),  # none: the nearest before is both
        ((11, 30), 11, 11, False),  # the first look, within a day and a half of the end
        ((12,), None, None, False),  # too late to stand for the window
        ((), None, None, False),
        ((3, 3.5), 3, 3.5, False),  # less than a day apart
    ],
)
def test_followers_are_those_at_both_ends_of_the_window(
    days: tuple[float, ...], first: float | None, last: float | None, change: bool
) -> None:
    since, until = at("2024-03-01"), at("2024-03-11")

    def count(day: float | None) -> int | None:
        return None if day is None else round(1000 + 10 * day)

    counted = [(since + round(day * DAY), round(1000 + 10 * day)) for day in days]
    got = row(history(listing(), [liked(1, 1)], counted), selection=Selection(NOW, since, until))
    assert (got.followers_first, got.followers_last) == (count(first), count(last))
    assert got.followers_per_week == (pytest.approx(70) if change else None)


def test_days_are_those_of_the_subjects_zone() -> None:
    late = at("2024-03-01 21:00")  # half past midnight in Tehran
    assert row(history(listing(), [liked(1, 1)], [(late, 5)])).followers_last_day == date(2024, 3, 2)


def test_views_are_divided_by_the_subscribers_of_their_time() -> None:
    sent = [
        Made(number, BEGIN + number, snapshots=[(BEGIN + day * DAY, {"views": 60, "reposts": 0})])
        for number, day in ((1, 2), (2, 10), (3, 20))
    ]
    of = listing(platform=Platform.TELEGRAM)
    found = row(history(of, sent, [(BEGIN + 5 * DAY, 100), (BEGIN + 15 * DAY, 200)])).at_24h
    assert found is not None
    assert found.views_per_subscriber == pytest.approx(0.6)  # 0.6 (the first after), 0.6, 0.3
    assert row(history(of, sent)).at_24h.views_per_subscriber is None  # type: ignore[union-attr]
    same_moment = row(history(of, sent[1:2], [(BEGIN, 100), (BEGIN + 10 * DAY, 200)])).at_24h
    assert same_moment is not None
    assert same_moment.views_per_subscriber == pytest.approx(0.3)
    on_x = row(history(listing(), sent, [(BEGIN, 100)])).at_24h
    assert on_x is not None
    assert (on_x.views, on_x.views_per_subscriber) == (60, None)


def test_counters_that_are_much_older_than_asked_for_are_named() -> None:
    young, old = (
        report(history(listing(), [liked(1, 1, after=2 * DAY)])),
        report(history(listing(), [liked(1, 1, after=2 * DAY + 1)])),
    )
    assert not any("older" in note for note in young.notes)
    assert any("much older in 1 of 1 rows" in note for note in old.notes)


def test_no_data_is_not_zero() -> None:
    never = only_series(posts(observed(listing())))
    answer = report(never)
    (got,) = answer.rows
    assert (got.posts, got.originals, got.at_24h, got.followers_last) == (None, None, None, None)
    assert any("without data, which is not 0" in note for note in answer.notes)


def test_over_nothing_it_says_that_there_is_nothing() -> None:
    answer = report()
    assert not answer.rows
    assert answer.notes


def at_risk(count: int) -> list[History]:
    made = []
    for number in range(1, count + 1):
        of = listing(f"p{number}", Role.JOURNALIST, number=100 + number, protection=Protection.AT_RISK)
        monday = at("2024-02-04 20:30")  # midnight in Tehran
        made.append(only_series(weeks(observed(of, coverage=WHOLE, created_at=BEGIN), (monday, (3, 1, 0, 0)))))
    return made


def test_people_at_risk_are_counted_in_cells_only() -> None:
    five = report(*at_risk(5))
    (cell,) = five.rows
    assert (cell.subject, cell.name, cell.at_risk) == (None, "5 journalists at risk", True)
    assert (cell.accounts, cell.posts, cell.originals) == (5, 20, 15)
    assert (cell.followers_last, cell.at_24h, cell.at_7d, cell.rank_posts) == (None, None, None, None)
    four = report(*at_risk(4))
    assert not four.rows
    assert "4 subjects at risk are left out" in " ".join(four.notes)
    assert not any(f"p{number}" in repr(five) for number in range(1, 6))


def test_rows_stand_by_the_median_of_the_age_asked_for() -> None:
    fast = Made(1, BEGIN, snapshots=[(BEGIN + DAY, {"likes": 50}), (BEGIN + WEEK, {"likes": 51})])
    slow = Made(2, BEGIN, snapshots=[(BEGIN + DAY + HOUR, {"likes": 5}), (BEGIN + WEEK, {"likes": 500})])
    both = history(listing("fast", number=1), [fast]), history(listing("slow", number=2), [slow])
    assert [row.subject for row in report(*both).rows] == ["fast", "slow"]
    assert [row.subject for row in report(*both, age=CounterAge.WEEK).rows] == ["slow", "fast"]


def test_in_order_brings_the_accounts_of_a_subject_together() -> None:
    accounts = [
        observed(listing(name, platform=platform, number=number)).account
        for number, (name, platform) in enumerate(
            [
                ("b", Platform.X),
                ("a", Platform.TELEGRAM),
                ("b", Platform.TELEGRAM),
                ("a", Platform.X),
                ("b", Platform.X),
            ]
        )
    ]
    assert [(one.subject, one.platform.value) for one in in_order(accounts)] == [
        *(("a", "telegram"), ("a", "x"), ("b", "telegram"), ("b", "x"), ("b", "x"))
    ]


def test_histories_that_are_not_in_order_are_refused() -> None:
    mixed = [history(listing(name, number=number), []) for number, name in enumerate("aba", 1)]
    with pytest.raises(ValueError, match="stand together"):
        report(*mixed)


def test_a_window_before_anything_was_looked_at_says_when_that_was() -> None:
    answer = report(history(listing(), [liked(1, 1)]), selection=Selection(NOW, at("2020-01-01"), at("2020-02-01")))
    assert any("2024-01-01" in note for note in answer.notes)
