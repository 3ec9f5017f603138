"""What the words of a silence report mean, in sentences that can be printed under a table or quoted in a text."""

from __future__ import annotations

from tracker.analysis.silence_report import Verdict
from tracker.config.settings import Settings
from tracker.domain.instants import HOUR


def definitions(settings: Settings) -> tuple[tuple[str, str], ...]:
    """(column key or word, meaning), with the thresholds of the settings."""
    rule, smallest = settings.silence, settings.report.smallest_group
    return (
        (
            "track",
            "What is judged: `own` are originals, replies and quotes; `reposts` are posts of others passed on. An "
            "account that only reposts any more has fallen silent in its own words.",
        ),
        (
            "counted accounts",
            "Where X counted posts and none was read, `own` is judged by whole local days (people at risk: weeks): "
            "gaps are taken as long, and the present silence as short, as the days allow, so that an alarm holds "
            "wherever in its days the posts were. The last count may be 8 days old, and the silence is counted up "
            "to it. Reposts are in no count: that track is judged by what was read.",
        ),
        (
            "verdict",
            "What is said of the account's present silence; the words are explained below. A silence says nothing of "
            "its cause.",
        ),
        (
            "last_post",
            "The day of the last known post of the track, in the subject's time zone.",
        ),
        (
            "silence_days",
            "Days from the last post of the track to the last look at the account; given only if all of this time is "
            "covered, so that no post can have been missed.",
        ),
        (
            "longest_gap_days",
            "The account's own habit: the longest time between two consecutive posts of the track that is covered "
            "throughout, in days, over all known time before the last post.",
        ),
        (
            "limit_days",
            f"{rule.factor:g} × the longest gap, in days: a longer silence is an alarm.",
        ),
        (
            "false_alarms",
            "Back-test: how often the same rule would have raised an alarm in the account's own past, each time "
            "knowing only what came before. All of these were false in the sense that the account posted again.",
        ),
        (
            "backtest_years",
            "Over how many years of covered time between posts the rule was replayed for the back-test.",
        ),
        (
            "false_alarms_per_year",
            "False alarms of the back-test divided by the years replayed. For one account it rests on few events.",
        ),
        (
            "covered_days",
            f"Covered days between the first and the last post of the track; at least {rule.covered_days} are needed "
            "for a judgement.",
        ),
        (
            "active_days",
            f"Days in the subject's time zone with a post of the track; at least {rule.active_days} are needed for a "
            "judgement.",
        ),
        (
            "since",
            "When the alarm began: the first day on which the silence was longer than the limit. For a state, the "
            "day on which it was first seen; it may have begun earlier.",
        ),
        (
            "not_looked_at",
            "The days since the last post, or the last look, in which the account was not looked at without a gap.",
        ),
        (
            Verdict.ALARM.value,
            f"The present silence is longer than {rule.factor:g} times the longest gap of the account's own past. It "
            "is a reason to look, and no finding.",
        ),
        (Verdict.WITHIN_HABIT.value, "The present silence is not longer than the limit; most of these are active."),
        (
            Verdict.NOT_ENOUGH_HISTORY.value,
            f"Fewer than {rule.covered_days} covered days or {rule.active_days} days with a post: no habit to judge "
            "by.",
        ),
        (
            Verdict.NOT_COVERED.value,
            "Part of the time since the last post was not looked at, or the last look is more than "
            f"{settings.report.freshness / HOUR:g} hours old: a post may have been missed, so no alarm is raised.",
        ),
        (Verdict.NEVER_POSTED.value, "No post of the track is known."),
        (
            "state",
            "Something about the account that is not silence: suspended, deleted, protected, private, its handle in "
            "another's hands, its preview switched off, or renamed.",
        ),
        (
            "expected false alarms",
            "From the back-tests of all accounts that are judged now, taken together. The longer an account is "
            "known, the rarer a pause longer than ever before: the chance falls as 1 ÷ the known past. So false "
            "alarms are counted for each doubling of the past, and expected in the next year for each account: "
            "that number × log2(1 + 1 year ÷ its covered past). The interval is the exact Poisson one (95 %); "
            "it takes alarms for independent of each other, but a shutdown silences many accounts at once.",
        ),
        (
            "at risk",
            "Journalists and activists whom naming could endanger are judged by whole weeks: the longest gap is "
            "taken as long, and the present silence as short, as the weeks allow, and each week with a post "
            f"counts as one active day. Said is only how many of a group of at least {smallest} of one role in "
            f"one country on one platform have fallen silent, and fewer than {smallest} are not told from none: "
            "the week in which such a number changes could point to one person.",
        ),
    )
