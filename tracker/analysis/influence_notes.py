"""The sentences below a report on influence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.analysis.at_risk import Pool
from tracker.analysis.influence_report import InfluenceRow, TopTenth
from tracker.config.settings import Settings
from tracker.domain.instants import DAY
from tracker.domain.wording import are, plural
from tracker.domain.words import CounterAge


def notes_on(
    rows: Sequence[InfluenceRow], pooled: Pool, top_tenths: Sequence[TopTenth], settings: Settings, age: CounterAge
) -> Iterator[str]:
    """What is missing, what was left out and why, in sentences."""
    if not rows and not pooled.suppressed:
        yield "Nothing to show: no selected account existed and was listed in the time asked for."
    lacking = sum(not row.known for row in rows)
    partial = sum(row.known and not row.complete for row in rows)
    if lacking or partial:
        yield (
            f"Of {len(rows)} rows, {len(rows) - lacking - partial} fully covered, {partial} at least what is said "
            f"(≥), {lacking} without data, which is not 0."
        )
    yield from _notes_on_counters(rows, age)
    several = len({row.platform for row in rows}) > 1
    for top in top_tenths:
        if top.age is age and top.share is not None and (several or top.platform is not None):
            yield _share_in_words(top)
    yield from _notes_on_followers(rows)
    if pooled.cells:
        yield (
            "Of people at risk only accounts and posts are counted, in rows of their own; followers and counters of "
            "theirs are not read."
        )
    if pooled.suppressed:
        yield (
            f"{plural(pooled.suppressed, 'subject')} at risk {are(pooled.suppressed)} left out of all figures, for "
            f"want of a group of {settings.report.smallest_group}."
        )


def _notes_on_counters(rows: Sequence[InfluenceRow], age: CounterAge) -> Iterator[str]:
    found = [at for row in rows if (at := row.engagement(age)) is not None]
    if not found:
        return
    posts, without = sum(at.posts for at in found), sum(at.without_counters for at in found)
    if not posts:
        yield f"No original post has counters of an age of {age} or more, so nothing can be said of engagement."
    elif without:
        yield (
            f"Engagement is that of {posts:,} original posts; {without:,} have no counters taken {age} or more after "
            "the post, and are left out of it."
        )
    old = [at.counters_age_days for at in found if at.counters_age_days is not None]
    late = [days for days in old if days * DAY > 2 * age.seconds]
    if late:
        yield (
            f"Counters asked for at an age of {age} are much older in {len(late)} of {len(old)} rows (median age up "
            f"to {max(late):,.0f} days), because these posts were collected long after they were made. Old counters "
            "are larger than young ones; compare such rows only with rows of like age."
        )


def _notes_on_followers(rows: Sequence[InfluenceRow]) -> Iterator[str]:
    named = [row for row in rows if not row.at_risk]
    unknown = sum(row.followers_last is None for row in named)
    if unknown:
        yield f"Of {len(named)} rows, {unknown} without a count of followers for every account in the time asked for."
    single = sum(row.followers_last is not None and row.followers_per_week is None for row in named)
    if single:
        yield f"Of {len(named)} rows, {single} without a change of followers: it takes two counts, a day apart."


def _share_in_words(top: TopTenth) -> str:
    where = "all platforms together" if top.platform is None else f"platform {top.platform}"
    return (
        f"The top tenth of original posts ({top.top_posts:,} of {top.posts:,}) holds {top.share:.0%} of all "
        f"engagement of the selection ({where})."
    )
