"""Who watches the work: a progress bar, a log, a test. The runtime itself never prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tracker.domain.instants import Instant
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Platform


class Observer(Protocol):
    """Told what happens, from the worker's thread."""

    def due(self, platform: Platform, accounts: int) -> None:
        """So many accounts are due on the platform."""

    def page(self, platform: Platform, posts_new: int) -> None:
        """A page is in the database."""

    def warned(self, platform: Platform, warning: str) -> None:
        """The platform's answers are not what they used to be: a field that was asked for has gone."""

    def spent(self, platform: Platform, requests: int, micros: int) -> None:
        """Requests were sent, at a price in millionths of a US dollar; never told of people at risk."""

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        """A visit has ended. `handle` is empty for an at-risk subject."""

    def stopped(self, platform: Platform, kind: OutcomeKind, detail: str, until: Instant | None) -> None:
        """The platform may not be asked any further for now."""

    def untold(self, reason: str) -> None:
        """An alert could not be delivered; it is tried again."""


class Silent:
    """An observer that does not look."""

    def due(self, platform: Platform, accounts: int) -> None: ...

    def page(self, platform: Platform, posts_new: int) -> None: ...

    def warned(self, platform: Platform, warning: str) -> None: ...

    def spent(self, platform: Platform, requests: int, micros: int) -> None: ...

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None: ...

    def stopped(self, platform: Platform, kind: OutcomeKind, detail: str, until: Instant | None) -> None: ...

    def untold(self, reason: str) -> None: ...


class Together:
    """Several observers as one; each is told in turn."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def due(self, platform: Platform, accounts: int) -> None:
        for observer in self._observers:
            observer.due(platform, accounts)

    def page(self, platform: Platform, posts_new: int) -> None:
        for observer in self._observers:
            observer.page(platform, posts_new)

    def warned(self, platform: Platform, warning: str) -> None:
        for observer in self._observers:
            observer.warned(platform, warning)

    def spent(self, platform: Platform, requests: int, micros: int) -> None:
        for observer in self._observers:
            observer.spent(platform, requests, micros)

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        for observer in self._observers:
            observer.ended(platform, handle, kind, detail)

    def stopped(self, platform: Platform, kind: OutcomeKind, detail: str, until: Instant | None) -> None:
        for observer in self._observers:
            observer.stopped(platform, kind, detail, until)

    def untold(self, reason: str) -> None:
        for observer in self._observers:
            observer.untold(reason)
