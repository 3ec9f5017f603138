"""A subject becomes at risk, or is no longer: what goes, to the last byte, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.making import (
    BOTH,
    NOW,
    claim,
    keep_answers,
    listed,
    one,
    opened,
    page,
    post,
    profile,
    rows,
    settlement_of,
    sync,
    write,
)
from tracker.domain.coverage import Stretch, advance
from tracker.domain.instants import DAY, HOUR, WEEK, from_iso, start_of_week
from tracker.domain.intervals import Intervals
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Answer, Cost, SetAside, Spend
from tracker.domain.words import PostKind, Protection
from tracker.store.accounts import AccountState
from tracker.store.protect import whole_weeks
from tracker.store.store import Store

ZONE = "Asia/Tehran"
MONDAY = from_iso("2022-10-03T00:00:00+03:30")
BEFORE_SUMMER_ENDED = from_iso("2022-09-19T00:00:00+04:30")
"""The Monday a fortnight before, an hour earlier by UTC."""
CANARY, OTHER = "قناری-canary-text", "what the other one wrote"
NAMED, AT_RISK = listed("reporter", 7_000_000_007), listed("reporter", 7_000_000_007, protection=Protection.AT_RISK)
NEIGHBOUR = listed("ministry", 55)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """Two named accounts with two and a half weeks of posts each, twice a day, and all that comes along."""
    with opened(path, NAMED, NEIGHBOUR) as store:
        for account in claim(store):
            fill(store, account, OTHER if account.handle == "ministry" else CANARY)
        about = "GET /2/users?ids=55,7000000007", b'{"data":[{"id":"7000000007","username":"REPORTER"}]}'
        keep_answers(store, [Answer(*about), Answer("GET /2/users?ids=55", b'{"id":"55"}')], [1, 2])
        failed = "GET /2/users/by?usernames=ministry,reporter", b'{"errors":[{"detail":"suspended"}]}'
        keep_answers(store, [Answer(*failed)], [1, 2])
        store.release()
        yield store


def fill(store: Store, account: AccountState, text: str) -> None:
    store.identify(account.id, profile(account.platform_id or 0, account.handle, NOW, name=text, posts=4711))
    posts = [
        post(7_100_000_000 + number, NOW - number * 12 * HOUR, f"{text} {number}", kind=PostKind(number % 4))
        for number in range(1, 36)
    ]
    visit_id = store.begin_visit(account.id, NOW)
    answer = Answer(f"GET /2/users/{account.platform_id}/tweets", text.encode() * 40)
    write(store, account, page(*posts, answer=answer, set_aside=[SetAside(7_199_999_999, text)]), visit_id=visit_id)
    store.end_visit(account, visit_id, OutcomeKind.RENAMED, f"{text} is now another", NOW, NOW)


def everywhere(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def integer(number: int) -> bytes:
    """As SQLite stores an integer of this size."""
    return number.to_bytes(8 if number >= 2**47 else 6 if number >= 2**31 else 4, "big")


def test_whole_weeks_are_those_of_the_zone() -> None:
    sunday = MONDAY - DAY
    kept = whole_weeks(Intervals.of([(sunday, MONDAY + 15 * DAY)]), ZONE)
    assert kept.parts == ((MONDAY, MONDAY + 2 * WEEK),)
    assert whole_weeks(Intervals.of([(MONDAY, MONDAY + WEEK)]), ZONE).parts == ((MONDAY, MONDAY + WEEK),)
    assert not whole_weeks(Intervals.of([(MONDAY + 1, MONDAY + WEEK), (MONDAY + WEEK, MONDAY + 2 * WEEK - 1)]), ZONE)


def test_what_a_subject_wrote_is_gone_from_every_file_once_it_is_at_risk(store: Store, path: Path) -> None:
    before = everywhere(path)
    times = [one(path, "SELECT posted_at FROM post WHERE account_id = 1 AND post_id = 7100000005")]
    assert CANARY.encode() in before
    assert integer(7_100_000_005) in before
    sync(store, AT_RISK, NEIGHBOUR)
    after = everywhere(path)
    assert CANARY.encode() not in after
    assert OTHER.encode() in after
    for table in ("post", "metric", "profile"):
        assert rows(path, f"SELECT * FROM {table} WHERE account_id = 1") == []
        assert rows(path, f"SELECT * FROM {table} WHERE account_id = 2") != []
    assert one(path, "SELECT count(*) FROM set_aside") == 1
    assert rows(path, "SELECT request FROM answer ORDER BY id") == [
        ("GET /2/users/55/tweets",),
        ("GET /2/users?ids=55",),
    ]
    assert times == [NOW - 5 * 12 * HOUR]
    # Visits of a named account follow its own rhythm.
    assert rows(path, "SELECT * FROM visit WHERE account_id = 1 AND ended_at IS NOT NULL") == []


def test_no_id_and_no_time_of_a_post_is_left_in_any_file_once_its_subject_is_at_risk(tmp_path: Path) -> None:
    """Alone in the database, so that nothing else has these numbers."""
    path = tmp_path / "data" / "tracker.db"
    with opened(path, NAMED) as store:
        (account,) = claim(store)
        fill(store, account, CANARY)
        numbers = rows(path, "SELECT post_id, posted_at FROM post")
        assert all(integer(number) in everywhere(path) for row in numbers for number in row)
        sync(store, AT_RISK)
        after = everywhere(path)
        weeks = {week for (week,) in rows(path, "SELECT week FROM week_count")}
        edges = {edge for row in rows(path, "SELECT since, until FROM coverage") for edge in row}
        sums = {at for row in rows(path, "SELECT reserved_at, settled_at FROM ledger") for at in row}
        assert all(at % DAY == 0 for at in sums)
        left = [number for row in numbers for number in row if integer(number) in after]
        assert set(left) <= weeks | edges | sums


def test_the_counts_of_whole_covered_weeks_stay(store: Store, path: Path) -> None:
    truth: dict[tuple[int, int], int] = {}
    whole = {MONDAY - WEEK, BEFORE_SUMMER_ENDED}
    assert start_of_week(NOW - 35 * 12 * HOUR, ZONE) < BEFORE_SUMMER_ENDED
    for posted_at, kind in rows(path, "SELECT posted_at, kind FROM post WHERE account_id = 1"):
        week = start_of_week(posted_at, ZONE)
        if week in whole:
            truth[week, kind] = truth.get((week, kind), 0) + 1
    sync(store, AT_RISK, NEIGHBOUR)
    assert {
        (week, kind): count for week, kind, count in rows(path, "SELECT week, kind, posts FROM week_count")
    } == truth
    assert rows(path, "SELECT since, until FROM coverage WHERE account_id = 1") == [(BEFORE_SUMMER_ENDED, MONDAY)]
    assert rows(path, "SELECT mark, last_look_at, last_detail, handle FROM account WHERE id = 1") == [
        (None, None, None, "reporter")
    ]
    assert store.holes(1) == []


def test_the_neighbour_loses_nothing_that_was_its_own(store: Store, path: Path) -> None:
    own = [f"SELECT * FROM {table} WHERE account_id = 2" for table in ("post", "metric", "coverage", "visit")]
    before = [rows(path, question) for question in own]
    sync(store, AT_RISK, NEIGHBOUR)
    assert [rows(path, question) for question in own] == before


def test_a_subject_that_is_named_again_is_read_from_the_start(store: Store, path: Path) -> None:
    sync(store, AT_RISK, NEIGHBOUR)
    sync(store, NAMED, NEIGHBOUR)
    for table in ("week_count", "coverage", "hole"):
        assert rows(path, f"SELECT * FROM {table} WHERE account_id = 1") == []
    assert rows(path, "SELECT mark, last_look_at, next_visit_at FROM account WHERE id = 1") == [(None, None, 0)]


def test_listing_the_same_again_changes_nothing(store: Store, path: Path) -> None:
    sync(store, AT_RISK, NEIGHBOUR)
    counts = rows(path, "SELECT * FROM week_count"), rows(path, "SELECT * FROM coverage")
    sync(store, AT_RISK, NEIGHBOUR)
    assert (rows(path, "SELECT * FROM week_count"), rows(path, "SELECT * FROM coverage")) == counts


# A watchlist that changes in the middle of a visit


def test_a_page_that_comes_after_its_subject_is_at_risk_is_not_stored(store: Store, path: Path) -> None:
    account = claim(store)[0]
    sync(store, AT_RISK, NEIGHBOUR)
    coverage, posts = rows(path, "SELECT * FROM coverage"), one(path, "SELECT sum(posts) FROM ledger")
    visit_id = store.begin_visit(account.id, NOW)
    assert write(store, account, page(post(5, text=CANARY), asked_at=NOW + 1), visit_id=visit_id) is None
    assert CANARY.encode() not in everywhere(path)
    assert rows(path, "SELECT * FROM coverage") == coverage
    assert rows(path, "SELECT * FROM ledger WHERE account_id = 1") == []
    assert one(path, "SELECT sum(posts) FROM ledger") == posts + 1


def test_weeks_that_come_after_their_subject_is_named_are_not_counted(store: Store, path: Path) -> None:
    sync(store, AT_RISK, NEIGHBOUR)
    account = claim(store)[0]
    sync(store, NAMED, NEIGHBOUR)
    step = advance(Stretch(MONDAY), page(), MONDAY - WEEK)
    counts, visit_id = {MONDAY - WEEK: [1, 0, 0, 0]}, store.begin_visit(1, NOW)
    settlement = settlement_of(store, account, Cost(Spend(1, 1), 5000))
    written = store.write_weeks(account, visit_id, counts, page(), settlement, None, step, top=True, looked_at=MONDAY)
    assert written is None
    assert rows(path, "SELECT * FROM week_count") == []
    assert rows(path, "SELECT * FROM coverage WHERE account_id = 1") == []


def test_a_page_of_an_account_that_is_no_longer_listed_is_not_stored(store: Store, path: Path) -> None:
    account = claim(store)[0]
    sync(store, NEIGHBOUR)
    assert write(store, account, page(post(5), asked_at=NOW + 1)) is None
    assert rows(path, "SELECT * FROM post WHERE post_id = 5") == []


def test_what_is_said_at_the_end_of_a_visit_is_not_kept_of_a_subject_that_is_at_risk_by_then(
    store: Store, path: Path
) -> None:
    account = claim(store)[0]
    visit_id = store.begin_visit(account.id, NOW)
    sync(store, AT_RISK, NEIGHBOUR)
    store.end_visit(account, visit_id, OutcomeKind.RENAMED, CANARY, NOW, NOW + DAY)
    assert CANARY.encode() not in everywhere(path)


def test_of_an_at_risk_account_neither_name_nor_number_of_posts_nor_raw_profile_is_kept(
    store: Store, path: Path
) -> None:
    sync(store, AT_RISK, NEIGHBOUR)
    store.identify(1, profile(7_000_000_007, "reporter", NOW, name=CANARY))
    keep_answers(store, [Answer("GET /2/users", CANARY.encode())], [2, 1])
    assert rows(path, "SELECT name, followers, posts FROM profile WHERE account_id = 1") == [(None, 10, None)]
    assert rows(path, "SELECT * FROM answer WHERE request = 'GET /2/users'") == []
    assert CANARY.encode() not in everywhere(path)


def test_weeks_are_counted_anew_where_the_settings_name_another_zone(store: Store, path: Path) -> None:
    """Else two kinds of weeks would overlap, and a post be counted in both or in neither."""
    sync(store, AT_RISK, NEIGHBOUR)
    (account,) = [account for account in claim(store) if account.handle == "reporter"]
    with store.transaction() as connection:
        connection.exec_driver_sql("UPDATE account SET last_look_at = ?", (MONDAY,))
    store.sync([AT_RISK, NEIGHBOUR], BOTH, {"IR": ZONE})
    assert rows(path, "SELECT * FROM week_count") != []
    store.sync([AT_RISK, NEIGHBOUR], BOTH, {"IR": "UTC"})
    for table in ("week_count", "coverage"):
        assert rows(path, f"SELECT * FROM {table} WHERE account_id = ?", account.id) == []
    assert rows(path, "SELECT last_look_at FROM account ORDER BY id") == [(None,), (MONDAY,)]
    assert one(path, "SELECT count(*) FROM post") == 35
