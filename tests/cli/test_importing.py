"""`tracker import` as a user runs it. All names in the files are generated."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.archives.making import (
    BEGIN,
    OFFICIAL,
    TAKEN,
    document,
    gzipped,
    lines,
    post_id,
    telegram_chat,
    telegram_message,
    x_page,
    x_post,
)
from tests.cli.commands import TRACKER, tracker
from tests.cli.test_start import imported_by, running
from tests.store.making import rows
from tracker.domain.instants import HOUR
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld

HEAD = "subject,name,name_native,role,country,residence,protection,protection_reason,platform,handle,platform_id"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    config = tmp_path / "home" / "config"
    config.mkdir(parents=True)
    row = f"minister,Generated,,official,IR,,,,x,sample_minister,{OFFICIAL},,,"
    (config / "watchlist.csv").write_text(f"{HEAD},from,until,source\n{row}\n", "utf-8")
    head = "country,platform,kind,scope,starts,starts_precision,ends,ends_precision,note,source\n"
    (config / "restrictions.csv").write_text(head, "utf-8")
    return tmp_path / "home"


def database(home: Path) -> Path:
    return home / "data" / "tracker.db"


def test_it_says_what_became_of_every_file_as_a_table_and_as_json(home: Path, tmp_path: Path) -> None:
    pages = lines(tmp_path / "pages.jsonl", [x_page([x_post(number) for number in range(10)])])
    first = tracker("import", gzipped(pages), "--covers", "2022-10-01..2022-10-20", home=home)
    assert first.code == 0, first.err
    assert "pages.jsonl.gz" in first.out
    said = " ".join(first.out.split())
    assert "time from 2022-10-01 until 2022-10-20, that day excluded (UTC) is covered" in said
    assert "as `imported`" in said
    again = tracker("import", pages, "--json", home=home)
    (file,) = json.loads(again.out)["rows"]
    assert (file["posts"], file["new"], file["known"], file["format"]) == (10, 0, 10, "x_lines")
    coverage = tracker("report", "coverage", "--json", "--as-of", "2022-10-20", home=home)
    (row,) = json.loads(coverage.out)["rows"]
    assert row["imported"] == 1


def test_who_an_account_is_by_a_file_alone_is_told_with_what_to_do(home: Path, tmp_path: Path) -> None:
    watchlist = home / "config" / "watchlist.csv"
    path = lines(tmp_path / "pages.jsonl", [x_page([x_post(1)])])
    said = f"sample_minister is taken to be the account {OFFICIAL}, because pages.jsonl says so"
    assert said not in tracker("import", path, home=home).out, "the control: the watchlist has the number"
    database(home).unlink()
    assert tracker("db", "create", home=home).code == 0
    watchlist.write_text(watchlist.read_text("utf-8").replace(str(OFFICIAL), ""), "utf-8")
    page = x_page([x_post(1)], includes={"users": [{"id": str(OFFICIAL), "username": "sample_minister"}]})
    lines(path, [page])
    told = json.loads(tracker("import", path, "--json", home=home).out)
    assert any(note.startswith(said) for note in told["notes"])


def test_a_handle_that_a_file_gives_to_somebody_else_is_told(home: Path, tmp_path: Path) -> None:
    page = x_page([x_post(1, 5)], includes={"users": [{"id": "5", "username": "sample_minister"}]})
    told = json.loads(tracker("import", lines(tmp_path / "pages.jsonl", [page]), "--json", home=home).out)
    said = f"pages.jsonl says that sample_minister is the account 5, but the watchlist's is {OFFICIAL}"
    assert any(note.startswith(said) for note in told["notes"])


def test_what_was_not_understood_is_told_with_its_line_and_exit_code_3(home: Path, tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(1), {"id": "x"}, x_post(2)])
    ran = tracker("import", path, "--json", home=home)
    assert ran.code == 3
    told = json.loads(ran.out)["not_understood"]["rows"]
    assert [(row["file"], row["line"]) for row in told] == [("flat.jsonl", 2)]
    assert len(rows(database(home), "SELECT * FROM post")) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--covers", "2022"], "is no range"),
        (["--covers", "2022-10-02..2022-10-01"], "ends before"),
        (["--format", "html"], "there are x_lines"),
        (["--zone", "Tehran"], "IANA name"),
        (["--map", "post_id"], "names no column"),
        (["--map", "nonsense=id"], "no field 'nonsense'"),
        (["--taken-at", "yesterday"], "is no date"),
        (["--taken-at", "2099-01-01"], "has not come yet"),
        (["--covers", "2098-01-01..2099-01-01"], "lies in the future"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(home: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(1)])
    ran = tracker("import", path, *arguments, home=home)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_mapping_can_stand_in_a_file(home: Path, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('post_id = "nr"\nposted_at = "when"\n', "utf-8")
    (tmp_path / "own.csv").write_text(f"nr,when\n{post_id(1)},{BEGIN + HOUR}\n", "utf-8")
    ran = tracker(
        "import", tmp_path / "own.csv", "--map", tmp_path / "map.toml", "--account", "@Sample_Minister", home=home
    )
    assert ran.code == 0, ran.err
    assert rows(database(home), "SELECT post_id, posted_at FROM post") == [(post_id(1), BEGIN + HOUR)]


def test_a_file_that_cannot_be_read_is_refused_in_one_line(home: Path, tmp_path: Path) -> None:
    (tmp_path / "what.json").write_text("[1]", "utf-8")
    ran = tracker("import", tmp_path / "what.json", home=home)
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_killed_again_and_again_it_has_every_post_once(home: Path, tmp_path: Path) -> None:
    taken_at = BEGIN + 15_000 * HOUR
    pages = [
        x_page([x_post(number) for number in range(first, first + 100)], taken_at) for first in range(0, 15_000, 100)
    ]
    path = lines(tmp_path / "pages.jsonl", pages)
    chance, killed = random.Random(5), 0
    for _ in range(3):
        process = subprocess.Popen(
            [TRACKER, "--home", home, "import", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + chance.uniform(0.7, 1.5)
        while process.poll() is None and time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    ran = tracker("import", path, home=home)
    assert ran.code == 0, ran.err
    assert killed
    found = rows(database(home), "SELECT post_id, posted_at FROM post ORDER BY post_id")
    assert found == [(post_id(number), BEGIN + number * HOUR) for number in range(15_000)]
    assert rows(database(home), "SELECT count(*) FROM metric") == [(15_000,)]
    assert rows(database(home), "PRAGMA integrity_check") == [("ok",)]


def test_importing_pages_gives_what_collecting_the_same_posts_gives(home: Path, tmp_path: Path) -> None:
    import requests

    world = XWorld()
    world.add_account(XAccount(OFFICIAL, "sample_minister", "Generated", BEGIN, 10, 2))
    for number in range(250):
        world.publish(OFFICIAL, BEGIN + number * HOUR, f"[ساختگی] generated {number}")
    with XServer(world) as server:
        fields = "author_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,note_tweet"
        asked = {"max_results": "100", "tweet.fields": f"{fields},public_metrics,referenced_tweets,withheld"}
        pages: list[object] = []
        while len(pages) < 3:
            answer = requests.get(
                f"{server.url}/2/users/{OFFICIAL}/tweets",
                asked,
                headers={"Authorization": f"Bearer {BEARER_TOKEN}"},
                timeout=10,
            ).json()
            pages.append(answer)
            asked["pagination_token"] = answer["meta"].get("next_token", "")
        path = lines(tmp_path / "pages.jsonl", pages)
        settings = home / "config" / "settings.toml"
        assert tracker("import", path, "--taken-at", "2022-10-25", home=home).code == 0
        posts = "SELECT post_id, version_id, posted_at, kind, text, lang, ref_post_id, ref_author_id FROM post"
        counters = "SELECT post_id, likes, reposts, replies, quotes, bookmarks, views FROM metric"
        imported = [rows(database(home), f"{what} ORDER BY post_id") for what in (posts, counters)]
        database(home).unlink()
        assert tracker("db", "create", home=home).code == 0
        settings.write_text(f'[x]\napi_url = "{server.url}"\nretries = 0\n', "utf-8")
        ran = tracker("collect", home=home, TRACKER_X_BEARER_TOKEN=BEARER_TOKEN)
        assert ran.code == 0, ran.err
    assert imported == [rows(database(home), f"{what} ORDER BY post_id") for what in (posts, counters)]
    assert len(imported[0]) == 250


def test_a_large_export_of_telegram_takes_little_memory(home: Path, tmp_path: Path) -> None:
    """A bound that a reader passes which has the whole of this small file in memory, as objects."""
    document(tmp_path / "small.json", telegram_chat([telegram_message(1)]))
    large = document(
        tmp_path / "large.json", telegram_chat([telegram_message(n, text="x" * 3000) for n in range(1, 9001)])
    )
    peaks = [peak_kilobytes(home, path) for path in (tmp_path / "small.json", large)]
    assert peaks[1] - peaks[0] < 25_000, peaks


def peak_kilobytes(home: Path, path: Path) -> int:
    """The most memory that an import of the file takes."""
    code = f"""
import sys
sys.argv = ["tracker", "--home", {str(home)!r}, "import", {str(path)!r}, "--json"]
from tracker.cli.main import app
try:
    app()
except SystemExit as left:
    assert not left.code, left.code
from scripts.benches.export import peak_kilobytes
print(peak_kilobytes())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1])


def test_help_imports_no_heavy_library() -> None:
    assert imported_by(running("import", "--help")) == set()


def test_taken_at_is_when_counters_count(home: Path, tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(1)])
    assert tracker("import", path, "--taken-at", "2022-10-20", home=home).code == 0
    assert rows(database(home), "SELECT taken_at FROM metric") == [(TAKEN,)]
