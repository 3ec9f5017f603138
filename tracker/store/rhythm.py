"""What the visiting policy has to know of accounts: when they published of late, and when they were watched."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection

from tracker.analysis.visiting import Seen
from tracker.domain.instants import Instant
from tracker.domain.words import Mode, Platform, Protection
from tracker.store import ledger
from tracker.store.dialect import driver_of

# Answered by the covering index alone.
TIMES = "SELECT posted_at FROM post WHERE account_id = ? AND posted_at >= ? ORDER BY posted_at"
VISITED = "SELECT id FROM account WHERE platform = ? AND collected = 1 AND protection = ? AND mode = ?"


def read_seen(connection: Connection, account_id: int, since: Instant) -> Seen:
    """What is known of an account since then; nothing of an at-risk one, of which no post has a row."""
    times = driver_of(connection).execute(TIMES, (account_id, since))
    return Seen(np.fromiter((time for (time,) in times), np.int64), ledger.read_coverage(connection, account_id))


def read_all_seen(connection: Connection, platform: Platform, since: Instant) -> list[Seen]:
    """The same of every account of a platform that is visited for its posts and by its own rhythm."""
    rows = driver_of(connection).execute(VISITED, (str(platform), str(Protection.NAMED), str(Mode.POSTS)))
    return [read_seen(connection, account_id, since) for (account_id,) in rows.fetchall()]
