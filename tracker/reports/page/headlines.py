"""The figures that a page opens with, from the usage of each account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker.analysis.report import CoverageState, UsageReport, UsageRow
from tracker.reports.columns import AT_LEAST
from tracker.reports.page.content import Headline
from tracker.reports.sheet_cells import NO_DATA


def headlines(by_account: UsageReport) -> tuple[Headline, ...]:
    """Who uses a platform that is banned where they are, and how far that can be said.

    `by_account` has a row an account, and a row a group of people at risk, which is counted apart.
    """
    named = [row for row in by_account.rows if not row.at_risk]
    at_risk = [row for row in by_account.rows if row.at_risk]
    using = [row for row in named if row.posts_restricted]
    subjects = len({row.subject for row in using})
    mark = "" if all(row.complete for row in named) else AT_LEAST
    known = any(row.known for row in named)

    def figure(count: int) -> str:
        return f"{mark}{count:,}" if known else NO_DATA

    told = [
        Headline(
            figure(len(using)),
            f"of {len(named):,} named {_plural(len(named), 'account')}, of {mark}{subjects:,} "
            f"{_plural(subjects, 'subject')}, posted on a platform while it was restricted for them",
        ),
        Headline(figure(_posts(using)), f"{_plural(_posts(using), 'post')} made while restricted{_where(using)}"),
    ]
    if at_risk:
        told.append(_of_people_at_risk(at_risk))
    told.append(_coverage(named))
    return tuple(told)


def _of_people_at_risk(rows: Sequence[UsageRow]) -> Headline:
    people = sum(row.accounts for row in rows)
    known = any(row.known for row in rows)
    mark = "" if all(row.complete for row in rows) else AT_LEAST
    posts = _posts(rows)
    perhaps = sum(row.posts_uncertain or 0 for row in rows)
    more = f", and {mark}{perhaps:,} perhaps," if perhaps else ""
    return Headline(
        f"{mark}{posts:,}" if known else NO_DATA,
        f"{_plural(posts, 'post')} made while restricted{more} by {people:,} accounts of people at risk, who are "
        "never named and not counted in the other figures",
    )


def _coverage(rows: Sequence[UsageRow]) -> Headline:
    full = sum(row.complete for row in rows)
    none = sum(row.coverage.state is CoverageState.NONE for row in rows)
    partly = len(rows) - full - none
    return Headline(
        f"{full:,} of {len(rows):,}",
        f"named {_plural(len(rows), 'account')} fully covered in the time asked for; {partly:,} in part, "
        f"{none:,} without data",
    )


def _where(rows: Iterable[UsageRow]) -> str:
    """` (CN 6,019, IR 12)`, most first; nothing if there are none."""
    posts: dict[str, int] = {}
    for row in rows:
        posts[row.country or "?"] = posts.get(row.country or "?", 0) + (row.posts_restricted or 0)
    most_first = sorted(posts.items(), key=lambda item: (-item[1], item[0]))
    return f" ({', '.join(f'{country} {count:,}' for country, count in most_first)})" if posts else ""


def _posts(rows: Iterable[UsageRow]) -> int:
    return sum(row.posts_restricted or 0 for row in rows)


def _plural(count: int, word: str) -> str:
    return word if count == 1 else word + "s"
