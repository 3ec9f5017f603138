"""tracker init, check and the ways in which a home can be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import tracker


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert tracker("init", tmp_path / "home").code == 0
    return tmp_path / "home"


def test_init_writes_a_set_that_check_finds_good(home: Path) -> None:
    ran = tracker("check", home=home)
    assert ran.code == 0
    assert "0 errors" in ran.out.splitlines()[-1]


def test_init_never_overwrites(home: Path) -> None:
    (home / "config/watchlist.csv").write_text("mine", "utf-8")
    (home / "config/events.csv").unlink()
    ran = tracker("init", home)
    assert ran.code == 0
    assert (home / "config/watchlist.csv").read_text("utf-8") == "mine"
    assert "kept" in ran.out
    assert (home / "config/events.csv").exists()


def test_check_names_every_fault_of_a_broken_watchlist_at_once(home: Path) -> None:
    watchlist = home / "config/watchlist.csv"
    header = (
        "subject,name,name_native,role,country,residence,protection,protection_reason,"
        "platform,handle,platform_id,from,until,source"
    )
    watchlist.write_text(
        "\n".join(
            [
                header,
                "one,One,,oficial,IR,,,,x,one,1.7E+18,,,",
                "two,Two,,official,Iran,,,,twitter,two,2,,,",
                "three,Three,,official,IR,,,,x,three,3,2024-02-30,,",
                "four,Four,,official,IR,,,,x,four,4,2024-05-01,2024-01-01,",
                "five,Five,,official,IR,,,,x,one_more,5,,,=HYPERLINK(1)",
                "six,Six,,official,IR,,,,x,https://x.com/six,5,,,",
            ]
        ),
        "utf-8",
    )
    ran = tracker("check", home=home)
    assert ran.code == 78
    found = {
        (line.split(":")[1], line.split("column ")[1].split(":")[0])
        for line in ran.out.splitlines()
        if line.startswith("config/")
    }
    assert found == {
        ("2", "role"), ("2", "platform_id"), ("3", "country"), ("3", "platform"), ("4", "from"), ("5", "until"),
        ("6", "source"), ("7", "platform_id"),
    }  # fmt: skip


def test_check_shows_by_which_way_each_platform_is_reached_and_no_secret(home: Path) -> None:
    assert tracker("check", home=home).out.splitlines()[-3:-1] == ["x: directly", "telegram: directly"]
    given = {
        "TRACKER_TELEGRAM_PROXY": "socks5h://someone:canary-secret@proxy.example:1080",
        "TRACKER_PING_URL": "https://ping.example/canary-secret",
        "TRACKER_ALERT_URLS": "json://alerts.example/canary-secret",
    }
    refused = tracker("check", home=home, **given)
    assert refused.code == 78
    assert "messages of [alerts] cannot go through a proxy" in refused.out
    (home / "config/settings.toml").write_text("[proxy]\nothers_directly = true\n", "utf-8")
    ran = tracker("check", home=home, **given)
    assert ran.code == 0
    assert ran.out.splitlines()[-5:-1] == [
        "x: directly",
        "telegram: through the proxy socks5h://proxy.example:1080",
        "the ping of [health]: through the proxy socks5h://proxy.example:1080",
        "messages of [alerts]: directly, through no proxy, as [proxy] says",
    ]
    note = "[proxy]: note: x is reached directly, though a proxy is set for another platform; set one for x too"
    assert note in ran.out
    assert "credentials: note:" in ran.out, "what is missing is told beside it"
    assert "[proxy]: note:" not in tracker("check", home=home, TRACKER_X_PROXY="http://127.0.0.1:1", **given).out
    ways = json.loads(tracker("check", "--json", home=home, **given).out)["ways"]
    assert ways["telegram"] == "through the proxy socks5h://proxy.example:1080"
    assert "canary-secret" not in ran.out + refused.out + str(ways)


@pytest.mark.parametrize("address", ["socks5://canary-secret@a:1", "canary-secret", "mtproxy://canary-secret@a:1"])
def test_check_refuses_a_proxy_that_is_none_and_does_not_quote_it(home: Path, address: str) -> None:
    ran = tracker("check", home=home, TRACKER_X_PROXY=address)
    assert ran.code == 78
    (line,) = [line for line in ran.out.splitlines() if line.startswith("TRACKER_X_PROXY: ")]
    assert 'write "socks5h://' in line
    assert "canary-secret" not in ran.out + ran.err


@pytest.mark.parametrize("address", ["https://[::1", "ftp:canary-secret"])
def test_check_refuses_an_address_to_ping_that_is_none_where_a_proxy_is_set(home: Path, address: str) -> None:
    ran = tracker("check", home=home, TRACKER_X_PROXY="socks5h://proxy.example:1", TRACKER_PING_URL=address)
    assert (ran.code, "TRACKER_PING_URL: " in ran.out, "canary" in ran.out + ran.err) == (78, True, False)


def test_check_looks_at_the_credentials_of_platforms_in_use(home: Path, tmp_path: Path) -> None:
    missing = tracker("check", home=home)
    assert (missing.code, "credentials: note: the bearer token of the X API is missing" in missing.out) == (0, True)
    token = tmp_path / "x_bearer_token"
    token.write_text("canary-secret")
    token.chmod(0o644)
    refused = tracker("check", home=home, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert (refused.code, f"chmod 600 {token}" in refused.out) == (78, True)
    token.chmod(0o600)
    good = tracker("check", home=home, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert (good.code, "credentials" in good.out, "canary-secret" in good.out + refused.out) == (0, False, False)


def test_settings_that_cannot_be_read_are_one_error_and_no_notes_on_zones(home: Path) -> None:
    (home / "config/settings.toml").write_text("[x]\nretries = = 3\n", "utf-8")
    ran = tracker("check", home=home)
    assert ran.code == 78
    assert "zones" not in ran.out


def test_check_speaks_json(home: Path) -> None:
    (home / "config/settings.toml").write_text("[x]\nretry = 3\n", "utf-8")
    ran = tracker("check", "--json", home=home)
    told = json.loads(ran.out)
    assert ran.code == 78
    assert told["errors"] == 1
    assert told["problems"][0]["file"] == "config/settings.toml"
    assert "retries" in told["problems"][0]["right"]


@pytest.mark.parametrize("command", [["collect"], ["run"], ["status"], ["report", "usage"], ["export", "posts"]])
def test_a_broken_configuration_ends_every_command_with_78_and_one_line(home: Path, command: list[str]) -> None:
    (home / "config/settings.toml").write_text("platforms = [", "utf-8")
    ran = tracker(*command, home=home)
    assert ran.code == 78
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("command", [["collect"], ["status"], ["report", "usage"]])
def test_a_folder_without_a_watchlist_says_how_to_make_one(tmp_path: Path, command: list[str]) -> None:
    ran = tracker(*command, home=tmp_path)
    assert ran.code == 78
    assert "tracker init" in ran.err


def test_a_missing_credential_is_a_matter_of_configuration(home: Path) -> None:
    for command in ("collect", "run"):
        ran = tracker(command, home=home)
        assert ran.code == 78
        assert "TRACKER_X_BEARER_TOKEN" in ran.err


def test_reports_before_the_first_collection_say_what_to_do(home: Path) -> None:
    ran = tracker("report", "usage", home=home)
    assert ran.code == 1
    assert "run `tracker collect` first" in ran.err


def test_the_home_may_come_from_the_environment(home: Path) -> None:
    assert tracker("check", TRACKER_HOME=str(home)).code == 0


def test_nothing_is_written_outside_the_home(home: Path, tmp_path: Path) -> None:
    (home / "config/settings.toml").write_text('[x]\napi_url = "http://127.0.0.1:9"\nretries = 0\n', "utf-8")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if home not in path.parents)
    tracker("collect", home=home, TRACKER_X_BEARER_TOKEN="x" * 40)
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if home not in path.parents) == before


def test_an_upgrade_makes_the_database_and_then_has_nothing_to_do(home: Path) -> None:
    assert "brought from schema none" in tracker("db", "upgrade", home=home).out
    assert "already" in tracker("db", "upgrade", home=home).out
    assert oct((home / "data/tracker.db").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["report", "usage", "--by", "colour"], ["export", "everything"], []]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert tracker(*arguments).code == 2
