"""What the rest of a month will cost, of accounts whose rates are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.analysis.making import NOW, ORIGINAL, SETTINGS, listing, observed, posts, weeks
from tracker.analysis.cost import CostReport, cost
from tracker.analysis.forecast import Forecast, Limit, forecast
from tracker.analysis.ground_report import Grounds, StoredHole
from tracker.analysis.prices import ARCHIVE_BEGINS, Figure
from tracker.analysis.series import Series
from tracker.config.settings import Allowance, Settings
from tracker.domain.instants import DAY, HOUR
from tracker.domain.words import Mode, Platform, Protection

POST, USER = SETTINGS.prices.post, SETTINGS.prices.user
EACH = 4 * POST * 2 + USER
"""Dollars a day of two posts, each read four times, and a profile."""
DAYS = 10.5


def known(number: int = 1, *, mode: Mode = Mode.POSTS, verified: bool = True) -> Series:
    """A named account that made two posts on each of the last thirty days, all of them covered."""
    who = replace(listing(f"s{number}", number=number), mode=mode, verified=verified)
    seen = observed(who, coverage=[(NOW - 30 * DAY, NOW)])
    return posts(seen, *((NOW - day * DAY + hour * HOUR, ORIGINAL) for day in range(1, 31) for hour in (7, 9)))


def unseen(number: int = 2) -> Series:
    return posts(observed(listing(f"s{number}", number=number)))


def report(*series: Series, holes: dict[int, list[int | None]] | None = None) -> CostReport:
    """`holes` by the place of the account, each so many seconds long; None: down to its beginning."""
    found = [
        Grounds(holes=tuple(StoredHole(None if length is None else NOW - length, NOW, False) for length in lengths))
        for lengths in ((holes or {}).get(place, []) for place in range(len(series)))
    ]
    return cost(series, found, {}, SETTINGS, NOW)


def ahead(asked: CostReport, *limits: Limit) -> Forecast:
    return forecast(asked, DAYS, limits, SETTINGS.prices)


def dollars(amount: float, period: str, left: float) -> Limit:
    micros = Allowance(round(amount * 1e6), dollars=True)
    return Limit(Platform.X, micros, "day" if period == "day" else "month", round(left * 1e6))


def test_the_days_that_are_left_cost_what_the_rates_say() -> None:
    found = ahead(report(known()))
    assert found.wanted == found.allowed == pytest.approx(DAYS * EACH)


def test_what_is_off_or_unverified_costs_nothing() -> None:
    found = ahead(report(known(), known(2, mode=Mode.OFF), known(3, verified=False)))
    assert found.wanted == pytest.approx(DAYS * EACH)


def test_a_first_visit_is_still_to_come_at_its_most() -> None:
    first = SETTINGS.x.depth * POST + USER
    assert ahead(report(known(), unseen())).wanted == pytest.approx(2 * DAYS * EACH + first)


def test_a_hole_costs_what_was_posted_in_it_and_never_more_than_x_shows() -> None:
    def behind(*lengths: int | None) -> float:
        return sum(report(known(), holes={0: list(lengths)}).behind.values())

    assert behind(5 * DAY, DAY) == pytest.approx(6 * 2 * POST)
    assert behind(None) == behind(5_000 * DAY) == behind(None, DAY) == pytest.approx(SETTINGS.x.depth * POST)


def counted(covered_days: int, age: int | None, protection: Protection = Protection.NAMED) -> Series:
    """An account in counts mode, so many days old, of which the last days were counted."""
    who = replace(listing("s7", number=7, protection=protection), mode=Mode.COUNTS)
    coverage = [(NOW - covered_days * DAY, NOW)] if covered_days else []
    return posts(observed(who, coverage=coverage, created_at=None if age is None else NOW - age * DAY))


def test_the_past_that_the_archive_is_still_to_count_costs_a_request_for_thirty_days() -> None:
    archive = replace(SETTINGS, x=replace(SETTINGS.x, counts_archive=True))

    def behind(one: Series, settings: Settings = archive) -> float:
        found = cost([one], [Grounds()], {}, settings, NOW)
        assert forecast(found, 0, (), settings.prices).wanted == pytest.approx(sum(found.behind.values()))
        assert set(found.behind) <= {Figure.COUNTS}
        return sum(found.behind.values()) / settings.prices.counts_all

    assert behind(counted(0, 97)) == pytest.approx(3)
    assert behind(counted(0, 98)) == pytest.approx(4)
    assert behind(counted(98, 98)) == 0
    assert behind(counted(37, 97)) == pytest.approx(2)
    since_x_began = -((ARCHIVE_BEGINS - NOW + 7 * DAY) // (30 * DAY))
    assert behind(counted(0, None)) == pytest.approx(since_x_began), "as old as X, at most"
    assert behind(counted(0, 97), SETTINGS) == 0, "the archive is not asked"
    assert behind(counted(0, 97, Protection.AT_RISK)) == 0, "what was counted of people at risk is theirs"


def test_a_limit_cuts_the_forecast_to_what_it_lets_through() -> None:
    whole = report(known())
    assert ahead(whole, dollars(1, "month", 0.25)).allowed == pytest.approx(0.25)
    assert ahead(whole, dollars(1, "month", 0.9)).allowed == pytest.approx(DAYS * EACH)
    # today's rest, and ten days
    assert ahead(whole, dollars(0.02, "day", 0.01)).allowed == pytest.approx(0.01 + 10 * 0.02)
    assert ahead(whole, dollars(0.02, "day", 0.01), dollars(1, "month", 0.1)).allowed == pytest.approx(0.1)


def test_a_limit_in_reads_is_one_of_posts_profiles_and_requests_for_counts() -> None:
    def limited(asked: CostReport, left: int) -> Forecast:
        return ahead(asked, Limit(Platform.X, Allowance(1_000, dollars=False), "month", left))

    reads = DAYS * (4 * 2 + 1)
    assert limited(report(known()), round(reads) + 1).allowed == pytest.approx(DAYS * EACH)
    assert limited(report(known()), 9).allowed == pytest.approx(DAYS * EACH * 9 / reads)
    counted = ahead(report(known(mode=Mode.COUNTS)))
    reads = DAYS * (1 + 1 / 6)
    assert limited(report(known(mode=Mode.COUNTS)), 13).allowed == pytest.approx(counted.wanted)
    assert limited(report(known(mode=Mode.COUNTS)), 11).allowed == pytest.approx(counted.wanted * 11 / reads)


def test_a_limit_of_telegram_is_none_of_x() -> None:
    nothing = Limit(Platform.TELEGRAM, Allowance(1, dollars=False), "month", 0)
    assert ahead(report(known()), nothing).allowed == pytest.approx(DAYS * EACH)


def test_people_at_risk_cost_the_same_whatever_was_seen_of_them() -> None:
    who = listing("s9", number=9, protection=Protection.AT_RISK)
    blank = weeks(observed(who))
    seen = weeks(observed(who, coverage=[(NOW - 30 * DAY, NOW)]), (NOW - 14 * DAY, (500, 0, 0, 0)))
    holes: dict[int, list[int | None]] = {1: [None]}
    assert ahead(report(known(), blank)) == ahead(report(known(), seen, holes=holes))
