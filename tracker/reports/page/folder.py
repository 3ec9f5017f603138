"""Writing a folder whole or not at all, and never over one that is not an earlier page."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tracker.domain.errors import TrackerError, UsageError

MARK = b'<meta name="generator" content="influence-tracker publish">'
"""In the index.html of every published page: what lets a later one replace it."""

_OURS = frozenset({"index.html", "data", "pictures"})
_MARK_WITHIN = 4096


def require_place(target: Path, force: bool) -> None:
    """Raises UsageError unless a page may be written to `target`: nothing there, an empty folder, or, with `force`,
    an earlier page to which nobody has added anything.
    """
    if not target.parent.is_dir():
        raise UsageError(f"cannot publish to {target}: there is no folder {target.parent}; make it first")
    if not os.path.lexists(target):
        return
    if target.is_symlink() or not target.is_dir():
        raise UsageError(f"cannot publish to {target}: it is not a folder; name another")
    there = {entry.name for entry in target.iterdir()}
    if not there:
        return
    if not _is_page(target) or there - _OURS:
        raise UsageError(f"{target} holds something else than a published page; name another folder")
    if not force:
        raise UsageError(f"{target} holds an earlier page; say --force to replace it, or name another folder")


@contextmanager
def new_folder(target: Path, force: bool = False) -> Iterator[Path]:
    """A folder to write into, named `target` when the block ends well; after any error all is as it was.

    Raises UsageError as `require_place` does, TrackerError if the disk refuses.
    """
    target = target.absolute()
    require_place(target, force)
    part = None
    try:
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        yield part
        _make_readable(part)
        _give_name(part, target)
    except OSError as error:
        raise TrackerError(f"cannot write {target}: {error.strerror or error}; nothing was left there") from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write each file under its path in the folder."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())


def _make_readable(folder: Path) -> None:
    """A page is made to be read, by a web server too."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _is_page(folder: Path) -> bool:
    try:
        with (folder / "index.html").open("rb") as file:
            return MARK in file.read(_MARK_WITHIN)
    except OSError:
        return False


def _give_name(part: Path, target: Path) -> None:
    """Rename the new folder to its name; an earlier one stands aside until that has succeeded."""
    if not target.exists():
        part.rename(target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
    try:
        target.rename(aside)
        try:
            part.rename(target)
        except OSError:
            aside.rename(target)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
