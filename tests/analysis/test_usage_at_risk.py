"""People at risk: only groups of enough of them, and nothing from which a smaller one could be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.analysis.making import (
    NOW,
    ORIGINAL,
    SETTINGS,
    at,
    listing,
    observed,
    posts,
    question,
    restriction,
    rows,
    weeks,
)
from tracker.analysis.levels import Level
from tracker.analysis.report import UsageRow
from tracker.analysis.series import Series, WeekSeries
from tracker.analysis.usage import By, usage
from tracker.domain.instants import DAY, next_week, start_of_week
from tracker.domain.words import Platform, Precision, Protection, Role

TEHRAN = "Asia/Tehran"
YEAR = (at("2023-06-01"), NOW)
WEEK_IN_MAY = start_of_week(at("2024-05-08"), TEHRAN)


def at_risk(
    number: int,
    count: int = 1,
    role: Role = Role.JOURNALIST,
    country: str = "IR",
    week: int = WEEK_IN_MAY,
    platform: Platform = Platform.X,
    silent: bool = False,
) -> WeekSeries:
    who = listing(
        f"hidden{number}",
        role=role,
        country=country,
        number=number,
        protection=Protection.AT_RISK,
        platform=platform,
    )
    if silent:
        return weeks(observed(who))
    return weeks(observed(who, coverage=[YEAR]), (week, (count, 0, 0, 0)))


def group(size: int, **changes: object) -> list[Series]:
    return [at_risk(number, **changes) for number in range(1, size + 1)]  # type: ignore[arg-type]  # differ in type


def shown(found: Sequence[UsageRow]) -> list[UsageRow]:
    return [one for one in found if one.at_risk]


def test_four_are_suppressed_and_only_their_number_is_said() -> None:
    for by in By:
        report = usage(group(4), [], SETTINGS, question(by=by))
        assert report.rows == ()
        assert [note for note in report.notes if "4 subjects at risk are left out" in note]


def test_five_are_shown_as_one_row_without_a_name_an_exact_time_or_a_day() -> None:
    for by in By:
        (found,) = rows(group(5, count=3), by=by)
        assert found.at_risk
        assert found.name == "5 journalists at risk"
        assert (found.subject, found.handle, found.active_days, found.longest_gap_days) == (None,) * 4
        assert (found.accounts, found.posts, found.originals) == (5, 15, 15)
        assert found.first_post == found.last_post == date(2024, 5, 6)
        assert found.level is Level.OCCASIONAL


def test_five_of_whom_only_four_have_data_are_suppressed() -> None:
    assert rows([*group(4), at_risk(5, silent=True)]) == ()


def test_five_of_whom_nobody_has_data_have_no_data() -> None:
    (found,) = rows(group(5, silent=True))
    assert found.posts is None


def test_the_same_person_on_five_accounts_is_one() -> None:
    who = [listing("hidden", role=Role.ACTIVIST, number=n, protection=Protection.AT_RISK) for n in range(1, 6)]
    assert rows([weeks(observed(one, coverage=[YEAR]), (WEEK_IN_MAY, (1, 0, 0, 0))) for one in who]) == ()


def test_named_and_at_risk_never_share_a_row() -> None:
    official = posts(observed(listing("named", number=99), coverage=[YEAR]), (at("2024-05-01"), ORIGINAL))
    for by in (By.COUNTRY, By.PLATFORM):
        found = rows([official, *group(5)], by=by)
        assert sorted((one.at_risk, one.posts) for one in found) == [(False, 1), (True, 5)]


def test_no_group_can_be_worked_out_by_subtracting_one_report_from_another() -> None:
    iran, elsewhere = group(5), [at_risk(n, country="TM") for n in (11, 12)]
    by_role = shown(rows([*iran, *elsewhere], by=By.ROLE))
    by_country = shown(rows([*iran, *elsewhere], by=By.COUNTRY))
    assert [one.posts for one in by_role] == [one.posts for one in by_country] == [5]
    assert [one.name for one in by_role] == ["5 journalists at risk"]


def test_groups_that_may_be_shown_are_added_up() -> None:
    activists = [at_risk(n, role=Role.ACTIVIST, count=2) for n in range(11, 17)]
    (found,) = rows([*group(5), *activists], by=By.COUNTRY)
    assert (found.name, found.accounts, found.posts) == ("11 subjects at risk", 11, 17)
    by_subject = rows([*group(5), *activists], by=By.SUBJECT)
    assert sorted(str(one.name) for one in by_subject) == ["5 journalists at risk", "6 activists at risk"]


def test_exact_posts_of_somebody_who_is_at_risk_by_now_are_treated_alike() -> None:
    who = listing("hidden5", role=Role.JOURNALIST, number=5, protection=Protection.AT_RISK)
    exact = posts(observed(who, coverage=[YEAR]), (at("2024-05-08 10:11"), ORIGINAL))
    assert rows([exact, *group(3)]) == ()
    (found,) = rows([exact, *group(4)])
    assert (found.posts, found.first_post, found.active_days) == (5, date(2024, 5, 6), None)


def test_a_week_within_the_ban_is_restricted_and_a_week_that_an_edge_cuts_is_uncertain() -> None:
    ban = restriction("IR", "x", "2024-05-09", Precision.EXACT)
    (cut,) = rows(group(5), [ban])
    assert (cut.posts_restricted, cut.posts_uncertain) == (0, 5)
    (held,) = rows(group(5, week=next_week(WEEK_IN_MAY, TEHRAN)), [ban])
    assert (held.posts_restricted, held.posts_uncertain) == (5, 0)
    (free,) = rows(group(5, week=start_of_week(WEEK_IN_MAY - DAY, TEHRAN)), [ban])
    assert (free.posts_restricted, free.posts_uncertain) == (0, 0)


def test_weeks_that_the_time_asked_for_cuts_are_left_out() -> None:
    following = next_week(WEEK_IN_MAY, TEHRAN)
    assert [one.posts for one in rows(group(5), since=WEEK_IN_MAY, until=following)] == [5]
    assert [one.posts for one in rows(group(5), since=WEEK_IN_MAY + 1)] == [0]
    assert [one.posts for one in rows(group(5), until=following - 1)] == [0]
    assert [one.posts for one in rows(group(5), as_of=following - 1)] == [0]


def test_the_week_of_the_last_look_counts_although_it_is_not_over() -> None:
    (found,) = rows(group(5, week=start_of_week(NOW - DAY, TEHRAN)))
    assert (found.posts, found.level, found.complete) == (5, Level.ACTIVE, True)


def test_a_week_that_is_left_out_needs_no_coverage() -> None:
    following = next_week(WEEK_IN_MAY, TEHRAN)
    series = []
    for number in range(1, 6):
        who = listing(f"hidden{number}", role=Role.ACTIVIST, number=number, protection=Protection.AT_RISK)
        seen = observed(who, coverage=[(following, NOW)], created_at=at("2020-01-01"))
        series.append(weeks(seen, (following, (1, 0, 0, 0))))
    (found,) = rows(series, since=WEEK_IN_MAY + DAY)
    assert (found.posts, found.complete) == (5, True)


def of_a_group_that_four_began(created_at: int | None = None) -> list[Series]:
    """Four that are looked at from the beginning, and a fifth from the week in May on; each posts weekly."""
    series: list[Series] = []
    for number in range(1, 6):
        since = WEEK_IN_MAY if number == 5 else start_of_week(WEEK_IN_MAY - 7 * DAY, TEHRAN)
        who = listing(f"hidden{number}", role=Role.JOURNALIST, number=number, protection=Protection.AT_RISK)
        seen = observed(who, coverage=[(since, NOW)], created_at=since if created_at is None else created_at)
        made = [(week, (1, 0, 0, 0)) for week in (WEEK_IN_MAY - 7 * DAY, WEEK_IN_MAY) if week >= since]
        series.append(weeks(seen, *made))
    return series


def test_two_times_cannot_be_subtracted_to_learn_of_a_week_in_which_four_were_looked_at() -> None:
    series = of_a_group_that_four_began()
    (longer,) = rows(series)
    (shorter,) = rows(series, since=WEEK_IN_MAY)
    assert (longer.posts, shorter.posts) == (5, 5)


def test_the_number_of_people_in_a_group_does_not_tell_when_one_of_them_began() -> None:
    series = [*of_a_group_that_four_began(), at_risk(6)]
    early, late = (usage(series, [], SETTINGS, question(until=until)) for until in (WEEK_IN_MAY, NOW))
    assert [one.name for one in early.rows] == [one.name for one in late.rows] == ["6 journalists at risk"]
    few = group(3)
    early, late = (usage(few, [], SETTINGS, question(until=until)) for until in (at("2019-01-01"), NOW))
    assert [note for note in early.notes if "at risk" in note] == [note for note in late.notes if "at risk" in note]


def test_no_instant_of_coverage_is_said_of_a_group_because_it_is_that_of_one_person() -> None:
    (found,) = rows(of_a_group_that_four_began())
    assert (found.coverage.since, found.coverage.until) == (None, None)
