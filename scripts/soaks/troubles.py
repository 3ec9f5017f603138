"""What goes wrong in a long run, by name. Each is an order that takes effect at once and is over by itself soon."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from itertools import product

from scripts.soaks.stage import X_NAMED, Stage
from tracker.sandbox.relay import LineFault, Relay
from tracker.sandbox.telegram_server import (
    DROPPED,
    INTERNAL,
    PRIVATE,
    REVOKED,
    SILENCE,
    UNKNOWN_KEY,
    UNKNOWN_TYPE,
    flood_wait,
)
from tracker.sandbox.telegram_web import WebFault
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_world import XState

Trouble = Callable[[], None]
LONG_STOPS = frozenset({XFault.MONTHLY_CAP, XFault.SPEND_CAP})
"""After these nothing is asked of X until the next month."""
LIMIT = 2
"""Seconds of a limit or a delay."""
GARBLED = frozenset({XFault.MALFORMED_ID, XFault.MALFORMED_METRICS})


def troubles(stage: Stage, chance: random.Random) -> dict[str, Trouble]:
    """Everything that can be ordered, but for what happens to the daemon's process."""
    return dict([*_of_x(stage, chance), *_of_telegram(stage), *_of_pages(stage), *_of_lines(stage, chance)])


def _of_x(stage: Stage, chance: random.Random) -> Iterator[tuple[str, Trouble]]:
    for fault in XFault:
        if fault in LONG_STOPS:
            continue  # ordered together with the leap into the next month
        seconds = LIMIT if fault in (XFault.RATE_LIMITED, XFault.SLOW) else None

        def order(fault: XFault = fault, seconds: int | None = seconds) -> None:
            # What is garbled is set aside; of people at risk that would leave no trace to excuse it by.
            path = f"/2/users/{chance.choice(X_NAMED)}/tweets" if fault in GARBLED else None
            stage.x.fail(fault, chance.randint(1, 3), path, seconds=seconds)

        yield f"X: {fault}", order

    def suspend() -> None:
        account = chance.choice(X_NAMED)
        stage.x_world.set_state(account, chance.choice((XState.SUSPENDED, XState.PROTECTED)))
        _later(3.0, lambda: stage.x_world.set_state(account, XState.ACTIVE))

    def delete_newest() -> None:
        account = chance.choice(X_NAMED)
        with stage.changing:
            newest = stage.x_world.newest(account)
            if newest is not None:
                stage.x_world.delete(newest)

    yield "X: account suspended or protected", suspend
    yield "X: newest post deleted", delete_newest
    yield "X: tokens forgotten", stage.x.expire_tokens


def _of_telegram(stage: Stage) -> Iterator[tuple[str, Trouble]]:
    errors = {
        "flood wait": flood_wait(LIMIT),
        "dropped": DROPPED,
        "silence": SILENCE,
        "unknown key": UNKNOWN_KEY,
        "unknown type": UNKNOWN_TYPE,
        "internal": INTERNAL,
        "channel private": PRIVATE,
        "session revoked": REVOKED,
    }
    for name, error in errors.items():
        method = "messages.getHistory" if error is PRIVATE else None
        yield f"Telegram: {name}", lambda error=error, method=method: stage.telegram.fail(error, method)  # type: ignore[misc]  # defaults of a lambda have no types
    yield "Telegram: connections dropped", stage.telegram.drop_connections


def _of_pages(stage: Stage) -> Iterator[tuple[str, Trouble]]:
    for fault in WebFault:
        seconds = LIMIT if fault in (WebFault.RATE_LIMITED, WebFault.SLOW) else None

        def order(fault: WebFault = fault, seconds: int | None = seconds) -> None:
            # The pages are asked where the login is refused.
            stage.telegram.fail(REVOKED)
            stage.pages.fail(fault, seconds=seconds)

        yield f"pages: {fault}", order


def _of_lines(stage: Stage, chance: random.Random) -> Iterator[tuple[str, Trouble]]:
    lines = {"X": stage.x_line, "Telegram": stage.telegram_line, "pages": stage.pages_line}
    for (name, line), fault in product(lines.items(), LineFault):

        def order(line: Relay = line, fault: LineFault = fault) -> None:
            line.fail(fault, after=chance.choice((0, 1, 15, 200, 5_000)), times=chance.randint(1, 2), seconds=0.05)
            _later(1.0 if fault is LineFault.REFUSED else 4.0, line.heal)

        yield f"line to {name}: {fault}", order


def _later(seconds: float, then: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, then)
    timer.daemon = True
    timer.start()
