"""How long to wait until an account is visited again."""

from __future__ import annotations


def next_interval(posts: int, over: int, posts_per_visit: float, shortest: int, longest: int) -> int:
    """Seconds until an account with `posts` posts in the last `over` seconds has about `posts_per_visit` new ones.

    Bounded by `shortest` and `longest`; an account without posts, or without history, waits longest.
    """
    if posts <= 0 or over <= 0:
        return longest
    return int(min(max(posts_per_visit * over / posts, shortest), longest))
