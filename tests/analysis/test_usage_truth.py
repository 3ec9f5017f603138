"""Cases whose right answer is known beforehand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.analysis.making import (
    NOW,
    ORIGINAL,
    QUOTE,
    REPLY,
    REPOST,
    SETTINGS,
    at,
    listing,
    observed,
    posts,
    question,
    restriction,
    row,
    rows,
)
from tracker.analysis.exposures import Exposures, Verdict
from tracker.analysis.levels import Level
from tracker.analysis.report import CoverageState, UsageRow
from tracker.analysis.series import PostSeries
from tracker.analysis.usage import By, usage
from tracker.domain.instants import DAY, HOUR
from tracker.domain.words import Platform, Precision, Residence, RestrictionKind, Role

BAN = restriction("IR", "x", "2009-06-01", Precision.MONTH)
YEAR = (at("2023-06-01"), NOW)


# --- judged as restricted ----------------------------------------------------------------


def test_every_post_of_an_ambassador_abroad_counts_as_restricted() -> None:
    who = listing(residence=Residence.ABROAD)
    found = row(
        posts(observed(who, coverage=[YEAR]), (at("2024-05-01"), ORIGINAL), (at("2024-05-02"), REPOST)), [BAN]
    )
    assert (found.posts, found.posts_restricted, found.posts_uncertain) == (2, 2, 0)
    assert (found.originals, found.replies, found.reposts, found.quotes) == (1, 0, 1, 0)


def test_no_post_of_an_outlet_abroad_does() -> None:
    who = listing(role=Role.OUTLET, residence=Residence.ABROAD)
    found = row(posts(observed(who, coverage=[YEAR]), (at("2024-05-01"), ORIGINAL)), [BAN])
    assert (found.posts, found.posts_restricted, found.posts_uncertain) == (1, 0, 0)


def test_a_post_in_the_month_of_the_ban_is_uncertain_and_never_restricted() -> None:
    made = posts(
        observed(listing()), (at("2009-06-15"), ORIGINAL), (at("2009-07-15"), ORIGINAL), (at("2009-05-15"), ORIGINAL)
    )
    found = row(made, [BAN])
    assert (found.posts, found.posts_restricted, found.posts_uncertain) == (3, 1, 1)


def test_each_listing_judges_its_own_time_and_posts_outside_all_of_them_are_not_counted() -> None:
    served = replace(listing(country="IR"), since=at("2023-07-01"), until=at("2023-09-01"))
    later = replace(listing(country="US"), since=at("2023-10-01"))
    made = posts(
        observed(served, later, coverage=[YEAR]),
        (at("2023-06-15"), ORIGINAL),
        (at("2023-08-01"), ORIGINAL),
        (at("2023-09-15"), ORIGINAL),
        (at("2023-11-01"), REPLY),
    )
    found = row(made, [BAN])
    assert (found.posts, found.posts_restricted, found.accounts) == (2, 1, 1)
    assert found.country is None  # two of them
    assert found.coverage.state is CoverageState.FULL
    by_country = {one.country: one.posts for one in rows([made], [BAN], by=By.COUNTRY)}
    assert by_country == {"IR": 1, "US": 1}


def test_who_posts_during_a_shutdown_is_a_question_of_its_own() -> None:
    shutdown = restriction("IR", "*", "2024-03-01", ends="2024-03-08", kind=RestrictionKind.SHUTDOWN)
    made = posts(observed(listing(), coverage=[YEAR]), (at("2024-03-04"), ORIGINAL), (at("2024-04-04"), ORIGINAL))
    assert row(made, [BAN, shutdown]).posts_restricted == 2
    only = row(made, [BAN, shutdown], kinds=frozenset({RestrictionKind.SHUTDOWN}))
    assert (only.posts, only.posts_restricted) == (2, 1)


def test_throttling_is_shown_apart() -> None:
    slow = restriction("RU", "x", "2022-02-24", kind=RestrictionKind.THROTTLE, zone="Europe/Moscow")
    found = row(posts(observed(listing(country="RU"), coverage=[YEAR]), (at("2024-04-04"), ORIGINAL)), [slow])
    assert (found.posts_throttled, found.posts_restricted, found.posts_uncertain) == (1, 0, 0)


@pytest.mark.parametrize("country", ["EU", "US"])
def test_where_nothing_is_restricted_no_post_is(country: str) -> None:
    found = row(posts(observed(listing(country=country), coverage=[YEAR]), (at("2024-04-04"), ORIGINAL)), [BAN])
    assert (found.posts, found.posts_restricted, found.posts_uncertain) == (1, 0, 0)


def test_a_single_post_gets_the_same_verdict_as_a_count() -> None:
    judge = Exposures([BAN])
    who = listing()
    verdicts = [judge.verdict(who, at(day)) for day in ("2009-05-15", "2009-06-15", "2009-07-15")]
    assert verdicts == [Verdict.NO, Verdict.UNCERTAIN, Verdict.YES]


# --- how far a figure can be trusted -----------------------------------------------------


def test_an_account_that_was_never_looked_at_has_no_data_and_not_zero() -> None:
    found = row(posts(observed(listing())))
    assert found.posts is None
    assert found.posts_restricted is None
    assert found.active_days is None
    assert found.level is Level.UNKNOWN
    assert found.coverage.state is CoverageState.NONE


def test_an_account_that_was_looked_at_all_the_time_and_was_silent_has_zero() -> None:
    found = row(posts(observed(listing(), coverage=[YEAR])))
    assert (found.posts, found.active_days, found.per_week) == (0, 0, 0.0)
    assert found.level is Level.NEVER
    assert found.complete


def test_posts_without_any_coverage_are_at_least_what_they_are() -> None:
    found = row(posts(observed(listing()), (at("2024-05-01"), ORIGINAL)))
    assert (found.posts, found.coverage.state, found.complete) == (1, CoverageState.NONE, False)


def test_a_hole_makes_a_figure_partial_and_its_share_says_how_much() -> None:
    hole = [(at("2024-01-01"), at("2024-02-01")), (at("2024-03-01"), at("2024-04-01"))]
    found = row(posts(observed(listing(), coverage=hole)), since=at("2024-01-01"), until=at("2024-04-01"))
    assert found.posts == 0
    assert found.coverage.state is CoverageState.PARTIAL
    assert found.coverage.share == pytest.approx(62 / 91)
    assert (found.coverage.since, found.coverage.until) == (at("2024-01-01"), at("2024-04-01"))


def test_a_last_look_that_is_fresh_enough_ends_the_figure_and_an_older_one_leaves_a_gap() -> None:
    fresh = NOW - SETTINGS.report.freshness
    assert row(posts(observed(listing(), coverage=[(at("2024-01-01"), fresh)]))).complete
    assert not row(posts(observed(listing(), coverage=[(at("2024-01-01"), fresh - 1)]))).complete


def test_freshness_never_hides_a_post_that_is_known() -> None:
    seen = observed(listing(), coverage=[(at("2024-01-01"), NOW - HOUR)])
    found = row(posts(seen, (NOW - 10, ORIGINAL)))
    assert (found.posts, found.complete) == (1, False)


def test_nothing_after_as_of_is_counted() -> None:
    made = posts(observed(listing(), coverage=[YEAR]), (at("2024-01-01"), ORIGINAL), (at("2024-03-01"), ORIGINAL))
    found = row(made, as_of=at("2024-02-01"))
    assert (found.posts, found.last_post) == (1, at("2024-01-01"))
    assert row(made, as_of=at("2024-02-01"), until=at("2024-05-01")).posts == 1


def test_an_account_is_not_blamed_for_the_time_before_it_was_made() -> None:
    seen = observed(listing(), coverage=[(at("2024-03-01"), NOW)], created_at=at("2024-03-01"))
    assert row(posts(seen), since=at("2023-01-01")).complete
    assert row(posts(seen), until=at("2024-01-01")).posts is None


def test_a_post_older_than_the_coverage_is_counted_as_at_least() -> None:
    found = row(posts(observed(listing(), coverage=[(at("2024-03-01"), NOW)]), (at("2020-01-01"), ORIGINAL)))
    assert (found.posts, found.complete) == (1, False)


# --- rates, days, gaps -------------------------------------------------------------------


def test_the_weekly_rate_counts_covered_posts_over_covered_time() -> None:
    seen = observed(listing(), coverage=[(at("2024-04-01"), at("2024-04-15"))])
    made = posts(
        seen,
        (at("2024-04-02"), ORIGINAL),
        (at("2024-04-03"), ORIGINAL),
        (at("2024-04-04"), ORIGINAL),
        (at("2024-05-20"), ORIGINAL),
    )
    assert row(made, since=at("2024-03-01")).per_week == pytest.approx(1.5)
    hours = observed(listing(), coverage=[(at("2024-04-01"), at("2024-04-01") + 23 * HOUR)])
    assert row(posts(hours, (at("2024-04-01"), ORIGINAL)), since=at("2024-04-01")).per_week is None


def test_active_days_are_days_in_tehran() -> None:
    made = [
        (at("2021-07-01 19:29"), ORIGINAL),
        (at("2021-07-01 19:31"), ORIGINAL),
        (at("2021-07-02 19:29"), ORIGINAL),
    ]
    found = row(posts(observed(listing(), coverage=[(at("2021-01-01"), NOW)]), *made))
    assert found.active_days == 2


def test_the_longest_gap_must_be_covered_throughout() -> None:
    covered = [(at("2024-01-01"), at("2024-02-01")), (at("2024-04-01"), NOW)]
    days = ("2024-01-05", "2024-01-10", "2024-04-10", "2024-04-13")
    found = row(posts(observed(listing(), coverage=covered), *((at(day), ORIGINAL) for day in days)))
    assert found.longest_gap_days == 5


def test_the_gap_of_a_subject_with_two_accounts_is_that_of_both_together() -> None:
    one = posts(
        observed(listing(number=1), coverage=[YEAR]), (at("2024-01-01"), ORIGINAL), (at("2024-01-31"), ORIGINAL)
    )
    other = posts(observed(listing(number=2), coverage=[YEAR]), (at("2024-01-11"), ORIGINAL))
    (both,) = rows([one, other], by=By.SUBJECT)
    assert (both.accounts, both.posts, both.longest_gap_days) == (2, 3, 20)
    made_later = observed(listing(number=2), coverage=[(at("2024-05-01"), NOW)], created_at=at("2024-05-01"))
    (before,) = rows([one, posts(made_later)], by=By.SUBJECT)
    assert (before.accounts, before.longest_gap_days) == (2, 30)
    unseen = posts(observed(listing(number=3)))
    (three,) = rows([one, other, unseen], by=By.SUBJECT)
    assert (three.accounts, three.longest_gap_days, three.complete) == (3, None, False)


# --- levels ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "level"),
    [
        (7 * DAY, Level.ACTIVE),
        (7 * DAY + 1, Level.OCCASIONAL),
        (30 * DAY, Level.OCCASIONAL),
        (30 * DAY + 1, Level.INFREQUENT),
        (90 * DAY + 1, Level.LAPSED),
        (180 * DAY, Level.LAPSED),
        (180 * DAY + 1, Level.DORMANT),
    ],
)
def test_the_level_follows_the_age_of_the_last_original_whatever_else_was_posted(age: int, level: Level) -> None:
    seen = observed(listing(), coverage=[YEAR])
    assert row(posts(seen, (NOW - age, ORIGINAL), (NOW - HOUR, REPLY), (NOW - HOUR, REPOST))).level is level


def test_without_an_original_the_last_reply_or_quote_is_judged_and_without_these_it_is_reposts_only() -> None:
    seen = observed(listing(), coverage=[YEAR])
    assert row(posts(seen, (NOW - 20 * DAY, REPLY), (NOW - 40 * DAY, QUOTE))).level is Level.OCCASIONAL
    assert row(posts(seen, (NOW - HOUR, REPOST))).level is Level.REPOSTS_ONLY


def test_a_level_needs_the_time_since_the_last_original_to_be_covered_unless_it_is_recent() -> None:
    def covered(share: float) -> Level:
        last = NOW - 100 * DAY
        seen = observed(listing(), coverage=[(NOW - int(share * 100) * DAY, NOW)])
        return row(posts(seen, (last, ORIGINAL))).level

    assert covered(0.9) is Level.LAPSED
    assert covered(0.89) is Level.UNKNOWN
    assert row(posts(observed(listing()), (NOW - 7 * DAY, ORIGINAL))).level is Level.ACTIVE


def test_a_level_looks_further_back_than_the_time_asked_for() -> None:
    made = posts(observed(listing(), coverage=[YEAR]), (NOW - 60 * DAY, ORIGINAL))
    found = row(made, since=NOW - 10 * DAY)
    assert (found.posts, found.level) == (0, Level.INFREQUENT)


def test_the_level_of_a_group_is_that_of_its_latest_original() -> None:
    one = posts(observed(listing(number=1), coverage=[YEAR]), (NOW - 200 * DAY, ORIGINAL))
    other = posts(observed(listing("s2", number=2), coverage=[YEAR]), (NOW - 20 * DAY, ORIGINAL))
    (group,) = rows([one, other], by=By.COUNTRY)
    assert group.level is Level.OCCASIONAL


# --- rows --------------------------------------------------------------------------------


def test_a_group_with_an_account_without_data_is_at_least_and_says_how_many() -> None:
    one = posts(observed(listing(number=1), coverage=[YEAR]), (at("2024-05-01"), ORIGINAL))
    (group,) = rows([one, posts(observed(listing("s2", number=2)))], by=By.ROLE)
    assert (group.accounts, group.posts, group.complete) == (2, 1, False)
    assert group.coverage.accounts_without_data == 1
    assert (group.subject, group.name, group.country, group.platform) == (None, None, None, None)
    assert group.role is Role.OFFICIAL


def test_an_account_that_did_not_exist_yet_leaves_its_group_complete() -> None:
    one = posts(observed(listing(number=1), coverage=[(at("2022-01-01"), NOW)]), (at("2022-05-01"), ORIGINAL))
    young = posts(observed(listing("s2", number=2), coverage=[YEAR], created_at=YEAR[0]))
    (group,) = rows([one, young], by=By.COUNTRY, until=at("2023-01-01"))
    assert (group.accounts, group.posts, group.complete) == (2, 1, True)
    assert group.coverage.accounts_without_data == 1


def test_days_of_a_group_are_days_on_which_anyone_posted() -> None:
    days = ("2024-05-01", "2024-05-02"), ("2024-05-02", "2024-05-03")
    series = [
        posts(observed(listing(f"s{n}", number=n), coverage=[YEAR]), *((at(day), ORIGINAL) for day in some))
        for n, some in enumerate(days, start=1)
    ]
    (group,) = rows(series, by=By.PLATFORM)
    assert group.active_days == 3


def test_filters_narrow_by_country_role_and_platform() -> None:
    who = (
        listing("s1", number=1),
        listing("s2", number=2, country="CN"),
        listing("s3", number=3, role=Role.OUTLET),
        listing("s4", number=4, platform=Platform.TELEGRAM),
    )
    series = [posts(observed(one, coverage=[YEAR])) for one in who]

    def subjects(found: tuple[UsageRow, ...]) -> set[str | None]:
        return {one.subject for one in found}

    assert subjects(rows(series)) == {"s1", "s2", "s3", "s4"}
    assert subjects(rows(series, country="CN")) == {"s2"}
    assert subjects(rows(series, role=Role.OUTLET)) == {"s3"}
    assert subjects(rows(series, platform=Platform.TELEGRAM)) == {"s4"}


def test_rows_come_with_the_most_posts_under_restriction_first_then_posts_then_name() -> None:
    def account(subject: str, country: str, count: int) -> PostSeries:
        number = ord(subject)
        made = ((at("2024-05-01") + i, ORIGINAL) for i in range(count))
        return posts(observed(listing(subject, country=country, number=number), coverage=[YEAR]), *made)

    series = [account("d", "US", 9), account("c", "US", 1), account("b", "US", 1), account("a", "IR", 1)]
    series.append(posts(observed(listing("e", number=5))))
    names = [one.subject for one in rows(series, [BAN], by=By.SUBJECT)]
    assert names == ["a", "d", "b", "c", "e"]


def test_by_account_each_account_has_its_row_and_its_handle() -> None:
    series = [posts(observed(listing(number=n), coverage=[YEAR])) for n in (1, 2)]
    found = rows(series, by=By.ACCOUNT)
    assert [one.handle for one in found] == ["generated_1", "generated_2"]
    assert [one.accounts for one in found] == [1, 1]


def test_the_definitions_name_the_thresholds_of_the_settings() -> None:
    settings = replace(SETTINGS, report=replace(SETTINGS.report, active_days=11, smallest_group=9))
    meanings = dict(usage([], [], settings, question()).definitions)
    assert "11 days" in meanings["active"]
    assert "at least 9" in meanings["at risk"]
    assert "block, shutdown, order" in meanings["posts_restricted"]


def test_the_notes_say_how_many_rows_are_covered() -> None:
    series = [posts(observed(listing("s1", number=1), coverage=[YEAR])), posts(observed(listing("s2", number=2)))]
    (note,) = usage(series, [], SETTINGS, question()).notes
    assert "1 fully covered" in note
    assert "1 without data" in note


def test_a_usage_of_what_was_never_looked_at_says_what_is_missing() -> None:
    series = [posts(observed(listing("s1", number=1)))]
    assert any(note.startswith("Nothing is covered") for note in usage(series, [], SETTINGS, question()).notes)
