"""Replacing a small file that others read at any moment: they see the old one or the new one, whole."""

from __future__ import annotations

import os
from pathlib import Path


def part_of(path: Path) -> Path:
    """What a kill may leave of a file that was to replace this one."""
    return path.with_name(f".{path.name}.part")


def replace_file(path: Path, text: str, mode: int = 0o600) -> None:
    """Put the text in place of the file. Not synced: after a power loss it may be the old one. Raises OSError."""
    part = part_of(path)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        os.fchmod(handle, mode)  # whatever the umask
        out.write(text)
    part.replace(path)
