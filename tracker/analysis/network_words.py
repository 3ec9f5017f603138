"""What the words of a report on the network mean, in sentences that can be printed below a table or quoted."""

from __future__ import annotations

from tracker.analysis.graphs import ALPHA
from tracker.config.settings import Settings
from tracker.domain.instants import HOUR

AT_RISK = "Edges from and to people at risk are left out, and so are they."


def definitions(settings: Settings) -> tuple[tuple[str, str], ...]:
    """(column key or word, what it means), with the limits of each figure."""
    return (
        (
            "edge",
            "From a subject (or account) on the watchlist to another that its posts point to, in the time asked for, "
            "while both were listed. Filters choose who points; who is pointed to can be anybody named on the "
            "watchlist. To point to somebody is not to agree.",
        ),
        (
            "posts",
            "How many posts point from the one to the other: the weight of the edge. A post that points to the same "
            "one in two ways counts once, as the first of repost or forward, quote, reply, mention; a post that "
            "points to several counts for each of them.",
        ),
        ("reposts", "Posts on X that repost a post of the other."),
        ("forwards", "Posts on Telegram that forward a post of the other's channel."),
        (
            "quotes",
            "Posts on X that quote a post of the other. X does not say whom a quote quotes, so it is known only "
            "where the quoted post is stored, under its first id.",
        ),
        (
            "replies",
            "Posts that answer a post of the other. A channel on Telegram mostly answers itself, which is no edge.",
        ),
        (
            "mentions",
            "Posts whose text holds the other's handle: @handle, on Telegram also t.me/handle, capitals aside; not "
            "in reposts and forwards, whose text is another's. Present and earlier handles count. A handle that two "
            "listed accounts have borne is left out; that somebody who is not listed bore it at the time cannot be "
            "told. A reply on X often begins with the handles of all who took part before.",
        ),
        ("in_degree", "How many others point to it, among those whose posts were asked for."),
        ("out_degree", "How many others its posts point to."),
        ("in_posts", "Posts of others that point to it, summed over its incoming edges."),
        ("out_posts", "Its posts that point to others, summed over its outgoing edges."),
        (
            "pagerank",
            "How often a reader would be at this node who keeps following edges from who points to who is pointed "
            f"to, in proportion to their posts, and at each step with probability {1 - ALPHA:.2f} (always, where no "
            "edge leads on) starts again anywhere. All nodes together make 1. It depends on who is on the watchlist "
            "and is not a measure of importance outside it.",
        ),
        (
            "community",
            "A group of nodes with more posts between them than their totals would lead to expect, directions "
            "aside: modularity raised greedily, in a fixed order (the method of Blondel and others, 2008). Other "
            "methods divide in other ways, and small communities can be joined to large ones. Numbered by size, then "
            "by name.",
        ),
        (
            "flow",
            "All edges from subjects of one role to subjects of another, by the roles that the watchlist gives both "
            "at the time of the post.",
        ),
        ("pairs", "How many edges the posts of a flow belong to."),
        (
            "coverage",
            "The share of the time asked for in which we have every post of its accounts that was there when we "
            f"looked, up to an account's last look if that is at most {settings.report.freshness / HOUR:g} hours "
            "before the end. Where it is not full, what goes out is at least what is said (≥). What comes in is "
            "exact only if everybody whose posts were asked for is fully covered.",
        ),
        (
            "same subject",
            "Posts of an account that point to an account of the same subject are left out.",
        ),
        ("at risk", AT_RISK),
        (
            "unconfirmed",
            "Accounts that the watchlist lists as unverified are at no end of an edge: nobody has made sure whose "
            "they are.",
        ),
    )
