"""Names of files that lead elsewhere, or to what is no file; as output and as input."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.models import TyperPath
from typer.testing import CliRunner

from tests.archives.making import OFFICIAL, lines, x_post
from tests.cli.commands import TRACKER, Ran
from tests.faults.scene import COLUMNS, RESTRICTIONS
from tests.hostile.corpus import TEXTS
from tests.hostile.judging import commands_in, turned_in
from tracker.cli.main import app
from tracker.domain.errors import TrackerError


def here(*arguments: object, home: Path) -> Ran:
    """Run the command in this process, which is faster."""
    done = CliRunner().invoke(app, ["--home", str(home), *map(str, arguments)])
    if isinstance(done.exception, TrackerError):
        return Ran(done.exception.exit_code, done.stdout, f"{done.exception}\n")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("places")
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    row = f"minister,Generated,,official,IR,,,,x,sample_minister,{OFFICIAL},,,,"
    (home / "config" / "watchlist.csv").write_text(f"{COLUMNS}\n{row}\n", "utf-8")
    (home / "config" / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
    ran = here("import", lines(tmp_path / "flat.jsonl", [x_post(1)]), home=home)
    assert ran.code == 0, ran.err
    return home


WAYS = {
    "export": ("export", "posts", "-o"),
    "chart": ("chart", "usage", "-o"),
    "network": ("report", "network", "-o"),
}
ENDINGS = {"export": ".csv", "chart": ".svg", "network": ".gexf"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_link_at_the_name_of_the_output_is_never_written_through(
    home: Path, tmp_path: Path, way: str, force: list[str]
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    for name, leads_to in (("link", precious), ("dangling", tmp_path / "nowhere")):
        target = (tmp_path / name).with_suffix(ENDINGS[way])
        target.symlink_to(leads_to)
        ran = here(*WAYS[way], target, *force, home=home)
        assert ran.code == (0 if force else 2), ran.err
        assert target.is_symlink() is not bool(force)
    assert precious.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


OUTPUTS = {
    **WAYS,
    "publish": ("publish",),
    "backup": ("backup",),
    "stamp": ("verify", "--stamp-url", "http://127.0.0.1:1", "--stamp"),
}
"""Every command that writes where the user says; the option or argument comes last."""
NO_OUTPUTS = {"import FILE…", "sandbox --data", "verify --database", "restore FILE", "init DIR", "demo [DIR]"}
"""What is read, and what makes another home; these overwrite nothing (tests/cli)."""


def places_asked_for(group: TyperGroup, before: str = "") -> Iterator[str]:
    """Each option and argument that takes a path, as `export --output`."""
    for word, command in group.commands.items():
        name = f"{before} {word}".strip()
        if isinstance(command, TyperGroup):
            yield from places_asked_for(command, name)
            continue
        for parameter in command.params:
            if isinstance(parameter.type, TyperPath) or str(parameter.metavar).strip("[]") in ("FILE", "DIR"):
                spelt = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.metavar
                yield f"{name} {spelt}"


def test_every_path_that_a_command_takes_is_known_to_be_read_or_written() -> None:
    written = {"export --output", "chart --output", "report network --output"}
    written |= {"publish DIR", "backup FILE", "verify --stamp"}
    assert len(written) == len(OUTPUTS)
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    assert set(places_asked_for(group)) == written | NO_OUTPUTS


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Path:
    """A home of its own, whose database lies outside `data`."""
    own = tmp_path / "own"
    shutil.copytree(home, own)
    (own / "store").mkdir()
    (own / "data" / "tracker.db").rename(own / "store" / "all.db")
    (own / "config" / "settings.toml").write_text('database = "store/all.db"\n', "utf-8")
    (tmp_path / "way in").symlink_to(own / "data")
    (tmp_path / "its name").symlink_to(own / "store" / "all.db")
    return own


def bytes_of(folder: Path) -> dict[str, bytes]:
    """What the tracker keeps; whoever reads the database makes an empty log beside it, and its index."""
    kept = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm")))
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


@pytest.mark.parametrize("way", OUTPUTS)
def test_nothing_is_written_into_what_is_the_tracker_s_own(own: Path, tmp_path: Path, way: str) -> None:
    before = bytes_of(own)
    ending = ENDINGS.get(way, "")
    forces: list[list[str]] = [[]] if way == "stamp" else [[], ["--force"]]
    for place in (
        own / "data" / f"new{ending}",
        own / "data" / "audit.jsonl",
        own / "data" / "tracker.lock",
        own / "config" / "watchlist.csv",
        own / "config" / ".." / "data" / f"a{ending}",
        own / "store" / "all.db",
        own / "store" / "all.db-journal",
        own / "store" / "all.db.before-20261127T000000Z",
        own / "store" / ".all.db.restoring",
        tmp_path / "way in" / f"new{ending}",
        tmp_path / "its name",
    ):
        for force in forces:
            fit = place.suffix == ending or not ending
            link = way == "backup" and place.is_symlink()
            ran = here(*OUTPUTS[way], place, *force, home=own)
            assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
            assert not fit or link or "the tracker's own" in ran.err or "belongs to the database" in ran.err, ran.err
            assert bytes_of(own) == before, place


def test_beside_what_is_its_own_there_is_room(own: Path, tmp_path: Path) -> None:
    """The control."""
    for way, place in (("export", own / "posts.csv"), ("chart", own / "store" / "a.svg"), ("publish", own / "page")):
        ran = here(*OUTPUTS[way], place, home=own)
        assert (ran.code, place.exists()) == (0, True), ran.err
    assert here("backup", tmp_path / "b.db", home=own).code == 0


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_plain_file_is_not_written_to(home: Path, tmp_path: Path, way: str) -> None:
    pipe = tmp_path / f"pipe{ENDINGS[way]}"
    os.mkfifo(pipe)
    device = tmp_path / f"device{ENDINGS[way]}"
    device.symlink_to("/dev/full")
    folder = tmp_path / f"folder{ENDINGS[way]}"
    folder.mkdir()
    for target in (pipe, device, folder):
        for force in ([], ["--force"]):
            ran = here(*WAYS[way], target, *force, home=home)
            assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
    assert pipe.is_fifo()


def test_a_page_is_not_published_through_a_link(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "page").symlink_to(tmp_path / "elsewhere")
    for force in ([], ["--force"]):
        here("publish", tmp_path / "page", *force, home=home)
        assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_name_of_a_subject_leads_to_no_file(home: Path, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if "home" not in path.parts}
    for name in ("path_up", "path_absolute", "nul_and_others", "osc_title"):
        text = TEXTS[name].replace("\x00", "")
        ran = here("report", "subject", text, home=home)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert {path for path in tmp_path.rglob("*") if "home" not in path.parts} == before


def test_an_error_that_names_a_file_commands_no_terminal(home: Path, tmp_path: Path) -> None:
    name = TEXTS["osc_title"] + TEXTS["bidi_override"] + "\n.csv"
    command = [
        str(TRACKER),
        "--home",
        str(home),
        "export",
        "posts",
        "-o",
        str(tmp_path / name.replace("/", "") / "x"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert commands_in(done.stderr) == turned_in(done.stderr) == []


def test_files_that_never_end_are_not_imported(home: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/dev/full")):
        ran = here("import", path, home=home)
        assert (ran.code, "\n" in ran.err.strip()) == (2, False), ran.err


def test_the_name_of_an_imported_file_may_be_any_bytes(home: Path, tmp_path: Path) -> None:
    for name in (b"\xff\xfe.jsonl", b"\x1b]0;owned\x07.jsonl", b"=1+1.jsonl", b"a\nb.jsonl"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        lines(path, [x_post(2), {"id": "x"}])
        for format in ([], ["--json"]):
            command = [str(TRACKER), "--home", str(home), "import", str(path), *format]
            done = subprocess.run(command, capture_output=True, check=False)
            assert done.returncode == 3, done
            assert b"Traceback" not in done.stderr
            assert b"\x1b" not in done.stdout + done.stderr
