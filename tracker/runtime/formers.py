"""What restores have moved aside: what is still to be done before it goes, and why it should go soon."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tracker.config.home import Config, Home, load
from tracker.domain.errors import ConfigError, StoreError
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Protection
from tracker.runtime import audit
from tracker.runtime.audit import Deed
from tracker.runtime.backup import backups_made
from tracker.runtime.health import Sign
from tracker.store.aside import Imported, accounts_of, looking_aside, lost_imports, set_aside
from tracker.store.snapshot import looking

NAMED_AT_MOST = 5
HIDDEN = "a file named after somebody at risk"


def former_signs(home: Home, database: Path) -> Iterator[Sign]:
    """A sign for each database that was moved aside; not well while it has what it must not, or alone."""
    try:
        config = load(home)
    except ConfigError:
        config = None
    for former in set_aside(database):
        moved = f"{former} was moved aside by a restore, and"
        try:
            with looking(database) as here, looking_aside(former) as there:
                lost, exposed = lost_imports(here, there), _is_exposing(here, there, config)
        except (StoreError, sqlite3.Error) as error:
            said = f"{moved} cannot be compared ({error}): import again what was imported since the backup"
            yield Sign("restore", None, True, f"{said}; delete it once nobody needs it")
            continue
        if lost:
            said = f"{moved} has posts from files that the database lacks: import again {_names(lost, config)}"
            yield Sign("restore", None, False, said)
        if exposed:
            said = f"{moved} may hold texts of people who are at risk by now: delete it{_and_backups(home, former)}"
            yield Sign("restore", None, False, said)
        if not lost and not exposed:
            yield Sign("restore", None, True, f"{moved} names people: delete it once nobody needs it")


def _is_exposing(here: sqlite3.Connection, former: sqlite3.Connection, config: Config | None) -> bool:
    """Whether somebody who is at risk by now, by the watchlist or the database, is named in the former one."""
    at_risk = accounts_of(here, Protection.AT_RISK)
    at_risk += [
        (listing.platform, listing.platform_id, listing.handle)
        for account in _people_at_risk(config)
        for listing in account.listings
    ]
    known: set[tuple[str, int | str | None]] = {(platform, number) for platform, number, _ in at_risk if number}
    known |= {(platform, handle.casefold()) for platform, _, handle in at_risk}
    return any(
        (platform, number) in known or (platform, handle.casefold()) in known
        for platform, number, handle in accounts_of(former, Protection.NAMED)
    )


def _and_backups(home: Home, former: Path) -> str:
    """The backups that were made before, as the audit log tells; all, where it does not tell when that was."""
    restores = [entry for entry in audit.entries(home.data, Deed.RESTORE) if entry.facts.get("aside")]
    at = max((entry.at for entry in restores if Path(str(entry.facts["aside"])).name == former.name), default=None)
    made = [made for made in backups_made(home.data) if at is None or made.at <= at]
    paths = sorted({str(backup.path) for backup in made if backup.is_there is not False})
    return f"; so may the backups made before: make a new one, then delete {_some(paths)}" if paths else ""


def _people_at_risk(config: Config | None) -> list[ListedAccount]:
    accounts = () if config is None else config.watchlist.accounts
    return [account for account in accounts if account.protection is Protection.AT_RISK]


def _names(files: list[Imported], config: Config | None) -> str:
    """Names of files as their import told them, but for those of people at risk: what a doctor says is passed on."""
    listings = [listing for account in _people_at_risk(config) for listing in account.listings]
    told = {word for one in listings for word in (one.subject, one.handle, one.name, one.name_native) if word}
    words = {word.casefold() for word in told}
    names = [HIDDEN if any(word in file.name.casefold() for word in words) else file.name for file in files]
    return _some(names)


def _some(names: list[str]) -> str:
    """As `a, b and 3 more`."""
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more:,} more" if more > 0 else "")
