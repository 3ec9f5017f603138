"""What a silence report says of whom: verdicts, states, groups of people at risk. All accounts are generated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.making import SETTINGS, at, listing, observed, posts, weeks
from tracker.analysis.question import Selection
from tracker.analysis.series import Borne, Observed, PostSeries, WeekSeries
from tracker.analysis.silence import silence
from tracker.analysis.silence_report import Judgement, SilenceReport, Track, Verdict
from tracker.analysis.silence_words import definitions
from tracker.domain.instants import DAY, HOUR, WEEK, start_of_week
from tracker.domain.outcomes import ACCOUNT_STATES
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.words import Platform, PostKind, Protection, Residence, Role

AS_OF = at("2024-06-01")
BEGUN = AS_OF - 400 * DAY
ZONE = "Asia/Tehran"


def daily_until(last: int, kind: PostKind = PostKind.ORIGINAL, pause: int = 10 * DAY) -> list[tuple[int, PostKind]]:
    """A post a day since the beginning, with one pause of `pause` in the middle, up to and including `last`."""
    times = np.arange(last, BEGUN, -DAY)
    middle = BEGUN + 200 * DAY
    return [(int(moment), kind) for moment in times if not middle <= moment < middle + pause - DAY]


def account(
    number: int, silent_days: int = 0, since: int = BEGUN, until: int = AS_OF, **fields: object
) -> PostSeries:
    row = listing(f"s{number}", number=number)
    seen = replace(observed(row, coverage=[(since, until)]), **fields)  # type: ignore[arg-type]  # fields differ
    return posts(seen, *daily_until(AS_OF - silent_days * DAY - HOUR))


def judge(*series: PostSeries | WeekSeries, as_of: int = AS_OF, **filters: object) -> SilenceReport:
    return silence(series, SETTINGS, Selection(as_of=as_of, **filters))  # type: ignore[arg-type]  # fields differ


def own(report: SilenceReport) -> Judgement:
    (only,) = (judgement for judgement in report.judgements if judgement.track is Track.OWN)
    return only


def test_a_silence_beyond_one_and_a_half_times_the_longest_gap_is_an_alarm() -> None:
    alarm = own(judge(account(1, silent_days=15)))
    assert (alarm.verdict, alarm.longest_gap, alarm.limit) == (Verdict.ALARM, 10 * DAY, 15 * DAY)
    assert alarm.silence == 15 * DAY + HOUR
    assert alarm.since == AS_OF - HOUR
    calm = own(judge(account(1, silent_days=14)))
    assert (calm.verdict, calm.since) == (Verdict.WITHIN_HABIT, None)


def test_exactly_the_limit_is_no_alarm() -> None:
    series = account(1, silent_days=15)
    assert own(judge(series, as_of=AS_OF - HOUR)).verdict is Verdict.WITHIN_HABIT
    assert own(judge(series, as_of=AS_OF - HOUR + 1)).verdict is Verdict.ALARM


def test_what_an_account_does_later_is_not_known_earlier() -> None:
    """At a past moment in the pause of the middle, the longest gap before was one day."""
    within = own(judge(account(1), as_of=BEGUN + 205 * DAY))
    assert (within.verdict, within.longest_gap) == (Verdict.ALARM, DAY)


def test_reposts_do_not_hide_that_the_own_voice_is_silent() -> None:
    row = listing("s1")
    seen = observed(row, coverage=[(BEGUN, AS_OF)])
    made = [
        *daily_until(AS_OF - 40 * DAY),
        *((moment + 60, PostKind.REPOST) for moment, _ in daily_until(AS_OF - HOUR)),
    ]
    by_track = {one.track: one.verdict for one in judge(posts(seen, *made)).judgements}
    assert by_track == {Track.OWN: Verdict.ALARM, Track.REPOSTS: Verdict.WITHIN_HABIT}


@pytest.mark.parametrize("kind", [PostKind.ORIGINAL, PostKind.REPLY, PostKind.QUOTE])
def test_replies_and_quotes_are_the_own_voice(kind: PostKind) -> None:
    seen = observed(listing("s1"), coverage=[(BEGUN, AS_OF)])
    report = judge(posts(seen, *daily_until(AS_OF - HOUR, kind)))
    assert [one.verdict for one in report.judgements] == [Verdict.WITHIN_HABIT, Verdict.NEVER_POSTED]


def test_89_covered_days_or_29_active_ones_are_not_enough() -> None:
    last = AS_OF - 60 * DAY

    def verdict(covered_days: int, active_days: int) -> Verdict:
        seen = observed(listing("s1"), coverage=[(last - covered_days * DAY, AS_OF)])
        made = [last - number * covered_days * DAY // (active_days - 1) for number in range(active_days)]
        return own(judge(posts(seen, *((moment, PostKind.ORIGINAL) for moment in made)))).verdict

    assert verdict(90, 30) is Verdict.ALARM
    assert verdict(89, 30) is Verdict.NOT_ENOUGH_HISTORY
    assert verdict(90, 29) is Verdict.NOT_ENOUGH_HISTORY


def test_a_gap_with_a_hole_in_it_is_no_habit() -> None:
    pause = BEGUN + 200 * DAY
    seen = observed(listing("s1"), coverage=[(BEGUN, pause + 3 * DAY), (pause + 4 * DAY, AS_OF)])
    judged = own(judge(posts(seen, *daily_until(AS_OF - 5 * DAY))))
    assert (judged.longest_gap, judged.verdict) == (DAY, Verdict.ALARM)


def test_a_last_look_that_is_old_blocks_the_alarm_and_names_the_days() -> None:
    fresh = own(judge(account(1, silent_days=30, until=AS_OF - 36 * HOUR)))
    assert (fresh.verdict, fresh.covered_until) == (Verdict.ALARM, AS_OF - 36 * HOUR)
    stale = own(judge(account(1, silent_days=30, until=AS_OF - 37 * HOUR)))
    assert (stale.verdict, stale.silence, stale.since) == (Verdict.NOT_COVERED, None, None)
    assert stale.uncovered.parts == ((AS_OF - 37 * HOUR, AS_OF),)


def test_what_was_never_looked_at_is_not_covered() -> None:
    report = judge(posts(observed(listing("s1"))))
    assert {one.verdict for one in report.judgements} == {Verdict.NOT_COVERED}
    assert any("never looked at" in note for note in report.notes)


@pytest.mark.parametrize("state", sorted(ACCOUNT_STATES))
def test_a_state_is_not_silence_and_stands_apart(state: str) -> None:
    since = AS_OF - 3 * DAY
    report = judge(account(1, silent_days=30, state=state, state_since=since))
    assert own(report).verdict.is_state
    assert own(report).since == since
    assert not report.alarms
    (seen,) = report.states
    assert (seen.state, seen.first_seen) == (own(report).verdict.value, since)


def test_before_a_state_was_seen_it_did_not_block_the_alarm() -> None:
    series = account(1, silent_days=30, state="suspended", state_since=AS_OF - 3 * DAY)
    assert own(judge(series, as_of=AS_OF - 4 * DAY)).verdict is Verdict.ALARM


def test_a_renamed_account_is_listed_with_both_names_and_judged_all_the_same() -> None:
    borne = (Borne("old_name", BEGUN, AS_OF - 9 * DAY), Borne("new_name", AS_OF - 8 * DAY, AS_OF))
    report = judge(account(1, silent_days=30, handles=borne))
    (seen,) = report.states
    assert (seen.state, seen.detail, seen.first_seen) == ("renamed", "old_name → new_name", AS_OF - 8 * DAY)
    assert (own(report).verdict, own(report).handle) == (Verdict.ALARM, "new_name")
    assert judge(account(1, handles=borne), as_of=AS_OF - 20 * DAY).states == ()


def test_another_spelling_of_the_same_handle_is_no_new_name() -> None:
    borne = (Borne("Name", BEGUN, AS_OF - 9 * DAY), Borne("name", AS_OF - 8 * DAY, AS_OF))
    assert judge(account(1, handles=borne)).states == ()


def test_alarms_come_first_and_the_farthest_beyond_its_limit_before_the_others() -> None:
    report = judge(account(1, silent_days=16), account(2), account(3, silent_days=60), account(4, silent_days=20))
    assert [one.listing.subject for one in report.alarms] == ["s3", "s4", "s1"]
    assert report.judgements[:3] == report.alarms


def test_filters_leave_out_the_others_and_a_row_that_is_over_is_not_judged() -> None:
    over = replace(listing("s2", number=2), until=AS_OF - DAY)
    gone = replace(account(2), observed=replace(account(2).observed, account=ListedAccount((over,))))
    report = judge(account(1), gone, country="IR", role=Role.OFFICIAL, platform=Platform.X)
    assert {one.listing.subject for one in report.judgements} == {"s1"}
    assert any("1 of the chosen accounts is not listed at this time" in note for note in report.notes)


def test_the_list_s_false_alarms_are_those_of_its_accounts_together() -> None:
    report = judge(account(1), account(2), account(3, since=AS_OF - 50 * DAY))
    own_posts = report.expected[0]
    # The pause of the middle was the first longer than a day, in the 400 days of each account.
    assert (own_posts.judged, own_posts.pooled.false_alarms) == (2, 2)
    assert own_posts.per_account_year == pytest.approx(2 / own_posts.pooled.years)
    assert own_posts.per_year is not None
    assert own_posts.low is not None
    assert own_posts.high is not None
    assert own_posts.low < own_posts.per_year < own_posts.high
    assert any(note.startswith("Own posts: in ") for note in report.notes)


# -- people at risk


def at_risk(number: int, silent_weeks: int, active_weeks: int = 40) -> WeekSeries:
    """A post each week, with one pause of two empty weeks, then so many empty weeks; looked at up to this week."""
    row: Listing = listing(
        f"r{number}", Role.JOURNALIST, "IR", Residence.INSIDE, Platform.X, number, Protection.AT_RISK
    )
    present = start_of_week(AS_OF, ZONE)
    last = present - (silent_weeks + 1) * WEEK
    made = [last - number * WEEK for number in range(active_weeks + 2) if number not in (10, 11)]
    seen: Observed = observed(row, coverage=[(min(made), present)])
    return weeks(seen, *((week, (1, 0, 0, 0)) for week in sorted(made)))


def silent(report: SilenceReport) -> tuple[int, int | None]:
    (group,) = (group for group in report.groups if group.track is Track.OWN)
    return group.subjects, group.silent


def test_weeks_alarm_only_where_it_holds_wherever_the_posts_were_in_them() -> None:
    """Two empty weeks between active ones: at most four weeks of silence, so six are needed, and more."""
    assert silent(judge(*(at_risk(number, 7) for number in range(5)))) == (5, 5)
    assert silent(judge(*(at_risk(number, 6) for number in range(5)))) == (5, None)
    assert silent(judge(*(at_risk(number, 7, active_weeks=29) for number in range(5)))) == (5, None)


def test_fewer_silent_people_than_the_smallest_group_are_not_told_from_none() -> None:
    calm = [at_risk(number, 0) for number in range(10)]
    few = [at_risk(number, 20 if number < 4 else 0) for number in range(10)]
    assert judge(*calm).groups == judge(*few).groups
    assert silent(judge(*few)) == (10, None)
    assert silent(judge(*(at_risk(number, 20 if number < 5 else 0) for number in range(10)))) == (10, 5)


def test_of_a_group_that_is_too_small_nothing_is_said_but_that_it_is_left_out() -> None:
    report = judge(*(at_risk(number, 20) for number in range(4)), account(99))
    assert report.groups == ()
    assert any("4 subjects at risk left out" in note for note in report.notes)
    assert "r1" not in repr(report)


def test_no_person_at_risk_is_in_the_report_by_name_handle_or_state() -> None:
    series = [at_risk(number, 20) for number in range(6)]
    series[0] = replace(series[0], observed=replace(series[0].observed, state="suspended", state_since=AS_OF))
    report = judge(*series)
    assert silent(report) == (6, 5)  # the suspended one is not silent
    assert (report.judgements, report.states) == ((), ())
    assert "Generated r" not in repr(report)


def test_every_word_of_a_verdict_is_explained_with_the_thresholds_of_the_settings() -> None:
    words = dict(definitions(replace(SETTINGS, silence=replace(SETTINGS.silence, factor=2.5, covered_days=77))))
    assert all(verdict.is_state or verdict.value in words for verdict in Verdict)
    assert "2.5" in words["limit_days"]
    assert "77" in words["covered_days"]
