"""The place of a row in each column of a report on influence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from tracker.analysis.influence_report import Engagement, InfluenceRow
from tracker.domain.words import CounterAge

T = TypeVar("T")


def ranks(
    items: Sequence[T], figure: Callable[[T], float | None], among: Callable[[T], Hashable]
) -> Iterator[int | None]:
    """Each item's place by its figure, the highest first, among the items of its kind; None without a figure.

    Standard competition ranking: equal figures share a place, which is one more than the number of higher ones.
    """
    figures: defaultdict[Hashable, list[float]] = defaultdict(list)
    for item in items:
        if (value := figure(item)) is not None:
            figures[among(item)].append(value)
    places: dict[tuple[Hashable, float], int] = {}
    for kind, values in figures.items():
        for place, value in enumerate(sorted(values, reverse=True), 1):
            places.setdefault((kind, value), place)
    for item in items:
        value = figure(item)
        yield None if value is None else places[among(item), value]


def ranked(rows: Sequence[InfluenceRow]) -> list[InfluenceRow]:
    """The rows with their ranks, each among the named rows of its platform; people at risk are not ranked."""

    def by(figure: Callable[[InfluenceRow], float | None]) -> Iterator[int | None]:
        return ranks(rows, lambda row: None if row.at_risk else figure(row), lambda row: row.platform)

    columns = zip(
        rows,
        by(lambda row: row.followers_last),
        by(lambda row: row.followers_per_week),
        by(lambda row: row.posts),
        by(lambda row: row.originals),
        _engagements(rows, CounterAge.DAY),
        _engagements(rows, CounterAge.WEEK),
        strict=True,
    )
    return [
        replace(
            row,
            rank_followers=followers,
            rank_followers_per_week=per_week,
            rank_posts=posts,
            rank_originals=originals,
            at_24h=at_24h,
            at_7d=at_7d,
        )
        for row, followers, per_week, posts, originals, at_24h, at_7d in columns
    ]


def _engagements(rows: Sequence[InfluenceRow], age: CounterAge) -> Iterator[Engagement | None]:
    found = [(row.platform, row.engagement(age)) for row in rows]

    def by(figure: Callable[[Engagement], float | None]) -> Iterator[int | None]:
        return ranks(found, lambda one: None if one[1] is None else figure(one[1]), lambda one: one[0])

    columns = zip(
        found, by(lambda at: at.median), by(lambda at: at.views), by(lambda at: at.views_per_subscriber), strict=True
    )
    for (_, at), rank, views, per_subscriber in columns:
        yield at and replace(at, rank=rank, rank_views=views, rank_views_per_subscriber=per_subscriber)
