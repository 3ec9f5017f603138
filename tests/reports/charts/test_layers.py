"""Hatching, events, axes and words, each by itself."""

from __future__ import annotations

from datetime import date

import pytest

from tests.analysis.making import at, restriction
from tracker.domain.events import Event, EventKind
from tracker.domain.intervals import FOREVER, Intervals
from tracker.domain.restrictions import edge_of
from tracker.domain.words import Precision
from tracker.reports.calendars import Calendar
from tracker.reports.charts import layers, theme
from tracker.reports.charts.surroundings import mark_events, restriction_words, spans
from tracker.reports.charts.timeframe import Timeframe, local_millis, millis
from tracker.reports.charts.wording import fitting, lines_of

YEAR = Timeframe(date(2020, 1, 1), date(2021, 1, 1))


def event(number: int, day: str, precision: Precision = Precision.DAY) -> Event:
    when = edge_of(date.fromisoformat(day), precision, "Asia/Tehran", 7)
    return Event(
        f"e{number}", when, day, precision, "IR", frozenset({"*"}), EventKind.OTHER, f"Event {number}", "", ""
    )


def test_hatching_stays_inside_its_area_and_fills_it() -> None:
    area = {"px": 13.0, "py": 5.0, "px2": 97.0, "py2": 40.0}
    ground, strokes = layers.hatched([area])
    (box,) = ground.to_dict()["datasets"].values()
    assert box == [{**area, "hole": True}]
    (drawn,) = strokes.to_dict()["datasets"].values()
    for stroke in drawn:
        for x, y in ((stroke["px"], stroke["py"]), (stroke["px2"], stroke["py2"])):
            assert 13 <= x <= 97
            assert 5 <= y <= 40
        assert stroke["px"] + stroke["py"] == pytest.approx(stroke["px2"] + stroke["py2"])
    # One line for each multiple of 6 between the sums of the near and the far corner.
    assert len(drawn) == len([total for total in range(0, 400, 6) if 18 < total < 137])


def test_years_without_data_are_one_area_and_not_hundreds_of_weeks() -> None:
    weeks = [{"px": 10.0 * week, "px2": 10.0 * week + 10, "py": 0.0, "py2": 20.0} for week in range(520)]
    ground, _ = layers.hatched(weeks)
    (boxes,) = ground.to_dict()["datasets"].values()
    assert boxes == [{"px": 0.0, "px2": 5200.0, "py": 0.0, "py2": 20.0, "hole": True}]
    apart = [weeks[0], weeks[2], {**weeks[3], "py": 5.0}]
    ground, _ = layers.hatched(apart)
    (boxes,) = ground.to_dict()["datasets"].values()
    assert boxes == [{**area, "hole": True} for area in apart], "nothing between them, and not of one height"


def test_nothing_is_hatched_where_there_is_no_hole() -> None:
    assert layers.hatched([{"px": 5, "px2": 5, "py": 0, "py2": 9}]) == []


def test_close_events_are_put_below_each_other_and_distant_ones_are_not() -> None:
    days = ["2020-03-01", "2020-03-03", "2020-03-05", "2020-09-01"]
    marked = mark_events([event(n, day) for n, day in enumerate(days)], {"IR": "Asia/Tehran"}, YEAR)
    assert [one.number for one in marked] == [1, 2, 3, 4]
    assert [one.level for one in marked] == [0, 1, 2, 0]


def test_events_outside_the_picture_are_not_numbered() -> None:
    marked = mark_events(
        [event(1, "2019-12-31"), event(2, "2020-06-01"), event(3, "2021-01-01")], {"IR": "Asia/Tehran"}, YEAR
    )
    assert [one.event.id for one in marked] == ["e2"]


def test_an_instant_stands_on_its_local_day() -> None:
    # 21:00 UTC of the last day of 2019 is half past midnight of the first of 2020 in Tehran.
    assert YEAR.holds(local_millis(at("2019-12-31 21:00"), "Asia/Tehran"))
    assert not YEAR.holds(local_millis(at("2019-12-31 21:00"), "UTC"))
    assert YEAR.place(millis(date(2020, 7, 1))) == pytest.approx(theme.WIDTH * 182 / 366, abs=0.01)


def test_spans_of_open_intervals_are_cut_at_the_edge_of_the_picture() -> None:
    whole = Intervals.of([(at("2009-06-01"), FOREVER)])
    assert spans(whole, "Asia/Tehran", YEAR) == [(0, theme.WIDTH)]
    assert spans(Intervals.of([(at("2018-01-01"), at("2019-01-01"))]), "Asia/Tehran", YEAR) == []


def test_ticks_are_few_and_begin_with_months_of_either_calendar() -> None:
    assert YEAR.ticks()[:2] == [(date(2020, 1, 1), "Jan 2020"), (date(2020, 3, 1), "Mar 2020")]
    solar = Timeframe(date(2020, 1, 1), date(2021, 1, 1), Calendar.JALALI)
    assert (date(2020, 3, 20), "Farvardin 1399") in solar.ticks()
    assert len(solar.ticks()) <= 6
    for days in range(1, 6000, 37):
        frame = Timeframe(date(2010, 3, 5), date.fromordinal(date(2010, 3, 5).toordinal() + days))
        assert len(frame.ticks()) <= 9
        assert frame.ticks(), days


def test_a_long_name_is_cut_and_a_persian_one_isolated() -> None:
    cut = fitting("A very long name of a ministry that goes on and on", 100)
    assert cut.endswith("…")
    assert len(cut) < 20
    assert fitting("خبرگزاری", 100) == "\u2068خبرگزاری\u2069"
    assert fitting("two\nlines", 100) == "two lines"


def test_names_in_other_letters_get_a_font_of_their_own() -> None:
    chart = layers.text([{"text": name, "px": 0, "py": 0} for name in ("Привет", "\u2068خبر\u2069", "Zoë 1 ≥")])
    (rows,) = chart.to_dict()["datasets"].values()
    assert [row["font"] for row in rows] == [theme.OTHER_FONT, theme.FONT, theme.FONT]
    plain = layers.text([{"text": "Zoë", "px": 0, "py": 0}]).to_dict()
    assert "font" not in plain["mark"]


def test_lines_are_broken_between_words_and_lose_none() -> None:
    text = "one two three four five six seven eight nine ten " * 5
    broken = lines_of([text], 150, 10)
    assert " ".join(broken) == text.strip()
    assert len(broken) > 5


def test_a_restriction_is_told_in_words() -> None:
    (said,) = restriction_words([restriction("IR", "*", "2019-11-01", Precision.MONTH)])
    assert said.startswith("IR all platforms: block (public)")
    assert said.endswith("still in force")
