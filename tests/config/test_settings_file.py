"""settings.toml: what is read, and what is refused."""

from __future__ import annotations

from dataclasses import fields

import pytest

from tests.config.files import assert_one_error, errors
from tracker.config.settings import (
    AlertSettings,
    BudgetSettings,
    EvidenceSettings,
    HealthSettings,
    LogSettings,
    PriceSettings,
    ProxySettings,
    RefreshSettings,
    ReportSettings,
    RetentionSettings,
    Settings,
    SilenceSettings,
    TelegramSettings,
    VisitSettings,
    XSettings,
)
from tracker.config.toml import _KEYS, read_settings
from tracker.domain.instants import DAY, from_iso
from tracker.domain.words import Platform, TelegramChoice

FILE = "config/settings.toml"


def test_an_empty_file_gives_the_defaults() -> None:
    for data in (b"", b"\xef\xbb\xbf# only a comment\r\n", b"[x]\n[visits]\n"):
        assert read_settings(data) == (Settings(), [])


def test_every_setting_can_be_written() -> None:
    sections = {
        "x": XSettings,
        "telegram": TelegramSettings,
        "visits": VisitSettings,
        "report": ReportSettings,
        "silence": SilenceSettings,
        "alerts": AlertSettings,
        "refresh": RefreshSettings,
        "retention": RetentionSettings,
        "evidence": EvidenceSettings,
        "prices": PriceSettings,
        "budget": BudgetSettings,
        "proxy": ProxySettings,
        "log": LogSettings,
        "health": HealthSettings,
    }
    for name, kind in sections.items():
        assert set(_KEYS[name]) == {field.name for field in fields(kind)}
    own = {field.name for field in fields(Settings)} - sections.keys() - {"zones"}
    assert own == set(_KEYS["top"]) | set(_KEYS["time"])


def test_what_is_written_replaces_the_default_and_nothing_else() -> None:
    text = """
    platforms = ["x"]
    database = "data/other.db"
    x.api_url = "sandbox"
    [time]
    default_zone = "Europe/Berlin"
    approximate_days = 3
    clock_start = 2024-01-01T00:00:00Z
    [zones]
    IR = "Asia/Tehran"
    [telegram]
    server = "127.0.0.1:4430"
    server_key = "data/key.pem"
    pace = 0
    timeout = "1.5s"
    source = "WEB"
    web_url = "http://127.0.0.1:8767/"
    web_pace = "2s"
    """
    settings, problems = read_settings(text.encode())
    assert not problems
    assert settings == Settings(
        platforms=frozenset({Platform.X}),
        database="data/other.db",
        default_zone="Europe/Berlin",
        zones={"IR": "Asia/Tehran"},
        approximate_days=3,
        clock_start=from_iso("2024-01-01T00:00:00Z"),
        x=XSettings(api_url="sandbox"),
        telegram=TelegramSettings(
            server="127.0.0.1:4430",
            server_key="data/key.pem",
            pace=0.0,
            timeout=1.5,
            source=TelegramChoice.WEB,
            web_url="http://127.0.0.1:8767",
            web_pace=2.0,
        ),
    )
    assert (settings.zone("IR"), settings.zone("DE")) == ("Asia/Tehran", "Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "length"),
    [("45s", 45), ("15m", 900), ("24h", DAY), ("7d", 7 * DAY), ("2w", 14 * DAY), ("1.5h", 5400)],
)
def test_lengths_of_time_are_written_with_their_unit(written: str, length: int) -> None:
    text = f'[visits]\nprofile_interval = "{written}"\n'
    settings, problems = read_settings(text.encode())
    assert not problems
    assert settings.visits.profile_interval == length


@pytest.mark.parametrize(
    ("text", "place", "wrong", "right"),
    [
        ('\ndatabse = "x.db"', "2: key databse", "unknown key", "did you mean database?"),
        ("[visit]\ntick = 1", "1: key visit", "unknown section", "did you mean visits?"),
        ('[x]\n\napi_ulr = ""', "3: key x.api_ulr", "unknown key", "did you mean api_url?"),
        ('x.api_ulr = ""', "1: key x.api_ulr", "unknown key", "did you mean api_url?"),
        ('[x]\npace = "1s"', "2: key x.pace", "unknown key", "it belongs to [telegram]"),
        ('[x]\ndatabase = "a"', "2: key x.database", "unknown key", "before the first section"),
        ("[prices]\nqqqqqq = 1", "2: key prices.qqqqqq", "unknown key", "known are post, user"),
        ('[budget]\nx_per_day = "1,5 dollars"', "2: key budget.x_per_day", "is no amount", "without a comma"),
        ('[budget]\nx_per_day = "1,000 reads"', "2: key budget.x_per_day", "is no amount", "without a comma"),
        ("x = 1", "1: key x", "is a section, not a value", "write [x]"),
        ("database = 5", "1: key database", "'5' is a number", "a path within the home"),
        ('database = ""', "1: key database", "is empty", "a path within the home"),
        ('database = "/var/x.db"', "1: key database", "leads out of the home", "a path within the home"),
        ('database = "../x.db"', "1: key database", "leads out of the home", "a path within the home"),
        ('database = "postgresql://a:b@h/d"', "1: key database", "holds a password", "leave it out"),
        ('database = "postgresql://h/d"', "1: key database", "no other database is supported", "sqlite:///"),
        ('database = "sqlite:////var/x.db"', "1: key database", "leads out of the home", "a path within the home"),
        ('platforms = "x"', "1: key platforms", "'x' is a text", 'write a list such as ["x", "telegram"]'),
        ("platforms = []", "1: key platforms", "the list is empty", "write a list"),
        ('platforms = ["twitter"]', "1: key platforms", "unknown platform 'twitter'", "did you mean x?"),
        ('[x]\nretries = "3"', "2: key x.retries", "'3' is a text", "a whole number from 0 to 10"),
        ("[x]\nretries = true", "2: key x.retries", "is true or false", "a whole number from 0 to 10"),
        ("[x]\nretries = 1.5", "2: key x.retries", "'1.5' is a number", "a whole number from 0 to 10"),
        ("[x]\nretries = 99", "2: key x.retries", "'99' is out of range", "a whole number from 0 to 10"),
        ("[x]\nexpand_referenced = 1", "2: key x.expand_referenced", "is a number", "true or false"),
        ('[x]\napi_url = "ftp://a"', "2: key x.api_url", "bad address", "https://api.x.com"),
        ('[x]\napi_url = "http://[::1"', "2: key x.api_url", "bad address", "https://api.x.com"),
        ('[x]\napi_url = "http://example.org"', "2: key x.api_url", "unencrypted", "write https://"),
        ('[x]\napi_url = "https://u:p@example.org"', "2: key x.api_url", "holds a password", "leave it out"),
        ('[x]\nread_timeout = "0s"', "2: key x.read_timeout", "out of range", 'from "0.1s" to "5m"'),
        ("[x]\nread_timeout = nan", "2: key x.read_timeout", "out of range", 'from "0.1s" to "5m"'),
        ('[telegram]\nsource = "pages"', "2: key telegram.source", "unknown source 'pages'", "auto, api, web"),
        ('[telegram]\nweb_url = "t.me"', "2: key telegram.web_url", "bad address 't.me'", '"https://t.me"'),
        ('[telegram]\nweb_url = "http://t.me"', "2: key telegram.web_url", "anybody on the way", "write https://"),
        ('[telegram]\nserver = "host"', "2: key telegram.server", "bad server 'host'", 'write "host:port"'),
        ('[telegram]\nserver = "host:99999"', "2: key telegram.server", "bad server", 'write "host:port"'),
        ('[telegram]\nserver_key = "../key"', "2: key telegram.server_key", "leads out", "within the home"),
        ("[visits]\ntick = 5", "2: key visits.tick", "without a unit", 'write "5s" if seconds'),
        ('[visits]\ntick = "5 min"', "2: key visits.tick", "bad length of time '5 min'", 'such as "15m"'),
        ('[visits]\ntick = "2h"', "2: key visits.tick", "out of range", 'from "1s" to "1h"'),
        ("[report]\nlevel_coverage = 2", "2: key report.level_coverage", "out of range", "from 0 to 1"),
        ("[prices]\npost = inf", "2: key prices.post", "out of range", "from 0 to 1000"),
        ('[time]\ndefault_zone = "Asia/Teheran"', "2: key time.default_zone", "unknown", '"Asia/Tehran"'),
        ('[time]\ndefault_zone = "Asia"', "2: key time.default_zone", "unknown time zone", "write an IANA"),
        ('[zones]\nIR = "../etc"', "2: key zones.IR", "unknown time zone", "write an IANA name"),
        ('[zones]\nUK = "Europe/London"', "2: key zones.UK", "unknown country 'UK'", "write GB"),
        ("[time]\nclock_start = 2024-01-01", "2: key time.clock_start", "is a date", "2024-01-01T00:00:00Z"),
        ("[time]\nclock_start = 0001-01-01T00:00:00+10:00", "2: key time.clock_start", "bad year", "1990"),
        ("[time]\nclock_start = 2024-01-01T00:00:00", "2: key time.clock_start", "bad time", "offset from UTC"),
        ('[visits]\nshortest_interval = "2d"', "2: key visits.longest_interval", "is less than", "more than"),
        ("[report]\nactive_days = 40", "2: key report.occasional_days", "is less than active_days", "more than"),
        ('[telegram]\nweb_pace = "0.9s"', "2: key telegram.web_pace", "more than once in 1 s", 'write "1s" or more'),
        ("a = 1\nb = ", "2", "not TOML", "write key = value"),
        ("a = 1\na = 2", "2", "not TOML", "write key = value"),
        ('a = """', "1", "not TOML", "write key = value"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(text: str, place: str, wrong: str, right: str) -> None:
    _, problems = read_settings(text.encode())
    assert_one_error(problems, f"{FILE}:{place}", wrong, right)


def test_a_wrong_value_keeps_its_default_and_the_others_count() -> None:
    settings, problems = read_settings(b'[x]\nretries = 99\nbackoff = "2s"\n')
    assert len(problems) == 1
    assert (settings.x.retries, settings.x.backoff) == (XSettings().retries, 2.0)


def test_all_faults_are_found_at_once_in_order_of_lines() -> None:
    _, problems = read_settings(b'databse = 1\n[x]\nretries = "3"\n[visits]\ntick = 5\n')
    assert [(problem.line, problem.column) for problem in errors(problems)] == [
        (1, "databse"),
        (3, "x.retries"),
        (5, "visits.tick"),
    ]


def test_a_password_is_never_repeated_in_a_message() -> None:
    _, problems = read_settings(b'database = "postgresql://tracker:canary-secret@host/db"\n')
    assert "canary" not in str(problems[0])


def test_settings_in_a_wrong_encoding_are_named() -> None:
    _, problems = read_settings("# تنظيم\n".encode("cp1256"))
    assert_one_error(problems, f"{FILE}:1", "not UTF-8; it seems to be Windows-1256", "save it again")


@pytest.mark.parametrize("address", ["sandbox", "http://127.0.0.1:18767", "https://localhost"])
def test_pages_of_this_machine_may_be_asked_without_a_pause(address: str) -> None:
    settings, problems = read_settings(f'[telegram]\nweb_pace = 0\nweb_url = "{address}"\n'.encode())
    assert (settings.telegram.web_pace, problems) == (0, [])


@pytest.mark.parametrize("address", ["https://api.x.com/", "http://127.0.0.1:8080", "http://[::1]:80", "sandbox"])
def test_addresses_with_tls_or_on_this_machine_are_welcome(address: str) -> None:
    text = f'[x]\napi_url = "{address}"\n'
    settings, problems = read_settings(text.encode())
    assert not problems
    assert settings.x.api_url == address.rstrip("/")
