"""The first visit to an account of which files hold something already: what is paid for, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archives.making import lines
from tests.runtime.making import START, Stage, listed
from tracker.config.home import Config, Home
from tracker.domain.instants import DAY, HOUR, Instant, iso
from tracker.domain.intervals import NEVER, Intervals, span
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.subjects import Watchlist
from tracker.runtime.importing import Ask, Importer
from tracker.sandbox.x_faults import XFault

COVERED = START - 100 * HOUR
"""Until then the file holds everything; the account has a post an hour, the newest one an hour old."""
BEGINNING = START - 900 * DAY


def bring_in(stage: Stage, folder: Path, until: Instant, covers: Intervals, *, without: int = 0) -> list[int]:
    """Import the account's posts from before then, but for the oldest; their ids."""
    shown = sorted(stage.x.world.timeline(101), key=lambda post: post.post_id)
    posts = [post for post in shown if post.created_at < until][without:]
    whose = {"text": "said", "author_id": "101"}
    path = lines(
        folder / "posts.jsonl",
        [{"id": str(post.post_id), "created_at": iso(post.created_at), **whose} for post in posts],
    )
    config = Config(Home(folder), stage.settings, Watchlist((listed("example", 101),), "1"), (), (), (), ())
    Importer(stage.store, config, lambda: stage.now, Ask(covers=covers)).run([path])
    return [post.post_id for post in posts]


def coverage(stage: Stage) -> list[tuple[object, ...]]:
    return stage.rows("SELECT since, until, how FROM coverage ORDER BY since")


def test_what_files_hold_from_the_beginning_on_is_not_paid_for(stage: Stage, tmp_path: Path) -> None:
    ids = stage.x_account(101, "example", posts=300)
    stage.watch(listed("example", 101))
    known = bring_in(stage, tmp_path, COVERED, span(BEGINNING - DAY, COVERED))
    assert stage.visit().visits == {OutcomeKind.OK: 1}
    assert (sorted(stage.x.delivered), stage.stored(101)) == (ids[len(known) :], ids)
    assert [row[1:] for row in coverage(stage)] == [(COVERED, "imported"), (START, "backfilled")]
    new = stage.x.world.publish(101, START + HOUR, "new").post_id
    stage.visit(later=2 * DAY)
    assert stage.stored(101) == [*ids, new]
    assert stage.x.delivered[-1] == new
    assert len(stage.x.delivered) == len(set(stage.x.delivered))


def test_broken_off_above_it_the_walk_goes_on_down_to_it(stage: Stage, tmp_path: Path) -> None:
    ids = stage.x_account(101, "example", posts=400)
    stage.watch(listed("example", 101))
    covered = START - 250 * HOUR
    known = bring_in(stage, tmp_path, covered, span(BEGINNING - DAY, covered))
    stage.x.fail(XFault.DROPPED, 1, "/2/users/*/tweets", after=1)
    assert stage.visit().visits == {OutcomeKind.TRANSPORT: 1}
    stage.visit(later=DAY)
    assert (sorted(stage.x.delivered), stage.stored(101)) == (ids[len(known) :], ids)
    assert stage.rows("SELECT * FROM hole") == []
    assert [row[1:] for row in coverage(stage)[:2]] == [(covered, "imported"), (START, "backfilled")]


def test_where_nothing_was_posted_since_the_file_the_next_visit_pays_nothing_either(
    stage: Stage, tmp_path: Path
) -> None:
    ids = stage.x_account(101, "example", posts=150)
    stage.watch(listed("example", 101))
    assert bring_in(stage, tmp_path, START, span(BEGINNING - DAY, START)) == ids
    for _ in range(2):
        stage.visit(later=2 * DAY)
        assert stage.x.delivered == []


@pytest.mark.parametrize("case", ["not the beginning", "a gap", "nothing said"])
def test_what_files_do_not_hold_whole_is_walked_whole(stage: Stage, tmp_path: Path, case: str) -> None:
    ids = stage.x_account(101, "example", posts=300)
    stage.watch(listed("example", 101))
    whole = span(BEGINNING, COVERED)
    covers = {
        "not the beginning": span(START - 280 * HOUR, COVERED),
        "a gap": whole - span(START - 280 * HOUR, START - 270 * HOUR),
        "nothing said": NEVER,
    }[case]
    bring_in(stage, tmp_path, COVERED, covers, without=30)
    assert stage.visit().visits == {OutcomeKind.OK: 1}
    assert (stage.stored(101), sorted(stage.x.delivered)) == (ids, ids)
    assert [row[1:] for row in coverage(stage)] == [(START, "backfilled")]
