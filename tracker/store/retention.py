"""Removing what the settings keep no longer, in the caller's transaction. What is freed is overwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from tracker.domain.instants import Instant, start_of_week
from tracker.domain.words import Protection
from tracker.store import evidence
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of

OLD_ANSWERS = "SELECT id FROM answer WHERE asked_at < ?"
OLD_TEXTS = "SELECT account_id, post_id FROM post WHERE text IS NOT NULL AND collected_at < ?"
DROP_TEXTS = (
    "UPDATE post SET text = NULL WHERE text IS NOT NULL AND collected_at < ?",
    "UPDATE version SET text = NULL WHERE text IS NOT NULL AND replaced_at < ?",
)
AT_RISK = f"SELECT id, subject FROM account WHERE protection = '{Protection.AT_RISK}'"
OF_WEEKS = {
    "week counts": "DELETE FROM week_count WHERE account_id = ?2 AND week < ?1",
    "counts": "DELETE FROM count WHERE account_id = ?2 AND since < ?1",
    "profile snapshots": "DELETE FROM profile WHERE account_id = ?2 AND taken_at < ?1",
    "visits": "DELETE FROM visit WHERE account_id = ?2 AND started_at < ?1 AND ended_at IS NOT NULL",
    "covered intervals": "DELETE FROM coverage WHERE account_id = ?2 AND until <= ?1",
    "holes": "DELETE FROM hole WHERE account_id = ?2 AND until <= ?1",
}
CUT = (
    # What is no longer known must not read as known and empty; nor is it to be read again.
    "UPDATE coverage SET since = ?1 WHERE account_id = ?2 AND since < ?1",
    "UPDATE hole SET since = ?1 WHERE account_id = ?2 AND (since IS NULL OR since < ?1)",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Before when what goes; None: it stays."""

    raw_answers: Instant | None = None
    texts: Instant | None = None
    at_risk_weeks: Instant | None = None
    """Weeks that began before the week which holds this go."""

    @property
    def answers(self) -> Instant | None:
        """Raw answers hold texts: they go with whichever goes first."""
        return max((limit for limit in (self.raw_answers, self.texts) if limit is not None), default=None)


def expire(
    connection: Connection, limits: Limits, zones: Mapping[str, str], default_zone: str, now: Instant
) -> Counter[str]:
    """Remove what is older than the limits; how much of what. `zones` gives the zone of each listed subject."""
    driver, gone = driver_of(connection), Counter[str]()
    if limits.answers is not None:
        old = [answer_id for (answer_id,) in driver.execute(OLD_ANSWERS, (limits.answers,))]
        evidence.release_answers(connection, Kind.EXPIRED, now, old, {"before": limits.answers} if old else None)
        gone["raw answers"] += driver.execute("DELETE FROM answer WHERE asked_at < ?", (limits.answers,)).rowcount
    if limits.texts is not None:
        _release_texts(connection, limits.texts, now)
        for statement in DROP_TEXTS:
            gone["texts"] += driver.execute(statement, (limits.texts,)).rowcount
    if limits.at_risk_weeks is not None:
        for account_id, subject in driver.execute(AT_RISK).fetchall():
            first = start_of_week(limits.at_risk_weeks, zones.get(subject, default_zone))
            before = gone["week counts"], gone["counts"]
            for name, statement in OF_WEEKS.items():
                gone[name] += driver.execute(statement, (first, account_id)).rowcount
            if (gone["week counts"], gone["counts"]) != before:
                evidence.reseal(connection, Kind.EXPIRED, None, account_id, [Kind.WEEKS, Kind.COUNTS])
            for statement in CUT:
                driver.execute(statement, (first, account_id))
    return +gone


def _release_texts(connection: Connection, before: Instant, now: Instant) -> None:
    """Let the run log say that texts go, and forget what it knows of their edits."""
    by_account: dict[int, list[int]] = {}
    for account_id, post_id in driver_of(connection).execute(OLD_TEXTS, (before,)):
        by_account.setdefault(account_id, []).append(post_id)
    if by_account:
        released = [
            number
            for account_id, post_ids in by_account.items()
            for number in evidence.cut(connection, Kind.EXPIRED, now, account_id, post_ids, whole=False)
        ]
        facts = {"texts": sum(map(len, by_account.values())), "before": before}
        evidence.release(connection, Kind.EXPIRED, now, released, facts)
