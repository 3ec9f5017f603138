"""What the words of the report on change mean, in sentences that can be printed under a table or quoted in a text."""

from __future__ import annotations

from tracker.analysis.change_report import FALSE_DISCOVERY_RATE, LEAST_WEEKS, Finding
from tracker.analysis.resampling import CONFIDENCE, DRAWS, MOST_SPLITS, RANDOM_SPLITS
from tracker.config.settings import Settings


def definitions(settings: Settings) -> tuple[tuple[str, str], ...]:
    """(column or word, meaning), with the thresholds that are used."""
    smallest = settings.report.smallest_group
    return (
        (
            "window",
            "As many whole weeks of seven local days before the event as after it, counted outward from it in the "
            "time zone of the subject's country. The window before ends at the earliest moment at which the event "
            "can have been, the window after begins at the latest: with an event dated to a day, that day is on "
            "neither side. Accounts at risk are counted in whole weeks from Monday to Sunday.",
        ),
        (
            "accounts",
            "Accounts that the figures count: those whose two windows are covered without a gap, so that a week "
            "without posts is a silent week and not one that nobody looked at.",
        ),
        ("left_out", "Accounts that belong in the row and are not counted, because their windows have gaps."),
        ("missing_days", "Days of the windows without coverage, the sum over the accounts left out."),
        (
            "concerned",
            "Whether the event is about this platform in this country; empty where it is true of some accounts only.",
        ),
        (
            "posts_before",
            "Posts in the window before: originals, replies, reposts and quotes, or the kind asked for. Where X "
            "counted some of an account's windows and nobody read, its reposts are left out of all its weeks, and "
            "the remark says so; of a kind there is no figure then.",
        ),
        ("posts_after", "Posts in the window after."),
        ("per_week_before", "Posts before, divided by the number of weeks; of a group, all its accounts together."),
        ("per_week_after", "Posts after, divided by the number of weeks; of a group, all its accounts together."),
        (
            "ratio",
            "Posts a week after, divided by posts a week before: 2 is twice as many, 0.5 half as many. Not given "
            "where there was no post before. In a group the busiest accounts weigh most.",
        ),
        (
            "ratio_low",
            f"The lower end of the ratio's {CONFIDENCE:.0%} interval: {DRAWS:,} times, whole weeks are drawn with "
            "replacement within each side (block bootstrap), and the percentiles of the ratio are read further out "
            "than plain ones, as few weeks require (expanded percentiles, Hesterberg 2015). On generated accounts "
            "without a change it held the truth in 93 to 96 % of cases with 4 to 12 weeks a side (plain percentiles "
            "with 4 weeks: 85 to 87 %), but in only 85 to 94 % where a busy week tends to follow a busy week "
            "(correlation 0.3), and 78 to 90 % where it does so strongly (0.5). Not given with fewer than "
            f"{LEAST_WEEKS} weeks a side, nor where there is no post on one side.",
        ),
        (
            "ratio_high",
            'The upper end of the interval; empty with the remark "no upper bound" where weeks without posts leave '
            "it open.",
        ),
        (
            "p",
            "How often chance alone would make so large a difference: the share of all ways of calling half of the "
            'weeks "after" that differ at least as much, more or fewer (permutation test over whole weeks; up to '
            f"{MOST_SPLITS:,} ways all are tried, else {RANDOM_SPLITS:,} random ones). Single posts or days are "
            "never shuffled, because posts come in bursts: on generated accounts without a change, a test that takes "
            "posts for independent found one in 31 to 69 of 100 bursty accounts, this one in 2 to 6. Where a busy "
            "week tends to follow a busy week it finds too many: with 4 weeks a side in 2 to 5 of 100 (correlation "
            "0.3) or 3 to 8 (0.5), with 8 weeks in 7 to 13 or 11 to 18.",
        ),
        (
            "q",
            "p, adjusted for the number of rows judged together (Benjamini and Hochberg 1995): of all rows with "
            f"q at most {FALSE_DISCOVERY_RATE:g}, about that share is expected to be false alarms. Rows without any "
            "post, and the comparison group, are not judged.",
        ),
        (
            "comparison",
            "The named accounts that the others are compared with, all of the watchlist that have this country, role "
            "or platform, whatever filters hold for the other rows. They are in no other row.",
        ),
        (
            "against",
            "The row's ratio divided by that of the comparison group: 1 is the same change as there.",
        ),
        ("against_low", "The lower end of its interval, both drawn from the same weeks; limits as for ratio_low."),
        ("against_high", "The upper end of its interval."),
        (
            "against_p",
            "The permutation p-value of that, both split by the same weeks; half a post is added to each side, so "
            "that it can be said without posts too.",
        ),
        ("against_q", "against_p, adjusted for the number of rows as q is."),
        (
            "finding",
            f'"{Finding.MORE}" or "{Finding.FEWER}" where q is at most {FALSE_DISCOVERY_RATE:g}; '
            f'"{Finding.UNSHOWN}" says that these weeks do not show a change, not that there was none.',
        ),
        (
            "changed after",
            "Says when, and nothing about causes: other things happened in the same weeks, accounts change for "
            "reasons of their own, and a figure cannot tell these apart.",
        ),
        (
            "at risk",
            "Journalists and activists whom naming could endanger are shown only as groups of at least "
            f"{smallest} subjects of one role in one country on one platform, or as sums of such groups, apart from "
            "all named subjects, and only if every account of the group is covered: else two windows could differ "
            "by one person.",
        ),
        ("coverage", "The share of the windows, over all accounts of the row, that is covered."),
    )


def known_definitions() -> tuple[tuple[str, str], ...]:
    """(column, meaning) for the list of events."""
    return (
        ("event", "The key to give to the command; from config/events.csv."),
        ("date", "As exactly as it is known."),
        ("accounts", "Chosen named accounts that were listed around the event."),
        ("accounts_covered", "Those whose windows before and after it are covered without a gap."),
        ("earliest", "The first day on which it can be asked: when the window after it has passed."),
    )
