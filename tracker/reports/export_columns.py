"""The columns of the exports: name, type, unit, meaning."""

from __future__ import annotations

from tracker.reports.columns import Column, Kind

_TEXT, _ID, _COUNT, _TIME = Kind.TEXT, Kind.ID, Kind.COUNT, Kind.TIME


def _column(key: str, kind: Kind, meaning: str, unit: str = "") -> Column:
    return Column(key, kind, meaning=meaning, unit=unit)


WHO = (
    _column("subject", _TEXT, "The subject's key in the watchlist."),
    _column("name", _TEXT, "The subject's name, as the watchlist writes it."),
    _column("role", _TEXT, "official, state_body, outlet, journalist or activist, at the time of the row."),
    _column(
        "country", _TEXT, "The subject's country at the time of the row (ISO 3166-1; EU for the European Union)."
    ),
    _column("platform", _TEXT, "x or telegram."),
    _column("handle", _TEXT, "The account's present name on the platform, when it was last looked at."),
    _column("platform_id", _ID, "The account's numeric id on the platform, which never changes."),
)

POSTS = (
    *WHO,
    _column(
        "post_id",
        _ID,
        "The post's numeric id: on X the first one of an edited post, on Telegram the number within the channel, the "
        "lowest of an album.",
    ),
    _column("kind", _TEXT, "original, reply, repost (on Telegram: forward) or quote."),
    _column("posted_at", _TIME, "When it was published. A restriction is judged at this moment."),
    _column("collected_at", _TIME, "When it was first read."),
    _column("edited_at", _TIME, "When it was last edited, as the platform says; empty if no edit is known."),
    _column(
        "deleted_at",
        _TIME,
        "When it was first seen to be deleted; empty if it was not. It counts in every figure all the same; X's "
        "texts are removed then.",
    ),
    _column("lang", _TEXT, "The language, as the platform says."),
    _column("text", _TEXT, "The text, as last seen."),
    _column("url", _TEXT, "The post's public address, made of the present handle and the present id."),
    _column("ref_post_id", _ID, "The numeric id of the post that it answers, reposts, quotes or forwards."),
    _column("ref_author_id", _ID, "The numeric id of that post's account; empty where the platform does not say."),
    _column("likes", _COUNT, "X: likes. Telegram: reactions of all kinds. In the newest snapshot.", "likes"),
    _column("reposts", _COUNT, "X: reposts. Telegram: forwards. In the newest snapshot.", "posts"),
    _column("replies", _COUNT, "Replies or comments, in the newest snapshot.", "posts"),
    _column("quotes", _COUNT, "Quotes, in the newest snapshot; X only.", "posts"),
    _column("views", _COUNT, "How often it was shown, as the platform counts, in the newest snapshot.", "views"),
    _column(
        "precision",
        _COUNT,
        "Where the platform rounds what it shows: each counter of the row is less than this away from the true "
        "number. Empty: they are exact.",
    ),
    _column(
        "restricted",
        _TEXT,
        "yes: a restriction certainly bound the subject when it was posted. no: none did. uncertain: the dates of a "
        "restriction, or the subject's residence, are not known well enough to say.",
    ),
)
"""One row a post of a named subject; `restricted` is an analysis.exposures.Verdict."""

ACCOUNTS = (
    *WHO,
    _column("name_native", _TEXT, "The name in the subject's own script, as the watchlist writes it."),
    _column("residence", _TEXT, "Where the subject lives: inside the country, abroad or unknown."),
    _column("protection", _TEXT, "named; those at risk are in no export."),
    _column("state", _TEXT, "What keeps the account from being read, as suspended or protected; empty: nothing."),
    _column("created_at", _TIME, "When the account was made, where the platform says so."),
    _column("last_look", _TIME, "When its posts were last read successfully."),
    _column(
        "followers",
        _COUNT,
        "Followers (Telegram: subscribers) in the newest profile snapshot; the export of profiles says how exact.",
        "accounts",
    ),
    _column("following", _COUNT, "How many accounts it follows, in the newest profile snapshot.", "accounts"),
    _column("posts_collected", _COUNT, "How many of its posts are stored; empty if nothing was looked at.", "posts"),
    _column("first_post", _TIME, "The oldest stored post."),
    _column("last_post", _TIME, "The newest stored post."),
    _column("coverage_since", _TIME, "The first moment that is covered; holes may follow."),
    _column("coverage_until", _TIME, "The end of the last covered time."),
    _column("source", _TEXT, "Who says that the account is the subject's, as the watchlist writes it."),
)
"""One row an account."""

PROFILES = (
    *WHO,
    _column("taken_at", _TIME, "When the snapshot was taken."),
    _column("profile_name", _TEXT, "The name that the account gave itself then."),
    _column("followers", _COUNT, "Followers (Telegram: subscribers).", "accounts"),
    _column("following", _COUNT, "How many accounts it followed.", "accounts"),
    _column("posts", _COUNT, "How many posts there were, as the platform says.", "posts"),
    _column(
        "precision",
        _COUNT,
        "Where the platform rounds what it shows: `followers` is less than this away from the true number. Empty: it "
        "is exact.",
    ),
)
"""One row a profile snapshot."""

DAILY = (
    *WHO,
    _column("day", Kind.DAY, "The day in the time zone of the subject's country."),
    _column("posts", _COUNT, "Posts of all kinds on that day; empty where nothing was looked at.", "posts"),
    _column("originals", _COUNT, "Posts that are no reply, repost or quote.", "posts"),
    _column("replies", _COUNT, "Replies.", "posts"),
    _column("reposts", _COUNT, "Reposts; on Telegram forwards.", "posts"),
    _column("quotes", _COUNT, "Quotes.", "posts"),
    _column("posts_restricted", _COUNT, "Posts while a restriction certainly bound the subject.", "posts"),
    _column("posts_uncertain", _COUNT, "Posts of which that cannot be said for certain.", "posts"),
    _column(
        "coverage",
        _TEXT,
        "full: the counts are exact. partial: they are at least that. none: nothing was looked at, which is not 0.",
    ),
    _column(
        "counted",
        _COUNT,
        "The part of the posts that X counted and nobody read: without reposts, and of unknown kind. Empty where X "
        "was not asked.",
        "posts",
    ),
)
"""One row an account and local day."""
