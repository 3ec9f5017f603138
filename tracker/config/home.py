"""The home: the folder that holds `config/` and `data/`, and what its files say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracker.config.credentials import is_open_to_others
from tracker.config.crowding import KEY, RIGHT, crowded_out
from tracker.config.events import EVENTS, read_events
from tracker.config.problems import Findings, Problem, Severity
from tracker.config.restrictions import RESTRICTIONS, read_restrictions
from tracker.config.settings import Settings
from tracker.config.toml import SETTINGS, read_settings
from tracker.config.watchlist import WATCHLIST, read_watchlist
from tracker.domain.errors import ConfigError
from tracker.domain.events import Event
from tracker.domain.restrictions import Restriction
from tracker.domain.subjects import Watchlist
from tracker.domain.words import Platform, Protection

Fingerprint = tuple[tuple[int, int, int] | None, ...]
"""Changes when a file of the configuration does."""

_FILES = (SETTINGS, WATCHLIST, RESTRICTIONS, EVENTS)
_OPTIONAL = frozenset({SETTINGS, EVENTS})


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything of one tracker lies. Nothing is ever written outside it but what the user names."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def watchlist(self) -> Path:
        return self.path / WATCHLIST

    @property
    def restrictions(self) -> Path:
        return self.path / RESTRICTIONS

    @property
    def events(self) -> Path:
        return self.path / EVENTS

    @property
    def settings(self) -> Path:
        return self.path / SETTINGS

    @property
    def lock(self) -> Path:
        """Held by the one process that writes."""
        return self.data / "tracker.lock"

    @property
    def pulse(self) -> Path:
        """What the daemon says of itself for `status --health`; names nobody."""
        return self.data / "pulse.json"

    @property
    def telegram_session(self) -> Path:
        """Telethon's session: as good as a password."""
        return self.data / "telegram.session"

    def database(self, settings: Settings) -> Path:
        """The SQLite file."""
        return self.path / settings.database


@dataclass(frozen=True, slots=True)
class Config:
    """All that a home's files say, without error."""

    home: Home
    settings: Settings
    watchlist: Watchlist
    restrictions: tuple[Restriction, ...]
    events: tuple[Event, ...]
    notes: tuple[Problem, ...]
    fingerprint: Fingerprint
    """That of the files as they were read."""


def platforms_in_use(config: Config, platform: Platform | None = None, subject: str | None = None) -> list[Platform]:
    """The platforms on which the watchlist has accounts to visit."""
    listed = {account.platform for account in config.watchlist.select(subject, platform) if account.verified}
    return [candidate for candidate in Platform if candidate in listed & config.settings.platforms]


def load(home: Home) -> Config:
    """The configuration. Raises ConfigError with the first error and the number of the others."""
    config, problems = _read(home)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        others = f" (and {len(errors) - 1} more: run `tracker check`)" if len(errors) > 1 else ""
        raise ConfigError(f"{errors[0]}{others}")
    return config


def load_settings(home: Home) -> Settings:
    """The settings alone, whatever is wrong with the other files. Raises ConfigError with the first error."""
    data, problems = _bytes_of(home, SETTINGS)
    settings = Settings()
    if data is not None:
        settings, problems = read_settings(data)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise ConfigError(str(errors[0]))
    return settings


def check(home: Home) -> list[Problem]:
    """All problems of all files, errors and notes, in the order of files and lines."""
    return _read(home)[1]


def fingerprint(home: Home) -> Fingerprint:
    """Modification time (ns), size and inode of each file; None for one that cannot be seen. Reads no contents."""
    return tuple(_fingerprint_of(home.path / file) for file in _FILES)


def _fingerprint_of(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(home: Home) -> tuple[Config, list[Problem]]:
    # Taken before reading: a change in between is seen at the next look, never missed.
    seen = fingerprint(home)
    contents: dict[str, bytes | None] = {}
    problems: list[Problem] = []
    for file in _FILES:
        contents[file], missing = _bytes_of(home, file)
        problems += missing

    settings, watchlist = Settings(), Watchlist(())
    restrictions: tuple[Restriction, ...] = ()
    events: tuple[Event, ...] = ()
    found: list[Problem]
    if (data := contents[SETTINGS]) is not None:
        settings, found = read_settings(data)
        problems += found
    if (data := contents[WATCHLIST]) is not None:
        watchlist, found = read_watchlist(data, settings)
        problems += found
    if (data := contents[RESTRICTIONS]) is not None:
        restrictions, found = read_restrictions(data, settings)
        problems += found
    if (data := contents[EVENTS]) is not None:
        events, found = read_events(data, settings)
        problems += found
    if all(problem.severity is not Severity.ERROR or problem.file != SETTINGS for problem in problems):
        problems += _unzoned(settings, watchlist, restrictions, events)
        problems += _crowded(settings, watchlist)
    problems += _exposed(home, settings, watchlist)
    notes = tuple(problem for problem in problems if problem.severity is Severity.NOTE)
    return Config(home, settings, watchlist, restrictions, events, notes, seen), problems


LARGEST = 64 * 2**20
"""Bytes; a watchlist of 10,000 rows has about 3 million."""


def _bytes_of(home: Home, file: str) -> tuple[bytes | None, list[Problem]]:
    findings = Findings(file)
    path = home.path / file
    try:
        if path.exists() and not path.is_file():
            findings.error(0, "", "is no plain file, so reading it may never end", "make it one")
            return None, findings.problems
        if path.exists() and path.stat().st_size > LARGEST:
            findings.error(0, "", f"has more than {LARGEST // 2**20} MiB", "is it another file under this name?")
            return None, findings.problems
        return (home.path / file).read_bytes(), []
    except FileNotFoundError:
        if file in _OPTIONAL:
            findings.note(0, "", f"there is no such file in {home.path}", "`tracker init` writes a commented one")
        else:
            right = "name the home with --home, or begin with `tracker init`"
            findings.error(0, "", f"there is no such file in {home.path}", right)
    except OSError as error:
        findings.error(0, "", f"cannot be read: {error.strerror}", "make it a file that you may read")
    return None, findings.problems


def _unzoned(
    settings: Settings, watchlist: Watchlist, restrictions: tuple[Restriction, ...], events: tuple[Event, ...]
) -> list[Problem]:
    """A note for each country whose days are counted in the default zone because none is given."""
    listed = {listing.country for account in watchlist.accounts for listing in account.listings}
    used = listed | {restriction.country for restriction in restrictions} | {event.country for event in events}
    findings = Findings(SETTINGS)
    for code in sorted(used - settings.zones.keys() - {""}):
        wrong = f"no time zone for {code}: its days are counted in {settings.default_zone}"
        findings.note(0, f"zones.{code}", wrong, f'to count them in another, write {code} = "…" under [zones]')
    return findings.problems


def _crowded(settings: Settings, watchlist: Watchlist) -> list[Problem]:
    """A note where profiles leave nothing of a day's limit on X."""
    findings = Findings(SETTINGS)
    why = crowded_out(settings, watchlist.accounts)
    if why is not None:
        findings.note(0, KEY, why, RIGHT)
    return findings.problems


def _exposed(home: Home, settings: Settings, watchlist: Watchlist) -> list[Problem]:
    """An error where others can read addresses that are as good as passwords, a note where they can read names."""
    findings = Findings(SETTINGS)
    if (settings.alerts.urls or settings.health.ping_url is not None) and _is_open(home.settings):
        wrong = "others can read this file, and its addresses are as good as passwords"
        findings.error(0, "", wrong, f"`chmod 600 {home.settings}`, or give them as credentials")
    named = Findings(WATCHLIST)
    if any(account.protection is Protection.AT_RISK for account in watchlist.accounts) and _is_open(home.watchlist):
        named.note(0, "", "others can read this file, and it names people at risk", f"`chmod 600 {home.watchlist}`")
    return findings.problems + named.problems


def _is_open(path: Path) -> bool:
    try:
        return is_open_to_others(path.stat())
    except OSError:
        return False
