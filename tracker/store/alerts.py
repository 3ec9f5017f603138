"""What somebody was told of an account, so that nothing is told twice."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upserting

from tracker.domain.instants import Instant
from tracker.store.tables import Alert

alerts = Alert.metadata.tables["alert"]


class Told(NamedTuple):
    """The last change of a track, and when somebody was told of it; None: nobody yet."""

    verdict: str
    told_at: Instant | None


def read(connection: Connection, account_id: int) -> dict[str, Told]:
    """The last changes of an account, by track."""
    rows = connection.execute(
        select(alerts.c.track, alerts.c.verdict, alerts.c.told_at).where(alerts.c.account_id == account_id)
    )
    return {track: Told(verdict, told_at) for track, verdict, told_at in rows}


def untold(connection: Connection) -> list[int]:
    """The accounts with a change that nobody was told of."""
    question = select(alerts.c.account_id).where(alerts.c.told_at.is_(None)).distinct().order_by(alerts.c.account_id)
    return list(connection.execute(question).scalars())


def put(
    connection: Connection,
    account_id: int,
    track: str,
    verdict: str,
    since: Instant | None,
    told_at: Instant | None,
) -> None:
    """Remember the last change of a track."""
    values = {"verdict": verdict, "since": since, "told_at": told_at}
    connection.execute(
        upserting(alerts)
        .values(account_id=account_id, track=track, **values)
        .on_conflict_do_update(index_elements=["account_id", "track"], set_=values)
    )


def forget(connection: Connection, account_id: int) -> None:
    """Remember nothing of the account."""
    connection.execute(delete(alerts).where(alerts.c.account_id == account_id))
