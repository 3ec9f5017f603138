"""Imports into a real database: what is kept, what is not, what is proved, and that twice is once."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.archives.making import (
    BEGIN,
    MINISTER,
    NOW,
    OFFICIAL,
    OTHER,
    REPORTER,
    STATE_CHANNEL,
    TAKEN,
    Base,
    document,
    lines,
    post_id,
    telegram_chat,
    telegram_message,
    truth,
    x_page,
    x_post,
)
from tests.store.making import listed, post, rows
from tracker.analysis.ground import Grounds
from tracker.collectors.x_answers import X_BEGAN
from tracker.config.settings import RefreshSettings
from tracker.domain.instants import DAY, HOUR, WEEK, from_iso
from tracker.domain.intervals import span
from tracker.domain.words import Protection
from tracker.runtime import importing
from tracker.store import ledger, pages
from tracker.store.imports import FileKey, Seen
from tracker.store.reader import Reader
from tracker.store.store import Store

WEEKS = span(from_iso("2022-10-02T20:30:00Z"), from_iso("2022-10-16T20:30:00Z"))
"""Two whole weeks in Tehran."""


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path, MINISTER, STATE_CHANNEL)


def test_what_is_imported_is_what_was_generated_and_a_second_time_changes_nothing(base: Base, tmp_path: Path) -> None:
    path = lines(
        tmp_path / "pages.jsonl", [x_page([x_post(n) for n in range(50 * p, 50 * p + 50)]) for p in range(4)]
    )
    first = base.bring_in(path)
    assert base.posts() == truth(range(200))
    assert (first.files[0].new, first.files[0].known, first.not_understood) == (200, 0, 0)
    assert base.rows("SELECT count(*), min(taken_at), max(taken_at) FROM metric") == [(200, TAKEN, TAKEN)]
    before = base.everything()
    again = base.bring_in(path)
    assert (again.files[0].new, again.files[0].known) == (0, 200)
    assert base.everything() == before


def test_whole_posts_of_listed_accounts_that_came_along_are_kept_and_prove_nothing(
    base: Base, tmp_path: Path
) -> None:
    base.watch(MINISTER, REPORTER, listed("quoting", 102))
    assert REPORTER.platform_id is not None
    bare = {key: value for key, value in x_post(12).items() if key not in ("created_at", "public_metrics")}
    reposted = x_post(13, referenced_tweets=[{"type": "retweeted", "id": "1"}])
    beside = [x_post(11), bare, reposted, x_post(14, OTHER), x_post(15, REPORTER.platform_id), x_post(1, 102)]
    page = x_page([x_post(n, 102) for n in (1, 2)], includes={"tweets": beside})
    path = lines(tmp_path / "pages.jsonl", [page])
    outcome = base.bring_in(path, covers=WEEKS)
    assert base.rows("SELECT post_id FROM post ORDER BY post_id") == [(post_id(n),) for n in (1, 2, 11)]
    (file,) = outcome.files
    assert (file.posts, file.not_listed, file.at_risk, file.not_understood) == (4, 0, 0, 0)
    assert base.rows("SELECT DISTINCT listed_handle FROM coverage JOIN account ON account.id = account_id") == [
        ("quoting",)
    ]
    assert base.rows("SELECT taken_at, likes FROM metric WHERE post_id = (SELECT max(post_id) FROM post)") == [
        (TAKEN, 11)
    ]
    before = base.everything()
    base.bring_in(path, covers=WEEKS)
    assert base.everything() == before


def test_what_came_along_of_an_account_that_is_known_by_its_handle_only_is_kept_too(
    base: Base, tmp_path: Path
) -> None:
    base.watch(MINISTER, listed("Sample_Outlet"), listed("at_risk", protection=Protection.AT_RISK))
    users = [{"id": str(number), "username": name} for number, name in ((102, "sample_outlet"), (103, "AT_RISK"))]
    with_names = x_page([x_post(1)], includes={"tweets": [x_post(2, 102), x_post(3, 103)], "users": users})
    without = x_page([x_post(4)], includes={"tweets": [x_post(5, 102), x_post(6, 103)]})
    path = lines(tmp_path / "pages.jsonl", [with_names, without])
    outcome = base.bring_in(path, covers=WEEKS)
    found = base.rows("SELECT platform_id, post_id FROM account JOIN post ON account_id = id ORDER BY 2")
    assert found == [(OFFICIAL, post_id(1)), (102, post_id(2)), (OFFICIAL, post_id(4)), (102, post_id(5))]
    assert outcome.taken_to_be == (("Sample_Outlet", 102, "pages.jsonl"),)
    assert (outcome.accounts, outcome.covered) == (1, 1)
    before = base.everything()
    again = base.bring_in(path, covers=WEEKS)
    assert (again.files[0].known, base.everything()) == (4, before)


def test_of_people_at_risk_nothing_that_came_along_is_kept_under_whatever_handle(base: Base, tmp_path: Path) -> None:
    base.watch(MINISTER, REPORTER, listed("sample_outlet"))
    assert REPORTER.platform_id is not None
    renamed = [{"id": str(REPORTER.platform_id), "username": "sample_outlet"}]
    page = x_page([x_post(1)], includes={"tweets": [x_post(2, REPORTER.platform_id)], "users": renamed})
    base.bring_in(lines(tmp_path / "pages.jsonl", [page]))
    assert base.posts() == truth(range(1, 2))
    with closing(Store(base.path)) as store:  # whoever asks for it
        (at_risk,) = [row for (row,) in base.rows("SELECT id FROM account WHERE protection = 'at_risk'")]
        store.begin_import(FileKey("0" * 64, "f", "x_lines", 1, ""), NOW)
        assert store.write_imported("0" * 64, 1, {at_risk: {TAKEN: [post(post_id(3), BEGIN, "said")]}}, NOW) == 0
    assert base.posts() == truth(range(1, 2))


def test_what_came_along_of_a_listed_account_and_makes_no_sense_is_told(base: Base, tmp_path: Path) -> None:
    base.watch(MINISTER, listed("quoting", 102))
    strange = [x_post(1, created_at="yesterday"), x_post(2, created_at="1970-01-01T00:00:00Z")]
    others = [x_post(3, OTHER, created_at="yesterday"), {"id": "1", "text": "deleted"}]
    page = x_page([x_post(4, 102)], includes={"tweets": [*strange, *others, x_post(5)]})
    (file,) = base.bring_in(lines(tmp_path / "pages.jsonl", [page])).files
    assert [(puzzle.place, "[ساختگی]" in puzzle.reason) for puzzle in file.puzzles] == [(1, False), (1, False)]
    assert (file.not_understood, file.posts, file.new) == (2, 2, 2)


def test_a_number_is_taken_for_a_handle_from_the_page_on_that_says_both(base: Base, tmp_path: Path) -> None:
    base.watch(listed("sample_outlet"))
    users = {"users": [{"id": "102", "username": "sample_outlet"}]}
    made = [x_page([x_post(1, 102)]), x_page([x_post(2, 102)], includes=users), x_page([x_post(3, 102)])]
    (file,) = base.bring_in(lines(tmp_path / "pages.jsonl", made)).files
    assert (file.new, file.not_listed) == (2, 1)


def test_only_listed_accounts_are_taken_and_the_others_are_counted(base: Base, tmp_path: Path) -> None:
    users = [{"id": "102", "username": "Sample_Minister_2"}, {"id": str(OTHER), "username": "somebody"}]
    by_handle, off = listed("sample_minister_2"), listed("unconfirmed", 103, verified=False)
    base.watch(MINISTER, by_handle, off)
    page = x_page([x_post(1), x_post(2, 102), x_post(3, OTHER), x_post(4, 103)], includes={"users": users})
    outcome = base.bring_in(lines(tmp_path / "pages.jsonl", [page]))
    assert (outcome.files[0].new, outcome.files[0].not_listed, outcome.accounts) == (2, 2, 2)
    found = base.rows(
        "SELECT listed_handle, platform_id, post_id FROM account JOIN post ON account_id = id ORDER BY 3"
    )
    assert found == [("sample_minister", OFFICIAL, post_id(1)), ("sample_minister_2", 102, post_id(2))]


def test_a_handle_that_is_anothers_in_the_file_takes_nothing(base: Base, tmp_path: Path) -> None:
    users = [{"id": str(OTHER), "username": "sample_minister"}]
    outcome = base.bring_in(lines(tmp_path / "p.jsonl", [x_page([x_post(1, OTHER)], includes={"users": users})]))
    assert outcome.files[0].not_listed == 1
    assert base.posts() == []


def test_without_a_declaration_no_coverage_is_added(base: Base, tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(1)])
    assert base.bring_in(path).covered == 0
    assert base.rows("SELECT * FROM coverage") == []
    assert base.bring_in(path, covers=span(BEGIN, NOW + DAY)).covered == 1
    assert base.rows("SELECT since, until, how FROM coverage") == [(BEGIN, NOW, "imported")]


def test_a_file_covers_nothing_after_it_was_collected_nor_before_there_was_an_account(
    base: Base, tmp_path: Path
) -> None:
    path = lines(tmp_path / "page.jsonl", [x_page([x_post(1)])])
    outcome = base.bring_in(path, covers=span(0, NOW + DAY))
    assert base.rows("SELECT since, until FROM coverage") == [(X_BEGAN, TAKEN)]
    assert outcome.time == span(X_BEGAN, TAKEN)
    later = lines(tmp_path / "later.jsonl", [x_page([x_post(2)], TAKEN + 5 * DAY), x_page([x_post(3)], TAKEN + DAY)])
    base.bring_in(later, covers=span(0, NOW + DAY))
    assert base.rows("SELECT max(until) FROM coverage") == [(TAKEN + 5 * DAY,)]
    with closing(Store(base.path)) as store, store.transaction() as connection:
        connection.execute(text("UPDATE account SET created_at = :at"), {"at": BEGIN})
        connection.execute(text("DELETE FROM coverage"))
    base.bring_in(later, covers=span(0, NOW + DAY))
    assert base.rows("SELECT min(since) FROM coverage") == [(BEGIN,)]


def test_posts_whose_time_cannot_be_true_are_told_and_not_kept(base: Base, tmp_path: Path) -> None:
    def said(number: int, at: str) -> dict[str, object]:
        return x_post(number, created_at=at)

    after_it_was_taken = x_post(24 * 19)  # two days later than TAKEN
    id_of_another_time = said(2, "2021-01-01T00:00:00.000Z")
    in_the_future = said(3, "9999-12-31T23:59:59.000Z")
    id_of_before_2010 = x_post(4, id="21", edit_history_tweet_ids=["21"])
    page = x_page([x_post(1), after_it_was_taken, id_of_another_time, in_the_future, id_of_before_2010])
    (file,) = base.bring_in(lines(tmp_path / "page.jsonl", [page]), covers=WEEKS).files
    assert base.posts() == truth(range(1, 2))
    assert (file.new, file.not_understood) == (1, 4)
    assert sorted({puzzle.reason for puzzle in file.puzzles}) == [
        "it is dated after it was collected",
        "its id was given out at another time than it says",
    ]
    assert base.rows("SELECT * FROM coverage") == [], "nothing is complete then"
    again = base.bring_in(lines(tmp_path / "mended.jsonl", [x_page([x_post(n) for n in (1, 2, 3)])]))
    assert (again.files[0].new, again.files[0].known) == (2, 1)


def test_a_file_that_is_named_twice_is_read_once(base: Base, tmp_path: Path) -> None:
    path = lines(tmp_path / "page.jsonl", [x_page([x_post(1)])])
    (tmp_path / "link.jsonl").symlink_to(path)
    (tmp_path / "hard.jsonl").hardlink_to(path)
    outcome = base.bring_in(path, tmp_path / "link.jsonl", tmp_path / "hard.jsonl", path)
    assert [(file.name, file.new, file.resumed_after) for file in outcome.files] == [("page.jsonl", 1, 0)]


def test_where_something_was_not_understood_nothing_is_complete(base: Base, tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(1), {"id": "x"}])
    outcome = base.bring_in(path, covers=span(BEGIN, NOW))
    assert (outcome.not_understood, outcome.covered) == (1, 0)
    assert base.rows("SELECT * FROM coverage") == []


def test_an_own_look_counts_more_than_a_file(base: Base, tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(1)])
    base.bring_in(path, covers=span(BEGIN, BEGIN + 10 * DAY))
    with closing(Store(base.path)) as store, store.transaction() as connection:
        ledger.add_coverage(connection, 1, span(BEGIN + DAY, BEGIN + 2 * DAY), live_from=None)
    base.bring_in(path, covers=span(BEGIN, BEGIN + 10 * DAY))
    with closing(Reader(base.path)) as reader:
        (known,) = reader.grounds([MINISTER])
    middle = span(BEGIN + DAY, BEGIN + 2 * DAY)
    assert known == Grounds(backfilled=middle, imported=span(BEGIN, BEGIN + 10 * DAY) - middle)


def test_a_channels_export_covers_what_it_proves(base: Base, tmp_path: Path) -> None:
    messages = [telegram_message(number) for number in range(1, 101)]
    outcome = base.bring_in(document(tmp_path / "result.json", telegram_chat(messages)))
    assert (outcome.files[0].new, outcome.covered) == (100, 1)
    assert base.rows("SELECT since, until, how FROM coverage") == [(BEGIN + HOUR, BEGIN + 100 * HOUR, "imported")]
    assert base.rows("SELECT count(*) FROM metric") == [(0,)], (
        "the export does not say when its reactions were counted"
    )
    assert base.posts()[0][0] == 1


def test_an_older_snapshot_overwrites_no_newer_text_and_revives_no_deleted_one(base: Base, tmp_path: Path) -> None:
    base.bring_in(lines(tmp_path / "first.jsonl", [x_page([x_post(1), x_post(2), x_post(3)])]))
    with closing(Store(base.path)) as store, store.transaction() as connection:
        edited = post(post_id(1), BEGIN, "edited", version_id=post_id(9))
        pages.write_posts(connection, 1, (edited,), TAKEN + DAY)
        connection.execute(
            text("UPDATE post SET text = NULL, deleted_at = :at WHERE post_id = :id"), {"at": NOW, "id": post_id(2)}
        )
    before = base.everything()
    said = x_post(3, text="another text of unknown age")
    base.bring_in(lines(tmp_path / "first.jsonl", [x_page([x_post(1), x_post(2), said], None)]))
    base.bring_in(lines(tmp_path / "second.jsonl", [x_page([x_post(1), x_post(2), x_post(3)], TAKEN)]))
    assert base.everything() == before


def test_a_newer_edit_is_taken_over_and_the_former_text_kept(base: Base, tmp_path: Path) -> None:
    base.bring_in(lines(tmp_path / "first.jsonl", [x_page([x_post(1)])]))
    history = [str(post_id(1)), str(post_id(1) + 5)]
    edited = x_post(1, id=history[1], edit_history_tweet_ids=history, text="edited")
    base.bring_in(lines(tmp_path / "second.jsonl", [x_page([edited], None)]))
    assert base.rows("SELECT post_id, version_id, text FROM post") == [(post_id(1), post_id(1) + 5, "edited")]
    assert base.rows("SELECT text FROM version") == [("[ساختگی] generated 1",)]


def test_counters_without_a_time_are_kept_only_with_the_time_that_is_said(base: Base, tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(1)])
    base.bring_in(path)
    assert base.rows("SELECT * FROM metric") == []
    base.bring_in(path, taken_at=TAKEN)
    assert base.rows("SELECT taken_at, likes FROM metric") == [(TAKEN, 1)]


def test_young_posts_are_read_again_at_the_ages_that_are_still_to_come(base: Base, tmp_path: Path) -> None:
    made = {number: BEGIN + number * HOUR for number in (1, 25, 26, 48)}
    base.now = BEGIN + 49 * HOUR
    pages = [x_page([x_post(number) for number in made], base.now - 12 * HOUR)]  # a file may be older than the import
    path = lines(tmp_path / "pages.jsonl", [x_page([x_post(48)], None), *pages])
    base.config = replace(base.config, settings=replace(base.config.settings, refresh=RefreshSettings(ages=(DAY,))))
    base.bring_in(path)
    due = "SELECT post_id, refresh_at FROM post ORDER BY post_id"
    expected = [(1, None), (25, None), (26, made[26] + DAY), (48, made[48] + DAY)]
    assert base.rows(due) == [(post_id(number), at) for number, at in expected]
    base.now += 30 * HOUR
    base.bring_in(lines(tmp_path / "other.jsonl", [x_page([x_post(number) for number in made])]))
    assert base.rows(due) == [(post_id(number), at) for number, at in expected], "what is due stays due"


def test_a_post_that_was_imported_when_nothing_was_read_again_is_from_the_next_file_on(
    base: Base, tmp_path: Path
) -> None:
    base.now = BEGIN + 2 * HOUR
    path = lines(tmp_path / "pages.jsonl", [x_page([x_post(1), x_post(2)], base.now)])
    base.bring_in(path)
    with closing(Store(base.path)) as store, store.transaction() as connection:
        connection.execute(text("UPDATE post SET refresh_at = NULL"))
        connection.execute(text("UPDATE post SET deleted_at = 1 WHERE post_id = :id"), {"id": post_id(2)})
    base.bring_in(path)
    assert base.rows("SELECT refresh_at FROM post ORDER BY post_id") == [(BEGIN + HOUR + DAY,), (None,)]


def at_risk_posts() -> list[dict[str, object]]:
    return [x_post(number, 7_007, text="canary-قناری") for number in range(0, 20 * 24, 5)]


def test_of_people_at_risk_nothing_is_kept_without_whole_weeks_that_are_covered(tmp_path: Path) -> None:
    base = Base(tmp_path, REPORTER)
    path = lines(tmp_path / "flat.jsonl", at_risk_posts())
    outcome = base.bring_in(path)
    assert (outcome.files[0].at_risk, outcome.files[0].new, outcome.at_risk_counted) == (96, 0, 0)
    assert base.rows("SELECT * FROM week_count") + base.posts() + base.rows("SELECT * FROM coverage") == []
    base.bring_in(path, covers=span(BEGIN, BEGIN + WEEK))
    assert base.rows("SELECT * FROM coverage") == [], "the days are no whole week in Tehran"


def test_of_people_at_risk_whole_covered_weeks_are_counted_and_nothing_finer_is_on_the_disk(tmp_path: Path) -> None:
    base = Base(tmp_path, REPORTER)
    path = lines(tmp_path / "flat.jsonl", [*at_risk_posts(), *at_risk_posts()])
    declared = span(from_iso("2022-10-01T00:00:00Z"), from_iso("2022-10-20T00:00:00Z"))
    outcome = base.bring_in(path, covers=declared)
    weeks = dict(base.rows("SELECT week, sum(posts) FROM week_count GROUP BY week"))
    times = [BEGIN + number * HOUR for number in range(0, 20 * 24, 5)]
    begin = WEEKS.parts[0].since
    assert weeks == {since: sum(since <= time < since + WEEK for time in times) for since in (begin, begin + WEEK)}
    assert outcome.at_risk_counted == sum(weeks.values())
    assert base.rows("SELECT since, until, how FROM coverage") == [(*WEEKS.parts[0], "imported")]
    before = base.everything()
    assert base.bring_in(path, covers=declared).at_risk_counted == 0
    assert base.everything() == before
    on_disk = b"".join(file.read_bytes() for file in base.path.parent.iterdir())
    for needle in ("canary", "قناری", *(str(post_id(number)) for number in range(0, 480, 5))):
        assert needle.encode() not in on_disk


def test_who_becomes_at_risk_keeps_imported_weeks_as_imported(base: Base, tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(number) for number in range(20 * 24)])
    base.bring_in(path, covers=span(BEGIN - 3 * DAY, BEGIN + 17 * DAY))
    base.watch(listed("sample_minister", OFFICIAL, protection=Protection.AT_RISK))
    base.bring_in(lines(tmp_path / "other.jsonl", [x_post(1, OTHER)]))
    assert base.posts() == []
    assert base.rows("SELECT since, until, how FROM coverage") == [(*WEEKS.parts[0], "imported")]
    (whole,) = WEEKS.parts
    counted = sum(BEGIN + number * HOUR in WEEKS for number in range(20 * 24))
    assert base.rows("SELECT sum(posts), min(week) FROM week_count") == [(counted, whole.since)]


class BrokenOffError(Exception):
    pass


@pytest.mark.parametrize("batch", [1, 7, 40])
def test_broken_off_anywhere_it_goes_on_and_has_everything_once(
    base: Base, tmp_path: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", batch)
    path = lines(tmp_path / "pages.jsonl", [x_page([x_post(n) for n in range(5 * p, 5 * p + 5)]) for p in range(20)])
    for stop_at in range(1, 30, 3):
        seen = 0

        def stop(_name: str, _count: int, stop_at: int = stop_at) -> None:
            nonlocal seen
            seen += 1
            if seen == stop_at:
                raise BrokenOffError

        monkeypatch.setattr("tracker.archives.lines.BLOCK", 700)
        monkeypatch.setattr("tracker.archives.source.BLOCK", 700)
        with closing(Store(base.path)) as store:
            try:
                importer = importing.Importer(store, base.config, lambda: NOW, importing.Ask(), stop)
                importer.run([path])
                break
            except BrokenOffError:
                continue
    outcome = base.bring_in(path)
    assert base.posts() == truth(range(100))
    assert outcome.files[0].new + outcome.files[0].known <= 100
    assert rows(base.path, "SELECT done, ended_at FROM imported_file") == [(20, NOW)]


def test_what_was_not_understood_before_it_was_broken_off_is_told_by_who_goes_on(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    made: list[object] = [x_page([x_post(number)]) for number in range(20)]
    path = lines(tmp_path / "pages.jsonl", [*made[:5], x_post(5) | {"id": "x"}, *made[6:]])
    write = Store.write_imported

    def dying(store: Store, sha256: str, place: int, posts: dict[int, Seen], *rest: Any) -> int:
        if post_id(12) in {post.post_id for seen in posts.values() for some in seen.values() for post in some}:
            raise BrokenOffError
        return write(store, sha256, place, posts, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "write_imported", dying)
        with pytest.raises(BrokenOffError):
            base.bring_in(path)
    assert len(base.posts()) == 11
    (file,) = base.bring_in(path).files
    assert (file.resumed_after, file.not_understood, [puzzle.place for puzzle in file.puzzles]) == (5, 1, [6])
    assert (file.known, file.new, len(base.posts())) == (6, 8, 19)


def test_no_more_than_a_batch_is_in_memory(base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    write = Store.write_imported

    def watched(store: Store, sha256: str, place: int, posts: dict[int, Seen], *rest: Any) -> int:
        nonlocal most
        most = max(most, sum(len(some) for seen in posts.values() for some in seen.values()))
        return write(store, sha256, place, posts, *rest)

    monkeypatch.setattr(Store, "write_imported", watched)
    monkeypatch.setattr(importing, "BATCH", 100)
    base.bring_in(lines(tmp_path / "flat.jsonl", [x_post(number) for number in range(700)]))
    assert most == 100
    assert len(base.posts()) == 700
