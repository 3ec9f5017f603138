"""What stands beside an exported file: the package by the rules of its standard, and METHOD.md made from it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.analysis.making import at
from tests.store.making import listed
from tracker.analysis.question import Selection
from tracker.analysis.series import Observed
from tracker.config.home import Config, Home
from tracker.config.settings import Settings
from tracker.domain.errors import TrackerError, UsageError
from tracker.domain.intervals import NEVER, span
from tracker.domain.restrictions import Edge, Restriction
from tracker.domain.subjects import Watchlist
from tracker.domain.words import Platform, Protection, RestrictionKind, Role, Scope
from tracker.reports.columns import Column, Kind
from tracker.reports.exports import Export, write_export
from tracker.reports.formats import ExportFormat
from tracker.reports.method import MARK, Ask, command_of, method_md, method_of

AS_OF = at("2024-05-01 10:11")
SELECTION = Selection(AS_OF)
COLUMNS = (
    Column("post_id", Kind.ID, meaning="The post's id."),
    Column("text", meaning="What it says."),
    Column("likes", Kind.COUNT, unit="likes", meaning="How many | like it."),
    Column("share", Kind.SHARE, meaning="A part."),
    Column("posted_at", Kind.TIME, meaning="When."),
    Column("day", Kind.DAY, meaning="On which day."),
    Column("complete", Kind.FLAG, meaning="Whether."),
)
ROW = (7, "متن", 3, 0.5, AS_OF, None, True)

RESOURCE = {
    "type": "object",
    "required": ["name", "path", "profile", "format", "mediatype", "bytes", "hash", "schema"],
    "properties": {
        "name": {"type": "string", "pattern": r"^([-a-z0-9._/])+$"},
        "path": {"type": "string", "pattern": r"^(?=^[^./~])(^((?!\.{2}).)*$).*$"},
        "profile": {"enum": ["tabular-data-resource", "data-resource"]},
        "encoding": {"const": "utf-8"},
        "bytes": {"type": "integer", "minimum": 0},
        "hash": {"type": "string", "pattern": r"^sha256:[0-9a-f]{64}$"},
        "schema": {
            "type": "object",
            "required": ["fields", "missingValues"],
            "properties": {
                "fields": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["name", "type", "format", "description"],
                        "properties": {
                            "name": {"type": "string", "minLength": 1},
                            "type": {"enum": ["string", "integer", "number", "boolean", "date", "datetime"]},
                            "format": {"const": "default"},
                        },
                    },
                },
                "primaryKey": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
                "missingValues": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
    "if": {"properties": {"profile": {"const": "tabular-data-resource"}}},
    "then": {"required": ["encoding", "dialect"], "properties": {"format": {"const": "csv"}}},
}
PACKAGE = {
    "type": "object",
    "required": ["profile", "name", "resources"],
    "properties": {
        "name": {"type": "string", "pattern": r"^([-a-z0-9._/])+$"},
        "profile": {"enum": ["tabular-data-package", "data-package"]},
        "resources": {"type": "array", "minItems": 1, "items": RESOURCE},
    },
}
"""The rules of Frictionless Data Package v1 and its tabular profile, as far as they concern what we write."""


def config(home: Path, *restrictions: Restriction) -> Config:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "restrictions.csv").write_text("invented", "utf-8")
    return Config(Home(home), Settings(), Watchlist((), "d" * 64), restrictions, (), (), ())


@pytest.fixture
def method(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    home = tmp_path_factory.mktemp("home")
    return method_of(Ask("posts", ExportFormat.CSV, SELECTION), Path("posts.csv"), config(home), [], [])


def export(rows: int = 1, key: tuple[str, ...] = ("post_id",)) -> Export:
    return Export("posts", COLUMNS, lambda: [ROW] * rows, key=key, ids="post_id")


def package_in(folder: Path) -> dict[str, Any]:
    """The folder's package, which follows the standard and says what is true of every file."""
    package: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    jsonschema.validate(package, PACKAGE)
    names = [resource["name"] for resource in package["resources"]]
    assert len(set(names)) == len(names)
    tabular = all(resource["format"] == "csv" for resource in package["resources"])
    assert package["profile"] == ("tabular-data-package" if tabular else "data-package")
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
        fields = {field["name"] for field in resource["schema"]["fields"]}
        assert set(resource["schema"].get("primaryKey", [])) <= fields
    assert (folder / "METHOD.md").read_text("utf-8") == method_md(package["resources"])
    return package


def test_a_csv_is_described_as_a_tabular_package_with_types_units_and_meanings(
    tmp_path: Path, method: dict[str, object]
) -> None:
    write_export(export(2), ExportFormat.CSV, tmp_path / "posts.csv", method)
    (resource,) = package_in(tmp_path)["resources"]
    assert [(field["name"], field["type"], field.get("unit")) for field in resource["schema"]["fields"]] == [
        ("post_id", "string", None),
        ("text", "string", None),
        ("likes", "integer", "likes"),
        ("share", "number", None),
        ("posted_at", "datetime", None),
        ("day", "date", None),
        ("complete", "boolean", None),
    ]
    assert resource["schema"]["primaryKey"] == ["post_id"]
    assert resource["schema"]["fields"][1]["description"] == "What it says."
    assert resource["rows"] == 2
    header, first, _ = (tmp_path / "posts.csv").read_bytes().decode().split("\r\n")[:3]
    assert header == "post_id,text,likes,share,posted_at,day,complete"
    assert first == "7,متن,3,0.5,2024-05-01T10:11:00Z,,true"


def test_a_folder_holds_several_files_each_told_of_once(tmp_path: Path, method: dict[str, object]) -> None:
    for format in ExportFormat:
        write_export(export(), format, tmp_path / f"posts.{format}", method)
    write_export(export(5), ExportFormat.CSV, tmp_path / "posts.csv", method, force=True)
    resources = package_in(tmp_path)["resources"]
    assert [resource["path"] for resource in resources] == sorted(f"posts.{format}" for format in ExportFormat)
    rows = {resource["path"]: resource["rows"] for resource in resources}
    assert rows == {"posts.csv": 5, "posts.jsonl": 1, "posts.parquet": 1, "posts.xlsx": 1, "posts.ids": 1}
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_names_that_look_alike_or_are_persian_stay_apart(tmp_path: Path, method: dict[str, object]) -> None:
    for name in ("گزارش.csv", "نامه.csv", "A b.csv", "a-b.csv"):
        write_export(export(), ExportFormat.CSV, tmp_path / name, method)
    assert len(package_in(tmp_path)["resources"]) == 4


@pytest.mark.parametrize("name", [".hidden.csv", "~a.csv", "a..csv", "datapackage.json", "METHOD.md", "method.md"])
def test_a_file_that_a_package_cannot_hold_is_refused(name: str, tmp_path: Path, method: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        write_export(export(), ExportFormat.CSV, tmp_path / name, method)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("datapackage.json", "{}"),
        ("datapackage.json", "not JSON"),
        ("datapackage.json", "[]"),
        ("datapackage.json", '{"generator": "influence-tracker", "resources": [{}]}'),
        ("METHOD.md", "# Mine"),
    ],
)
def test_a_description_that_is_not_ours_is_left_alone(
    name: str, text: str, tmp_path: Path, method: dict[str, object]
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match="not the tracker's"):
        write_export(export(), ExportFormat.CSV, tmp_path / "posts.csv", method, force=True)
    assert [(path.name, path.read_text("utf-8")) for path in tmp_path.iterdir()] == [(name, text)]


def test_a_description_that_is_a_link_is_not_followed(tmp_path: Path, method: dict[str, object]) -> None:
    (tmp_path / "elsewhere").write_text(MARK, "utf-8")
    (tmp_path / "METHOD.md").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="not the tracker's"):
        write_export(export(), ExportFormat.CSV, tmp_path / "posts.csv", method)


def test_an_export_that_fails_leaves_the_folder_as_it_was(tmp_path: Path, method: dict[str, object]) -> None:
    write_export(export(), ExportFormat.CSV, tmp_path / "posts.csv", method)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def rows() -> Iterator[tuple[object, ...]]:
        yield ROW
        raise UsageError("the database went away")

    with pytest.raises(UsageError, match="went away"):
        write_export(Export("posts", COLUMNS, rows), ExportFormat.CSV, tmp_path / "more.csv", method)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("described", [False, True])
def test_a_file_that_another_program_makes_in_the_meantime_is_not_told_of(
    described: bool, tmp_path: Path, method: dict[str, object]
) -> None:
    if described:
        write_export(export(), ExportFormat.CSV, tmp_path / "posts.csv", method)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def rows() -> Iterator[tuple[object, ...]]:
        (tmp_path / "more.csv").write_bytes(b"theirs")
        yield ROW

    with pytest.raises(UsageError, match="exists already"):
        write_export(Export("posts", COLUMNS, rows), ExportFormat.CSV, tmp_path / "more.csv", method)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {**before, "more.csv": b"theirs"}


def test_the_descriptions_are_there_before_the_data(
    tmp_path: Path, method: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[str] = []
    link, replace = Path.hardlink_to, Path.replace

    def noted_link(new: Path, old: Path) -> None:
        named.append(new.name)
        link(new, old)

    def noted_replace(old: Path, new: Path) -> Path:
        named.append(new.name)
        return replace(old, new)

    monkeypatch.setattr(Path, "hardlink_to", noted_link)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_export(export(), ExportFormat.CSV, tmp_path / "posts.csv", method)
    assert named[-1] == "posts.csv"
    assert set(named[:-1]) == {"datapackage.json", "METHOD.md"}


def test_one_export_at_a_time_describes_itself_in_a_folder(tmp_path: Path, method: dict[str, object]) -> None:
    def locked() -> bool:
        handle = os.open(tmp_path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    seen: list[bool] = []

    def rows() -> Iterator[tuple[object, ...]]:
        seen.append(locked())
        yield ROW

    write_export(Export("posts", COLUMNS, rows), ExportFormat.CSV, tmp_path / "posts.csv", method)
    assert seen == [True]
    assert not locked()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written_to_ends_with_one_line(tmp_path: Path, method: dict[str, object]) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(TrackerError, match="cannot write"):
        write_export(export(), ExportFormat.CSV, tmp_path / "posts.csv", method)


def test_the_command_says_every_option_and_no_folder() -> None:
    selection = Selection(AS_OF, AS_OF - 10, AS_OF - 5, "IR", Role.STATE_BODY, Platform.X)
    command = command_of(Ask("posts", ExportFormat.CSV, selection, excel=True), "it's here.csv")
    assert shlex.split(command) == [
        *("tracker", "export", "posts", "--format", "csv"),
        *("--from", "2024-05-01T10:10:50Z", "--until", "2024-05-01T10:10:55Z"),
        *("--country", "IR", "--role", "state_body", "--platform", "x"),
        *("--as-of", "2024-05-01T10:11:00Z", "--excel", "-o", "it's here.csv"),
    ]
    assert command_of(Ask("posts", ExportFormat.CSV, SELECTION), "-x.csv").endswith("-o ./-x.csv")


@pytest.mark.parametrize(("count", "said"), [(0, None), (4, "Fewer than 5 of"), (5, "5 of")])
def test_how_many_are_at_risk_is_said_of_enough_of_them_only(count: int, said: str | None, tmp_path: Path) -> None:
    accounts = [listed(f"invented_{number}", protection=Protection.AT_RISK) for number in range(count)]
    found = method_of(Ask("posts", ExportFormat.CSV, SELECTION), Path("a"), config(tmp_path), accounts, [])
    left_out = found["left_out"]
    assert isinstance(left_out, list)
    assert [line.startswith(said) for line in left_out] == ([] if said is None else [True])
    assert "invented_" not in json.dumps(found)


def test_coverage_is_judged_in_the_time_asked_for_up_to_the_last_look(tmp_path: Path) -> None:
    begin = AS_OF - 1000
    looks = {
        "full": (span(begin, AS_OF - 100), begin, AS_OF - 100),
        "late": (span(begin + 1, AS_OF), begin, AS_OF),
        "hole": (span(begin, begin + 500) | span(begin + 600, AS_OF), begin, AS_OF),
        "never": (NEVER, None, None),
    }
    observed = [Observed(listed(name), *parts, None) for name, parts in looks.items()]
    asked = Ask("daily", ExportFormat.CSV, SELECTION)
    found = method_of(asked, Path("a"), config(tmp_path), [], observed)["coverage"]
    assert found == {
        "accounts": 4,
        "full": 1,
        "partial": 2,
        "none": 1,
        "first_covered": "2024-05-01T09:54:20Z",
        "last_covered": "2024-05-01T10:11:00Z",
        "last_look": "2024-05-01T10:11:00Z",
    }


def test_only_restrictions_that_could_bind_the_chosen_are_quoted_with_their_sources(tmp_path: Path) -> None:
    def restriction(country: str, platform: str, kind: RestrictionKind, source: str) -> Restriction:
        edge = Edge(1, 1)
        return Restriction(country, platform, kind, Scope.PUBLIC, edge, edge, source=source, starts_as_written="2009")

    block, throttle = RestrictionKind.BLOCK, RestrictionKind.THROTTLE
    read = config(
        tmp_path,
        restriction("IR", "x", block, "https://example.org/a|b"),
        restriction("IR", "*", RestrictionKind.SHUTDOWN, "everything"),
        restriction("IR", "telegram", block, "another platform"),
        restriction("CN", "x", block, "another country"),
        restriction("IR", "x", throttle, "slower"),
    )
    found = method_of(Ask("posts", ExportFormat.CSV, SELECTION), Path("a"), read, [listed("invented")], [])
    restrictions = found["restrictions"]
    assert isinstance(restrictions, list)
    assert [one["source"] for one in restrictions] == ["https://example.org/a|b", "everything"]
    assert restrictions[0]["from"] == "2009"
    none = method_of(Ask("accounts", ExportFormat.CSV, SELECTION), Path("a"), read, [listed("invented")], [])
    assert none["restrictions"] == []


def test_method_md_names_inputs_versions_meanings_and_cannot_be_broken_by_them(
    tmp_path: Path, method: dict[str, object]
) -> None:
    write_export(export(), ExportFormat.CSV, tmp_path / "posts.csv", method)
    text = (tmp_path / "METHOD.md").read_text("utf-8")
    assert text.startswith(MARK)
    assert "d" * 64 in text  # the watchlist
    assert hashlib.sha256(b"invented").hexdigest() in text  # the restrictions
    assert "| How many \\| like it. |" in text
    assert hashlib.sha256((tmp_path / "posts.csv").read_bytes()).hexdigest() in text
    assert "never counted as restricted" in text
    assert str(tmp_path) not in text
