"""What `tracker verify` has found, in lines for people and as one object for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracker.domain.instants import Instant, iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracker.store.verification import Finding, Followed, Release

SHOWN = 20
WORDS = {
    "forgotten": "forgotten (`tracker forget`)",
    "redacted": "redacted (deleted on the platform)",
    "expired": "expired by retention",
    "reduced": "reduced to whole weeks (a subject became at risk)",
    "recounted": "dropped to be counted anew",
}


def told(followed: Followed, answers: int, compared: int, uncompared: int, comparing: bool) -> Iterator[str]:
    """The lines for people, but for what is wrong."""
    begun = followed.begun
    yield f"{followed.entries:,} entries followed, {followed.sealed_answers:,} raw answers sealed"
    if begun.get("posts") or begun.get("answers"):
        yield (
            f"the run log began when {begun.get('answers', 0):,} raw answers and {begun.get('posts', 0):,} posts "
            "were there already; they are vouched for from then on only"
        )
    if comparing:
        yield (
            f"{answers:,} raw answers read once more; {compared:,} posts are what they say, {uncompared:,} are in no "
            "kept answer and could not be compared"
        )
    for kind, releases in grouped(followed.releases).items():
        days = sorted(iso(one.at)[:10] for one in releases if one.at is not None)
        when = "" if not days else f", {days[0]}" if days[0] == days[-1] else f", {days[0]} to {days[-1]}"
        yield f"lawfully gone: {sum(one.entries for one in releases):,} entries {WORDS[kind]}{when}"


def grouped(releases: Sequence[Release]) -> dict[str, list[Release]]:
    """The releases by kind, in the order in which the kinds came first."""
    found: dict[str, list[Release]] = {}
    for one in releases:
        found.setdefault(one.kind, []).append(one)
    return found


def wrong(findings: Sequence[Finding], further: int) -> Iterator[str]:
    """One line for each of the first findings."""
    yield from map(str, findings[:SHOWN])
    left = len(findings) + further - SHOWN
    if left > 0:
        yield f"and {left:,} more; --json lists them"


def as_json(
    followed: Followed, findings: Sequence[Finding], further: int, counts: tuple[int, int, int], line: str | None
) -> dict[str, object]:
    """One object for scripts. `counts`: answers read once more, posts compared, posts not compared."""
    return {
        "sound": not findings,
        "entries": followed.entries,
        "kinds": dict(sorted(Counter(followed.kinds).items())),
        "head": line,
        "before": dict(followed.begun),
        "answers": followed.sealed_answers,
        "answers_read": counts[0],
        "posts_compared": counts[1],
        "posts_not_compared": counts[2],
        "lawfully_gone": [
            {"entry": one.number, "at": _day(one.at), "why": one.kind, "entries": one.entries}
            for one in followed.releases
        ],
        "findings": [{"place": one.place, "what": one.what} for one in findings],
        "further_findings": further,
    }


def _day(at: Instant | None) -> str | None:
    return None if at is None else iso(at)
