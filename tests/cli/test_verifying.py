"""tracker verify."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import tracker
from tests.cli.test_complying import HEADER
from tests.runtime.authority import OPENSSL, authority, openssl


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("verifying") / "home"
    assert tracker("init", home).code == 0
    settings = 'platforms = ["x"]\n[time]\nclock_start = 2021-03-13T00:00:00Z\n[x]\napi_url = "sandbox"\n'
    (home / "config/settings.toml").write_text(settings, "utf-8")
    (home / "config/watchlist.csv").write_text(f"{HEADER}\none,One,,official,CN,,,,x,MFA_China,,,,\n", "utf-8")
    assert tracker("collect", home=home).code == 0
    return home


@pytest.fixture
def copy(home: Path, tmp_path: Path) -> Path:
    """A backup, as VACUUM INTO makes it."""
    with closing(sqlite3.connect(home / "data/tracker.db")) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
    return tmp_path / "backup.db"


def test_what_nobody_has_touched_is_as_it_was(home: Path) -> None:
    ran = tracker("verify", home=home)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "all is as it was"
    told = json.loads(tracker("verify", "--json", home=home).out)
    assert told["sound"] is True
    assert told["findings"] == []
    assert told["posts_compared"] > 10
    assert told["posts_not_compared"] == 0


def test_a_backup_holds_the_chain_and_what_is_wrong_with_it_is_named(home: Path, copy: Path) -> None:
    assert tracker("verify", "--database", copy).code == 0
    head = tracker("verify", "--head", home=home).out.strip()
    assert tracker("verify", "--database", copy, "--head").out.split()[1:] == head.split()[1:]
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE post SET text = 'never said' WHERE post_id = (SELECT max(post_id) FROM post)")
        connection.commit()
    ran = tracker("verify", "--database", copy)
    assert ran.code == 1
    assert "says what no answer says" in ran.out
    assert ran.out.splitlines()[-1] == "NOT as it was"
    assert tracker("verify", "--database", copy, "--without-posts").code == 0, "the control: the chain is whole"


def test_a_head_that_was_printed_is_looked_for(home: Path, copy: Path) -> None:
    head = tracker("verify", "--head", home=home).out.strip()
    day, number, digest = head.split()
    assert (day, len(digest)) == ("2021-03-13", 64)
    assert tracker("verify", "--against", head, home=home).code == 0
    pieces = " ".join(digest[place : place + 4] for place in range(0, 64, 4)).upper()
    assert tracker("verify", "--against", f"{day} {number}\n{pieces}", home=home).code == 0
    ran = tracker(
        "verify", "--against", f"{day} {number} {digest[:-1]}{'0' if digest[-1] != '0' else '1'}", home=home
    )
    assert ran.code == 1
    assert "is not in the chain" in ran.out
    ran = tracker("verify", "--against", f"{day} {int(number) + 1} {digest}", home=home)
    assert ran.code == 1
    assert "its end was cut off" in ran.out
    ran = tracker("verify", "--against", "nonsense", home=home)
    assert ran.code == 2
    assert ran.err.count("\n") == 1


@pytest.mark.skipif(OPENSSL is None, reason="NOT TESTED: there is no openssl to stamp with")
def test_a_head_is_stamped_and_a_stranger_verifies_it(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "head.txt"
    with authority(tmp_path / "authority") as tsa:
        ran = tracker("verify", "--stamp", file, "--stamp-url", tsa.url, home=home)
        assert ran.code == 0, ran.err
        assert file.read_text("ascii").strip() == tracker("verify", "--head", home=home).out.strip()
        done = openssl("ts", "-verify", "-data", file, "-in", f"{file}.tsr", "-CAfile", tsa.ca)
        assert b"Verification: OK" in done.stdout + done.stderr
        ran = tracker("verify", "--stamp", file, "--stamp-url", tsa.url, home=home)
        assert ran.code == 1
        assert "exists" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stamp", "f.txt"], "who stamps?"),
        (["--stamp", "f.txt", "--stamp-url", "http://example.org/tsr"], "unencrypted"),
        (["--stamp", "f.txt", "--stamp-url", "sandbox"], "stamps nothing"),
        (["--head", "--against", "x"], "--head only prints"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(home: Path, arguments: list[str], said: str) -> None:
    ran = tracker("verify", *arguments, home=home)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"never a database " * 500)
    ran = tracker("verify", "--database", bad)
    assert ran.code == 1
    assert "cannot be used as a database" in ran.err
    ran = tracker("verify", "--database", tmp_path / "none.db")
    assert ran.code == 1
    assert "does not exist" in ran.err
