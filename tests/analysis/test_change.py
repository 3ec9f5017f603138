"""Before and after an event: the weeks, what is counted in them, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from tests.analysis.making import ORIGINAL, REPOST, SETTINGS, at, listing, observed, posts, weeks
from tracker.analysis.change import ChangeQuestion, ChangeReport, Comparison, Finding, change, known_events
from tracker.analysis.change_report import ChangeRow
from tracker.analysis.change_units import windows_of
from tracker.analysis.series import PostSeries, Series
from tracker.domain.errors import UsageError
from tracker.domain.events import Event, EventKind
from tracker.domain.instants import DAY, HOUR, Instant, from_iso, start_of_day, zone_of
from tracker.domain.restrictions import Edge, edge_of
from tracker.domain.words import By, Platform, Precision, Protection, Residence, Role

TEHRAN = "Asia/Tehran"
NOW = at("2023-06-01")
ALWAYS_SEEN = ((at("2015-01-01"), NOW),)


def event(day: str = "2022-09-21", precision: Precision = Precision.DAY, country: str = "IR") -> Event:
    when = edge_of(date.fromisoformat(day), precision, SETTINGS.zone(country), 7)
    kind = EventKind.BLOCK
    return Event("generated-event", when, day, precision, country, frozenset({"x"}), kind, "Generated", "", "nobody")


BLOCK = event()


def around(before: int, after: int, subject: str = "s1", number: int = 1, **fields: object) -> PostSeries:
    """An account with so many posts in each of 8 weeks before and after the event, an hour apart from noon."""
    windows = windows_of(BLOCK, 8, TEHRAN, False)
    made = [
        (start + 12 * HOUR + place * HOUR, ORIGINAL)
        for edges, each in ((windows.before, before), (windows.after, after))
        for start in edges[:-1]
        for place in range(each)
    ]
    named = listing(subject, number=number, **fields)  # type: ignore[arg-type]  # the fields differ in type
    return posts(observed(named, coverage=ALWAYS_SEEN, created_at=at("2015-01-01")), *made)


def ask(*series: Series, about: Event = BLOCK, as_of: Instant = NOW, **asked: object) -> ChangeReport:
    question = replace(ChangeQuestion(as_of=as_of), **asked)  # type: ignore[arg-type]  # the fields differ in type
    return change(list(series), about, question, SETTINGS, [about])


def row_of(*series: Series, **asked: object) -> ChangeRow:
    (row,) = ask(*series, **asked).rows  # type: ignore[arg-type]  # the fields differ in type
    return row


def test_the_day_of_the_event_is_on_neither_side() -> None:
    windows = windows_of(BLOCK, 4, TEHRAN, False)
    assert windows.before[-1] == from_iso("2022-09-21T00:00:00+04:30")
    assert windows.after[0] == from_iso("2022-09-22T00:00:00+03:30")
    assert windows.before[0] == from_iso("2022-08-24T00:00:00+04:30")
    assert windows.after[-1] == from_iso("2022-10-20T00:00:00+03:30")


def test_in_another_zone_the_windows_are_cut_outward_at_its_own_midnights() -> None:
    windows = windows_of(BLOCK, 1, "Asia/Shanghai", False)
    assert windows.before[-1] == from_iso("2022-09-21T00:00:00+08:00") <= BLOCK.when.earliest
    assert windows.after[0] == from_iso("2022-09-23T00:00:00+08:00") >= BLOCK.when.latest


def test_of_an_event_known_to_the_month_the_month_is_on_neither_side() -> None:
    windows = windows_of(event("2019-11-01", Precision.MONTH), 2, TEHRAN, False)
    assert windows.before[-1] == start_of_day(date(2019, 11, 1), TEHRAN)
    assert windows.after[0] == start_of_day(date(2019, 12, 1), TEHRAN)


def test_an_event_known_to_the_second_cuts_there_and_weeks_keep_the_time_of_day() -> None:
    moment = from_iso("2022-09-21T14:05:00+04:30")
    exact = replace(BLOCK, when=Edge(moment, moment), precision=Precision.EXACT)
    windows = windows_of(exact, 4, TEHRAN, False)
    assert windows.before[-1] == windows.after[0] == moment
    local = [datetime.fromtimestamp(edge, zone_of(TEHRAN)).strftime("%H:%M") for edge in windows.after]
    assert local == ["14:05"] * 5


def test_posts_are_counted_in_whole_weeks_as_plain_python_counts_them() -> None:
    chance = np.random.default_rng(4)
    times = sorted(chance.integers(at("2022-07-01"), at("2022-12-01"), 400).tolist())
    seen = observed(listing(), coverage=ALWAYS_SEEN)
    row = row_of(posts(seen, *((moment, ORIGINAL) for moment in times)))
    local = [datetime.fromtimestamp(moment, zone_of(TEHRAN)).date() for moment in times]
    for side, first in ((row.weeks_before, date(2022, 8, 24)), (row.weeks_after, date(2022, 9, 22))):
        truth = [
            sum(timedelta() <= day - first - timedelta(7 * week) < timedelta(7) for day in local) for week in range(4)
        ]
        assert side == tuple(truth)
    assert row.ratio is not None
    assert row.before
    assert row.after
    assert row.ratio.value == pytest.approx(row.after / row.before)


def test_only_the_kind_asked_for_is_counted() -> None:
    one = around(2, 2)
    one = replace(one, kind=np.where(np.arange(len(one.kind)) % 2, np.uint8(REPOST), np.uint8(ORIGINAL)))
    assert row_of(one).before == 8
    assert row_of(one, kind=REPOST).before == 4


def test_a_change_is_said_to_come_after_and_never_because() -> None:
    report = ask(around(5, 20), weeks=8)
    assert report.rows[0].finding is Finding.MORE
    assert ask(around(20, 5), weeks=8).rows[0].finding is Finding.FEWER
    said = " ".join([*(meaning for _, meaning in report.definitions), *report.notes]).casefold()
    assert "nothing about causes" in said
    assert "because of the" not in said
    assert "caused" not in said


def test_without_a_post_before_there_is_no_ratio_but_a_p() -> None:
    row = row_of(around(0, 5))
    assert (row.ratio, row.remark) == (None, "no post before: no ratio")
    assert row.p == pytest.approx(2 / 70)


def test_without_a_post_after_the_ratio_is_0_without_an_interval() -> None:
    row = row_of(around(5, 0))
    assert row.ratio is not None
    assert (row.ratio.value, row.ratio.low, row.ratio.high) == (0.0, None, None)


def test_an_account_without_any_post_is_not_judged() -> None:
    rows = ask(around(5, 5), around(0, 0, "s2", 2)).rows
    assert [(row.remark, row.p is None) for row in rows] == [("", False), ("no post at all", True)]
    assert rows[0].p == rows[0].q


def test_an_account_with_a_gap_has_no_figure_and_says_what_is_missing() -> None:
    whole, gappy = around(5, 5), around(5, 20, "s2", 2)
    hole = BLOCK.when.latest + 3 * DAY
    coverage = [(at("2015-01-01"), hole), (hole + 36 * HOUR, NOW)]
    gappy = replace(gappy, observed=observed(*gappy.observed.account.listings, coverage=coverage))
    rows = ask(whole, gappy).rows
    assert [row.subject for row in rows] == ["s1", "s2"]
    lacking = rows[1]
    assert (lacking.known, lacking.ratio, lacking.p, lacking.before) == (False, None, None, None)
    assert (lacking.missing_days, lacking.remark) == (1.5, "1.5 of 56 days not covered")
    group = row_of(whole, gappy, by=By.COUNTRY)
    assert (group.accounts, group.left_out, group.after) == (1, 1, 20)


def test_the_imprecise_time_itself_needs_no_coverage() -> None:
    coverage = [(at("2015-01-01"), BLOCK.when.earliest), (BLOCK.when.latest, NOW)]
    one = around(5, 5)
    one = replace(one, observed=observed(*one.observed.account.listings, coverage=coverage))
    assert row_of(one).known


def test_time_in_which_the_account_was_not_listed_is_missing() -> None:
    late = replace(listing(), since=BLOCK.when.earliest - 7 * DAY)
    one = replace(around(5, 5), observed=observed(late, coverage=ALWAYS_SEEN))
    rows = ask(one, around(5, 5, "s2", 2)).rows
    assert [(row.subject, row.missing_days) for row in rows] == [("s2", 0.0), ("s1", 21.0)]


def test_nobody_covered_is_refused_with_what_the_collection_reaches() -> None:
    one = replace(around(5, 5), observed=observed(listing(), coverage=[(at("2023-01-01"), NOW)]))
    with pytest.raises(UsageError, match="reaches from 2023-01-01 to 2023-05-31"):
        ask(one)


def test_weeks_that_are_not_over_are_refused_with_the_first_day_on_which_they_are() -> None:
    with pytest.raises(UsageError, match=r"not over by 2022-10-01; this can be asked from 2022-10-20 on"):
        ask(around(5, 5), as_of=at("2022-10-01"))
    assert ask(around(5, 5), as_of=at("2022-10-20")).rows
    with pytest.raises(UsageError, match="has not happened"):
        ask(around(5, 5), as_of=at("2022-09-01"))


def test_the_comparison_group_is_a_row_of_its_own_and_in_no_other() -> None:
    russian = [around(10, 20, f"r{n}", 10 + n, country="RU") for n in range(3)]
    rows = ask(around(5, 20), *russian, weeks=8, by=By.COUNTRY, comparison=Comparison(country="RU")).rows
    assert [(row.name, row.finding) for row in rows] == [
        ("country=RU", Finding.COMPARISON),
        ("IR", Finding.MORE),
    ]
    assert rows[0].accounts == 3
    assert rows[1].against is not None
    assert rows[1].against.value == pytest.approx(2.0)


def test_a_comparison_with_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="role=outlet"):
        ask(around(5, 5), comparison=Comparison(role=Role.OUTLET))


def test_the_notes_say_what_p_can_reach() -> None:
    notes = " ".join(ask(*(around(5, 5, f"s{n}", n) for n in range(1, 11))).notes)
    assert "70 ways" in notes
    assert "0.029" in notes
    assert "at least 6 must reach it" in notes
    assert "no change can be shown" in " ".join(ask(around(5, 5), weeks=2).notes)


def journalist(number: int, covered: bool = True) -> Series:
    """Someone at risk with a post in each of the four ISO weeks before the event and two in each after it."""
    windows = windows_of(BLOCK, 4, TEHRAN, True)
    made = [(start, (1, 0, 0, 0)) for start in windows.before[:-1]]
    made += [(start, (2, 0, 0, 0)) for start in windows.after[:-1]]
    someone = listing(
        f"generated-{number}",
        role=Role.JOURNALIST,
        residence=Residence.UNKNOWN,
        platform=Platform.TELEGRAM,
        number=number,
        protection=Protection.AT_RISK,
    )
    until = NOW if covered else windows.after[1]
    return weeks(observed(someone, coverage=[(at("2015-01-01"), until)], created_at=at("2015-01-01")), *made)


def test_people_at_risk_are_counted_in_whole_iso_weeks() -> None:
    windows = windows_of(BLOCK, 4, TEHRAN, True)
    assert windows.before[-1] == start_of_day(date(2022, 9, 19), TEHRAN) <= BLOCK.when.earliest
    assert windows.after[0] == start_of_day(date(2022, 9, 26), TEHRAN) >= BLOCK.when.latest


def test_people_at_risk_are_one_row_apart_from_named_subjects() -> None:
    rows = ask(around(5, 5), *(journalist(n) for n in range(20, 25))).rows
    assert [(row.name, row.at_risk, row.before, row.after) for row in rows] == [
        ("Generated s1", False, 20, 20),
        ("5 journalists at risk", True, 20, 40),
    ]
    assert (rows[1].subject, rows[1].handle, rows[1].coverage.since) == (None, None, None)


def test_a_group_at_risk_that_is_too_small_is_in_no_row_and_counted_in_a_note() -> None:
    report = ask(around(5, 5), *(journalist(n) for n in range(20, 24)))
    assert [row.name for row in report.rows] == ["Generated s1"]
    assert any("4 subjects at risk" in note for note in report.notes)


def test_a_group_at_risk_counts_only_if_all_of_it_is_covered() -> None:
    """Else the difference of two windows could be one person."""
    rows = ask(around(5, 5), *(journalist(n, covered=n != 25) for n in range(20, 26))).rows
    assert [(row.known, row.missing_days, row.remark) for row in rows if row.at_risk] == [
        (False, None, "not every account of the group is covered")
    ]


def test_the_list_of_events_says_around_which_the_accounts_are_covered() -> None:
    early = replace(event("2014-06-01"), id="generated-early")
    known = known_events([around(5, 5)], [BLOCK, early], ChangeQuestion(as_of=NOW), SETTINGS)
    assert [(one.event.id, one.covered, one.accounts) for one in known.events] == [
        ("generated-early", 0, 1),
        ("generated-event", 1, 1),
    ]
