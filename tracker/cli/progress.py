"""What a person sees of collecting: a progress bar on a terminal, plain lines anywhere else, a log for the daemon."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracker.domain.instants import Instant, iso
from tracker.domain.outcomes import SUCCESSES, OutcomeKind
from tracker.domain.wording import plural
from tracker.domain.words import Platform

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

AT_RISK = "(at risk)"
"""In place of the handle of an at-risk subject."""


@dataclass(slots=True)
class Totals:
    """Counts of one run, for its last line. An observer by itself, which says nothing."""

    accounts: int = 0
    failed: int = 0
    posts: int = 0
    requests: int = 0
    micros: int = 0
    at_risk: bool = False
    """Whether somebody at risk was visited: what that has cost is not in these figures."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def due(self, platform: Platform, accounts: int) -> None:
        pass

    def page(self, platform: Platform, posts_new: int) -> None:
        with self.lock:
            self.posts += posts_new

    def reads(self, platform: Platform, over: str) -> None:
        """Over what a platform is read that can be read in several ways."""

    def warned(self, platform: Platform, warning: str) -> None:
        pass

    def spent(self, platform: Platform, requests: int, micros: int) -> None:
        with self.lock:
            self.requests += requests
            self.micros += micros

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        with self.lock:
            self.accounts += 1
            self.failed += kind not in SUCCESSES
            self.at_risk |= not handle

    def stopped(self, platform: Platform, kind: OutcomeKind, detail: str, until: Instant | None) -> None:
        pass

    def untold(self, reason: str) -> None:
        pass

    def __str__(self) -> str:
        return (
            f"{plural(self.accounts, 'account')} visited ({self.failed:,} not in full), "
            f"{plural(self.posts, 'new post')}, {plural(self.requests, 'request')}, ${self.micros / 1_000_000:,.2f}"
        ) + ("; of people at risk only `tracker cost` tells what it cost" if self.at_risk else "")


def _said_of(platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> str:
    return f"{platform} {handle or AT_RISK}: {kind.replace('_', ' ')}" + (f": {detail}" if detail else "")


def _stop_said(platform: Platform, kind: OutcomeKind, detail: str, until: Instant | None) -> str:
    again = f"; goes on after {iso(until)}" if until is not None else ""
    return f"{platform}: {kind.replace('_', ' ')}: {detail}{again}"


@dataclass(slots=True)
class Lines(Totals):
    """Says each visit that did not go well, and each stop, as a line."""

    say: Callable[[str], None] = lambda _line: None
    warn: Callable[[str], None] | None = None
    """Where to say what did not go well; None: where everything is said."""
    every_visit: bool = False
    warnings: set[tuple[Platform, str]] = field(default_factory=set)

    def warned(self, platform: Platform, warning: str) -> None:
        """Each warning once in a run."""
        if (platform, warning) not in self.warnings:
            self.warnings.add((platform, warning))
            self._warn(f"{platform}: {warning}")

    def reads(self, platform: Platform, over: str) -> None:
        if (platform, over) not in self.warnings:  # the daemon opens a collector once to see whether it can
            self.warnings.add((platform, over))
            self.say(f"{platform}: {over}")

    def due(self, platform: Platform, accounts: int) -> None:
        self.say(f"{platform}: {plural(accounts, 'account')} due")

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        Totals.ended(self, platform, handle, kind, detail)
        if self.every_visit or kind is not OutcomeKind.OK:
            tell = self.say if kind in {*SUCCESSES, OutcomeKind.RATE_LIMITED} else self._warn
            tell(_said_of(platform, handle, kind, detail))

    def stopped(self, platform: Platform, kind: OutcomeKind, detail: str, until: Instant | None) -> None:
        tell = self.say if kind is OutcomeKind.RATE_LIMITED else self._warn
        tell(_stop_said(platform, kind, detail, until))

    def untold(self, reason: str) -> None:
        self._warn(f"alerts: {reason}")

    def _warn(self, line: str) -> None:
        (self.warn or self.say)(line)


@dataclass(slots=True)
class Bars(Lines):
    """A progress bar for each platform, with what went wrong above it."""

    progress: Progress | None = None
    tasks: dict[Platform, TaskID] = field(default_factory=dict)

    def due(self, platform: Platform, accounts: int) -> None:
        assert self.progress is not None
        with self.lock:
            if platform in self.tasks:
                task = self.progress.tasks[self.tasks[platform]]
                self.progress.update(task.id, total=task.completed + accounts)
            else:
                self.tasks[platform] = self.progress.add_task(str(platform), total=accounts)

    def ended(self, platform: Platform, handle: str, kind: OutcomeKind, detail: str) -> None:
        assert self.progress is not None
        Lines.ended(self, platform, handle, kind, detail)
        self.progress.advance(self.tasks[platform])


@contextmanager
def watching(*, quiet: bool = False) -> Iterator[Totals]:
    """An observer fit for where the output goes: bars on a terminal, lines in a pipe, nothing if `quiet`."""
    import sys

    import typer

    if quiet:
        yield Totals()
    elif not sys.stderr.isatty():
        yield Lines(say=lambda line: typer.echo(line, err=True))
    else:
        with _bars() as bars:
            yield bars


@contextmanager
def _bars() -> Iterator[Bars]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.text import Text

    class TotalsColumn(ProgressColumn):
        """New posts, requests and cost so far, all platforms together."""

        def render(self, task: Task) -> Text:
            return Text(f"{bars.posts:,} new posts · {bars.requests:,} requests · ${bars.micros / 1e6:,.2f}")

    console = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("accounts ·"),
        TotalsColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    bars = Bars(say=lambda line: progress.console.print(Text(line)), progress=progress)
    with progress:
        yield bars


@contextmanager
def copying(size: int) -> Iterator[Callable[[int], None]]:
    """Whom to tell how much of so many bytes is copied; it shows on a terminal, and not in a pipe."""
    import sys

    def say(what: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{what:<40}\r")
            sys.stderr.flush()

    try:
        say("copying and verifying …")
        yield lambda count: say(f"copied {count / 1e6:,.0f} of about {size / 1e6:,.0f} MB")
    finally:
        say("")
