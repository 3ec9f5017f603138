"""What the ledger says of how each account is known."""

from __future__ import annotations

from pathlib import Path

from tests.store.making import NOW, listed, opened, page, post, the_account, write
from tracker.analysis.ground import Grounds, StoredHole
from tracker.domain.instants import DAY, HOUR
from tracker.domain.intervals import NEVER, span
from tracker.domain.records import End
from tracker.store.reader import Reader


def grounds_of(path: Path, *handles: str) -> list[Grounds]:
    reader = Reader(path)
    try:
        return reader.grounds([listed(handle, number) for number, handle in enumerate(handles, 1)])
    finally:
        reader.close()


def test_an_interrupted_walk_leaves_backfilled_time_and_a_hole_that_can_be_filled(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    with opened(path, listed("generated", 1)) as store:
        write(store, the_account(store), page(post(1, NOW - HOUR), cursor="below"))
    (known,) = grounds_of(path, "generated")
    assert (known.live, known.backfilled) == (NEVER, span(NOW - HOUR + 1, NOW))
    assert known.holes == (StoredHole(None, NOW - HOUR + 1, False),)


def test_a_hole_at_the_depth_limit_is_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    with opened(path, listed("generated", 1)) as store:
        write(store, the_account(store), page(post(1, NOW - HOUR), end=End.DEPTH_LIMIT))
    (known,) = grounds_of(path, "generated")
    assert known.holes == (StoredHole(None, NOW - HOUR + 1, True),)


def test_what_is_looked_at_after_the_last_look_is_live(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    with opened(path, listed("generated", 1)) as store:
        write(store, the_account(store), page(post(1, NOW - HOUR)))
        store.release()
        account = the_account(store, NOW + 2 * DAY)
        write(store, account, page(asked_at=NOW + 2 * DAY, end=End.KNOWN_GROUND))
    (known,) = grounds_of(path, "generated")
    assert (known.live, known.backfilled) == (span(NOW, NOW + 2 * DAY), span(NOW - HOUR, NOW))
    assert known.holes == ()


def test_an_account_that_the_database_does_not_know_has_no_ground(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    with opened(path, listed("generated", 1)):
        pass
    assert grounds_of(path, "generated", "another") == [Grounds(), Grounds()]
