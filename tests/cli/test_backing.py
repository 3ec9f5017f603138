"""`tracker backup`, `restore` and `doctor` as somebody meets them who has never seen them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.archives.making import lines, x_post
from tests.cli.commands import tracker
from tests.runtime.forgettable import NUMBER
from tests.runtime.test_doctor import home as made
from tests.runtime.test_doctor import run
from tests.store.making import NOW
from tracker.config.home import Home
from tracker.domain.instants import iso
from tracker.runtime.lock import only_writer

home = made
TOKEN = {"TRACKER_X_BEARER_TOKEN": "sandbox-bearer-token"}


@pytest.fixture
def path(home: Home) -> Path:
    with home.settings.open("a") as file:
        file.write(f'[time]\nclock_start = "{iso(NOW)}"\n')
    return home.path


def test_a_backup_says_what_it_is_and_what_is_not_in_it(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    ran = tracker("backup", file, home=path)
    assert (ran.code, ran.err) == (0, "")
    wrote, verified, head, without = ran.out.splitlines()
    assert wrote.startswith(f"wrote {file}: ")
    assert wrote.endswith("3 accounts, 45 posts, schema 0005")
    assert verified == "verified: sound, every table has as many rows as the database"
    assert head == f"head: {tracker('verify', '--head', home=path).out.strip()}"
    assert without == "not in it: config/, data/audit.jsonl, data/telegram.session, credentials"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = tracker("backup", file, home=path)
    assert (again.code, again.out, again.err.count("\n")) == (2, "", 1)
    (path / "config" / "watchlist.csv").write_text("broken\n")
    forced = tracker("backup", file, "--force", "--json", home=path)
    assert forced.code == 0, "a broken watchlist is no reason to have no backup"
    assert json.loads(forced.out)["rows"]["post"] == 45
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_restoring_asks_and_can_be_read_by_a_script(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    assert tracker("backup", file, home=path).code == 0
    asked = tracker("restore", file, home=path)
    assert (asked.code, asked.err.count("\n")) == (2, 1)
    assert "sound, 3 accounts, 45 posts" in asked.out
    with only_writer(path / "data" / "tracker.lock"):
        assert tracker("restore", file, "--yes", home=path).code == 75
    assert not list((path / "data").glob("*.before-*"))
    done = tracker("restore", file, "--yes", "--json", home=path)
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert Path(said["aside"]).exists()
    assert (said["taken_over"]["requests"], said["not_taken_over"], said["forget_again"]) == (4, {}, [])
    run(file, "UPDATE alembic_version SET version_num = '9999'")
    newer = tracker("restore", file, "--yes", home=path)
    assert (newer.code, newer.err.count("\n")) == (78, 1)
    missing = tracker("restore", tmp_path / "none.db", "--yes", home=path)
    assert (missing.code, missing.err.count("\n")) == (2, 1)


def test_a_file_imported_after_the_backup_is_to_be_imported_again_until_it_is(path: Path, tmp_path: Path) -> None:
    before, backup = lines(tmp_path / "before.jsonl", [x_post(1, NUMBER)]), tmp_path / "a.db"
    late, rows = tmp_path / "late.jsonl", [x_post(2, NUMBER)]
    assert tracker("import", before, home=path).code == 0
    assert tracker("backup", backup, home=path).code == 0
    assert tracker("import", lines(late, rows), home=path).code == 0
    done = tracker("restore", backup, "--yes", home=path)
    assert done.code == 0, done.err
    assert [line for line in done.out.splitlines() if "import again" in line] == ["import again: late.jsonl"]

    def found() -> list[str]:
        lines = tracker("doctor", home=path, **TOKEN).out.splitlines()
        return [line for line in lines if line.startswith("BAD")]

    (said,) = found()
    assert "BAD restore: " in said
    assert said.endswith("import again late.jsonl")
    assert not list((path / "data").glob("*.before-*-*")), "a look leaves no file"
    as_json = json.loads(tracker("restore", backup, "--yes", "--json", home=path).out)
    assert as_json["import_again"] == [], "the control: nothing was imported since that restore"
    assert tracker("import", late, home=path).code == 0
    assert found() == []
    as_json = json.loads(tracker("restore", backup, "--yes", "--json", home=path).out)
    assert [file["name"] for file in as_json["import_again"]] == ["late.jsonl"]


def test_the_doctor_s_exit_code_tells_whether_a_start_would_help(path: Path) -> None:
    well = tracker("doctor", home=path, **TOKEN)
    assert well.code == 0, well.out
    assert well.out.startswith("healthy: ")
    run(path / "data" / "tracker.db", f"UPDATE account SET leased_until = {NOW + 999}")
    unwell = tracker("doctor", home=path, **TOKEN)
    assert unwell.code == 1
    assert unwell.out.splitlines()[1].startswith("BAD leases: ")
    wrong = tracker("doctor", "--json", home=path)
    assert wrong.code == 78
    said = json.loads(wrong.out)
    assert {sign["sign"] for sign in said["signs"] if not sign["well"]} == {"credential", "leases"}
    assert tracker("doctor", home=path / "none").code == 78


def test_a_folder_that_is_not_there_does_not_become_a_file(path: Path, tmp_path: Path) -> None:
    ran = tracker("backup", f"{tmp_path}/usb/", home=path)
    assert (ran.code, ran.err) == (
        2,
        f"tracker: there is no folder {tmp_path}/usb/; make it first, or is its disk not mounted?\n",
    )
    assert not (tmp_path / "usb").exists()
    (tmp_path / "usb").mkdir()
    assert tracker("backup", f"{tmp_path}/usb/", home=path).code == 0
    assert len(list((tmp_path / "usb").glob("tracker-*.db"))) == 1


@pytest.mark.parametrize(
    ("name", "code"), [("پشتیبان‌ها ۱۴۰۵.db", 0), ("a\nb.db", 2), ("a\x1b[31m.db", 2), ("\u202egpj.db", 2)]
)
def test_a_name_may_be_persian_and_commands_no_terminal(path: Path, tmp_path: Path, name: str, code: int) -> None:
    assert tracker("backup", tmp_path / name, home=path).code == code
    assert (tmp_path / name).exists() == (code == 0)
