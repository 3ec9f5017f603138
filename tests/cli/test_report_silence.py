"""`tracker report silence` on the demo's data, against figures computed in plain Python from the same sample."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.cli.commands import tracker
from tracker.domain.instants import DAY, day_of, from_iso
from tracker.domain.words import PostKind
from tracker.sandbox.x_data import sample_posts

NOW = from_iso("2021-03-13T00:00:00Z")
ZONES = {"CN": "Asia/Shanghai", "EU": "Europe/Brussels", "RU": "Europe/Moscow", "US": "America/New_York"}


def sheets(home: Path, *options: str) -> dict[str, Any]:
    ran = tracker("report", "silence", "--json", *options, home=home)
    assert ran.code == 0, ran.err
    answer: dict[str, Any] = json.loads(ran.out)
    return answer


def truth() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Each X account and track: its verdict and the figures beneath it. The whole time is covered in the demo."""
    posts: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    zone: dict[str, str] = {}
    for post in sample_posts():
        posts[post.handle, "reposts" if post.kind is PostKind.REPOST else "own"].append(post.posted_at)
        zone[post.handle] = ZONES[post.country]
    for (handle, track), times in posts.items():
        times.sort()
        days = {datetime.fromtimestamp(moment, ZoneInfo(zone[handle])).date() for moment in times}
        gaps = [after - before for before, after in pairwise(times)]
        if (times[-1] - times[0]) < 90 * DAY or len(days) < 30:
            verdict = "not enough history"
        elif NOW - times[-1] > 1.5 * max(gaps):
            verdict = "alarm"
        else:
            verdict = "quiet within habit"
        alarms, seen, longest = 0, {day_of(times[0], zone[handle])}, 0
        for (before, after), gap in zip(pairwise(times), gaps, strict=True):
            if before - times[0] >= 90 * DAY and len(seen) >= 30:
                alarms += gap > 1.5 * longest
            longest = max(longest, gap)
            seen.add(day_of(after, zone[handle]))
        yield (
            (handle, track),
            {
                "verdict": verdict,
                "silence_days": (NOW - times[-1]) / DAY,
                "longest_gap_days": max(gaps) / DAY if gaps else None,
                "active_days": len(days),
                "posts": len(times),
                "false_alarms": alarms,
            },
        )


def test_every_verdict_is_that_of_the_data(demo: Path) -> None:
    expected = dict(truth())
    rows = {(row["handle"], row["track"]): row for row in sheets(demo, "--platform", "x", "--all")["silence"]["rows"]}
    assert rows.keys() >= expected.keys()
    for who, row in rows.items():
        if who not in expected:
            assert (row["verdict"], row["posts"]) == ("never seen to post", 0)
            continue
        told = {key: row[key] for key in expected[who]}
        told["false_alarms"] = told["false_alarms"] or 0
        assert told == pytest.approx(expected[who], abs=0.006), who  # two digits


def test_without_all_only_the_alarms_are_listed_the_farthest_beyond_its_limit_first(demo: Path) -> None:
    rows = sheets(demo, "--platform", "x")["silence"]["rows"]
    assert {(row["handle"], row["track"]) for row in rows} == {
        who for who, figures in truth() if figures["verdict"] == "alarm"
    }
    beyond = [row["silence_days"] / row["limit_days"] for row in rows]
    assert beyond == sorted(beyond, reverse=True)
    assert ("realdonaldtrump", "own") in {(row["handle"], row["track"]) for row in rows}


def test_people_at_risk_are_a_group_and_nothing_else(demo: Path) -> None:
    answer = sheets(demo, "--platform", "telegram", "--all")
    assert {row["silent"] for row in answer["silence_at_risk"]["rows"]} == {"fewer than 5"}
    assert {row["subjects"] for row in answer["silence_at_risk"]["rows"]} == {6}


def test_an_earlier_moment_gives_what_would_have_been_said_then(demo: Path) -> None:
    rows = sheets(demo, "--platform", "x", "--as-of", "2021-01-01T00:00:00Z", "--all")["silence"]["rows"]
    (trump,) = (row for row in rows if (row["handle"], row["track"]) == ("realdonaldtrump", "own"))
    assert trump["verdict"] == "quiet within habit"


def test_a_filter_that_leaves_nobody_says_which(demo: Path) -> None:
    ran = tracker("report", "silence", "--country", "BR", home=demo)
    assert ran.code == 2
    assert "--country BR" in ran.err


@pytest.mark.parametrize("format", ["table", "csv", "md"])
def test_it_is_written_in_every_format(demo: Path, format: str) -> None:
    ran = tracker("report", "silence", "--format", format, "--calendar", "jalali", home=demo)
    assert ran.code == 0, ran.err
    assert "realdonaldtrump" in ran.out
    assert "1399-11-08" in ran.out  # the alarm began on 2021-01-27
