"""What the options that reports share make of dates."""

from __future__ import annotations

import pytest

from tracker.cli.options import start_of
from tracker.domain.errors import UsageError


@pytest.mark.parametrize(
    "text", ["0001-01-01", "9999-12-31", "1401-06-30", "9999-12-31T23:59:59Z", "0001-01-01T00:00Z"]
)
def test_a_date_that_no_calendar_of_ours_reaches_is_refused_and_not_computed_with(text: str) -> None:
    with pytest.raises(UsageError, match="1990 to 2100"):
        start_of(text, "--from", "Asia/Tehran")


def test_a_year_of_the_solar_hijri_calendar_is_told_for_what_it_is() -> None:
    with pytest.raises(UsageError, match="looks like the Solar Hijri calendar"):
        start_of("1401-06-30", "--from", "Asia/Tehran")


def test_a_day_begins_in_its_zone() -> None:
    assert start_of("2022-12-02", "--from", "Asia/Tehran") == start_of("2022-12-01T20:30:00Z", "--from", "UTC")
