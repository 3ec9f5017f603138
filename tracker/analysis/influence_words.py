"""What the words of a report on influence mean, in sentences that can be printed below a table or quoted."""

from __future__ import annotations

from tracker.config.settings import Settings
from tracker.domain.instants import HOUR


def definitions(settings: Settings) -> tuple[tuple[str, str], ...]:
    """(column key without its age, or word; what it means), with the limits of each figure."""
    return (
        (
            "row",
            "One named subject on one platform: its accounts there together. No figures are mixed into a score, and "
            "nothing here says what influence a subject has on what people think.",
        ),
        (
            "posts",
            "Originals, replies, reposts and quotes that were public when we looked, made in the time asked for "
            "while the subject was listed.",
        ),
        ("originals", "Posts that are no reply, repost or quote. Engagement is measured on these alone."),
        (
            "followers_first",
            "Followers (Telegram: subscribers) in the first profile snapshot of the time asked for; if there are "
            "fewer than two in it, in the last one before. Summed over the subject's accounts on the platform only "
            "if all are known; one person may follow several.",
        ),
        ("followers_first_day", "The day of that snapshot; where accounts differ, the earliest."),
        (
            "followers_last",
            "Followers (Telegram: subscribers) in the last profile snapshot of the time asked for. If nothing was "
            f"counted until its end, the first count after it, at most {settings.report.freshness / HOUR:g} hours "
            "later.",
        ),
        ("followers_last_day", "The day of that snapshot; where accounts differ, the latest."),
        (
            "followers_per_week",
            "(followers_last − followers_first) ÷ weeks between the two counts, the time that counts of followers "
            "cover; summed over the subject's accounts. A net figure: who came and left in between is not seen. Not "
            "given without two counts at least a day apart.",
        ),
        (
            "age",
            "Counters are compared at equal age: of each original post the first metric snapshot taken at least 24 "
            "hours (columns ending in 24h) or 7 days (7d) after the post. A post without such a snapshot is left out "
            "of all figures that need it, and counted in without_counters.",
        ),
        (
            "engagement",
            "The median over original posts of a post's engagement. On X engagement is likes + reposts + replies + "
            "quotes, on Telegram reactions + forwards + replies; a part that the platform does not give adds "
            "nothing. So it compares subjects on one platform, not platforms.",
        ),
        (
            "engagement_mean",
            "The mean of the same posts. A few posts with very many reactions pull it far above the median: never "
            "quote it alone.",
        ),
        ("likes", "The median of likes, over the posts for which the platform gives them."),
        (
            "reposts",
            "The median of reposts, on Telegram of forwards, over the posts for which the platform gives them.",
        ),
        (
            "replies",
            "The median of replies, on Telegram of comments, over the posts for which the platform gives them: a "
            "Telegram post that cannot be commented on has none.",
        ),
        ("quotes", "The median of quotes, over the posts for which the platform gives them."),
        (
            "reactions",
            "The median of reactions on Telegram, over the posts that have any: Telegram does not tell a post "
            "without reactions from one that takes none.",
        ),
        (
            "views",
            "The median of the views of an original post, as the platform counts them. A view is no person, and the "
            "platforms count them in their own ways. Where a Telegram channel was read over its public preview "
            "pages, views, reactions and often subscribers are shown with three digits only, as 3.12K: each may be "
            "off by a hundredth of itself. Forwards and comments are not shown there at all.",
        ),
        (
            "views_per_subscriber",
            "Telegram only: the median over original posts of views ÷ subscribers, with the subscribers of the last "
            "profile snapshot taken when the views were counted or before, else of the first one after. It may "
            "exceed 1, because forwarded posts are also seen by others.",
        ),
        ("with_counters", "Original posts with counters of that age: those on which the row's engagement rests."),
        (
            "without_counters",
            "Original posts without counters of that age; left out of engagement, not counted as 0.",
        ),
        (
            "counters_age_days",
            "The median age in days of the posts when their counters were taken. Much more than the age asked for "
            "means that posts were collected late; their counters had longer to grow.",
        ),
        (
            "top_tenth",
            "The share of all engagement of these posts that the top tenth of them holds; a tenth of n posts is "
            "n ÷ 10, rounded up. Near 0.1 engagement is even, near 1 a few posts have it all. Below the table the "
            "same for all posts of the selection.",
        ),
        (
            "rank",
            "The place of the row in the column, the highest figure first, among the named rows of its platform. "
            "Equal figures share a place, and the next place counts all before it: 1, 2, 2, 4. Rows without the "
            "figure have none.",
        ),
        (
            "at risk",
            "Of journalists and activists whom naming could endanger only accounts and posts are counted, by whole "
            f"weeks, in groups of at least {settings.report.smallest_group} of one role in one country on one "
            "platform. Their followers and counters are not read.",
        ),
        (
            "coverage",
            "The share of the time asked for in which we have every post that was there when we looked. With full "
            "coverage posts are exact; otherwise they are at least what is said (≥), and medians those of the posts "
            "that we have (≈). No data is never 0.",
        ),
    )
