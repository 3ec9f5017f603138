"""Forgetting, and its proof; each part of the proof with a control that shows it can fail. All names are invented."""

from __future__ import annotations

import gzip
import shutil
import signal
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.runtime.forgettable import (
    CANARY,
    HANDLE,
    NAME,
    NUMBER,
    POSTS,
    claim_of,
    config_of,
    everywhere,
    filled,
    number_bytes,
)
from tests.store.making import NOW, keep_answers, one, page, post, rows, write
from tracker.config.home import Config
from tracker.config.naming import named
from tracker.domain.errors import UsageError
from tracker.domain.instants import iso
from tracker.domain.records import Answer
from tracker.reports.files import writing_part
from tracker.reports.forgetting import as_json, told
from tracker.runtime import presence
from tracker.runtime.audit import AUDIT, Deed, entries, record
from tracker.runtime.backup import announce, make
from tracker.runtime.forgetting import Step, forget, plan
from tracker.store.dialect import Erasure
from tracker.store.proof import Proof
from tracker.store.store import Store


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return config_of(tmp_path)


@pytest.fixture
def path(config: Config) -> Path:
    return config.home.database(config.settings)


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with filled(path) as store:
        yield store


def forgotten(store: Store, config: Config, what: str) -> Proof:
    return forget(store, config, plan(store, config, named(what)), NOW)


@pytest.mark.parametrize(
    "what", [f"x:{HANDLE}", f"x:{NUMBER}", f"https://x.com/{HANDLE}", f"subject-of-{HANDLE}", HANDLE]
)
def test_an_account_leaves_no_byte_behind(store: Store, config: Config, path: Path, what: str) -> None:
    before = everywhere(path)
    traces = [CANARY.encode(), HANDLE.encode(), NAME.encode(), str(NUMBER).encode()]
    traces += [number_bytes(NUMBER), number_bytes(POSTS[3])]
    assert all(trace in before for trace in traces)
    proof = forgotten(store, config, what)
    assert proof.is_clean, (proof.left, proof.of_others)
    assert proof.removed.rows["post"] == len(POSTS)
    after = everywhere(path)
    assert [trace for trace in traces if trace in after] == []
    assert one(path, "SELECT count(*) FROM account") == 2
    assert one(path, "SELECT count(*) FROM post") == 5, "the neighbours keep theirs"


def test_it_is_cut_out_of_the_rows_and_answers_of_others(store: Store, config: Config, path: Path) -> None:
    proof = forgotten(store, config, f"x:{HANDLE}")
    assert proof.removed.unlinked_posts == 3
    assert proof.removed.cut_answers == 2
    theirs = "SELECT post_id, kind, text, ref_post_id, ref_author_id FROM post WHERE account_id = 2 ORDER BY 1"
    assert rows(path, theirs) == [
        (9_200_000_000_000_000_001, 2, None, None, None),
        (9_200_000_000_000_000_002, 3, "a quote in the neighbour's own words", None, None),
        (9_200_000_000_000_000_003, 1, "a reply", None, None),
        (9_200_000_000_000_000_004, 0, "of nobody else", None, None),
    ]
    bodies = [zlib.decompress(body) for (body,) in rows(path, "SELECT body FROM answer")]
    assert bodies, "the neighbour's answers stay"
    assert not any(HANDLE.encode() in body or str(NUMBER).encode() in body for body in bodies)
    assert any(b"of nobody else" in body for body in bodies)
    requests = [request for (request,) in rows(path, "SELECT request FROM answer")]
    assert "GET /2/users?ids=55000000055,-" in requests


def test_a_request_that_asks_for_several_by_name_or_id_asks_for_it_no_more(
    store: Store, config: Config, path: Path
) -> None:
    asked = f"GET /2/users/by?usernames=ministry%2C{HANDLE}%2C{HANDLE}_fans&ids=55000000055%2C{NUMBER}%2C{NUMBER}1"
    keep_answers(store, [Answer(asked, b'{"errors":[]}')], [2])
    proof = forgotten(store, config, f"x:{HANDLE}")
    requests = [request for (request,) in rows(path, "SELECT request FROM answer")]
    assert f"GET /2/users/by?usernames=ministry%2C-%2C{HANDLE}_fans&ids=55000000055%2C-%2C{NUMBER}1" in requests
    assert proof.is_clean
    assert dict(proof.of_others) == dict.fromkeys(("account id", "handle"), ("answer.request",))


def test_control_a_request_that_still_asks_for_it_is_found(store: Store, config: Config, path: Path) -> None:
    planned = plan(store, config, named(f"x:{HANDLE}"))
    left = f"GET /2/users/by?usernames=ministry%2C{HANDLE}"

    def too_late(step: Step) -> None:
        if step is Step.REMOVED:
            keep_answers(store, [Answer(left, b'{"errors":[]}')], [2])

    proof = forget(store, config, planned, NOW, told=too_late)
    assert not proof.is_clean
    assert proof.left[path]["handle"] == 1


def test_a_handle_that_another_account_bears_too_is_no_trace_of_the_forgotten(
    store: Store, config: Config, path: Path
) -> None:
    keep_answers(store, [Answer("GET /2/users/by?usernames=quiet_reeds%2Cministry", b'{"errors":[]}')], [2])
    assert forgotten(store, config, "telegram:quiet_reeds").is_clean
    assert forgotten(store, config, "x:ministry").is_clean
    assert rows(path, "SELECT request FROM answer WHERE request LIKE '%usernames%'") == [
        ("GET /2/users/by?usernames=quiet_reeds%2C-",)
    ]


def test_a_name_that_nobody_has_is_looked_for_and_not_called_proved(store: Store, config: Config) -> None:
    proof = forgotten(store, config, "x:nobody_of_this_name")
    assert proof.is_clean
    assert [line for line in told(proof) if "proved" in line] == []
    assert any("is the name right?" in line for line in told(proof))
    assert any(line.startswith("proved") for line in told(forgotten(store, config, f"x:{HANDLE}")))


def test_the_money_stays_counted_and_nobody_is_named_by_it(store: Store, config: Config, path: Path) -> None:
    spent = one(path, "SELECT sum(cost) FROM ledger")
    forgotten(store, config, f"x:{HANDLE}")
    assert one(path, "SELECT sum(cost) FROM ledger") == spent
    assert rows(path, "SELECT * FROM ledger WHERE account_id = 1") == []


def test_a_post_goes_and_the_account_stays(store: Store, config: Config, path: Path) -> None:
    newest = max(POSTS)
    assert one(path, "SELECT mark FROM account WHERE id = 1") == str(newest)
    proof = forgotten(store, config, f"x:{HANDLE}/{newest}")
    assert proof.is_clean, (proof.left, proof.of_others)
    assert str(newest).encode() not in everywhere(path)
    assert number_bytes(newest) not in everywhere(path)
    assert one(path, "SELECT count(*) FROM post WHERE account_id = 1") == len(POSTS) - 1
    assert one(path, "SELECT mark FROM account WHERE id = 1") == str(sorted(POSTS)[-2])


def test_what_is_forgotten_twice_is_proved_twice(store: Store, config: Config, path: Path) -> None:
    post = f"https://x.com/i/web/status/{POSTS[2]}"
    for what in (post, post, f"x:{HANDLE}", f"x:{HANDLE}"):
        assert forgotten(store, config, what).is_clean
    with pytest.raises(UsageError, match="nobody in the watchlist"):
        plan(store, config, named("somebody-unknown"))
    with pytest.raises(UsageError, match="no post x:"):
        plan(store, config, named(f"x:{HANDLE}/123456789012"))


def test_a_name_that_two_bear_is_refused_with_what_to_write(store: Store, config: Config) -> None:
    with store.transaction() as connection:
        connection.exec_driver_sql("UPDATE account SET handle = ? WHERE id = 2", (HANDLE,))
    with pytest.raises(UsageError, match=rf"may be .*x:{NUMBER}.*x:55000000055"):
        plan(store, config, named(f"x:{HANDLE}"))


# Controls: each part of the proof can fail


def test_control_a_copy_in_another_file_is_found(store: Store, config: Config) -> None:
    stray = config.home.data / "notes" / "stray.txt"
    stray.parent.mkdir()
    stray.write_text(f"remember: {CANARY} 0 , and more", "utf-8")
    proof = forgotten(store, config, f"x:{HANDLE}")
    assert not proof.is_clean
    assert dict(proof.left[stray.resolve()])["text"] > 0
    stray.unlink()
    assert forgotten(store, config, f"x:{HANDLE}").is_clean


def test_control_a_copy_in_a_free_page_is_found(store: Store, config: Config, path: Path) -> None:
    """Rows deleted without secure delete: only the search of bytes sees them."""
    with store.transaction() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("PRAGMA secure_delete = OFF").fetchall()
    planned = plan(store, config, named(f"x:{HANDLE}"))
    store.erase = lambda: _checkpoint_only(path)  # type: ignore[method-assign]
    proof = forget(store, config, planned, NOW)
    assert not proof.erasure.secure_delete
    assert dict(proof.left[path.resolve()])["text"] > 0
    del store.erase
    assert not proof.is_clean


def _checkpoint_only(path: Path) -> Erasure:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        ((free,),) = connection.execute("PRAGMA freelist_count").fetchall()
    return Erasure(False, False, free)


def test_control_a_copy_in_the_log_is_found(store: Store, config: Config, path: Path) -> None:
    planned = plan(store, config, named(f"x:{HANDLE}"))
    store.erase = lambda: Erasure(False, True, 0)  # type: ignore[method-assign]
    proof = forget(store, config, planned, NOW)
    assert path.with_name(path.name + "-wal").resolve() in proof.left
    del store.erase


READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM post").fetchall()
print("reading", flush=True)
sys.stdin.readline()
"""


def test_an_open_reader_is_named_and_once_it_is_gone_the_same_command_proves_it(
    store: Store, config: Config, path: Path
) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert reader.stdout.readline() == "reading\n"
        proof = forgotten(store, config, f"x:{HANDLE}")
        assert not proof.is_clean
        assert proof.erasure.busy
        assert [str(reader.pid) in said for said in proof.readers] == [True]
    finally:
        reader.communicate("\n")
    assert forgotten(store, config, f"x:{HANDLE}").is_clean
    assert CANARY.encode() not in everywhere(path)


# Killed anywhere

DYING = """
import os, signal, sys
from pathlib import Path
from tests.runtime.forgettable import config_of
from tests.store.making import NOW
from tracker.config.naming import named
from tracker.runtime.forgetting import forget, plan
from tracker.store.store import Store

home, what, point = sys.argv[1:]
config = config_of(Path(home))
store = Store(config.home.database(config.settings))

def told(step):
    if step == point:
        os.kill(os.getpid(), signal.SIGKILL)

forget(store, config, plan(store, config, named(what)), NOW, told=told)
"""


@pytest.mark.parametrize("point", list(Step))
@pytest.mark.parametrize("what", [HANDLE, f"subject-of-{HANDLE}", f"x:{HANDLE}/{POSTS[1]}"])
def test_killed_after_any_step_the_same_command_finishes_it(tmp_path: Path, what: str, point: Step) -> None:
    config = config_of(tmp_path)
    path = config.home.database(config.settings)
    with filled(path):
        pass
    died = subprocess.run([sys.executable, "-c", DYING, str(tmp_path), what, point], check=False, cwd=Path.cwd())
    assert died.returncode == -signal.SIGKILL
    with closing(Store(path)) as store:
        proof = forgotten(store, config, what)
        assert proof.is_clean, (proof.left, proof.of_others)
        assert rows(path, "SELECT * FROM forgotten WHERE what = 'begun'") == []
    gone = CANARY if "/" not in what else str(POSTS[1])
    assert gone.encode() not in everywhere(path)


# Begun, not proved, and done again: what was said is no longer known by then


def stray_in(config: Config) -> Path:
    """A note in the data folder that repeats what the account said."""
    stray = config.home.data / "notes" / "stray.txt"
    stray.parent.mkdir()
    stray.write_text(f"remember: {CANARY} 0 , and more", "utf-8")
    return stray


@pytest.mark.parametrize("again", [f"x:{HANDLE}", "x:ministry", f"https://x.com/i/web/status/{9_200 * 10**15 + 4}"])
def test_what_can_be_searched_for_no_more_is_proved_once_no_other_file_could_hold_it(
    store: Store, config: Config, path: Path, again: str
) -> None:
    """Whatever is forgotten next: the text is still there, and nobody knows what to look for."""
    stray = stray_in(config)
    assert stray in forgotten(store, config, f"x:{HANDLE}").left
    for _ in range(2):
        later = forgotten(store, config, again)
        assert (later.is_clean, later.could_hold) == (False, (stray,))
        lines = list(told(later))
        assert [line for line in lines if line.startswith(f"COULD HOLD IT: {stray} ")]
        assert lines[-1] == "not proved"
        assert (as_json(later)["proved"], as_json(later)["could_hold"]) == (False, [str(stray)])
        assert rows(path, "SELECT * FROM forgotten WHERE what = 'begun'")
    stray.rename(config.home.path / "stray.txt")
    proof = forgotten(store, config, again)
    assert proof.is_clean
    assert "was gone from the database before" in list(told(proof))[-1]
    assert as_json(proof)["no_longer_known"] is True
    assert rows(path, "SELECT * FROM forgotten WHERE what = 'begun'") == []


class _KilledError(Exception):
    """Nothing is done any more."""


def test_a_run_that_was_broken_off_before_its_search_leaves_no_file_unaccounted_for(
    store: Store, config: Config
) -> None:
    stray = stray_in(config)

    def die(step: Step) -> None:
        if step is Step.REMOVED:
            raise _KilledError

    with suppress(_KilledError):
        forget(store, config, plan(store, config, named(f"x:{HANDLE}")), NOW, told=die)
    assert forgotten(store, config, f"x:{HANDLE}").could_hold == (stray,)


def test_a_post_that_was_forgotten_long_ago_is_not_proved_beside_a_file_nobody_can_search(
    store: Store, config: Config
) -> None:
    post = f"https://x.com/i/web/status/{POSTS[2]}"
    assert forgotten(store, config, post).is_clean
    stray = stray_in(config)
    assert forgotten(store, config, post).could_hold == (stray,)


def test_the_tracker_s_own_files_hold_no_words_and_may_stay(store: Store, config: Config) -> None:
    home, stray = config.home, stray_in(config)
    assert not forgotten(store, config, f"x:{HANDLE}").is_clean
    stray.unlink()
    presence.note(home)
    sandbox = home.data / "sandbox"
    sandbox.mkdir()
    names = ("tracker.lock", "pulse.json", ".pulse.json.part", "telegram.session", "telegram.session-journal")
    for own in (*(home.data / name for name in names), sandbox / "telegram.session", sandbox / "telegram.pem"):
        own.write_bytes(b"own")
    assert forgotten(store, config, f"x:{HANDLE}").is_clean


# What cannot be searched, or not searched for


def test_a_packed_file_that_may_hold_it_is_named(store: Store, config: Config) -> None:
    packed = config.home.data / "posts.csv.gz"
    packed.write_bytes(gzip.compress(f"{CANARY} 0 ".encode()))
    proof = forgotten(store, config, f"x:{HANDLE}")
    assert (proof.is_clean, dict(proof.packed), proof.left) == (False, {packed: "gzip"}, {})
    assert any(line.startswith(f"NOT SEARCHED: {packed} is packed (gzip)") for line in told(proof))
    assert as_json(proof)["packed"] == {str(packed): "gzip"}


def test_what_is_too_short_is_counted_and_where_all_is_no_other_file_may_be_there(
    store: Store, config: Config
) -> None:
    write(store, claim_of(store, "quiet_reeds"), page(post(5, NOW, "short")))
    stray = config.home.data / "stray.txt"
    stray.write_text("he said: short", "utf-8")
    proof = forgotten(store, config, "x:quiet_reeds/5")
    assert dict(proof.too_common) == {"post id": 1, "text": 1}
    assert any("too short to be told" in line and "1 of text" in line for line in told(proof))
    assert (proof.searched, proof.could_hold, proof.is_clean) == ({}, (stray,), False)
    assert as_json(proof)["too_short"] == {"post id": 1, "text": 1}


# What may still hold it


def test_exports_and_backups_that_may_hold_it_are_listed(store: Store, config: Config, tmp_path: Path) -> None:
    data, there = config.home.data, tmp_path / "posts.csv"
    there.touch()
    record(data, Deed.EXPORT, NOW, kind="posts", path=str(there), platform=None)
    record(data, Deed.EXPORT, NOW, kind="posts", path="/gone.csv", platform="telegram")
    record(data, Deed.EXPORT, NOW, kind="posts", path="/early.csv", platform="x", until="2020-01-01T00:00:00Z")
    record(data, Deed.BACKUP, NOW, path="/backup.db")
    of_post = forgotten(store, config, f"x:{HANDLE}/{POSTS[0]}").holders
    assert [(held.path, held.exists) for held in of_post] == [(str(there), True), ("/backup.db", False)]
    of_account = forgotten(store, config, f"x:{HANDLE}").holders
    assert [held.path for held in of_account] == [str(there), "/early.csv", "/backup.db"]


def test_an_export_that_holds_a_repost_of_it_is_listed(store: Store, config: Config, tmp_path: Path) -> None:
    """The post is of NOW, the repost that repeats it is stored as of four seconds before."""
    for name, until in (("repost.csv", NOW - 2), ("neither.csv", NOW - 4)):
        facts = {"kind": "posts", "platform": "x", "until": iso(until)}
        record(config.home.data, Deed.EXPORT, NOW, path=str(tmp_path / name), **facts)
    held = forgotten(store, config, f"x:{HANDLE}/{max(POSTS)}").holders
    assert [one.path for one in held] == [str(tmp_path / "repost.csv")]


def test_a_line_of_the_audit_log_that_is_not_understood_is_told_and_stops_nothing(
    store: Store, config: Config
) -> None:
    record(config.home.data, Deed.BACKUP, NOW, path="/backup.db")
    with (config.home.data / AUDIT).open("a", encoding="ascii") as file:
        file.write('{"at": "2022-10-05T12:00:00Z", "what": "backup", "path": ["a"]}\n')
    proof = forgotten(store, config, f"x:{HANDLE}")
    assert (proof.is_clean, [one.path for one in proof.holders], proof.damaged) == (True, ["/backup.db"], 1)
    assert any("1 line of the audit log cannot be understood" in line for line in told(proof))


def test_a_backup_that_a_kill_has_left_half_written_is_listed(store: Store, config: Config, tmp_path: Path) -> None:
    target = tmp_path / "back[up].db"
    announce(config.home.data, target, NOW)
    with suppress(KeyboardInterrupt), writing_part(target) as part:
        make(config.home.database(config.settings), part)
        half = shutil.copy(part, part.with_name(f".{target.name}.killed.part"))
        raise KeyboardInterrupt
    held = forgotten(store, config, f"x:{HANDLE}").holders
    assert [(one.what, one.path, one.exists) for one in held] == [
        ("backup", str(target), False),
        ("half backup", str(half), True),
    ]


def test_the_audit_log_says_how_many_and_never_who(store: Store, config: Config) -> None:
    forgotten(store, config, f"x:{HANDLE}")
    begun, proved = entries(config.home.data, Deed.FORGET)
    assert begun.facts == {"step": "begun", "scope": "account", "accounts": 1, "posts": len(POSTS)}
    assert proved.facts == {"step": "proved", "scope": "account"}
