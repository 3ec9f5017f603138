"""Telegram over the API and over the public pages, as one collector: each account over the one that can read it.

The two give the same numbers to the same posts, and their marks and cursors are the same: a walk that was begun
over the one goes on over the other, and nothing is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from tracker.collectors.protocol import Bounds, Collector, Endpoints, Rereader, Rereading
from tracker.domain.instants import DAY, MINUTE, Clock, Instant
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Page, Profiles, Reread, Spend, Target, Walk
from tracker.domain.words import Platform

REFUSED_FOR = 15 * MINUTE
"""How long a login that was refused is not tried again."""
WITHOUT_PREVIEW_FOR = DAY
"""How long the preview of a channel that shows none is not asked for again."""


Answered = TypeVar("Answered", Page, Profiles)


class Way(Collector, Rereader, Protocol):
    """A way to read Telegram."""


class TelegramSources:
    """Asks one source first; the other stands in where the first cannot.

    The API cannot with a login that is refused; the pages cannot where a channel shows none. If neither can, that
    is one outcome of the account: a refused login stops nothing that the pages can still read.
    """

    platform = Platform.TELEGRAM
    batch = 1

    def __init__(self, api: Way, web: Way, clock: Clock, *, web_first: bool) -> None:
        self._api = api
        self._web = web
        self._clock = clock
        self._web_first = web_first
        self._refused_until: Instant = 0
        self._untold: tuple[str, ...] = ()
        """What the next page is to tell, whichever request has shown it."""
        self._no_preview_until: dict[str, Instant] = {}

    @property
    def endpoints(self) -> Endpoints:
        """Those of the source that is asked first."""
        return self._usual.endpoints

    @property
    def bounds(self) -> Bounds:
        """Of both: where one cannot, the other is asked too."""
        return Bounds(requests=self._api.bounds.requests + self._web.bounds.requests)

    def knows(self, target: Target) -> bool:
        """Whether the source that is asked first needs no look-up."""
        known = {source: source.knows(target) for source in (self._api, self._web)}
        return known[self._first(target)]

    def resolve(self, targets: Sequence[Target]) -> Profiles | Failure:
        return self._ask(targets[0], lambda source: source.resolve(targets))

    def profiles(self, targets: Sequence[Target]) -> Profiles | Failure:
        return self._ask(targets[0], lambda source: source.profiles(targets))

    def fetch(self, target: Target, walk: Walk) -> Page | Failure:
        answer = self._ask(target, lambda source: source.fetch(target, walk))
        if isinstance(answer, Page):
            answer, self._untold = replace(answer, warnings=answer.warnings + self._untold), ()
        return answer

    @property
    def rereading(self) -> Rereading:
        """That of the source that is asked first."""
        return self._usual.rereading

    def posts(self, target: Target, ids: Sequence[int]) -> Reread | Failure:
        """What became of these posts. If the source cannot tell, the other is asked the next time."""
        source = self._first(target)
        answer = source.posts(target, ids)
        if isinstance(answer, Failure) and self._cannot(source, target, answer) and source is self._api:
            return Failure(OutcomeKind.REFUSED, answer.detail, requests=answer.requests)
        return answer

    def close(self) -> None:
        self._api.close()
        self._web.close()

    @property
    def _usual(self) -> Way:
        """The source that is asked first, if nothing is known of the account."""
        return self._web if self._web_first or self._api_is_refused else self._api

    @property
    def _api_is_refused(self) -> bool:
        return self._clock() < self._refused_until

    def _first(self, target: Target) -> Way:
        if self._api_is_refused:
            return self._web
        shows_none = self._clock() < self._no_preview_until.get(target.handle.casefold(), 0)
        return self._web if self._web_first and not shows_none else self._api

    def _ask(self, target: Target, ask: Callable[[Way], Answered | Failure]) -> Answered | Failure:
        """The answer of the first source, or of the other one if the first cannot; what both sent is added up."""
        first = self._first(target)
        answer = ask(first)
        failure = _failure_of(answer, target)
        if failure is None or not self._cannot(first, target, failure):
            return answer
        if first is self._web and self._api_is_refused:
            return answer
        second = self._api if first is self._web else self._web
        instead = ask(second)
        missing = _failure_of(instead, target)
        if missing is not None and self._cannot(second, target, missing) and second is self._api:
            return _with(answer, _requests_of(instead))
        return _with(instead, _requests_of(answer))

    def _cannot(self, source: Way, target: Target, failure: Failure) -> bool:
        """Whether the other source is to be asked instead; remembered for a while."""
        if source is self._api and failure.kind is OutcomeKind.AUTH_FAILED:
            self._refused_until = self._clock() + REFUSED_FOR
            self._untold = (f"{failure.detail}; meanwhile the public pages are read",)
            return True
        if source is self._web and failure.kind is OutcomeKind.PREVIEW_UNAVAILABLE:
            self._no_preview_until[target.handle.casefold()] = self._clock() + WITHOUT_PREVIEW_FOR
            return True
        return False


def _failure_of(answer: Page | Profiles | Failure, target: Target) -> Failure | None:
    """Why the answer brings nothing about the target; None if it does."""
    found = answer.results[target] if isinstance(answer, Profiles) else answer
    return found if isinstance(found, Failure) else None


def _requests_of(answer: Page | Profiles | Failure) -> int:
    return answer.requests if isinstance(answer, Failure) else answer.spend.requests


def _with(answer: Answered | Failure, requests: int) -> Answered | Failure:
    """The answer, with what the other source has sent."""
    if isinstance(answer, Failure):
        return replace(answer, requests=answer.requests + requests)
    return replace(answer, spend=answer.spend + Spend(requests=requests))
