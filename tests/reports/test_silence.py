"""What stands in the cells of a silence report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.analysis.test_silence import AS_OF, account, judge
from tracker.analysis.report import CoverageState
from tracker.domain.instants import DAY, HOUR
from tracker.domain.intervals import span
from tracker.reports.silence import COLUMNS, STATE_COLUMNS, silence_sheet, silence_sheets, states_sheet


def test_a_silence_that_only_a_hole_keeps_from_being_an_alarm_is_listed_with_the_hole() -> None:
    series = account(1, silent_days=60)
    hole = span(AS_OF - 20 * DAY, AS_OF - 18 * DAY)
    holed = replace(series, observed=replace(series.observed, coverage=series.observed.coverage - hole))
    sheet = silence_sheet(judge(holed, account(2)))
    assert sheet.column_values("verdict") == ["not covered"]
    assert sheet.column_values("not_looked_at") == ["2024-05-12 to 2024-05-14"]
    assert sheet.column_values("silence_days") == [None]
    assert sheet.rows[0].state is CoverageState.PARTIAL


def test_a_hole_in_a_silence_that_is_too_short_for_an_alarm_is_not_listed() -> None:
    series = account(1, silent_days=3)
    hole = span(AS_OF - 2 * DAY, AS_OF - 2 * DAY + HOUR)
    holed = replace(series, observed=replace(series.observed, coverage=series.observed.coverage - hole))
    assert silence_sheet(judge(holed)).rows == ()
    assert len(silence_sheet(judge(holed), everyone=True).rows) == 2


def test_nothing_to_say_is_said() -> None:
    sheet = silence_sheet(judge(account(1)))
    assert sheet.rows == ()
    assert sheet.notes[0].startswith("No account is silent beyond its habit")
    assert states_sheet(judge(account(1))).notes == ("No account of the selection is known to be in such a state.",)


def test_a_state_is_listed_on_its_own_with_the_day_it_was_first_seen() -> None:
    sheet = states_sheet(judge(account(1, silent_days=40, state="suspended", state_since=AS_OF - DAY)))
    assert sheet.column_values("state") == ["suspended"]
    assert [str(day) for day in sheet.column_values("first_seen")] == ["2024-05-31"]


@pytest.mark.parametrize("columns", [COLUMNS, STATE_COLUMNS])
def test_every_figure_is_explained(columns: tuple[object, ...]) -> None:
    sheets = silence_sheets(judge(account(1, silent_days=40)))
    names = {"subject", "name", "role", "country", "platform", "handle", "detail"}
    assert all(column.meaning or column.key in names for sheet in sheets for column in sheet.columns)
