"""Backups: a whole, verified copy of the database in one file; and which was the last one.

A backup is of the database alone. The configuration, the audit log, Telegram's session and the credentials are not in
it: the first two are plain files, the others as good as a password, and go nowhere silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from glob import escape
from pathlib import Path
from shlex import quote

from tracker.config.home import Home
from tracker.domain.errors import StoreError, UsageError
from tracker.domain.instants import Instant, iso
from tracker.runtime import audit
from tracker.runtime.audit import Deed
from tracker.store import snapshot
from tracker.store.dialect import SIDE_FILES
from tracker.store.snapshot import Contents, Progress

BEGUN, MADE, FAILED = "begun", "made", "failed"


@dataclass(frozen=True, slots=True)
class Backup:
    """A verified backup."""

    contents: Contents
    size: int
    """Bytes."""
    quiet: bool
    """Nobody wrote to the database meanwhile, so that the rows of every table could be compared."""


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A verified backup of which the audit log tells."""

    path: Path
    at: Instant

    @property
    def is_there(self) -> bool | None:
        """None: nobody can tell from here, for a folder on the way to it is closed to this user."""
        try:
            return self.path.is_file()
        except OSError:
            return None

    @property
    def but(self) -> str:
        """What is to be said after its path, if anything."""
        return {True: "", False: ", which is not there any more", None: ", which cannot be looked at from here"}[
            self.is_there
        ]


def place_for(asked: Path, at: Instant) -> Path:
    """Where the backup is to be written: the file, or a dated one if a folder is named.

    Raises UsageError for what can be no backup: a link, a name that SQLite cannot write.
    """
    target = asked
    if asked.is_dir():
        stamp = iso(at).replace("-", "").replace(":", "")
        target = asked / f"tracker-{stamp}.db"
    if target.is_symlink():
        raise UsageError(f"cannot write {target}: it is a link; name the file itself")
    try:
        str(target).encode()
    except UnicodeEncodeError:
        raise UsageError(f"cannot write {str(target)!a}: its name is not UTF-8; name another") from None
    return target


def halves_of(target: Path) -> list[Path]:
    """What a kill has left beside a backup, or an export, while it was written. A folder that is closed has none."""
    try:
        return sorted(target.parent.glob(f".{escape(target.name)}.*.part"))
    except OSError:
        return []


def announce(data: Path, target: Path, at: Instant) -> None:
    """Write down where a copy of everything will be, before it is: `tracker forget` lists it from there."""
    audit.record(data, Deed.BACKUP, at, step=BEGUN, path=str(target.absolute()))


def make(database: Path, part: Path, progress: Progress = snapshot.silent) -> Backup:
    """Copy the database into an empty file, and verify the copy by opening it. Raises StoreError."""
    try:
        copied = snapshot.copy(database, part, progress)
    finally:
        for end in SIDE_FILES:  # of a copy that was broken off
            Path(f"{part}{end}").unlink(missing_ok=True)
    with snapshot.looking(part) as driver:
        wrong = snapshot.unsound(driver)
        contents = snapshot.contents(driver)
    wrong += snapshot.differences(copied, contents, database)
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise StoreError(f"the copy of {database} is not sound: {wrong[0]}{more}; run `tracker doctor`")
    return Backup(contents, part.stat().st_size, copied.quiet)


def confirm(data: Path, target: Path, backup: Backup, at: Instant) -> None:
    """Write down that it is there and was verified: what is to be restored is looked for among these."""
    audit.record(data, Deed.BACKUP, at, step=MADE, path=str(target.absolute()), posts=backup.contents.rows["post"])


def known_backup(home: Home) -> str:
    """Which backup there is to restore, with the command; in words for the end of a line."""
    try:
        last = last_backup(home.data)
    except StoreError:
        return "which backup was the last, the audit log cannot tell"
    if last is None:
        return "no backup was ever made"
    if last.is_there is False:
        return f"the last backup was {last.path}{last.but}"
    command = f"tracker --home {quote(str(home.path))} restore {quote(str(last.path))}"
    return f"the last backup is {last.path}{last.but}: `{command}`"


def failed(data: Path, target: Path, at: Instant) -> None:
    """Write down that it was not made, and that nothing of it was left."""
    audit.record(data, Deed.BACKUP, at, step=FAILED, path=str(target.absolute()))


def backups_made(data: Path) -> list[MadeBackup]:
    """All verified backups of which the audit log tells, the newest first. Raises StoreError."""
    return [
        MadeBackup(Path(str(entry.facts["path"])), entry.at)
        for entry in reversed(audit.entries(data, Deed.BACKUP))
        if entry.facts.get("step") == MADE and "path" in entry.facts
    ]


def last_backup(data: Path) -> MadeBackup | None:
    """The newest verified backup that is not known to be gone, else the newest of all. Raises StoreError."""
    made = backups_made(data)
    return next((backup for backup in made if backup.is_there is not False), made[0] if made else None)
