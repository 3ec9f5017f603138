"""Walks through a timeline with any collector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracker.collectors.protocol import Collector
from tracker.domain.outcomes import Failure
from tracker.domain.records import Page, Post, Profile, Target, Walk


def failed(answer: object) -> Failure:
    """An answer that must be a failure."""
    assert isinstance(answer, Failure), answer
    return answer


def read(collector: Collector, target: Target, walk: Walk) -> Page:
    """A page that must not be a failure."""
    page = collector.fetch(target, walk)
    assert isinstance(page, Page), page
    return page


def onward(walk: Walk, page: Page) -> Walk:
    """The walk that goes on below a page."""
    return replace(walk, cursor=page.cursor, newer=walk.newer + len(page.posts) + len(page.set_aside))


def walk_through(collector: Collector, target: Target, walk: Walk | None = None) -> list[Page]:
    """All pages of a walk."""
    walk = walk or Walk()
    pages = [read(collector, target, walk)]
    while pages[-1].end is None:
        walk = onward(walk, pages[-1])
        pages.append(read(collector, target, walk))
    return pages


def posts_of(pages: Sequence[Page]) -> tuple[Post, ...]:
    return tuple(post for page in pages for post in page.posts)


def looked_up(collector: Collector, handle: str) -> Profile | Failure:
    """Who has this name now."""
    asked = Target(handle)
    answer = collector.resolve([asked])
    assert not isinstance(answer, Failure), answer
    return answer.results[asked]


def resolved(collector: Collector, handle: str) -> Target:
    """The target as it is known once its name has been looked up."""
    profile = looked_up(collector, handle)
    assert isinstance(profile, Profile), profile
    return Target(profile.handle, profile.platform_id, profile.access_key)
