"""What is drawn equals what was counted; what is missing is hatched or said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.analysis.making import NOW, ORIGINAL, SETTINGS, at, listing, observed, posts, restriction, weeks
from tests.reports.charts.seeing import paths, png_size, scene, values, values_with, words
from tests.reports.charts.test_layers import event
from tracker.analysis.activity import ActivityGroup, ActivityPoint, ActivityReport
from tracker.analysis.network_report import Edge, NetworkReport, Node, Ties
from tracker.analysis.question import Selection, UsageQuestion
from tracker.analysis.report import Coverage, CoverageState
from tracker.analysis.series import Series
from tracker.analysis.silence_report import Judgement, SilenceReport, Track, Verdict
from tracker.analysis.timeline import timeline
from tracker.analysis.usage import usage
from tracker.domain.instants import DAY
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import By, Every, Platform, Protection, Residence, Role
from tracker.reports.charts import theme
from tracker.reports.charts.activity import activity_picture
from tracker.reports.charts.drawing import Picture
from tracker.reports.charts.network import network_picture
from tracker.reports.charts.scene import Scene
from tracker.reports.charts.silence import silence_picture
from tracker.reports.charts.timeline import timeline_picture
from tracker.reports.charts.usage import usage_picture

SINCE, UNTIL = at("2023-01-01"), NOW
FULL = [(SINCE, UNTIL)]


def made(number: int, *moments: str, coverage: list[tuple[int, int]] | None = None, **more: object) -> Series:
    row = replace(listing(f"s{number}", number=number), **more)  # type: ignore[arg-type]  # fields differ in type
    seen = observed(row, coverage=FULL if coverage is None else coverage, created_at=SINCE)
    return posts(seen, *((at(moment), ORIGINAL) for moment in moments))


def at_risk(number: int) -> Series:
    row = listing(f"r{number}", Role.JOURNALIST, residence=Residence.UNKNOWN, number=100 + number)
    row = replace(row, protection=Protection.AT_RISK, name=f"Hidden {number}")
    return weeks(observed(row, coverage=FULL, created_at=SINCE), (at("2023-05-01"), (number, 0, 0, 0)))


def around(*series: Series, **more: object) -> Scene:
    return scene(*(one.observed.account for one in series), **more)  # type: ignore[arg-type]  # passed on as given


def timeline_of(*series: Series, **more: object) -> Picture:
    whole = around(*series, **more)
    return timeline_picture(timeline(series, whole.restrictions, SETTINGS, whole.selection), whole)


def usage_of(*series: Series, **more: object) -> Picture:
    whole = around(*series, **more)
    question = UsageQuestion.of(whole.selection)
    return usage_picture(usage(series, whole.restrictions, SETTINGS, question), whole)


def test_a_timeline_draws_each_week_with_posts_once() -> None:
    picture = timeline_of(made(1, "2023-03-06 12:00", "2023-03-07 12:00", "2023-03-20 12:00"))
    assert sorted(week["posts"] for week in values_with(picture, "handle", "class")) == [1, 2]
    assert "3 posts" in words(picture.svg())


def test_a_hole_is_hatched_and_its_counts_are_at_least() -> None:
    hole = [(SINCE, at("2023-06-01")), (at("2023-09-01"), UNTIL)]
    picture = timeline_of(
        made(1, "2023-03-06 12:00", "2023-10-06 12:00", coverage=hole), selection=Selection(NOW, SINCE)
    )
    (drawn,) = [value for value in values_with(picture, "hole") if value["px"] >= 0]
    days = (NOW - SINCE) / DAY
    assert drawn["px"] == pytest.approx(theme.WIDTH * 151 / days, abs=1)
    assert drawn["px2"] == pytest.approx(theme.WIDTH * 243 / days, abs=1)
    assert "≥ 2 posts" in words(picture.svg())
    control = timeline_of(made(1, "2023-03-06 12:00"), selection=Selection(NOW, SINCE))
    assert not [value for value in values_with(control, "hole") if value["px"] >= 0]


def test_restrictions_and_events_are_drawn_as_often_as_there_are() -> None:
    block = restriction("IR", "x", "2023-05-01", ends="2023-07-01")
    events = (event(1, "2023-05-01"), event(2, "2023-05-04"), event(3, "2019-05-01"))
    picture = timeline_of(
        made(1, "2023-03-06 12:00", "2024-05-01 12:00"),
        made(2, "2023-03-06 12:00"),
        restrictions=(block,),
        events=events,
    )
    bands = [value["band"] for value in values_with(picture, "band")]
    assert bands.count("restricted") == 2
    assert bands.count("uncertain") == 4
    rules = [value for value in values_with(picture, "event") if value.get("px2") == value["px"]]
    assert [rule["event"] for rule in rules] == ["e1", "e2"]
    svg = picture.svg()
    assert len(paths(svg, theme.BAND)) == 2 + 1, "two rows and the key"
    assert any("2023-05-04" in text and "Event 2" in text for text in words(svg))


def test_people_at_risk_are_never_drawn_alone() -> None:
    people = [at_risk(number) for number in range(1, 7)]
    picture = timeline_of(made(1, "2023-03-06 12:00"), *people)
    assert "Hidden" not in picture.svg()
    assert "6 subjects at risk not drawn" in picture.notes[0]
    bars = usage_of(made(1, "2023-03-06 12:00"), *people)
    assert "Hidden" not in bars.svg()
    assert [bar["posts"] for bar in values_with(bars, "part") if bar["name"] == "6 journalists at risk"] == [21]
    few = usage_of(made(1, "2023-03-06 12:00"), *people[:4])
    assert "at risk" not in {bar["name"] for bar in values_with(few, "part")}


def test_usage_draws_restricted_uncertain_and_other_posts() -> None:
    block = restriction("IR", "x", "2023-05-10", ends="2023-07-01")
    moments = ("2023-04-01 12:00", "2023-05-10 12:00", "2023-05-11 12:00", "2023-05-12 12:00")
    picture = usage_of(made(1, *moments), restrictions=(block,))
    parts = {bar["part"]: bar["posts"] for bar in values_with(picture, "part")}
    assert parts == {"restricted": 2, "uncertain": 1, "free": 1}
    assert "2 of 4 restricted" in words(picture.svg())


def test_no_data_is_hatched_and_is_no_bar() -> None:
    picture = usage_of(made(1, coverage=[]), made(2, "2023-04-01 12:00"))
    assert [bar["name"] for bar in values_with(picture, "part")] == ["Generated s2"]
    assert "no data" in words(picture.svg())
    assert len([value for value in values_with(picture, "hole") if value["px"] >= 0]) == 1


def test_a_panel_holds_a_role_and_says_how_many_it_leaves_out() -> None:
    many = [made(number, "2023-04-01 12:00") for number in range(1, 6)]
    outlet = made(9, "2023-04-01 12:00", role=Role.OUTLET)
    picture = usage_of(*many, outlet, most_rows=3)
    assert "Officials: 3 of 5" in words(picture.svg())
    assert "Outlets" in words(picture.svg())
    assert any("2 subjects with fewer posts" in note for note in picture.notes)


def test_one_post_is_drawn_and_none_is_told() -> None:
    one = timeline_of(made(1, "2024-05-31 12:00"))
    assert [week["said"].rpartition(": ")[2] for week in values_with(one, "class", "handle")] == ["1 post"]
    assert "1 post" in words(one.svg())
    assert png_size(one.png(1))[0] > 900
    row = replace(listing("later"), since=at("2030-01-01"))
    nothing = timeline_of(posts(observed(row)))
    assert any(text.startswith("Nothing to draw") for text in words(nothing.svg()))


def test_the_foot_says_where_the_figures_come_from() -> None:
    picture = usage_of(made(1, "2023-04-01 12:00"))
    foot = " ".join(words(picture.svg()))
    for said in (
        "1 account on X",
        "Coverage: full for 1 of 1 row",
        "As of 2024-06-01",
        "Hatched: no data",
        "influence-tracker",
    ):
        assert said in foot


def test_a_persian_name_is_there_whole_and_isolated() -> None:
    picture = usage_of(made(1, "2023-04-01 12:00", name_native="خبرگزاری نمونه"))
    assert "\u2068خبرگزاری نمونه\u2069" in words(picture.svg())


def test_the_same_picture_has_the_same_bytes_and_twice_the_size_at_twice_the_scale() -> None:
    first, second = (usage_of(made(1, "2023-04-01 12:00")) for _ in range(2))
    assert first.svg() == second.svg()
    assert first.png(1) == second.png(1)
    width, height = png_size(first.png(1))
    assert png_size(first.png(2)) == (2 * width, 2 * height)


def judgement(number: int, verdict: Verdict, silence: int | None, limit: int | None) -> Judgement:
    days = None if silence is None else silence * DAY
    return Judgement(
        listing(f"s{number}", number=number),
        f"h{number}",
        "UTC",
        Track.OWN,
        verdict,
        50,
        NOW,
        NOW,
        days,
        10 * DAY,
        None if limit is None else limit * DAY,
        400 * DAY,
        50,
        None,
    )


def test_silence_draws_the_judged_and_keeps_the_notes() -> None:
    judgements = (
        judgement(1, Verdict.ALARM, 31, 15),
        judgement(2, Verdict.WITHIN_HABIT, 3, 15),
        judgement(3, Verdict.NOT_ENOUGH_HISTORY, 3, None),
        judgement(4, Verdict.SUSPENDED, None, None),
    )
    report = SilenceReport(NOW, judgements, (), (), (), 5, definitions=(), notes=("1 of 4 suspended",))
    picture = silence_picture(report, scene(ListedAccount((listing(),))))
    points = [
        (point["name"], point["days"]) for point in values_with(picture, "verdict") if point["what"] == "silence"
    ]
    assert points == [("Generated s1", 31), ("Generated s2", 3)]
    assert "1 of 4 suspended" in picture.notes
    assert "31 days; gap 10, limit 15" in words(picture.svg())
    empty = silence_picture(replace(report, judgements=judgements[2:]), scene(ListedAccount((listing(),))))
    assert any(text.startswith("Nothing to draw") for text in words(empty.svg()))


def node(number: int, posts_in: int) -> Node:
    return Node(
        f"s{number}",
        f"s{number}",
        f"Generated s{number}",
        "",
        Role.OFFICIAL,
        "IR",
        None,
        None,
        1,
        1,
        posts_in,
        1,
        0.1,
        1,
        Coverage(CoverageState.FULL, 1.0),
    )


def test_a_network_draws_its_edges_and_only_the_most_connected_nodes() -> None:
    nodes = tuple(node(number, 60 - number) for number in range(50))
    edges = (
        Edge(nodes[0], nodes[1], Ties(reposts=7), CoverageState.PARTIAL),
        Edge(nodes[1], nodes[2], Ties(quotes=2), CoverageState.FULL),
        Edge(nodes[1], nodes[49], Ties(quotes=1), CoverageState.FULL),
    )
    report = NetworkReport(NOW, By.SUBJECT, nodes, edges, (), False, ())
    picture = network_picture(report, scene(ListedAccount((listing(),))))
    assert len(values_with(picture, "in_posts")) == 40
    drawn = {(step["source"], step["target"], step["posts"]) for step in values_with(picture, "edge")}
    assert drawn == {("s0", "s1", 7), ("s1", "s2", 2)}
    assert any("Generated s0 to Generated s1 ≥ 7 posts" in note for note in picture.notes)
    assert any("10 less connected subjects not drawn" in note for note in picture.notes)


def test_a_network_of_nobody_says_so() -> None:
    report = NetworkReport(NOW, By.SUBJECT, (), (), (), True, (), ("No post was looked at.",))
    picture = network_picture(report, scene(ListedAccount((listing(platform=Platform.TELEGRAM),))))
    assert any(text.startswith("Nothing to draw") for text in words(picture.svg()))
    assert "No post was looked at." in words(picture.svg())
    assert values(picture)


def week(posts_made: int | None, state: CoverageState) -> ActivityPoint:
    group = ActivityGroup("official", role=Role.OFFICIAL)
    none = None if posts_made is None else 0
    coverage = Coverage(state, 1.0 if state is CoverageState.FULL else 0.0)
    first, beyond = date(2024, 5, 20), date(2024, 5, 27)
    return ActivityPoint(
        group, first, beyond, "2024-W21", "", True, posts_made, posts_made, none, none, none, none, none, 1, coverage
    )


def activity_of(*points: ActivityPoint) -> Picture:
    report = ActivityReport(NOW, Every.WEEK, False, By.ROLE, points, ())
    return activity_picture(report, scene(ListedAccount((listing(),))))


def test_activity_without_data_is_hatched_and_told_never_a_bar_of_0() -> None:
    picture = activity_of(week(None, CoverageState.NONE))
    assert not values_with(picture, "part", "posts")
    assert len([value for value in values_with(picture, "hole") if value["px"] >= 0]) == 1
    assert any(text.startswith("Nothing to draw") for text in words(picture.svg()))
    assert any(text.startswith("Nothing to draw") for text in words(activity_of().svg()))


def test_activity_of_one_partly_covered_week_is_drawn_as_at_least() -> None:
    picture = activity_of(week(4, CoverageState.PARTIAL))
    assert [bar["posts"] for bar in values_with(picture, "part", "posts")] == [4]
    assert "≥ 4 posts" in words(picture.svg())
    assert any(value["py"] > 0 for value in values_with(picture, "hole") if value["px"] >= 0)
