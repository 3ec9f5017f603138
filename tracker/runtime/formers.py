"""What restores have moved aside: what is still to be done before it goes, and why it should go soon."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tracker.config.home import Config, Home, load
from tracker.domain.errors import ConfigError, StoreError
from tracker.domain.words import Protection
from tracker.runtime.health import Sign
from tracker.store.aside import Imported, looking_aside, lost_imports, set_aside
from tracker.store.snapshot import looking

NAMED_AT_MOST = 5
HIDDEN = "a file named after somebody at risk"


def former_signs(home: Home, database: Path) -> Iterator[Sign]:
    """A sign for each database that was moved aside; not well while it has posts that the present one lacks."""
    try:
        config = load(home)
    except ConfigError:
        config = None
    for former in set_aside(database):
        moved = f"{former} was moved aside by a restore, and"
        try:
            lost = _lost(database, former)
        except (StoreError, sqlite3.Error) as error:
            said = f"{moved} cannot be compared ({error}): import again what was imported since the backup"
            yield Sign("restore", None, True, f"{said}; delete it once nobody needs it")
            continue
        if lost:
            said = f"{moved} has posts from files that the database lacks: import again {_names(lost, config)}"
            yield Sign("restore", None, False, said)
        else:
            yield Sign("restore", None, True, f"{moved} names people: delete it once nobody needs it")


def _lost(database: Path, former: Path) -> list[Imported]:
    with looking(database) as here, looking_aside(former) as there:
        return lost_imports(here, there)


def _names(files: list[Imported], config: Config | None) -> str:
    """Names of files as their import told them, but for those of people at risk: what a doctor says is passed on."""
    listings = [
        listing
        for account in (() if config is None else config.watchlist.accounts)
        if account.protection is Protection.AT_RISK
        for listing in account.listings
    ]
    told = {word for one in listings for word in (one.subject, one.handle, one.name, one.name_native) if word}
    words = {word.casefold() for word in told}
    names = [HIDDEN if any(word in file.name.casefold() for word in words) else file.name for file in files]
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more:,} more" if more > 0 else "")
