"""Names of files that lead elsewhere, or to what is no file; as output and as input."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
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
