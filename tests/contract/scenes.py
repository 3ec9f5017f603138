"""The platforms' sandboxes behind one face, so that one suite tries every collector.

A new platform is one scene here and one line in SCENES.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import ClassVar

from tests.collectors.x_stage import NOW as X_NOW
from tests.collectors.x_stage import TIMELINES, Stage
from tests.sandbox import telegram_rehearsal
from tests.sandbox.telegram_rehearsal import API_HASH, Rehearsal, item, rehearsal
from tests.sandbox.telegram_web_rehearsal import Pages, public_pages, shown
from tests.sandbox.x_rehearsal import MINISTRY, START
from tracker.collectors.protocol import Collector
from tracker.collectors.telegram import ENDPOINTS
from tracker.domain.instants import HOUR, Instant
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Post
from tracker.domain.words import Platform
from tracker.sandbox.telegram_server import DROPPED, FOREVER, REVOKED, flood_wait
from tracker.sandbox.telegram_web import WebFault
from tracker.sandbox.telegram_world import PeerKind
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_server import BEARER_TOKEN
from tracker.sandbox.x_world import XState

POSTS = 250
"""On three pages of any platform so far."""


class Trouble(Enum):
    """What can be wrong with the next request for a timeline."""

    RATE_LIMITED = auto()
    DROPPED = auto()
    UNAUTHORISED = auto()


class Scene(ABC):
    """One platform with an account that has POSTS posts, an hour apart."""

    platform: Platform
    handle: str
    """Of the account."""
    unknown = "generated_nobody"
    """A name that nobody has."""
    not_public: ClassVar[Mapping[str, OutcomeKind]]
    """Names of what must never be collected, and why."""
    secret: str | None
    """The collector's credential; None: it needs none."""
    now: Instant

    @abstractmethod
    def collector(self) -> Collector:
        """Another collector, with the same credential; closed when the scene ends."""

    @abstractmethod
    def truth(self) -> tuple[Post, ...]:
        """The account's posts as they should be known, newest first."""

    @abstractmethod
    def publish(self, count: int) -> None:
        """Let the account post so many more."""

    @abstractmethod
    def hide(self) -> None:
        """Let the account become private."""

    @abstractmethod
    def fail(self, trouble: Trouble) -> None:
        """Let the next request for a timeline go wrong, until `heal`."""

    @abstractmethod
    def heal(self) -> None:
        """Take back what is wrong; a time to wait is over."""


class XScene(Scene):
    platform = Platform.X
    handle = "Sample_Ministry"
    unknown = "ExampleNobody"
    not_public: ClassVar = {"ExampleLocked": OutcomeKind.PROTECTED}
    secret = BEARER_TOKEN
    now = X_NOW
    faults: ClassVar = {
        Trouble.RATE_LIMITED: XFault.RATE_LIMITED,
        Trouble.DROPPED: XFault.DROPPED,
        Trouble.UNAUTHORISED: XFault.UNAUTHORIZED,
    }

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def collector(self) -> Collector:
        return self._stage.collector()

    def truth(self) -> tuple[Post, ...]:
        return self._stage.truth()

    def publish(self, count: int) -> None:
        for hour in range(count):
            self._stage.world.publish(MINISTRY, START + (POSTS + hour) * HOUR, "نوشتهٔ تازه")

    def hide(self) -> None:
        self._stage.world.set_state(MINISTRY, XState.PROTECTED)

    def fail(self, trouble: Trouble) -> None:
        self._stage.server.fail(self.faults[trouble], times=100, path=TIMELINES)

    def heal(self) -> None:
        self._stage.server.heal()


class TelegramWebScene(Scene):
    platform = Platform.TELEGRAM
    handle = "generated_ministry"
    not_public: ClassVar = {"generated_person": OutcomeKind.NOT_PUBLIC, "generated_group": OutcomeKind.NOT_PUBLIC}
    secret = None
    now = telegram_rehearsal.NOW
    faults: ClassVar = {Trouble.RATE_LIMITED: WebFault.RATE_LIMITED, Trouble.DROPPED: WebFault.DROPPED}

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._channel_id = pages.channel(POSTS, self.handle)
        pages.world.set_subscribers(self._channel_id, 987)  # a rounded number would take a second request
        pages.channel(1, "generated_person", kind=PeerKind.USER)
        pages.channel(1, "generated_group", kind=PeerKind.GROUP)

    def collector(self) -> Collector:
        return self._pages.collector()

    def truth(self) -> tuple[Post, ...]:
        return shown(self._pages.world, self._channel_id)

    def publish(self, count: int) -> None:
        drafts = (item((count - number) * 60, "[ساختگی] تازه") for number in range(count))
        self._pages.world.publish(self._channel_id, *drafts)

    def hide(self) -> None:
        self._pages.world.set_private(self._channel_id)

    def fail(self, trouble: Trouble) -> None:
        self._pages.server.fail(self.faults[trouble], times=100)

    def heal(self) -> None:
        self._pages.server.heal()
        self._pages.now += HOUR


class TelegramScene(Scene):
    platform = Platform.TELEGRAM
    handle = "generated_ministry"
    not_public: ClassVar = {"generated_person": OutcomeKind.NOT_PUBLIC, "generated_group": OutcomeKind.NOT_PUBLIC}
    secret = API_HASH
    now = telegram_rehearsal.NOW
    faults: ClassVar = {Trouble.RATE_LIMITED: flood_wait(30), Trouble.DROPPED: DROPPED, Trouble.UNAUTHORISED: REVOKED}

    def __init__(self, rehearsing: Rehearsal) -> None:
        self._rehearsing = rehearsing
        self._channel_id = rehearsing.channel(POSTS, self.handle)
        rehearsing.channel(1, "generated_person", kind=PeerKind.USER)
        rehearsing.channel(1, "generated_group", kind=PeerKind.GROUP)

    def collector(self) -> Collector:
        return self._rehearsing.collector()

    def truth(self) -> tuple[Post, ...]:
        return self._rehearsing.world.posts(self._channel_id)

    def publish(self, count: int) -> None:
        drafts = (item((count - number) * 60, "[ساختگی] تازه") for number in range(count))
        self._rehearsing.world.publish(self._channel_id, *drafts)

    def hide(self) -> None:
        self._rehearsing.world.set_private(self._channel_id)

    def fail(self, trouble: Trouble) -> None:
        self._rehearsing.server.fail(self.faults[trouble], ENDPOINTS.timeline, FOREVER)

    def heal(self) -> None:
        self._rehearsing.server.recover()
        self._rehearsing.now += 30


@contextmanager
def _x(_folder: Path) -> Iterator[Scene]:
    with Stage(POSTS) as stage:
        yield XScene(stage)


@contextmanager
def _telegram(folder: Path) -> Iterator[Scene]:
    with rehearsal(folder) as rehearsing:
        yield TelegramScene(rehearsing)


@contextmanager
def _telegram_web(_folder: Path) -> Iterator[Scene]:
    with public_pages() as pages:
        yield TelegramWebScene(pages)


SCENES: Mapping[str, Callable[[Path], AbstractContextManager[Scene]]] = {
    "x": _x,
    "telegram": _telegram,
    "telegram_web": _telegram_web,
}
"""Every collector's scene; what it leaves on the disk goes into the folder."""
