"""A home: where its files lie, loading them, and finding every fault of all of them at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.config.files import BAN, EVENT, PERSON, errors, file_of
from tracker.config import events, restrictions, watchlist
from tracker.config.home import Home, check, fingerprint, load
from tracker.config.problems import Severity
from tracker.config.settings import Settings
from tracker.config.toml import read_settings
from tracker.config.values import OTHER_FILES
from tracker.domain.errors import ConfigError
from tracker.runtime.audit import AUDIT
from tracker.runtime.presence import MARK


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.config.mkdir(parents=True)
    made.settings.write_text('platforms = ["x"]\n[zones]\nIR = "Asia/Tehran"\n', encoding="utf-8")
    made.watchlist.write_bytes(file_of(watchlist.LAYOUT, [PERSON]))
    made.restrictions.write_bytes(file_of(restrictions.LAYOUT, [BAN]))
    made.events.write_bytes(file_of(events.LAYOUT, [EVENT]))
    return made


def test_everything_of_a_home_lies_inside_it() -> None:
    home = Home(Path("/home/example"))
    assert home.watchlist == Path("/home/example/config/watchlist.csv")
    assert home.lock == Path("/home/example/data/tracker.lock")
    assert home.telegram_session == Path("/home/example/data/telegram.session")
    assert home.database(Settings()) == Path("/home/example/data/tracker.db")


def test_a_good_home_is_loaded_without_a_word(home: Home) -> None:
    config = load(home)
    assert check(home) == []
    assert [account.handle for account in config.watchlist.accounts] == ["exampleminister"]
    assert [restriction.platform for restriction in config.restrictions] == ["x"]
    assert [event.id for event in config.events] == ["example-event"]
    assert config.settings.zone("IR") == "Asia/Tehran"
    assert config.fingerprint == fingerprint(home)


def test_the_faults_of_all_files_are_found_at_once(home: Home) -> None:
    home.settings.write_bytes(b'databse = "x"\n')
    home.watchlist.write_bytes(file_of(watchlist.LAYOUT, [PERSON | {"role": "spy"}, PERSON | {"country": "UK"}]))
    home.restrictions.write_bytes(file_of(restrictions.LAYOUT, [BAN | {"kind": "ban"}]))
    home.events.write_bytes(file_of(events.LAYOUT, [EVENT | {"date": "someday"}]))
    found = [(problem.file, problem.line, problem.column) for problem in errors(check(home))]
    assert found == [
        ("config/settings.toml", 1, "databse"),
        ("config/watchlist.csv", 2, "role"),
        ("config/watchlist.csv", 3, "country"),
        ("config/watchlist.csv", 3, "handle"),
        ("config/restrictions.csv", 2, "kind"),
        ("config/events.csv", 2, "date"),
    ]


def test_loading_names_the_first_error_and_how_many_more_there_are(home: Home) -> None:
    home.watchlist.write_bytes(file_of(watchlist.LAYOUT, [PERSON | {"role": "spy", "country": "UK", "name": ""}]))
    with pytest.raises(ConfigError) as raised:
        load(home)
    message = str(raised.value)
    assert message.startswith("config/watchlist.csv:2: column")
    assert message.endswith("(and 2 more: run `tracker check`)")
    assert "\n" not in message
    assert raised.value.exit_code == 78


def test_a_single_error_is_named_alone(home: Home) -> None:
    home.watchlist.write_bytes(file_of(watchlist.LAYOUT, [PERSON | {"role": "oficial"}]))
    with pytest.raises(ConfigError, match=r"unknown role 'oficial'; did you mean official\?$"):
        load(home)


def test_settings_and_events_may_be_missing_with_a_note(home: Home) -> None:
    home.settings.unlink()
    home.events.unlink()
    assert load(home).settings == Settings()
    found = {(problem.file, problem.severity) for problem in check(home)}
    assert found == {("config/settings.toml", Severity.NOTE), ("config/events.csv", Severity.NOTE)}


def test_a_missing_watchlist_leads_to_init(tmp_path: Path) -> None:
    found = errors(check(Home(tmp_path)))
    assert [(problem.file, problem.line) for problem in found] == [
        ("config/watchlist.csv", 0),
        ("config/restrictions.csv", 0),
    ]
    assert all("tracker init" in problem.right for problem in found)


def test_a_folder_in_place_of_a_file_is_a_problem_and_no_traceback(home: Home) -> None:
    home.events.unlink()
    home.events.mkdir()
    (problem,) = check(home)
    assert str(problem).startswith("config/events.csv: is no plain file")


def test_a_country_without_a_time_zone_is_noted(home: Home) -> None:
    home.restrictions.write_bytes(file_of(restrictions.LAYOUT, [BAN | {"country": "RU"}]))
    (problem,) = check(home)
    assert str(problem).startswith("config/settings.toml: note: key zones.RU: no time zone for RU")
    assert load(home).notes == (problem,)


@pytest.mark.parametrize("name", ["watchlist", "restrictions", "events", "settings"])
def test_the_fingerprint_changes_with_each_file(home: Home, name: str) -> None:
    path: Path = getattr(home, name)
    before = fingerprint(home)
    assert fingerprint(home) == before
    path.write_bytes(path.read_bytes() + b"# more\n")
    changed = fingerprint(home)
    assert changed != before
    os.utime(path, ns=(1, 1))
    touched = fingerprint(home)
    assert touched != changed
    path.unlink()
    assert fingerprint(home) not in (before, changed, touched)


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_noticed(home: Home) -> None:
    before, status = fingerprint(home), home.watchlist.stat()
    other = home.config / "saved.csv"
    other.write_bytes(home.watchlist.read_bytes())
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(home.watchlist)
    assert fingerprint(home) != before


def test_settings_with_secret_addresses_that_others_can_read_are_refused(home: Home) -> None:
    plain = home.settings.read_text("utf-8")
    home.settings.chmod(0o644)
    assert errors(check(home)) == []
    for secret in (
        '[alerts]\nurls = ["tgram://1:canary/2"]\n',
        '[health]\nping_url = "https://ping.example/canary"\n',
    ):
        home.settings.write_text(plain + secret, "utf-8")
        with pytest.raises(ConfigError, match=r"others can read this file, .*chmod 600") as raised:
            load(home)
        assert "canary" not in str(raised.value)
        home.settings.chmod(0o600)
        load(home)
        home.settings.chmod(0o644)


def test_a_watchlist_that_names_people_at_risk_and_that_others_can_read_is_noted(home: Home) -> None:
    home.watchlist.chmod(0o644)
    assert check(home) == []
    hidden = PERSON | {"role": "journalist", "residence": "inside", "protection": "", "protection_reason": ""}
    home.watchlist.write_bytes(file_of(watchlist.LAYOUT, [hidden]))
    assert [problem.severity for problem in check(home) if "names people at risk" in str(problem)] == [Severity.NOTE]
    home.watchlist.chmod(0o600)
    assert not [problem for problem in check(home) if "names people at risk" in str(problem)]


def test_no_database_lies_where_another_file_of_the_tracker_does() -> None:
    home = Home(Path())
    others = [home.lock, home.pulse, home.telegram_session, home.data / AUDIT, home.data / MARK, home.path / MARK]
    assert sorted(map(str, others)) == sorted(OTHER_FILES)
    ways = [
        "data/./Telegram.session",
        "data//audit.jsonl",
        "sqlite:///data/pulse.json",
        "data/telegram.session-journal",
    ]
    for path in (*map(str, others), "config/watchlist.csv", *ways):
        _, (problem,) = read_settings(f'database = "{path}"\n'.encode())
        assert "is the place of another file of the tracker; write a path within the home" in str(problem)
    assert read_settings(b'database = "data/telegram.db"\n')[1] == [], "the control"


@pytest.mark.parametrize(
    ("limit", "others", "said"),
    [
        ("5 reads", "", "profiles of 4 accounts take 4 reads of 5 reads a day"),
        ("8 reads", "", "the rest is too little for the fewest posts that X gives at once, 5"),
        ("9 reads", "", ""),
        ("3 reads", "", "take 3 reads of 3 reads a day"),
        ("0.064 dollars", "", "take 0.04 dollars of 0.064 dollars a day"),
        ("0.065 dollars", "", ""),
        ("5 reads", '[visits]\nprofile_interval = "7d"\nlongest_interval = "7d"\n', ""),
    ],
)
def test_a_limit_that_profiles_leave_nothing_of_is_noted(home: Home, limit: str, others: str, said: str) -> None:
    rows = [PERSON | {"platform": "x", "handle": f"generated_{n}", "platform_id": str(100 + n)} for n in range(4)]
    home.watchlist.write_bytes(file_of(watchlist.LAYOUT, rows))
    home.settings.write_text(f'[budget]\nx_per_day = "{limit}"\n{others}', "utf-8")
    notes = [str(note) for note in check(home) if "budget.x_per_day" in str(note)]
    assert bool(notes) == bool(said)
    assert said in "".join(notes)
