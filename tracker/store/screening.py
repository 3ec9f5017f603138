"""What may not come in with the posts of named accounts: forgotten posts, and what people at risk have said.

A repost or a forward repeats another's words, and X's id of a post holds its time to the millisecond. Of posts that
point to somebody at risk there stay time, kind and what they say in their own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from tracker.domain.coverage import Step
from tracker.domain.records import Answer, Page, Post
from tracker.domain.words import Platform, PostKind, Protection
from tracker.store import tombstones
from tracker.store.cursors import beside, moved
from tracker.store.dialect import driver_of
from tracker.store.excision import Traces, excised, posts_in

PLATFORM = "SELECT platform FROM account WHERE id = ?"
_THEM = f"FROM account WHERE platform = :platform AND protection = '{Protection.AT_RISK}'"
AT_RISK = f"""
SELECT platform_id, handle, listed_handle {_THEM}
UNION ALL SELECT NULL, handle, NULL FROM handle WHERE account_id IN (SELECT id {_THEM})
"""
NOBODY = Traces()


@dataclass(frozen=True, slots=True)
class Screened:
    """What may be stored of a page."""

    page: Page
    step: Step
    is_cut: bool = False
    """Whether its answer is not all that came."""
    theirs: frozenset[int] = frozenset()
    """Ids of posts of people at risk that came along; they may be kept nowhere."""


def at_risk_on(connection: Connection, platform: str) -> Traces:
    """What gives people at risk away in answers about others: their numeric ids, and all handles they have borne."""
    ids: set[str] = set()
    handles: set[str] = set()
    for platform_id, *borne in driver_of(connection).execute(AT_RISK, {"platform": platform}):
        ids |= set() if platform_id is None else {str(platform_id)}
        handles |= {handle.casefold() for handle in borne if handle is not None}
    return Traces(frozenset(ids | handles), handles=frozenset(handles)) if ids or handles else NOBODY


def screened_posts(connection: Connection, account_id: int, items: Sequence[Post]) -> tuple[Post, ...]:
    """The posts of an account without forgotten ones, and without what they repeat of such or of people at risk."""
    (platform,) = driver_of(connection).execute(PLATFORM, (account_id,)).fetchone()
    gone, pointing = tombstones.forgotten_in(connection, account_id, platform, items)
    pointing |= _pointing(items, at_risk_on(connection, platform))
    return _without(items, gone, pointing)


def screened(connection: Connection, account_id: int, page: Page, step: Step) -> Screened:
    """The same of a page of an account, of its raw answer, and of what it leaves to be walked."""
    (platform,) = driver_of(connection).execute(PLATFORM, (account_id,)).fetchone()
    gone, pointing = tombstones.forgotten_in(connection, account_id, platform, page.posts)
    aside = (item.post_id for item in page.set_aside if item.post_id is not None)
    gone |= tombstones.buried(connection, account_id, aside)
    whose = at_risk_on(connection, platform)
    naming = page.answer if page.answer is not None and whose.in_bytes(page.answer.body) else None
    theirs = posts_in(naming.body, whose) if naming is not None and platform == Platform.X else frozenset[int]()
    pointing |= _pointing(page.posts, whose, theirs, naming)
    if not gone and not pointing and naming is None:
        return Screened(page, step)
    traces = tombstones.traces_of(platform, gone) | whose | _of_pointed(platform, page.posts, pointing, theirs)
    answer = None if page.answer is None else _answer_without(page.answer, traces)
    posts = _without(page.posts, gone, pointing)
    left, mark, kept = step.left, page.mark, frozenset(post.version_id for post in posts)
    for number in sorted(gone, reverse=True):
        place = beside(connection, account_id, number, kept)
        mark = moved(mark, place)
        left = None if left is None else replace(left, cursor=moved(left.cursor, place))
    aside_kept = tuple(item for item in page.set_aside if item.post_id not in gone)
    is_cut = answer is not page.answer
    page = replace(page, posts=posts, set_aside=aside_kept, mark=mark, answer=answer)
    return Screened(page, replace(step, left=left), is_cut, theirs)


def _pointing(
    items: Sequence[Post], whose: Traces, theirs: frozenset[int] = frozenset(), answer: Answer | None = None
) -> frozenset[int]:
    """The ids of the posts that point to these people, or to these posts of theirs.

    `answer`: one that names them. A preview page shows of a forward only the name, so there one from nobody knows
    whom may be from one of them.
    """
    if whose is NOBODY:
        return frozenset()
    is_page = answer is not None and answer.body.lstrip()[:1] not in (b"{", b"[")

    def points_there(post: Post) -> bool:
        if post.ref_post_id in theirs or str(post.ref_author_id) in whose.words:
            return True
        unclear = is_page and post.ref_author_id is None
        return post.kind is PostKind.REPOST and (unclear or whose.is_reposted_in(post.text))

    return frozenset(post.post_id for post in items if points_there(post))


def _of_pointed(platform: str, items: Sequence[Post], pointing: frozenset[int], theirs: frozenset[int]) -> Traces:
    """What gives the posts away to which those with these ids point."""
    pointed = [post for post in items if post.post_id in pointing and post.ref_post_id is not None]
    if platform == Platform.X:
        return Traces(frozenset(str(post.ref_post_id) for post in pointed) | frozenset(map(str, theirs)))
    return Traces(forwards=frozenset((str(post.ref_author_id), str(post.ref_post_id)) for post in pointed))


def _without(items: Sequence[Post], gone: frozenset[int], pointing: frozenset[int]) -> tuple[Post, ...]:
    """The posts without those that are gone; those that point where nothing may point say so no more."""
    if not gone and not pointing:
        return tuple(items)
    kept = (post for post in items if gone.isdisjoint((post.post_id, post.version_id)))
    return tuple(_unlinked(post) if post.post_id in pointing else post for post in kept)


def _unlinked(post: Post) -> Post:
    text = None if post.kind is PostKind.REPOST else post.text
    return post._replace(text=text, ref_post_id=None, ref_author_id=None)


def _answer_without(answer: Answer, traces: Traces) -> Answer | None:
    if not traces.in_bytes(answer.body):
        return answer
    left = excised(answer.body, traces)
    if left is None:
        return None
    return answer if left == answer.body else replace(answer, body=left)
