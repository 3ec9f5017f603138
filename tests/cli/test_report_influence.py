"""`tracker report influence` over the demo's data, against plain Python over the sandbox's own list."""

from __future__ import annotations

from collections import defaultdict
from math import ceil
from pathlib import Path
from statistics import median

import pytest

from tracker.analysis.influence import InfluenceReport
from tracker.cli.report_influence import influence_of
from tracker.cli.selecting import selection_of
from tracker.config.home import Home, load
from tracker.domain.errors import UsageError
from tracker.domain.instants import Instant, from_iso
from tracker.domain.records import Metrics
from tracker.domain.words import CounterAge, Platform, PostKind, Protection
from tracker.sandbox.telegram_demo import SUBJECTS_IN_DEMO, demo_world
from tracker.sandbox.x_data import sample_posts

COLLECTED: Instant = from_iso("2021-03-13T00:00:00Z")
"""When the demo takes its one snapshot of each post, give or take some seconds."""


def answer(home: Path, **asked: object) -> InfluenceReport:
    config = load(Home(home))
    return influence_of(config, selection_of(config, **asked))  # type: ignore[arg-type]


def engagement(metrics: Metrics) -> int:
    return sum(part or 0 for part in (*metrics[:4], metrics.reactions))


def test_engagement_on_x_is_that_of_the_data(demo: Path) -> None:
    for age in CounterAge:
        truth: defaultdict[str, list[int]] = defaultdict(list)
        for post in sample_posts():
            if post.kind is PostKind.ORIGINAL and post.posted_at + age.seconds <= COLLECTED:
                truth[post.handle].append(post.engagement)
        report = answer(demo, platform=Platform.X)
        told = {row.name: row.engagement(age) for row in report.rows}
        assert {name: at.median for name, at in told.items() if at and at.median is not None} == {
            name: median(values) for name, values in truth.items()
        }
        assert {name: at.posts for name, at in told.items() if at and at.posts} == {
            name: len(values) for name, values in truth.items()
        }
        together = sorted((value for values in truth.values() for value in values), reverse=True)
        (whole,) = (top for top in report.top_tenths if top.age is age and top.platform is None)
        assert whole.share == pytest.approx(sum(together[: ceil(len(together) / 10)]) / sum(together))


def test_ranks_on_x_are_those_of_the_data(demo: Path) -> None:
    rows = [row for row in answer(demo, platform=Platform.X, country="RU").rows if row.at_24h]
    medians = {row.name: row.at_24h.median for row in rows if row.at_24h and row.at_24h.median is not None}
    assert {row.name: row.at_24h.rank for row in rows if row.at_24h and row.name in medians} == {
        name: 1 + sum(other > value for other in medians.values()) for name, value in medians.items()
    }
    assert len(medians) > 20


def test_counters_on_telegram_are_those_of_the_world(demo: Path) -> None:
    world = demo_world()
    channels = {channel.handle: channel.channel_id for channel in world}
    named = [subject for subject in SUBJECTS_IN_DEMO if subject.protection is Protection.NAMED]
    rows = {row.name: row for row in answer(demo, platform=Platform.TELEGRAM).rows if not row.at_risk}
    assert set(rows) == {subject.name for subject in named}
    for subject in named:
        posts = world.posts(channels[subject.handle])
        originals = [post.metrics for post in posts if post.kind is PostKind.ORIGINAL]
        at = rows[subject.name].at_24h
        assert at is not None
        assert (at.posts, at.without_counters) == (len(originals), 0)
        assert at.median == median(map(engagement, originals))
        assert at.views == median(metrics.views or 0 for metrics in originals)
        assert at.reposts == median(metrics.reposts or 0 for metrics in originals)
        assert at.reactions == median(metrics.reactions for metrics in originals if metrics.reactions is not None)
        assert (at.likes, at.quotes) == (None, None)


def test_people_at_risk_are_one_cell_without_counters(demo: Path) -> None:
    (cell,) = (row for row in answer(demo, country="IR").rows if row.at_risk)
    assert (cell.name, cell.accounts, cell.at_24h, cell.followers_last) == ("6 journalists at risk", 6, None, None)


def test_the_demos_counters_are_old_and_the_report_says_so(demo: Path) -> None:
    assert any("much older" in note for note in answer(demo).notes)


def test_a_selection_of_nobody_says_which_filter_emptied_it(demo: Path) -> None:
    with pytest.raises(UsageError, match="--country FR"):
        answer(demo, country="FR")
