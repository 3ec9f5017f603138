"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO
from unicodedata import category

from tracker.domain.errors import TrackerError, UsageError
from tracker.reports.harmless import HarmlessOutput
from tracker.store.dialect import SIDE_FILES
from tracker.store.disk import sync

if TYPE_CHECKING:
    from tracker.config.home import Home
    from tracker.config.settings import Settings

PART = ".part"
"""How the name of a file ends that is not whole yet; it begins with a dot."""
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@contextmanager
def writing(target: Path | None, force: bool = False) -> Iterator[TextIO]:
    """UTF-8 text to a new file, or to standard output if there is no target.

    The file appears under its name when the block ends well, readable by its owner only; after any error there is
    none. Raises UsageError if the target exists (unless `force`) or cannot be a file, TrackerError if the disk
    refuses. A reader of standard output that goes away ends the block quietly.
    """
    with writing_bytes(target, force) as binary:
        text = TextIOWrapper(binary, encoding="utf-8", newline="")
        try:
            yield text
            text.flush()
        finally:
            # What is still buffered after an error goes with the file.
            with suppress(OSError):
                text.detach()


@contextmanager
def writing_bytes(target: Path | None, force: bool = False) -> Iterator[BinaryIO]:
    """Bytes to a new file, which can be read back before it gets its name, on the terms of `writing`."""
    if target is None:
        with _standard_output() as standard:
            yield standard
        return
    with writing_part(target, force) as part, part.open("w+b") as out:
        yield out


@contextmanager
def writing_part(target: Path, force: bool = False) -> Iterator[Path]:
    """An empty file beside the target, to be filled by whoever wants a path, on the terms of `writing`."""
    require_free(target, force)
    part = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=PART, dir=target.parent)
        part = Path(name)
        try:
            yield part
            sync(part)
        finally:
            os.close(handle)  # open until now: by that `tracker doctor` tells it from one that a kill has left
        _give_name(part, target, force)
        part.unlink(missing_ok=True)  # it has two names where it was linked
        sync(target.parent)
    except FileExistsError as error:
        raise _exists(target) from error
    except OSError as error:
        raise TrackerError(f"cannot write {target}: {error.strerror or error}; nothing was left there") from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of those after them."""


def require_free(target: Path, force: bool) -> None:
    """Raise UsageError if a file cannot be written there: no folder, not a plain file, or there already.

    Nor where its own name is bytes that are no text: what describes the file and the audit log name it.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in target.name):
        raise UsageError(f"cannot write {target}: the name is no text in UTF-8; name another")
    if any(category(letter) in ("Cc", "Zl", "Zp") or letter in TURNING for letter in target.name):
        raise UsageError(f"cannot write {target}: the name holds a line break or a control character; name another")
    if not target.parent.is_dir():
        raise UsageError(f"cannot write {target}: there is no folder {target.parent}; make it first")
    if target.exists() and not target.is_file():
        raise UsageError(f"cannot write {target}: it is not a plain file; name another")
    if os.path.lexists(target) and not force:
        raise _exists(target)


def require_outside(home: Home, settings: Settings, target: Path) -> None:
    """Raise UsageError if a file or a folder would be written into what is the tracker's own.

    That is `data/` and `config/` of the home, whatever leads there, and the database with all that lies beside it.
    Every command that writes where the user says asks this before anything else.
    """
    database = Path(os.path.realpath(home.database(settings)))
    own = [home.data, home.config, *(Path(f"{database}{end}") for end in ("", *SIDE_FILES))]
    # A link at the name itself is replaced, not followed; neither may be ours.
    places = {Path(os.path.realpath(target.parent)) / target.name, Path(os.path.realpath(target))}
    for place in places:
        beside = place.name.startswith((f"{database.name}.before-", f".{database.name}.restoring"))
        mine = next((path for path in own if _is_within(place, path) or _is_within(path, place)), None)
        if mine is not None or (beside and _is_same(place.parent, database.parent)):
            said = f"{mine} is the tracker's own" if mine is not None else f"it belongs to the database {database}"
            raise UsageError(f"cannot write {target}: {said}; name a place outside data/ and config/")


def _is_within(path: Path, other: Path) -> bool:
    return any(_is_same(part, other) for part in (path, *path.parents))


def _is_same(path: Path, other: Path) -> bool:
    """Whether both are one, by whatever name: where they are there, the system tells."""
    try:
        return path.samefile(other)
    except OSError:
        return path == Path(os.path.realpath(other))


def _exists(target: Path) -> UsageError:
    return UsageError(f"{target} exists already; name another file, or say --force to replace it")


def _give_name(part: Path, target: Path, force: bool) -> None:
    if force:
        part.replace(target)
        return
    try:
        # Unlike a rename, a link fails if another program has made the file in the meantime.
        target.hardlink_to(part)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(target):
            raise _exists(target) from error
        part.replace(target)


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    sys.stdout.flush()
    try:
        yield HarmlessOutput(sys.stdout.buffer) if sys.stdout.isatty() else sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What is still buffered has no reader; without this the interpreter complains about it at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
