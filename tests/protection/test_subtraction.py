"""Nothing that is said about people at risk lets anybody work out what fewer than five of them did.

Instead of trying all subtractions: whatever few did, every output stays the same, letter by letter. What does not
differ cannot be told from any number of outputs, however they are grouped, filtered, cut in time and subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.analysis.making import NOW, ORIGINAL, SETTINGS, listing, observed, posts, restriction, weeks
from tracker.analysis.activity import activity
from tracker.analysis.at_risk import platforms_of_few
from tracker.analysis.change import change
from tracker.analysis.change_report import ChangeQuestion
from tracker.analysis.cost import cost
from tracker.analysis.ground import ground
from tracker.analysis.ground_report import Grounds
from tracker.analysis.history import only_series
from tracker.analysis.influence import in_order, influence
from tracker.analysis.network import network
from tracker.analysis.network_report import NetworkReport
from tracker.analysis.question import Selection, UsageQuestion
from tracker.analysis.references import References
from tracker.analysis.series import PostSeries, Series
from tracker.analysis.silence import silence
from tracker.analysis.timeline import timeline
from tracker.analysis.usage import usage
from tracker.config.settings import Settings
from tracker.domain.errors import UsageError
from tracker.domain.events import Event, EventKind
from tracker.domain.instants import WEEK, Instant, start_of_week
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import By, Every, Mode, Platform, Precision, Protection, Role
from tracker.reports.activity import activity_sheet
from tracker.reports.change import change_sheet
from tracker.reports.cost import accounts_sheet, plan_sheets
from tracker.reports.ground import coverage_sheet, coverage_weeks_sheet
from tracker.reports.influence import influence_sheet
from tracker.reports.sheet_json import sheets_json
from tracker.reports.silence import silence_sheets
from tracker.reports.usage import usage_sheet

FIVE = SETTINGS.report.smallest_group
WITHOUT_SUPPRESSION = replace(SETTINGS, report=replace(SETTINGS.report, smallest_group=1))
COUNTRIES = {"IR": "Asia/Tehran", "RU": "Europe/Moscow"}
ROLES = (Role.JOURNALIST, Role.ACTIVIST)
HOW_MANY = 8
"""Weeks."""
ORDERED = restriction("IR", "x", "2024-05-01", Precision.EXACT)
EVENT = Event(
    "order", ORDERED.start, "2024-05-01", Precision.EXACT, "IR", frozenset({"x"}), EventKind.ORDER, "Order", "", ""
)


@dataclass(frozen=True)
class Person:
    """Somebody at risk on one platform; `posts` are those of each of the last weeks, None: not looked at."""

    number: int
    role: Role
    country: str
    platform: Platform
    posts: tuple[int | None, ...]

    @property
    def cell(self) -> tuple[Role, str, Platform]:
        return self.role, self.country, self.platform

    def series(self) -> Series:
        who = listing(
            f"hidden{self.number}",
            role=self.role,
            country=self.country,
            platform=self.platform,
            number=self.number * 2 + (self.platform is Platform.X),
            protection=Protection.AT_RISK,
        )
        last = start_of_week(NOW, COUNTRIES[self.country])
        begun = [last - place * WEEK for place in range(HOW_MANY, 0, -1)]
        seen = [(week, week + WEEK) for week, made in zip(begun, self.posts, strict=True) if made is not None]
        made = [(week, (made, 0, 0, 0)) for week, made in zip(begun, self.posts, strict=True) if made]
        return weeks(observed(who, coverage=seen, created_at=begun[0]), *made)


def few(people: Sequence[Person]) -> set[tuple[Role, str, Platform]]:
    """The cells of fewer than five."""
    cells = {person.cell for person in people}
    return {cell for cell in cells if len({one.number for one in people if one.cell == cell}) < FIVE}


Numbers = st.one_of(st.none(), st.integers(0, 40))


@st.composite
def watchlists(draw: st.DrawFn) -> list[Person]:
    people, number = [], 0
    for role, country in product(ROLES, COUNTRIES):
        for _ in range(draw(st.integers(0, 6))):
            number += 1
            for platform in draw(st.sets(st.sampled_from(Platform), min_size=1)):
                made = draw(st.lists(Numbers, min_size=HOW_MANY, max_size=HOW_MANY))
                people.append(Person(number, role, country, platform, tuple(made)))
    return people


NAMED, COLLEAGUE = (
    posts(
        observed(
            listing(subject, role, number=number), coverage=[(NOW - 20 * WEEK, NOW)], created_at=NOW - 20 * WEEK
        ),
        *((NOW - place * WEEK // 3, ORIGINAL) for place in range(1, 50)),
    )
    for subject, role, number in (("named", Role.OFFICIAL, 1000), ("colleague", Role.JOURNALIST, 1001))
)
SPANS: list[tuple[Instant | None, Instant | None]] = [
    (None, None),
    (NOW - 5 * WEEK, None),
    (None, NOW - 3 * WEEK),
    (start_of_week(NOW - 4 * WEEK, "Asia/Tehran"), start_of_week(NOW - 2 * WEEK, "Asia/Tehran")),
]


def selections() -> Iterator[Selection]:
    for since, until in SPANS:
        yield Selection(NOW, since, until)
    yield from (Selection(NOW, country=country) for country in COUNTRIES)
    yield from (Selection(NOW, role=role) for role in ROLES)
    yield from (Selection(NOW, platform=platform) for platform in Platform)
    yield Selection(NOW - 2 * WEEK)


def times_of(one: Series) -> NDArray[np.int64]:
    """When each post was made, as far as it is known."""
    return one.posted_at if isinstance(one, PostSeries) else np.repeat(one.week, one.counts.sum(axis=1))


def pointers(series: Sequence[Series], *, everybody: bool = False) -> References:
    """Each post of each account points to all others: what the store says of it.

    It leaves people at risk out, at both ends; for the control it does not.
    """
    hidden = {one.observed.account.subject for one in series if one.observed.account.protection is Protection.AT_RISK}
    at_risk = frozenset[str]() if everybody else frozenset(hidden)
    told = [one for one in series if one.observed.account.subject not in at_risk]
    ends = [
        (source, target, times_of(one))
        for source, one in enumerate(told)
        for target in range(len(told))
        if target != source
    ]
    columns = [
        (
            np.full(times.size, source),
            np.full(times.size, target),
            np.arange(times.size),
            times,
            np.arange(times.size) % 5,
        )
        for source, target, times in ends
    ]
    joined = [np.concatenate(column) for column in zip(*columns, strict=True)]
    return References(tuple(one.observed.account for one in told), at_risk, *joined)


def all_of(people: Sequence[Person]) -> list[Series]:
    return [NAMED, COLLEAGUE, *(person.series() for person in people)]


def everything(people: Sequence[Person], using: Settings) -> list[str]:
    """All that every report says, in every grouping, time and filter, as JSON."""
    series = all_of(people)
    grounds = [Grounds(live=one.observed.coverage) for one in series]
    bans, said = [ORDERED], []
    for asked in selections():
        said += [sheets_json([usage_sheet(usage(series, bans, using, UsageQuestion.of(asked, by)))]) for by in By]
        said += [
            sheets_json([activity_sheet(activity(series, bans, using, asked, every, by))])
            for every in (Every.WEEK, Every.MONTH)
            for by in (None, By.ROLE, By.COUNTRY)
        ]
        coverage = ground(series, grounds, using, asked)
        said.append(sheets_json([coverage_sheet(coverage), coverage_weeks_sheet(coverage)]))
        said.append(sheets_json(silence_sheets(silence(series, using, asked), everyone=True)))
        said.append(repr(timeline(series, bans, using, asked)))
        histories = {one.observed.account: only_series(one) for one in series}
        for one in (NAMED, COLLEAGUE):
            named = histories[one.observed.account]
            histories[one.observed.account] = replace(named, post=np.arange(one.posted_at.size))
        said.append(
            sheets_json([influence_sheet(influence([histories[one] for one in in_order(histories)], using, asked))])
        )
        said.append(repr(network(pointers(series), series, using, asked)))
    for by in By:
        try:
            said.append(
                sheets_json([change_sheet(change(series, EVENT, ChangeQuestion(NOW, weeks=2, by=by), using))])
            )
        except UsageError as error:
            said.append(str(error))
    spending = cost(series, grounds, {}, using, NOW)
    said.append(sheets_json([accounts_sheet(spending), *plan_sheets(spending)]))
    return said


def otherwise(people: Sequence[Person], numbers: Sequence[int | None]) -> list[Person]:
    """The same people; those in cells of few posted something else, or were not looked at, or only now.

    So did those of larger cells in weeks in which few of them were looked at.
    """
    small, found = few(people), []

    def looked_at(cell: tuple[Role, str, Platform], week: int) -> int:
        return len({one.number for one in people if one.cell == cell and one.posts[week] is not None})

    for place, person in enumerate(people):
        other = [numbers[(place + week) % len(numbers)] for week in range(HOW_MANY)]
        if person.cell not in small:
            for week, made in enumerate(person.posts):
                thin = made is not None and looked_at(person.cell, week) < FIVE
                other[week] = (other[week] or 0) if thin else made
        found.append(replace(person, posts=tuple(other)))
    return found


def group(size: int, made: int, **changes: object) -> list[Person]:
    """So many journalists of Iran on X, who made so many posts a week."""
    first = Person(0, Role.JOURNALIST, "IR", Platform.X, (made,) * HOW_MANY)
    return [replace(first, number=number, **changes) for number in range(1, size + 1)]  # type: ignore[arg-type]


FIVE_AND_TWO = [*group(5, 3), *(replace(one, number=one.number + 10, role=Role.ACTIVIST) for one in group(2, 7))]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people=watchlists(), numbers=st.lists(Numbers, min_size=3, max_size=11))
@example(people=FIVE_AND_TWO, numbers=[1, 2, 3])
@example(people=group(4, 3), numbers=[None])
def test_whatever_few_people_did_every_report_is_the_same(people: list[Person], numbers: list[int | None]) -> None:
    for one, other in zip(
        everything(people, SETTINGS), everything(otherwise(people, numbers), SETTINGS), strict=True
    ):
        assert one == other


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people=watchlists(), turn=st.integers(1, 5))
@example(people=FIVE_AND_TWO, turn=1)
def test_who_of_a_group_did_what_is_in_no_report(people: list[Person], turn: int) -> None:
    """The members of each group change their roles among them: the sum of each week is the same."""
    changed = list(people)
    for cell in {person.cell for person in people}:
        places = [place for place, person in enumerate(people) if person.cell == cell]
        for place, other in zip(places, places[turn % len(places) :] + places[: turn % len(places)], strict=True):
            changed[place] = replace(people[place], posts=people[other].posts)
    assert everything(people, SETTINGS) == everything(changed, SETTINGS)


def test_what_a_large_enough_group_did_is_in_the_reports() -> None:
    """The control: one post more of one of five, and the sum is another."""
    first, *others = group(5, 3)
    one_more = [replace(first, posts=(*first.posts[:-1], 4)), *others]
    assert everything([first, *others], SETTINGS) != everything(one_more, SETTINGS)


def listed_as(people: Sequence[Person], *counted: int) -> list[ListedAccount]:
    """Their accounts; those of these numbers are only counted."""
    found = []
    for person in people:
        (one,) = person.series().observed.account.listings
        found.append(ListedAccount((replace(one, mode=Mode.COUNTS if person.number in counted else Mode.POSTS),)))
    return found


@pytest.mark.parametrize(
    ("people", "counted", "folded"),
    [
        (group(5, 3), (), set()),
        (group(4, 3), (), {Platform.X}),
        (FIVE_AND_TWO, (), {Platform.X}),  # seven on the platform, but two of them are no five
        (group(6, 3), (1,), {Platform.X}),  # whoever is read costs by the post, whoever is counted does not
        (group(10, 3), (1, 2, 3, 4, 5), set()),
    ],
)
def test_what_a_platform_has_cost_is_told_only_where_each_group_is_large_enough(
    people: list[Person], counted: tuple[int, ...], folded: set[Platform]
) -> None:
    assert platforms_of_few(listed_as(people, *counted), FIVE) == folded


@pytest.mark.parametrize("people", [FIVE_AND_TWO, group(4, 3)])
def test_without_suppression_the_same_reports_would_tell_of_few(people: list[Person]) -> None:
    """The control."""
    plain = everything(people, WITHOUT_SUPPRESSION)
    changed = everything(otherwise(people, [1, 2, 3]), WITHOUT_SUPPRESSION)
    differing = [one for one, other in zip(plain, changed, strict=True) if one != other]
    assert len(differing) > 20


def test_without_suppression_few_would_be_found_by_subtraction() -> None:
    """The control, as somebody would do it: the country, without the journalists, is the activists."""
    series = [person.series() for person in FIVE_AND_TWO]

    def total(using: Settings, **asked: object) -> int:
        answer = usage(series, [], using, UsageQuestion(NOW, by=By.COUNTRY, **asked))  # type: ignore[arg-type]
        return sum(row.posts or 0 for row in answer.rows)

    of_activists = 2 * 7 * HOW_MANY
    assert total(WITHOUT_SUPPRESSION) - total(WITHOUT_SUPPRESSION, role=Role.JOURNALIST) == of_activists
    assert total(SETTINGS) - total(SETTINGS, role=Role.JOURNALIST) == 0
    assert total(SETTINGS) == 5 * 3 * HOW_MANY


def test_the_network_that_is_compared_has_edges_and_would_tell_of_people_at_risk() -> None:
    """The control of what is said of who points to whom."""
    few_posted, otherwise_posted = all_of(FIVE_AND_TWO), all_of(otherwise(FIVE_AND_TWO, [1, 2, 3]))
    asked = Selection(NOW)

    def said(series: Sequence[Series], *, everybody: bool) -> NetworkReport:
        return network(pointers(series, everybody=everybody), series, SETTINGS, asked)

    plain = said(few_posted, everybody=False)
    assert [(edge.source.subject, edge.target.subject, edge.posts) for edge in plain.edges] == [
        ("colleague", "named", 49),
        ("named", "colleague", 49),
    ]
    assert plain == said(otherwise_posted, everybody=False)
    assert said(few_posted, everybody=True) != said(otherwise_posted, everybody=True)
