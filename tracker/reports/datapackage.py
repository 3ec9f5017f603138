"""datapackage.json and METHOD.md: what stands in the exported files of a folder, and how each came about.

The package is a Frictionless Data Package (v1). METHOD.md is rendered from it, so the two always agree. Both get
their names before the data does: a crash may leave a description without its file, whose hash then tells, but never
a file without its description.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tracker.domain.errors import UsageError
from tracker.reports.columns import Column, Kind
from tracker.reports.files import require_free, writing, writing_bytes
from tracker.reports.formats import ExportFormat
from tracker.reports.method import MARK, method_md

PACKAGE, METHOD = "datapackage.json", "METHOD.md"
GENERATOR = "influence-tracker"

Method = Mapping[str, object]
"""How a file came about, as `tracker.reports.method` collects it; JSON."""

Resource = dict[str, Any]

_BYTES_AT_ONCE = 1 << 20

_FIT_PATH = re.compile(r"(?!.*\.\.)[^./~\\][^/\\]*")
"""A data package takes no other names for its files."""

_TYPES = {
    Kind.COUNT: "integer",
    Kind.NUMBER: "number",
    Kind.SHARE: "number",
    Kind.DAY: "date",
    Kind.TIME: "datetime",
    Kind.FLAG: "boolean",
}
_MEDIA = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.IDS: "text/plain",
}
_DIALECT = {
    "delimiter": ",",
    "lineTerminator": "\r\n",
    "quoteChar": '"',
    "doubleQuote": True,
    "skipInitialSpace": False,
    "header": True,
}


@dataclass(frozen=True, slots=True)
class Description:
    """What will tell of one new file in its folder."""

    target: Path

    def write(
        self,
        columns: Sequence[Column],
        key: Sequence[str],
        format: ExportFormat,
        data: BinaryIO,
        method: Method,
        rows: int,
    ) -> None:
        """Write both files. `data` is the finished file, still without its name."""
        digest = _sha256(data)
        size = data.seek(0, os.SEEK_END)
        folder = self.target.parent
        others = [one for one in _resources(folder) if one.get("path") != self.target.name]
        taken = {one.get("name") for one in others}
        resource = {
            **_heading(self.target.name, format, taken),
            "bytes": size,
            "hash": f"sha256:{digest}",
            "rows": rows,
            "schema": schema_of(columns, key, format),
            "method": dict(method),
        }
        package = package_of([*others, resource])
        with writing_bytes(folder / PACKAGE, force=True) as out, writing(folder / METHOD, force=True) as text:
            out.write(json.dumps(package, ensure_ascii=False, indent=2).encode() + b"\n")
            text.write(method_md(package["resources"]))


@contextmanager
def describing(target: Path, force: bool) -> Iterator[Description]:
    """A description of the target; if the block ends badly, the folder's old ones stand as they stood.

    Raises UsageError, before anything is written, if the folder's datapackage.json or METHOD.md is somebody else's,
    or if a data package cannot hold a file of the target's name.
    """
    if target.name.casefold() in (PACKAGE.casefold(), METHOD.casefold()):
        raise UsageError(f"{target.name} is where exports are described; name another file")
    if not _FIT_PATH.fullmatch(target.name):
        raise UsageError(
            f"{target.name!r} cannot stand in {PACKAGE}; take a name without . or ~ at its beginning "
            "and without .. in it"
        )
    require_free(target, force)
    with _alone_in(target.parent):
        _resources(target.parent)
        before = {path: path.read_bytes() if path.exists() else None for path in _both(target.parent)}
        finished = False
        try:
            yield Description(target)
            finished = True
        finally:
            if not finished:
                _restore(before)


def schema_of(columns: Sequence[Column], key: Sequence[str], format: ExportFormat) -> dict[str, object]:
    """The Frictionless table schema of the columns."""
    schema: dict[str, object] = {"fields": [_field(column, format) for column in columns], "missingValues": [""]}
    names = {column.key for column in columns}
    return schema | ({"primaryKey": list(key)} if key and names.issuperset(key) else {})


def package_of(resources: Sequence[Resource]) -> dict[str, Any]:
    """The package of these files. It is a tabular one if all of them are CSV, as its profile requires."""
    tabular = all(resource["profile"] == "tabular-data-resource" for resource in resources)
    return {
        "profile": "tabular-data-package" if tabular else "data-package",
        "name": "influence-tracker-export",
        "title": "Exports of the influence tracker",
        "description": f"How each file came about stands under `method`, and to be read in {METHOD}.",
        "generator": GENERATOR,
        "resources": sorted(resources, key=lambda resource: str(resource["path"])),
    }


def _sha256(data: BinaryIO) -> str:
    digest = hashlib.sha256()
    data.seek(0)
    while some := data.read(_BYTES_AT_ONCE):
        digest.update(some)
    return digest.hexdigest()


def _both(folder: Path) -> tuple[Path, Path]:
    return folder / PACKAGE, folder / METHOD


def _heading(file: str, format: ExportFormat, taken: set[str | None]) -> Resource:
    tabular = format is ExportFormat.CSV
    heading: Resource = {
        "name": _name(file, taken),
        "path": file,
        "profile": "tabular-data-resource" if tabular else "data-resource",
        "format": "txt" if format is ExportFormat.IDS else format.value,
        "mediatype": _MEDIA[format],
    }
    if not format.binary:
        heading["encoding"] = "utf-8"
    return heading | ({"dialect": _DIALECT} if tabular else {})


def _name(file: str, taken: set[str | None]) -> str:
    plain = re.sub(r"[^a-z0-9._-]+", "-", file.lower()).strip("-.") or "data"
    names = [plain, *(f"{plain}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _field(column: Column, format: ExportFormat) -> dict[str, object]:
    from tracker.reports.export_xlsx import heading_of

    field: dict[str, object] = {
        "name": heading_of(column) if format is ExportFormat.XLSX else column.key,
        "title": column.title,
        "type": _TYPES.get(column.kind, "string"),
        "format": "default",
        "description": column.meaning,
    }
    return field | ({"unit": column.unit} if column.unit else {})


def _resources(folder: Path) -> list[Resource]:
    """The files that the folder's package tells of. Raises UsageError if a description there is not ours."""
    package, method = _both(folder)
    if os.path.lexists(method) and not (_is_plain(method) and method.read_bytes().startswith(MARK.encode())):
        raise UsageError(f"{method} is not the tracker's; export into another folder, or move it away")
    if not os.path.lexists(package):
        return []
    try:
        found = json.loads(package.read_bytes()) if _is_plain(package) else None
    except ValueError:
        found = None
    if isinstance(found, dict) and found.get("generator") == GENERATOR and isinstance(found.get("resources"), list):
        resources = found["resources"]
        if all(isinstance(one, dict) and {"path", "profile", "method", "schema"} <= one.keys() for one in resources):
            return list(resources)
    raise UsageError(f"{package} is not the tracker's; export into another folder, or move it away")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One export at a time describes itself in a folder, or it would lose what another says there.

    Where the system has no such locks, whoever exports twice at once has to look after that.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network file system without locks on folders
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _restore(before: Mapping[Path, bytes | None]) -> None:
    for path, data in before.items():
        if data is None:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_bytes() != data:
            with writing_bytes(path, force=True) as out:
                out.write(data)
