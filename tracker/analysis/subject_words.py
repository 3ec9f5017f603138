"""What the columns of a subject's page mean, beyond those of the reports that it repeats."""

from __future__ import annotations

from tracker.config.settings import Settings


def definitions(_: Settings) -> tuple[tuple[str, str], ...]:
    """(column key, meaning)."""
    return (
        ("listed_from", "The first day on which the row of the watchlist holds; empty: from the beginning."),
        ("listed_until", "The day after the last; empty: it still holds."),
        ("created", "When the platform says that the account was made."),
        ("state", "What the platform said of the account when it was last asked, if it could not be read."),
        ("followers_first", "Followers (Telegram: subscribers) when they were first counted in the time asked for."),
        ("followers_last", "Followers (Telegram: subscribers) when they were last counted in the time asked for."),
        (
            "posts_deleted",
            "How many of the account's posts, of all time, were seen to be deleted since they were read. They count "
            "in every figure all the same; of those on X no text is kept.",
        ),
        ("posts_edited", "Of how many of the account's posts, of all time, an earlier text is kept as well."),
        ("first_seen", "When we first saw the account under this handle; it may have borne it before."),
        ("last_seen", "When we last saw the account under this handle."),
        (
            "in_force",
            "Whether the restriction was in force at the end of the time asked for: perhaps, where that is within "
            "the imprecision of its dates.",
        ),
        (
            "binds",
            "Whether the restriction binds this subject: officials and state bodies are bound by what the country "
            "they serve restricts; others by where they are, so abroad they are not bound (and such restrictions are "
            "not listed), and perhaps where their residence is unknown.",
        ),
        (
            "ground",
            "Why there is no coverage: truncated (the platform shows nothing older), unproven (a later visit goes on "
            "to fill it), unobserved (nobody has looked).",
        ),
        ("hole_days", "How long the stretch without coverage is, in days; empty: down to an unknown beginning."),
    )
