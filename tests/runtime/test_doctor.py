"""Each thing that the doctor finds, made to happen; and a healthy home, in which it finds none."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import tracker_as_others
from tests.runtime.forgettable import HANDLE, NUMBER, filled
from tests.sandbox.telegram_rehearsal import server_key
from tests.store.making import NOW, one
from tracker.collectors.registry import Source
from tracker.config.home import Config, Home, load
from tracker.domain.instants import DAY, HOUR, Instant, iso
from tracker.domain.words import Platform
from tracker.runtime import audit, backup, presence
from tracker.runtime.audit import Deed
from tracker.runtime.clock import system_clock
from tracker.runtime.doctor import look, look_outside, python_sign, sqlite_signs
from tracker.runtime.health import Sign, disk_sign
from tracker.runtime.open_readers import is_open
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.telegram_world import World
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XWorld

COLUMNS = (
    "subject,name,name_native,role,country,residence,protection,protection_reason,"
    "platform,handle,platform_id,mode,from,until,source"
)
TOKEN = {"TRACKER_X_BEARER_TOKEN": BEARER_TOKEN}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that collected an hour ago."""
    home = Home(tmp_path / "home")
    home.config.mkdir(parents=True)
    home.watchlist.write_text(f"{COLUMNS}\ns,Generated,,official,IR,,,,x,{HANDLE},{NUMBER},,,,\n", "utf-8")
    head = "country,platform,kind,scope,starts,starts_precision,ends,ends_precision,note,source\n"
    home.restrictions.write_text(head, "utf-8")
    home.settings.write_text('[zones]\nIR = "Asia/Tehran"\n', "utf-8")
    with filled(home.data / "tracker.db"):
        pass
    return home


@pytest.fixture
def path(home: Home) -> Path:
    return home.data / "tracker.db"


def signs(home: Home) -> list[Sign]:
    return look(home, TOKEN, lambda: NOW, NOW)


def bad(found: list[Sign]) -> list[tuple[str, str]]:
    return [(sign.name, sign.says) for sign in found if not sign.well]


def test_in_a_healthy_home_there_is_nothing_to_find(home: Home) -> None:
    """The control of all others."""
    found = signs(home)
    assert bad(found) == []
    looked_at = {sign.name for sign in found}
    assert looked_at >= {"python", "sqlite", "configuration", "permissions", "lock", "proxy", "credential", "disk"}
    assert looked_at >= {"database", "log", "clock", "backup", "accounts", "answers", "daemon"}


def test_nor_is_there_in_a_home_that_has_collected_nothing_yet(home: Home) -> None:
    shutil.rmtree(home.data)
    assert bad(signs(home)) == []


def test_what_a_restore_has_brought_back_is_told_until_it_is_forgotten_again(home: Home) -> None:
    restored = {"step": "done", "path": "/backup.db", "aside": None, "back": 2}
    audit.record(home.data, Deed.RESTORE, NOW - HOUR, **restored)
    ((where, said),) = bad(signs(home))
    assert (where, said.startswith("what 2 forgettings removed is back")) == ("restore", True)
    for accounts, left in ((1, 1), (0, 1), (1, 0)):
        audit.record(home.data, Deed.FORGET, NOW, step="begun", scope="account", accounts=accounts, posts=0)
        audit.record(home.data, Deed.FORGET, NOW, step="proved", scope="account")
        assert [said.partition(" removed")[0] for _, said in bad(signs(home))] == ["what 1 forgetting"] * left


def test_a_former_database_of_somebody_who_is_at_risk_by_now_is_to_be_deleted_and_backups_from_before(
    home: Home, path: Path, tmp_path: Path
) -> None:
    older, newer, gone = tmp_path / "older.db", tmp_path / "newer.db", tmp_path / "gone.db"
    former = path.with_name("tracker.db.before-20221005T110000Z")
    shutil.copy(path, former)
    former.chmod(0o600)
    for at, file in ((NOW - 2 * HOUR, gone), (NOW - 2 * HOUR, older), (NOW, newer)):
        audit.record(home.data, Deed.BACKUP, at, step="made", path=str(file))
    older.touch()
    newer.touch()
    audit.record(home.data, Deed.RESTORE, NOW - HOUR, step="done", path=str(older), aside=str(former), back=0)
    assert bad(signs(home)) == [], "the control: everybody is named"
    run(former, f"INSERT INTO imported_file VALUES ('00', 'of {HANDLE}.csv', 'csv', 1, '', 1, 1, 1)")
    ((where, said),) = bad(signs(home))
    assert said.endswith(f"import again of {HANDLE}.csv")
    row = f"s,Generated,,journalist,IR,inside,at_risk,,x,{HANDLE},{NUMBER},,,,"
    home.watchlist.write_text(f"{COLUMNS}\n{row}\n", "utf-8")
    home.watchlist.chmod(0o600)
    lost, (where, said) = bad(signs(home))
    assert lost[1].endswith("import again a file named after somebody at risk")
    assert where == "restore"
    assert "may hold texts of people who are at risk by now: delete it; so may the backups made before" in said
    assert said.endswith(f"make a new one, then delete {older}")
    run(former, "UPDATE account SET protection = 'at_risk'")
    assert bad(signs(home)) == [lost], "it was reduced before it was moved aside"


def test_it_changes_no_file(home: Home) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        return {
            str(file): (file.stat().st_mtime_ns, file.read_bytes())
            for file in home.path.rglob("*")
            if file.is_file() and not file.name.endswith(("-shm", "-wal"))
        }

    before = state()
    signs(home)
    assert state() == before


def run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def torn(path: Path) -> None:
    page = one(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'metric'")
    content = bytearray(path.read_bytes())
    content[(int(str(page)) - 1) * 4096 : int(str(page)) * 4096] = b"\x5a" * 4096
    path.write_bytes(content)


Break = Callable[[Home, Path], object]
FINDINGS: dict[str, tuple[Break | list[Break], str, str]] = {
    "settings": (lambda home, _: home.settings.write_text("[visits\n"), "configuration", "error, see"),
    "watchlist": (lambda home, _: home.watchlist.write_text(f"{COLUMNS}\na,b\n"), "configuration", "watchlist.csv:2"),
    "no watchlist": (lambda home, _: home.watchlist.unlink(), "configuration", "no such file"),
    "a folder for a file": (
        [lambda home, _: home.restrictions.unlink(), lambda home, _: home.restrictions.mkdir()],
        "configuration",
        "is no plain file",
    ),
    "open data": (lambda home, _: home.data.chmod(0o755), "permissions", "chmod 700"),
    "open database": (lambda _, path: path.chmod(0o644), "permissions", "chmod 600"),
    "open session": (
        [lambda home, _: home.telegram_session.touch(), lambda home, _: home.telegram_session.chmod(0o640)],
        "permissions",
        "telegram.session is open to others",
    ),
    "open watchlist": (lambda home, _: home.watchlist.chmod(0o666), "permissions", "can be changed by others"),
    "open secrets": (
        [
            lambda home, _: home.settings.write_text(
                '[zones]\nIR = "Asia/Tehran"\n[alerts]\nurls = ["json://host/secret"]\n'
            ),
            lambda home, _: home.settings.chmod(0o644),
        ],
        "configuration",
        "its addresses are as good as passwords",
    ),
    "foreign owner": (lambda _, path: os.chown(path, 12345, 12345), "permissions", "another owner"),
    "proxy": (
        lambda home, _: home.settings.write_text('[proxy]\nx = "socks5://host:1"\n'),
        "configuration",
        "proxy",
    ),
    "damaged": (lambda _, path: torn(path), "database", "malformed"),
    "no database": (lambda _, path: path.write_text("nothing of the kind " * 999), "database", "cannot be used"),
    "orphans": (lambda _, path: run(path, "INSERT INTO handle VALUES (999, 'x', 1, 1)"), "database", "belongs to no"),
    "broken off": (lambda _, path: Path(f"{path}-journal").touch(0o600), "database", "broken off"),
    "newer": (lambda _, path: run(path, "UPDATE alembic_version SET version_num = '9999'"), "schema", "newer"),
    "older": (lambda _, path: run(path, "UPDATE alembic_version SET version_num = '0001'"), "schema", "db upgrade"),
    "clock ahead": (lambda _, path: run(path, f"UPDATE visit SET started_at = {NOW + DAY}"), "clock", "ahead"),
    "clock behind": (
        [
            lambda _, path: run(path, f"UPDATE visit SET started_at = {NOW + DAY}"),
            lambda _, path: run(path, f"UPDATE post SET posted_at = {NOW + DAY}"),
        ],
        "clock",
        "behind what the platforms have shown",
    ),
    "leases": (
        lambda _, path: run(path, f"UPDATE account SET leased_until = {NOW + 60}"),
        "leases",
        "gives them back",
    ),
    "forgetting": (
        lambda _, path: run(path, "INSERT INTO forgotten VALUES (x'00', 'begun')"),
        "forgetting",
        "run it again",
    ),
    "limit": (
        lambda _, path: run(path, f"INSERT INTO quota VALUES ('x', '*', 1, 0, {NOW + DAY}, 'credits_spent', '')"),
        "stops",
        "buy some",
    ),
    "failing": (
        [
            lambda _, path: run(path, f"UPDATE visit SET started_at = {NOW - 9 * DAY}, outcome = 'transport'"),
            lambda _, path: run(path, "UPDATE account SET last_outcome = 'transport'"),
            lambda _, path: audit.record(path.parent, Deed.BACKUP, NOW, step="made", path="/gone"),
        ],
        "accounts",
        "could not be read for 3 d",
    ),
    "old backup": (
        lambda home, _: audit.record(home.data, Deed.BACKUP, NOW - 8 * DAY, step="made", path="/gone"),
        "backup",
        "8 d ago: /gone, which is not there any more; make one",
    ),
    "never backed up": (
        lambda _, path: run(path, f"UPDATE visit SET started_at = {NOW - 8 * DAY} WHERE id = 1"),
        "backup",
        "none was ever made",
    ),
    "half a backup": (
        [
            lambda home, _: backup.announce(home.data, home.path / "b.db", NOW),
            lambda home, _: (home.path / ".b.db.abc.part").touch(),
        ],
        "backup",
        "half a copy",
    ),
    "half a restore": (lambda home, _: (home.data / ".tracker.db.restoring").touch(), "backup", "half a copy"),
    "audit log": (lambda home, _: (home.data / "audit.jsonl").mkdir(), "backup", "move away what is there"),
    "a folder for the lock": (
        lambda home, _: home.lock.mkdir(),
        "permissions",
        "tracker.lock is no file: move it away",
    ),
    "a folder for the database": (
        [
            lambda home, path: path.rename(home.path / "moved.db"),
            lambda _, path: path.mkdir(),
        ],
        "database",
        "tracker.db is no file: move it away, and put the database back or restore it; no backup was ever made",
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_what_is_wrong_is_found_with_what_to_do_and_nothing_else_is(home: Home, path: Path, name: str) -> None:
    spoil, sign, said = FINDINGS[name]
    if name == "foreign owner" and os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root gives files away")
    for step in spoil if isinstance(spoil, list) else [spoil]:
        step(home, path)
    found = bad(signs(home))
    assert {where for where, _ in found} == {sign}, found
    assert any(said in words for _, words in found), found


def test_a_file_in_place_of_the_data_is_to_be_moved_away(home: Home) -> None:
    shutil.rmtree(home.data)
    home.data.touch()
    said = [says for where, says in bad(signs(home)) if where == "permissions"]
    assert said == [f"{home.data} is no folder, as the data need: move it away, and put the folder back"]


def test_credentials_and_proxies_are_named_without_being_shown(home: Home, tmp_path: Path) -> None:
    assert [where for where, _ in bad(look(home, {}, lambda: NOW, NOW))] == ["credential"]
    wrong = {"TRACKER_X_BEARER_TOKEN": "canary secret", "TRACKER_X_PROXY": "socks5://user:canary@host:1"}
    found = look(home, wrong, lambda: NOW, NOW)
    assert [where for where, _ in bad(found)] == ["proxy"]
    found += look(home, {**wrong, "TRACKER_X_PROXY": "socks5h://user:canary@host:1"}, lambda: NOW, NOW)
    assert ("credential", True) in {(sign.name, "copy it again" in sign.says) for sign in found}
    alerts = {"TRACKER_X_PROXY": "socks5h://host:1", "TRACKER_ALERT_URLS": "json://host/canary"}
    found += look(home, alerts, lambda: NOW, NOW)
    assert ("proxy", True) in {(sign.name, "others_directly = true" in sign.says) for sign in found}
    assert "canary" not in str(found)
    token = tmp_path / "x_bearer_token"
    token.write_text("abc")
    token.chmod(0o644)
    found = look(home, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, lambda: NOW, NOW)
    assert {where for where, _ in bad(found)} == {"permissions", "credential"}


def test_telegram_s_credential_is_needed_only_where_its_api_is_read(home: Home) -> None:
    home.watchlist.write_text(f"{COLUMNS}\ns,Generated,,official,IR,,,,telegram,generated,,,,,\n", "utf-8")
    (said,) = [sign.says for sign in signs(home) if sign.name == "credential"]
    assert said.startswith("read over the public preview")
    with home.settings.open("a") as file:
        file.write('[telegram]\nsource = "api"\n')
    assert [where for where, _ in bad(signs(home))] == ["credential"]
    api = {"TRACKER_TELEGRAM_API_ID": "1", "TRACKER_TELEGRAM_API_HASH": "0" * 32}
    ((_, said),) = bad(look(home, {**TOKEN, **api}, lambda: NOW, NOW))
    assert "tracker login telegram" in said


def test_a_suspended_process_that_holds_the_lock_is_found(home: Home) -> None:
    held = "import sys; from pathlib import Path; from tracker.runtime.lock import only_writer\n"
    held += "with only_writer(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", held, home.lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert bad(signs(home)) == [], "the control: it works"
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        ((where, said),) = bad(signs(home))
        process.kill()
    assert (where, f"kill -CONT {process.pid}" in said) == ("lock", True)
    assert bad(signs(home)) == [], "a lock file that a killed process left is no hindrance"


MAKES = "import sys; from pathlib import Path; path, file = map(Path, sys.argv[1:])\n"
HOLDS = "print('held', flush=True); sys.stdin.read()\n"
BACKS_UP = f"""
from tracker.reports.files import writing_part
with writing_part(file): {HOLDS}"""
RESTORES = f"""
from tracker.config.home import Home, load
from tracker.runtime import restoring
def told(step):
    if step is restoring.Step.READY: {HOLDS}
config = load(Home(path))
restoring.restore(config, restoring.plan(config, file), {NOW}, told=told)
"""


@pytest.mark.parametrize("code", [BACKS_UP, RESTORES], ids=["backup", "restore"])
def test_a_copy_that_is_being_made_is_told_from_half_a_copy_that_a_kill_has_left(
    home: Home, path: Path, tmp_path: Path, code: str
) -> None:
    file = tmp_path / "b.db"
    backup.announce(home.data, file, NOW)
    if code == RESTORES:
        file.touch(0o600)
        backup.make(path, file)
    command = [sys.executable, "-c", MAKES + code, str(home.path), str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        found = signs(home)
        assert bad(found) == []
        assert any(sign.says.endswith("is a copy that is being made") for sign in found)
        process.kill()
    ((where, said),) = bad(signs(home))
    assert (where, said.endswith("is half a copy that a kill has left, and holds data: remove it")) == (
        "backup",
        True,
    )


def test_whose_open_files_nobody_tells_of_may_be_being_written(tmp_path: Path) -> None:
    part = tmp_path / "part"
    with part.open("w"):
        assert is_open(part) is True
        assert is_open(part, tmp_path / "no such system") is None
    assert is_open(part) is False


@pytest.mark.parametrize("back", ["x", None, [], -1, 1.5, True])
def test_a_line_of_the_audit_log_that_was_changed_by_hand_is_a_finding_and_no_crash(home: Home, back: object) -> None:
    line = {
        "at": iso(NOW - HOUR),
        "what": "restore",
        "step": "done",
        "path": "/b.db",
        "aside": None,
        "back": back,
    }
    odd = {"at": iso(NOW - HOUR), "what": "backup", "step": "begun", "path": "/x\x00y/b.db"}
    (home.data / audit.AUDIT).write_text(f"{json.dumps(line)}\n{json.dumps(odd)}\n", "utf-8")
    (home.data / audit.AUDIT).chmod(0o600)
    found = signs(home)
    ((where, said),) = bad(found)
    assert (where, "nobody can tell: its line in audit.jsonl was changed" in said) == ("restore", True)
    assert any("1 line of audit.jsonl cannot be read" in sign.says for sign in found)


def test_a_full_disk_is_found_and_one_with_room_is_not(path: Path) -> None:
    free = shutil.disk_usage(path.parent).free
    found = disk_sign(path.parent, path, least=2 * free)
    assert (found.name, found.well) == ("disk", False)
    assert f"{2 * free / 1e9:,.1f} are needed: make room" in found.says
    assert disk_sign(path.parent, path, least=1).well, "the control"
    with path.open("r+b") as file:
        file.truncate(2 * free)  # sparse: it takes no room
    assert not disk_sign(path.parent, path, least=1).well, "it is written anew when something is forgotten"


def test_a_log_that_is_not_emptied_is_found(home: Home, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.runtime.doctor.LARGEST_LOG", 1000)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("UPDATE account SET failures = failures + 1")
        writer.commit()
        assert [where for where, _ in bad(signs(home))] == ["log"]


def test_versions_and_what_they_lack() -> None:
    assert not python_sign((3, 10, 9)).well
    assert python_sign((3, 11, 0)).well
    assert [sign.well for sign in sqlite_signs((3, 36, 0))] == [False]
    for version, bug in (((3, 51, 2), True), ((3, 51, 3), False), ((3, 50, 7), False), ((3, 50, 6), True)):
        (sign,) = sqlite_signs(version)
        assert (sign.well, "WAL-reset" in sign.says) == (True, bug)
    assert [sign.well for sign in sqlite_signs((3, 53, 0), ("SELECT no_such_function()",))] == [True, False]


def test_where_there_is_nothing_at_all_that_is_what_is_found(tmp_path: Path) -> None:
    assert [where for where, _ in bad(look(Home(tmp_path / "none"), {}, lambda: NOW, NOW))] == ["home"]
    assert {where for where, _ in bad(look(Home(tmp_path), {}, lambda: NOW, NOW))} == {"configuration"}


# Outside


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening


def heard(listening: socket.socket) -> bool:
    try:
        listening.accept()[0].close()
    except TimeoutError:
        return False
    return True


def reaching(home: Home, settings: str) -> Config:
    home.settings.write_text(f'[zones]\nIR = "Asia/Tehran"\n{settings}', "utf-8")
    return load(home)


def outside(config: Config, real_now: Instant, environment: Mapping[str, str] = TOKEN) -> list[Sign]:
    return look_outside(config, environment, lambda: NOW, real_now)


def test_nothing_leaves_the_machine_unless_it_is_asked_to(home: Home, listener: socket.socket) -> None:
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    config = reaching(home, f'[x]\napi_url = "http://{address}"\nretries = 0\nread_timeout = "1s"\n')
    signs(home)
    assert not heard(listener)
    outside(config, NOW)
    assert heard(listener), "the control"


def test_x_is_asked_for_what_is_free_and_its_clock_is_compared(home: Home) -> None:
    with XServer(XWorld()) as server:
        config = reaching(home, f'[x]\napi_url = "{server.url}"\nretries = 0\n')
        real = system_clock()
        assert bad(outside(config, real)) == []
        assert [served.path for served in server.log] == ["/2/usage/tweets"]
        assert server.bill.micros == 0
        ((where, said),) = bad(outside(config, real + HOUR))
        assert (where, "off the platform's" in said) == ("clock", True)
        ((where, said),) = bad(outside(config, real, {"TRACKER_X_BEARER_TOKEN": "another"}))
        assert (where, "refused the bearer token" in said) == ("reach", True)
        server.fail(XFault.DROPPED, 1)
        ((where, said),) = bad(outside(config, real))
        assert (where, "transport" in said) == ("reach", True)


def test_where_a_proxy_is_set_it_is_gone_through_and_named(home: Home, listener: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = closed.getsockname()[1]
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    config = reaching(home, f'[x]\napi_url = "http://{address}"\nretries = 0\n')
    ((where, said),) = bad(outside(config, NOW, {**TOKEN, "TRACKER_X_PROXY": f"socks5h://127.0.0.1:{nowhere}"}))
    assert (where, said.endswith(f"the proxy socks5h://127.0.0.1:{nowhere} cannot be reached")) == ("reach", True)
    assert not heard(listener), "nothing goes directly"


def test_telegram_is_asked_without_its_login(home: Home, tmp_path: Path) -> None:
    home.watchlist.write_text(f"{COLUMNS}\ns,Generated,,official,IR,,,,telegram,generated,,,,,\n", "utf-8")
    real = system_clock()
    with TelegramServer(World(), key=server_key()) as server, TelegramWebServer(World()) as pages:
        config = reaching(home, f'[telegram]\nweb_url = "{pages.url}"\n')
        assert bad(outside(config, real)) == []
        assert [served.path for served in pages.log] == ["/"]
        (home.config / "server.pem").write_text(server.address.public_key, "ascii")
        address = f"{server.address.host}:{server.address.port}"
        config = reaching(
            home,
            f'[telegram]\nserver = "{address}"\nserver_key = "config/server.pem"\nsource = "api"\ntimeout = "5s"\n',
        )
        api = {"TRACKER_TELEGRAM_API_ID": "1", "TRACKER_TELEGRAM_API_HASH": "0" * 32}
        assert bad(outside(config, real, api)) == []
        assert [where for where, _ in bad(outside(config, real + HOUR, api))] == ["clock"]
        assert not home.telegram_session.exists()
    ((where, said),) = bad(outside(config, real, api))
    assert (where, "transport" in said) == ("reach", True)
    source = Source(config.settings, lambda: NOW, home.path, home.telegram_session, {})
    assert source.proxy(Platform.TELEGRAM) is None


@pytest.mark.parametrize("closed", ["data", "config", ".."])
def test_a_folder_that_is_closed_to_this_user_is_a_finding_and_no_crash(home: Home, closed: str) -> None:
    """Run by root, it does without root's right to read everything."""
    folder = home.path / closed
    folder.chmod(0)
    done = tracker_as_others("doctor", home=home.path)
    folder.chmod(0o700)
    assert (done.code in (1, 78), done.err) == (True, "")
    said = "Permission denied" if closed != "data" else "closed to this user"
    assert said in done.out


def test_where_the_last_backup_cannot_be_looked_at_the_lost_database_is_still_what_is_said(
    home: Home, path: Path, tmp_path: Path
) -> None:
    """Run by root, it does without root's right to read everything."""
    closed = tmp_path / "closed"
    closed.mkdir()
    last = closed / "last.db"
    last.touch()
    audit.record(home.data, Deed.BACKUP, NOW - DAY, step="made", path=str(last))
    presence.note(home)
    for file in home.data.glob("tracker.db*"):
        file.unlink()
    closed.chmod(0)
    commands = {
        "run": 78,
        "collect": 78,
        "status": 78,
        "status --health": 1,
        "forget --yes x:nobody": 78,
        "doctor": 1,
    }
    for words, code in commands.items():
        done = tracker_as_others(*words.split(), home=home.path, **TOKEN)
        said = done.out + done.err
        assert done.code == code, (words, said)
        assert f"{path} is gone, though this home has had a database" in said, (words, said)
        assert f"the last backup is {last}, which cannot be looked at from here: `tracker --home" in said, (
            words,
            said,
        )
    closed.chmod(0o700)
    assert "cannot be looked at" not in str(bad(signs(home))), "the control"
