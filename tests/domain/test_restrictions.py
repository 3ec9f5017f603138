"""Restrictions: known cases, and random ones against a judge that asks about one instant at a time."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.making import listing, restriction
from tracker.domain.instants import from_iso, start_of_day
from tracker.domain.restrictions import OPEN_END, Edge, Restriction, edge_of, exposure
from tracker.domain.words import (
    BANNING_KINDS,
    Platform,
    Precision,
    Residence,
    RestrictionKind,
    Role,
    Scope,
)

TEHRAN = "Asia/Tehran"
ZONES = (TEHRAN, "Asia/Shanghai", "America/New_York", "Europe/Moscow", "America/Sao_Paulo", "UTC")
BAN = restriction("IR", "x", "2009-06-01", Precision.MONTH)
IN_2020 = from_iso("2020-01-01T00:00:00Z")


# --- known cases -------------------------------------------------------------------------


def test_an_ambassador_abroad_is_bound_by_the_ban_of_the_state_he_serves() -> None:
    ambassador = listing(role=Role.OFFICIAL, country="IR", residence=Residence.ABROAD)
    assert IN_2020 in exposure(ambassador, [BAN]).restricted


def test_a_journalist_abroad_is_not_bound() -> None:
    journalist = listing(role=Role.JOURNALIST, country="IR", residence=Residence.ABROAD)
    exposed = exposure(journalist, [BAN])
    assert not exposed.restricted
    assert not exposed.uncertain


def test_of_a_journalist_whose_residence_is_unknown_nothing_is_certain() -> None:
    exposed = exposure(listing(role=Role.JOURNALIST, country="IR", residence=Residence.UNKNOWN), [BAN])
    assert not exposed.restricted
    assert IN_2020 in exposed.uncertain


@pytest.mark.parametrize("role", Role)
def test_an_order_to_state_bodies_binds_officials_and_state_bodies_only(role: Role) -> None:
    order = restriction("IR", "x", "2018-04-18", kind=RestrictionKind.ORDER, scope=Scope.STATE_BODIES)
    exposed = exposure(listing(role=role, country="IR", residence=Residence.INSIDE), [order])
    assert (IN_2020 in exposed.restricted) == (role in {Role.OFFICIAL, Role.STATE_BODY})
    assert bool(exposed.uncertain) == (role in {Role.OFFICIAL, Role.STATE_BODY})  # the day of the order itself


def test_the_month_in_which_a_ban_began_is_uncertain_to_its_last_local_second() -> None:
    exposed = exposure(listing(country="IR"), [BAN])
    june, july = start_of_day(date(2009, 6, 1), TEHRAN), start_of_day(date(2009, 7, 1), TEHRAN)
    assert june - 1 not in exposed.uncertain
    assert june in exposed.uncertain
    assert july - 1 in exposed.uncertain
    assert july - 1 not in exposed.restricted
    assert july in exposed.restricted


def test_a_day_precise_edge_is_uncertain_within_that_local_day_only() -> None:
    ban = restriction("IR", "telegram", "2017-12-31", ends="2018-01-13")
    exposed = exposure(listing(country="IR", platform=Platform.TELEGRAM), [ban])
    for day in (date(2017, 12, 31), date(2018, 1, 13)):
        first, beyond = start_of_day(day, TEHRAN), start_of_day(day + timedelta(days=1), TEHRAN)
        assert first in exposed.uncertain
        assert beyond - 1 in exposed.uncertain
        assert first - 1 not in exposed.uncertain
        assert beyond not in exposed.uncertain
    assert start_of_day(date(2018, 1, 1), TEHRAN) in exposed.restricted
    assert start_of_day(date(2018, 1, 12), TEHRAN) in exposed.restricted


def test_an_approximate_edge_may_be_off_by_the_days_of_the_settings_either_way() -> None:
    ban = restriction("RU", "telegram", "2018-04-16", Precision.APPROXIMATE, zone="Europe/Moscow")
    exposed = exposure(listing(country="RU", platform=Platform.TELEGRAM), [ban])
    earliest = start_of_day(date(2018, 4, 9), "Europe/Moscow")
    latest = start_of_day(date(2018, 4, 24), "Europe/Moscow")
    assert exposed.uncertain.parts[0] == (earliest, latest)
    assert latest in exposed.restricted


def test_a_shutdown_of_everything_concerns_every_platform_and_can_be_asked_for_alone() -> None:
    shutdown = restriction(
        "IR", "*", "2019-11-16", Precision.EXACT, "2019-11-23", Precision.EXACT, kind=RestrictionKind.SHUTDOWN
    )
    during = from_iso("2019-11-20T12:00:00Z")
    for platform in Platform:
        exposed = exposure(
            listing(country="IR", platform=platform), [shutdown, BAN], frozenset({RestrictionKind.SHUTDOWN})
        )
        assert during in exposed.restricted
        assert IN_2020 not in exposed.restricted


def test_throttling_is_kept_apart_unless_it_is_asked_for() -> None:
    slow = restriction("RU", "x", "2022-02-24", kind=RestrictionKind.THROTTLE, zone="Europe/Moscow")
    later = from_iso("2023-01-01T00:00:00Z")
    exposed = exposure(listing(country="RU"), [slow])
    assert later in exposed.throttled
    assert later not in exposed.restricted
    assert not exposed.uncertain
    assert later in exposure(listing(country="RU"), [slow], frozenset({RestrictionKind.THROTTLE})).restricted


@pytest.mark.parametrize("country", ["EU", "US"])
def test_where_nothing_is_restricted_nothing_is(country: str) -> None:
    exposed = exposure(listing(country=country), [BAN])
    assert not exposed.restricted
    assert not exposed.uncertain


def test_a_certain_ban_wins_over_the_uncertain_edge_of_another() -> None:
    inner = restriction("IR", "x", "2018-05-01", Precision.MONTH, kind=RestrictionKind.ORDER)
    assert (
        not exposure(listing(country="IR"), [BAN, inner]).uncertain
        & exposure(listing(country="IR"), [BAN]).restricted
    )


# --- random cases ------------------------------------------------------------------------

days = st.dates(date(2015, 1, 1), date(2024, 12, 31))
precisions = st.sampled_from([precision for precision in Precision if precision is not Precision.OPEN])
Drawn = tuple[RestrictionKind, Scope, str, str, date, Precision, date | None, Precision]


@st.composite
def drawn_restrictions(draw: st.DrawFn) -> Drawn:
    starts = draw(days)
    ends = draw(st.none() | st.dates(starts, date(2025, 12, 31)))
    return (
        draw(st.sampled_from(RestrictionKind)),
        draw(st.sampled_from(Scope)),
        draw(st.sampled_from(["AA", "BB"])),
        draw(st.sampled_from(["x", "telegram", "*"])),
        starts,
        draw(precisions),
        ends,
        draw(precisions) if ends else Precision.OPEN,
    )


def naive_edge(day: date | None, precision: Precision, zone: str) -> tuple[datetime, datetime] | None:
    """The first and last moment of the edge, by the calendar alone."""
    if day is None:
        return None
    zone_ = ZoneInfo(zone)
    first, last = day, day
    if precision is Precision.MONTH:
        first, last = day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    elif precision is Precision.YEAR:
        first, last = date(day.year, 1, 1), date(day.year, 12, 31)
    elif precision is Precision.APPROXIMATE:
        first, last = day - timedelta(days=7), day + timedelta(days=7)
    if precision is Precision.EXACT:
        beyond = day
    else:
        beyond = last + timedelta(days=1)
    midnights = (datetime(edge.year, edge.month, edge.day, tzinfo=zone_) for edge in (first, beyond))
    start, end = midnights
    return start, end


def naive_judgement(role: Role, residence: Residence, platform: str, zone: str, drawn: list[Drawn], at: int) -> str:
    """yes, uncertain or no: one instant, one restriction after the other, without any interval."""
    verdict = "no"
    for kind, scope, country, concerned, starts, start_precision, ends, end_precision in drawn:
        if country != "AA" or concerned not in (platform, "*") or kind is RestrictionKind.THROTTLE:
            continue
        state = role in (Role.OFFICIAL, Role.STATE_BODY)
        if not state and (scope is Scope.STATE_BODIES or residence is Residence.ABROAD):
            continue
        start, end = naive_edge(starts, start_precision, zone), naive_edge(ends, end_precision, zone)
        assert start is not None
        possible = at >= start[0].timestamp() and (end is None or at < end[1].timestamp())
        certain = at >= start[1].timestamp() and (end is None or at < end[0].timestamp())
        if certain and (state or residence is Residence.INSIDE):
            return "yes"
        if possible:
            verdict = "uncertain"
    return verdict


@given(
    st.lists(drawn_restrictions(), max_size=4),
    st.sampled_from(Role),
    st.sampled_from(Residence),
    st.sampled_from(Platform),
    st.sampled_from(ZONES),
    st.data(),
)
def test_every_instant_is_judged_as_a_judge_without_intervals_would(
    drawn: list[Drawn], role: Role, residence: Residence, platform: Platform, zone: str, data: st.DataObject
) -> None:
    restrictions = [
        Restriction(
            country,
            concerned,
            kind,
            scope,
            edge_of(starts, start_precision, zone, 7),
            edge_of(ends, end_precision, zone, 7) if ends else OPEN_END,
        )
        for kind, scope, country, concerned, starts, start_precision, ends, end_precision in drawn
    ]
    exposed = exposure(
        listing(role=role, country="AA", residence=residence, platform=platform), restrictions, BANNING_KINDS
    )
    edges = {edge for r in restrictions for side in (r.start, r.end) for edge in (side.earliest, side.latest)}
    near = [edge + step for edge in edges for step in (-1, 0, 1)]
    anywhere = data.draw(st.lists(st.integers(1_400_000_000, 1_800_000_000), max_size=5))
    for at in (*near, *anywhere):
        if at > 10**10:
            continue
        said = "yes" if at in exposed.restricted else "uncertain" if at in exposed.uncertain else "no"
        assert said == naive_judgement(role, residence, platform, zone, drawn, at)


@given(days, precisions, st.sampled_from(ZONES))
def test_an_edge_lies_around_the_day_that_it_was_given_as(day: date, precision: Precision, zone: str) -> None:
    edge = edge_of(day, precision, zone, 7)
    assert edge.earliest <= start_of_day(day, zone) <= edge.latest
    assert (edge.earliest == edge.latest) == (precision is Precision.EXACT)
    assert isinstance(edge, Edge)
