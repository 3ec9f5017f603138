"""Who may read and write what of a home. It names people: its data are for one user alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from tracker.config.credentials import CREDENTIALS
from tracker.config.home import Home
from tracker.runtime.audit import AUDIT
from tracker.runtime.health import Sign
from tracker.store.dialect import SIDE_FILES

OTHERS, OTHERS_WRITE, STRANGERS = 0o077, 0o022, 0o007


def permissions(home: Home, database: Path, environment: Mapping[str, str]) -> list[Sign]:
    """What is open to others, or closed to us; one sign that says so if nothing is."""
    wrong = [*_of_data(home, database), *_of_configuration(home), *_of_credentials(environment)]
    if not wrong:
        return [Sign("permissions", None, True, "the data are for this user alone")]
    return [Sign("permissions", None, False, said) for said in wrong]


def _of_data(home: Home, database: Path) -> Iterator[str]:
    files = [database, *(Path(f"{database}{end}") for end in SIDE_FILES), home.data / AUDIT, home.telegram_session]
    files += [home.lock, home.pulse, *sorted(database.parent.glob(f"{database.name}.before-*"))]
    owner = _status(home.data)
    for folder in {home.data, database.parent}:
        status = _status(folder)
        if status is None:
            continue
        if not stat.S_ISDIR(status.st_mode):
            yield f"{folder} is no folder, as the data need: move it away, and put the folder back"
            return
        if stat.S_IMODE(status.st_mode) & OTHERS:
            yield f"{folder} is open to others: chmod 700 {folder}"
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield f"{folder} is closed to this user: run this as its owner, or chown it"
            return
    for path in files:
        status = _status(path)
        if status is None:
            continue
        if not stat.S_ISREG(status.st_mode):
            if path not in (database, home.data / AUDIT):  # of which more is said
                yield f"{path} is no file: move it away"
            continue
        if stat.S_IMODE(status.st_mode) & OTHERS:
            yield f"{path} is open to others: chmod 600 {path}"
        if owner is not None and status.st_uid != owner.st_uid:
            yield f"{path} has another owner than its folder: chown --reference={home.data} {path}"
        elif not os.access(path, os.R_OK | os.W_OK):
            yield f"{path} cannot be read and written by this user: run this as its owner, or chown it"


def _of_configuration(home: Home) -> Iterator[str]:
    """Who can change it; where it may not be read by others either, `check` says so."""
    for path in (home.config, home.settings, home.watchlist, home.restrictions, home.events):
        status = _status(path)
        if status is not None and stat.S_IMODE(status.st_mode) & OTHERS_WRITE:
            yield f"{path} can be changed by others: chmod go-w {path}"


def _of_credentials(environment: Mapping[str, str]) -> Iterator[str]:
    """systemd gives files to a user by an access list, which shows as a right of the group: that is no stranger's."""
    folder = environment.get("CREDENTIALS_DIRECTORY", "")
    for name in CREDENTIALS if folder else ():
        status = _status(Path(folder) / name)
        if status is not None and stat.S_IMODE(status.st_mode) & STRANGERS:
            yield f"{Path(folder) / name} is open to others: chmod 600 {Path(folder) / name}"


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
