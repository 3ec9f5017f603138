"""What the columns of a coverage report mean."""

from __future__ import annotations

from types import MappingProxyType

from tracker.analysis.ground_report import Ground
from tracker.config.settings import Settings
from tracker.domain.instants import HOUR

STRIP_WEEKS = 26
"""How many weeks the strip shows."""

LETTERS = MappingProxyType(
    {
        Ground.LIVE: "#",
        Ground.BACKFILLED: "o",
        Ground.IMPORTED: "i",
        Ground.COUNTED: "c",
        Ground.TRUNCATED: "x",
        Ground.UNPROVEN: "?",
        Ground.UNOBSERVED: ".",
        None: "_",
    }
)
"""How the strip writes a week. None of them makes a spreadsheet take the strip for a formula."""


def definitions(settings: Settings) -> tuple[tuple[str, str], ...]:
    """(column key or word, meaning), with the thresholds that are used."""
    return (
        (
            "days_asked",
            "The days of the time asked for in which the account existed and was listed; up to its last look if that "
            f"is at most {settings.report.freshness / HOUR:g} hours before the end. The seven shares that follow are "
            "shares of it and add up to 1; in a row of several accounts they are summed over the accounts. Empty "
            "where nobody knows when the account began.",
        ),
        ("live", "The share looked at as it went by: posts deleted later are still counted."),
        ("backfilled", "The share looked at later: what was deleted before we looked is not in any figure."),
        (
            "imported",
            "The share of which an imported file holds everything, as the file or whoever imported it says: what "
            "was deleted before the file was made is not in any figure.",
        ),
        (
            "counted",
            "The share in which X was asked how many posts there were each day (of people at risk, each week) and "
            "no post was read: reposts are in no such figure, and kinds, times and counters are not known.",
        ),
        (
            "truncated",
            "The share in holes that the platform does not let us fill, because it shows only an account's newest "
            "posts.",
        ),
        ("unproven", "The share in holes that a later visit of the collector goes on to fill."),
        ("unobserved", "The rest: nobody has looked."),
        (
            "longest_hole_days",
            "The longest stretch that is neither live, backfilled, imported nor counted, in days, with its first and "
            "last day in the two columns that follow. Empty with a last day: it reaches down to the beginning of the "
            "account, which nobody knows.",
        ),
        ("last_look", "When the account's timeline was last read successfully."),
        (
            "cause",
            "Where time is missing: how the account's last visit ended, or why none was made though it was due, as "
            "budget spent, rate limited, protected. Empty: nothing is missing, or the next visit goes on.",
        ),
        (
            "strip",
            f"The last {STRIP_WEEKS} weeks of the time asked for, a character a week, the newest on the right: "
            + ", ".join(f"{LETTERS[ground]} {ground}" for ground in Ground)
            + f", {LETTERS[None]} not asked for or not yet made. A week with a gap shows what most of the gap is; "
            "one without shows what most of it is.",
        ),
        (
            "at risk",
            "Accounts of people whom naming could endanger are summed up in groups of at least "
            f"{settings.report.smallest_group} of one role in one country on one platform.",
        ),
    )
