"""Once a day, what the settings keep no longer goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tracker.config.home import Config
from tracker.domain.instants import Instant
from tracker.runtime import audit
from tracker.runtime.audit import Deed
from tracker.store import retention, tombstones
from tracker.store.retention import Limits
from tracker.store.store import Store

UNTOLD = "week counts"
"""There is one only for a week with posts: how many go would say how often people at risk have posted."""


class _UndoneError(Exception):
    """Takes a transaction back that was only tried."""


def told(gone: Mapping[str, int]) -> str:
    """As `1,204 texts, the week counts`."""
    words = (f"the {what}" if what == UNTOLD else f"{count:,} {what}" for what, count in gone.items())
    return ", ".join(words) or "nothing"


def limits_of(config: Config, now: Instant) -> Limits:
    """Before when what goes."""
    kept = config.settings.retention

    def before(seconds: int | None) -> Instant | None:
        return None if seconds is None else now - seconds

    return Limits(before(kept.raw_answers), before(kept.texts), before(kept.at_risk_weeks))


def expiring(store: Store, config: Config, zones: Mapping[str, str], now: Instant) -> Counter[str]:
    """What `expire` would remove now; nothing is."""
    gone = Counter[str]()
    try:
        with store.transaction() as connection:
            gone = retention.expire(connection, limits_of(config, now), zones, config.settings.default_zone, now)
            raise _UndoneError
    except _UndoneError:
        return gone


def expire(store: Store, config: Config, zones: Mapping[str, str], now: Instant) -> Counter[str]:
    """Remove what is kept no longer, from the database's log too; how much of what. `zones`: of each subject.

    A forgetting that was broken off is finished here as well, but for its proof.
    """
    with store.transaction() as connection:
        gone = retention.expire(connection, limits_of(config, now), zones, config.settings.default_zone, now)
        begun = tombstones.is_begun(connection)
    if gone:
        facts = {name.replace(" ", "_"): count if name != UNTOLD else True for name, count in gone.items()}
        audit.record(config.home.data, Deed.FORGET, now, step="expired", **facts)
    if begun:
        store.erase()
    elif gone:
        store.empty_log()
    return gone
