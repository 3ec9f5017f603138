"""How many posts were edited or deleted since they were first read."""

from __future__ import annotations

from sqlalchemy import Connection

from tracker.store.dialect import driver_of

DELETED = "SELECT count(*) FROM post WHERE account_id = ? AND deleted_at IS NOT NULL"
EDITED = "SELECT count(DISTINCT post_id) FROM version WHERE account_id = ?"
ALL_DELETED = "SELECT account_id, count(*) FROM post WHERE deleted_at IS NOT NULL GROUP BY account_id"
ALL_EDITED = "SELECT account_id, count(DISTINCT post_id) FROM version GROUP BY account_id"
ALL_SET_ASIDE = "SELECT account_id, count(*) FROM set_aside JOIN visit ON visit.id = visit_id GROUP BY account_id"


def read_changes(connection: Connection, account_id: int) -> tuple[int, int]:
    """How many of an account's posts are known to be deleted, and of how many an earlier text is kept."""
    driver = driver_of(connection)
    deleted, edited = (driver.execute(question, (account_id,)).fetchone()[0] for question in (DELETED, EDITED))
    return deleted, edited


def read_all_changes(connection: Connection) -> tuple[dict[int, int], dict[int, int]]:
    """The same of all accounts, by their rows; without those of which there is none."""
    driver = driver_of(connection)
    return dict(driver.execute(ALL_DELETED)), dict(driver.execute(ALL_EDITED))


def read_all_set_aside(connection: Connection) -> dict[int, int]:
    """How many items of answers were not as we expect, by the accounts' rows; without those that have none."""
    return dict(driver_of(connection).execute(ALL_SET_ASIDE))
