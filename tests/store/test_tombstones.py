"""A forgotten post does not come back, by whichever way; the others do. All names are invented."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.forgettable import HANDLE, POSTS, config_of, filled
from tests.store.making import NOW, one, page, post, rows, write
from tracker.config.naming import named
from tracker.domain.coverage import Stretch
from tracker.domain.records import Answer
from tracker.runtime.forgetting import forget, plan
from tracker.store.cursors import Beside, moved
from tracker.store.imports import FileKey
from tracker.store.store import Store

GONE, TEXT = POSTS[20], "what nobody is to read again"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path, tmp_path: Path) -> Iterator[Store]:
    """One post of the account is forgotten."""
    config = config_of(tmp_path)
    with filled(path) as store:
        assert forget(store, config, plan(store, config, named(f"x:{HANDLE}/{GONE}")), NOW).is_clean
        yield store


def again(store: Store, *, forgotten: int = GONE) -> None:
    """The account is walked again, and the page holds the post."""
    (account,) = store.accounts_of([1])
    body = f'{{"data":[{{"id":"{forgotten}","text":"{TEXT}"}},{{"id":"9100000000000000777","text":"new"}}]}}'.encode()
    posts = [post(9_100_000_000_000_000_777, NOW + 5, "new"), post(forgotten, NOW - 9, TEXT)]
    stretch = Stretch(NOW + 10)
    write(
        store,
        account,
        page(*posts, answer=Answer("GET /again", body), cursor=f'{{"until_id":{forgotten}}}'),
        stretch=stretch,
    )


def test_a_walk_brings_it_back_neither_as_a_post_nor_in_an_answer_nor_in_a_cursor(store: Store, path: Path) -> None:
    again(store)
    assert one(path, "SELECT count(*) FROM post WHERE post_id = ?", GONE) == 0
    assert one(path, "SELECT count(*) FROM metric WHERE post_id = ?", GONE) == 0
    assert one(path, "SELECT count(*) FROM post WHERE text = 'new'") == 1
    ((body,),) = rows(path, "SELECT body FROM answer WHERE request = 'GET /again'")
    assert zlib.decompress(body) == b'{"data":[{"id":"9100000000000000777","text":"new"}]}'
    assert rows(path, "SELECT cursor FROM hole WHERE cursor LIKE ?", f"%{GONE}%") == []


def test_control_one_that_was_not_forgotten_is_stored(store: Store, path: Path) -> None:
    again(store, forgotten=9_100_000_000_000_000_555)
    assert one(path, "SELECT count(*) FROM post WHERE text = ?", TEXT) == 1


def test_a_file_does_not_bring_it_back(store: Store, path: Path) -> None:
    store.begin_import(FileKey("ab" * 32, "tweets.js", "x_archive", 1, "terms"), NOW)
    seen = [post(GONE, NOW - 9, TEXT), post(GONE + 500, NOW - 9, "imported")]
    store.write_imported("ab" * 32, 1, {1: {NOW: seen}}, NOW)
    assert one(path, "SELECT count(*) FROM post WHERE text = ?", TEXT) == 0
    assert one(path, "SELECT count(*) FROM post WHERE text = 'imported'") == 1


def test_the_database_does_not_say_which_post_it_was(store: Store, path: Path) -> None:
    kept = rows(path, "SELECT digest, what FROM forgotten")
    assert [(len(digest), what) for digest, what in kept] == [(16, "post")]
    assert str(GONE).encode() not in path.read_bytes()


def test_marks_go_down_and_cursors_up() -> None:
    gone = Beside(500, above=510, below=490)
    assert moved("500", gone) == "490"
    assert moved("501", gone) == "501"
    assert moved('{"below": 500, "mark": "700"}', gone) == '{"below": 510, "mark": "700"}'
    assert moved('{"below": 300, "mark": "500"}', gone) == '{"below": 300, "mark": "490"}'
    assert moved('{"until_id": 500, "token": "abc"}', gone) == '{"until_id": 510, "token": null}'
    assert moved('{"until_id": 500}', Beside(500, None, 490)) is None
    assert moved(None, gone) is None
