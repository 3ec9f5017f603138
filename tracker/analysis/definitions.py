"""What the words of a usage report mean, in sentences that can be printed under a table or quoted in a text."""

from __future__ import annotations

from tracker.analysis.levels import Level
from tracker.analysis.question import UsageQuestion
from tracker.config.settings import Settings
from tracker.domain.instants import HOUR, iso
from tracker.domain.words import BANNING_KINDS, RestrictionKind


def definitions_of(question: UsageQuestion, settings: Settings) -> tuple[tuple[str, str], ...]:
    """(word, meaning) for every word of the report, with the thresholds that were used."""
    asked = ("time asked for", _time_asked_for(question, settings))
    return (asked, *definitions(settings, question.kinds))


def definitions(
    settings: Settings, counted: frozenset[RestrictionKind] = BANNING_KINDS
) -> tuple[tuple[str, str], ...]:
    """(word, meaning) for what means the same in every usage report that counts these kinds of restriction."""
    kinds = ", ".join(kind for kind in RestrictionKind if kind in counted) or "none"
    return (
        (
            "posts",
            "Originals, replies, reposts and quotes that were public when we looked, made while the subject was "
            "listed with this role and country. Those deleted since count all the same.",
        ),
        (
            "posts_restricted",
            f"Posts made while a restriction (counted here: {kinds}) certainly bound the subject. Officials and "
            "state bodies are bound by what the country they serve restricts, wherever they sit; outlets, "
            "journalists and activists by where they are, so abroad they are not bound; an order to state bodies "
            "binds officials and state bodies only.",
        ),
        (
            "posts_uncertain",
            "Posts made so near to the edge of a restriction that its date is not exact enough to judge them, or by "
            "subjects whose residence is unknown; never counted as restricted. An edge given as approximate may "
            f"be off by {settings.approximate_days} days.",
        ),
        ("posts_throttled", "Posts made while the platform was certainly slowed down for the subject."),
        (
            "counted",
            "The part of the posts that X itself counted, asked how many there were each day: nobody read them, so "
            "their kind is not known, and reposts are not among them. What was read is not counted again. Where X "
            "counted, all counts are at least what is said (≥), a day or week that a restriction cuts is "
            "uncertain, and posts deleted before X was asked are not in them.",
        ),
        (
            "active_days",
            "Days in the subject's time zone with at least one post; in a group, days on which at least one of "
            "its accounts posted.",
        ),
        (
            "per_week",
            "Posts in covered time for each week of covered time; where a row stands for several accounts, the "
            "average of one account. Not given for less than a covered day.",
        ),
        (
            "longest_gap_days",
            "The longest time between two consecutive posts that is covered throughout; given for single subjects "
            "and accounts.",
        ),
        *_levels(settings),
        (
            "coverage",
            "The share of the time asked for of which we have every post that was there when we looked, or X's count "
            "of them. With full coverage figures are exact, but for counts, in which reposts are missing; otherwise "
            "they are at least what is said (≥), dates at the latest or at the earliest (≤, ≥), rates those of the "
            "covered part (≈); no data is never 0.",
        ),
        (
            "at risk",
            "Journalists and activists whom naming could endanger are counted by whole weeks and shown only as "
            f"groups of at least {settings.report.smallest_group} of one role in one country on one platform, or as "
            "sums of such groups, apart from all named subjects. Who is in a group hangs on the watchlist, not on "
            "the time asked for; a week in which fewer of it were looked at counts for nothing. A week that is only "
            "partly restricted is uncertain.",
        ),
    )


def ground_rules(settings: Settings) -> tuple[tuple[str, str], ...]:
    """(word, meaning) for what holds of every figure."""
    return (
        (
            "unit",
            "An account while one row of the watchlist holds. Posts outside all rows of their account are not "
            "counted.",
        ),
        (
            "window",
            "From --from (or the account's creation, or the first covered moment) until --until or --as-of, never "
            "beyond what the watchlist's row says. If the account's last look lies within "
            f"{settings.report.freshness / HOUR:g} hours of the end, the window ends at that look. At-risk subjects "
            "are counted in whole closed weeks.",
        ),
        (
            "days",
            "Days, weeks and months are those of the time zone of the subject's country; moments are UTC.",
        ),
        (
            "full, partial and no coverage",
            "Coverage is the part of the window for which every post that was there when we looked is stored. "
            "Full: counts are exact. Partial: they are at least what is said (≥), first posts at the latest (≤), "
            "rates those of the covered part (≈). None: no data, never 0. Time in which X was asked only how many "
            "posts there were counts as covered, but no figure as exact: reposts are missing. What was deleted "
            f"before the first look cannot be seen; what X hides behind the newest {settings.x.depth:,} posts of an "
            "account is a hole that cannot be filled.",
        ),
        (
            "restriction in force",
            "A post is judged at the moment of its publication. A restriction of * binds on every platform. "
            "Throttling is shown apart and never counts as restricted.",
        ),
        (
            "edge of a restriction",
            "An edge is as exact as its source: exact is the first moment of the day written; day, month and year "
            "are uncertain for that local day, month or year; approximate is uncertain for "
            f"{settings.approximate_days} days either side. What is uncertain is never counted as restricted.",
        ),
        (
            "people at risk",
            "Journalists and activists who are inside the country, or whose residence is unknown, unless the "
            "watchlist names them with a reason. They are shown only in groups of at least "
            f"{settings.report.smallest_group} subjects of one role, country and platform, or sums of such groups, "
            "in rows apart, so that nothing can be subtracted; smaller groups are left out and only their number is "
            "said.",
        ),
        (
            "limits",
            "A figure is about listed accounts only, and as right as the watchlist and the restrictions are; both "
            "carry their sources. Follower counts are as of their snapshot, not as of a post. Private, protected and "
            "suspended accounts are named as such and never counted as silent.",
        ),
    )


def _time_asked_for(question: UsageQuestion, settings: Settings) -> str:
    since = "the beginning of each account" if question.since is None else iso(question.since)
    return (
        f"From {since} until just before {iso(question.end)}; to an account's last look if that is at most "
        f"{settings.report.freshness / HOUR:g} hours earlier."
    )


def _levels(settings: Settings) -> tuple[tuple[str, str], ...]:
    report = settings.report
    days = (report.active_days, report.occasional_days, report.infrequent_days, report.lapsed_days)
    words = (Level.ACTIVE, Level.OCCASIONAL, Level.INFREQUENT, Level.LAPSED)
    return (
        (
            "level",
            "How long before the end of the time asked for the last original post was made (the last reply or "
            "quote if there is no original; in a group, the latest of all). All listed time before that end "
            "counts, even if less was asked for. Where X counted, the last day with a post stands for an original, "
            "whose kind is not known.",
        ),
        *(
            (word.value, f"The last original post is at most {limit} days old.")
            for word, limit in zip(words, days, strict=True)
        ),
        (Level.DORMANT.value, f"The last original post is more than {report.lapsed_days} days old."),
        (Level.REPOSTS_ONLY.value, "There are posts, and all of them are reposts."),
        (Level.NEVER.value, "There is no post, with full coverage."),
        (
            Level.UNKNOWN.value,
            f"Less than {report.level_coverage:.0%} of the time since the last original post is covered, so there "
            "may be a later one.",
        ),
    )
