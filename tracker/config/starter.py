"""The commented set of files that a new home begins with: those of the project's own config/."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from tracker.config.events import EVENTS
from tracker.config.home import Home
from tracker.config.restrictions import RESTRICTIONS
from tracker.config.toml import SETTINGS
from tracker.config.watchlist import WATCHLIST
from tracker.domain.errors import ConfigError

STARTING_FILES = (WATCHLIST, RESTRICTIONS, EVENTS, SETTINGS)


@dataclass(frozen=True, slots=True)
class Started:
    """What `init` did: the files it wrote, and those that were there before and were left alone."""

    home: Home
    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def init(directory: Path) -> Started:
    """Write the starting files into the home `directory`. Never overwrites. Raises ConfigError if it cannot write."""
    source = starter_folder()
    home = Home(directory)
    written: list[Path] = []
    kept: list[Path] = []
    try:
        home.config.mkdir(parents=True, exist_ok=True)
        for file in STARTING_FILES:
            target = home.path / file
            was_written = _write_new(target, (source / target.name).read_bytes())
            (written if was_written else kept).append(target)
    except OSError as error:
        raise ConfigError(f"cannot write {error.filename}: {error.strerror}; name another folder") from error
    return Started(home, tuple(written), tuple(kept))


def starter_folder() -> Path:
    """Where the starting files lie: inside an installed package, or in the checkout that it is run from."""
    package = Path(__file__).parent
    for folder in (package / "starter", package.parents[1] / "config"):
        if (folder / Path(WATCHLIST).name).is_file():
            return folder
    raise ConfigError(f"the starting files are missing beside {package}; install the tracker again")


def _write_new(path: Path, data: bytes) -> bool:
    """Whether the file was written: False if there is one already. What could not be written whole is removed.

    It is for its owner alone: a watchlist may come to name people at risk.
    """
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(data)
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return True
